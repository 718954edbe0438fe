"""Gathering: all rows of a file that speak of one stream, so that they can be looked at together."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from adapters.importers.partner import Share
from adapters.importers.quarantine import Quarantine
from adapters.importers.table.grouping import settled
from adapters.importers.table.histories import Identity, Interpreter, Rejected, Row
from adapters.importers.table.numbering import Numbering
from adapters.importers.table.reading import Table
from adapters.importers.table.releases import Group
from adapters.importers.table.running import ROWS_AT_A_TIME, Survey
from adapters.importers.table.telling import Statement
from adapters.importers.table.values import Unreadable

Text = tuple[list[str], str]
OTHERWISE = "several rows of this file speak of one {name}, and they differ"


@dataclass(slots=True)
class StreamRows:
    """The rows of one stream that testify: `groups` by key, in the order of their keys, and their text by line."""

    stream: str
    force: str
    key: str
    groups: list[Group]
    texts: dict[int, Text] = field(default_factory=dict[int, Text])

    @property
    def rows(self) -> list[Row]:
        """All of them, each counted once."""
        return [row for group in self.groups for row in group.rows]


class Gathering:
    """One pass over the rows of a share. `owners` are those that spoke; `nameless` counts rows that name no things."""

    def __init__(self, table: Table, interpreter: Interpreter, survey: Survey, apart: Quarantine, share: Share) -> None:
        self._table, self._interpreter, self._survey, self._apart = table, interpreter, survey, apart
        self._share, self._numbering = share, Numbering(interpreter.mapping)
        self._last_wins = interpreter.mapping.duplicates.last_by is not None
        self.owners = set[str]()
        self.nameless = 0

    def streams(self) -> Iterator[StreamRows]:
        """The rows of each stream, as soon as the last one was read."""
        waiting: dict[tuple[str, str], tuple[list[tuple[Identity, Row | Rejected]], dict[int, Text]]] = {}
        several = self._survey.streams
        for line in self._table.lines():
            number, cells, text, reason = line
            identity = None
            if cells is not None:
                try:
                    identity = self._interpreter.identity(cells)
                except Unreadable as unreadable:
                    reason = str(unreadable)
            if not self._share.has(identity.case if identity is not None else None):
                continue
            if cells is None or identity is None:
                self._apart.add(number, reason, cells, text)
                continue
            row = self._interpreter.read_as(number, cells, identity)
            self._spoke(identity, row, cells)
            if isinstance(row, Rejected):
                self._apart.add(number, row.reason, cells, text)
            whose = (identity.force, identity.case)
            rows, texts = waiting.setdefault(whose, ([], {}))
            rows.append((identity, row))
            texts[number] = (cells, text)
            if len(rows) > several[whose]:
                del waiting[whose]
                yield self._together(rows, texts)
        for rows, texts in waiting.values():
            yield self._together(rows, texts)

    def gone(self, streams: Iterable[tuple[str, str, str]]) -> Iterator[Group]:
        """Those that spoke in earlier releases and not in this one. Each stream comes with its force and their name."""
        for stream, force, owner in streams:
            if owner not in self.owners:
                self.owners.add(owner)
                yield Group(stream, force, owner, (), None)

    def _spoke(self, identity: Identity, row: Row | Rejected, cells: Sequence[str]) -> None:
        self.owners.add(self._interpreter.owner(identity))
        try:
            names = row.names if isinstance(row, Row) else self._interpreter.names(cells)
        except Unreadable:
            self.nameless += 1
            return
        self.owners.update(
            self._numbering.owner(identity.case, name, text)
            for name, text in zip(self._numbering.names, names, strict=True)
        )

    def _together(self, rows: list[tuple[Identity, Row | Rejected]], texts: dict[int, Text]) -> StreamRows:
        by_key: dict[str, list[Row | Rejected]] = {}
        for identity, row in rows:
            by_key.setdefault(identity.key, []).append(row)
        groups: list[Group] = []
        for _, found in sorted(by_key.items(), key=lambda one: natural(one[0])):
            alone = found[0]
            if len(found) == 1 and isinstance(alone, Row):
                groups.append(Group(alone.stream, alone.force, alone.key, (alone,), alone))
            elif len(found) > 1:
                group, aside = settled(found, last_wins=self._last_wins)
                for row, reason in aside:
                    self._apart.add(row.line, reason, *texts[row.line])
                groups += [group] if group is not None else []
        identity, row = rows[0]
        return StreamRows(row.stream, identity.force, identity.case, self._agreeing(groups, texts), texts)

    def _agreeing(self, groups: list[Group], texts: dict[int, Text]) -> list[Group]:
        """Without the rows that say different things of one of those that are numbered."""
        numbering = self._numbering
        for place, name in enumerate(numbering.names):
            said: dict[tuple[str, str], Statement] = {}
            differ: set[str] = set()
            for row in (group.row for group in groups if group.row is not None):
                for one in row.statements:
                    if numbering.each.get(one.label) == name:
                        thing = row.names[place]
                        if said.setdefault((thing, one.label), one) != one:
                            differ.add(thing)
            aside = [group for group in groups if group.row is not None and group.row.names[place] in differ]
            for row in (row for group in aside for row in group.rows):
                self._apart.add(row.line, OTHERWISE.format(name=name), *texts[row.line])
            groups = [group for group in groups if group not in aside]
        return groups


def in_portions(streams: Iterable[StreamRows]) -> Iterator[list[StreamRows]]:
    """So many streams that they hold a thousand rows or so."""
    chunk: list[StreamRows] = []
    held = 0
    for rows in streams:
        chunk.append(rows)
        held += len(rows.texts)
        if held >= ROWS_AT_A_TIME:
            yield chunk
            chunk, held = [], 0
    if chunk:
        yield chunk


def natural(key: str) -> list[tuple[int, str]]:
    """Orders keys as people do: 9 before 10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"([0-9]+)", key)]
