"""A share of an import, and the second process that takes one: two cores read and judge more rows than one.

Which rows a process takes follows from their keys, so that all rows of a key are in the same hands. The second process
is a plain one, which shares the file that was read once and opens the store for itself; it ends with the first.
"""

import os
import pickle
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import NamedTuple

from adapters.importers.batch import Batch
from adapters.importers.collecting import rare_collections
from adapters.importers.quarantine import Quarantine
from adapters.importers.reading import ImportFailed
from adapters.importers.table.earlier import Opened, has_text, streams_of
from adapters.importers.table.histories import Interpreter
from adapters.importers.table.ids import random_ids
from adapters.importers.table.mapping import Mapping
from adapters.importers.table.reading import Table
from adapters.importers.table.releases import Disagreement, Planner
from adapters.importers.table.running import ALL, Run, Share, Survey
from adapters.importers.table.spooling import Shared
from adapters.importers.writing import Tally, Writer
from adapters.settings import Settings
from application.ports import EventStore, NewId, StoreUnavailable
from domain.import_batch import Coverage

WORTH_IT = 2_000_000
"""Bytes of a file for which it is worth starting another process, which takes about a second."""
FIRST, SECOND = Share(0, 2), Share(1, 2)


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done with a table, whoever does it. `earlier` are the other batches of the source."""

    path: Path
    digest: str
    mapping: Mapping
    now: datetime
    survey: Survey
    batch: str
    earlier: tuple[Batch, ...]
    dry_run: bool
    quarantine: Path | None
    share: Share = ALL


class Done(NamedTuple):
    """What came of a share: the tally, why rows were set aside and where they are, where sources disagree."""

    tally: Tally
    reasons: Counter[str]
    quarantine: Path | None
    disagreements: tuple[Disagreement, ...]
    disagreed: int
    repeated_headers: int


class _Order(NamedTuple):
    """What the second process is given first: how to open the store, and the file."""

    settings: Settings
    file: int
    job: Job


def carry_out(store: EventStore, table: Table, job: Job, new_id: NewId, told: Callable[[int], None]) -> Done:
    """Do a share of the job; `told` hears how many more rows are done."""
    mapping = job.mapping
    planner = Planner(job.batch, mapping.source, mapping.coverage is Coverage.RECORDED_ONLY, new_id)
    opened = Opened(store) if has_text(mapping) else store
    with rare_collections(), Quarantine(None if job.dry_run else job.quarantine, table.columns) as apart:
        writer = Writer(opened, planner, dry_run=job.dry_run)
        run = Run(table, Interpreter(mapping, table, job.now), job.survey, apart, job.share)
        run.write_rows(writer, told)
        if run.can_tell_what_is_gone:
            run.write_gone(writer, streams_of(store, job.earlier, mapping.source))
    return Done(
        writer.tally, apart.reasons, apart.written, tuple(planner.disagreements.values()), planner.disagreed,
        table.repeated_headers,
    )  # fmt: skip


class Partner:
    """The second process, as the first one sees it. It waits for a job."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self._messages: SimpleQueue[int | Done | Exception] = SimpleQueue()
        self._listener = Thread(target=self._listen, name="partner", daemon=True)
        self._done: Done | None = None
        self.rows = 0

    def begin(self, settings: Settings, table: Table, job: Job) -> None:
        """Give it its job."""
        assert self._process.stdin is not None
        try:
            pickle.dump(_Order(settings, table.fileno(), job), self._process.stdin)
            self._process.stdin.flush()
        except OSError as error:
            raise self._ended() from error
        self._listener.start()

    def listen(self) -> None:
        """Hear what it has done so far; raises what stopped it."""
        while not self._messages.empty():
            self._take(self._messages.get())

    def result(self) -> Done:
        """Wait for its end."""
        while self._done is None:
            self._take(self._messages.get())
        return self._done

    def _take(self, message: int | Done | Exception) -> None:
        if isinstance(message, Exception):
            raise message
        if isinstance(message, int):
            self.rows += message
        else:
            self._done = message

    def _listen(self) -> None:
        assert self._process.stdout is not None
        while True:
            try:
                message: int | Done | Exception = pickle.load(self._process.stdout)
            except (EOFError, OSError, ValueError, pickle.UnpicklingError):
                self._messages.put(self._ended())
                return
            self._messages.put(message)

    def _ended(self) -> ImportFailed:
        return ImportFailed(
            f"the second process of the import ended with status {self._process.wait()}; import the file again, "
            "it goes on where it stopped"
        )


@contextmanager
def partner(settings: Settings | None, table: Table) -> Iterator[Partner | None]:
    """A second process where it helps: for a large file, on a machine with several cores, of a store with settings."""
    if settings is None or table.size < WORTH_IT or (os.cpu_count() or 1) < 2:
        yield None
        return
    command = [sys.executable, "-P", "-c", f"from {__name__} import work; work()"]
    pipe, file = subprocess.PIPE, table.fileno()
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, pass_fds=(file,)) as process:
        try:
            yield Partner(process)
        finally:
            process.kill()


def work() -> None:
    """The second process: does its share, tells how far it is, and ends."""
    from adapters.system import open_system  # late: the first process has a system already

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the first process ends this one

    def tell(message: object) -> None:
        pickle.dump(message, sys.stdout.buffer)
        sys.stdout.buffer.flush()  # fails once nobody listens any more: then this ends too

    order: _Order = pickle.load(sys.stdin.buffer)
    job = order.job
    try:
        spool = Shared.opened(order.file), job.digest
        with open_system(order.settings) as system, Table(job.path, job.mapping.file, spool=spool) as table:
            tell(carry_out(system.store, table, job, random_ids().__next__, tell))
    except (ImportFailed, StoreUnavailable) as error:
        tell(error)
