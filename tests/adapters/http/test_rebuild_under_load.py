"""Readers who ask all the time see no error and no step backwards while read models are rebuilt under their hands."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest
from api import Api
from projected import project
from psycopg import sql

from adapters.postgres import builds
from adapters.postgres import projecting as running
from adapters.postgres.projector import Projector
from adapters.postgres.read_model import ReadModel
from adapters.promoting import promote
from adapters.system import System
from domain.event import Role
from projections.case_facts import case_facts
from projections.case_register import case_register
from projections.duties import duties

READ = (case_facts, case_register, duties)
ASKED = ("/v1/metrics/unrecorded_backlog", "/v1/cases?limit=5", "/v1/duties?state=open&limit=5")
REBUILDS = 2
GENEROUS = 60.0


class Reader(threading.Thread):
    """Asks the same over and over; keeps what should not have been."""

    def __init__(self, api: Api, path: str, stopping: threading.Event) -> None:
        super().__init__(name=path)
        self.api, self.path, self.stopping = api, path, stopping
        self.positions: list[int] = []
        self.errors: list[str] = []

    def run(self) -> None:
        headers = self.api.headers(Role.AUDITOR, "*")
        with httpx.Client(base_url=self.api.url, timeout=30) as client:
            while not self.stopping.is_set():
                answer = client.get(self.path, headers=headers)
                if answer.status_code != 200:
                    self.errors.append(answer.text)
                    continue
                self.positions.append(answer.json()["position"])

    @property
    def backwards(self) -> int:
        return sum(after < before for before, after in zip(self.positions, self.positions[1:], strict=False))


@contextmanager
def at_work(api: Api) -> Iterator[list[Reader]]:
    """Projectors that follow, somebody who writes, and those who read."""
    stopping, system = threading.Event(), api.system

    def follow(projection: Any) -> None:
        connect, conninfo = lambda: system.connect("candour_projector"), system.conninfo("candour_projector")
        running.follow_for_ever(connect, conninfo, projection, stopping.is_set, lambda *_, **__: None)

    def write() -> None:
        with httpx.Client(base_url=api.url, timeout=30) as client:
            writer = Api(system, api.url, client)
            while not stopping.wait(0.01):
                writer.recorded()

    readers = [Reader(api, path, stopping) for path in ASKED]
    threads = [threading.Thread(target=follow, args=(each,)) for each in READ]
    threads += [threading.Thread(target=write), *readers]
    with ExitStack() as stack:
        stack.callback(lambda: [thread.join(GENEROUS) for thread in threads])
        stack.callback(stopping.set)
        for thread in threads:
            thread.start()
        yield readers
    assert not any(thread.is_alive() for thread in threads)


def rebuild(system: System, projection: Any) -> bool | None:
    projector = system.projector(projection)
    with projector.connection:
        running.take_for_rebuild(projector)
        return running.rebuild_and_compare(system.conninfo("candour_projector"), projector).agrees


def spoil(system: System) -> None:
    """A present row of the build in use is changed by hand."""
    with system.connect("candour_projector") as connection:
        used = builds.in_use(builds.builds(connection, case_facts.name))
        assert used is not None
        model = ReadModel(case_facts, used.name)
        doctored = "UPDATE {table} SET outcome = 99 WHERE case_id = (SELECT min(case_id) FROM {table})"
        connection.execute(sql.SQL(doctored).format(table=model.name(model.table)))


@pytest.fixture
def filled(api: Api) -> Api:
    for _ in range(20):
        api.recorded()
    project(api.system, *READ)
    return api


def test_readers_see_no_error_and_no_step_backwards(filled: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    system = filled.system
    head = system.store.head().position
    with at_work(filled) as readers:
        for number in range(REBUILDS):
            monkeypatch.setattr(running, "WORTH_IT", 1 if number == 0 else 20_000)  # as a long log, as a short one
            for projection in READ:
                assert rebuild(system, projection) is True
            with system.connect("candour_projector") as connection:
                builds.sweep(connection, 3.0)
            if number == 1:
                spoil(system)
                assert rebuild(system, case_facts) is False
                assert promote(system, case_facts, "A row had been changed by hand.", "staff-1")[1] is not None
        eventually(lambda: system.store.head().position > head + 50)
        eventually(lambda: all(len(reader.positions) > 50 and len(set(reader.positions)) > 10 for reader in readers))
        written = system.store.head().position
        eventually(lambda: all(reader.positions[-1] >= written for reader in readers))
    for reader in readers:
        assert reader.errors == [], reader.path
        assert reader.backwards == 0, reader.path


@pytest.mark.soak
def test_a_promotion_that_does_not_catch_up_is_noticed(filled: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: a build that stands earlier is put in use."""
    system = filled.system
    sound = Projector.catch_up

    def too_early(self: Projector) -> None:
        builds.put_in_use(self.connection, self.projection.name, self.model.build)

    def not_beside(self: Projector, *given: Any, **named: Any) -> int:
        if named.get("promote") is False:
            time.sleep(0.5)  # others go on writing
            return self.position()
        return sound(self, *given, **named)

    with at_work(filled) as readers:
        eventually(lambda: all(len(reader.positions) > 5 for reader in readers))
        with monkeypatch.context() as patch:
            patch.setattr(Projector, "switch", too_early)
            patch.setattr(Projector, "catch_up", not_beside)
            for projection in READ:
                rebuild(system, projection)
        time.sleep(0.5)
    assert sum(reader.backwards for reader in readers) > 0


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + GENEROUS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
