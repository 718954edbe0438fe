"""What earlier releases of a source wrote, and the store as an import needs it."""

from collections.abc import Iterator, Sequence

from adapters.importers.batch import PAGE, Batch, ranges
from adapters.importers.table.mapping import Mapping
from adapters.importers.table.meaning import EVENTS, sealed_of
from adapters.importers.table.standing import owner_of
from application.ports import Append, EventStore
from domain.event import RecordedEvent


class Opened:
    """The store with sealed text opened, where the mapping has text that must be compared."""

    def __init__(self, store: EventStore) -> None:
        self._store = store

    def load_many(self, streams: Sequence[str]) -> dict[str, list[RecordedEvent]]:
        """As `EventStore.load_many`, with `reveal`."""
        found = self._store.load_many(streams)
        revealed = iter(self._store.reveal([entry for entries in found.values() for entry in entries]))
        return {stream: [next(revealed) for _ in entries] for stream, entries in found.items()}

    def append_many(self, items: Sequence[Append]) -> Sequence[object]:
        """As `EventStore.append_many`."""
        return self._store.append_many(items)


def has_text(mapping: Mapping) -> bool:
    """Whether the mapping fills a field that is sealed."""
    told = ((EVENTS[event.name], path.partition(".")[0]) for event in mapping.event for path in event.fields)
    return any(name in sealed_of(kind) for kind, name in told)


def streams_of(store: EventStore, earlier: Sequence[Batch], source: str) -> Iterator[tuple[str, str, str]]:
    """The streams that earlier releases wrote to, each with its force and the row's name. One may come twice."""
    prefix, head, upto = f"table:{source}/", store.head().position, 0
    for first, last in ranges(earlier, head):
        after = max(first - 1, upto)
        while page := store.read_log(after, PAGE, upto=last):
            for entry in page:
                if entry.source is not None and entry.source.key.startswith(prefix):
                    yield entry.stream, entry.force, owner_of(entry.source)
            after = page[-1].position
        upto = max(upto, last)
