"""What a mapping makes of a file, before anything is written: what does not fit, and what would come of it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from adapters.importers.reading import Progress
from adapters.importers.table.explaining import history_of
from adapters.importers.table.histories import Interpreter, Rejected, Row
from adapters.importers.table.kinds import fitted
from adapters.importers.table.mapping_file import MappingFile
from adapters.importers.table.numbering import Numbering
from adapters.importers.table.publishing import reader_of
from adapters.importers.table.reading import Table
from adapters.importers.table.sense import columns_named, must_make_sense, unmatched
from adapters.importers.table.values import clean, excerpt

SAMPLES = 3
LINES_NAMED = 5
MOST_VALUES = 50


@dataclass(slots=True)
class Check:
    """What was found. `fits` is False if the file lacks a column; nothing else is looked at then.

    `reasons` gives the rows that would be set aside, `lines` the first lines of each; `untranslated` counts values.
    """

    file: str
    source: str
    fits: bool
    missing_columns: list[str] = field(default_factory=list[str])
    unused_columns: list[str] = field(default_factory=list[str])
    rows: int = 0
    repeated_headers: int = 0
    repeated_keys: int = 0
    events: dict[str, int] = field(default_factory=dict[str, int])
    reasons: dict[str, int] = field(default_factory=dict[str, int])
    lines: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    untranslated: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])
    blanks: dict[str, int] = field(default_factory=dict[str, int])
    ambiguous_times: int = 0
    samples: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


def check_table(
    path: Path, mapping_path: Path, *, now: datetime, progress: Progress, sample: Callable[[Row], bool] = lambda _: True
) -> Check:
    """Read the whole file as the mapping says. Raises `ImportFailed` if either cannot be read at all."""
    file = MappingFile(mapping_path)
    must_make_sense(file)
    with Table(path, file.mapping.file, progress) as table:
        mapping = fitted(file, table) if file.mapping.series is not None else file.mapping
        lacking = [f"{column} ({file.path.name}, {file.place(place)})" for place, column in unmatched(mapping, table)]
        named = {clean(column).casefold() for _, column in columns_named(mapping)}
        unused = [name for name in table.columns if name and name.casefold() not in named]
        found = Check(path.name, file.mapping.source, not lacking, list(dict.fromkeys(lacking)), unused)
        if found.fits:
            _read(found, table, reader_of(mapping, table, now), sample)
        return found


def _read(found: Check, table: Table, interpreter: Interpreter, sample: Callable[[Row], bool]) -> None:
    reasons: Counter[str] = Counter()
    events: Counter[str] = Counter()
    blanks: Counter[str] = Counter()
    keys: Counter[str] = Counter()
    numbering = Numbering(interpreter.mapping)
    for line in table.lines():
        found.rows += 1
        row = interpreter.read(line.number, line.cells) if line.cells else Rejected(line.number, line.reason)
        if isinstance(row, Rejected):
            reasons[row.reason] += 1
            if len(lines := found.lines.setdefault(row.reason, [])) < LINES_NAMED:
                lines.append(line.number)
        else:
            keys[row.key] += 1
            events.update(statement.label for statement in row.statements)
            if len(found.samples) < SAMPLES and sample(row):
                found.samples.append(history_of(row, numbering))
        for column in interpreter.columns.values():
            if line.cells is not None and not line.cells[column.place].strip():
                blanks[column.name] += 1
    found.events, found.reasons, found.blanks = dict(events), dict(reasons.most_common()), dict(blanks)
    found.ambiguous_times = sum(count for reason, count in reasons.items() if "ambiguous" in reason)
    found.repeated_headers = table.repeated_headers
    found.repeated_keys = sum(times > 1 for times in keys.values())
    found.untranslated = {
        column.name: {excerpt(text): count for text, count in column.untranslated.most_common(MOST_VALUES)}
        for column in interpreter.columns.values()
        if column.untranslated
    }
