"""What every `EventStore` must do, on the real database."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from log_entries import appends, case_id, faults, in_threads, narrated, new, plant, rises, whole_log

from adapters.eventstore.codec import UnknownEvent
from adapters.system import System
from application.ports import Append, Appended, ByReporter, Conflict
from domain.case.recording import CrimeRecorded, IncidentRegistered
from domain.event import RecordedEvent
from domain.values import LONDON

FUTURE = datetime(2100, 1, 1, tzinfo=UTC)
RECORDED = CrimeRecorded(offence="8N")


def test_a_stream_is_read_back_as_it_was_written(system: System) -> None:
    stream = case_id()
    item = appends(stream, 0, IncidentRegistered(incident="INC-1"), RECORDED)
    done = system.store.append(item)
    entries = system.store.load(stream)
    assert [entry.event for entry in entries] == [event.event for event in item.events]
    assert [entry.at for entry in entries] == [event.at for event in item.events]
    assert [entry.event_id for entry in entries] == [event.event_id for event in item.events]
    assert [(entry.stream, entry.version, entry.force) for entry in entries] == [(stream, n, "kent") for n in (1, 2)]
    assert done == Appended(stream, 2, entries[-1].position, entries[-1].written_at)
    assert system.store.head() == (done.position, done.written_at)


def test_what_does_not_exist_is_empty(system: System) -> None:
    assert system.store.load(case_id()) == []
    assert system.store.load_many([case_id(), case_id()]) == {}
    assert system.store.append_many([]) == []
    assert system.store.read_log(system.store.head().position, 10) == []
    assert list(system.store.read_category("nothing-")) == []


def test_several_streams_are_loaded_together(system: System) -> None:
    one, other, none = case_id(), case_id(), case_id()
    system.store.append_many([appends(one, 0), appends(other, 0, IncidentRegistered(), RECORDED)])
    found = system.store.load_many([other, none, one])
    assert {stream: len(entries) for stream, entries in found.items()} == {one: 1, other: 2}
    assert found[other] == system.store.load(other)


def test_the_log_is_read_in_pages_by_position_and_force(system: System) -> None:
    start = system.store.head().position
    for number in range(6):
        system.store.append(appends(case_id(), 0, force="kent" if number % 2 else "essex"))
    read = system.store.read_log
    assert [entry.position for entry in read(start, 4)] == [start + n for n in (1, 2, 3, 4)]
    assert [entry.position for entry in read(start + 4, 4)] == [start + 5, start + 6]
    assert [entry.position for entry in read(start, 9, upto=start + 2)] == [start + 1, start + 2]
    assert [entry.position for entry in read(start, 9, force="kent")] == [start + n for n in (2, 4, 6)]
    assert [entry.position for entry in read(start, 1, upto=start + 4, force="kent")] == [start + 2]


def test_a_category_is_the_streams_of_a_prefix_in_order_of_position(system: System) -> None:
    one, other = f"batch-{case_id()}", f"batch-{case_id()}"
    system.store.append(appends(one, 0))
    system.store.append(appends(f"batc-{case_id()}", 0))
    system.store.append(appends(other, 0))
    system.store.append(appends(one, 1))
    entries = list(system.store.read_category("batch-"))
    assert [entry.stream for entry in entries] == [one, other, one]
    assert rises(entry.written_at for entry in entries)


def test_each_stream_of_a_batch_gets_its_own_verdict(system: System) -> None:
    ahead, behind, fresh = case_id(), case_id(), case_id()
    system.store.append_many([appends(ahead, 0), appends(behind, 0)])
    start = system.store.head().position
    verdicts = system.store.append_many(
        [
            appends(ahead, 1, RECORDED, RECORDED),
            appends(behind, 0, RECORDED),
            appends(fresh, 0),
            appends(case_id(), 3, RECORDED),
        ]
    )
    assert [type(verdict) for verdict in verdicts] == [Appended, Conflict, Appended, Conflict]
    won, lost, _, beyond = verdicts
    assert isinstance(won, Appended)
    assert (won.stream, won.version, won.position) == (ahead, 3, start + 2)
    assert isinstance(lost, Conflict)
    assert (lost.stream, lost.expected, lost.current) == (behind, 0, 1)
    assert isinstance(beyond, Conflict)
    assert (beyond.expected, beyond.current) == (3, 0)
    assert [entry.event for entry in system.store.load(behind)] == [IncidentRegistered()]
    assert not faults(whole_log(system))


def test_a_conflict_names_the_version_that_the_stream_has_now(system: System) -> None:
    stream = case_id()
    system.store.append(appends(stream, 0, RECORDED, RECORDED))
    for expected in (0, 1, 3):
        with pytest.raises(Conflict, match=f"{stream} is at version 2, not {expected}"):
            system.store.append(appends(stream, expected))
    assert len(system.store.load(stream)) == 2


def race(system: System, threads: int = 16, each: int = 40) -> tuple[Counter[str], list[int]]:
    """Every thread appends 1 to 3 events, mostly to streams that others write to as well, some of them sealed."""
    streams = [case_id() for _ in range(5)]
    acknowledged: list[int] = []

    def work(number: int) -> Counter[str]:
        chance, outcome = random.Random(number), Counter[str]()
        for _ in range(each):
            stream = case_id() if chance.random() < 0.4 else chance.choice(streams)
            expected = len(system.store.load(stream))
            events = [narrated() if chance.random() < 0.1 else RECORDED for _ in range(chance.randint(1, 3))]
            try:
                acknowledged.append(system.store.append(appends(stream, expected, *events)).position)
                outcome["events"] += len(events)
            except Conflict:
                outcome["conflicts"] += 1
        return outcome

    return sum(in_threads(threads, work), Counter[str]()), acknowledged


def test_positions_are_dense_under_16_threads_with_conflicts(system: System) -> None:
    start = system.store.head().position
    outcome, acknowledged = race(system)
    log = whole_log(system)
    assert faults(log) == []
    assert outcome["conflicts"] >= 20, outcome
    assert len(log) - start == outcome["events"], "an acknowledged event is lost, or one that was not is there"
    assert len(set(acknowledged)) == len(acknowledged)
    by_position = {entry.position: entry for entry in log}
    assert all(position in by_position for position in acknowledged)


def one_winner_per_version(done: list[Appended], log: list[RecordedEvent]) -> bool:
    """Every acknowledged append is the event of its version, and there is no other event."""
    return sorted((d.version, d.position) for d in done) == [(entry.version, entry.position) for entry in log]


def test_50_writers_on_one_case_have_one_winner_per_version(system: System) -> None:
    stream = case_id()
    system.store.append(appends(stream, 0))

    def work(_: int) -> list[Appended]:
        done: list[Appended] = []
        while not done:
            with suppress(Conflict):
                done.append(system.store.append(appends(stream, len(system.store.load(stream)))))
        return done

    done = [won for each in in_threads(50, work) for won in each]
    log = system.store.load(stream)[1:]
    assert len(done) == 50
    assert one_winner_per_version(done, log)
    assert not one_winner_per_version([*done, done[0]], log)
    assert not one_winner_per_version(done[1:], log)
    assert faults(whole_log(system)) == []


def test_50_awaiting_writers_on_one_case_have_one_winner_per_version(system: System) -> None:
    stream, store = case_id(), system.store.aio

    async def work(number: int) -> Appended:
        while True:
            with suppress(Conflict):
                return await store.append(
                    appends(stream, len(await store.load(stream)), *[RECORDED] * (number % 2 + 1))
                )

    async def together() -> list[Appended]:
        return await asyncio.gather(*map(work, range(50)))

    done = asyncio.run(together())
    log = system.store.load(stream)
    assert len(log) == 75
    assert {(d.version, d.position) for d in done} <= {(entry.version, entry.position) for entry in log}
    assert len({d.version for d in done}) == 50
    assert faults(whole_log(system)) == []


def test_a_writer_that_stops_waiting_leaves_the_others_theirs(system: System) -> None:
    streams, store = [case_id() for _ in range(20)], system.store.aio

    async def together() -> list[object]:
        tasks = [asyncio.create_task(store.append(appends(stream, 0))) for stream in streams]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        return list(await asyncio.gather(*tasks, return_exceptions=True))

    answers = asyncio.run(together())
    assert [type(answer) for answer in answers[1::2]] == [Appended] * 10
    assert faults(whole_log(system)) == []
    assert all(len(system.store.load(stream)) == 1 for stream in streams[1::2])


@pytest.mark.parametrize(
    ("sound", "defect", "caught"),
    [
        ("end_position := coalesce(end_position, 0);", "end_position := coalesce(end_position, 0) + 1;", "dense"),
        ("end_written +", "NULL::timestamptz +", "does not rise"),
    ],
)
def test_a_gap_and_a_clock_that_goes_back_are_noticed(
    new_system: type[System], sound: str, defect: str, caught: str
) -> None:
    system = new_system(synthetic=True)
    plant(system, sound, defect)
    system.store.append(Append(case_id(), 0, "kent", (new(written_at=FUTURE),)))
    system.store.append(appends(case_id(), 0))
    assert any(caught in fault for fault in faults(whole_log(system)))


def test_without_the_lock_two_writers_take_one_position(system: System) -> None:
    plant(system, "PERFORM pg_advisory_xact_lock(hashtext('candour.events'));", "PERFORM pg_sleep(0);")
    plant(system, "    moment := ", "    PERFORM pg_sleep(0.005); moment := ")
    other = System(system.settings, None)
    stores = [system.store, other.store]

    def work(number: int) -> int:
        refused = 0
        for _ in range(20):
            try:
                stores[number].append(appends(case_id(), 0))
            except Exception:
                refused += 1
        return refused

    try:
        assert sum(in_threads(2, work)) > 0
    finally:
        other.close()


def test_a_time_of_writing_never_goes_back_even_if_the_clock_does(synthetic: System) -> None:
    ahead = synthetic.store.append(Append(case_id(), 0, "kent", (new(written_at=FUTURE),)))
    assert ahead.written_at == FUTURE
    after = [synthetic.store.append(appends(case_id(), 0, *[RECORDED] * count)) for count in (1, 2, 1)]
    after += [done for done in synthetic.store.append_many([appends(case_id(), 0), appends(case_id(), 0)])]  # type: ignore[misc] # noqa: C416
    after.append(synthetic.store.append(Append(case_id(), 0, "kent", (new(written_at=FUTURE - timedelta(days=9)),))))
    assert rises(done.written_at for done in [ahead, *after])
    assert after[-1].written_at < FUTURE + timedelta(seconds=1)
    assert faults(whole_log(synthetic)) == []


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)])
def test_a_batch_of_stated_and_present_times_does_not_go_back_either(synthetic: System, order: tuple[int, ...]) -> None:
    past = synthetic.store.head().written_at
    assert past is not None
    times = [FUTURE, None, past + timedelta(microseconds=1)]
    items = [Append(case_id(), 0, "kent", (new(written_at=times[n]), new(written_at=times[n]))) for n in order]
    assert all(isinstance(done, Appended) for done in synthetic.store.append_many(items))
    assert faults(whole_log(synthetic)) == []


def test_a_synthetic_store_keeps_the_time_of_writing_it_is_given(synthetic: System) -> None:
    head = synthetic.store.head().written_at
    assert head is not None
    later = [head + timedelta(days=day) for day in (1, 2)]
    stream = case_id()
    synthetic.store.append(Append(stream, 0, "kent", tuple(new(written_at=at) for at in later)))
    assert [entry.written_at for entry in synthetic.store.load(stream)] == later


def test_only_a_synthetic_store_accepts_a_time_of_writing(system: System) -> None:
    before = system.store.head()
    with pytest.raises(Exception, match="only a synthetic store accepts a time of writing"):
        system.store.append(Append(case_id(), 0, "kent", (new(written_at=FUTURE),)))
    assert system.store.head() == before
    system.store.append(appends(case_id(), 0))


def test_a_caller_whose_event_cannot_be_stored_fails_alone(system: System) -> None:
    def work(number: int) -> bool:
        events = () if number % 4 == 0 else (new(RECORDED),)
        try:
            system.store.append(Append(case_id(), 0, "kent", events))
        except Conflict:
            raise
        except Exception:
            return False
        return True

    assert in_threads(16, work) == [number % 4 != 0 for number in range(16)]
    assert faults(whole_log(system)) == []


def test_an_event_of_another_version_of_the_software_is_an_error(system: System) -> None:
    stream = case_id()
    system.store.append(appends(stream, 0))
    with system.connect("admin") as admin:
        admin.execute(
            "INSERT INTO candour.events SELECT stream_id, 2, 'from_the_future.v9', position + 1,"
            " written_at + interval '1 s', gen_random_uuid(), force, state FROM candour.events WHERE stream_id = %s",
            (stream,),
        )
    for read in (
        lambda: system.store.load(stream),
        lambda: system.store.load_many([stream]),
        lambda: system.store.read_log(0, 1000),
        lambda: list(system.store.read_category("case-")),
    ):
        with pytest.raises(UnknownEvent, match=r"from_the_future\.v9"):
            read()
    assert system.store.append(appends(case_id(), 0)).position == system.store.head().position


def linked(system: System, one: str, other: str, version: int) -> bool:
    """Whether an append to `one` that wants `other` at a version went through."""
    item = appends(one, len(system.store.load(one)), RECORDED)._replace(provided=((other, version),))
    try:
        system.store.append(item)
    except Conflict as conflict:
        return conflict.current != conflict.expected  # the stream itself has not moved
    return True


def test_an_append_holds_only_while_another_stream_stands_where_it_stood(system: System) -> None:
    one, other = case_id(), case_id()
    system.store.append_many([appends(one, 0), appends(other, 0, RECORDED, RECORDED)])
    assert linked(system, one, other, 2)
    assert not linked(system, one, other, 1)
    assert not linked(system, one, case_id(), 1), "a stream that does not exist is at version 0"
    assert linked(system, one, case_id(), 0)
    assert len(system.store.load(one)) == 3


def test_a_batch_holds_those_that_depend_on_others_apart(system: System) -> None:
    one, other, third = case_id(), case_id(), case_id()
    items = [
        appends(one, 0)._replace(provided=((third, 7),)),
        appends(other, 0),
        appends(third, 0)._replace(provided=((other, 1),)),
    ]
    assert [type(done) for done in system.store.append_many(items)] == [Conflict, Appended, Appended]


def circles(system: System, pairs: int, *, guarded: bool) -> int:
    """How many pairs of streams end up both written to, each on condition that the other was not."""

    async def both(one: str, other: str) -> int:
        async def link(mine: str, theirs: str) -> int:
            item = appends(mine, 0)._replace(provided=((theirs, 0),) if guarded else ())
            try:
                await system.store.aio.append(item)
            except Conflict:
                return 0
            return 1

        return sum(await asyncio.gather(link(one, other), link(other, one))) == 2

    async def all_pairs() -> int:
        return sum([await both(*streams) for streams in ((case_id(), case_id()) for _ in range(pairs))])

    return asyncio.run(all_pairs())


def test_two_that_depend_on_each_other_at_the_same_moment_are_not_both_written(system: System) -> None:
    assert circles(system, 20, guarded=True) == 0


def test_the_check_finds_those_that_are(system: System) -> None:
    assert circles(system, 5, guarded=False) == 5


def by_reporter(stream: str, expected: int, receipt: bytes | None = None) -> Append:
    return appends(stream, expected)._replace(by_reporter=ByReporter(receipt))


def hours_told(system: System, after: int) -> set[str]:
    """The times of day (London) at which the log says that what comes after a position was written."""
    entries = (entry for entry in whole_log(system) if entry.position > after)
    return {f"{entry.written_at.astimezone(LONDON):%H:%M:%S}" for entry in entries}


def test_what_a_reporter_does_tells_no_time_of_day(new_system: Callable[..., System]) -> None:
    system = new_system(synthetic=True)
    yesterday = datetime.now(UTC) - timedelta(days=2)
    first = appends(case_id(), 0)
    written = first.events[0]._replace(written_at=yesterday)
    start = system.store.append(first._replace(events=(written,))).position
    stream, receipt = case_id(), bytes(range(32))
    asyncio.run(system.store.aio.append(by_reporter(stream, 0, receipt)))
    asyncio.run(system.store.aio.append(by_reporter(stream, 1)))
    assert hours_told(system, start) == {"00:00:00"}
    assert rises(entry.written_at for entry in whole_log(system))
    assert not faults(whole_log(system))
    system.store.append(appends(case_id(), 0))
    assert hours_told(system, start) != {"00:00:00"}, "the check sees a time of day where it is told"


def test_after_another_event_only_the_order_of_the_log_bounds_when_a_reporter_wrote(system: System) -> None:
    last = system.store.append(appends(case_id(), 0))
    done = asyncio.run(system.store.aio.append(by_reporter(case_id(), 0, bytes(32))))
    assert done.written_at - last.written_at == timedelta(microseconds=1)
    assert done.position == last.position + 1


def test_a_receipt_opens_one_stream_and_is_kept_with_its_report(system: System) -> None:
    stream, receipt = case_id(), bytes([7] * 32)
    asyncio.run(system.store.aio.append(by_reporter(stream, 0, receipt)))
    with system.connect("candour_writer") as writer:
        assert writer.execute("SELECT digest, stream_id FROM candour.receipts").fetchall() == [(receipt, stream)]
    with pytest.raises(psycopg.errors.UniqueViolation):
        asyncio.run(system.store.aio.append(by_reporter(case_id(), 0, receipt)))
    with pytest.raises(Conflict):
        asyncio.run(system.store.aio.append(by_reporter(stream, 0, bytes([8] * 32))))
    with system.connect("candour_writer") as writer:
        assert writer.execute("SELECT count(*) FROM candour.receipts").fetchone() == (1,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            writer.execute("DELETE FROM candour.receipts")


def together(one: str, other: str, *, expected: int, version: int) -> Append:
    """An append to `one` with another one to `other` in the same commit, each on condition of its version."""
    more = appends(other, version, RECORDED)
    return appends(one, expected, RECORDED)._replace(provided=((other, version),), also=(more,))


@pytest.mark.parametrize("aio", [True, False])
def test_two_streams_are_written_in_one_commit_or_not_at_all(system: System, aio: bool) -> None:
    def append(item: Append) -> Appended:
        return asyncio.run(system.store.aio.append(item)) if aio else system.store.append(item)

    def versions() -> tuple[int, int]:
        return len(system.store.load(one)), len(system.store.load(other))

    one, other = case_id(), case_id()
    system.store.append_many([appends(one, 0), appends(other, 0)])
    done = append(together(one, other, expected=1, version=1))
    assert (done.stream, done.version, versions()) == (one, 2, (2, 2))
    assert done.position == system.store.head().position, "who waits for it waits for both"
    with pytest.raises(Conflict) as moved:
        append(together(one, other, expected=2, version=1))
    assert (moved.value.current, versions()) == (2, (2, 2)), "the other one has moved: the same version, try again"
    with pytest.raises(Conflict) as stale:
        append(together(one, other, expected=1, version=2))
    assert (stale.value.current, versions()) == (2, (2, 2)), "nothing was written to the other one either"
    assert not faults(whole_log(system))
