"""The two calls of the write path for an event loop, without a thread: calls of the same moment travel together."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import groupby
from time import monotonic
from typing import Any, Generic, NamedTuple, TypeVar

import psycopg
from psycopg.rows import TupleRow

from adapters.eventstore import arrays, codec, recorder
from adapters.eventstore.recorder import AWAY, LOST, PAUSE, Row, Verdict
from adapters.eventstore.writing import Writing, answers, key_ids, must_follow_on
from application.ports import Append, Appended, StoreUnavailable
from domain.event import RecordedEvent

Cursor = psycopg.AsyncCursor[TupleRow]
Item = TypeVar("Item")
Result = TypeVar("Result")


class Lane(Generic[Item, Result]):
    """Runs `run(cursor, items)` for whatever is waiting, one batch after another, over a connection of its own.

    Lives in one event loop. `key`, if given, keeps two items with the same key out of one batch, in order of arrival.
    The connection is made when it is first needed, and again after it was lost; what is `repeatable` is then tried
    once more, and its callers notice nothing.
    """

    def __init__(
        self,
        conninfo: str,
        run: Callable[[Cursor, Sequence[Item]], Awaitable[Sequence[Result | Exception]]],
        *,
        most: int,
        key: Callable[[Item], object] | None = None,
        repeatable: bool = False,
    ) -> None:
        self._conninfo, self._run, self._most, self._key = conninfo, run, most, key
        self._tries = 2 if repeatable else 1
        self._loop = asyncio.get_running_loop()
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._task: asyncio.Task[None] | None = None
        self._cursor: Cursor | None = None
        self._away_until = 0.0

    def submit(self, item: Item) -> "asyncio.Future[Result]":
        """Leave the item to the lane; never blocks."""
        future: asyncio.Future[Result] = self._loop.create_future()
        self._waiting.append((item, future))
        if self._task is None:
            self._task = self._loop.create_task(self._work())
        return future

    def close(self) -> None:
        """Give the connection back; to be called when nobody waits any more, from any thread."""
        cursor, self._cursor = self._cursor, None
        if cursor is not None:
            cursor.connection.pgconn.finish()

    async def _work(self) -> None:
        try:
            while self._waiting:
                batch = self._take()
                results = await self._results([item for item, _ in batch])
                for (_, future), result in zip(batch, results, strict=True):
                    if future.done():  # its caller was cancelled
                        continue
                    if isinstance(result, Exception):
                        future.set_exception(result)
                    else:
                        future.set_result(result)
                await asyncio.sleep(0)  # callers that go on at once join the next batch
        finally:
            self._task = None

    def _take(self) -> list[tuple[Item, "asyncio.Future[Result]"]]:
        if self._key is None:
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            return batch
        batch: list[tuple[Item, asyncio.Future[Result]]] = []
        later: list[tuple[Item, asyncio.Future[Result]]] = []
        seen = set[object]()
        for entry in self._waiting:
            mark = self._key(entry[0])
            (later if mark in seen or len(batch) >= self._most else batch).append(entry)
            seen.add(mark)
        self._waiting = later
        return batch

    async def _results(self, items: Sequence[Item]) -> Sequence[Result | Exception]:
        """One statement for all; if some item cannot be handled at all, one for each, so that it fails alone."""
        try:
            return await self._attempt(items, self._tries)
        except StoreUnavailable as error:
            return [error] * len(items)
        except Exception as error:
            return [error] if len(items) == 1 else [(await self._results([item]))[0] for item in items]

    async def _attempt(self, items: Sequence[Item], tries: int) -> Sequence[Result | Exception]:
        cursor = self._cursor or await self._connected()
        try:
            return await self._run(cursor, items)
        except psycopg.Error as error:
            if cursor.connection.broken:
                self.close()
                if tries > 1:
                    return await self._attempt(items, tries - 1)
                raise StoreUnavailable(LOST) from error
            known = recorder.translated(error)
            if known is error:
                raise
            raise known from error

    async def _connected(self) -> Cursor:
        if monotonic() < self._away_until:
            raise StoreUnavailable(AWAY)
        try:
            connection = await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True, connect_timeout=5)
        except psycopg.OperationalError as error:
            self._away_until = monotonic() + PAUSE
            raise StoreUnavailable(AWAY) from error
        arrays.register(connection)
        self._cursor = connection.cursor(binary=True)
        return self._cursor


class _Lanes(NamedTuple):
    loads: Lane[str, list[RecordedEvent]]
    appends: Lane[Append, Appended]

    def close(self) -> None:
        self.loads.close()
        self.appends.close()


class AwaitableStore:
    """`AsyncEventStore`. Each event loop that uses it has two connections, one for loads and one for appends."""

    def __init__(self, conninfo: str, writing: Writing) -> None:
        self._conninfo, self._writing = conninfo, writing
        self._by_loop: dict[asyncio.AbstractEventLoop, _Lanes] = {}

    async def load(self, stream: str) -> list[RecordedEvent]:
        """The events of one stream."""
        return await self._lanes().loads.submit(stream)

    async def append(self, item: Append) -> Appended:
        """Append to one stream, or raise `Conflict`."""
        return await self._lanes().appends.submit(item)

    def close(self) -> None:
        """Give the connections back."""
        while self._by_loop:
            self._by_loop.popitem()[1].close()

    def _lanes(self) -> _Lanes:
        loop = asyncio.get_running_loop()
        found = self._by_loop.get(loop)
        if found is None:
            for ended in [each for each in self._by_loop if each.is_closed()]:
                self._by_loop.pop(ended).close()
            found = self._by_loop[loop] = _Lanes(
                Lane(self._conninfo, _load_each, most=256, repeatable=True),
                Lane(self._conninfo, self._append_each, most=64, key=lambda item: item.stream),
            )
        return found

    async def _append_each(self, cursor: Cursor, items: Sequence[Append]) -> Sequence[Appended | Exception]:
        must_follow_on(items)
        wanted = key_ids(items)
        ids = set[str]().union(*wanted.values())
        stored = await _fetched(cursor, recorder.KEYS, (list(ids),)) if ids else []
        rows, new_keys = self._writing.rows(items, wanted, self._writing.unwrapped(stored))
        verdicts = await _fetched(cursor, recorder.APPEND, recorder.append_parameters(rows, new_keys))
        return answers(items, map(Verdict._make, verdicts))


async def _load_each(cursor: Cursor, streams: Sequence[str]) -> Sequence[list[RecordedEvent] | Exception]:
    stored = await _fetched(cursor, recorder.LOAD_MANY, (list(streams),))
    events = map(codec.decode, map(Row._make, stored))
    found = {stream: list(entries) for stream, entries in groupby(events, key=lambda entry: entry.stream)}
    return [found.get(stream, []) for stream in streams]


async def _fetched(cursor: Cursor, statement: str, parameters: Sequence[object]) -> list[Any]:
    await cursor.execute(statement, parameters, prepare=True)  # pyright: ignore[reportArgumentType]
    return await cursor.fetchall()
