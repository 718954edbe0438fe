"""A read model that skipped, doubled or altered one event is red, and the event is named, even at lag 0."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import psycopg
import pytest
from asking import projecting
from log_entries import appends, case_id
from psycopg import sql
from scenario import RECEIVED, reported

from adapters.eventstore import recorder
from adapters.eventstore.codec import Row
from adapters.postgres import builds, completeness, difference, digest
from adapters.postgres import projecting as running
from adapters.postgres.completeness import Fault
from adapters.postgres.projector import Projector
from adapters.postgres.read_model import ReadModel
from adapters.system import System
from domain.case.recording import IncidentRegistered
from projections.case_facts import case_facts
from projections.duties import duties
from projections.projection import Keyed

EVENTS, SPAN = 200, 16
Defect = Callable[[list[Row], int], list[Row]]


def skip(page: list[Row], position: int) -> list[Row]:
    return [row for row in page if row.position != position]


def double(page: list[Row], position: int) -> list[Row]:
    return [row for row in page for _ in range(2 if row.position == position else 1)]


def alter(page: list[Row], position: int) -> list[Row]:
    return [row._replace(force="essex") if row.position == position else row for row in page]


def restamp(page: list[Row], position: int) -> list[Row]:
    return [
        row._replace(written_at=row.written_at.replace(year=2001)) if row.position == position else row for row in page
    ]


DEFECTS = {
    skip: "was skipped",
    double: "was applied 2 times",
    alter: "was applied otherwise than it is in the log",
    restamp: "was applied otherwise than it is in the log",
}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks so small that a short log has many."""
    for module in (digest, completeness, difference):
        monkeypatch.setattr(module, "SPAN", SPAN)


@pytest.fixture
def filled(system: System) -> System:
    write(system, EVENTS)
    return system


def write(system: System, events: int) -> None:
    streams = [case_id() for _ in range(events // 2)]
    system.store.append_many([appends(stream, 0, reported(RECEIVED)) for stream in streams])
    system.store.append_many([appends(stream, 1, IncidentRegistered()) for stream in streams])


@contextmanager
def planted(defect: Defect, *positions: int) -> Iterator[None]:
    """The projector reads the log wrongly at these positions."""
    sound = Projector._fetch

    def fetch(self: Projector, query: str, params: Any) -> list[Row]:
        page = sound(self, query, params)
        for position in positions if query == recorder.LOG else ():
            page = defect(page, position)
        return page

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Projector, "_fetch", fetch)
        yield


def built(system: System, page: int = 7, projection: Keyed[Any] = case_facts) -> None:
    """From nothing, in pages of that size."""
    with system.connect("candour_projector") as connection:
        for build in builds.builds(connection, projection.name):
            builds.discard(connection, projection.name, build.name)
    with projecting(system, projection) as projector:
        while projector.step(page).events:
            pass
        projector.promote()


def looked(system: System, *, whole: bool = False) -> list[Fault]:
    """What a look finds, and what it leaves with the builds."""
    with system.connect("candour_projector") as connection:
        found = completeness.look(connection, whole=whole)
        completeness.mark(connection, found, clear=whole)
    return [fault for faults in found.values() for fault in faults]


def red(system: System) -> str | None:
    with system.connect("candour_reader") as connection:
        used = builds.in_use(builds.builds(connection, case_facts.name))
    assert used is not None
    assert used.position == system.store.head().position, "there is no lag"
    return used.unsound


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.__name__)
def test_one_event_is_named_wherever_it_is(filled: System, defect: Defect) -> None:
    draw = Random(defect.__name__)
    last = filled.store.head().position - 1
    for position in [1, last, SPAN, SPAN + 1, *draw.sample(range(2, last), 5 if defect is restamp else 20)]:
        with planted(defect, position):
            built(filled, draw.randint(2, 40))  # with a page of its own it would only be waited for
        found = looked(filled)
        assert [(fault.projection, fault.first, fault.last) for fault in found] == [("case_facts", position, position)]
        assert DEFECTS[defect] in str(found[0])
        assert red(filled) == f"the event at position {position} {DEFECTS[defect]}"
        assert looked(filled, whole=True) == found
    built(filled)
    assert looked(filled) == []
    assert red(filled) is None


@pytest.mark.usefixtures("small")
def test_a_page_without_a_defect_is_whole_however_it_is_cut(filled: System) -> None:
    """Negative control: nothing is found where nothing is wrong, in pages, in a rebuild, and half way."""
    for page in (1, 5, SPAN, 1000):
        built(filled, page)
        assert looked(filled) == looked(filled, whole=True) == []
    with projecting(filled, duties) as projector:
        projector.step(77)
        assert looked(filled) == looked(filled, whole=True) == []
    write(filled, 50)
    built(filled, 30, duties)
    assert looked(filled) == []


