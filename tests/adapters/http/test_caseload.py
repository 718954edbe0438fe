"""Whose cases these are: filters of the register, my caseload, and passing it on."""

import threading
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from api import Api, is_problem, tells_no_position
from projected import project_the_register as project

from adapters.system import System, now
from application.ports import Append, NewEvent
from application.reassignment import Reassignment
from domain.case.recording import CrimeReported, ReporterRole, Route, deadline
from domain.case.state import replay
from domain.event import Purpose, Role, SourceRow
from domain.rules import rule_book
from domain.values import Moment


def report(api: Api, hours_ago: float = 1, **more: object) -> str:
    received = (now() - timedelta(hours=hours_ago)).isoformat()
    answer = api.send("ReportCrime", received_at=received, reported_at=received, **more)
    assert answer.status_code == 201, answer.text
    return answer.json()["case"]


def imported(system: System) -> str:
    """A case that a file tells of, without an owner."""
    case, received = f"case-{uuid4()}", Moment.of("2026-03-02T09:14:00Z")
    rules = rule_book().recording_rules(received)
    reported = CrimeReported(
        received_at=received,
        route=Route.ONLINE,
        reporter_role=ReporterRole.VICTIM,
        record_by=deadline(received, rules.limit),
        rule_set=rules.id,
    )
    source = SourceRow("batch-1", 1, "content", "key")
    event = NewEvent(uuid4(), reported, received, "importer-1", Role.IMPORTER, Purpose.IMPORT, source=source)
    system.store.append(Append(case, 0, "kent", (event,)))
    return case


def found(api: Api, path: str = "/v1/cases", role: Role = Role.RECORDER, **query: object) -> dict[str, dict[str, Any]]:
    answer = api.client.get(path, params=query, headers=api.headers(role))  # pyright: ignore
    assert answer.status_code == 200, answer.text
    return {case["case"]: case for case in answer.json()["cases"]}


def test_cases_by_what_is_owed_by_age_and_by_track(api: Api) -> None:
    overdue, fresh, allocated = report(api, 30), report(api, 1), api.recorded()
    assert api.send("AllocateInvestigation", allocated, 2).status_code == 200
    done = report(api, 1)
    for version, (name, body) in enumerate(
        [("RecordCrime", {}), ("InformVictim", {}), ("MakeSupportReferral", {}), ("AssignOutcome", {})], start=1
    ):
        assert api.send(name, done, version, **body).status_code == 200
    assert api.send("InformVictim", done, 5, about="outcome").status_code == 200
    assert api.send("CloseCase", done, 6).status_code == 200
    project(api.system)
    assert found(api, deadline="overdue").keys() == {overdue}
    assert found(api, deadline="none").keys() == {done}
    assert found(api, deadline="open").keys() == {fresh, allocated}
    assert found(api, older_than=24).keys() == {overdue}
    assert found(api, investigation="allocated").keys() == {allocated}
    assert found(api, closure="closed").keys() == {done}
    assert found(api, status="recorded", closure="open").keys() == {allocated}
    rows = found(api)
    assert (rows[overdue]["overdue"], rows[fresh]["overdue"], rows[done]["next_due"]) == (1, 0, None)
    assert rows[overdue]["next_due"] < now().isoformat() < rows[fresh]["next_due"]


def test_what_is_asked_for_and_what_stands_of_a_cancellation(api: Api) -> None:
    case = api.recorded()
    assert api.send("RequestCancellation", case, 2).status_code == 200
    project(api.system)
    assert (found(api)[case]["status"], found(api)[case]["cancellation"]) == ("cancel_pending", "C2")
    assert api.send("RefuseCancellation", case, 3, Role.FORCE_CRIME_REGISTRAR).status_code == 200
    project(api.system)
    assert (found(api)[case]["status"], found(api)[case]["cancellation"]) == ("recorded", None)
    assert api.send("RequestTransfer", case, 4).status_code == 200
    assert api.send("AcceptTransfer", case, 5, Role.FORCE_CRIME_REGISTRAR).status_code == 200
    project(api.system)
    assert (found(api)[case]["status"], found(api)[case]["cancellation"]) == ("transferred", "C1")
    assert found(api, reference="42/123456/26").keys() == {case}


def test_a_caseload_is_the_open_cases_of_its_owner(api: Api) -> None:
    mine, theirs = report(api), report(api)
    assert api.send("AssignOwner", theirs, 1, owner="staff-7").status_code == 200
    closed = report(api)
    assert api.send("DeclineRecording", closed, 1).status_code == 200
    assert api.send("InformVictim", closed, 3, about="not_recorded").status_code == 200
    assert api.send("CloseCase", closed, 4).status_code == 200
    project(api.system)
    assert found(api, "/v1/caseload").keys() == {mine}
    assert found(api, "/v1/caseload", owner="staff-7").keys() == {theirs}
    assert found(api, owner="me").keys() == {mine, closed}
    assert found(api, "/v1/caseload", role=Role.SUPERVISOR, owner="recorder-1").keys() == {mine}


def handover(api: Api, role: Role = Role.SUPERVISOR, **body: object) -> Any:
    return api.post(
        "/v1/caseload/reassign", {"owner": "recorder-1", "to": "staff-2", "because": "left"} | body, role=role
    )


