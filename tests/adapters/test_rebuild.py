"""A rebuild gives what following gave; readers go on meanwhile; what is killed is taken up and comes out right."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import crawling
import psycopg
import pytest
from asking import OF_CASES, UNSHRUNK, ask, differences, fresh, project, projecting, raw
from crawling import killed, started
from duty_histories import owing
from histories import Told, histories, log, write
from hypothesis import given, settings
from hypothesis import strategies as st
from log_entries import appends, case_id
from psycopg import sql
from read_tables import faults, tables
from scenario import RECEIVED, reported

from adapters import simulator
from adapters.eventstore.codec import UnknownEvent
from adapters.eventstore.recorder import NewRow
from adapters.postgres import builds, rebuild
from adapters.postgres import projecting as running
from adapters.postgres.difference import content
from adapters.postgres.projector import ProjectionFailed
from adapters.postgres.read_model import ReadModel
from adapters.postgres.readers import NotReady
from adapters.promoting import promote
from adapters.system import System
from application.simulation import Plan
from projections.case_facts import CaseFacts, case_facts
from projections.duties import duties
from projections.projection import Keyed, Projection, Replica

STATE = '{"at": "2024-03", "actor": "a", "role": "recorder", "purpose": "audit", "data": {}}'
PLAN = Plan(("kent", "essex"), 50, 5, date(2025, 4, 1), months=6, unauthorised=0.1, factually_wrong=0.1)


@pytest.fixture(autouse=True)
def _by_streams(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Short as these logs are, they are read as long ones are: stream by stream, in several processes."""
    if "doctored" not in request.node.name:  # there it is the comparison that counts
        monkeypatch.setattr(running, "WORTH_IT", 1)


def rebuilt(system: System, projection: Keyed[Any] = case_facts) -> bool | None:
    """Rebuild, compare, and promote if the two agree; whether they do."""
    with projecting(system, projection) as projector:
        return running.rebuild_and_compare(system.conninfo("candour_projector"), projector).agrees


@pytest.fixture
def simulated(synthetic: System, tmp_path: Path) -> System:
    simulator.write(synthetic, PLAN, tmp_path / "truth.json")
    return synthetic


def unattended(system: System) -> list[str]:
    """The tables of read models that the server does not vacuum by itself."""
    with system.connect("admin") as admin:
        query = "SELECT relname FROM pg_class WHERE 'autovacuum_enabled=off' = ANY (reloptions)"
        return [name for (name,) in admin.execute(query).fetchall()]


