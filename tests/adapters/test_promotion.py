"""Two builds side by side: what differs is reported, waits, and is promoted with a reason that stays on record."""

from datetime import timedelta
from random import Random
from typing import Any

import crawling
import psycopg
import pytest
from asking import ask, project, projecting
from crawling import killed, started
from log_entries import appends, case_id
from psycopg import sql
from scenario import RECEIVED, reported

from adapters.postgres import builds
from adapters.postgres import projecting as running
from adapters.postgres.builds import Build
from adapters.postgres.difference import Difference, Sample, difference
from adapters.postgres.projecting import NothingWaits
from adapters.postgres.projector import Busy, Projector
from adapters.postgres.read_model import ReadModel, promoted
from adapters.postgres.readers import NotReady
from adapters.promoting import NeedsReason, promote
from adapters.system import System
from domain.case.recording import IncidentRegistered
from domain.event import Purpose, Role
from domain.promotion import Differences, ProjectionPromoted
from projections.case_facts import CaseFacts, case_facts
from projections.projection import Projection

STREAMS = 30
REASON = "Rows had been changed by hand."


@pytest.fixture
def filled(system: System) -> System:
    write(system, STREAMS)
    project(system)
    return system


def write(system: System, count: int) -> list[str]:
    streams = [case_id() for _ in range(count)]
    system.store.append_many([appends(stream, 0, reported(RECEIVED)) for stream in streams])
    system.store.append_many([appends(stream, 1, IncidentRegistered()) for stream in streams])
    return streams


def doctored(system: System, statement: str) -> int:
    """Rows of the build in use changed by hand; how many."""
    with system.connect("candour_projector") as connection:
        found = promoted(connection, case_facts.name)
        assert found is not None
        model = ReadModel(case_facts, found[0])
        names = {"table": model.name(model.table), "history": model.name(model.history)}
        return connection.execute(sql.SQL(statement).format(**names)).rowcount  # type: ignore[arg-type]


def rebuilt(system: System) -> running.Rebuilt:
    """As `candour projections rebuild` does it, beside whoever follows."""
    projector = system.projector(case_facts)
    with projector.connection:
        running.take_for_rebuild(projector)
        return running.rebuild_and_compare(system.conninfo("candour_projector"), projector)


def all_builds(system: System) -> list[Build]:
    with system.connect("candour_reader") as connection:
        return builds.builds(connection, case_facts.name)


def in_use(system: System) -> str:
    used = builds.in_use(all_builds(system))
    assert used is not None
    return used.name


def decisions(system: System) -> list[Any]:
    return system.store.load("projection-case_facts")


FIRST = "(SELECT min(case_id) FROM {table})"
DOCTORED = {
    "a value": (
        f"UPDATE {{table}} SET outcome = 99 WHERE case_id = {FIRST}",
        (0, 0, 1),
        (0, 0, 0),
        {"outcome": 1},
        (None, "outcome", 99, None),
    ),
    "a row gone": (f"DELETE FROM {{table}} WHERE case_id = {FIRST}", (0, 1, 0), (0, 0, 0), {}, None),
    "a row twice": (
        f'INSERT INTO {{table}} SELECT (jsonb_populate_record(t, \'{{{{"case_id": "case-0"}}}}\')).* FROM {{table}} t'
        f" WHERE case_id = {FIRST}",
        (1, 0, 0),
        (0, 0, 0),
        {},
        None,
    ),
    "a version": (
        f"UPDATE {{history}} SET outcome = 7 WHERE to_position IS NOT NULL AND case_id = {FIRST}",
        (0, 0, 0),
        (0, 0, 1),
        {"outcome": 1},
        None,
    ),
    "an end": (
        f"UPDATE {{history}} SET to_position = to_position + 1 WHERE to_position IS NOT NULL AND case_id = {FIRST}",
        (0, 0, 0),
        (0, 0, 1),
        {"to_position": 1},
        None,
    ),
    "versions gone": ("DELETE FROM {history} WHERE to_position IS NOT NULL", (0, 0, 0), (0, STREAMS, 0), {}, None),
}


@pytest.mark.parametrize("name", DOCTORED)
def test_what_differs_is_counted_and_shown(filled: System, name: str) -> None:
    statement, rows, versions, columns, shown = DOCTORED[name]
    assert doctored(filled, statement) > 0
    write(filled, 2)  # the one in use has not come that far: both are compared as of where it stands
    done = rebuilt(filled)
    found = done.difference
    assert found is not None
    assert (done.agrees, found.agrees, found.digests) == (False, False, True)
    assert (found.rows[2:], found.versions[2:], found.columns) == (rows, versions, columns)
    assert found.position == filled.store.head().position - 4
    if shown is not None:
        assert [each[1:] for each in found.sample] == [shown]
    assert str(found) in {build.differs for build in all_builds(filled)}


