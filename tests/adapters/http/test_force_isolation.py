"""No force learns anything of another force's cases; the oversight body (`*`) sees all."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from api import Api, is_problem
from sending import SENT_BY

from adapters.http import addresses, openapi
from adapters.system import now
from domain.event import COMMANDS, Role
from domain.values import instant

UNKNOWN = "case-0b7c9b1e-4f7e-4f0e-9d6a-2f1f6c1f8a11"
TO_A_CASE = [name for name, command in COMMANDS.items() if command.aggregate == "case" and not command.opens]


def but_for_the_request(problem: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in problem.items() if key not in ("instance", "request_id")}


def reads_as_unknown(ask: Callable[[str], Any], case: str) -> bool:
    """Whether the answer for the case is the answer for a case that does not exist."""
    asked, unknown = ask(case), ask(UNKNOWN)
    same = asked.status_code == unknown.status_code == 404
    return same and but_for_the_request(asked.json()) == but_for_the_request(unknown.json())


@pytest.mark.parametrize("path", ["/v1/cases/{}", "/v1/cases/{}/history", "/v1/cases/{}?known_at=NOW"])
def test_another_force_reads_nothing(shared: Api, path: str) -> None:
    case = shared.report()
    path = path.replace("NOW", str(instant(now())))
    assert shared.get(path.format(case)).status_code == 200, "its own force reads it"
    assert reads_as_unknown(lambda c: shared.get(path.format(c), force="essex"), case)


def test_the_check_finds_a_case_that_is_shown(shared: Api) -> None:
    case = shared.report()
    assert not reads_as_unknown(lambda c: shared.get(f"/v1/cases/{c}"), case)


@pytest.mark.parametrize("name", TO_A_CASE)
def test_another_force_sends_nothing(shared: Api, name: str) -> None:
    case = shared.report()
    move, body = COMMANDS[name], {"corrects": UNKNOWN[5:]} if name == "CorrectFact" else {}

    def ask(stream: str) -> httpx.Response:
        body_of_it = openapi.example_of(move) | body
        return shared.post(
            addresses.move(move, stream)["href"], body_of_it, version, SENT_BY.get(name, Role.RECORDER), "essex"
        )

    for version in (1, 2):  # noqa: B007  (`ask` sends it)
        assert reads_as_unknown(ask, case)
    assert len(shared.system.store.load(case)) == 1


def test_the_log_of_a_force_holds_its_own_events_only(api: Api) -> None:
    case = api.report()
    path = "/v1/events?limit=1000"
    own = api.get(path, Role.AUDITOR, "kent").json()
    assert [entry["stream"] for entry in own["events"]] == [case]
    assert api.get(path, Role.FORCE_CRIME_REGISTRAR, "essex").json()["events"] == []
    assert case in {entry["stream"] for entry in api.get(path, Role.AUDITOR, "*").json()["events"]}


def test_the_oversight_body_reads_every_case(shared: Api) -> None:
    case = shared.report()
    assert shared.get(f"/v1/cases/{case}", Role.AUDITOR, "*").json()["force"] == "kent"
    assert len(shared.get(f"/v1/cases/{case}/history", Role.AUDITOR, "*").json()["events"]) == 1


def test_an_analyst_reads_no_case(shared: Api) -> None:
    case = shared.report()
    for path in (f"/v1/cases/{case}", f"/v1/cases/{case}/history", "/v1/events"):
        is_problem(shared.get(path, Role.ANALYST), 403, "not-permitted")
