"""Which kind of file of a series a file is, told by its header, and the mapping of that kind alone."""

from typing import NamedTuple

from adapters.importers.reading import ImportFailed
from adapters.importers.table.mapping import KindRules, Mapping, Series
from adapters.importers.table.mapping_file import MappingFile
from adapters.importers.table.reading import Table
from adapters.importers.table.sense import must_fit
from adapters.importers.table.values import clean

FEW = 3
"""A header that has fewer columns of a series is that of another file."""


class Kind(NamedTuple):
    """The kind of a file, with the series that it is of."""

    name: str
    rules: KindRules
    series: Series


def fitted(file: MappingFile, table: Table) -> Mapping:
    """The mapping as it holds for that table; raises `ImportFailed` where the two do not fit."""
    mapping = file.mapping
    if mapping.series is not None:
        mapping = _of_kind(mapping, _told_by_header(mapping.series, mapping.source, table))
    must_fit(file, mapping, table)
    return mapping


def kind_of(mapping: Mapping) -> Kind | None:
    """The one kind that a fitted mapping is of; None where there is no series."""
    if mapping.series is None:
        return None
    ((name, rules),) = mapping.series.kinds.items()
    return Kind(name, rules, mapping.series)


def _of_kind(mapping: Mapping, name: str) -> Mapping:
    assert mapping.series is not None
    rules = mapping.series.kinds[name]
    there = {clean(column).casefold() for column in rules.columns}
    return mapping.model_copy(
        update={
            "series": mapping.series.model_copy(update={"kinds": {name: rules}}),
            "event": tuple(event for event in mapping.event if event.kind in (None, name)),
            "columns": {column: each for column, each in mapping.columns.items() if clean(column).casefold() in there},
        }
    )


def _told_by_header(series: Series, source: str, table: Table) -> str:
    name, kinds = f"{table.path.name}, line 1", series.kinds
    if max(sum(table.has(column) for column in rules.columns) for rules in kinds.values()) < FEW:
        begins = ",".join(table.columns)[:60]
        names = " or ".join(kinds)
        raise ImportFailed(f"{name}: this is not the header of a {names} file of {source} (it begins {begins!r})")
    found = [kind for kind, rules in kinds.items() if any(table.has(column) for column in rules.known_by)]
    if not found:
        columns = " or ".join(f"“{rules.known_by[0]}” ({kind})" for kind, rules in kinds.items())
        raise ImportFailed(f"{name}: the column {columns} is missing; get the file again")
    kind = found[0]
    if missing := [column for column in kinds[kind].columns if not table.has(column)]:
        columns = " and ".join(f"“{column}”" for column in missing)
        raise ImportFailed(f"{name}: the column {columns} of a {kind} file is missing; get the file again")
    if len(found) > 1:
        raise ImportFailed(f"{name}: it has columns of a {found[0]} and of a {found[1]} file; get the file again")
    return kind
