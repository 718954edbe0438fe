"""Whether a mapping makes sense: alone, and together with the columns of a file. The first fault is raised."""

import codecs
from collections.abc import Iterator
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from adapters.importers.table.acting import READ
from adapters.importers.table.cells import fault_of
from adapters.importers.table.histories import forces_of
from adapters.importers.table.ids import CASE
from adapters.importers.table.mapping import EventRules, Mapping, Term, Value
from adapters.importers.table.mapping_file import MappingFile
from adapters.importers.table.meaning import EVENTS, EVENTS_OF, incomplete, leaf_of, leaves, required_of, value_of
from adapters.importers.table.moments import format_pattern
from adapters.importers.table.places import Path
from adapters.importers.table.reading import Table
from adapters.importers.table.sense_of_series import series_faults
from adapters.importers.table.sense_of_streams import aggregate_of, stream_faults, term_faults
from adapters.importers.table.values import clean
from domain.event import Event
from domain.import_batch import Coverage

Fault = tuple[Path, str]


def must_make_sense(file: MappingFile) -> None:
    """Raises `ImportFailed` with line and column."""
    for path, message in faults(file.mapping):
        raise file.failed(path, message)


def must_fit(file: MappingFile, mapping: Mapping, table: Table) -> None:
    """Raises `ImportFailed` with line and column where the mapping names a column that the file does not have."""
    for path, column in unmatched(mapping, table):
        near = get_close_matches(column, [name for name in table.columns if name], 1)
        hint = f"; did you mean “{near[0]}”?" if near else f"; it has {', '.join(filter(None, table.columns))[:200]}"
        raise file.failed(path, f"{table.path.name} has no column “{column}”{hint}")


def unmatched(mapping: Mapping, table: Table) -> Iterator[tuple[Path, str]]:
    """The columns that the mapping names and the file does not have, with where it names them."""
    for path, column in columns_named(mapping):
        if table.place(column) is None:
            yield path, column


def columns_named(mapping: Mapping) -> Iterator[tuple[Path, str]]:
    """Every column that the mapping names, with the place."""
    for number, column in enumerate(mapping.key):
        yield ("key", number), column
    for number, column in enumerate(mapping.streams):
        yield ("case" if mapping.case else "stream", number), column
    for name, rule in mapping.numbered.items():
        for number, column in enumerate(rule.by):
            yield ("numbered", name, "by", number), column
    if mapping.force.column is not None:
        yield ("force",), mapping.force.column
    if mapping.duplicates.last_by is not None:
        yield ("duplicates", "last_by"), mapping.duplicates.last_by
    for number, event in enumerate(mapping.event):
        if isinstance(event.at, str):
            yield ("event", number, "at"), event.at
        for name in READ:
            term: Term | None = getattr(event, name)
            if term is not None and term.column is not None:
                yield ("event", number, name), term.column
        if event.when is not None:
            yield ("event", number, "when", "column"), event.when.column
        for name, term in event.fields.items():
            if (column := term.column or term.printed) is not None:
                yield ("event", number, "fields", name), column
    for column in mapping.columns:
        yield ("columns", column), column


