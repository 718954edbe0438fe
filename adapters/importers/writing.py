"""Writing: matches groups of rows with their streams and appends what follows, in chunks that hold the lock briefly."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from adapters.importers.matching import Group, Matcher, Plan
from adapters.importers.reading import ImportFailed
from application.ports import Append, Appended, EventStore

MOST_EVENTS = 1000
ATTEMPTS = 5


@dataclass(slots=True)
class Tally:
    """What became of the rows so far."""

    applied: int = 0
    known: int = 0
    corrected: int = 0
    withdrawn: int = 0
    appended: int = 0

    def add(self, group: Group, plan: Plan) -> None:
        """Count one group whose plan is in the log."""
        self.applied += plan.applied
        self.known += len(group.rows) - plan.applied
        self.corrected += plan.corrected
        self.withdrawn += plan.withdrawn
        self.appended += plan.appended


class Writer:
    """Takes groups of different streams; one worker writes while the caller reads on. Leaving it waits for the worker.

    With `dry_run` it matches and counts, and appends nothing.
    """

    def __init__(self, store: EventStore, matcher: Matcher, *, dry_run: bool) -> None:
        self.tally = Tally()
        self._store, self._matcher, self._dry_run = store, matcher, dry_run
        self._pool = ThreadPoolExecutor(1, "import")
        self._busy: Future[None] | None = None

    def put(self, groups: Sequence[Group]) -> None:
        """Hand over groups, at most one stream each. Raises what went wrong with those before."""
        self.wait()
        self._busy = self._pool.submit(self._write, groups)

    def wait(self) -> None:
        """Until everything handed over is in the log."""
        busy, self._busy = self._busy, None
        if busy is not None:
            busy.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _write(self, groups: Sequence[Group]) -> None:
        """A group whose stream was written to by someone else meanwhile is matched again."""
        for _ in range(ATTEMPTS):
            known = self._store.load_many([group.stream for group in groups])
            planned: list[tuple[Group, Plan, Append | None]] = []
            for group in groups:
                entries = known.get(group.stream, [])
                plan = self._matcher.plan(group, entries)
                version = entries[-1].version if entries else 0
                append = Append(group.stream, version, group.force, tuple(plan.events)) if plan.events else None
                planned.append((group, plan, append))
            lost = set[str]() if self._dry_run else self._append(append for _, _, append in planned if append)
            for group, plan, _ in planned:
                if group.stream not in lost:
                    self.tally.add(group, plan)
            groups = [group for group in groups if group.stream in lost]
            if not groups:
                return
        raise ImportFailed(
            f"{groups[0].stream} is being written to all the time; import the file again, it goes on where it stopped"
        )

    def _append(self, appends: Iterable[Append]) -> set[str]:
        """The streams that were not at the expected version."""
        lost: set[str] = set()
        for chunk in _chunks(appends):
            for item, result in zip(chunk, self._store.append_many(chunk), strict=True):
                if not isinstance(result, Appended):
                    lost.add(item.stream)
        return lost


def _chunks(appends: Iterable[Append]) -> Iterator[list[Append]]:
    chunk: list[Append] = []
    events = 0
    for item in appends:
        if chunk and events + len(item.events) > MOST_EVENTS:
            yield chunk
            chunk, events = [], 0
        chunk.append(item)
        events += len(item.events)
    if chunk:
        yield chunk
