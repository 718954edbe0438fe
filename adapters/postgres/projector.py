"""The projector: follows the log page by page and moves rows, versions and position in one transaction."""

import time
from collections.abc import Callable, Sequence
from functools import cached_property
from operator import itemgetter
from typing import Any, NamedTuple

import orjson
import psycopg

from adapters.eventstore import codec, recorder
from adapters.postgres import builds
from adapters.postgres.difference import Difference, difference
from adapters.postgres.digest import add, keep, summed
from adapters.postgres.read_model import ReadModel, is_of, promoted
from adapters.postgres.records import Block, Records
from domain.case.correction import restates
from domain.event import RecordedEvent
from projections.projection import Fan, Keyed, Projection, Version

PAGE = 5000
REMEMBERED = 200_000
POLL_SECONDS = 1.0
GATHER_SECONDS = 0.05  # whole streams are read again: rather for several events at once, and after the figures
BY_KEY = itemgetter(2, 0)  # of a version: its key, its position
LOST = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.errors.ReadOnlySqlTransaction)


class ProjectionFailed(Exception):
    """An event could not be folded. The projection stands still before it until the code is mended."""


class Busy(Exception):
    """Another process runs this projection."""


class Step(NamedTuple):
    """One page applied: how many events, and the position reached."""

    events: int
    position: int


class _Standing(NamedTuple):
    """Where the read model stands. Kept from page to page: nobody else moves it while the lock is held."""

    position: int
    digest: str


class _Moved(Exception):
    """The read model does not stand where it stood after the last page: it was built again."""


