"""Batches: which files were imported before, how one begins and ends, and which rows it should find again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import uuid4

from adapters.importers.matching import ACTOR, Group
from adapters.importers.reading import ImportFailed, SourceFile
from application.ports import Append, Clock, Conflict, EventStore, NewEvent, NewId
from domain.event import Event, Purpose, Role
from domain.import_batch import Account, Coverage, ImportFinished, ImportStarted, Slice
from domain.values import instant

PAGE = 5000
PREFIX = "import-"
EVERY_FORCE = "*"


@dataclass(slots=True)
class Batch:
    """One file read once. Positions are those of its two events; None while it has not come so far."""

    stream: str
    version: int = 0
    started: int | None = None
    finished: int | None = None
    result: ImportFinished | None = None
    source: str = ""

    @property
    def id(self) -> str:
        """The id that its events name: the beginning of its stream's id."""
        return self.stream[: len(PREFIX) + 16]


def stream_of(digest: str) -> str:
    """The stream of the batch that imports these bytes."""
    return f"{PREFIX}{digest}"


def batches(store: EventStore) -> dict[str, Batch]:
    """All batches by their stream, in the order in which they began."""
    found: dict[str, Batch] = {}
    for entry in store.read_category(PREFIX):
        batch = found.setdefault(entry.stream, Batch(entry.stream))
        batch.version = entry.version
        if isinstance(entry.event, ImportStarted):
            batch.started, batch.source = entry.position, entry.event.source
        elif isinstance(entry.event, ImportFinished):
            batch.finished, batch.result = entry.position, entry.event
    return found


def start(store: EventStore, batch: Batch, source: SourceFile, clock: Clock, new_id: NewId) -> None:
    """Write that the import began, unless it did before."""
    if batch.started is None:
        event = ImportStarted(
            source="police-uk", file=source.path.name, digest=source.digest, coverage=Coverage.RECORDED_ONLY
        )
        write(store, batch, event, clock, new_id)


def finish(
    store: EventStore,
    batch: Batch,
    source: SourceFile,
    covers: Iterable[Slice],
    account: Account,
    reasons: dict[str, int],
    clock: Clock,
    new_id: NewId = uuid4,
) -> None:
    """Write that the import is complete, with its account."""
    event = ImportFinished(digest=source.digest, covers=tuple(covers), account=account, quarantined=reasons)
    write(store, batch, event, clock, new_id)


def write(store: EventStore, batch: Batch, event: Event, clock: Clock, new_id: NewId, actor: str = ACTOR) -> None:
    """Append an event of the batch itself. `ImportFailed` if another process imports the same."""
    new = NewEvent(new_id(), event, instant(clock()), actor, Role.IMPORTER, Purpose.IMPORT)
    try:
        batch.version = store.append(Append(batch.stream, batch.version, EVERY_FORCE, (new,))).version
    except Conflict as conflict:
        raise ImportFailed(
            "the same file is being imported by another process; wait until it has finished"
        ) from conflict


def refuse_if_overtaken(batch: Batch, others: Iterable[Batch], covers: Iterable[Slice], name: str) -> None:
    """An interrupted import does not go on once a later release of the same month is in."""
    for other in others:
        later = batch.started is not None and other.finished is not None and other.finished > batch.started
        if later and other.result is not None and (both := set(other.result.covers) & set(covers)):
            part = sorted(both, key=str)[0]
            raise ImportFailed(
                f"the import of {name} was interrupted, and {other.id} has imported another {part.kind} file of "
                f"{part.force}, {part.month} since; nothing was changed"
            )


def streams_of_earlier_releases(store: EventStore, earlier: Iterable[Batch], part: Slice) -> Iterator[str]:
    """The streams that earlier batches wrote to for the same kind, force and month. A stream may come twice."""
    key = f"{part.kind}/{part.month}/"
    seen_upto = 0
    for first, last in _ranges(earlier, part, store.head().position):
        after = max(first - 1, seen_upto)
        while page := store.read_log(after, PAGE, upto=last, force=part.force):
            for entry in page:
                if entry.source is not None and entry.source.key.startswith(key):
                    yield entry.stream
            after = page[-1].position
        seen_upto = max(seen_upto, last)


def _ranges(earlier: Iterable[Batch], part: Slice, head: int) -> list[tuple[int, int]]:
    """Where in the log they are; a batch that was interrupted may have covered anything."""
    return sorted(
        (batch.started, batch.finished or head)
        for batch in earlier
        if batch.started is not None and (batch.result is None or part in batch.result.covers)
    )


def gone_groups(streams: Iterable[str], seen: set[str], part: Slice) -> Iterator[Group]:
    """A group without rows for each stream that the file no longer mentions."""
    met: set[str] = set()
    for stream in streams:
        if stream not in seen and stream not in met:
            met.add(stream)
            yield Group(stream, part.force, (), (f"{part.kind}/{part.month}",))
