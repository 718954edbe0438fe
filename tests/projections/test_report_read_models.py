"""The read models of reports: right by an oracle of loops; the same in PostgreSQL, in memory and after a rebuild."""

from collections import defaultdict
from datetime import timedelta
from random import Random
from typing import Any
from uuid import uuid4

import pytest
import report_oracle
from asking import projecting
from duty_oracle import london_day
from histories import log
from long_investigations import history_of, lives
from proceedings_samples import of_the_proceedings
from read_tables import faults, tables
from report_oracle import Expected
from report_samples import of_the_report
from report_scenario import happened
from report_streams import came_in, tell

from adapters.postgres import projecting as running
from adapters.security.policy import TomlPolicy
from adapters.system import System, now
from application.ports import Actor
from domain.case.correction import CorrectedFacts, FactCorrected
from domain.case.duties import MissEscalated
from domain.event import Event, RecordedEvent, Role
from domain.misconduct import clocks, passed_on, state, walls
from domain.misconduct.allegations import AllegationMade
from domain.misconduct.duties import ReportDeadlineMissed
from domain.misconduct.intake import SERVICE, ReportReceived
from domain.misconduct.passed_on import as_told, shown_state
from domain.misconduct.passing import ForceUnit, ReportPassed
from domain.misconduct.state import ReportEvent
from domain.misconduct.subjects import SubjectNoted
from domain.rules import rule_book
from domain.values import instant
from projections.projection import Keyed, Replica
from projections.report_duties import report_duties
from projections.report_misses import report_misses
from projections.report_register import report_register

ALL: tuple[Keyed[Any], ...] = (report_register, report_duties, report_misses)
FIRST = (ReportReceived, SubjectNoted)
COUNTED = ("acknowledgement", "investigation_update", "delay_statement")


def one_of_each() -> list[Event]:
    found = (*of_the_report("Text.", "person-00c0ffee"), *of_the_proceedings("Text."))
    return [event for event in found if isinstance(event, ReportEvent) and not isinstance(event, FIRST)]


def write_reports(system: System, count: int, seed: int = 7) -> set[str]:
    """Reports of which anything may have happened in any order, and long investigations as they were; their ids."""
    draw, events = Random(seed), one_of_each()
    for number in range(count):
        at = now() - timedelta(days=draw.randrange(30, 1500))
        told: list[Any] = [(came_in(categories=("sexual_purpose",)), at), (SubjectNoted(subject=2), at)]
        for event in draw.sample(events, draw.randrange(12)):
            at += timedelta(hours=draw.randrange(1, 40))
            told.append((event, at))
        role = Role.ACU_INVESTIGATOR if number % 6 == 0 else Role.PSD_INVESTIGATOR
        tell(system, *told, force="kent" if number % 3 == 0 else SERVICE, role=role)
    histories = (history_of(life).entries for life in lives(count))
    return {tell(system, *(happened(entry.event, str(entry.at)) for entry in entries)) for entries in histories}


def projected(system: System, page: int = 5000) -> None:
    for projection in ALL:
        with projecting(system, projection) as projector:
            while projector.step(page).events:
                pass
            projector.promote()


def by_stream(system: System) -> dict[str, list[RecordedEvent]]:
    found: dict[str, list[RecordedEvent]] = defaultdict(list)
    for entry in log(system):
        if entry.stream.startswith("report-"):
            found[entry.stream].append(entry)
    return found


def must_be_as_the_oracle_has_it(system: System, investigations: set[str]) -> int:
    rows, duties = tables(system, report_register)[0], tables(system, report_duties)[0].values()
    streams, found = by_stream(system), 0
    assert rows.keys() == streams.keys()
    for stream, entries in streams.items():
        expected = report_oracle.registered(entries)
        assert {name: getattr(rows[stream], name) for name in expected} == expected, stream
        kinds = COUNTED if stream in investigations else COUNTED[:1]
        kept = sorted(
            Expected(row.kind, london_day(row.due), "met" if row.met_at else "lifted" if row.lifted else "open")
            for row in duties
            if row.report_id == stream and row.kind in kinds
        )
        assert kept == report_oracle.owed(entries, kinds), stream
        found += len(kept)
    return found


def must_tell_what_was_passed_on(system: System) -> int:
    """What a row tells those it was passed to is what they read in its history; how many rows tell them less."""
    rows, less = tables(system, report_register)[0], 0
    for stream, entries in by_stream(system).items():
        row, told = rows[stream], as_told(entries, lambda so_far: False)
        seen = shown_state(state.replay([each.entry for each in told if each.withheld is not None]), told)
        intake, standing = seen.intake, [each for each in seen.allegations if not each.withdrawn]
        assert row.told_channel == intake.channel, stream
        assert row.told_anonymity == intake.anonymity, stream
        assert (row.told_about_force, row.told_received_at) == (intake.about_force, intake.received), stream
        assert row.told_categories == intake.categories, stream
        assert row.told_allegation_categories == tuple(sorted({each.category for each in standing})), stream
        assert (row.told_allegations, row.told_subjects) == (len(standing), len(seen.subjects)), stream
        assert row.told_identified == sum(each.kind is not None for each in seen.subjects), stream
        less += (row.told_channel, row.told_subjects) != (row.channel, row.subjects)
    return less


