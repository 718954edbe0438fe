"""Batches: which files were imported before, and where in the log they wrote."""

from collections.abc import Iterable
from dataclasses import dataclass

from adapters.importers.reading import ImportFailed
from application.ports import Append, Clock, Conflict, EventStore, NewEvent, NewId
from domain.event import Event, Purpose, Role
from domain.import_batch import ImportFinished, ImportStarted
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


def write(store: EventStore, batch: Batch, event: Event, clock: Clock, new_id: NewId, actor: str) -> None:
    """Append an event of the batch itself. `ImportFailed` if another process imports the same."""
    new = NewEvent(new_id(), event, instant(clock()), actor, Role.IMPORTER, Purpose.IMPORT)
    try:
        batch.version = store.append(Append(batch.stream, batch.version, EVERY_FORCE, (new,))).version
    except Conflict as conflict:
        raise ImportFailed(
            "the same file is being imported by another process; wait until it has finished"
        ) from conflict


def ranges(earlier: Iterable[Batch], head: int) -> list[tuple[int, int]]:
    """Where in the log these batches wrote; one that was interrupted may have written to the end."""
    return sorted((batch.started, batch.finished or head) for batch in earlier if batch.started is not None)
