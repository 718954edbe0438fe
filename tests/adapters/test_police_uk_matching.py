"""One stream of a series, without a database: whatever editions came before, the last one of each part stands."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from itertools import permutations
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from police_uk_month import OUTCOMES_HEADER, STREET_HEADER, crime_id, outcome, street

from adapters.importers import planning
from adapters.importers.naming import crime_stream
from adapters.importers.planning import Plan
from adapters.importers.shipped import shipped
from adapters.importers.table import ranking
from adapters.importers.table.histories import Interpreter, Row
from adapters.importers.table.kinds import fitted
from adapters.importers.table.mapping import Mapping
from adapters.importers.table.mapping_file import MappingFile
from adapters.importers.table.publishing import reader_of
from adapters.importers.table.ranking import Group, RankedPlanner
from adapters.importers.table.reading import Table
from domain.case.correction import FactCorrected
from domain.case.state import replay
from domain.case.testimony import SourceRowWithdrawn
from domain.event import RecordedEvent

CRIME = crime_id(1)
STREAM = crime_stream("kent", CRIME)
JAN, FEB = "2024-01", "2024-02"
A, B, C = ("Burglary", "Under investigation"), ("Burglary", "Local resolution"), ("Robbery", "Local resolution")

STREET, OUTCOMES = "street", "outcomes"
HEADERS = {STREET: STREET_HEADER, OUTCOMES: OUTCOMES_HEADER}
TODAY = datetime(2024, 6, 1, tzinfo=UTC)

Release = tuple[str, str, tuple[str, ...]]


@cache
def opened(kind: str) -> tuple[Mapping, Interpreter]:
    """The mapping that ships, as it holds for such a file, and what reads its rows: all have keys, none is numbered."""
    file = MappingFile(shipped("police-uk"))
    table = Table(Path("rows.csv"), file.mapping.file, spool=(BytesIO(HEADERS[kind].encode()), "0" * 64))
    mapping = fitted(file, table)
    return mapping, reader_of(mapping, table, TODAY)


class Stream:
    """One stream, as the log would hold it after the releases that were read so far."""

    def __init__(self) -> None:
        self.entries: list[RecordedEvent] = []
        self.batches = 0

    def read(self, release: Release) -> Plan:
        kind, month, lines = release
        self.batches += 1
        mapping, reader = opened(kind)
        rows = tuple(reader.read(number, line.split(",")) for number, line in enumerate(lines, start=2))
        assert all(isinstance(row, Row) for row in rows)
        group = Group(STREAM, "kent", rows, (f"{kind}/{month}",))  # type: ignore[arg-type]
        plan = RankedPlanner(f"import-{self.batches}", mapping, uuid4).plan(group, self.entries)
        for new in plan.events:
            version = len(self.entries) + 1
            written = datetime(2024, 6, 1, tzinfo=UTC)
            envelope = (STREAM, version, version, written, new.event_id, "kent", new.at, new.actor, new.role)
            self.entries.append(RecordedEvent(*envelope, new.purpose, new.event, source=new.source))
        return plan

    def state(self) -> tuple[object, ...]:
        case = replay(self.entries)
        return case.recording, case.outcome, case.evidence


def after(*releases: Release) -> Stream:
    stream = Stream()
    for release in releases:
        stream.read(release)
    return stream


def streets(month: str, *rows: tuple[str, str]) -> Release:
    return STREET, month, tuple(street(CRIME, 1, *row, month=month) for row in rows)


def outcomes(month: str, *categories: str) -> Release:
    return OUTCOMES, month, tuple(outcome(CRIME, 1, category, month=month) for category in categories)


def kinds(plan: Plan) -> list[str]:
    return [type(new.event).__name__ for new in plan.events]


lines = {
    (kind, month): [make(month, *row) for row in rows]
    for month in (JAN, FEB)
    for kind, rows, make in (
        (
            STREET,
            [(kind, last, point) for kind, last in (A, B, C) for point in (1, None)],
            lambda month, kind, last, point: street(CRIME, point, kind, last, month),
        ),
        (
            OUTCOMES,
            [("Suspect charged", 1), ("Local resolution", 2), ("Unable to prosecute suspect", None)],
            lambda month, category, point: outcome(CRIME, point, category, month),
        ),
    )
}
parts = st.sampled_from(list(lines))
releases = parts.flatmap(
    lambda part: st.lists(st.sampled_from(lines[part]), max_size=4).map(lambda rows: (*part, tuple(rows)))
)
histories = st.lists(releases, max_size=7)


def last_of_each(history: Sequence[Release]) -> list[Release]:
    return list({(kind, month): (kind, month, rows) for kind, month, rows in history}.values())


def agrees_with_the_last_releases(history: Sequence[Release], order: Callable[[list[Release]], list[Release]]) -> None:
    assert after(*history).state() == after(*order(last_of_each(history))).state()


@given(histories, st.randoms(use_true_random=False))
@settings(max_examples=600)
def test_the_last_release_of_each_part_stands_whatever_was_read_before_and_in_whatever_order(history, draw) -> None:
    agrees_with_the_last_releases(history, lambda found: draw.sample(found, len(found)))


@given(histories, st.randoms(use_true_random=False))
@settings(max_examples=300)
def test_a_release_read_again_with_its_lines_in_another_order_adds_nothing(history, draw) -> None:
    stream = after(*history)
    for kind, month, rows in last_of_each(history):
        assert stream.read((kind, month, tuple(draw.sample(rows, len(rows))))).events == []


@given(histories)
@settings(max_examples=300)
def test_every_row_is_applied_or_known(history: list[Release]) -> None:
    stream = Stream()
    for release in history:
        plan = stream.read(release)
        speaking = {new.source.row for new in plan.events if new.source is not None} - {planning.NO_ROW}
        corrections = {n.source.row for n in plan.events if n.source and isinstance(n.event, FactCorrected)}
        assert plan.applied == len(speaking) <= len(release[2])
        assert plan.corrected == len(corrections - {planning.NO_ROW})
        gone = [n for n in plan.events if isinstance(n.event, SourceRowWithdrawn)]
        assert plan.withdrawn == sum(n.source is not None and n.source.content != ranking.ANEW for n in gone)


def test_without_restating_the_order_of_files_would_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    releases = [streets(JAN, B), streets(FEB, A)]
    states = {after(*order).state() for order in permutations(releases)}
    assert len(states) == 1
    monkeypatch.setattr(RankedPlanner, "_rank", lambda *_: ("", True, ""))
    assert len({after(*order).state() for order in permutations(releases)}) == 2


def test_without_looking_at_what_stands_every_release_would_add(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = after(streets(JAN, A, B))
    assert stream.read(streets(JAN, B, A)).events == []
    monkeypatch.setattr(ranking, "_unknown", lambda rows, left: list(rows))
    assert stream.read(streets(JAN, B, A)).events != []


def test_a_correction_names_only_what_changed() -> None:
    stream = after(streets(JAN, A))
    plan = stream.read(streets(JAN, B))
    (new,) = plan.events
    assert isinstance(new.event, FactCorrected)
    assert new.event.corrects == stream.entries[0].event_id
    assert new.event.facts.model_dump() == {"last_outcome": "Local resolution"}
    assert (plan.applied, plan.corrected, plan.withdrawn) == (1, 1, 0)
    assert stream.state() == after(streets(JAN, B)).state()


def test_a_fact_can_be_corrected_to_nothing() -> None:
    stream = after((STREET, JAN, (street(CRIME, 1, "Drugs", "Local resolution", JAN),)))
    stream.read((STREET, JAN, (street(CRIME, None, "Drugs", "", JAN),)))
    case = replay(stream.entries)
    assert (case.evidence.place, case.evidence.last_outcome, case.evidence.category) == (None, None, "Drugs")


def test_of_two_contents_in_one_file_what_is_no_longer_pending_stands_in_either_order() -> None:
    for rows in permutations([A, B]):
        stream = Stream()
        plan = stream.read(streets(JAN, *rows))
        assert kinds(plan) == ["CrimeRecordEvidenced", "FactCorrected"]
        assert (plan.applied, plan.corrected) == (2, 1)
        assert replay(stream.entries).evidence.last_outcome == "Local resolution"


@pytest.mark.parametrize("stays", [A, B])
def test_one_of_two_contents_goes_and_the_other_stands(stays: tuple[str, str]) -> None:
    stream = after(streets(JAN, A, B))
    plan = stream.read(streets(JAN, stays))
    assert plan.withdrawn == 1
    assert stream.state() == after(streets(JAN, stays)).state()
    assert stream.read(streets(JAN, stays)).events == []
    assert stream.read(streets(JAN)).withdrawn == 1
    assert stream.state() == Stream().state()


def test_a_row_that_goes_takes_all_its_facts_along_and_returns_as_new() -> None:
    stream = after(outcomes(JAN, "Suspect charged"))
    (gone,) = stream.read(outcomes(JAN)).events
    assert isinstance(gone.event, SourceRowWithdrawn)
    assert set(gone.event.withdraws) == {entry.event_id for entry in stream.entries[:2]}
    assert gone.source is not None
    assert gone.source.row == planning.NO_ROW
    assert stream.state() == Stream().state()
    assert kinds(stream.read(outcomes(JAN, "Suspect charged"))) == ["CrimeRecordEvidenced", "OutcomeAssigned"]
    assert stream.state() == after(outcomes(JAN, "Suspect charged")).state()


def test_an_outcome_of_another_month_is_another_outcome_and_of_the_same_month_a_correction() -> None:
    stream = after(outcomes(JAN, "Suspect charged"))
    assert kinds(stream.read(outcomes(FEB, "Local resolution"))) == ["CrimeRecordEvidenced", "OutcomeAssigned"]
    plan = stream.read(outcomes(FEB, "Unable to prosecute suspect"))
    assert [new.event.facts.model_dump() for new in plan.events if isinstance(new.event, FactCorrected)] == [
        {"outcome": None, "category": "Unable to prosecute suspect"}
    ]
    case = replay(stream.entries)
    assert (case.outcome.type, case.outcome.category) == (None, "Unable to prosecute suspect")


def test_a_crime_listed_again_in_a_later_month_is_corrected_and_falls_back_when_that_row_goes() -> None:
    stream = after(streets(JAN, A))
    plan = stream.read(streets(FEB, B))
    assert (kinds(plan), plan.corrected) == (["FactCorrected"], 1)
    assert str(replay(stream.entries).evidence.recorded) == FEB
    stream.read(streets(FEB))
    assert stream.state() == after(streets(JAN, A)).state()


def test_what_a_case_worker_corrected_is_left_alone() -> None:
    stream = after(streets(JAN, A))
    first = stream.entries[0]
    by_hand = FactCorrected.model_validate({"corrects": first.event_id, "facts": {"category": "Robbery"}})
    stream.entries.append(first._replace(version=2, event_id=uuid4(), event=by_hand, source=None))
    assert stream.read(streets(JAN, A)).events == []
    stream.read(streets(JAN, B))
    evidence = replay(stream.entries).evidence
    assert (evidence.category, evidence.last_outcome) == ("Robbery", "Local resolution")
