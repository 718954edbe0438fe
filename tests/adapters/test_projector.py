"""The projector: agrees with the replica, keeps whole histories, stops before what it cannot fold, comes back."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from asking import UNSHRUNK, ask, fresh, project, projecting
from duty_histories import owing
from histories import Told, histories, log, write
from hypothesis import given, settings
from hypothesis import strategies as st
from log_entries import appends, case_id
from psycopg import sql
from read_tables import faults, tables
from scenario import RECEIVED, reported

from adapters.postgres import projecting as running
from adapters.postgres.projector import Busy, ProjectionFailed, Projector
from adapters.postgres.question import BadQuestion
from adapters.postgres.read_model import ReadModel
from adapters.postgres.readers import NotReady
from adapters.system import System
from domain.case.recording import IncidentRegistered
from projections.case_facts import CaseFacts, case_facts
from projections.duties import duties
from projections.projection import Keyed, Replica

GENEROUS = 20.0


PAGES = st.lists(st.integers(1, 6), min_size=1, max_size=8)


@settings(UNSHRUNK, max_examples=12)
@given(told=histories(most=6), pages=PAGES)
def test_both_interpreters_agree(new_system: Callable[..., System], told: list[Told], pages: list[int]) -> None:
    must_agree(new_system, case_facts, told, pages)


@settings(UNSHRUNK, max_examples=12)
@given(told=owing(), pages=PAGES)
def test_both_interpreters_agree_on_several_rows(
    new_system: Callable[..., System], told: list[Told], pages: list[int]
) -> None:
    must_agree(new_system, duties, told, pages)


def test_a_page_that_forgets_what_came_before_it_is_noticed(
    new_system: Callable[..., System], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: the streams of a page are folded from its first event on, not from their own."""
    whole = Projector._whole

    def only_this_page(self: Projector, streams: set[str], upto: int) -> Any:
        return {stream: entries[-1:] for stream, entries in whole(self, streams, upto).items()}

    monkeypatch.setattr(Projector, "_whole", only_this_page)

    @settings(UNSHRUNK, max_examples=12)
    @given(told=owing())
    def agrees(told: list[Told]) -> None:
        must_agree(new_system, duties, told, [1])

    with pytest.raises(AssertionError):
        agrees()


def must_agree(new_system: Callable[..., System], projection: Keyed[Any], told: list[Told], pages: list[int]) -> None:
    with fresh(new_system) as system:
        entries = write(system, told)
        with projecting(system, projection) as projector:
            for page in pages:
                projector.step(page)
            while projector.step(pages[-1]).events:
                pass
            projector.promote()
        replica: Replica[Any] = Replica(projection)
        replica.follow(entries)
        rows, history = tables(system, projection)
        assert rows == replica.rows
        ends = {
            key: [
                (version.position, after.position if after else None, version.row)
                for version, after in zip(versions, [*versions[1:], None], strict=True)
                if version.row is not None
            ]
            for key, versions in replica.history.items()
        }
        assert history == {key: versions for key, versions in ends.items() if versions}
        assert not faults(system, projection)


@pytest.mark.parametrize(
    ("doctored", "fault"),
    [
        ("UPDATE {} SET to_position = to_position + 1 WHERE to_position IS NOT NULL", "overlap"),
        ("UPDATE {} SET to_position = to_position - 1 WHERE to_position IS NOT NULL", "nothing is known"),
        ("UPDATE {} SET to_position = 99 WHERE to_position IS NULL", "open version"),
        ("UPDATE {} SET status = 'recorded' WHERE to_position IS NULL", "open version"),
    ],
)
def test_a_doctored_history_is_noticed(system: System, doctored: str, fault: str) -> None:
    """Negative control of the check of the history table."""
    stream = case_id()
    system.store.append(appends(stream, 0, reported(RECEIVED)))
    system.store.append(appends(case_id(), 0, reported(RECEIVED)))
    system.store.append(appends(stream, 1, IncidentRegistered()))
    project(system)
    assert not faults(system)
    history = ReadModel(case_facts).history
    with system.connect("candour_projector") as connection:
        connection.execute(sql.SQL(doctored).format(sql.Identifier("candour_read", history)))  # type: ignore[arg-type]
    assert any(fault in found for found in faults(system))


def test_a_second_projector_is_turned_away_and_nothing_is_applied_twice(system: System) -> None:
    system.store.append_many([appends(case_id(), 0, reported(RECEIVED)) for _ in range(30)])
    with projecting(system) as first:
        other = system.projector(case_facts)
        with other.connection, pytest.raises(Busy, match="another process runs the projection"):
            other.lock()
        first.step(10)
    # Even one that ignores the lock waits for the row and goes on behind it.
    with projecting(system) as first, system.connect("candour_projector") as connection:
        second = Projector(connection, case_facts, first.model)
        racers = [threading.Thread(target=exhaust, args=(one,)) for one in (first, second)]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join()
        first.promote()
    assert not faults(system)
    replica: Replica[CaseFacts] = Replica(case_facts)
    replica.follow(log(system))
    assert tables(system)[0] == replica.rows


def exhaust(projector: Projector) -> None:
    while projector.step(3).events:
        pass


