"""The deadlines that were missed, over real HTTP: raised by the watch, found by those to whom they are brought."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from api import Api, is_problem
from projected import project

from adapters.system import now
from application.ports import Append, NewEvent
from domain.case.duties import DeadlineMissed, DutyKind, MissEscalated
from domain.event import Event, Purpose, Role
from domain.values import instant
from projections.duties import duties
from projections.missed_deadlines import missed_deadlines

REGISTRAR = Role.FORCE_CRIME_REGISTRAR


def overdue(api: Api, hours_ago: float = 30) -> str:
    received = (now() - timedelta(hours=hours_ago)).isoformat()
    answer = api.send("ReportCrime", received_at=received, reported_at=received)
    assert answer.status_code == 201, answer.text
    return answer.json()["case"]


def watch(api: Api) -> None:
    """As the deadline watch and the projection do."""
    project(api.system, duties)
    api.system.deadline_watch.look()
    project(api.system, missed_deadlines)


def raise_miss(api: Api, kind: DutyKind, to: Role | None, force: str = "kent") -> str:
    """A miss as the watch writes it, of a case that is not there; its stream."""
    stream, at = f"duty-{uuid4().hex}", instant(now())
    missed = DeadlineMissed(case=f"case-{uuid4()}", duty=kind, opened_by=uuid4(), due=at, rule_set="duties-2021")
    facts: list[Event] = [missed, *([MissEscalated(to=to)] if to else [])]
    watcher = ("deadline-watch", Role.DEADLINE_WATCH, Purpose.OVERSIGHT)
    events = tuple(NewEvent(uuid4(), event, at, *watcher) for event in facts)
    api.system.store.append(Append(stream, 0, force, events))
    return stream


def missed(api: Api, role: Role = Role.SUPERVISOR, of: str = "kent", **query: Any) -> list[dict[str, Any]]:
    answer = api.client.get("/v1/duties/missed", params=query, headers=api.headers(role, of))
    assert answer.status_code == 200, answer.text
    return answer.json()["missed"]


def test_what_the_watch_raises_reaches_the_role_it_is_brought_to(api: Api) -> None:
    late, _ = overdue(api), api.report()
    project(api.system, duties, missed_deadlines)
    assert missed(api) == []
    watch(api)
    [miss] = missed(api, REGISTRAR, to="me")
    assert (miss["case"], miss["kind"], miss["force"]) == (late, "recording", "kent")
    assert (miss["escalated_to"], miss["rule_set"]) == ("force_crime_registrar", "recording-2015")
    assert miss["due"] < miss["raised_at"]
    raised = api.system.store.load(miss["duty"])
    assert [entry.event.NAME for entry in raised] == ["deadline_missed.v1", "miss_escalated.v1"]
    assert str(instant(raised[0].written_at)) == miss["written_at"]
    assert "raised_in" not in miss
    [seen] = missed(api, Role.AUDITOR, "*")
    assert raised[0].position == seen["raised_in"]
    assert api.get(miss["href"]).status_code == 200
    assert missed(api, Role.SUPERVISOR, to="me") == []
    assert api.send("RecordCrime", late, 1, late_because="queue").status_code == 200
    watch(api)
    assert missed(api, REGISTRAR) == [miss], "it was missed, whatever came after"


def test_by_kind_role_and_force(api: Api) -> None:
    told = raise_miss(api, DutyKind.VICTIM_TOLD, Role.SUPERVISOR)
    referral = raise_miss(api, DutyKind.SUPPORT_REFERRAL, None)
    elsewhere = raise_miss(api, DutyKind.RECORDING, REGISTRAR, "essex")
    project(api.system, missed_deadlines)

    def of(role: Role = Role.SUPERVISOR, of_force: str = "kent", **query: Any) -> list[str]:
        return [each["duty"] for each in missed(api, role, of_force, **query)]

    assert of() == [told, referral]
    assert of(kind="support_referral") == [referral]
    assert of(to="supervisor") == of(to="me") == [told]
    assert of(REGISTRAR, to="me") == []
    assert of(REGISTRAR, "essex", to="me") == [elsewhere]
    assert of(Role.AUDITOR, "*") == [told, referral, elsewhere]
    assert of(Role.AUDITOR, "*", force="essex") == [elsewhere]
    assert missed(api, kind="support_referral")[0]["escalated_to"] is None


@pytest.mark.parametrize(("role", "force"), [(Role.SUPERVISOR, "kent"), (Role.AUDITOR, "*")])
def test_pages_neither_repeat_nor_skip_while_misses_are_raised(api: Api, role: Role, force: str) -> None:
    expected = [raise_miss(api, DutyKind.UPDATE, Role.SUPERVISOR) for _ in range(5)]
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        project(api.system, missed_deadlines)
        answer = api.get(f"/v1/duties/missed?limit=2&after={after}", role, force).json()
        seen += [each["duty"] for each in answer["missed"]]
        after = answer["next_after"]
        if len(expected) < 7:
            expected.append(raise_miss(api, DutyKind.UPDATE, Role.SUPERVISOR))
    assert seen == expected


@pytest.mark.parametrize(
    ("query", "where"), [("kind=late", "kind"), ("to=nobody", "to"), ("after=-1", "after"), ("limit=0", "limit")]
)
def test_bad_questions_are_named(shared: Api, query: str, where: str) -> None:
    problem = is_problem(shared.get(f"/v1/duties/missed?{query}"), 422, "invalid-content")
    assert where in problem["errors"][0]["where"]


def test_who_may_not_look(shared: Api) -> None:
    is_problem(shared.get("/v1/duties/missed", Role.ANALYST), 403, "not-permitted")
    is_problem(shared.get("/v1/duties/missed?force=essex"), 403, "not-permitted")
    is_problem(shared.get("/v1/duties/missed"), 503, "figures-not-ready")