def faults(mapping: Mapping) -> Iterator[Fault]:
    """What is wrong with the mapping, with where it stands."""
    yield from stream_faults(mapping)
    yield from _file_faults(mapping)
    yield from _time_faults(mapping)
    yield from _column_faults(mapping)
    yield from _force_faults(mapping)
    yield from series_faults(mapping)
    known = EVENTS_OF.get(mapping.aggregate, {})
    labels: set[tuple[str | None, str]] = set()
    for number, event in enumerate(mapping.event):
        if event.name not in known:
            near = get_close_matches(event.name, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"a mapping knows {', '.join(known)}"
            if event.name in EVENTS:
                hint = f"it is one of a {aggregate_of(event.name)}, and `aggregate` says {mapping.aggregate}"
            yield ("event", number, "name"), f"there is no event “{event.name}”; {hint}"
            continue
        label = event.label or event.name
        if {(event.kind, label), (None, label)} & labels:
            yield (
                ("event", number),
                f"there are two rules for {label}; give each its own `label`, or keep one of them",
            )
        labels.add((event.kind, label))
        yield from _event_faults(mapping, number, event, EVENTS[event.name])
    if mapping.aggregate != CASE:
        return
    reports = any(event.name == "CrimeReported" for event in mapping.event)
    if mapping.coverage is Coverage.FULL and not reports:
        yield ("coverage",), "a source of full coverage shows when a crime was reported; map CrimeReported"
    if mapping.coverage is Coverage.RECORDED_ONLY and reports:
        yield ("coverage",), "a source that shows recorded crimes only cannot state CrimeReported"


def _file_faults(mapping: Mapping) -> Iterator[Fault]:
    try:
        if not codecs.lookup(mapping.file.encoding)._is_text_encoding:  # pyright: ignore[reportPrivateUsage]
            raise LookupError
    except (LookupError, ValueError):
        yield ("file", "encoding"), f"there is no encoding “{mapping.file.encoding}”"
    if mapping.file.delimiter in ('"', "\r", "\n"):
        yield ("file", "delimiter"), "a quotation mark or a line end cannot be the delimiter"


def _time_faults(mapping: Mapping) -> Iterator[Fault]:
    try:
        ZoneInfo(mapping.time.zone)
    except (KeyError, ValueError, OSError):
        yield ("time", "zone"), f"there is no time zone “{mapping.time.zone}”; write one such as Europe/London"
    rules: list[tuple[Path, tuple[str, ...]]] = [(("time", "formats"), mapping.time.formats)]
    rules += [(("columns", name, "formats"), rule.formats) for name, rule in mapping.columns.items() if rule.formats]
    for path, formats in rules:
        for number, text in enumerate(formats):
            try:
                format_pattern(text)
            except ValueError as error:
                yield (*path, number), f"“{text}” is not a format of a time: {error}"


def _column_faults(mapping: Mapping) -> Iterator[Fault]:
    seen: dict[str, str] = {}
    for name, rules in mapping.columns.items():
        other = seen.setdefault(clean(name).casefold(), name)
        if other != name:
            yield ("columns", name), f"there are two rules for one column: “{other}” and “{name}”"
        if (fault := fault_of(rules)) is not None:
            yield ("columns", name, fault[0]), fault[1]
        said: dict[str, Value] = {}
        for text, value in (rules.values or {}).items():
            if said.setdefault(clean(text).casefold(), value) != value:
                yield ("columns", name, "values", text), f"“{text}” is translated twice, and differently"


def _force_faults(mapping: Mapping) -> Iterator[Fault]:
    forces = forces_of(mapping)
    if (mapping.force.column is None) == (mapping.force.constant is None):
        yield ("force",), "the force is either a column or a constant"
    elif mapping.force.column is None and mapping.force.constant not in forces:
        yield ("force",), f"there is no force “{mapping.force.constant}”; write one such as kent"
    elif mapping.force.column is not None:
        for text, value in _values(mapping, mapping.force.column):
            if value not in forces:
                yield ("columns", mapping.force.column, "values", text), f"there is no force “{value}”"


def _event_faults(mapping: Mapping, number: int, event: EventRules, kind: type[Event]) -> Iterator[Fault]:
    at: Path = ("event", number)
    sound = True
    if event.when is not None and bool(event.when.values) == bool(event.when.others):
        yield (*at, "when"), "says in which rows: either those where the column `is` one of these, or `not`"
    for name, term in event.fields.items():
        path = (*at, "fields", name)
        leaf = leaf_of(kind, name)
        if leaf is None:
            sound = False
            yield path, f"{event.name} has no field “{name}” that a mapping can fill; {_possible(kind, name)}"
        elif sum(given is not None for given in (term.column, term.constant, term.printed, term.number)) != 1:
            yield path, f"“{name}” is either a column or a constant"
        elif term.printed is not None or term.number is not None:
            yield from term_faults(mapping, path, name, leaf, term)
        elif term.only is not None and (term.column is None or "." in name or name in required_of(kind)):
            yield path, f"`only` is for a column of a field that need not be stated, and has no parts: “{name}”"
        elif term.only is not None:
            for text, value in term.only.items():
                yield from _value_fault((*path, "only", text), kind, name, value)
        elif term.constant is not None:
            yield from _value_fault(path, kind, name, term.constant)
        elif not leaf.is_moment:
            for text, value in _values(mapping, term.column or ""):
                if not _took_place(event, term.column or "", text, value):
                    continue
                yield from _value_fault(("columns", _written(mapping, term), "values", text), kind, name, value)
    for name in required_of(kind):
        if name not in event.fields:
            yield at, f"{event.name} needs “{name}” in its fields"
    if sound:
        for name, lacking in incomplete(kind, event.fields):
            yield (*at, "fields", name), f"“{name}” says nothing without “{lacking}”"


def _took_place(event: EventRules, column: str, text: str, value: Value) -> bool:
    """Whether the event is stated in a row where this stands in the column, which may decide that it is not."""
    when = event.when
    if when is None or clean(when.column).casefold() != clean(column).casefold():
        return True
    named = {clean(each).casefold() for each in when.values or when.others}
    return (clean(text).casefold() in named or str(value).casefold() in named) is bool(when.values)


def _possible(kind: type[Event], name: str) -> str:
    """What can be written instead."""
    known = leaves(kind)
    if not known:
        return "it has none, only its time"
    near = [path for path in known if path.startswith(f"{name}.")] or get_close_matches(name, known, 1)
    if near:
        return f"did you mean {' or '.join(near)}?"
    return f"{', '.join(known)} are"


def _value_fault(path: Path, kind: type[Event], name: str, value: Value) -> Iterator[Fault]:
    try:
        value_of(kind, name, value)
    except ValueError as error:
        yield path, f"“{value}”: {error}"


def _values(mapping: Mapping, column: str) -> list[tuple[str, Value]]:
    wanted = clean(column).casefold()
    found = (rules for name, rules in mapping.columns.items() if clean(name).casefold() == wanted)
    return [pair for rules in found for pair in (rules.values or {}).items()]


def _written(mapping: Mapping, term: Term) -> str:
    wanted = clean(term.column or "").casefold()
    return next(name for name in mapping.columns if clean(name).casefold() == wanted)
