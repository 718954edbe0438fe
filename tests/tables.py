"""A table of a made-up force's reports and its mapping, for the tests of the import door for tables."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters.importers.table.importing import TableResult, import_table
from adapters.importers.table.meaning import leaves, value_of
from adapters.system import System
from domain.case.state import Case, replay
from domain.event import Event, RecordedEvent

TODAY = datetime(2024, 6, 1, 12, tzinfo=UTC)

MAPPING = """
source = "northshire"
coverage = "full"
key = "Crime No"
force = { constant = "kent" }

[file]
nulls = ["N/A", "NULL"]

[time]
zone = "Europe/London"
formats = ["%d/%m/%Y %H:%M", "%d/%m/%Y"]
fold = "earlier"

[columns."How"]
values = { Phone = "control_room", Web = "online", "Front desk" = "front_counter" }

[columns."Outcome"]
values = { Charged = 1, "Suspect not identified" = 14 }

[[event]]
name = "CrimeReported"
at = "Received"
fields = { route = "How", reporter_role = { constant = "victim" }, alleged = "Offence" }

[[event]]
name = "IncidentRegistered"
at = "Logged"
fields = { incident = "Log No" }

[[event]]
name = "CrimeRecorded"
at = "Recorded"
fields = { offence = "Offence", crime_reference = "Crime No" }

[[event]]
name = "OutcomeAssigned"
at = "Closed"
fields = { outcome = "Outcome" }
"""

COLUMNS = ("Crime No", "Received", "How", "Offence", "Logged", "Log No", "Recorded", "Closed", "Outcome")

PLAIN: dict[str, str] = {
    "Crime No": "NS/1",
    "Received": "01/03/2024 09:14",
    "How": "Phone",
    "Offence": "8N",
    "Logged": "",
    "Log No": "",
    "Recorded": "02/03/2024 08:00",
    "Closed": "",
    "Outcome": "",
}


def row(number: int | str = 1, **changes: str) -> dict[str, str]:
    """A row; changes are named with underscores for spaces."""
    return PLAIN | {"Crime No": f"NS/{number}"} | {name.replace("_", " "): value for name, value in changes.items()}


def csv_text(rows: Iterable[Mapping[str, str]], columns: Sequence[str] = COLUMNS, end: str = "\r\n") -> str:
    """The rows as plain CSV without quotes."""
    lines = [",".join(columns), *(",".join(one.get(name, "") for name in columns) for one in rows)]
    return "".join(line + end for line in lines)


class Desk:
    """A folder, a system and a mapping: `desk.take(text)` imports one more release."""

    def __init__(self, folder: Path, system: System, mapping: str = MAPPING) -> None:
        self.folder, self.system = folder, system
        self.mapping = folder / "mapping.toml"
        self.mapping.write_text(mapping)
        self._number = 0

    def file(self, content: str | bytes, suffix: str = "csv") -> Path:
        self._number += 1
        path = self.folder / f"release-{self._number}.{suffix}"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def take(
        self, content: str | bytes | Path, suffix: str = "csv", mapping: str | None = None, **options: Any
    ) -> TableResult:
        path = content if isinstance(content, Path) else self.file(content, suffix)
        if mapping is not None:
            self.mapping.write_text(mapping)
        result = import_table(self.system.store, path, self.mapping, clock=lambda: TODAY, **options)
        adds_up(result)
        return result

    def history(self) -> dict[str, list[RecordedEvent]]:
        found: dict[str, list[RecordedEvent]] = {}
        for entry in self.system.store.read_category("case-"):
            found.setdefault(entry.stream, []).append(entry)
        return found

    def only(self) -> list[RecordedEvent]:
        (entries,) = self.history().values()
        return entries

    def case(self) -> Case:
        return replay(self.only())

    def names(self) -> list[str]:
        return [type(entry.event).__name__ for entry in self.only()]


def adds_up(result: TableResult) -> None:
    account = result.account
    assert account.rows_read == account.rows_applied + account.rows_already_known + account.rows_quarantined
    assert sum(result.reasons.values()) == account.rows_quarantined
    assert account.rows_corrected <= account.rows_applied


def counts(result: TableResult) -> tuple[int, ...]:
    """Read, applied, known, quarantined, corrected, withdrawn, events."""
    return tuple(result.account.model_dump().values())


SOME_CASE = "case-00000000-0000-5000-8000-000000000001"
TRIED = ("2024-03-02", "8N", "essex", "C4", "1", "a", "A", "yes", SOME_CASE, "Note 7")


def example(kind: type[Event], path: str) -> str:
    """A text that the field can have."""
    for text in (*_words(leaves(kind)[path].type), *TRIED):
        try:
            value_of(kind, path, text)
        except ValueError:
            continue
        return text
    raise AssertionError(f"no example for {kind.__name__}.{path}; add one")


def _words(type_: Any) -> list[str]:
    kinds = (type_, *getattr(type_, "__args__", ()))
    return [str(member.value) for each in kinds for member in getattr(each, "__members__", {}).values()]


def table(*rows: dict[str, str], delimiter: str = ",") -> str:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    lines = [columns, *([row.get(name, "") for name in columns] for row in rows)]
    return "".join(delimiter.join(f'"{cell}"' for cell in line) + "\n" for line in lines)
