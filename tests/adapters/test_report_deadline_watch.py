"""The deadline watch over every clock of a report: each miss once, after a restart, after a week, whoever watches."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from log_entries import in_threads
from projected import project
from report_streams import came_in, project_reports, tell

from adapters.postgres import overdue
from adapters.system import System, now
from application import deadline_watch
from application.deadline_watch import DeadlineWatch, Raised
from domain.case.duties import MissEscalated
from domain.event import Event, RecordedEvent, Role
from domain.misconduct import clocks
from domain.misconduct import duties as of_reports
from domain.misconduct.assessment import Disposition, ReportAssessed
from domain.misconduct.closure import MatterClosed, MatterOutcome, OutcomeSent
from domain.misconduct.determination import DealtWith
from domain.misconduct.duties import OwedKind, ReportDeadlineMissed
from domain.misconduct.intake import SERVICE
from domain.misconduct.investigation import InvestigationDiscontinued, MisconductInvestigationStarted
from domain.misconduct.mailbox import PlainStatus, StatusTold
from domain.misconduct.passing import ForceUnit, ReportAcknowledged, ReportPassed
from domain.misconduct.proceedings import Chair, ProceedingsHeld, ProceedingsNotified
from domain.misconduct.referral import CalledInByIopc, MandatoryCriterionIdentified, ReferralKind, ReferredToIopc
from domain.misconduct.review import ReviewAcknowledged, ReviewApplied, ReviewBody
from domain.misconduct.schedule3 import ComplaintRecorded
from domain.misconduct.state import REPORT
from domain.rules import rule_book
from domain.rules.clock import Clock
from domain.values import instant
from projections.duties import duties

DAY = timedelta(days=1)
PASSED = ReportPassed(force="kent", unit=ForceUnit.PSD, fields=())
STARTED = MisconductInvestigationStarted(investigator="psd-1")
RECORDED: tuple[Event, ...] = (ReportAssessed(disposition=Disposition.RECORD), ComplaintRecorded())
HELD = ProceedingsHeld(subject=1, form=DealtWith.MEETING, chair=Chair.MANAGER, findings=(), rule_set="proceedings-2020")
Miss = tuple[str, str]


def fresh_watch(system: System, ahead: timedelta = timedelta()) -> DeadlineWatch:
    """A watch that has seen nothing yet, as after a restart; `ahead`: as it would look then."""
    return DeadlineWatch(system.store, system.overdue, lambda: now() + ahead, uuid4)


def scenarios() -> Iterator[tuple[list[Any], set[str]]]:
    """Reports, and the kinds of which each missed a deadline: every clock, late, in time or still running."""

    def ago(days: float, *events: Event) -> list[Any]:
        return [(event, now() - days * DAY) for event in events]

    taken = ago(30, PASSED, ReportAcknowledged(), *RECORDED)
    yield ago(20, PASSED), {"acknowledgement"}
    yield [*ago(20, PASSED), *ago(1, ReportAcknowledged())], {"acknowledgement"}
    yield [*ago(20, PASSED), *ago(19, ReportAcknowledged())], set()
    yield ago(1, PASSED), set()
    criterion = MandatoryCriterionIdentified(criterion="serious_corruption", clear_at=instant(now() - 5 * DAY))
    yield [*taken, *ago(5, criterion)], {"referral"}
    referred = ReferredToIopc(kind=ReferralKind.MANDATORY)
    yield [*taken, *ago(5, criterion), *ago(4.9, referred)], set()
    yield [*taken, *ago(5, CalledInByIopc(notified_at=instant(now() - 5 * DAY)))], {"referral"}
    yield [*taken, *ago(29.5, STARTED)], {"investigation_update"}
    yield [*taken, *ago(10, STARTED)], set()
    closed = MatterClosed(outcome=MatterOutcome.RESOLVED)
    yield [*taken, *ago(20, closed)], {"outcome_sent"}
    yield [*taken, *ago(20, closed), *ago(19, OutcomeSent())], set()
    asked_for = ReviewApplied(on=instant(now() - 40 * DAY), body=ReviewBody.IOPC)
    yield [*taken, *ago(20, closed), *ago(19, OutcomeSent(), asked_for)], {"complaint_review"}
    at_the_lpb = ReviewApplied(on=instant(now() - 19 * DAY), body=ReviewBody.LOCAL_POLICING_BODY)
    reviewed = [*taken, *ago(20, closed), *ago(19, OutcomeSent(), at_the_lpb)]
    yield reviewed, {"review_acknowledgement"}
    yield [*reviewed, *ago(18.5, ReviewAcknowledged())], set()
    promise = StatusTold(status=PlainStatus.RECEIVED, next_by=(now() - 3 * DAY).date())
    yield [*ago(19, promise)], {"promised_status"}
    yield (
        [*taken, *ago(29, ProceedingsNotified(subject=1, form=DealtWith.ACCELERATED_HEARING))],
        {"accelerated_hearing"},
    )
    long_ago = ago(200, PASSED, ReportAcknowledged(), *RECORDED)
    yield [*long_ago, *ago(180, ProceedingsNotified(subject=1, form=DealtWith.HEARING))], {"hearing"}
    yield [*long_ago, *ago(180, ProceedingsNotified(subject=1, form=DealtWith.MEETING), HELD)], {"proceedings_report"}
    yield [*long_ago, *ago(60, ProceedingsNotified(subject=1, form=DealtWith.MEETING))], {"meeting"}
    year = ago(380, PASSED, ReportAcknowledged(), *RECORDED)
    yield [*year, *ago(379, STARTED)], {"investigation_update", "delay_statement"}
    yield [*year, *ago(379, STARTED), *ago(370, InvestigationDiscontinued())], set()


def seed(system: System, times: int = 1) -> Counter[Miss]:
    """Write each of these reports so many times, and project them; what the watch has to raise."""
    owed: Counter[Miss] = Counter()
    for told, missed in list(scenarios()) * times:
        first = told[0][1] - DAY if isinstance(told[0], tuple) else now()
        report = tell(system, (came_in(), first), *told)
        owed.update((report, kind) for kind in missed)
    project_reports(system)
    return owed


def entries(system: System) -> list[RecordedEvent]:
    return [entry for entry in system.store.read_log(0, 5000) if entry.stream.startswith(("owed-", "duty-"))]


def raised(system: System) -> Counter[Miss]:
    misses = (entry.event for entry in entries(system))
    return Counter((each.report, str(each.duty)) for each in misses if isinstance(each, ReportDeadlineMissed))


def every_clock_is_watched(system: System) -> None:
    owed = seed(system)
    assert {kind for _, kind in owed} == set(OwedKind)
    fresh_watch(system).look()
    assert raised(system) == owed
    assert set(owed.values()) == {1}


def test_every_clock_is_watched_and_a_restart_raises_nothing_again(system: System) -> None:
    every_clock_is_watched(system)
    assert fresh_watch(system).look() == Raised()
    project_reports(system)
    assert fresh_watch(system).look() == Raised()


@pytest.mark.parametrize(
    ("where", "name", "wrong"),
    [
        (overdue, "SOURCES", overdue.SOURCES[:1]),
        (deadline_watch, "all_owed", lambda report, rules: report.owed),
        (deadline_watch, "all_owed", lambda report, rules: [each for each in report.owed if each.is_open]),
        (clocks, "_statements", lambda *_: ()),
    ],
)
def test_a_clock_that_nobody_watches_is_noticed(
    system: System, monkeypatch: pytest.MonkeyPatch, where: Any, name: str, wrong: object
) -> None:
    monkeypatch.setattr(where, name, wrong)
    project(system, duties)
    with pytest.raises(AssertionError):
        every_clock_is_watched(system)


NEW_CLOCK = Clock(
    "first_contact",
    date(2020, 2, 1),
    "A policy",
    working_days=6,
    starts_with=(ComplaintRecorded.NAME,),
    met_by=(StatusTold.NAME,),
    escalate_to=Role.APPROPRIATE_AUTHORITY,
)


def test_a_clock_that_was_added_to_the_data_is_watched(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = rule_book().misconduct
    book = replace(rule_book(), misconduct=replace(rules, clocks=(*rules.clocks, NEW_CLOCK)))
    monkeypatch.setattr(of_reports, "rule_book", lambda: book)
    taken = [(event, now() - 30 * DAY) for event in (PASSED, ReportAcknowledged(), *RECORDED)]
    late, _ = tell(system, *taken), tell(system, *taken, (StatusTold(status=PlainStatus.RECEIVED), now() - 29 * DAY))
    project_reports(system)
    fresh_watch(system).look()
    assert raised(system) == {(late, "first_contact"): 1}
    assert [each.event.to for each in entries(system) if isinstance(each.event, MissEscalated)] == [
        Role.APPROPRIATE_AUTHORITY
    ]


def test_two_watches_at_once_raise_each_miss_once(system: System) -> None:
    owed = seed(system, 4)
    in_threads(2, lambda _: fresh_watch(system).look(batch=7))
    assert raised(system) == owed


def test_an_overdue_acknowledgement_is_brought_to_the_appropriate_authority(system: System) -> None:
    report = tell(system, (came_in(), now() - 21 * DAY), (PASSED, now() - 20 * DAY))
    project_reports(system)
    fresh_watch(system).look()
    first, second = entries(system)
    [owed] = REPORT.replay(system.store.load(report)).owed
    assert first.event == ReportDeadlineMissed(
        report=report,
        duty=OwedKind.ACKNOWLEDGEMENT,
        about="kent",
        opened_by=system.store.load(report)[1].event_id,
        due=instant(owed.due),
        clock="acknowledgement-2020-02-01",
    )
    assert second.event == MissEscalated(to=Role.APPROPRIATE_AUTHORITY)
    assert (first.stream, first.version, second.version) == (owed.stream(report), 1, 2)
    assert (first.force, second.causation) == ("kent", first.event_id)
    assert len(system.store.load(report)) == 2, "the version of the report is left alone"


def test_while_nobody_reads_a_service_that_broke_its_promise_answers_for_it(system: System) -> None:
    promise = StatusTold(status=PlainStatus.RECEIVED, next_by=(now() - 3 * DAY).date())
    tell(system, (came_in(), now() - 9 * DAY), (promise, now() - 8 * DAY))
    project_reports(system)
    fresh_watch(system).look()
    first, second = entries(system)
    assert (first.force, second.event) == (SERVICE, MissEscalated(to=Role.INTAKE_OPERATOR))


def test_after_a_week_away_all_is_raised_that_would_have_been(system: System) -> None:
    """Met too late, or called off too late, while nobody watched: the deadline was missed."""

    def told(*more: tuple[Event, float]) -> str:
        begun = [(came_in(), now() - 31 * DAY), (PASSED, now() - 30 * DAY)]
        return tell(system, *begun, *((event, now() - days * DAY) for event, days in more))

    elsewhere = ReportPassed(force="essex", unit=ForceUnit.PSD, fields=())
    late = [told((ReportAcknowledged(), 2)), told((elsewhere, 2)), told()]
    in_time = [told((ReportAcknowledged(), 29)), told((elsewhere, 29), (ReportAcknowledged(), 28.5))]
    project_reports(system)
    fresh_watch(system).look()
    assert raised(system) == Counter({(report, "acknowledgement"): 1 for report in late})
    assert not {report for report, _ in raised(system)} & set(in_time)


def test_statements_fall_due_year_after_year_though_nothing_happens(system: System) -> None:
    begun = (PASSED, ReportAcknowledged(), *RECORDED, STARTED)
    tell(system, (came_in(), now() - 11 * DAY), *((event, now() - 10 * DAY) for event in begun))
    project_reports(system)
    watch, looks = fresh_watch(system), list[int]()
    for days in (300, 370, 400, 550, 730, 740, 920, 3000):
        watch.clock = lambda days=days: now() + days * DAY
        watch.look()
        looks.append(sum(kind == "delay_statement" for _, kind in raised(system).elements()))
    assert looks == [0, 1, 1, 2, 3, 3, 4, 15]
    assert watch.look() == Raised()


def test_what_is_done_in_time_is_not_raised_though_the_read_model_is_behind(system: System) -> None:
    report = tell(system, (came_in(), now() - 21 * DAY), (PASSED, now() - 20 * DAY))
    project_reports(system)
    tell(system, (ReportAcknowledged(), now() - 19 * DAY), stream=report, after=2)
    assert fresh_watch(system).look() == Raised(not_missed=1)
    assert not entries(system)


def test_cases_are_watched_while_the_duties_of_reports_are_being_built(system: System) -> None:
    from watching import append, project_duties, received

    system.store.append(append(f"case-{uuid4()}", 0, received(now() - 3 * DAY)))
    tell(system, (came_in(), now() - 21 * DAY), (PASSED, now() - 20 * DAY))
    project_duties(system)
    watch = fresh_watch(system)
    assert watch.look() == Raised(missed=1)
    project_reports(system)
    assert watch.look() == Raised(missed=1), "all of it, now that it is there"