def failed(system: System) -> tuple[int, str | None]:
    with system.connect("candour_reader") as reader:
        return reader.execute("SELECT position, failed FROM candour.read_models").fetchone()  # type: ignore[return-value]


def test_a_failing_event_stops_the_projection_before_it(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    streams = [case_id() for _ in range(9)]
    system.store.append_many([appends(stream, 0, reported(RECEIVED)) for stream in streams])
    position = system.store.append(appends(streams[4], 1, IncidentRegistered())).position
    system.store.append(appends(streams[5], 1, IncidentRegistered()))
    with projecting(system) as projector, monkeypatch.context() as patch:
        sound = case_facts._handlers[IncidentRegistered]

        def stumbling(row: CaseFacts, entry: Any, event: Any) -> Any:
            if entry.position == position:
                raise ArithmeticError("it cannot be counted")
            return sound(row, entry, event)

        patch.setitem(case_facts._handlers, IncidentRegistered, stumbling)
        with pytest.raises(ProjectionFailed, match=f"position {position}.*it cannot be counted"):
            projector.catch_up()
        assert projector.position() == position - 1
        with pytest.raises(ProjectionFailed):
            projector.step()
        at, because = failed(system)
        assert at == position - 1
        assert because is not None
        assert "it cannot be counted" in because
    with projecting(system) as projector:
        projector.catch_up()
    assert failed(system) == (position + 1, None)
    assert not faults(system)
    replica: Replica[CaseFacts] = Replica(case_facts)
    replica.follow(log(system))
    assert tables(system)[0] == replica.rows


def test_a_read_model_that_does_not_fit_the_log_stops_too(system: System) -> None:
    """An error that the database raises about the data is a failure as well, and not a lost connection."""
    system.store.append(appends(case_id(), 0, reported(RECEIVED)))
    with projecting(system) as projector:
        history = projector.model.name(projector.model.history)
        projector.connection.execute(sql.SQL("ALTER TABLE {} ADD CHECK (status <> 'reported')").format(history))
        with pytest.raises(ProjectionFailed):
            projector.catch_up()
    assert failed(system)[1] is not None


@contextmanager
def following(system: System) -> Iterator[list[str]]:
    """A projector that follows the log in a thread of its own; what it had to say."""
    stopping, said = threading.Event(), []  # type: ignore[var-annotated]
    thread = threading.Thread(
        target=running.follow_for_ever,
        args=(
            lambda: system.connect("candour_projector"),
            system.conninfo("candour_projector"),
            case_facts,
            stopping.is_set,
            lambda text, **_: said.append(text),
        ),
    )
    thread.start()
    try:
        yield said
    finally:
        stopping.set()
        thread.join(GENEROUS)
        assert not thread.is_alive()


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + GENEROUS
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.01)


def reaches(system: System, position: int) -> None:
    def there() -> bool:
        try:
            return system.metrics.standing().position >= position
        except NotReady:
            return False

    eventually(there)


def test_an_append_becomes_visible_through_a_projector_that_follows(system: System) -> None:
    with following(system):
        reaches(system, 1)
        for number in range(1, 21):
            done = system.store.append(appends(case_id(), 0, reported(RECEIVED)))
            answer = ask(system, "unrecorded_backlog", min_position=done.position, wait=GENEROUS)
            assert answer["value"] == number
            assert answer["position"] >= done.position
    assert not faults(system)


def test_a_follower_whose_connection_is_killed_comes_back(system: System) -> None:
    with following(system) as said:
        reaches(system, 1)
        for number in range(1, 3):
            with system.connect("admin") as admin:
                killed = admin.execute(
                    "SELECT bool_and(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND database"
                    " = (SELECT oid FROM pg_database WHERE datname = current_database()) AND objid::int8 ="
                    " hashtext('candour.projection.case_facts')::int8 & 4294967295"
                ).fetchone()
                assert killed == (True,)
            done = system.store.append(appends(case_id(), 0, reported(RECEIVED)))
            reaches(system, done.position)
            assert ask(system, "unrecorded_backlog")["value"] == number
        assert said.count("projector_lost_the_database") == 2


def test_a_question_waits_for_ones_own_writes_and_says_when_they_are_not_there(system: System) -> None:
    project(system)
    done = system.store.append(appends(case_id(), 0, reported(RECEIVED)))
    assert ask(system, "unrecorded_backlog")["value"] == 0, "negative control: without min_position the old is shown"
    started = time.monotonic()
    with pytest.raises(NotReady, match=f"have reached position {done.position - 1}, the log {done.position}"):
        ask(system, "unrecorded_backlog", min_position=done.position, wait=0.2)
    assert time.monotonic() - started >= 0.2
    late = threading.Timer(0.3, project, (system,))
    late.start()
    assert ask(system, "unrecorded_backlog", min_position=done.position, wait=GENEROUS)["value"] == 1
    late.join()
    with pytest.raises(BadQuestion, match="has not been written yet"):
        ask(system, "unrecorded_backlog", min_position=done.position + 1, wait=0.2)


def test_before_anything_is_built_there_is_no_figure(system: System) -> None:
    with pytest.raises(NotReady, match="being built"):
        ask(system, "unrecorded_backlog")
