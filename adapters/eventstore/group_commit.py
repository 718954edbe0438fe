"""Batching: calls that wait at the same moment travel to the database together."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batcher(Generic[Item, Result]):
    """Runs `run(items)` for whatever is waiting, at most `most` items at a time, one batch after another.

    The first caller runs its own batch at once; calls that arrive meanwhile are taken together by a background
    thread. `key`, if given, keeps two items with the same key out of one batch, in order of arrival.
    An exception of `run` reaches every caller of that batch.
    """

    def __init__(
        self,
        run: Callable[[Sequence[Item]], Sequence[Result | Exception]],
        *,
        most: int = 64,
        key: Callable[[Item], object] | None = None,
        name: str = "batcher",
    ) -> None:
        self._run, self._most, self._key = run, most, key
        self._waiting: list[tuple[Item, Future[Result]]] = []
        self._busy = False
        self._closed = False
        self._mutex = threading.Lock()
        self._wake = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._background, name=name, daemon=True)
        self._thread.start()

    def call(self, item: Item) -> Result:
        """Run the item and wait for its result."""
        future: Future[Result] = Future()
        with self._mutex:
            self._refuse_when_closed()
            self._waiting.append((item, future))
            leads = not self._busy
            self._busy = True
        if leads:
            self._run_one_batch()
            self._pass_on()
        return future.result()

    def submit(self, item: Item) -> "Future[Result]":
        """Leave the item to the background thread; never blocks."""
        future: Future[Result] = Future()
        with self._mutex:
            self._refuse_when_closed()
            self._waiting.append((item, future))
            wake = not self._busy
            self._busy = True
        if wake:
            self._wake.release()
        return future

    def close(self) -> None:
        """Finish what is waiting and stop."""
        with self._mutex:
            if self._closed:
                return
            self._closed = True
        self._wake.release()
        self._thread.join()

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise RuntimeError("the store is closed")

    def _background(self) -> None:
        while True:
            self._wake.acquire()
            while self._waiting:
                self._run_one_batch()
            with self._mutex:
                if not self._waiting:
                    self._busy = False
                    if self._closed:
                        return
                    continue
            self._wake.release()

    def _pass_on(self) -> None:
        with self._mutex:
            if not self._waiting:
                self._busy = False
                return
        self._wake.release()

    def _take(self) -> list[tuple[Item, "Future[Result]"]]:
        with self._mutex:
            if self._key is None:
                batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                return batch
            batch: list[tuple[Item, Future[Result]]] = []
            later: list[tuple[Item, Future[Result]]] = []
            seen = set[object]()
            for entry in self._waiting:
                mark = self._key(entry[0])
                (later if mark in seen or len(batch) >= self._most else batch).append(entry)
                seen.add(mark)
            self._waiting = later
            return batch

    def _run_one_batch(self) -> None:
        batch = self._take()
        if not batch:
            return
        try:
            results = self._run([item for item, _ in batch])
        except Exception as error:
            for _, future in batch:
                future.set_exception(error)
            return
        for (_, future), result in zip(batch, results, strict=True):
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)
