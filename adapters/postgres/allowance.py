"""So many a minute, over all processes, and nothing is written down: each taken one is a lock, held for a minute."""

import asyncio
import random
from collections.abc import Sequence
from typing import NamedTuple

import psycopg

from adapters.eventstore.lane import Cursor, Lane, PerLoop, fetched

SECONDS = 60.0
REPORTS, WRONG_RECEIPTS = 1, 2
TAKE = "SELECT n FROM unnest(%b::int4[]) AS n WHERE pg_try_advisory_lock(%b::int4, n) LIMIT 1"
GIVE_BACK = "SELECT pg_advisory_unlock(%b::int4, %b::int4)"


class Limit(NamedTuple):
    """One allowance, to take from."""

    allowances: "Allowances"
    allowance: "Allowance"

    async def take(self) -> bool:
        """Whether there was one left; it is taken for a minute."""
        return await self.allowances.take(self.allowance)


class _Step(NamedTuple):
    allowance: "Allowance"
    back: int | None = None


class Allowance(NamedTuple):
    """At most `most` of a kind in any minute; `kind` is a number of its own among the advisory locks."""

    kind: int
    most: int


class Allowances:
    """Takes from allowances, over one connection for each event loop, whose locks show the others what is taken.

    A connection that is lost gives all back that it held.
    """

    def __init__(self, conninfo: str, seconds: float = SECONDS) -> None:
        self._loops = PerLoop(lambda: _Held(conninfo, seconds))

    async def take(self, allowance: Allowance) -> bool:
        """Whether there was one left; it is taken for a minute."""
        return await self._loops.get().take(allowance)

    def limit(self, allowance: Allowance) -> Limit:
        """One allowance, to take from."""
        return Limit(self, allowance)

    def close(self) -> None:
        """Give the connections back."""
        self._loops.close()


class _Held:
    """What one event loop holds."""

    def __init__(self, conninfo: str, seconds: float) -> None:
        self._seconds = seconds
        self._lane = Lane[_Step, bool](conninfo, self._run, most=64)
        self._mine = set[tuple[int, int]]()
        self._session: psycopg.AsyncConnection[tuple[object, ...]] | None = None
        self._ending = set[asyncio.Future[bool]]()

    async def take(self, allowance: Allowance) -> bool:
        return await self._lane.submit(_Step(allowance))

    def close(self) -> None:
        self._lane.close()

    async def _run(self, cursor: Cursor, steps: Sequence[_Step]) -> Sequence[bool]:
        if cursor.connection is not self._session:  # the locks went with the session that held them
            self._session, self._mine = cursor.connection, set()
        return [await self._step(cursor, step) for step in steps]

    async def _step(self, cursor: Cursor, step: _Step) -> bool:
        kind, most = step.allowance
        if step.back is not None:
            if (kind, step.back) in self._mine:
                self._mine.discard((kind, step.back))
                await fetched(cursor, GIVE_BACK, (kind, step.back))
            return True
        # The session would be given its own locks again.
        others = [n for n in range(most) if (kind, n) not in self._mine]
        random.shuffle(others)
        found = await fetched(cursor, TAKE, (others, kind))
        if not found:
            return False
        number = int(found[0][0])
        self._mine.add((kind, number))
        asyncio.get_running_loop().call_later(self._seconds, self._give_back, _Step(step.allowance, number))
        return True

    def _give_back(self, step: _Step) -> None:
        ending = self._lane.submit(step)
        self._ending.add(ending)
        ending.add_done_callback(self._ended)

    def _ended(self, ending: "asyncio.Future[bool]") -> None:
        self._ending.discard(ending)
        if not ending.cancelled():
            ending.exception()  # a lost connection has given it back as well
