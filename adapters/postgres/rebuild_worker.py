"""The processes of a rebuild: each builds one range of streams after another.

They are plain processes, so that nothing of the program that asks is loaded in them.
"""

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager, suppress
from itertools import groupby
from operator import attrgetter
from queue import SimpleQueue
from typing import IO, Any, NamedTuple

import psycopg
from psycopg import sql

from adapters.eventstore import codec, recorder
from adapters.postgres.digest import Summing, Sums
from adapters.postgres.projector import ProjectionFailed
from adapters.postgres.read_model import ReadModel
from adapters.postgres.records import Block, Record, Records
from domain.event import RecordedEvent
from projections import ALL

BLOCK = 1000  # as many events, and versions, are held at a time; a short log fills it, too


class Task(NamedTuple):
    """A range of streams to build; `table` is the oid of the history table that the rebuild made."""

    projection: str
    build: str
    table: int
    low: str
    high: str
    upto: int


class Part(NamedTuple):
    """What one worker has done: events read, their digest, and their sums by block."""

    events: int
    digest: int
    sums: dict[int, Sums]


class Gone(Exception):
    """The build that a worker was to fill is no longer there."""


def in_parallel(conninfo: str, tasks: list[Task], processes: int) -> Generator[Part]:
    """The parts as they are done; raises `ProjectionFailed`, `UnknownEvent` or psycopg's `OperationalError`."""
    idle: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()

    def build(task: Task) -> Part:
        worker = idle.get()
        assert worker.stdin is not None
        assert worker.stdout is not None
        try:
            _tell(worker.stdin, task)
            answer = pickle.load(worker.stdout)
        except (EOFError, OSError) as error:
            raise ProjectionFailed(f"a process of the rebuild ended with status {worker.wait()}") from error
        finally:
            idle.put(worker)
        if isinstance(answer, Exception):
            raise answer
        return answer

    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(processes))
        for _ in range(processes):
            idle.put(stack.enter_context(_worker(conninfo)))
        stack.callback(pool.shutdown, wait=False, cancel_futures=True)
        for done in as_completed([pool.submit(build, task) for task in tasks]):
            yield done.result()


@contextmanager
def _worker(conninfo: str) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-P", "-c", f"import gc; gc.disable(); from {__name__} import work; work()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker:
        assert worker.stdin is not None
        try:
            _tell(worker.stdin, conninfo)
            yield worker
        finally:
            worker.kill()
            with suppress(BrokenPipeError):  # of a task that it was just being told
                worker.stdin.close()


def _tell(stream: IO[bytes], message: object) -> None:
    pickle.dump(message, stream)
    stream.flush()


def work() -> None:
    """A worker: takes the connection string and tasks, answers with parts or errors, until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent ends its workers
    tasks, answers = sys.stdin.buffer, sys.stdout.buffer
    conninfo = pickle.load(tasks)
    connections: list[psycopg.Connection[Any]] = []
    with suppress(EOFError):
        while True:
            task: Task = pickle.load(tasks)
            answer: Part | Exception
            try:
                while len(connections) < 2:
                    connections.append(psycopg.connect(conninfo, autocommit=True))
                answer = _build(connections[0], connections[1], task)
            except Exception as error:
                answer = _as_told(error, task)
            try:
                _tell(answers, answer)
            except BrokenPipeError:  # whoever asked has gone
                os.dup2(os.open(os.devnull, os.O_WRONLY), answers.fileno())
                return


def _as_told(error: Exception, task: Task) -> Exception:
    """The error in a form that can be handed to the parent."""
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return psycopg.OperationalError(str(error))
    if isinstance(error, codec.UnknownEvent):
        return error
    return ProjectionFailed(f"{task.projection} cannot be built: {error}")


def table_id(connection: "psycopg.Connection[Any]", model: ReadModel[Any]) -> int:
    """The identity of the history table, 0 if there is none; a table made again under the name has another."""
    found = connection.execute("SELECT to_regclass(%s)::oid", (model.name(model.history).as_string(),)).fetchone()
    return (found and found[0]) or 0


def _build(
    reading: "psycopg.Connection[Any]",
    writing: "psycopg.Connection[Any]",
    task: Task,
) -> Part:
    model = ReadModel(next(projection for projection in ALL if projection.name == task.projection), task.build)
    table, history = model.name(model.table), model.name(model.history)
    records, block, sums, of = Records(model), Block(model), Summing(), model.projection.of
    with writing.transaction():
        # A worker that outlives its parent must not write into the tables of the next rebuild.
        writing.execute(sql.SQL("LOCK TABLE {}, {} IN ROW EXCLUSIVE MODE").format(table, history))
        if table_id(writing, model) != task.table:
            raise Gone(f"the build {model.build} of {model.projection.name} was made again by another process")
        for stream, group in groupby(_rows(reading, task), key=attrgetter("stream")):
            rows = list(group)
            sums.add(rows)
            if stream.startswith(of):
                _add_versions(records, block, [codec.decode(row) for row in rows])
            if len(block) >= BLOCK:
                block.copy(writing)
        block.copy(writing)
    return Part(sums.events, *sums.summed())


def _add_versions(records: Records, block: Block, history: Sequence[RecordedEvent]) -> None:
    """Add all versions of the rows of one stream."""
    held: dict[str, tuple[Sequence[Any], Record, int]] = {}
    for position, row, key in records.model.projection.versions(history):
        before = held.pop(key, None)
        if before is not None:
            block.add(before[1], before[2], position)
        if row is not None:
            record = records.first(row) if before is None else records.after(before[0], before[1], row)
            held[key] = (row, record, position)
    for _, record, position in held.values():
        block.add(record, position, None)


def _rows(connection: "psycopg.Connection[Any]", task: Task) -> Iterator[codec.Row]:
    query = (
        f"SELECT {recorder.COLUMNS} FROM candour.events"
        " WHERE stream_id >= %s AND stream_id < %s AND position <= %s ORDER BY stream_id, version"
    )
    with connection.transaction(), connection.cursor(name="rebuild", binary=True) as cursor:  # pyright: ignore
        cursor.execute(query, (task.low, task.high, task.upto))  # pyright: ignore[reportArgumentType,reportCallIssue]
        while page := cursor.fetchmany(BLOCK):
            yield from map(codec.Row._make, page)
