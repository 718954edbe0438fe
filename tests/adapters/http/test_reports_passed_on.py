"""What operators of the service still see of a report that they passed on: where it went, and whether it got there."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from api import Api, is_problem
from report_streams import came_in, project_reports, tell

from adapters.postgres import report_finder
from adapters.security.policy import TomlPolicy
from adapters.system import now
from application.ports import Actor
from domain.event import Role
from domain.misconduct.intake import SERVICE
from domain.misconduct.passing import ForceUnit, ReportAcknowledged, ReportPassed
from domain.misconduct.subjects import PersonKind, SubjectIdentified, SubjectNoted

DAY, OPERATOR, PSD = timedelta(days=1), Role.INTAKE_OPERATOR, Role.PSD_INVESTIGATOR
ESCALATION = {"ground": "overdue", "to": "head_of_psd", "because": "No word of it."}


def passed(api: Api, days: float, *then: Any, unit: ForceUnit = ForceUnit.PSD, force: str = SERVICE) -> str:
    sent = ReportPassed(force="kent", unit=unit, fields=("summary",))
    facts = (came_in(categories=("sexual_purpose",)), sent, *then)
    return tell(api.system, *((each, now() - days * DAY) for each in facts), force=force)


def listed(api: Api, query: str = "", role: Role = OPERATOR, force: str = SERVICE) -> list[dict[str, Any]]:
    answer = api.get(f"/v1/reports/passed-on{query}", role, force)
    assert answer.status_code == 200, answer.text
    return answer.json()["reports"]


def escalate(api: Api, report: str, version: int, force: str = SERVICE, **body: Any) -> httpx.Response:
    return api.post(f"/v1/reports/{report}/escalate-report", ESCALATION | body, version, OPERATOR, force)


def test_operators_follow_what_they_passed_on_and_see_nothing_else_of_it(api: Api) -> None:
    late, waits = passed(api, 20, unit=ForceUnit.CCU), passed(api, 0.1)
    done = passed(api, 20, ReportAcknowledged(their_reference="PSD 12/24"))
    there, elsewhere = tell(api.system, came_in()), passed(api, 20, force="essex")
    project_reports(api.system)
    by_id = {row["report"]: row for row in listed(api)}
    assert by_id.keys() == {late, waits, done}
    assert {report: row["overdue"] for report, row in by_id.items()} == {late: True, waits: False, done: False}
    assert (by_id[late]["force"], by_id[late]["unit"], by_id[late]["version"]) == ("kent", "ccu", 2)
    assert by_id[late]["escalate"]["href"] == f"/v1/reports/{late}/escalate-report"
    assert by_id[done]["acknowledged_at"] is not None
    assert (by_id[done]["due"], by_id[done]["version"], by_id[done]["escalate"]) == (None, None, None)
    told = api.get("/v1/reports/passed-on", OPERATOR, SERVICE).text
    assert not any(each in told for each in ("sexual_purpose", "PSD 12/24", there, elsewhere))
    assert [row["report"] for row in listed(api, "?overdue=true")] == [late]
    assert [row["report"] for row in listed(api, "?acknowledged=true")] == [done]
    assert sorted(row["report"] for row in listed(api, "?acknowledged=false")) == sorted([late, waits])
    for where in ("", "/history", "/timeline"):
        assert api.get(f"/v1/reports/{late}{where}", OPERATOR, SERVICE).status_code in (403, 404)


def test_an_overdue_acknowledgement_is_escalated_by_the_service(api: Api) -> None:
    late, waits = passed(api, 20), passed(api, 0.1)
    project_reports(api.system)
    assert is_problem(escalate(api, waits, 2), 409, "rule-broken")["rule"]["id"] == "service_escalates_the_overdue"
    assert escalate(api, late, 2, ground="seriousness").status_code == 409
    is_problem(escalate(api, late, 2, "kent"), 404, "not-found")
    answer = escalate(api, late, 2)
    assert answer.status_code == 200, answer.text
    project_reports(api.system)
    (row,) = listed(api, "?overdue=true")
    assert (len(row["escalated"]), row["version"]) == (1, 3)
    history = api.get(f"/v1/reports/{late}/history", PSD).json()["events"]
    assert [event.get("name") for event in history][-1] == "report_escalated.v1"
    body = {"status": "received"}
    told = api.post(f"/v1/reports/{late}/tell-status", body, 3, OPERATOR, SERVICE)
    is_problem(told, 404, "not-found")


def nobody_else_follows(api: Api) -> None:
    who = SubjectIdentified(subject=1, person_kind=PersonKind.STAFF, force="kent", staff_id=f"{OPERATOR}-1")
    about = passed(api, 20, SubjectNoted(subject=1), who)
    other = passed(api, 20)
    project_reports(api.system)
    assert [row["report"] for row in listed(api)] == [other]
    is_problem(escalate(api, about, 4), 404, "not-found")
    assert listed(api, role=OPERATOR, force="kent") == []
    assert api.get("/v1/reports/passed-on", PSD, "kent").status_code == 403


def test_whom_it_is_about_follows_nothing_and_nor_does_a_force(api: Api) -> None:
    nobody_else_follows(api)


def test_a_list_without_the_wall_is_noticed(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    real = report_finder.following

    def open_to_all(actor: Actor, of: str) -> Any:
        condition, parameters = real(actor, of)
        return condition, parameters | {"wall_staff": "nobody"}

    monkeypatch.setattr(report_finder, "following", open_to_all)
    with pytest.raises(AssertionError):
        nobody_else_follows(api)


def test_an_escalation_without_the_wall_is_noticed(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TomlPolicy, "follows", lambda self, actor, entries: True)
    with pytest.raises(AssertionError):
        nobody_else_follows(api)