def must_be_sound(system: System) -> None:
    """The read model is that of a replica and of a fresh rebuild, and its figures are those of the oracle."""
    replica: Replica[CaseFacts] = Replica(case_facts)
    replica.follow(log(system))
    assert tables(system)[0] == replica.rows
    assert not faults(system)
    assert rebuilt(system) is True
    assert unattended(system) == []
    events = raw(system)
    asked: list[tuple[str, dict[str, Any]]] = [(name, {"by": "force"}) for name in OF_CASES]
    asked += [(name, {"known_at": len(events) // 2}) for name in OF_CASES]
    assert not differences(system, events, asked)


def must_become_sound(system: System) -> None:
    project(system, 50)
    must_be_sound(system)


@settings(UNSHRUNK, max_examples=3)
@given(told=histories(least=3, most=10), page=st.integers(1, 9))
def test_a_rebuild_is_what_following_gave(new_system: Callable[..., System], told: list[Told], page: int) -> None:
    with fresh(new_system) as system:
        write(system, told)
        project(system, page)
        before = tables(system)
        assert rebuilt(system) is True
        assert tables(system) == before


@settings(UNSHRUNK, max_examples=3)
@given(told=owing(most=8), page=st.integers(1, 9))
def test_a_rebuild_of_several_rows_is_what_following_gave(
    new_system: Callable[..., System], told: list[Told], page: int
) -> None:
    with fresh(new_system) as system:
        write(system, told)
        with projecting(system, duties) as projector:
            while projector.step(page).events:
                pass
            projector.promote()
        before = tables(system, duties)
        assert rebuilt(system, duties) is True
        assert tables(system, duties) == before


@pytest.mark.parametrize(
    "doctored",
    ["UPDATE {table} SET is_open = NOT is_open", "DELETE FROM {history} WHERE to_position IS NULL"],
)
def test_a_rebuild_of_several_rows_notices_what_was_doctored(system: System, doctored: str) -> None:
    system.store.append_many([appends(case_id(), 0, reported(RECEIVED)) for _ in range(9)])
    with projecting(system, duties) as projector:
        projector.catch_up()
        names = {"table": projector.model.name(projector.model.table)}
        names["history"] = projector.model.name(projector.model.history)
        assert projector.connection.execute(sql.SQL(doctored).format(**names)).rowcount == 9  # type: ignore[arg-type]
    assert rebuilt(system, duties) is False
    assert rebuilt(system, duties) is False, "it was not promoted"
    promote(system, duties, "Rows were doctored.", "staff-1")
    assert rebuilt(system, duties) is True


@pytest.mark.parametrize(
    "doctored",
    [
        "UPDATE {table} SET outcome = 99 WHERE case_id = (SELECT min(case_id) FROM {table})",
        "UPDATE {history} SET recording_delay_seconds = 1 WHERE to_position IS NOT NULL",
        "DELETE FROM {history} WHERE to_position IS NOT NULL",
        "UPDATE candour.read_models SET digest = reverse(digest)",
    ],
)
def test_a_rebuild_notices_what_was_doctored(simulated: System, doctored: str) -> None:
    """Negative control, and what an operator is told."""
    project(simulated)
    model = ReadModel(case_facts)
    names = {"table": model.name(model.table), "history": model.name(model.history)}
    with simulated.connect("candour_projector") as connection:
        assert connection.execute(sql.SQL(doctored).format(**names)).rowcount > 0  # type: ignore[arg-type]
    assert rebuilt(simulated) is False
    assert rebuilt(simulated) is False, "it was not promoted"
    promote(simulated, case_facts, "Rows were doctored.", "staff-1")
    assert rebuilt(simulated) is True


def test_what_an_unfinished_rebuild_left_does_not_stay(simulated: System, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed_here(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(rebuild, "_finish", killed_here)
        with pytest.raises(KeyboardInterrupt):
            rebuilt(simulated)
    assert unattended(simulated), "while it is filled"
    must_become_sound(simulated)


def test_a_projector_killed_twenty_times_comes_out_right(simulated: System) -> None:
    draw = Random(20)
    halfway = 0
    for number in range(20):
        process = started(crawling.crawl, simulated, 1)
        halfway += killed(process, draw.uniform(0, 0.03) if number % 4 else 0)
    assert halfway >= 10, "too few were killed at work"
    must_become_sound(simulated)


@pytest.mark.parametrize("atomic", [True, False])
def test_rows_and_position_move_together(simulated: System, atomic: bool) -> None:
    """Negative control: without the transaction a kill between the rows and the position is noticed."""
    killed(started(crawling.crawl, simulated, 20, atomic=atomic, die_at=5), crawling.PATIENCE)
    if atomic:
        must_become_sound(simulated)
        return
    with pytest.raises((AssertionError, ProjectionFailed)):
        must_become_sound(simulated)


def test_a_rebuild_killed_is_taken_up(simulated: System) -> None:
    draw = Random(3)
    for _ in range(3):
        killed(started(crawling.rebuild, simulated), draw.uniform(0.1, 1.2))
    must_become_sound(simulated)
    killed(started(crawling.rebuild, simulated), draw.uniform(0.1, 1.2))
    assert ask(simulated, "unrecorded_backlog")["position"] == simulated.store.head().position
    must_be_sound(simulated)


def test_an_event_that_a_rebuild_cannot_read_is_said(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    system.store.append(appends(case_id(), 0, reported(RECEIVED)))
    system.store.recorder.append([NewRow(case_id(), 1, "unheard_of.v1", uuid4(), "kent", STATE)])
    with projecting(system) as projector, pytest.raises((ProjectionFailed, UnknownEvent)):
        running.catch_up(system.conninfo("candour_projector"), projector)
    with system.connect("candour_reader") as reader:
        found = reader.execute("SELECT position, promoted, failed FROM candour.read_models").fetchall()
    assert [(position, promoted) for position, promoted, _ in found] == [(0, False)]
    assert "unheard_of.v1" in str(found[0][2])


def bumped() -> Projection[CaseFacts]:
    """The same projection in its next version."""
    following = Projection("case_facts", row=CaseFacts, version=case_facts.version + 1, opens=case_facts.opens)
    following.derived.extend(case_facts.derived)
    following._handlers.update(case_facts._handlers)
    return following


def test_a_new_version_is_built_beside_the_old_one_while_readers_go_on(system: System) -> None:
    system.store.append_many([appends(case_id(), 0, reported(RECEIVED)) for _ in range(30)])
    project(system)
    old, new = ReadModel(case_facts), ReadModel(bumped())
    with projecting(system, new.projection) as projector:
        assert projector.model.build == new.build != old.build
        while projector.step(10).events:
            assert ask(system, "unrecorded_backlog")["value"] == 30
        assert existing(system) == {old.table, old.history, new.table, new.history}
        assert content(projector.connection, old)[1] == content(projector.connection, new)[1] == 30
        assert projector.promote()
        assert existing(system) == {old.table, old.history, new.table, new.history}, "somebody may still be reading"
        assert builds.sweep(projector.connection) == 0
        assert builds.sweep(projector.connection, 0) == 1
    assert existing(system) == {new.table, new.history}
    with pytest.raises(NotReady, match="being built"):
        ask(system, "unrecorded_backlog")
    with system.connect("candour_reader") as reader, pytest.raises(psycopg.errors.UndefinedTable):
        reader.execute(sql.SQL("SELECT FROM {}").format(old.name(old.table)))


def existing(system: System) -> set[str]:
    with system.connect("admin") as admin:
        found = admin.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'candour_read'").fetchall()
    return {str(name) for (name,) in found}


def test_a_build_that_is_told_to_stop_stops_and_is_begun_again(
    simulated: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []

    def after_two_parts() -> bool:
        told.append(1)
        return len(told) > 4

    def connect() -> "psycopg.Connection[Any]":
        return simulated.connect("candour_projector")

    conninfo = simulated.conninfo("candour_projector")
    running.follow_for_ever(connect, conninfo, case_facts, after_two_parts, lambda *_, **__: None)
    with simulated.connect("candour_reader") as reader:
        assert reader.execute("SELECT position, promoted FROM candour.read_models").fetchall() == [(0, False)]
    must_become_sound(simulated)
