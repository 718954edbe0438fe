"""Lists of misconduct reports over real HTTP: what they find, in pages, and for whom there is nothing to find."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from api import Api, is_problem
from report_streams import came_in, project_reports, tell

from adapters.postgres import report_finder
from adapters.system import now
from domain.event import Event, Role
from domain.misconduct.allegations import AllegationMade
from domain.misconduct.assessment import Disposition, ReportAssessed
from domain.misconduct.closure import MatterClosed, MatterOutcome
from domain.misconduct.investigation import MisconductInvestigationStarted
from domain.misconduct.passing import ForceUnit, NotOurs, ReportAcknowledged, ReportPassed, ReportSignposted
from domain.misconduct.referral import Mode, ModeDecided, ReferralKind, ReferredToIopc
from domain.misconduct.schedule3 import ComplaintRecorded
from domain.misconduct.sub_judice import SubJudiceSuspended
from domain.misconduct.subjects import PersonKind, SubjectIdentified, SubjectNoted
from domain.rules import rule_book

DAY = timedelta(days=1)
PSD, ACU, OPERATOR, AUDITOR = (
    Role.PSD_INVESTIGATOR,
    Role.ACU_INVESTIGATOR,
    Role.INTAKE_OPERATOR,
    Role.AUDITOR,
)
SERVICE = "reporting-service"
HERE = ReportAcknowledged()
RECORDED = (ReportAssessed(disposition=Disposition.RECORD), ComplaintRecorded())


def passed(force: str = "kent", unit: ForceUnit = ForceUnit.PSD) -> ReportPassed:
    return ReportPassed(force=force, unit=unit, fields=tuple(sorted(rule_book().misconduct.passed_fields)))


def about(staff: str, unit: str | None = None, *line: str) -> tuple[Event, ...]:
    """The subject of a report."""
    who = SubjectIdentified(
        subject=1, person_kind=PersonKind.OFFICER, force="kent", staff_id=staff, unit=unit, line=line
    )
    return SubjectNoted(subject=1), who


def started(by: str = "psd-1") -> MisconductInvestigationStarted:
    return MisconductInvestigationStarted(investigator=by)


def ask(api: Api, where: str = "", role: Role = PSD, force: str = "kent", **query: Any) -> Any:
    answer = asked(api, where, role, force, **query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def asked(
    api: Api,
    where: str = "",
    role: Role = PSD,
    force: str = "kent",
    staff: str | None = None,
    of_unit: str | None = None,
    **query: Any,
) -> httpx.Response:
    token = api.system.tokens.issue(staff or f"{role}-1", [role], force, unit=of_unit)
    return api.client.get(f"/v1/reports{where}", params=query, headers={"authorization": f"Bearer {token}"})


def found(api: Api, role: Role = PSD, force: str = "kent", **query: Any) -> list[str]:
    return [each["report"] for each in ask(api, "", role, force, **query)["reports"]]


def test_a_report_is_found_by_what_it_is(api: Api) -> None:
    made = AllegationMade(allegation=1, category="G", subjects=(1,))
    whole = tell(
        api.system,
        (came_in(categories=["sexual_purpose"]), now() - 9 * DAY),
        (passed(), now() - 8 * DAY),
        HERE,
        *about("officer-7"),
        made,
        *RECORDED,
        started("psd-7"),
    )
    bare = tell(api.system, came_in(), passed())
    kept = tell(api.system, came_in(), passed(), HERE, ReportAssessed(disposition=Disposition.INTELLIGENCE_ONLY))
    over = tell(api.system, came_in(), passed(), HERE, *RECORDED, MatterClosed(outcome=MatterOutcome.RESOLVED))
    project_reports(api.system)
    everything = sorted((whole, bare, kept, over))
    assert found(api) == everything
    for query, expected in (
        ({"stage": "passed"}, [bare]),
        ({"disposition": "intelligence_only"}, [kept]),
        ({"handling": "recorded"}, sorted((whole, over))),
        ({"category": "sexual_purpose"}, [whole]),
        ({"category": "G"}, [whole]),
        ({"category": "J"}, []),
        ({"owner": "psd-7"}, [whole]),
        ({"owner": "none"}, sorted((bare, kept, over))),
        ({"unit": "psd"}, everything),
        ({"unit": "ccu"}, []),
        ({"closure": "closed"}, [over]),
        ({"deadline": "overdue"}, []),
        ({"deadline": "open"}, sorted((whole, bare, over))),
        ({"deadline": "none"}, [kept]),
    ):
        assert found(api, **query) == expected, query
    [row] = [each for each in ask(api)["reports"] if each["report"] == whole]
    assert (row["subjects"], row["identified"], row["allegations"]) == (1, 1, 1)
    assert (row["held_by"], row["inquiry"], row["overdue"]) == ("kent", "under_way", 0)
    assert row["received_at"] == "2024-05-01"
    assert row["href"] == f"/v1/reports/{whole}"
    assert not {"staff", "units", "corruption", "opened_by"} & row.keys()
    is_problem(asked(api, stage="nowhere"), 422, "invalid-content")
    is_problem(asked(api, role=Role.RECORDER), 403, "not-permitted")


def test_pages_neither_repeat_nor_skip(api: Api) -> None:
    made = sorted(tell(api.system, came_in(), (passed(), now() - n * DAY)) for n in range(7))
    project_reports(api.system)
    seen = list(pages(api, "", "reports"))
    assert [each["report"] for each in seen] == made
    late = list(pages(api, "/duties", "duties", state="open"))
    assert sorted(each["report"] for each in late) == sorted(
        each["report"] for each in ask(api, "/duties", state="open")["duties"]
    )
    assert [each["due"] for each in late] == sorted(each["due"] for each in late)


def pages(api: Api, where: str, name: str, **query: Any) -> Iterator[dict[str, Any]]:
    after = ""
    while after is not None:
        page = ask(api, where, limit=2, after=after, **query)
        assert len(page[name]) <= 2
        yield from page[name]
        after = page["next_after"]


def test_what_is_owed_is_listed_and_the_next_statement_only(api: Api) -> None:
    late = tell(api.system, came_in(), (passed(), now() - 20 * DAY))
    long = tell(
        api.system,
        came_in(),
        (passed(), now() - 500 * DAY),
        (HERE, now() - 499 * DAY),
        *((each, now() - 499 * DAY) for each in RECORDED),
        (started(), now() - 498 * DAY),
    )
    fresh = tell(api.system, came_in(), passed())
    project_reports(api.system)
    overdue = [(each["report"], each["kind"]) for each in ask(api, "/duties")["duties"]]
    assert overdue == [(long, "investigation_update"), (long, "delay_statement"), (late, "acknowledgement")]
    ahead = [(each["report"], each["kind"]) for each in ask(api, "/duties", state="open")["duties"]]
    assert ahead == [(fresh, "acknowledgement"), (long, "delay_statement")]
    assert [each["report"] for each in ask(api, "/duties", owner="psd-1")["duties"]] == [long, long]
    assert [each["kind"] for each in ask(api, "/duties", kind="acknowledgement")["duties"]] == ["acknowledgement"]
    [row] = [each for each in ask(api)["reports"] if each["report"] == long]
    assert row["overdue"] == 2
    is_problem(asked(api, "/duties", after="yesterday"), 422, "invalid-content")


def test_referrals_out_say_who_has_answered_and_how_long_it_took(api: Api) -> None:
    slow = tell(api.system, came_in(), (passed(), now() - 20 * DAY))
    quick = tell(
        api.system,
        came_in(),
        (passed(), now() - 30 * DAY),
        (HERE, now() - 27 * DAY),
        (ReferredToIopc(kind=ReferralKind.VOLUNTARY), now() - 26 * DAY),
        (ModeDecided(mode=Mode.LOCAL), now() - 16 * DAY),
    )
    out = tell(api.system, came_in(), ReportSignposted(to="101", because=NotOurs.NOT_POLICE))
    project_reports(api.system)

    def rows(role: Role = PSD, force: str = "kent", **query: Any) -> dict[str, Any]:
        return {each["report"]: each for each in ask(api, "/referrals", role, force, **query)["referrals"]}

    assert rows().keys() == {slow, quick}
    assert rows(answered=False).keys() == {slow}
    assert rows(to="iopc", answered=True).keys() == {quick}
    assert rows(to="iopc", answered=False).keys() == set()
    assert rows(OPERATOR, SERVICE, to="elsewhere").keys() == {out}
    assert rows(AUDITOR, "*").keys() == {slow, quick, out}
    assert 19 <= rows()[slow]["to_force"]["days"] <= 21
    assert (rows()[quick]["to_force"]["days"], rows()[slow]["to_iopc"]) == (3, None)
    assert (rows()[quick]["to_iopc"]["days"], rows()[quick]["to_iopc"]["mode"]) == (10, "local")


def test_a_caseload_counts_what_one_may_know_of(api: Api) -> None:
    def given(by: str, *more: Event, staff: str = "officer-7") -> None:
        begun = ((each, now() - 40 * DAY) for each in (passed(), HERE, *RECORDED, *about(staff), started(by), *more))
        tell(api.system, came_in(), *begun)

    given("psd-7")
    given("psd-7", SubJudiceSuspended())
    given("psd-7", staff="psd_investigator-1")
    given("psd-8", MatterClosed(outcome=MatterOutcome.RESOLVED))
    given("psd-9")
    project_reports(api.system)
    [seven, nine] = ask(api, "/caseload")["caseloads"]
    assert (seven["owner"], seven["reports"], seven["under_way"], seven["suspended"]) == ("psd-7", 2, 1, 1)
    assert (seven["overdue"], nine["owner"], nine["reports"]) == (2, "psd-9", 1)
    assert ask(api, "/caseload", owner="me")["caseloads"] == []
    assert ask(api, "/caseload", staff="psd-2")["caseloads"][0]["reports"] == 3
    is_problem(asked(api, "/caseload", owner="none"), 422, "invalid-content")
    is_problem(asked(api, "/caseload", OPERATOR, SERVICE), 403, "not-permitted")


MOVING = ("at", "position", "age", "lag", "request_id")
LISTS: tuple[tuple[str, dict[str, str]], ...] = (
    ("", {}),
    ("/duties", {"state": "open"}),
    ("/duties", {}),
    ("/duties/missed", {}),
    ("/referrals", {}),
    ("/caseload", {}),
)
BEHIND: list[tuple[str, tuple[Event, ...], dict[str, Any]]] = [
    ("the subject", about("psd_investigator-1"), {}),
    ("the line", about("officer-7", None, "psd_investigator-1"), {}),
    ("the unit", about("officer-7", "Response North"), {"of_unit": "response north"}),
    ("another force", (), {"force": "essex"}),
    ("corruption", (ReportAssessed(disposition=Disposition.INTELLIGENCE_ONLY, cci_category="vulnerability"),), {}),
    ("corruption, from oversight", (passed(unit=ForceUnit.CCU),), {"role": AUDITOR, "force": "*"}),
    ("the service, once it was passed on", (), {"role": OPERATOR, "force": SERVICE}),
]


def write_one(api: Api, *more: Event) -> str:
    begun = (passed(), HERE, *RECORDED, ReferredToIopc(kind=ReferralKind.VOLUNTARY), started(), *more)
    report = tell(api.system, came_in(), *((each, now() - 400 * DAY) for each in begun))
    project_reports(api.system)
    api.system.deadline_watch.look()
    project_reports(api.system)
    return report


def told_to(api: Api, whom: dict[str, Any]) -> list[str]:
    """Everything that the lists and the addresses of reports say to somebody."""
    return [without_clock(asked(api, where, **whom, **query).text) for where, query in LISTS]


@pytest.mark.parametrize(("who", "more", "whom"), BEHIND, ids=[who for who, _, _ in BEHIND])
def test_behind_a_wall_there_is_no_report(api: Api, who: str, more: tuple[Event, ...], whom: dict[str, Any]) -> None:
    project_reports(api.system)
    before = told_to(api, whom)
    report = write_one(api, *more)
    assert told_to(api, whom) == before, who
    assert api.system.deadline_watch.look().missed == 0, "its deadlines were raised, and are not told of either"
    if whom.get("role") is not OPERATOR:
        is_problem(asked(api, f"/{report}/delay-statement", **whom), 404, "not-found")
    is_problem(asked(api, f"/{report}/timeline", **whom), 404, "not-found")
    acu = told_to(api, {"role": ACU, "staff": "acu-9"})
    assert [report in text for text in acu] == [True, True, True, True, True, False]
    assert "psd-1" in acu[-1]


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("admitting", lambda actor, of: (report_finder.sql.SQL("true"), {})),
        ("admitting", lambda actor, of: (report_finder.sql.SQL("held_by = 'kent'"), {})),
    ],
)
def test_a_list_that_forgets_a_wall_is_noticed(
    api: Api, monkeypatch: pytest.MonkeyPatch, name: str, wrong: Callable[..., Any]
) -> None:
    monkeypatch.setattr(report_finder, name, wrong)
    for who, more, whom in BEHIND[:3]:
        with pytest.raises(AssertionError):
            test_behind_a_wall_there_is_no_report(api, who, more, whom)


def test_whoever_was_named_a_moment_ago_finds_nothing_before_the_register_follows(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = tell(api.system, came_in(), passed())
    project_reports(api.system)
    assert found(api, staff="officer-7") == [report]
    tell(api.system, *about("officer-7"), stream=report, after=2)
    assert found(api, staff="officer-7") == []
    with monkeypatch.context() as patch:
        patch.setattr(report_finder, "MOVING", ())
        assert found(api, staff="officer-7") == [report], "the negative control: the register alone does not know yet"
    project_reports(api.system)
    assert (found(api, staff="officer-7"), found(api)) == ([], [report])


def without_clock(text: str) -> str:
    """Oversight is told positions, lag and age; everybody is told the time of the question."""
    told = json.loads(text)
    return json.dumps({name: value for name, value in told.items() if name not in MOVING})
