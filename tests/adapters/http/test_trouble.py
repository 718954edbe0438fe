"""A read model that stopped, or that did not apply each event as it is, shows on every answer; and where it is not for
these eyes, it does not."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from api import Api
from projected import project

from adapters.http import trouble
from adapters.postgres.standing import Standing
from adapters.system import System
from application.ports import Actor
from domain.event import Role
from projections.case_facts import case_facts
from projections.case_register import case_register
from projections.duties import duties

GENEROUS = 20.0
PLACE = "position 4711"  # the number alone may be part of an id
MARKED = "UPDATE candour.read_models SET {} = {} WHERE projection = 'duties'"


@pytest.fixture
def told(api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    """A served system whose figures are built, and which looks often."""
    monkeypatch.setattr(trouble, "EVERY_SECONDS", 0.01)
    api.recorded()
    project(api.system, case_facts, case_register, duties)
    return api


def mark(system: System, column: str, *, off: bool = False) -> None:
    text = MARKED.format(column, "NULL" if off else f"'{PLACE}'")
    with system.connect("admin") as admin:
        assert admin.execute(text).rowcount == 1  # type: ignore[call-overload]


def answers(api: Api, role: Role, force: str) -> list[Any]:
    case = api.report()
    return [
        api.get(f"/v1/cases/{case}", role, force),
        api.get(f"/v1/cases/{case}/history", role, force),
        api.get("/v1/cases", role, force),
        api.get("/v1/duties?state=open", role, force),
        api.get("/v1/metrics/unrecorded_backlog", role, force),
        api.get("/v1/metrics/unrecorded_backlog?format=csv", role, force),
        api.get("/v1/ledger", role, force),
        api.get("/v1/events", Role.AUDITOR, force),
    ]


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + GENEROUS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("column", ["failed", "unsound"])
@pytest.mark.parametrize("force", ["kent", "*"])
def test_it_shows_on_every_answer_without_saying_where(told: Api, column: str, force: str) -> None:
    role, header = Role.FORCE_CRIME_REGISTRAR, f"candour-{column}"

    def shows() -> bool:
        return header in told.get("/v1/cases", role, force).headers

    assert not any(header in answer.headers for answer in answers(told, role, force)), "negative control"
    mark(told.system, column)
    eventually(shows)
    for answer in answers(told, role, force):
        assert answer.status_code == 200, answer.text
        assert answer.headers[header] == "duties", answer.request.url
        if answer.headers["content-type"] == "application/json":
            assert answer.json()[column] == ["duties"], answer.request.url
        assert PLACE not in answer.text
    assert told.send("ReportCrime").headers[header] == "duties"
    assert header not in told.client.get("/health/ready").headers
    mark(told.system, column, off=True)
    eventually(lambda: not shows())
    assert not any(column in answer.text for answer in answers(told, role, force)[:1])


def test_what_stopped_over_reports_is_told_to_oversight_and_to_who_reads_reports() -> None:
    found = trouble.Trouble.of(
        [
            Standing(name, "b", 1, "stopped" if fails else None, None if fails else "altered")
            for name, fails in (("duties", True), ("report_register", True), ("case_facts", False))
        ]
    )
    assert found == (("duties", "report_register"), ("case_facts",))
    assert found.seen_by(Actor("a", frozenset(), "kent")) == (("duties",), ("case_facts",))
    assert found.seen_by(Actor("a", frozenset(), "kent"), of_reports=True) == found
    assert found.seen_by(Actor("a", frozenset(), "*")) == found
