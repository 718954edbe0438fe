"""Batching: calls that wait at the same moment travel to the database together."""

import asyncio
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batcher(Generic[Item, Result]):
    """Runs `run(items)` for whatever is waiting, at most `most` items at a time, one batch after another.

    A caller that finds nobody at work runs its own item at once; calls that arrive meanwhile are taken together by a
    background thread, oldest first. `key`, if given, keeps two items with the same key out of one batch, in order of
    arrival. An exception of `run` reaches every caller of that batch.

    The callers of one batch come back with their next items almost together. The background thread waits for them
    for at most the share `linger` of the time that the batch took: without it, those who came late for one batch and
    those who came in time would take turns for ever, in batches of half the size.
    """

    def __init__(
        self,
        run: Callable[[Sequence[Item]], Sequence[Result | Exception]],
        *,
        most: int = 64,
        key: Callable[[Item], object] | None = None,
        linger: float = 0.1,
        name: str = "batcher",
    ) -> None:
        self._run, self._most, self._key, self._linger = run, most, key, linger
        self._waiting: list[tuple[Item, _Caller[Result] | asyncio.Future[Result]]] = []
        self._busy = False
        self._enough = 1
        self._closed = False
        self._changed = threading.Condition(threading.Lock())
        self._thread = threading.Thread(target=self._background, name=name, daemon=True)
        self._thread.start()

    def call(self, item: Item) -> Result:
        """Run the item and wait for its result."""
        with self._changed:
            self._refuse_when_closed()
            leads = not self._busy and not self._waiting
            if leads:
                self._busy = True
            else:
                caller = _Caller[Result]()
                self._queue(item, caller)
        if not leads:
            return caller.wait()  # pyright: ignore[reportPossiblyUnboundVariable]
        try:
            (result,) = self._run([item])
        finally:
            with self._changed:
                self._busy = False
                if self._waiting or self._closed:
                    self._changed.notify()
        if isinstance(result, Exception):
            raise result
        return result

    def submit(self, item: Item) -> "asyncio.Future[Result]":
        """Leave the item to the background thread, from the thread of a running event loop; never blocks."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        with self._changed:
            self._refuse_when_closed()
            self._queue(item, future)
        return future

    def close(self) -> None:
        """Finish what is waiting and stop."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise RuntimeError("the store is closed")

    def _queue(self, item: Item, reply: "_Caller[Result] | asyncio.Future[Result]") -> None:
        self._waiting.append((item, reply))
        if len(self._waiting) >= self._enough:
            self._changed.notify()

    def _background(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: not self._busy and (self._waiting or self._closed))
                if not self._waiting:
                    return
                self._busy = True
            while self._waiting:
                self._take_turn()
            with self._changed:
                self._busy = False

    def _take_turn(self) -> None:
        """Run one batch, answer its callers, and give them a moment to come back."""
        with self._changed:
            batch = self._take()
        began = monotonic()
        items = [item for item, _ in batch]
        try:
            results = self._run(items)
            if len(results) != len(items):
                raise RuntimeError(f"{len(items)} items were run, but {len(results)} results came back")
        except BaseException as error:
            failure = error if isinstance(error, Exception) else RuntimeError(f"the batch was ended by {error!r}")
            results = [failure] * len(items)
        _answer([reply for _, reply in batch], results)
        with self._changed:
            self._enough = min(self._most, len(batch) + len(self._waiting))
            self._changed.wait_for(
                lambda: self._closed or len(self._waiting) >= self._enough, self._linger * (monotonic() - began)
            )
            self._enough = 1

    def _take(self) -> "list[tuple[Item, _Caller[Result] | asyncio.Future[Result]]]":
        if self._key is None:
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            return batch
        batch: list[tuple[Item, _Caller[Result] | asyncio.Future[Result]]] = []
        later: list[tuple[Item, _Caller[Result] | asyncio.Future[Result]]] = []
        seen = set[object]()
        for entry in self._waiting:
            mark = self._key(entry[0])
            (later if mark in seen or len(batch) >= self._most else batch).append(entry)
            seen.add(mark)
        self._waiting = later
        return batch


class _Caller(Generic[Result]):
    """A thread that waits for its result."""

    __slots__ = ("_done", "_result")

    def __init__(self) -> None:
        self._done = threading.Lock()
        self._done.acquire()

    def answer(self, result: "Result | Exception") -> None:
        """Let the thread go on."""
        self._result = result
        self._done.release()

    def wait(self) -> Result:
        """The result, or its exception raised."""
        self._done.acquire()
        if isinstance(self._result, Exception):
            raise self._result
        return self._result


def _answer(replies: Sequence[Any], results: Sequence[Any]) -> None:
    """Hand each result to its caller; an event loop is woken once for all of its callers."""
    by_loop: defaultdict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any]]] = defaultdict(list)
    for reply, result in zip(replies, results, strict=True):
        if isinstance(reply, _Caller):
            reply.answer(result)
        else:
            by_loop[reply.get_loop()].append((reply, result))
    for loop, answers in by_loop.items():
        with suppress(RuntimeError):  # the loop was closed: nobody waits any more
            loop.call_soon_threadsafe(_settle, answers)


def _settle(answers: "list[tuple[asyncio.Future[Any], Any]]") -> None:
    for future, result in answers:
        if future.done():  # its caller was cancelled
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)
