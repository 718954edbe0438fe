"""Whether a mapping makes sense: what its streams are, what is numbered in them, who acted."""

from collections.abc import Iterator

from adapters.importers.table.acting import READ
from adapters.importers.table.mapping import EventRules, Mapping, Term
from adapters.importers.table.meaning import EVENTS, EVENTS_OF, Leaf, leaf_of
from adapters.importers.table.places import Path
from adapters.importers.table.values import clean
from domain.aggregate import AGGREGATES

Fault = tuple[Path, str]


def aggregate_of(event: str) -> str:
    """The aggregate that an event belongs to."""
    return next(name for name, events in EVENTS_OF.items() if event in events)


def stream_faults(mapping: Mapping) -> Iterator[Fault]:
    """What is wrong with the streams, with what is numbered in them, and with who acted."""
    names = [name for name, events in EVENTS_OF.items() if events]
    if mapping.aggregate not in names:
        yield ("aggregate",), f"there is no aggregate “{mapping.aggregate}”; the streams can be {', '.join(names)}"
        return
    if mapping.aggregate == "case":
        for key in ("stream", "stream_key"):
            if getattr(mapping, key):
                instead = key.replace("stream", "case")
                yield (key,), f"the streams of this mapping are cases; write `{instead}` in place of `{key}`"
    elif mapping.case:
        yield ("case",), f"the streams of this mapping are {AGGREGATES[mapping.aggregate].plural}; write `stream`"
    if mapping.series is not None and mapping.by_stream:
        yield ("series",), "a series is of cases that each row speaks of by itself"
    for number, event in enumerate(mapping.event):
        yield from _event_faults(mapping, number, event)
    for name in mapping.numbered:
        if not any(_gives(event, name) for event in mapping.event if event.name in EVENTS):
            yield (
                ("numbered", name),
                f'no event gives the numbers: one with `each = "{name}"` and a field that is {{ number = "{name}" }}',
            )


def term_faults(mapping: Mapping, path: Path, name: str, leaf: Leaf, term: Term) -> Iterator[Fault]:
    """What is wrong with a field that is a number, or text as the source has it."""
    if term.number is not None and term.number not in mapping.numbered:
        known = ", ".join(mapping.numbered) or "nothing yet"
        yield path, f"“{term.number}” is not numbered in this mapping; [numbered] has {known}"
    elif term.number is not None and int not in getattr(leaf.type, "__args__", (leaf.type,)):
        yield path, f"“{name}” holds no number"
    elif term.printed is not None and leaf.is_moment:
        yield path, f"“{name}” is a time, and is read as one; name the column alone"


def _gives(event: EventRules, name: str) -> bool:
    """Whether the event is stated once for each, with its number in a field of its own."""
    kind = EVENTS[event.name]
    numbers = (path for path, term in event.fields.items() if term.number == name)
    return event.each == name and any(
        (leaf := leaf_of(kind, path)) is not None and leaf.field == path for path in numbers
    )


def _event_faults(mapping: Mapping, number: int, event: EventRules) -> Iterator[Fault]:
    at: Path = ("event", number)
    if event.each is not None and event.each not in mapping.numbered:
        yield (*at, "each"), f"“{event.each}” is not numbered in this mapping"
    if not isinstance(event.at, str) and event.at.of not in EVENTS_OF[mapping.aggregate]:
        yield (*at, "at"), f"a {mapping.aggregate} has no event “{event.at.of}” that could have a time"
    if (event.by is None) != (event.role is None) or (event.unit is not None and event.by is None):
        key = "by" if event.by is not None else "role" if event.role is not None else "unit"
        yield (*at, key), "who acted is known by `by` and `role` together; the unit is said beside them"
        return
    for key, read in READ.items():
        term: Term | None = getattr(event, key)
        if term is None:
            continue
        if (term.column is None) == (term.constant is None):
            yield (*at, key), f"“{key}” is either a column or a constant"
            continue
        given = [((*at, key), term.constant)] if term.column is None else list(_translations(mapping, term.column))
        for path, value in given:
            try:
                read(value)
            except ValueError as error:
                yield path, f"“{value}” {error}" if key != "role" else f"“{value}”: {error}"


def _translations(mapping: Mapping, column: str) -> Iterator[tuple[Path, object]]:
    """What the values of a column stand for, and where that is said."""
    wanted = clean(column).casefold()
    for name, rules in mapping.columns.items():
        if clean(name).casefold() == wanted:
            for text, value in (rules.values or {}).items():
                yield ("columns", name, "values", text), value
