"""Rows whose streams are taken for new, without a look at the log, come out as if it had been looked at."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tables import MAPPING, Desk, counts, csv_text, row

from adapters.importers.table import running
from adapters.importers.writing import Writer
from adapters.system import System

WHOLE = MAPPING.replace('key = "Crime No"', 'key = "Crime No"\nmissing = "withdrawn"')


def told(system: System) -> list[tuple[Any, ...]]:
    """What stands in the log about cases, but for ids, positions and times of writing."""
    return sorted(
        (entry.stream, entry.version, type(entry.event).__name__, str(entry.at), entry.source, entry.broken)
        for entry in system.store.read_category("case-")
    )


def releases(desk: Desk) -> list[tuple[int, ...]]:
    late = "05/03/2024 08:00"
    first = [row(n) for n in range(20)]
    second = [row(n) for n in range(50, 70)] + [row(n, Recorded=late if n % 2 else "") for n in range(5, 20)]
    others = [row(n) for n in range(80, 90)]
    return [
        counts(desk.take(csv_text(rows), mapping=mapping))
        for rows, mapping in ((first, MAPPING), (second, MAPPING), (second, WHOLE), (others, WHOLE), (first, WHOLE))
    ]


@pytest.fixture
def both(tmp_path: Path, new_system: Callable[[], System], monkeypatch: pytest.MonkeyPatch) -> "list[Any]":
    """What comes of the same releases in one chunk, and in chunks of three; and how often rows were taken for new."""
    taken = 0
    real = Writer._plan_as_new

    def counted(writer: Any, groups: Any) -> Any:
        nonlocal taken
        taken += 1
        return real(writer, groups)

    monkeypatch.setattr(Writer, "_plan_as_new", counted)
    found: list[Any] = []
    for size in (1000, 3):
        monkeypatch.setattr(running, "ROWS_AT_A_TIME", size)
        folder = tmp_path / str(size)
        folder.mkdir()
        desk = Desk(folder, new_system())
        found.append((releases(desk), told(desk.system)))
        found.append(taken)
    return found


def test_it_makes_no_difference(both: "list[Any]") -> None:
    whole, _, parts, in_parts = both
    assert whole == parts
    assert in_parts > 10
    assert parts[0][2][5] > 0
    assert parts[0][3][5] > 0


@pytest.fixture
def careless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Writer, "_plan_as_new", lambda writer, groups: writer._plan_after({}, groups))


@pytest.mark.usefixtures("careless")
def test_a_writer_that_trusts_a_plan_without_events_is_noticed(desk: Desk) -> None:
    assert releases(desk)[3][5] == 0, "keys that are gone are taken for keys that never were"