def caught_up_in(api: Api, seconds: float) -> threading.Timer:
    """The register catches up after so long, as it does while a server runs."""
    timer = threading.Timer(seconds, project, [api.system])
    timer.start()
    return timer


def impatient(api: Api) -> None:
    """No projection runs beside: it is not waited for long."""
    system = api.system
    system.reassignment = Reassignment(system.handler, system.store.aio, system.cases, patience=0.2)


def test_when_somebody_leaves_no_case_is_left_behind(api: Api) -> None:
    impatient(api)
    cases = [report(api) for _ in range(5)]
    other = report(api)
    assert api.send("AssignOwner", other, 1, owner="staff-7").status_code == 200
    project(api.system)
    assert api.send("AssignOwner", cases[0], 1, owner="staff-3").status_code == 200  # the register does not know yet
    first = handover(api, limit=3).json()
    assert not first["complete"], "and says so"
    second = handover(api, limit=3, after=first["next_after"]).json()
    assert second["next_after"] is None
    passed = {case["case"] for page in (first, second) for case in page["passed_on"]}
    assert passed == set(cases[1:])
    assert first["not_theirs"] + second["not_theirs"] == [cases[0]]
    project(api.system)
    assert found(api, "/v1/caseload").keys() == set()
    assert found(api, "/v1/caseload", owner="staff-2").keys() == passed
    last = api.system.store.load(cases[1])[-1]
    assert (last.actor, last.role, last.event.NAME) == ("supervisor-1", Role.SUPERVISOR, "owner_assigned.v1")
    again = handover(api).json()
    assert (again["passed_on"], again["not_theirs"], again["complete"]) == ([], [], True)


def test_what_the_register_does_not_know_yet_is_waited_for(api: Api) -> None:
    cases = {report(api) for _ in range(3)}
    project(api.system)
    cases |= {report(api) for _ in range(2)}
    catching_up = caught_up_in(api, 0.5)
    done = handover(api).json()
    catching_up.join()
    assert {case["case"] for case in done["passed_on"]} == cases
    assert (done["next_after"], done["complete"]) == (None, True)


def test_a_register_that_stays_behind_is_said(api: Api) -> None:
    impatient(api)
    cases = [report(api) for _ in range(3)]
    project(api.system)
    cases += [report(api) for _ in range(2)]
    answer = handover(api)
    assert {case["case"] for case in answer.json()["passed_on"]} == set(cases[:3])
    assert not answer.json()["complete"]
    assert tells_no_position(answer)
    project(api.system)
    rest = handover(api).json()
    assert {case["case"] for case in rest["passed_on"]} == set(cases[3:])
    assert rest["complete"]


def test_closed_cases_pass_on_too_unless_asked_otherwise(api: Api) -> None:
    still_open, closed = report(api), report(api)
    assert api.send("DeclineRecording", closed, 1).status_code == 200
    assert api.send("InformVictim", closed, 3, about="not_recorded").status_code == 200
    assert api.send("CloseCase", closed, 4).status_code == 200
    project(api.system)
    only = handover(api, closure="closed", to="staff-8").json()
    assert [case["case"] for case in only["passed_on"]] == [closed]
    project(api.system)
    assert [case["case"] for case in handover(api, closure="open").json()["passed_on"]] == [still_open]
    project(api.system)
    both = handover(api, owner="staff-8").json()
    assert [case["case"] for case in both["passed_on"]] == [closed]
    project(api.system)
    assert found(api, owner="staff-2").keys() == {still_open, closed}


def test_cases_of_nobody_are_found_and_passed_on(api: Api) -> None:
    mine, orphan = report(api), imported(api.system)
    project(api.system)
    assert found(api).keys() == {mine, orphan}
    assert found(api, owner="none").keys() == found(api, "/v1/caseload", owner="none").keys() == {orphan}
    assert [case["case"] for case in handover(api, owner="none").json()["passed_on"]] == [orphan]
    project(api.system)
    assert found(api, owner="none").keys() == set()
    assert found(api, owner="staff-2").keys() == {orphan}


def test_to_me_is_to_whoever_asks_and_to_nobody_is_refused(api: Api) -> None:
    case = report(api)
    project(api.system)
    for wrong in ({"to": "none"}, {"to": "recorder-1"}, {"owner": "me", "to": "me"}):
        problem = is_problem(handover(api, **wrong), 422, "invalid-content")
        assert problem["errors"][0]["where"] == "to"
    assert len(handover(api, to="me").json()["passed_on"]) == 1
    assert replay(api.system.store.load(case)).ownership.owner == "supervisor-1"


def test_who_may_not_pass_on_and_what_is_wrong_with_the_body(api: Api) -> None:
    project(api.system)
    is_problem(handover(api, Role.RECORDER), 403, "not-permitted")
    is_problem(handover(api, to="two words"), 422, "invalid-content")
    is_problem(handover(api, nobody="x"), 422, "invalid-content")


@pytest.mark.parametrize(
    ("query", "where"),
    [("deadline=soon", "deadline"), ("older_than=x", "older_than"), ("closure=ajar", "closure"), ("name=Jane", "name")],
)
def test_bad_questions_are_named(api: Api, query: str, where: str) -> None:
    project(api.system)
    assert where in is_problem(api.get(f"/v1/cases?{query}"), 422, "invalid-content")["errors"][0]["where"]
