"""Editions of a series: a file of one kind, force and period takes the place of the former one as a whole."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from adapters.importers.batch import PAGE, Batch, ranges
from adapters.importers.partner import Share
from adapters.importers.quarantine import Quarantine
from adapters.importers.reading import ImportFailed
from adapters.importers.table.histories import Identity, Rejected, Row
from adapters.importers.table.publishing import BETWEEN, NAMELESS, SeriesReader
from adapters.importers.table.ranking import Group
from adapters.importers.table.reading import Table
from adapters.importers.table.running import Survey
from adapters.importers.table.values import Unreadable
from application.ports import EventStore
from domain.import_batch import Slice


@dataclass(slots=True)
class Edition:
    """One pass over the rows of a share, in groups by stream. `seen` are the streams that they mention."""

    table: Table
    reader: SeriesReader
    survey: Survey
    apart: Quarantine
    share: Share
    whole: tuple[str, ...]
    """The parts that the file is the whole of."""
    seen: set[str] = field(default_factory=set[str])

    def groups(self) -> Iterator[Group]:
        """All rows for one stream together."""
        returns, share, reader, whole = self.survey.returns, self.share, self.reader, self.whole
        held: dict[Identity, list[Row | Rejected]] = {}
        for number, cells, text, reason in self.table.lines():
            identity = None
            if cells is not None:
                try:
                    identity = reader.identity(cells)
                except Unreadable as unreadable:
                    reason = str(unreadable)
            if share.of > 1 and not share.has(_hand(identity, cells)):
                continue
            if cells is None or identity is None:
                row = Rejected(number, reason)
            else:
                row = reader.read_as(number, cells, identity)
            if isinstance(row, Rejected):
                self.apart.add(number, row.reason, cells, text)
            if row.stream:
                self.seen.add(row.stream)
            if identity is not None and identity in returns:
                together = held.setdefault(identity, [])
                together.append(row)
                if len(together) > returns[identity]:
                    yield from self._grouped(held.pop(identity))
            elif isinstance(row, Row):
                yield Group(row.stream, row.force, (row,), whole)
        for together in held.values():
            yield from self._grouped(together)

    def _grouped(self, rows: list[Row | Rejected]) -> Iterator[Group]:
        by_stream: dict[str, list[Row]] = {}
        for row in rows:
            if isinstance(row, Row):
                by_stream.setdefault(row.stream, []).append(row)
        # A row that was set aside may be one that an earlier edition stated; it is not gone.
        whole = () if any(isinstance(row, Rejected) for row in rows) else self.whole
        for stream, group in by_stream.items():
            yield Group(stream, group[0].force, tuple(group), whole)


def part_of(prefix: str, edition: Slice) -> str:
    """What the names of the rows of that edition begin with."""
    return f"{prefix}{edition.kind}/{edition.month}"


def streams_of_earlier_editions(
    store: EventStore, earlier: Iterable[Batch], edition: Slice, prefix: str
) -> Iterator[str]:
    """The streams that earlier batches wrote to for the same kind, force and period. A stream may come twice."""
    key = f"{part_of(prefix, edition)}/"
    concerned = (batch for batch in earlier if batch.result is None or edition in batch.result.covers)
    upto = 0
    for first, last in ranges(concerned, store.head().position):
        after = max(first - 1, upto)
        while page := store.read_log(after, PAGE, upto=last, force=edition.force):
            for entry in page:
                if entry.source is not None and entry.source.key.startswith(key):
                    yield entry.stream
            after = page[-1].position
        upto = max(upto, last)


def gone_groups(streams: Iterable[str], seen: Collection[str], edition: Slice, prefix: str) -> Iterator[Group]:
    """A group without rows for each stream that the file no longer mentions."""
    met: set[str] = set()
    for stream in streams:
        if stream not in seen and stream not in met:
            met.add(stream)
            yield Group(stream, edition.force, (), (part_of(prefix, edition),))


def refuse_if_overtaken(batch: Batch, others: Iterable[Batch], covers: Iterable[Slice], name: str) -> None:
    """An interrupted import does not go on once a later edition of the same part is in."""
    for other in others:
        later = batch.started is not None and other.finished is not None and other.finished > batch.started
        if later and other.result is not None and (both := set(other.result.covers) & set(covers)):
            part = sorted(both, key=str)[0]
            raise ImportFailed(
                f"the import of {name} was interrupted, and {other.id} has imported another {part.kind} file of "
                f"{part.force}, {part.month} since; nothing was changed"
            )


def _hand(identity: Identity | None, cells: list[str] | None) -> str | None:
    """What says in whose hands a row is: equal rows without a key are numbered, so they must be in the same."""
    if identity is not None and identity.key != NAMELESS:
        return identity.key
    return BETWEEN.join(cells) if cells is not None else None