def test_the_sample_is_of_the_size_that_was_asked_for(filled: System) -> None:
    doctored(filled, "UPDATE {table} SET outcome = 99")
    rebuilt(filled)
    used, beside = all_builds(filled)
    with filled.connect("candour_reader") as connection:
        found = difference(connection, case_facts.name, used.name, beside.name, 3)
    assert len(found.sample) == 3
    assert found.rows.changed == STREAMS
    assert all(isinstance(each, Sample) and each.before == 99 for each in found.sample)


def test_one_that_differs_waits_until_a_reason_is_given_and_that_stays_on_record(filled: System) -> None:
    doctored(filled, "UPDATE {table} SET outcome = 99")
    before = in_use(filled)
    assert rebuilt(filled).agrees is False
    assert in_use(filled) == before
    head = filled.store.head().position
    for _ in range(2):
        with pytest.raises(NeedsReason, match="30 present rows differ"):
            promote(filled, case_facts, None, "staff-1")
    assert (in_use(filled), decisions(filled), filled.store.head().position) == (before, [], head)
    write(filled, 1)
    found, written = promote(filled, case_facts, REASON, "staff-1")
    assert found is not None
    assert written is not None
    [entry] = decisions(filled)
    [build] = all_builds(filled)
    event = entry.event
    assert isinstance(event, ProjectionPromoted)
    assert (entry.actor, entry.role, entry.purpose, entry.force) == (
        "staff-1", Role.ADMINISTRATOR, Purpose.ADMINISTRATION, "*"
    )  # fmt: skip
    assert (event.before, event.after, event.build_id, event.because) == (before, build.name, build.id, REASON)
    assert (event.rows, event.position) == (Differences(only_before=0, only_after=0, changed=STREAMS), head + 2)
    assert (entry.position, build.promoted, build.differs) == (written.position, True, None)
    with pytest.raises(NothingWaits, match="projections rebuild case_facts"):
        promote(filled, case_facts, REASON, "staff-1")
    project(filled)
    assert ask(filled, "unrecorded_backlog")["position"] == entry.position
    assert rebuilt(filled).agrees is True
    assert len(decisions(filled)) == 1, "one that agrees needs none"


def test_a_new_rebuild_takes_the_place_of_one_that_waits(filled: System) -> None:
    doctored(filled, "UPDATE {table} SET outcome = 99")
    assert [rebuilt(filled).agrees for _ in range(3)] == [False] * 3
    assert len(all_builds(filled)) == 2
    assert rebuilt(filled).agrees is False
    assert doctored(filled, "UPDATE {table} SET outcome = NULL") == STREAMS
    assert promote(filled, case_facts, None, "staff-1")[1] is None, "it agrees by now"
    assert decisions(filled) == []


def test_two_cannot_rebuild_or_promote_at_once(filled: System) -> None:
    holder = filled.projector(case_facts)
    with holder.connection:
        holder.lock_rebuild()
        with pytest.raises(Busy, match="rebuilds or promotes"):
            rebuilt(filled)
        with pytest.raises(Busy, match="rebuilds or promotes"):
            promote(filled, case_facts, REASON, "staff-1")
    with projecting(filled):
        assert rebuilt(filled).agrees is True, "whoever follows the log is not in the way"


def test_whoever_follows_goes_on_with_what_was_promoted(filled: System) -> None:
    with projecting(filled) as follower:
        for number in range(1, 4):
            old = follower.model.build
            assert rebuilt(filled).agrees is True
            write(filled, 1)
            if number == 3:
                with filled.connect("candour_projector") as connection:
                    assert builds.sweep(connection, 0) == number
            while follower.step().events:
                pass
            assert follower.model.build == in_use(filled) != old
            assert follower.position() == filled.store.head().position


