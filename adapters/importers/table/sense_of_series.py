"""Whether what a mapping says of a series makes sense."""

from collections.abc import Iterator
from typing import NamedTuple

from adapters.importers.table.mapping import EventRules, Mapping, Series
from adapters.importers.table.places import Path
from adapters.importers.table.values import clean
from domain.case.outcome import OutcomeAssigned
from domain.case.recording import IncidentRegistered
from domain.case.testimony import CrimeRecordEvidenced
from domain.event import Event

ACTING = ("by", "role", "unit", "each")
PUBLISHED: tuple[type[Event], ...] = (CrimeRecordEvidenced, IncidentRegistered, OutcomeAssigned)
"""What a publication can show: facts that amount to the same in whatever order its files arrive, and name nobody."""


class Fault(NamedTuple):
    """What is wrong, and where it stands."""

    path: Path
    message: str


def series_faults(mapping: Mapping) -> Iterator[Fault]:
    """What is wrong with it; the columns and fields themselves are looked at elsewhere."""
    series = mapping.series
    if series is None:
        for number, event in enumerate(mapping.event):
            for key in ("kind", "apart", "provisional"):
                if getattr(event, key) is not None:
                    yield Fault(("event", number, key), f"“{key}” is for the files of a [series]")
        return
    if not series.kinds:
        yield Fault(("series",), "a series has kinds of files: [series.kinds.NAME]")
    for key, said in (("case", mapping.case), ("duplicates", mapping.duplicates.last_by)):
        if said:
            yield Fault((key,), "a series orders the rows of a case by their rank; leave this out")
    for number, event in enumerate(mapping.event):
        yield from _event_faults(series, number, event)
    for name in series.kinds:
        yield from _kind_faults(mapping, series, name)


def _event_faults(series: Series, number: int, event: EventRules) -> Iterator[Fault]:
    at: Path = ("event", number)
    names = [kind.__name__ for kind in PUBLISHED]
    if event.name not in names:
        yield Fault((*at, "name"), f"a series can state {', '.join(names)}; import {event.name} from a table")
    if event.kind is not None and event.kind not in series.kinds:
        yield Fault((*at, "kind"), f"there is no kind “{event.kind}” in the series; it has {', '.join(series.kinds)}")
    if not isinstance(event.at, str) or clean(event.at).casefold() != clean(series.period).casefold():
        yield Fault((*at, "at"), f"in a series, an event has the time of its period: “{series.period}”")
    for key in ACTING:
        if getattr(event, key) is not None:
            yield Fault((*at, key), "a series does not say who acted; leave this out")
    if event.provisional is not None and event.provisional.field not in event.fields:
        yield Fault((*at, "provisional"), f"“{event.provisional.field}” is not among the fields")
    if event.apart is None and event.when is not None and not event.when.others:
        yield Fault((*at, "when"), "in a series, an event of some rows only is about a case `apart`, or of all others")


def _kind_faults(mapping: Mapping, series: Series, name: str) -> Iterator[Fault]:
    at: Path = ("series", "kinds", name)
    rules = series.kinds[name]
    there = {clean(column).casefold() for column in rules.columns}
    stated = [(number, event) for number, event in enumerate(mapping.event) if event.kind in (None, name)]
    if not any(event.apart is None for _, event in stated):
        yield Fault(at, f"no [[event]] says what files of the kind “{name}” state")
    needed: list[tuple[Path, str]] = [(("series", "period"), series.period)]
    needed += [(("key", number), column) for number, column in enumerate(mapping.key)]
    if mapping.force.column is not None:
        needed.append((("force",), mapping.force.column))
    for number, event in stated:
        if event.when is not None:
            needed.append((("event", number, "when", "column"), event.when.column))
        for field, term in event.fields.items():
            if column := term.column or term.printed:
                needed.append((("event", number, "fields", field), column))
    needed += [((*at, "known_by", number), column) for number, column in enumerate(rules.known_by)]
    for path, column in needed:
        if clean(column).casefold() not in there:
            yield Fault(path, f"there is no “{column}” among the `columns` of the kind “{name}”")
