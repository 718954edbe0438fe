import threading
from collections.abc import Callable, Sequence
from time import monotonic, sleep
from typing import Any

import pytest

from adapters.eventstore.group_commit import Batcher

PATIENCE = 5.0
Make = Callable[..., Batcher[Any, Any]]


class Recording:
    """A `run` that remembers its batches and waits at its gate; an item that is an exception fails the batch."""

    def __init__(self) -> None:
        self.batches: list[list[Any]] = []
        self.gate, self.entered = threading.Event(), threading.Event()

    def __call__(self, items: Sequence[Any]) -> list[Any]:
        self.batches.append(list(items))
        self.entered.set()
        assert self.gate.wait(PATIENCE)
        for item in items:
            if isinstance(item, Exception):
                raise item
        return [("done", item) for item in items]


class Callers:
    """Threads that each make one call, queued one after another behind a first call that holds the gate."""

    def __init__(self, batcher: Batcher[Any, Any], run: Recording, items: Sequence[Any]) -> None:
        self.batcher, self.run = batcher, run
        self.results: dict[Any, Any] = {}
        self.threads: list[threading.Thread] = []
        self.start("first")
        assert run.entered.wait(PATIENCE)
        for number, item in enumerate(items, start=1):
            self.start(item)
            self.until_waiting(number)

    def start(self, item: Any) -> None:
        self.threads.append(threading.Thread(target=self.one, args=(item,), daemon=True))
        self.threads[-1].start()

    def one(self, item: Any) -> None:
        try:
            self.results[item] = self.batcher.call(item)
        except Exception as error:
            self.results[item] = error

    def until_waiting(self, number: int) -> None:
        for _ in range(int(PATIENCE * 1000)):
            if len(self.batcher._waiting) == number:
                return
            threading.Event().wait(0.001)
        raise AssertionError("the caller did not queue")

    def finish(self, patience: float = PATIENCE) -> dict[Any, Any]:
        self.run.gate.set()
        for thread in self.threads:
            thread.join(patience)
        assert not any(thread.is_alive() for thread in self.threads), "a caller still waits"
        return self.results


# What has to hold, as checks over a batcher, so that a defective one can be given to them.


def check_formation(make: Make) -> None:
    run = Recording()
    batcher = make(run, most=4)
    Callers(batcher, run, range(6)).finish()
    batcher.close()
    assert run.batches == [["first"], [0, 1, 2, 3], [4, 5]]


def check_keys(make: Make) -> None:
    run = Recording()
    batcher = make(run, key=lambda item: item[0])
    items = ["a1", "b1", "a2", "a3", "b2", "c1"]
    Callers(batcher, run, items).finish()
    batcher.close()
    assert run.batches == [["first"], ["a1", "b1", "c1"], ["a2", "b2"], ["a3"]]


def check_own_result(make: Make) -> None:
    run = Recording()
    batcher = make(run)
    results = Callers(batcher, run, range(5)).finish()
    batcher.close()
    assert results == {item: ("done", item) for item in ("first", *range(5))}


def check_error_reaches_all(make: Make) -> None:
    run = Recording()
    batcher = make(run)
    fault = ValueError("this batch fails")
    results = Callers(batcher, run, [0, fault, 1]).finish(1)
    assert (results[0], results[fault], results[1]) == (fault, fault, fault)
    assert results["first"] == ("done", "first")
    assert batcher.call("after") == ("done", "after")
    batcher.close()


def check_close_finishes(make: Make) -> None:
    run = Recording()
    batcher = make(run)
    callers = Callers(batcher, run, range(5))
    closing = threading.Thread(target=batcher.close, daemon=True)
    closing.start()
    results = callers.finish(1)
    closing.join(PATIENCE)
    assert not closing.is_alive()
    assert not batcher._thread.is_alive()
    assert set(results.values()) == {("done", item) for item in ("first", *range(5))}
    with pytest.raises(RuntimeError, match="closed"):
        batcher.call("late")


def check_no_lost_wake_up(make: Make, rounds: int = 200) -> None:
    seen: list[int] = []
    right: list[int] = []

    def run(items: Sequence[int]) -> list[int]:
        seen.extend(items)
        sleep(0.0002)
        return [item * 2 for item in items]

    def caller(first: int) -> None:
        for item in range(first, first + rounds):
            assert batcher.call(item) == item * 2
            right.append(item)

    batcher = make(run, key=lambda item: item % 40)
    threads = [threading.Thread(target=caller, args=(n * rounds,), daemon=True) for n in range(32)]
    for thread in threads:
        thread.start()
    deadline = monotonic() + rounds / 10  # a hundred times what is needed
    for thread in threads:
        thread.join(max(0, deadline - monotonic()))
    assert sorted(right) == sorted(seen) == list(range(32 * rounds))
    batcher.close()


CHECKS = [
    check_formation,
    check_keys,
    check_own_result,
    check_error_reaches_all,
    check_close_finishes,
    check_no_lost_wake_up,
]


@pytest.mark.parametrize("check", CHECKS)
def test_the_batcher(check: Callable[[Make], None]) -> None:
    check(Batcher)


# One planted defect for each check.


class OneAtATime(Batcher[Any, Any]):
    def _take(self) -> Any:
        first, *self._waiting = self._waiting
        return [first]


class NoLimit(Batcher[Any, Any]):
    def _take(self) -> Any:
        batch, self._waiting = self._waiting, []
        return batch


class YoungestFirst(Batcher[Any, Any]):
    def _take(self) -> Any:
        self._waiting.reverse()
        return super()._take()


class ForgetsFailures(Batcher[Any, Any]):
    def _take_turn(self) -> None:
        run, batch = self._run, [item for item, _ in self._waiting]
        try:
            run(batch)
        except ValueError:
            self._waiting = []
        else:
            super()._take_turn()


class DropsAtTheEnd(Batcher[Any, Any]):
    def close(self) -> None:
        self._waiting = []
        super().close()


class NeverWakes(Batcher[Any, Any]):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._changed.notify = lambda n=1: None

    def close(self) -> None:
        raise AssertionError("this one would hang")


def shifted(run: Callable[[Any], list[Any]], **options: Any) -> Batcher[Any, Any]:
    return Batcher(lambda items: [*run(items)[1:], *run(items)[:1]], **options)


@pytest.mark.parametrize(
    ("check", "defect"),
    [
        (check_formation, OneAtATime),
        (check_formation, NoLimit),
        (check_keys, NoLimit),
        (check_keys, YoungestFirst),
        (check_own_result, shifted),
        (check_error_reaches_all, ForgetsFailures),
        (check_close_finishes, DropsAtTheEnd),
        (lambda make: check_no_lost_wake_up(make, rounds=5), NeverWakes),
    ],
)
def test_a_defect_is_caught(check: Callable[[Make], None], defect: Make) -> None:
    with pytest.raises(AssertionError):
        check(defect)


def test_a_leader_that_fails_leaves_the_way_free() -> None:
    run = Recording()
    run.gate.set()
    batcher = Batcher(run)
    with pytest.raises(ValueError, match="alone"):
        batcher.call(ValueError("alone"))
    assert batcher.call("next") == ("done", "next")
    batcher.close()


def test_a_run_with_too_few_results_fails_its_callers() -> None:
    run = Recording()
    batcher = Batcher(lambda items: run(items)[:1])
    results = Callers(batcher, run, range(2)).finish()
    batcher.close()
    assert all("1 results came back" in str(results[item]) for item in range(2))
