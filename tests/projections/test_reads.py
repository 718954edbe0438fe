"""Which fields a function reads: never fewer than it does, for every column of every metric; what hides is told."""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

import pytest
from histories import Told, histories, recorded
from hypothesis import given, settings

from domain.event import RecordedEvent
from projections import ALL
from projections.case_facts import CaseFacts, case_facts
from projections.metrics.kinds import Share
from projections.reads import fields_read

NAMES = [*CaseFacts.__annotations__]


class Traced:
    """A row that notes what is read of it."""

    def __init__(self, row: Any) -> None:
        self.row, self.read = row, set[str]()

    def __getattr__(self, name: str) -> Any:
        self.read.add(name)
        return getattr(self.row, name)


def hidden(told: Sequence[Told], of: Callable[[Any], object], read: frozenset[str]) -> set[str]:
    """What the function reads of the rows of a history beside what it is taken to read."""
    found = set[str]()
    for history in _streams(recorded(told)).values():
        for version in case_facts.versions(history):
            if version.row is not None:
                row = Traced(version.row)
                of(row)
                found |= row.read - read
    return found


def _streams(entries: Sequence[RecordedEvent]) -> dict[str, list[RecordedEvent]]:
    found: dict[str, list[RecordedEvent]] = {}
    for entry in entries:
        found.setdefault(entry.stream, []).append(entry)
    return found


@settings(max_examples=30)
@given(histories())
def test_no_column_of_a_metric_reads_more_of_a_case_than_its_code_shows(told: list[Told]) -> None:
    for column in case_facts.derived:
        assert not hidden(told, column.of, fields_read(column.of, NAMES)), column.name


@settings(max_examples=30)
@given(histories(least=4))
def test_a_field_left_out_is_noticed_by_that_test(told: list[Told]) -> None:
    column = next(column for column in case_facts.derived if column.name == "recorded_within_24h")
    read = fields_read(column.of, NAMES)
    assert hidden(told, column.of, read - {"status"}) <= {"status"}
    assert hidden(told, column.of, frozenset()) >= {"status"}


def test_no_column_of_a_projection_is_taken_to_read_the_whole_row() -> None:
    for projection in ALL:
        names = [*projection.row.__annotations__]
        for column in projection.derived:
            read = fields_read(column.of, names)
            assert len(read) < len(names), f"{column.name} is worked out again at every change"


def _status(row: Any) -> bool:
    return row.status == "recorded"


TABLE = {"recorded": _status}
BY_NAME = attrgetter("status")


class Row(NamedTuple):
    """A row with a property."""

    key: str
    status: str = ""
    route: str | None = None


def _calls(row: Row) -> bool:
    return _status(row)


def _looks_up(row: Row) -> bool:
    return TABLE["recorded"](row)


def _asks(row: Row) -> object:
    return getattr(row, "route", None)


def _has_within(row: Row) -> object:
    return (lambda: row.route)()


def _takes_apart(row: Row) -> object:
    return row._asdict()["route"]


def _calls_what_is_closed(row: Row) -> object:
    return BY_NAME(row)


@pytest.mark.parametrize(
    ("of", "read"),
    [
        (_status, {"status"}),
        (_calls, {"status"}),
        (_looks_up, {"status"}),
        (_asks, {"route"}),
        (_has_within, {"route"}),
        (_takes_apart, {"key", "status", "route"}),
        (_calls_what_is_closed, {"key", "status", "route"}),
    ],
)
def test_fields_are_found_wherever_the_code_names_them(of: Callable[[Any], object], read: set[str]) -> None:
    assert fields_read(of, Row._fields) >= read


def _no_route(row: CaseFacts) -> bool:
    return row.route is None


def _category(row: CaseFacts) -> str | None:
    return row.category


def test_a_metric_reads_what_the_functions_it_was_declared_with_read() -> None:
    metric = Share(
        name="m",
        question="",
        unit="",
        cohort="received_at",
        source="",
        rule_sets=(),
        of=_status,
        counts=_no_route,
        excluded_because=_category,
    )
    [column] = metric.derived()
    assert fields_read(column.of, NAMES) == {"status", "route", "category", "linked_under"}