class Projector:
    """Runs one projection over one connection of the role `candour_projector`."""

    def __init__(
        self,
        connection: "psycopg.Connection[Any]",
        projection: Keyed[Any],
        model: ReadModel[Any] | None = None,
    ) -> None:
        self.connection = connection
        self.model = model or ReadModel(projection)
        self.projection = projection
        self._rows: dict[str, Any] = {}
        self._stands: _Standing | None = None
        # Pages touch few rows of a large table, which the planner cannot know of an array: it must use the index.
        for plan in ("enable_seqscan", "enable_hashjoin", "enable_mergejoin"):
            connection.execute(f"SET {plan} = off")  # pyright: ignore[reportArgumentType,reportCallIssue]

    @cached_property
    def _records(self) -> Records:
        return Records(self.model)

    def lock(self) -> None:
        """Become the only one to run this projection in this database; raises `Busy`."""
        self._lock(f"candour.projection.{self.projection.name}", "runs")

    def lock_rebuild(self) -> None:
        """Become the only one to build it beside the one in use, or to promote that; raises `Busy`."""
        self._lock(f"candour.rebuild.{self.projection.name}", "rebuilds or promotes")

    def _lock(self, key: str, does: str) -> None:
        held = self.connection.execute("SELECT pg_try_advisory_lock(hashtext(%s))", (key,)).fetchone()
        if held != (True,):
            raise Busy(f"another process {does} the projection {self.projection.name}")

    def prepare(self) -> None:
        """Choose the build to continue, or make one. Call with the lock held."""
        builds.sweep(self.connection)
        found = builds.builds(self.connection, self.projection.name)
        fitting = [build for build in found if is_of(self.projection, build.name)]
        decided = builds.decided(self.connection, self.projection.name)
        chosen = next((build for build in fitting if build.id == decided), fitting[0] if fitting else None)
        model = ReadModel(self.projection, chosen.name) if chosen else builds.another(self.connection, self.projection)
        self.use(model)
        with self.connection.transaction():
            if self.position() == 0:
                self.model.drop(self.connection)  # a build that was not finished may have left rows
            self.model.create(self.connection)

    def use(self, model: ReadModel[Any]) -> None:
        """Continue with another build of the projection."""
        self.model = model
        self._forget()

    def position(self) -> int:
        """The position up to which this read model has applied the log."""
        row = self.connection.execute(
            "SELECT position FROM candour.read_models WHERE projection = %s AND build = %s",
            (self.projection.name, self.model.build),
        ).fetchone()
        return row[0] if row else 0

    def step(self, limit: int = PAGE) -> Step:
        """Apply the next page of the log; `Step(0, …)` if there is none.

        Raises `ProjectionFailed` when the very next event cannot be applied; what stands before it has been.
        """
        while True:
            try:
                return self._next_page(limit)
            except _Moved:
                self._follow_readers()
            except (ProjectionFailed, *LOST):
                self._forget()
                raise
            except Exception as error:
                self._forget()
                if limit > 1:
                    limit //= 2
                    continue
                self._mark_failed(f"position {self.position() + 1}: {error}")
                raise ProjectionFailed(
                    f"{self.projection.name} stopped before position {self.position() + 1}: {error}"
                ) from error

    def _next_page(self, limit: int) -> Step:
        stood = self._stands or self._read_standing()
        page = self._fetch(recorder.LOG, (stood.position, recorder.NO_LIMIT, limit))
        if not page:
            return Step(0, stood.position)
        sums = summed(page)
        stands = _Standing(page[-1].position, add(stood.digest, sums.total))
        key = (self.projection.name, self.model.build)
        with self.connection.transaction():
            # First of all, so that one that ignores the lock waits here, and then knows that it has been overtaken.
            moved = self.connection.execute(
                "UPDATE candour.read_models SET position = %s, written_at = %s, digest = %s, failed = NULL"
                " WHERE projection = %s AND build = %s AND position = %s AND retired_at IS NULL",
                (stands.position, page[-1].written_at, stands.digest, *key, stood.position),
                prepare=True,
            )
            if moved.rowcount != 1:
                raise _Moved
            keep(self.connection, *key, sums.blocks)
            self._apply(page, is_new=stood.position == 0)
        self._stands = stands
        return Step(len(page), stands.position)

    def _read_standing(self) -> "_Standing":
        found = self.connection.execute(
            "SELECT position, digest FROM candour.read_models"
            " WHERE projection = %s AND build = %s AND retired_at IS NULL",
            (self.projection.name, self.model.build),
        ).fetchone()
        if found is None:
            raise _Moved
        return _Standing(*found)

    def _follow_readers(self) -> None:
        """Somebody else moved this build on; or it was replaced, and then the one in use is continued."""
        self._forget()
        found = builds.builds(self.connection, self.projection.name)
        if any(build.name == self.model.build for build in found):
            return
        chosen = builds.in_use(found)
        if chosen is None or not is_of(self.projection, chosen.name):
            raise ProjectionFailed(f"the read model of {self.projection.name} is gone; run `candour project`")
        self.model = ReadModel(self.projection, chosen.name)

    def _forget(self) -> None:
        """Read again from the database what is there."""
        self._rows.clear()
        self._stands = None

    def catch_up(self, progress: Callable[[Step], None] = lambda _: None, *, promote: bool = True) -> int:
        """Apply pages until the end of the log; the position reached. Promotes the build when it is there."""
        while True:
            step = self.step()
            if step.events == 0:
                if promote:
                    self.promote()
                return step.position
            progress(step)

    def promote(self) -> bool:
        """Let readers use this build, unless it differs from the one they use: then it waits beside that one.

        A build that was decided for (see `builds.decided`) is put in use without another look.
        """
        name, build = self.projection.name, self.model.build
        before = promoted(self.connection, name)
        if before is not None and before[0] == build:
            return True
        found = self.compared()
        if found is not None and not found.agrees:
            own = next((each for each in builds.builds(self.connection, name) if each.name == build), None)
            if own is None or own.id != builds.decided(self.connection, name):
                self.connection.execute(
                    "UPDATE candour.read_models SET differs = %s WHERE projection = %s AND build = %s",
                    (str(found), name, build),
                )
                return False
        self.switch()
        return True

    def compared(self) -> Difference | None:
        """How this build differs from the one that readers use; None if they use none, or this one."""
        before = promoted(self.connection, self.projection.name)
        if before is None or before[0] == self.model.build:
            return None
        return difference(self.connection, self.projection.name, before[0], self.model.build)

    def switch(self) -> None:
        """Let readers use this build from now on, at a position no earlier than that of the one they use."""
        with self.connection.transaction():
            before = self.connection.execute(
                "SELECT position FROM candour.read_models WHERE projection = %s AND promoted FOR UPDATE",
                (self.projection.name,),
            ).fetchone()
            # Nobody moves that one on while its row is held; what it is ahead is little, and is applied here.
            while before is not None and self.position() < before[0]:
                self.step()
            builds.put_in_use(self.connection, self.projection.name, self.model.build)

    def follow(self, stopping: Callable[[], bool], progress: Callable[[Step], None] = lambda _: None) -> None:
        """Catch up, then follow the log: LISTEN, and a look each second in case a notification was lost."""
        self.connection.execute("LISTEN candour_events")
        self.catch_up(progress)
        while not stopping():
            for _ in self.connection.notifies(timeout=POLL_SECONDS, stop_after=1):
                if isinstance(self.projection, Fan):
                    time.sleep(GATHER_SECONDS)
            while not stopping():
                step = self.step()
                if step.events == 0:
                    break
                progress(step)

    def _fetch(self, query: str, params: Sequence[object]) -> list[codec.Row]:
        cursor = self.connection.cursor(binary=True)
        cursor.execute(query, params, prepare=True)  # pyright: ignore[reportArgumentType,reportCallIssue]
        return list(map(codec.Row._make, cursor.fetchall()))

    def _apply(self, page: Sequence[codec.Row], *, is_new: bool) -> None:
        of = self.projection.of
        entries = [codec.decode(row) for row in page if row.stream.startswith(of)]
        first, last = page[0].position, page[-1].position
        if isinstance(self.projection, Fan):
            wants = self.projection.wants
            self._write(self._afresh({entry.stream for entry in entries if wants(entry)}, first, last))
            return
        assert isinstance(self.projection, Projection)
        restated = {entry.stream for entry in entries if restates(entry.event)}
        self._remember({entry.stream for entry in entries} - restated, is_new=is_new)
        versions: list[Version[Any]] = []
        apply = self.projection.apply
        for entry in entries:
            if entry.stream in restated:
                continue
            row = self._rows.get(entry.stream)
            after = apply(row, entry)
            if after != row:
                self._rows[entry.stream] = after
                versions.append(Version(entry.position, after, entry.stream))
        again = self._afresh(restated, first, last)
        for stream in restated:
            self._rows.pop(stream, None)  # one that did not change in this page is read back when it is needed
        self._rows.update({version.key: version.row for version in again})
        self._write(versions + again)

    def _afresh(self, streams: set[str], first: int, last: int) -> list[Version[Any]]:
        """The versions of a page that come of folding whole streams again."""
        return [
            version
            for history in self._whole(streams, last).values()
            for version in self.projection.versions(history)
            if version.position >= first
        ]

    def _remember(self, streams: set[str], *, is_new: bool) -> None:
        """Have the present rows of these streams at hand."""
        if len(self._rows) > REMEMBERED:
            self._rows.clear()
        unknown = [stream for stream in streams if stream not in self._rows]
        if not unknown:
            return
        self._rows.update(dict.fromkeys(unknown))
        if is_new:
            return
        cursor = self.connection.cursor(binary=True)
        for record in cursor.execute(self.model.statements.present, (unknown,), prepare=True).fetchall():
            self._rows[record[0]] = self.model.to_row(record)

    def _whole(self, streams: set[str], upto: int) -> dict[str, list[RecordedEvent]]:
        """The whole history of these streams, up to the end of the page."""
        if not streams:
            return {}
        found: dict[str, list[RecordedEvent]] = {}
        for row in self._fetch(recorder.LOAD_MANY, (sorted(streams),)):
            if row.position <= upto:
                found.setdefault(row.stream, []).append(codec.decode(row))
        return found

    def _write(self, versions: list[Version[Any]]) -> None:
        if not versions:
            return
        model, records, block = self.model, self._records, Block(self.model)
        versions.sort(key=BY_KEY)
        firsts: dict[str, int] = {}
        before, record = Version[Any](0, None, ""), list[bytes]()
        for version, after in zip(versions, [*versions[1:], None], strict=True):
            at, row, key = version
            firsts.setdefault(key, at)
            if row is not None:
                was = before.row if before.key == key else None
                record = records.first(row) if was is None else records.after(was, record, row)
                block.add(record, at, after.position if after is not None and after.key == key else None)
            before = version
        execute = self.connection.execute
        execute(model.statements.remove, (list(firsts),), prepare=True)
        block.copy_rows(self.connection)
        execute(model.statements.end, (orjson.dumps(firsts).decode(), list(firsts)), prepare=True)
        block.copy_versions(self.connection)

    def _mark_failed(self, why: str) -> None:
        self.connection.execute(
            "UPDATE candour.read_models SET failed = %s WHERE projection = %s AND build = %s",
            (why[:500], self.projection.name, self.model.build),
        )
