"""Records for COPY: what is shared with the version before is as if made anew; values as PostgreSQL reads them."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import psycopg
import pytest
from histories import Told, histories, recorded
from hypothesis import given, settings
from psycopg.pq import Format

from adapters.postgres import records
from adapters.postgres.binary import ENCODERS
from adapters.postgres.read_model import ReadModel
from adapters.postgres.records import ReadsMore, Records
from projections.case_facts import CaseFacts, case_facts
from projections.projection import Derived, Projection

VALUES: list[tuple[str, Any]] = [
    ("text", ""),
    ("text", "naïve ☂"),
    ("int8", 0),
    ("int8", -(2**63)),
    ("float8", 1.5),
    ("bool", True),
    ("bool", False),
    ("date", date(1999, 12, 31)),
    ("date", date(9998, 1, 1)),
    ("timestamptz", datetime(1999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
    ("timestamptz", datetime(2024, 6, 1, 12, tzinfo=timezone(timedelta(hours=1)))),
]


@pytest.mark.parametrize(("kind", "value"), VALUES)
def test_values_are_written_as_the_driver_writes_them(kind: str, value: Any) -> None:
    oid = psycopg.adapters.types[kind].oid
    dumper: Any = psycopg.adapters.get_dumper_by_oid(oid, Format.BINARY)
    data = bytes(dumper(type(value), None).dump(value))
    assert ENCODERS[kind](value) == len(data).to_bytes(4) + data


@settings(max_examples=40)
@given(histories())
def test_a_record_made_from_the_one_before_is_that_of_the_row(told: list[Told]) -> None:
    model = ReadModel(case_facts)
    made = Records(model)
    streams: dict[str, list[Any]] = {}
    for entry in recorded(told):
        streams.setdefault(entry.stream, []).append(entry)
    for history in streams.values():
        before: CaseFacts | None = None
        record: list[bytes] = []
        for version in case_facts.versions(history):
            if version.row is not None:
                whole = made.first(version.row)
                record = whole if before is None else made.after(before, record, version.row)
                assert record == whole
            before = version.row


def _status(row: CaseFacts) -> str:
    return row.status


def _fourth(row: CaseFacts) -> str:
    return row[3]


def test_a_column_that_reads_what_its_code_does_not_show_stops_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    row, after = CaseFacts("case-1", "kent", "full"), CaseFacts("case-1", "kent", "full", "recorded")

    def made(of: Callable[[Any], object]) -> Records:
        projection = Projection("hidden", row=CaseFacts, version=1, opens=lambda _: None)
        projection.derived.append(Derived("column", str, 1, of))
        return Records(ReadModel(projection))

    monkeypatch.setattr(records, "CHECKED", 1)
    honest, hiding = made(_status), made(_fourth)
    honest.after(row, honest.first(row), after)
    with pytest.raises(ReadsMore, match="column of case-1"):
        hiding.after(row, hiding.first(row), after)