def test_a_sum_without_weights_could_not_name_it(filled: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control of the method: by plain sums alone an altered event has no place."""
    sound = digest.summed

    def unweighted(rows: Any) -> digest.Summed:
        total, blocks = sound(rows)
        return digest.Summed(total, {block: sums._replace(weighted=sums.plain) for block, sums in blocks.items()})

    for module in ("adapters.postgres.projector", "adapters.postgres.completeness"):
        monkeypatch.setattr(f"{module}.summed", unweighted)
    with planted(alter, 42):
        built(filled)
    assert [fault.first for fault in looked(filled)] != [42]


@pytest.mark.usefixtures("small")
def test_faults_far_apart_are_all_named_and_those_together_are_fenced_in(filled: System) -> None:
    with planted(skip, 3, 40, 111):
        built(filled)
    assert [fault.first for fault in looked(filled)] == [3, 40, 111]
    with planted(skip, 35, 40):
        built(filled)
    [fault] = looked(filled)
    assert (fault.first, fault.last) == (33, 48)
    assert "not applied as they are in the log (2 too few)" in str(fault)


@pytest.mark.usefixtures("small")
def test_what_is_altered_in_the_log_itself_shows_to_a_whole_look(filled: System) -> None:
    built(filled)
    assert looked(filled) == []
    with filled.connect("admin") as admin:
        admin.execute("ALTER TABLE candour.events DISABLE TRIGGER USER")
        admin.execute("UPDATE candour.events SET force = 'essex' WHERE position = 50")
    assert looked(filled) == [], "the block was full, and its sums are kept"
    assert [fault.first for fault in looked(filled, whole=True)] == [50]
    assert red(filled) is not None
    assert looked(filled) == []
    assert red(filled) is not None, "a look at the kept sums does not take back what a whole one has found"
    built(filled)
    assert looked(filled, whole=True) == []
    with filled.connect("candour_projector") as connection:
        [fault] = completeness.faults_of_the_log(connection)
    assert (fault.first, fault.last) == (50, 50)
    with filled.connect("admin") as admin:
        admin.execute("DELETE FROM candour.events WHERE position = 60")
    assert [str(fault) for fault in looked(filled, whole=True)] == [
        "the event at position 60 was applied, and is not in the log"
    ]


def test_a_rebuild_that_read_an_altered_event_is_red_and_does_not_replace_what_is_sound(filled: System) -> None:
    built(filled)
    with filled.connect("admin") as admin:
        admin.execute("ALTER TABLE candour.events DISABLE TRIGGER USER")
        admin.execute("UPDATE candour.events SET force = 'essex' WHERE position = 50")
        with projecting(filled) as projector:
            done = running.rebuild_and_compare(filled.conninfo("candour_projector"), projector)
        admin.execute("UPDATE candour.events SET force = 'kent' WHERE position = 50")
    assert done.agrees is False
    assert done.difference is not None
    assert not done.difference.digests
    [fault] = looked(filled)
    assert (fault.first, fault.build) == (50, done.difference.after)
    assert red(filled) is None


def test_what_was_applied_before_sums_were_kept_is_left_out(filled: System, small: None) -> None:
    built(filled)
    with filled.connect("admin") as admin:
        admin.execute("UPDATE candour.read_models SET summed_from = 100")
        admin.execute("DELETE FROM candour.read_model_sums WHERE block < 6")
        admin.execute("UPDATE candour.read_model_sums SET events = 1, plain = 1, weighted = 1 WHERE block = 6")
    assert looked(filled) == looked(filled, whole=True) == []
    with filled.connect("admin") as admin:
        admin.execute("UPDATE candour.read_model_sums SET plain = plain + 1 WHERE block = 7")
    assert [(fault.first, fault.last) for fault in looked(filled)] == [(113, 128)]


def test_rows_doctored_in_the_table_are_for_a_rebuild_to_find(filled: System) -> None:
    """The sums say which events were applied, not what became of the rows since."""
    built(filled)
    table = ReadModel(case_facts).name(ReadModel(case_facts).table)
    doctored = "UPDATE {table} SET outcome = 99 WHERE case_id = (SELECT min(case_id) FROM {table})"
    with filled.connect("candour_projector") as connection:
        connection.execute(sql.SQL(doctored).format(table=table))
    assert looked(filled, whole=True) == []
    with projecting(filled) as projector:
        done = running.rebuild_and_compare(filled.conninfo("candour_projector"), projector)
    assert done.agrees is False
    assert done.difference is not None
    assert (done.difference.rows.changed, done.difference.columns) == (1, {"outcome": 1})
    assert [(each.column, each.before, each.after) for each in done.difference.sample] == [("outcome", 99, None)]


def test_the_role_that_projects_cannot_change_the_sums_of_the_log(filled: System) -> None:
    with filled.connect("candour_projector") as connection:
        for change in ("UPDATE candour.log_sums SET plain = 0", "DELETE FROM candour.log_sums"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(change)  # type: ignore[call-overload]


@pytest.mark.usefixtures("small")
def test_whoever_follows_the_log_notices_by_itself(filled: System) -> None:
    said: list[dict[str, Any]] = []

    class Log:
        def error(self, event: str, **more: Any) -> None:
            said.append({"event": event, **more})

    def watched(looks: int) -> None:
        left = iter([False] * looks)
        completeness.watch(
            lambda: filled.connect("candour_projector"), lambda: next(left, True), Log(), every=0, pause=0.01
        )

    built(filled)
    watched(100)
    assert (red(filled), said) == (None, [])
    with planted(double, 77):
        built(filled)
    watched(100)
    assert red(filled) == "the event at position 77 was applied 2 times"
    assert said == [{"event": "read_model_unsound", "projection": "case_facts"}], "it is said once"
    with filled.connect("candour_reader") as reader:
        kept = reader.execute("SELECT count(*) FROM candour.log_sums").fetchone()
    assert kept == (filled.store.head().position // SPAN,)
