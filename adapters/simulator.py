"""Writes a simulated history into a synthetic store, and the truth about it into a file."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from time import perf_counter

import orjson

from adapters.system import System, now
from application.ports import Append, Conflict
from application.simulation import Plan, Truth, everything, in_order_of_writing, written_at
from domain.rules import rule_book

CHUNK = 1000

Progress = Callable[[int, int], None]


class CannotSimulate(Exception):
    """The simulation was refused before anything was written, or stopped; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was done: reports simulated, events appended now, events found from an interrupted run, seconds."""

    reports: int
    events: int
    already_known: int
    seconds: float


def write(system: System, plan: Plan, truth: Path, progress: Progress | None = None) -> Written:
    """Append the history of the plan and write the truth file; `progress` gets reports done and reports in all.

    An interrupted run is taken up where it stopped if the plan is the same. Raises `BadPlan` or `CannotSimulate`,
    and `StoreUnavailable`.
    """
    plan.check(rule_book())
    if not system.facts().synthetic:
        raise CannotSimulate(
            f"the store at {system.location} is a live one; simulate into a store that was created as synthetic"
        )
    if plan.end > now().date():
        raise CannotSimulate(f"the simulation would end on {plan.end}, in the future; choose an earlier end")
    started = perf_counter()
    account = Truth(plan)
    with _replacing(truth) as put:
        acts = in_order_of_writing(account.watch(everything(plan, rule_book())))
        known, acts = _take_up(system, acts)
        events, reports = 0, plan.reports * len(plan.forces)
        for appended in _appended(system, _chunks(acts)):
            events += appended
            if progress is not None:
                progress(account.reports, reports)
        put(orjson.dumps(account.account(), option=orjson.OPT_INDENT_2) + b"\n")
    return Written(reports, events, known, perf_counter() - started)


def _take_up(system: System, acts: Iterator[Append]) -> tuple[int, Iterator[Append]]:
    """How many events of this very history the store already ends with, and the acts that are still to be written."""
    first = next(acts)
    head = system.store.head()
    begun = system.store.load(first.stream)
    if not begun:
        last = head.written_at or datetime.min.replace(tzinfo=UTC)
        if last >= written_at(first):
            raise CannotSimulate(
                f"the store at {system.location} holds events up to {last:%Y-%m-%d}, and time does not go back; "
                "simulate later months, or into an empty store"
            )
        return 0, chain((first,), acts)
    known = head.position - begun[0].position + 1
    [end] = system.store.read_log(head.position - 1, 1)
    passed, act = len(first.events), first
    while passed < known and (act := next(acts, None)) is not None:
        passed += len(act.events)
    if passed != known or act is None or act.events[-1].event_id != end.event_id:
        raise CannotSimulate(
            f"the store at {system.location} holds the beginning of this simulation and other events after it; "
            "simulate into an empty store"
        )
    return known, acts


def _appended(system: System, chunks: Iterable[list[Append]]) -> Iterator[int]:
    """How many events each chunk had; while one is written, the next is made."""
    with ThreadPoolExecutor(1, "append") as writer:
        under_way: Future[int] | None = None
        for chunk in chunks:
            if under_way is not None:
                yield under_way.result()
            under_way = writer.submit(_append, system, chunk)
        if under_way is not None:
            yield under_way.result()


def _append(system: System, chunk: list[Append]) -> int:
    if any(isinstance(answer, Conflict) for answer in system.store.append_many(chunk)):
        raise CannotSimulate("another process writes to this store; stop it and simulate into an empty store")
    return sum(len(append.events) for append in chunk)


def _chunks(acts: Iterator[Append]) -> Iterator[list[Append]]:
    chunk: list[Append] = []
    size = 0
    for act in acts:
        if size + len(act.events) > CHUNK:
            yield chunk
            chunk, size = [], 0
        chunk.append(act)
        size += len(act.events)
    if chunk:
        yield chunk


@contextmanager
def _replacing(path: Path) -> Iterator[Callable[[bytes], None]]:
    """A way to write the file in one step at the end; raises `CannotSimulate` at once if it cannot be written."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if path.is_dir():
            raise IsADirectoryError(f"{path} is a folder")
        draft.touch(exist_ok=False)
    except OSError as error:
        raise CannotSimulate(f"the truth file cannot be written: {error}") from error

    def put(content: bytes) -> None:
        try:
            with draft.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except OSError as error:
            raise CannotSimulate(
                f"the events are written, the truth file is not: {error}; give the same command with another file"
            ) from error

    try:
        yield put
    finally:
        draft.unlink(missing_ok=True)
