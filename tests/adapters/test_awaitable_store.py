"""The write path of an event loop: grouped, in one winner's order, and honest about a connection that is lost."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest

from adapters.eventstore.awaitable import AwaitableStore, Lane
from adapters.system import System, now
from application.ports import Append, Appended, NewEvent, StoreUnavailable
from domain.case.recording import IncidentRegistered
from domain.event import Purpose, Role
from domain.values import instant

END_ALL = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()"""
WRITERS = 40


def item(stream: str | None = None, expected: int = 0) -> Append:
    event = NewEvent(uuid4(), IncidentRegistered(), instant(now()), "a", Role.RECORDER, Purpose.CRIME_RECORDING)
    return Append(stream or f"case-{uuid4()}", expected, "kent", (event,))


def end_all_connections(system: System) -> None:
    with system.connect("admin") as admin:
        admin.execute(END_ALL)


async def together(store: AwaitableStore) -> Sequence[Appended]:
    return await asyncio.gather(*(store.append(item()) for _ in range(WRITERS)))


def commits(system: System, done: Sequence[Appended]) -> int:
    """In how many transactions these events were written."""
    with system.connect("admin") as admin:
        found = admin.execute(
            "SELECT count(DISTINCT xmin::text) FROM candour.events WHERE position = ANY(%s)",
            ([each.position for each in done],),
        ).fetchone()
    assert found is not None
    return int(str(found[0]))


def test_calls_of_one_moment_share_a_commit(system: System) -> None:
    assert commits(system, asyncio.run(together(system.store.aio))) == 1


def test_the_check_finds_a_store_that_commits_each_alone(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    take: Any = Lane._take

    def one(lane: Any) -> Any:
        lane._most = 1
        return take(lane)

    monkeypatch.setattr(Lane, "_take", one)
    assert commits(system, asyncio.run(together(system.store.aio))) == WRITERS


def test_an_item_that_cannot_be_stored_fails_alone(system: System) -> None:
    async def work() -> list[Any]:
        store = system.store.aio
        good, bad = item(), item()._replace(events=())
        return await asyncio.gather(store.append(good), store.append(bad), return_exceptions=True)

    stored, refused = asyncio.run(work())
    assert isinstance(stored, Appended)
    assert "no event to append" in str(refused)


async def after_the_connections_ended(system: System) -> tuple[list[str], Appended]:
    """What a load and then several appends are told once the server ended its connections."""
    store = system.store.aio
    first = await store.append(item())
    await store.load(first.stream)
    end_all_connections(system)
    told: list[str] = []
    for ask in (lambda: store.load(first.stream), lambda: store.append(item()), lambda: store.append(item())):
        try:
            await ask()
        except StoreUnavailable as error:
            told.append(str(error))
    return told, await store.append(item())


def test_a_lost_connection_is_told_to_the_writer_once_and_to_no_reader(system: System) -> None:
    (message,), done = asyncio.run(after_the_connections_ended(system))
    assert "may have been kept" in message
    positions = [entry.position for entry in system.store.read_log(0, 1000)]
    assert positions == list(range(1, done.position + 1))


def test_the_check_finds_a_reader_who_is_told(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt: Any = Lane._attempt
    monkeypatch.setattr(Lane, "_attempt", lambda lane, items, tries: attempt(lane, items, 1))
    told, _ = asyncio.run(after_the_connections_ended(system))
    assert len(told) == 2


def test_each_event_loop_has_its_own_connections_and_leaves_none_behind(system: System) -> None:
    def connections() -> int:
        with system.connect("admin") as admin:
            found = admin.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%%append%%'"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            ).fetchone()
        assert found is not None
        return int(str(found[0]))

    before = connections()
    for _ in range(3):
        asyncio.run(together(system.store.aio))
    assert connections() - before <= 1
    assert len({entry.stream for entry in system.store.read_log(0, 1000)} - {""}) >= 3 * WRITERS


def test_a_database_that_is_away_is_told_at_once(system: System) -> None:
    away = AwaitableStore("host=/nowhere dbname=none", system.store.aio._writing)

    async def work() -> list[Any]:
        return await asyncio.gather(*(away.append(item()) for _ in range(3)), away.load("x"), return_exceptions=True)

    for error in asyncio.run(work()):
        assert isinstance(error, StoreUnavailable)
        assert "nothing was written" in str(error)
    away.close()


def test_a_caller_who_gives_up_harms_nobody(system: System) -> None:
    async def scene() -> list[Any]:
        store = system.store.aio
        calls = [asyncio.ensure_future(store.append(item())) for _ in range(3)]
        await asyncio.sleep(0)
        calls[0].cancel()
        return await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 10)

    gave_up, *others = asyncio.run(scene())
    assert isinstance(gave_up, asyncio.CancelledError)
    assert all(isinstance(done, Appended) for done in others)


def test_a_store_that_was_closed_connects_no_more(system: System) -> None:
    async def scene() -> None:
        store = system.store.aio
        done = await store.append(item())
        left = asyncio.ensure_future(store.load(done.stream))
        store.close()  # as from another thread, while a call is under way
        with pytest.raises(StoreUnavailable):
            await left

    asyncio.run(scene())
    with system.connect("admin") as admin:
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        for _ in range(100):
            found = admin.execute(others).fetchone()
            if found == (0,):
                break
            time.sleep(0.05)
        assert found == (0,)