def test_a_reader_in_the_old_build_is_not_disturbed(filled: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the negative control: a promotion that removes the old build at once ends under its readers."""

    def reads() -> int:
        with filled.connect("candour_reader") as reader, reader.transaction():
            reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            found = promoted(reader, case_facts.name)
            assert found is not None
            assert rebuilt(filled).agrees is True
            with filled.connect("candour_projector") as connection:
                builds.sweep(connection)
            model = ReadModel(case_facts, found[0])
            return reader.execute(sql.SQL("SELECT count(*) FROM {}").format(model.name(model.table))).fetchone()[0]  # type: ignore[index]

    assert reads() == STREAMS
    sound = builds.put_in_use

    def at_once(connection: Any, projection: str, build: str) -> None:
        gone = [each.name for each in builds.builds(connection, projection) if each.name != build]
        sound(connection, projection, build)
        for name in gone:
            builds.discard(connection, projection, name)

    monkeypatch.setattr(builds, "put_in_use", at_once)
    with pytest.raises(psycopg.errors.UndefinedTable):
        reads()


def test_what_was_replaced_goes_after_a_while_only(filled: System) -> None:
    assert rebuilt(filled).agrees is True
    query = "SELECT count(*) FROM pg_tables WHERE schemaname = 'candour_read' AND tablename LIKE 'case_facts%'"
    with filled.connect("candour_projector") as connection:
        assert (builds.sweep(connection), connection.execute(query).fetchone()) == (0, (4,))
        late = timedelta(seconds=builds.GRACE_SECONDS + 1)
        connection.execute("UPDATE candour.read_models SET retired_at = retired_at - %s", (late,))
        with filled.connect("candour_reader") as reader, reader.transaction():
            table = connection.execute("SELECT build FROM candour.read_models WHERE retired_at IS NOT NULL").fetchone()
            assert table is not None
            reader.execute(sql.SQL("SELECT FROM candour_read.{}").format(sql.Identifier(f"case_facts_{table[0]}")))
            assert builds.sweep(connection) == 0, "somebody looks at it all the same"
        assert (builds.sweep(connection), connection.execute(query).fetchone()) == (1, (2,))


def test_a_promotion_killed_at_any_moment_is_done_or_not_and_never_twice(filled: System) -> None:
    draw = Random(6)
    for number in range(8):
        doctored(filled, "UPDATE {table} SET outcome = 99")
        assert rebuilt(filled).agrees is False
        before = in_use(filled)
        killed(started(crawling.promote, filled, f"round {number}"), draw.uniform(0, 0.12))
        decided = len(decisions(filled)) - number
        assert decided in (0, 1)
        assert decided == 1 or in_use(filled) == before, "nothing is put in use without a decision on record"
        if in_use(filled) == before:
            written = retried(filled)
            assert (written is None) == (decided == 1), "a decision is not asked for twice"
        assert in_use(filled) != before
        assert len(decisions(filled)) == number + 1
        with filled.connect("candour_projector") as connection:
            builds.sweep(connection, 0)
        assert sum(build.promoted for build in all_builds(filled)) == 1
    project(filled)
    assert rebuilt(filled).agrees is True


def retried(system: System) -> Any:
    while True:
        try:
            return promote(system, case_facts, "again", "staff-1")[1]
        except Busy:  # the backend of one that was killed has not yet noticed
            continue


def test_a_decision_is_carried_out_at_the_next_start(filled: System, monkeypatch: pytest.MonkeyPatch) -> None:
    doctored(filled, "UPDATE {table} SET outcome = 99")
    rebuilt(filled)
    before = in_use(filled)

    def dies(_: Projector) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Projector, "switch", dies)
        with pytest.raises(KeyboardInterrupt):
            promote(filled, case_facts, REASON, "staff-1")
    assert in_use(filled) == before
    project(filled)
    assert in_use(filled) != before
    assert len(decisions(filled)) == 1


def another_version(**changes: Any) -> Projection[CaseFacts]:
    """The same projection in its next version, with other handlers."""
    following = Projection(
        "case_facts", row=CaseFacts, version=case_facts.version + 1, of="case-", opens=case_facts.opens
    )
    following.derived.extend(case_facts.derived)
    following._handlers.update(case_facts._handlers)
    following._handlers.update(changes.get("handlers", {}))
    return following


OTHERWISE = {"outcome", "status", "registered_at", "registered_at_precision", "incident_to_crime_conversion"}


def test_a_new_version_that_tells_the_same_is_promoted_by_itself(filled: System) -> None:
    write(filled, 3)  # which only the new version takes in
    projector = filled.projector(another_version())
    with projector.connection:
        projector.lock()
        projector.prepare()
        projector.catch_up()
    assert in_use(filled).startswith(projector.projection.signature)


def test_a_new_version_that_tells_otherwise_waits_while_the_old_one_is_read(filled: System) -> None:
    def otherwise(*_: object) -> Any:
        return {"outcome": 5}

    following = another_version(handlers={IncidentRegistered: otherwise})
    before = in_use(filled)
    for _ in range(2):  # a second start changes nothing
        projector = filled.projector(following)
        with projector.connection:
            projector.lock()
            projector.prepare()
            projector.catch_up()
        assert in_use(filled) == before
    assert ask(filled, "unrecorded_backlog")["value"] == STREAMS, "the old software goes on"
    [waits] = [build for build in all_builds(filled) if not build.promoted]
    assert waits.differs == f"{STREAMS} present rows differ; {STREAMS} versions differ"
    found, written = promote(filled, following, "The outcome of an incident is now told.", "staff-1")
    assert found is not None
    assert written is not None
    assert (found.rows.changed, set(found.columns)) == (STREAMS, OTHERWISE)
    assert isinstance(found, Difference)
    assert in_use(filled) == waits.name
    with pytest.raises(NotReady):
        ask(filled, "unrecorded_backlog")
