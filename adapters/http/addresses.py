"""Where things are: the one place that builds a URL path."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from application.ports import NotFound
from domain.event import COMMANDS, Command

CASES = "/v1/cases"
_CASE = re.compile(r"case-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def slug(command: type[Command[Any]] | str) -> str:
    """The last part of a command's address: its name in kebab-case."""
    name = command if isinstance(command, str) else command.__name__
    return _HUMPS.sub("-", name).lower()


def template(command: type[Command[Any]]) -> str:
    """The address of a command, with `{case_id}` where it goes to an existing case."""
    return f"{CASES}/{slug(command)}" if command.opens else f"{CASES}/{{case_id}}/{slug(command)}"


def move(command: type[Command[Any]], case: str | None) -> dict[str, str]:
    """A command that may be sent, and where to."""
    path = template(command)
    return {
        "command": command.__name__,
        "method": "POST",
        "href": path.format(case_id=case) if case is not None else path,
    }


def moves(names: Iterable[str], case: str | None) -> list[dict[str, str]]:
    """The commands of these names, and where to send them."""
    return [move(COMMANDS[name], case) for name in names]


def case(stream: str) -> str:
    """The address of a case."""
    return f"{CASES}/{stream}"


def history(stream: str) -> str:
    """The address of a case's events."""
    return f"{CASES}/{stream}/history"


def rule(rule_id: str) -> str:
    """The address of a rule, in the list of all."""
    return f"/v1/reference/rules#{rule_id}"


def events(after: int, limit: int, upto: int | None) -> str:
    """The address of a page of the log."""
    query = {"after": after, "limit": limit} | ({} if upto is None else {"upto": upto})
    return f"/v1/events?{urlencode(query)}"


def stream_of(case_id: str) -> str:
    """The stream of a case id; `NotFound` if it cannot be one."""
    if not _CASE.fullmatch(case_id):
        raise NotFound(case_id)
    return case_id
