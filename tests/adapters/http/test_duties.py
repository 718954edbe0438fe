"""What is owed and by when, and the ledger of the unrecorded, over real HTTP."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from api import Api, is_problem
from projected import project

from adapters.http import duties as asked_at
from adapters.system import now
from domain.event import Role
from domain.values import LONDON, instant, london_midnight
from projections.case_facts import case_facts
from projections.duties import duties


def report(api: Api, hours_ago: float, **more: object) -> str:
    received = (now() - timedelta(hours=hours_ago)).isoformat()
    answer = api.send("ReportCrime", received_at=received, reported_at=received, **more)
    assert answer.status_code == 201, answer.text
    return answer.json()["case"]


def hours_since(moment: datetime) -> float:
    return (now() - moment).total_seconds() / 3600


def listed(api: Api, path: str, role: Role = Role.RECORDER, force: str = "kent", **query: object) -> dict[str, Any]:
    answer = api.client.get(path, params=query, headers=api.headers(role, force))  # pyright: ignore
    assert answer.status_code == 200, answer.text
    return answer.json()


def cases(found: Sequence[dict[str, Any]]) -> list[str]:
    return [each["case"] for each in found]


def test_what_is_overdue_and_what_is_open_in_order_of_deadline(api: Api) -> None:
    late, later, fresh = report(api, 80), report(api, 30), report(api, 1)
    project(api.system, duties)
    overdue = listed(api, "/v1/duties")["duties"]
    assert cases(overdue) == [late, later]
    assert {duty["kind"] for duty in overdue} == {"recording"}
    assert overdue[0]["owner"] == "recorder-1"
    assert cases(listed(api, "/v1/duties", state="open")["duties"]) == [fresh]
    assert cases(listed(api, "/v1/duties", force="kent", role=Role.AUDITOR)["duties"]) == [late, later]
    assert listed(api, "/v1/duties", force="essex")["duties"] == []


def test_what_is_due_today_ends_with_the_london_day(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    midnight = london_midnight((now() - timedelta(hours=3)).astimezone(LONDON).date())
    before, after = midnight - timedelta(hours=2), midnight + timedelta(hours=2)  # a decision is due a day later
    today, tomorrow = report(api, hours_since(before)), report(api, hours_since(after))
    project(api.system, duties)
    for hour in (0, 1, 12, 21):  # the day may have 23 hours
        monkeypatch.setattr(asked_at, "now", lambda hour=hour: midnight + timedelta(hours=hour))
        assert cases(listed(api, "/v1/duties", state="due_today")["duties"]) == [today]
        assert cases(listed(api, "/v1/duties", state="open")["duties"]) == [today, tomorrow]
    monkeypatch.setattr(asked_at, "now", lambda: midnight + timedelta(hours=25))
    assert cases(listed(api, "/v1/duties", state="due_today")["duties"]) == [tomorrow], "the next day it is that one"


def test_mine_of_a_kind_and_paused(api: Api) -> None:
    case = api.recorded()
    assert api.send("AssignOwner", case, 2, owner="staff-9").status_code == 200
    other = report(api, 1)
    assert api.send("PauseDuty", case, 3, Role.SUPERVISOR, duty="support_referral").status_code == 200
    project(api.system, duties)
    assert cases(listed(api, "/v1/duties", state="open", owner="me")["duties"]) == [other]
    assert cases(listed(api, "/v1/duties", state="open", owner="staff-9", kind="victim_told")["duties"]) == [case]
    [paused] = listed(api, "/v1/duties", state="paused")["duties"]
    assert (paused["case"], paused["kind"], paused["paused"]) == (case, "support_referral", True)


def pages(api: Api, path: str, **query: object) -> list[str]:
    found: list[str] = []
    after: str | None = ""
    while after is not None:
        page = listed(api, path, after=after, limit=2, **query)
        found += cases(page.get("duties") or page.get("cases") or [])
        after = page["next_after"]
        if len(found) == 2:
            report(api, 300)  # a row that arrives before what was read is not read, and moves nothing
            project(api.system, duties, case_facts)
    return found


@pytest.mark.parametrize("path", ["/v1/duties", "/v1/ledger"])
def test_pages_neither_repeat_nor_skip_while_rows_arrive(api: Api, path: str) -> None:
    expected = [report(api, 100 - hours) for hours in range(5)]
    project(api.system, duties, case_facts)
    assert pages(api, path) == expected


def test_the_ledger_of_the_unrecorded(api: Api) -> None:
    alleged, confirmed = report(api, 50, receipt="claimed"), report(api, 30)
    linked, recorded = report(api, 20), api.recorded()
    assert api.send("LinkCase", linked, 1, under=confirmed).status_code == 200
    project(api.system, case_facts)
    ledger = listed(api, "/v1/ledger")
    assert [(case["case"], case["standing"]) for case in ledger["cases"]] == [
        (alleged, "alleged"),
        (confirmed, "confirmed"),
    ]
    assert recorded not in cases(ledger["cases"])
    assert ledger["alleged"]["value"] == ledger["confirmed"]["value"] == 1
    assert cases(listed(api, "/v1/ledger", standing="confirmed")["cases"]) == [confirmed]
    assert cases(listed(api, "/v1/ledger", older_than=40)["cases"]) == [alleged]
    assert api.get(ledger["cases"][0]["history"]).status_code == 200
    assert "floor" in ledger["note"]
    assert listed(api, "/v1/ledger", force="essex")["cases"] == []

    established = api.send("EstablishReceipt", alleged, 1, received_at=(now() - timedelta(hours=49)).isoformat())
    assert established.status_code == 200, established.text
    written = datetime.fromisoformat(established.json()["written_at"])
    project(api.system, case_facts)
    assert cases(listed(api, "/v1/ledger", standing="confirmed")["cases"]) == [alleged, confirmed]
    before = listed(api, "/v1/ledger", known_at=str(instant(written - timedelta(microseconds=1))), standing="alleged")
    assert cases(before["cases"]) == [alleged], "what was known then stays"


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("/v1/duties?state=late", "state"),
        ("/v1/duties?after=yesterday", "after"),
        ("/v1/duties?limit=0", "limit"),
        ("/v1/ledger?standing=rumoured", "standing"),
        ("/v1/ledger?older_than=-1", "older_than"),
        ("/v1/ledger?known_at=soon", "known_at"),
        ("/v1/ledger?after=yesterday", "after"),
    ],
)
def test_bad_questions_are_named(api: Api, path: str, where: str) -> None:
    project(api.system, duties, case_facts)
    problem = is_problem(api.get(path), 422, "invalid-content")
    assert where in problem["errors"][0]["where"]


def test_who_may_not_look(api: Api) -> None:
    is_problem(api.get("/v1/duties", Role.ANALYST), 403, "not-permitted")
    is_problem(api.get("/v1/duties?force=essex"), 403, "not-permitted")
    is_problem(api.get("/v1/ledger?force=essex"), 403, "not-permitted")
    is_problem(api.get("/v1/ledger", Role.HELPLINE_ADVISER), 403, "not-permitted")


def test_before_anything_is_built(api: Api) -> None:
    is_problem(api.get("/v1/duties"), 503, "figures-not-ready")
