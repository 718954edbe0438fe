"""The commit succeeded and its answer was lost: the store finds its own events there, by their ids."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from adapters.eventstore import writing
from adapters.eventstore.awaitable import AwaitableStore
from adapters.eventstore.recorder import LOST, Lost
from adapters.system import System, now
from application.ports import Append, Appended, NewEvent, StoreUnavailable
from domain.case.recording import IncidentRegistered
from domain.event import Purpose, Role
from domain.values import instant


def item(stream: str, expected: int = 0, events: int = 1) -> Append:
    made = tuple(
        NewEvent(uuid4(), IncidentRegistered(), instant(now()), "a", Role.RECORDER, Purpose.CRIME_RECORDING)
        for _ in range(events)
    )
    return Append(stream, expected, "kent", made)


def lose_answers_of_threads(system: System, monkeypatch: pytest.MonkeyPatch, *, committed: bool) -> None:
    real = system.store.recorder.append

    def losing(*given: Any) -> None:
        if committed:
            real(*given)
        monkeypatch.setattr(system.store.recorder, "append", real)
        raise Lost(LOST)

    monkeypatch.setattr(system.store.recorder, "append", losing)


def lose_answers_of_loops(monkeypatch: pytest.MonkeyPatch, *, committed: bool) -> None:
    real = AwaitableStore._append_each

    async def losing(store: AwaitableStore, cursor: Any, items: Sequence[Append]) -> Any:
        if committed:
            await real(store, cursor, items)
        monkeypatch.setattr(AwaitableStore, "_append_each", real)
        cursor.connection.pgconn.finish()
        raise psycopg.OperationalError("the connection was lost")

    monkeypatch.setattr(AwaitableStore, "_append_each", losing)


def by_thread(system: System, wanted: Append) -> Appended:
    return system.store.append(wanted)


def by_loop(system: System, wanted: Append) -> Appended:
    async def work() -> Appended:
        return await system.store.aio.append(wanted)

    return asyncio.run(work())


WAYS = [
    (by_thread, lose_answers_of_threads),
    (by_loop, lambda _, monkeypatch, committed: lose_answers_of_loops(monkeypatch, committed=committed)),
]


@pytest.mark.parametrize(("append", "lose"), WAYS)
def test_what_was_written_is_acknowledged_all_the_same(
    system: System, monkeypatch: pytest.MonkeyPatch, append: Any, lose: Any
) -> None:
    stream = f"case-{uuid4()}"
    lose(system, monkeypatch, committed=True)
    done = append(system, item(stream, events=2))
    last = system.store.load(stream)[-1]
    assert done == Appended(stream, 2, last.position, last.written_at)
    assert append(system, item(stream, 2)).version == 3


@pytest.mark.parametrize(("append", "lose"), WAYS)
def test_what_was_not_found_stays_open(system: System, monkeypatch: pytest.MonkeyPatch, append: Any, lose: Any) -> None:
    stream = f"case-{uuid4()}"
    lose(system, monkeypatch, committed=False)
    with pytest.raises(StoreUnavailable, match="may have been kept"):
        append(system, item(stream))
    assert system.store.load(stream) == []


@pytest.mark.parametrize(("append", "lose"), WAYS)
def test_the_event_of_another_at_the_same_version_is_not_taken_for_ones_own(
    system: System, monkeypatch: pytest.MonkeyPatch, append: Any, lose: Any
) -> None:
    stream = f"case-{uuid4()}"
    system.store.append(item(stream))
    lose(system, monkeypatch, committed=False)
    with pytest.raises(StoreUnavailable, match="may have been kept"):
        append(system, item(stream))


def test_a_store_that_looks_at_versions_only_would_be_noticed(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(items: Sequence[Append], rows: Any) -> list[Appended | None]:
        at = {(row[0], row[1]): row for row in rows}
        rows = [at.get((each.stream, each.expected + len(each.events))) for each in items]
        return [row and Appended(*row[:4]) for row in rows]

    monkeypatch.setattr(writing, "kept", careless)
    monkeypatch.setattr("adapters.eventstore.store.kept", careless)
    with pytest.raises(pytest.fail.Exception):
        test_the_event_of_another_at_the_same_version_is_not_taken_for_ones_own(system, monkeypatch, *WAYS[0])
