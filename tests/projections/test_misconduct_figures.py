"""Figures about misconduct over many drawn histories: the verdict on each thing counted is that of the naive oracle."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import oracle
import oracle_misconduct_figures as figures
import pytest
from histories import Told, recorded
from hypothesis import Phase, find, given, settings
from report_histories import histories

import projections  # noqa: F401  (adds the columns of the metrics to the fact tables)
from domain.event import RecordedEvent
from domain.misconduct.review import ReviewBody
from domain.values import instant
from projections import report_facts as facts
from projections import report_life, report_steps
from projections.fact_tables import TABLES
from projections.metrics import CATALOGUE
from projections.metrics.kinds import COUNTED, NOT_COUNTED, OPEN, OUT, Delay, Mean, Mix, PerStaff, Share, StockShare
from projections.metrics.misconduct import MISCONDUCT
from projections.projection import Replica
from projections.working_time import working_days_between

Verdicts = dict[tuple[str, str], tuple[str, int, tuple[str, ...]]]
AFTER = timedelta(days=20)
# What is per head has a second source, and its oracle in test_inspection_oracle.
NAMES = [metric.name for metric in MISCONDUCT if not isinstance(metric, PerStaff)]
REPORTS = [table for table in TABLES.values() if table.projection.of == "report-"]


def raw(entry: RecordedEvent) -> oracle.Raw:
    state: dict[str, Any] = {"at": str(entry.at), "actor": entry.actor, "role": entry.role.value}
    state |= {"source": {"batch": "batch"}} if entry.source else {}
    state["data"] = json.loads(entry.event.model_dump_json())
    envelope = (entry.position, entry.written_at, entry.stream, entry.version, entry.event.NAME)
    return oracle.Raw(*envelope, str(entry.event_id), entry.force, state)


def rows(entries: Sequence[RecordedEvent], over: str) -> Iterator[Any]:
    streams: dict[str, list[RecordedEvent]] = {}
    for entry in entries:
        streams.setdefault(entry.stream, []).append(entry)
    for of_stream in streams.values():
        yield from TABLES[over].projection.rows_of(of_stream).values()


def given_by(entries: Sequence[RecordedEvent], name: str, moment: datetime) -> Verdicts:
    """What the columns of the metric say of each row, read as the queries read them."""
    metric, found = CATALOGUE[name], {}
    for row in rows(entries, metric.over):
        first, *others = [column.of(row) for column in metric.derived()]
        verdict, number, parts = str(first), 0, ()
        start = getattr(row, metric.cohort)
        if verdict == OUT:
            continue
        if isinstance(metric, Share) and metric.only_due and getattr(row, metric.due or "") >= moment:
            verdict = OUT
        if isinstance(metric, StockShare):
            ended = getattr(row, metric.ends)
            if start.earliest > moment or (ended is not None and ended.earliest <= moment and verdict == COUNTED):
                verdict = OUT
            elif verdict == COUNTED and not getattr(row, metric.limit) < moment:
                verdict = NOT_COUNTED
        if isinstance(metric, Mean):
            number = others[0] or 0
        if isinstance(metric, Delay):
            days = {"working_days": working_days_between, "days": lambda a, b: (b - a).days}[metric.measured_in]
            number = days(start.london_date, instant(moment).london_date) if verdict == OPEN else int(others[0] or 0)
        if isinstance(metric, Mix):
            parts = tuple(sorted((others[0] or "").split()))
        if verdict != OUT:
            found[row[0], row.force] = (verdict, number, parts)
    return found


def expected_of(entries: Sequence[RecordedEvent], name: str, moment: datetime) -> Verdicts:
    judged = figures.judged([raw(entry) for entry in entries], name, known_at=moment)
    return {
        (one.unit["key"], one.unit["force"]): (one.judged.verdict, one.judged.number, tuple(sorted(one.judged.parts)))
        for one in judged
    }


def differs(told: Sequence[Told], *names: str) -> list[str]:
    entries = recorded(told)
    moment = entries[-1].written_at + AFTER
    return [name for name in names or NAMES if given_by(entries, name, moment) != expected_of(entries, name, moment)]


@settings(max_examples=80)
@given(told=histories(most=3))
def test_every_verdict_is_that_of_the_oracle(told: list[Told]) -> None:
    assert differs(told) == []


@pytest.mark.soak
@pytest.mark.timeout(7200)
@settings(max_examples=5000)
@given(told=histories(most=4))
def test_every_verdict_is_that_of_the_oracle_at_length(told: list[Told]) -> None:
    assert differs(told) == []


@settings(max_examples=25)
@given(told=histories(most=2))
def test_row_by_row_the_tables_are_those_of_a_reading_anew(told: list[Told]) -> None:
    """What the projector keeps event by event is what a reading of the whole history gives, at every position."""
    entries = recorded(told)
    for table in REPORTS:
        whole: Replica[Any] = Replica(table.projection)
        whole.follow(entries)
        for stream in {entry.stream for entry in entries}:
            of_stream = [entry for entry in entries if entry.stream == stream]
            kept = {key: history for key, history in whole.history.items() if key.split("/")[0] == stream}
            versions = list(table.projection.versions(of_stream))
            assert sorted(versions, key=_place) == sorted((v for each in kept.values() for v in each), key=_place)


def _place(version: Any) -> tuple[int, str]:
    return version.position, version.key


EVERY = {
    **{name: {"counted"} for name in NAMES},
    **{metric.name: {"counted", "not_counted"} for metric in MISCONDUCT if isinstance(metric, Share | StockShare)},
    **{metric.name: {"recorded", "open"} for metric in MISCONDUCT if isinstance(metric, Delay)},
}
MORE = {
    "days_to_first_contact": {figures.MONTH},
    "days_to_finalise_sch3_excl": {figures.MONTH},
    "finalisation_wait": {"competing", figures.MONTH},
    "triage_time": {"competing", figures.MONTH},
    "review_wait": {figures.MONTH},
    "review_acknowledged_5wd": {"excluded: no longer owed when the time had run", figures.MONTH},
    "update_28d_compliance": {"excluded: no longer owed when the time had run"},
    "referral_on_time": {"excluded: no longer owed when the time had run", figures.MONTH, figures.UNDECIDED},
    "case_to_answer_rate": {"excluded: the report states no opinion"},
    "proven_rate_hearing": {"excluded: the finding is not stated"},
    "dismissal_rate_of_gross": {"excluded: no sanction has been imposed so far"},
}


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_every_verdict_that_there_is_comes_up() -> None:
    """Otherwise the first test would agree about nothing."""
    seen: dict[str, Counter[str]] = {name: Counter() for name in NAMES}

    @settings(max_examples=500, phases=(Phase.generate,), database=None, derandomize=True)
    @given(told=histories(least=2, most=3))
    def look(told: list[Told]) -> None:
        entries = recorded(told)
        for name in NAMES:
            for verdict, _, _ in expected_of(entries, name, entries[-1].written_at + AFTER).values():
                seen[name][verdict] += 1

    look()
    missing = {name: (EVERY[name] | MORE.get(name, set())) - seen[name].keys() for name in NAMES}
    assert {name: verdicts for name, verdicts in missing.items() if verdicts} == {}


Plant = Callable[[pytest.MonkeyPatch], None]


def other(name: str, **changed: Any) -> Plant:
    return lambda patch: patch.setitem(CATALOGUE, name, replace(CATALOGUE[name], **changed))


def gross_for_net(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(
        CATALOGUE,
        "days_to_finalise_sch3_excl",
        replace(CATALOGUE["days_to_finalise_sch3_excl"], measure=CATALOGUE["days_to_finalise_sch3_incl"].measure),
    )


def calendar_days(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("projections.metrics.misconduct_complaints.working_days", lambda a, b: (b.earliest - a.earliest).days)


def reviews_that_replace_each_other(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(report_steps, "_reviews", lambda life: list(_reviews(life))[-1:])


_reviews = report_steps._reviews


def first_pass_alone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(facts, "OF_THE_PUBLIC", frozenset())


def update_of_27_days(patch: pytest.MonkeyPatch) -> None:
    sound = report_steps._step

    def early(kind: str, since: Any, due: Any, *rest: Any) -> Any:
        return sound(kind, since, due - timedelta(days=1) if kind == report_steps.UPDATE else due, *rest)

    patch.setattr(report_steps, "_step", early)


def no_lifting(patch: pytest.MonkeyPatch) -> None:
    sound = report_steps._referral
    patch.setattr(report_steps, "_referral", lambda criterion: sound(criterion)._replace(result=report_steps.MET))


def decided_is_acknowledged(patch: pytest.MonkeyPatch) -> None:
    sound = report_steps._acknowledgements
    done = report_steps.MET
    patch.setattr(
        report_steps,
        "_acknowledgements",
        lambda life: [each._replace(result=each.result and done) for each in sound(life)],
    )


def the_iopc_owes(patch: pytest.MonkeyPatch) -> None:
    sound, lpb = report_steps._acknowledgements, ReviewBody.LOCAL_POLICING_BODY.value

    def turned(life: report_life.Life) -> list[Any]:
        return list(sound(replace(life, reviews=tuple(each._replace(body=lpb) for each in life.reviews))))

    patch.setattr(report_steps, "_acknowledgements", turned)


def forgotten_contact(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(report_life.Life, "_contacted", lambda life, entry: life)


def eleven_months(patch: pytest.MonkeyPatch) -> None:
    sound = report_steps.months_after
    patch.setattr(report_steps, "months_after", lambda day, months: sound(day, months - 1))


PLANTED: dict[str, tuple[Plant, str]] = {
    "suspensions are not taken off": (gross_for_net, "days_to_finalise_sch3_excl"),
    "weekends count": (calendar_days, "days_to_finalise_outside"),
    "only the last review counts": (reviews_that_replace_each_other, "review_upheld_rate"),
    "what the public says is no complaint": (first_pass_alone, "complaints_logged"),
    "an update is due a day early": (update_of_27_days, "update_28d_compliance"),
    "what is no longer owed was done": (no_lifting, "referral_on_time"),
    "a decision is an acknowledgement": (decided_is_acknowledged, "review_acknowledged_5wd"),
    "the IOPC owes an acknowledgement": (the_iopc_owes, "review_acknowledged_5wd"),
    "nobody was contacted": (forgotten_contact, "first_contact_wait"),
    "withdrawn is finalised": (
        other("finalisation_wait", course=lambda row: _without_withdrawal(row)), "finalisation_wait",
    ),
    "what was set aside is proven": (
        other("proven_rate_hearing", counts=lambda row: row.finding != "not_proven"), "proven_rate_hearing",
    ),
    "a warning is a dismissal": (
        other("dismissal_rate_of_gross", counts=lambda row: row.sanction is not None), "dismissal_rate_of_gross",
    ),
    "a year has eleven months": (eleven_months, "over_12_months"),
    "a report is in one category": (
        other("corruption_reports", parts=lambda row: tuple(row.categories.split()[:1])), "corruption_reports",
    ),
}  # fmt: skip
_sound = CATALOGUE["finalisation_wait"].course  # pyright: ignore


def _without_withdrawal(row: Any) -> Any:
    return _sound(row._replace(withdrawn=False))


RARE = ("what was set aside is proven", "a year has eleven months")


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "defect", [pytest.param(each, marks=[pytest.mark.soak] if each in RARE else []) for each in PLANTED]
)
def test_a_planted_defect_is_noticed(defect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant, name = PLANTED[defect]
    plant(monkeypatch)
    settled = settings(max_examples=3000, phases=(Phase.generate,), database=None, derandomize=True)
    assert find(histories(most=2), lambda told: differs(told, name) == [name], settings=settled)