def passed_around(system: System, count: int, seed: int = 3) -> None:
    """Reports that forces passed to each other, each time with some fields, and in which things were told between."""
    draw, fields = Random(seed), sorted(rule_book().misconduct.passed_fields - {"reporter"})
    for number in range(count):
        told: list[Any] = [came_in(categories=("sexual_purpose",), about_force="kent"), SubjectNoted(subject=1)]
        for step in range(draw.randrange(2, 5)):
            force, unit = draw.choice(("kent", "essex")), ForceUnit.CCU if draw.random() < 0.1 else ForceUnit.PSD
            what = tuple(name for name in fields if draw.random() < 0.7)
            told += [ReportPassed(force=force, unit=unit, fields=what), SubjectNoted(subject=step + 2)]
            told += [AllegationMade(allegation=step + 1, category="A", subjects=(1,))]
        tell(system, *told, force="kent" if number % 2 else SERVICE)


def must_tell_the_holder_what_it_kept(system: System) -> int:
    """What a row tells those who deal with it where it is now is what they read in its history; how many have more."""
    rows, more = tables(system, report_register)[0], 0
    for stream, entries in by_stream(system).items():
        row = rows[stream]
        if row.held_by in (None, row.opened_by) or not row.privy:
            continue  # where it came in, they read the whole; of corruption, the unit reads more than a row tells
        reader = Actor("psd-9", frozenset({Role.PSD_INVESTIGATOR}), row.held_by, None)
        told = as_told(entries, lambda so_far, who=reader: TomlPolicy().sees(who, so_far))
        seen = shown_state(state.replay([each.entry for each in told if each.withheld is not None]), told)
        assert (row.holder_categories, row.holder_about_force) == (seen.intake.categories, seen.intake.about_force)
        assert (row.holder_subjects, row.holder_received_at) == (len(seen.subjects), seen.intake.received), stream
        assert row.holder_allegations == sum(not each.withdrawn for each in seen.allegations), stream
        more += (row.holder_subjects, row.holder_categories) != (row.told_subjects, row.told_categories)
    return more


def test_the_rows_tell_the_force_that_has_it_what_it_kept(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    write_reports(system, 10)
    passed_around(system, 60)
    projected(system)
    assert must_tell_the_holder_what_it_kept(system) > 10
    monkeypatch.setattr(passed_on, "_cuts", lambda entries, privy: [None] * len(entries))
    with pytest.raises(AssertionError):
        must_tell_the_holder_what_it_kept(system)


def test_the_rows_tell_those_they_were_passed_to_what_was_passed(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_reports(system, 40)
    everything(system)
    projected(system)
    assert must_tell_what_was_passed_on(system) > 3
    monkeypatch.setattr(passed_on, "_cuts", lambda entries, privy: [None] * len(entries))
    with pytest.raises(AssertionError):
        must_tell_what_was_passed_on(system)


def test_the_rows_are_as_an_oracle_of_loops_has_them(system: System) -> None:
    investigations = write_reports(system, 60)
    projected(system)
    assert must_be_as_the_oracle_has_it(system, investigations) > 800
    corrupt = [row for row in tables(system, report_register)[0].values() if row.corruption]
    assert 5 < len(corrupt) < 60


@pytest.mark.parametrize(
    ("where", "name", "wrong"),
    [
        (walls, "unit_key", lambda force, unit: unit),
        (walls, "_is_corruption", lambda report: report.passing.unit is ForceUnit.CCU),
        (clocks, "AHEAD", timedelta(days=800)),
    ],
)
def test_the_oracle_catches(
    system: System, monkeypatch: pytest.MonkeyPatch, where: Any, name: str, wrong: object
) -> None:
    investigations = write_reports(system, 30)
    monkeypatch.setattr(where, name, wrong)
    projected(system)
    with pytest.raises(AssertionError):
        must_be_as_the_oracle_has_it(system, investigations)


def everything(system: System) -> None:
    """Some reports, one that was corrected, and two misses, one of them brought to somebody."""
    write_reports(system, 3)
    stream = tell(system, came_in(), ReportPassed(force="kent", unit=ForceUnit.CCU, fields=("summary",)))
    first = system.store.load(stream)[0]
    facts = CorrectedFacts(received_at=instant(now() - timedelta(days=3)))
    tell(system, FactCorrected(corrects=first.event_id, facts=facts), stream=stream, after=2)
    for told in ((), (MissEscalated(to=Role.APPROPRIATE_AUTHORITY),)):
        miss = ReportDeadlineMissed(
            report=stream,
            duty="referral",
            about="a",
            opened_by=uuid4(),
            due=instant(now()),
            clock="referral-2020-02-01",
        )  # type: ignore[arg-type]
        tell(system, miss, *told, stream=f"owed-{uuid4().hex}")


def must_agree(system: System, page: int) -> None:
    projected(system, page)
    for projection in ALL:
        replica: Replica[Any] = Replica(projection)
        replica.follow(log(system))
        assert tables(system, projection)[0] == replica.rows, projection.name
        assert not faults(system, projection)


@pytest.mark.parametrize("page", [3, 5000])
def test_postgresql_and_memory_agree(system: System, page: int) -> None:
    everything(system)
    must_agree(system, page)
    misses = tables(system, report_misses)[0].values()
    assert sorted(row.escalated_to or "" for row in misses) == ["", "appropriate_authority"]


@pytest.mark.parametrize("projection", [report_register, report_duties])
def test_a_rebuild_agrees(system: System, projection: Any) -> None:
    everything(system)
    projected(system)
    with projecting(system, projection) as projector:
        assert running.rebuild_and_compare(system.conninfo("candour_projector"), projector).agrees


@pytest.mark.parametrize("projection", [report_register, report_duties])
def test_an_interpreter_that_forgets_is_noticed(
    system: System, monkeypatch: pytest.MonkeyPatch, projection: Any
) -> None:
    """Negative control: one that replays the log and leaves rows out differs from one that follows it."""
    everything(system)
    monkeypatch.setattr(projection, "rows_of", lambda entries: {})
    with pytest.raises(AssertionError):
        must_agree(system, 5000)
