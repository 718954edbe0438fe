"""Where things are: the one place that builds a URL path."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from application.ports import NotFound
from domain.aggregate import Aggregate, aggregate_named, aggregate_of
from domain.event import COMMANDS, Command

CASES = "/v1/cases"
STREAM = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_STREAM = re.compile(STREAM, re.ASCII)
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def collection(aggregate: Aggregate) -> str:
    """The address of all aggregates of a kind."""
    return f"/v1/{aggregate.plural}"


def parameter(aggregate: Aggregate) -> str:
    """The path parameter that holds the id of one."""
    return f"{aggregate.name}_id"


def slug(command: type[Command[Any]] | str) -> str:
    """The last part of a command's address: its name in kebab-case."""
    name = command if isinstance(command, str) else command.__name__
    return _HUMPS.sub("-", name).lower()


def template(command: type[Command[Any]]) -> str:
    """The address of a command, with `{case_id}` (or the like) where it goes to an existing aggregate."""
    to = aggregate_of(command)
    where = collection(to) if command.opens else f"{collection(to)}/{{{parameter(to)}}}"
    return f"{where}/{slug(command)}"


def move(command: type[Command[Any]], stream: str | None) -> dict[str, str]:
    """A command that may be sent, and where to."""
    path = template(command)
    return {
        "command": command.__name__,
        "method": "POST",
        "href": path.format(**{parameter(aggregate_of(command)): stream}) if stream is not None else path,
    }


def moves(names: Iterable[str], stream: str | None) -> list[dict[str, str]]:
    """The commands of these names, and where to send them."""
    return [move(COMMANDS[name], stream) for name in names]


def case(stream: str) -> str:
    """The address of a case."""
    return f"{CASES}/{stream}"


def one(stream: str) -> str:
    """The address of an aggregate, whatever it is."""
    return f"{collection(aggregate_named(stream))}/{stream}"


def history(stream: str) -> str:
    """The address of its events."""
    return f"{one(stream)}/history"


def rule(rule_id: str) -> str:
    """The address of a rule, in the list of all."""
    return f"/v1/reference/rules#{rule_id}"


def events(after: int | str | None, limit: int, upto: int | str | None) -> str:
    """The address of a page of the log; events are named by their positions or by their times of writing."""
    query = {"after": after, "limit": limit} | ({} if upto is None else {"upto": upto})
    return f"/v1/events?{urlencode(query)}"


def stream_of(aggregate: Aggregate, given: str) -> str:
    """The stream of an id; `NotFound` if it cannot be one."""
    kind, _, rest = given.partition("-")
    if kind != aggregate.name or not _STREAM.fullmatch(rest):
        raise NotFound(given)
    return given
