"""The call that docs/how-to/support-line.md walks through, sent as it is written there."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from api import Api, names

from domain.event import Role

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "support-line.md"


class Step(NamedTuple):
    """A request of the page, who sends it, and what is said to come of it."""

    path: str
    role: Role
    version: int | None
    body: str
    status: int
    outcome: str


def steps(text: str) -> Iterator[Step]:
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
        )


def walk(api: Api, text: str) -> dict[str, str]:
    """Send every request of the page; the ids that came of it."""
    ids: dict[str, str] = {}
    for step in steps(text):
        path, body = step.path, step.body
        for name, given in ids.items():
            path, body = path.replace(f"{{{name}}}", given), body.replace(f"{{{name}}}", given)
        answer = api.post(path, json.loads(body), step.version, step.role)
        assert answer.status_code == step.status, f"{step.path}: {answer.text}"
        told = answer.json()
        came = f"version {told['version']}" if answer.is_success else told["rule"]["id"]
        assert came == step.outcome, step.path
        ids |= {name: told[name] for name in ("contact", "case") if name in told}
    return ids


def test_the_call_goes_as_the_page_says(api: Api) -> None:
    ids = walk(api, PAGE.read_text())
    assert ids.keys() == {"contact", "case"}
    contact = api.get(f"/v1/contacts/{ids['contact']}", Role.HELPLINE_ADVISER).json()
    assert (contact["status"], contact["cases"], contact["breaks"]) == ("closed", [ids["case"]], [])
    assert [move["command"] for move in contact["allowed"]] == ["ReopenContact", "CorrectContact"]
    [escalation] = contact["escalations"]
    assert (escalation["number"], escalation["status"], escalation["result"]) == (1, "resolved", "recorded_late")
    assert api.get(f"/v1/contacts/{ids['contact']}/history").status_code == 403
    history = api.get(f"/v1/contacts/{ids['contact']}/history", Role.HELPLINE_ADVISER).json()["events"]
    assert names(history)[:3] == ["contact_opened.v1", "consent_given.v1", "case_added.v1"]
    assert api.get(f"/v1/contacts/{ids['contact']}", Role.HELPLINE_ADVISER, "essex").status_code == 404


def test_a_page_that_says_otherwise_is_noticed(api: Api) -> None:
    text = PAGE.read_text()
    assert len(list(steps(text))) == 12
    for right, wrong in (
        ("→ 200 version 4", "→ 200 version 5"),
        ("→ 409 recorded_late_is_recorded", "→ 200 version 6"),
    ):
        with pytest.raises(AssertionError):
            walk(api, text.replace(right, wrong, 1))
