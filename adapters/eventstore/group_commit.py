"""Batching: calls that wait at the same moment travel to the database together."""

import threading
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
Reply = TypeVar("Reply")


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
        self._waiting: list[tuple[Item, _Caller[Result]]] = []
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

    def close(self) -> None:
        """Finish what is waiting and stop."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise RuntimeError("the store is closed")

    def _queue(self, item: Item, caller: "_Caller[Result]") -> None:
        self._waiting.append((item, caller))
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
        for (_, caller), result in zip(batch, results, strict=True):
            caller.answer(result)
        with self._changed:
            self._enough = min(self._most, len(batch) + len(self._waiting))
            self._changed.wait_for(
                lambda: self._closed or len(self._waiting) >= self._enough, self._linger * (monotonic() - began)
            )
            self._enough = 1

    def _take(self) -> "list[tuple[Item, _Caller[Result]]]":
        batch, self._waiting = take(self._waiting, self._most, self._key)
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


def take(
    waiting: list[tuple[Item, Reply]], most: int, key: Callable[[Item], object] | None
) -> tuple[list[tuple[Item, Reply]], list[tuple[Item, Reply]]]:
    """The next batch of at most `most`, no two of the same key, and those who wait on, both in order of arrival."""
    if key is None:
        return waiting[:most], waiting[most:]
    batch: list[tuple[Item, Reply]] = []
    later: list[tuple[Item, Reply]] = []
    seen = set[object]()
    for entry in waiting:
        mark = key(entry[0])
        (later if mark in seen or len(batch) >= most else batch).append(entry)
        seen.add(mark)
    return batch, later
