"""Contacts with the support line: who finds them; the force hears of one when something is escalated to it."""

from typing import Any

import pytest
from api import Api, is_problem, names
from projected import project

from domain.event import Role
from projections.support_contacts import support_contacts

ADVISER, AUDITOR = Role.HELPLINE_ADVISER, Role.AUDITOR
FORCE = (Role.SUPERVISOR, Role.DESIGNATED_DECISION_MAKER, Role.FORCE_CRIME_REGISTRAR)


def opened(api: Api, **more: Any) -> str:
    answer = api.send("OpenContact", role=ADVISER, **more)
    assert answer.status_code == 201, answer.text
    return answer.json()["contact"]


def act(api: Api, name: str, contact: str, version: int, role: Role = ADVISER, **more: Any) -> None:
    answer = api.send(name, contact, version, role, **more)
    assert answer.status_code == 200, answer.text


def escalate(api: Api, contact: str, version: int = 1) -> int:
    """Gives consent and escalates; the version after that."""
    act(api, "GiveConsent", contact, version, with_details=False)
    act(api, "RaiseEscalation", contact, version + 1, case=None)
    return version + 2


def found(api: Api, role: Role = ADVISER, of: str = "kent", **query: Any) -> dict[str, dict[str, Any]]:
    answer = api.client.get("/v1/contacts", params=query, headers=api.headers(role, of))
    assert answer.status_code == 200, answer.text
    return {contact["contact"]: contact for contact in answer.json()["contacts"]}


def test_what_is_escalated_reaches_the_force(api: Api) -> None:
    silent, raised, taken_up = opened(api), opened(api, ground="concern"), opened(api)
    escalate(api, raised)
    act(api, "AcceptEscalation", taken_up, escalate(api, taken_up), Role.SUPERVISOR, number=1)
    project(api.system, support_contacts)
    for role in FORCE:
        assert found(api, role).keys() == {raised, taken_up}
        assert found(api, role, escalation="raised").keys() == {raised}
    assert found(api, Role.SUPERVISOR, escalation="accepted").keys() == {taken_up}
    assert found(api, Role.SUPERVISOR, escalation="resolved").keys() == set()
    assert found(api, Role.SUPERVISOR, ground="concern").keys() == {raised}
    assert found(api).keys() == found(api, AUDITOR).keys() == {silent, raised, taken_up}
    assert found(api, Role.SUPERVISOR, "essex").keys() == set()
    assert found(api, AUDITOR, "*", force="essex").keys() == set()
    row = found(api, Role.SUPERVISOR)[raised]
    assert (row["status"], row["escalations"], row["raised"], row["consent"]) == ("open", 1, 1, "given")
    assert api.get(row["href"], Role.SUPERVISOR).json()["escalations"][0]["number"] == 1


def test_open_and_closed(api: Api) -> None:
    one, other = opened(api), opened(api)
    act(api, "CloseContact", other, 1)
    project(api.system, support_contacts)
    assert found(api, status="open").keys() == {one}
    assert found(api, status="closed").keys() == {other}
    assert found(api, status="closed")[other]["closed_at"]


def test_pages_neither_repeat_nor_skip_while_contacts_arrive(api: Api) -> None:
    expected = sorted(opened(api) for _ in range(5))
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        project(api.system, support_contacts)
        answer = api.get(f"/v1/contacts?limit=2&after={after}", ADVISER).json()
        seen += [contact["contact"] for contact in answer["contacts"]]
        after = answer["next_after"]
        opened(api)
    assert seen == sorted(seen)
    assert len(seen) == len(set(seen))
    assert set(expected) <= set(seen)


def test_without_an_escalation_the_force_sees_no_trace_of_a_contact(api: Api) -> None:
    contact = opened(api)
    act(api, "GiveConsent", contact, 1, with_details=False)
    project(api.system, support_contacts)
    for role in FORCE:
        for path in (f"/v1/contacts/{contact}", f"/v1/contacts/{contact}/history"):
            is_problem(api.get(path, role, purpose="support"), 404, "not-found")
        assert found(api, role) == {}
    log = api.get("/v1/events?limit=1000", Role.FORCE_CRIME_REGISTRAR).json()["events"]
    assert contact not in {event["stream"] for event in log}
    assert api.get(f"/v1/contacts/{contact}", AUDITOR).status_code == 200
    assert contact in {event["stream"] for event in api.get("/v1/events?limit=1000", AUDITOR).json()["events"]}

    act(api, "RaiseEscalation", contact, 2, case=None)
    for role in FORCE:
        assert api.get(f"/v1/contacts/{contact}", role).status_code == 200
        history = api.get(f"/v1/contacts/{contact}/history", role).json()["events"]
        assert names(history)[-1] == "escalation_raised.v1"
        before = history[1]["written_at"]
        is_problem(api.get(f"/v1/contacts/{contact}?known_at={before}", role), 404, "not-found")
    log = api.get("/v1/events?limit=1000", Role.FORCE_CRIME_REGISTRAR).json()["events"]
    assert contact in {event["stream"] for event in log}


def test_a_supervisor_who_is_an_adviser_too_sees_what_advisers_see(api: Api) -> None:
    contact = opened(api)
    token = api.system.tokens.issue("staff-1", [Role.SUPERVISOR, ADVISER], "kent")
    headers = {"authorization": f"Bearer {token}"}
    assert api.client.get(f"/v1/contacts/{contact}", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("query", "where"),
    [("status=none", "status"), ("escalation=lost", "escalation"), ("ground=x", "ground"), ("limit=0", "limit")],
)
def test_bad_questions_are_named(shared: Api, query: str, where: str) -> None:
    problem = is_problem(shared.get(f"/v1/contacts?{query}", ADVISER), 422, "invalid-content")
    assert where in problem["errors"][0]["where"]


def test_who_may_not_look(shared: Api) -> None:
    is_problem(shared.get("/v1/contacts"), 403, "not-permitted")
    is_problem(shared.get("/v1/contacts?force=essex", ADVISER), 403, "not-permitted")
    is_problem(shared.get("/v1/contacts", ADVISER), 503, "figures-not-ready")


def test_the_answer_to_what_was_not_escalated_says_no_more_than_that_it_is_not_there(api: Api) -> None:
    contact = opened(api)
    for name in ("AcceptEscalation", "DeclineEscalation", "ResolveEscalation"):
        for version in (1, 7):
            is_problem(api.send(name, contact, version, Role.SUPERVISOR), 404, "not-found")
    escalate(api, contact)
    is_problem(api.send("AcceptEscalation", contact, 1, Role.SUPERVISOR, number=1), 412, "stale-version")
    act(api, "AcceptEscalation", contact, 3, Role.SUPERVISOR, number=1)
