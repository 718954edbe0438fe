"""Pages of the documentation whose requests are sent as they are written there."""

import json
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from api import Api

from domain.aggregate import AGGREGATES
from domain.event import Role


class Step(NamedTuple):
    """A request of a page, who sends it, and what is said to come of it."""

    path: str
    role: Role
    version: int | None
    body: str
    status: int
    outcome: str
    force: str = "kent"
    by: str | None = None


def steps(text: str) -> Iterator[Step]:
    """The requests of a page: `POST …`, `As:` a role, the body, `→` the status and what comes of it.

    Perhaps also `By:` who it is, `Force:` whose token, and `If-Match:`.
    """
    for block in re.findall(r"^```\n(POST .*?)\n```$", text, flags=re.DOTALL | re.MULTILINE):
        head, body, answer = block.split("\n\n")
        first, *headers = head.splitlines()
        told = dict(header.split(": ") for header in headers)
        version = told.get("If-Match")
        status, outcome = answer.removeprefix("→ ").split(" ", 1)
        yield Step(
            first.removeprefix("POST "),
            Role(told["As"]),
            version and int(version.strip('"')),
            body,
            int(status),
            outcome,
            told.get("Force", "kent"),
            told.get("By"),
        )


def walk(api: Api, text: str, before: Callable[[Step], None] = lambda step: None) -> dict[str, str]:
    """Send every request of the page; the ids that came of it. `before` sees each step first."""
    ids: dict[str, str] = {}
    for step in steps(text):
        before(step)
        path, body = step.path, step.body
        for name, given in ids.items():
            path, body = path.replace(f"{{{name}}}", given), body.replace(f"{{{name}}}", given)
        answer = api.post(path, json.loads(body), step.version, step.role, step.force, step.by)
        assert answer.status_code == step.status, f"{step.path}: {answer.text}"
        told = answer.json()
        came = f"version {told['version']}" if answer.is_success else told["rule"]["id"]
        expected, _, name = step.outcome.partition(" {")
        assert came == expected, step.path
        if step.status == 201:
            kind = next(kind for kind in AGGREGATES if kind in told)
            ids[name.rstrip("}") or kind] = told[kind]
    return ids
