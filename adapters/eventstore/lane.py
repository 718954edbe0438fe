"""A lane: calls that wait at the same moment in an event loop travel to the database together, without a thread."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any, Generic, Protocol, TypeVar

import psycopg
from psycopg.rows import TupleRow

from adapters.eventstore import arrays, recorder
from adapters.eventstore.group_commit import take
from adapters.eventstore.recorder import AWAY, LOST, PAUSE, Lost
from application.ports import StoreUnavailable

Cursor = psycopg.AsyncCursor[TupleRow]
Item = TypeVar("Item")
Result = TypeVar("Result")


class Lane(Generic[Item, Result]):
    """Runs `run(cursor, items)` for whatever is waiting, one batch after another, over a connection of its own.

    Lives in one event loop. `key`, if given, keeps two items with the same key out of one batch, in order of arrival.
    The connection is made when it is first needed, and again after it was lost; what is `repeatable` is then tried
    once more, and its callers notice nothing. For the rest `look`, if given, tells what was carried out all the same.
    """

    def __init__(
        self,
        conninfo: str,
        run: Callable[[Cursor, Sequence[Item]], Awaitable[Sequence[Result | Exception]]],
        *,
        most: int,
        key: Callable[[Item], object] | None = None,
        repeatable: bool = False,
        look: Callable[[Cursor, Sequence[Item]], Awaitable[Sequence[Result | None]]] | None = None,
    ) -> None:
        self._conninfo, self._run, self._most, self._key, self._look = conninfo, run, most, key, look
        self._tries = 2 if repeatable else 1
        self._loop = asyncio.get_running_loop()
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._task: asyncio.Task[None] | None = None
        self._cursor: Cursor | None = None
        self._away_until = 0.0
        self._closed = False

    def submit(self, item: Item) -> "asyncio.Future[Result]":
        """Leave the item to the lane; never blocks."""
        future: asyncio.Future[Result] = self._loop.create_future()
        self._waiting.append((item, future))
        if self._task is None:
            self._task = self._loop.create_task(self._work())
        return future

    def close(self) -> None:
        """Give the connection back for good, from any thread; who still waits is told that the store is away."""
        self._closed = True
        self._drop()

    def _drop(self) -> None:
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
        batch, self._waiting = take(self._waiting, self._most, self._key)
        return batch

    async def _results(self, items: Sequence[Item]) -> Sequence[Result | Exception]:
        """One statement for all; if some item cannot be handled at all, one for each, so that it fails alone."""
        try:
            return await self._attempt(items, self._tries)
        except Lost as error:
            return [error if kept is None else kept for kept in await self._kept(items)]
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
                self._drop()
                if tries > 1:
                    return await self._attempt(items, tries - 1)
                raise Lost(LOST) from error
            known = recorder.translated(error)
            if known is error:
                raise
            raise known from error

    async def _kept(self, items: Sequence[Item]) -> Sequence[Result | None]:
        """What was carried out of a batch whose answer was lost, as far as that can be found out."""
        if self._look is not None:
            with suppress(StoreUnavailable, psycopg.Error):
                return await self._look(await self._connected(), items)
        return [None] * len(items)

    async def _connected(self) -> Cursor:
        if self._closed or monotonic() < self._away_until:
            raise StoreUnavailable(AWAY)
        try:
            connection = await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True, connect_timeout=5)
        except psycopg.OperationalError as error:
            self._away_until = monotonic() + PAUSE
            raise StoreUnavailable(AWAY) from error
        arrays.register(connection)
        self._cursor = connection.cursor(binary=True)
        if self._closed:  # meanwhile
            self._drop()
            raise StoreUnavailable(AWAY)
        return self._cursor


class Closable(Protocol):
    """What gives something back."""

    def close(self) -> None:
        """Give it back."""
        ...


Part = TypeVar("Part", bound=Closable)


class PerLoop(Generic[Part]):
    """One part for each event loop that asks; the parts of loops that have ended are closed."""

    def __init__(self, make: Callable[[], Part]) -> None:
        self._make = make
        self._parts: dict[asyncio.AbstractEventLoop, Part] = {}
        self._closed = False

    def get(self) -> Part:
        """The part of the running loop; `StoreUnavailable` once all was closed."""
        if self._closed:
            raise StoreUnavailable(AWAY)
        loop = asyncio.get_running_loop()
        found = self._parts.get(loop)
        if found is None:
            for ended in [each for each in self._parts if each.is_closed()]:
                self._parts.pop(ended).close()
            found = self._parts[loop] = self._make()
        return found

    def close(self) -> None:
        """Close every part, for good."""
        self._closed = True
        while self._parts:
            self._parts.popitem()[1].close()


async def fetched(cursor: Cursor, statement: str, parameters: Sequence[object]) -> list[Any]:
    """The rows that a prepared statement gives."""
    await cursor.execute(statement, parameters, prepare=True)  # pyright: ignore[reportArgumentType]
    return await cursor.fetchall()
