"""Whether a read model has applied each event of the log once and as it is: its sums against those of the log.

A look compares full blocks by sums kept of both sides, and reads from the log only the last block and those that
differ. A whole look reads the log from the beginning, and finds what was altered there since, too.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any, LiteralString, NamedTuple

import psycopg

from adapters.eventstore import codec, recorder
from adapters.postgres.builds import Build, builds, sweep
from adapters.postgres.digest import NOTHING, PRIME, SPAN, Sums, hash_of, summed

MOST = 20
LONGEST = 500
LOG = "the log"
HEAD = "SELECT coalesce(max(position), 0) FROM candour.events"
KEEP = "INSERT INTO candour.log_sums (block, events, plain, weighted) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING"
OWN = "SELECT block, events, plain, weighted FROM candour.read_model_sums WHERE projection = %s AND build = %s"
DIFFERING = """
SELECT l.block FROM candour.log_sums l
  LEFT JOIN candour.read_model_sums m ON m.projection = %s AND m.build = %s AND m.block = l.block
 WHERE l.block >= %s AND l.block < %s
   AND (l.events, l.plain, l.weighted) IS DISTINCT FROM (m.events, m.plain, m.weighted)
 ORDER BY l.block"""

Connection = psycopg.Connection[Any]
Progress = Callable[[int], None]


class Fault(NamedTuple):
    """Events that a build did not apply once and as they are, between two positions (mostly one and the same).

    `build` is None for a block of the log that is no longer what it was when it became full.
    """

    projection: str
    build: str | None
    what: str
    first: int
    last: int

    def __str__(self) -> str:
        if self.first == self.last:
            return f"the event at position {self.first} {self.what}"
        return f"events between the positions {self.first} and {self.last} {self.what}"


def look(
    connection: Connection, *, whole: bool = False, keep: bool = True, progress: Progress = lambda _: None
) -> "dict[Build, list[Fault]]":
    """The faults of each build of all projections. `keep`: keep the sums of blocks of the log that became full."""
    if keep and not whole:
        for _ in keep_sums(connection):
            pass
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        found = [each for each in _all(connection) if each.position > 0]
        return _Look(connection, found).faults(whole=whole, progress=progress)


def keep_sums(connection: Connection) -> Iterator[int]:
    """Keep the sums of the blocks of the log that became full since; their numbers, one by one."""
    first = _one(connection, "SELECT coalesce(max(block) + 1, 0) FROM candour.log_sums")
    for block in range(first, _one(connection, HEAD) // SPAN):
        connection.execute(KEEP, (block, *map(str, summed(_rows(connection, block)).blocks.get(block, NOTHING))))
        yield block


def faults_of_the_log(connection: Connection, progress: Progress = lambda _: None) -> list[Fault]:
    """Where the log is no longer what it was when its sums were kept."""
    found: list[Fault] = []
    for block, *kept in connection.execute("SELECT block, events, plain, weighted FROM candour.log_sums ORDER BY 1"):
        rows = _rows(connection, block)
        progress(len(rows))
        fault = located(LOG, None, Sums(*map(int, kept)), block, rows)
        found += [fault._replace(what=fault.what.replace("applied", "there"))] if fault else []
    return found


def mark(connection: Connection, found: "dict[Build, list[Fault]]", *, clear: bool) -> int:
    """Keep with each build what is wrong with it, for all answers; how many were marked anew. `clear`: and what not."""
    marked = 0
    for build, faults in found.items():
        told = "; ".join(map(str, faults))[:LONGEST] or None
        if told != build.unsound and (told is not None or clear):
            marked += told is not None
            connection.execute(
                "UPDATE candour.read_models SET unsound = %s WHERE build_id = %s", (told, build.id), prepare=True
            )
    return marked


def located(projection: str, build: str | None, had: Sums, block: int, rows: Sequence[codec.Row]) -> Fault | None:
    """What is wrong with these sums of a block, if these are its events; None: nothing."""
    is_now = summed(rows).blocks.get(block, NOTHING)
    if had == is_now:
        return None
    apart = (is_now.plain - had.plain) % PRIME
    place = (is_now.weighted - had.weighted) * pow(apart, -1, PRIME) % PRIME if apart else 0
    position = block * SPAN + place
    row = next((row for row in rows if row.position == position), None)
    missing = is_now.events - had.events
    if 1 <= place <= SPAN:
        number = hash_of(row) if row else 0
        what = None
        if row is None:
            what = "was applied, and is not in the log" if missing == -1 else None
        elif missing == 1 and apart == number % PRIME:
            what = "was skipped"
        elif missing < 0 and apart == missing * number % PRIME:
            what = f"was applied {1 - missing} times"
        elif missing == 0:
            what = "was applied otherwise than it is in the log"
        if what is not None:
            return Fault(projection, build, what, position, position)
    last = min((block + 1) * SPAN, max((row.position for row in rows), default=0))
    what = "were not applied as they are in the log" + (f" ({abs(missing)} {_word(missing)})" if missing else "")
    return Fault(projection, build, what, block * SPAN + 1, max(last, block * SPAN + 1))


def _word(missing: int) -> str:
    return "too few" if missing > 0 else "too many"


class _Look:
    """One look at these builds, in one snapshot. Blocks of the log are read once for all of them."""

    def __init__(self, connection: Connection, found: Sequence[Build]) -> None:
        self.connection, self.builds = connection, found

    def faults(self, *, whole: bool, progress: Progress) -> "dict[Build, list[Fault]]":
        """Of each build, at most `MOST`."""
        found: dict[Build, list[Fault]] = {build: [] for build in self.builds}
        wanted = sorted((block, number) for number, block in self._blocks(whole=whole))
        for block, group in groupby(wanted, key=lambda each: each[0]):
            rows = _rows(self.connection, block)
            progress(len(rows))
            for _, number in group:
                build = self.builds[number]
                if len(found[build]) < MOST:
                    had = self._had(build, block)
                    fault = located(
                        build.projection,
                        build.name,
                        had,
                        block,
                        [row for row in rows if row.position <= build.position],
                    )
                    found[build] += [fault] if fault else []
        return found

    def _blocks(self, *, whole: bool) -> Iterator[tuple[int, int]]:
        """Which blocks of which builds to read: all, or those that differ and those whose sums are not kept yet."""
        kept = _one(self.connection, "SELECT coalesce(max(block) + 1, 0) FROM candour.log_sums")
        for number, build in enumerate(self.builds):
            first, end = -(-build.summed_from // SPAN), -(-build.position // SPAN)
            if whole:
                yield from ((number, block) for block in range(first, end))
                continue
            full = min(kept, build.position // SPAN)
            differing = self.connection.execute(DIFFERING, (build.projection, build.name, first, full)).fetchall()
            yield from ((number, block) for (block,) in differing[:MOST])
            yield from ((number, block) for block in range(max(full, first), end))

    def _had(self, build: Build, block: int) -> Sums:
        row = self.connection.execute(f"{OWN} AND block = %s", (build.projection, build.name, block)).fetchone()
        return Sums(*map(int, row[1:])) if row else NOTHING


def watch(
    connect: Callable[[], Connection], stopping: Callable[[], bool], log: Any, every: float, pause: float = 1.0
) -> None:
    """Keep the sums of the log, look at all builds, and remove those replaced, every so many seconds, until stopped."""
    while not stopping():
        with connect() as connection:
            began = time.monotonic()
            for _ in keep_sums(connection):
                # It leaves half of the time to the projections, which share a process with it.
                time.sleep(min(time.monotonic() - began, pause))
                began = time.monotonic()
                if stopping():
                    return
            sweep(connection)
            found = look(connection)
            if mark(connection, found, clear=False):
                for build in {build.projection for build, faults in found.items() if faults}:
                    log.error("read_model_unsound", projection=build)
        until = time.monotonic() + every
        while not stopping() and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, pause))


def _all(connection: Connection) -> list[Build]:
    names = [name for (name,) in connection.execute("SELECT DISTINCT projection FROM candour.read_models")]
    return builds(connection, *names)


def _rows(connection: Connection, block: int) -> list[codec.Row]:
    cursor = connection.cursor(binary=True)
    cursor.execute(recorder.LOG, (block * SPAN, (block + 1) * SPAN, SPAN), prepare=True)  # pyright: ignore[reportArgumentType,reportCallIssue]
    return list(map(codec.Row._make, cursor.fetchall()))


def _one(connection: Connection, query: LiteralString) -> int:
    row = connection.execute(query).fetchone()
    return row[0] if row else 0
