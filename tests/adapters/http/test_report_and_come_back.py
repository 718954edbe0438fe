"""What docs/how-to/report.md walks through, from a report to its mailbox, sent as it is written there."""

import json
from pathlib import Path

import pytest
from api import Api
from reporters import stream_of
from walked import steps

from domain.event import Role

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "report.md"


def walk(api: Api, text: str) -> dict[str, str]:
    """Send every request of the page, a reporter's without a token; what came of it."""
    known: dict[str, str] = {}
    for step in steps(text):
        path, body = step.path, step.body
        for name, given in known.items():
            path, body = path.replace(f"{{{name}}}", given), body.replace(f"{{{name}}}", given)
        if step.role is Role.REPORTER:
            answer = api.client.post(path, json=json.loads(body))
        else:
            answer = api.post(path, json.loads(body), step.version, step.role, "reporting-service")
        assert answer.status_code == step.status, f"{step.path}: {answer.text}"
        told = answer.json()
        if answer.status_code == 201:
            known = {"receipt": told["receipt"], "report": stream_of(api, told["receipt"])}
            came = "receipt"
        elif answer.is_success:
            came = told["status"] if "status" in told else f"version {told['version']}"
        else:
            came = told["type"].removeprefix("/problems/")
        assert came == step.outcome, step.path
    return known


def test_the_report_goes_as_the_page_says(api: Api) -> None:
    receipt = walk(api, PAGE.read_text())["receipt"]
    letters = api.client.post("/v1/mailbox", json={"receipt": receipt}).json()["letters"]
    assert [(letter["from"], letter["text"]) for letter in letters] == [
        ("unit", "Do you remember which days?"),
        ("reporter", "The 5th and the 19th."),
        ("unit", "Thank you. We are reading it."),
    ]


def test_a_page_that_says_otherwise_is_noticed(api: Api) -> None:
    text = PAGE.read_text()
    assert len(list(steps(text))) == 10
    for right, wrong in (("→ 200 version 2", "→ 200 version 3"), ("→ 409 rule-broken", "→ 200 received")):
        with pytest.raises(AssertionError):
            walk(api, text.replace(right, wrong, 1))
