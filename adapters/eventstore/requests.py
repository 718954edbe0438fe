"""Requests that may be sent again: the answer kept from the first time, and whether one is under way now.

"Under way" is an advisory lock of the session, not a row: a process that dies frees it. Answers are kept for
`KEPT_DAYS` and then removed by `expire`.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import psycopg

from adapters.eventstore.lane import Cursor, Lane, fetched
from application.ports import Appended, KeyReused, Remarks, Request, RequestUnderWay

KEPT_DAYS = 7
LOCK = """
SELECT pg_try_advisory_lock(hashtextextended(k.actor || chr(31) || k.key, 4707))
  FROM unnest(%b::text[], %b::text[]) WITH ORDINALITY AS k (actor, key, n)
 ORDER BY k.n"""
# A statement of its own: it must see what was committed just before the lock was free.
KEPT = """
SELECT r.digest, r.stream_id, r.version, r.position, r.written_at, r.reference, r.duplicates
  FROM unnest(%b::text[], %b::text[]) WITH ORDINALITY AS k (actor, key, n)
  LEFT JOIN candour.requests r USING (actor, key)
 ORDER BY k.n"""
END = "SELECT pg_advisory_unlock(hashtextextended(%s || chr(31) || %s, 4707))"
EXPIRE = "DELETE FROM candour.requests WHERE kept_at < clock_timestamp() - %s"
REUSED = "this idempotency key was used for another request; use a new key for a new request"
UNDER_WAY = "the same request is being handled at this moment; wait a second and ask again with the same key"

Found = tuple[bool, bytes | None, str, int, int, Any, str | None, list[str]]


class _Step(NamedTuple):
    request: Request
    ends: bool


class RequestsUnderWay:
    """The requests that one event loop handles now, over a connection of its own, whose locks show them to others."""

    def __init__(self, conninfo: str) -> None:
        self._lane = Lane[_Step, Found | None](conninfo, self._run, most=64)
        self._mine = set[tuple[str, str]]()
        self._ending = set[asyncio.Future[Found | None]]()

    async def begin(self, request: Request) -> Appended | None:
        """The answer kept from before, or None: the request is under way now. Raises as `AsyncEventStore.begin`."""
        name = (request.actor, request.key)
        if name in self._mine:  # the session would be given its own lock again
            raise RequestUnderWay(UNDER_WAY)
        self._mine.add(name)
        try:
            found = await self._lane.submit(_Step(request, ends=False))
        except BaseException:
            self._mine.discard(name)
            raise
        assert found is not None
        locked, digest, stream, version, position, written_at, reference, duplicates = found
        if locked and digest is None:
            return None
        if locked:
            self.end(request)
        else:
            self._mine.discard(name)
        if digest is None:
            raise RequestUnderWay(UNDER_WAY)
        if bytes(digest) != request.digest:
            raise KeyReused(REUSED)
        return Appended(stream, version, position, written_at, Remarks(reference, tuple(duplicates)))

    def end(self, request: Request) -> None:
        """The request is no longer under way; nobody waits for that."""
        self._mine.discard((request.actor, request.key))
        ending = self._lane.submit(_Step(request, ends=True))
        self._ending.add(ending)
        ending.add_done_callback(self._ended)

    def close(self) -> None:
        """Give the connection back, and with it every lock."""
        self._lane.close()

    def _ended(self, ending: "asyncio.Future[Found | None]") -> None:
        self._ending.discard(ending)
        if not ending.cancelled():
            ending.exception()  # a lost connection has freed the lock as well

    async def _run(self, cursor: Cursor, steps: Sequence[_Step]) -> Sequence[Found | None]:
        for step in steps:
            if step.ends:
                await fetched(cursor, END, (step.request.actor, step.request.key))
        begun = [step.request for step in steps if not step.ends]
        found: list[Any] = []
        if begun:
            names = ([request.actor for request in begun], [request.key for request in begun])
            locked = await fetched(cursor, LOCK, names)
            kept = await fetched(cursor, KEPT, names)
            found = [(*lock, *row) for lock, row in zip(locked, kept, strict=True)]
        answers = iter(found)
        return [None if step.ends else next(answers) for step in steps]


def expire(connection: "psycopg.Connection[Any]", days: int = KEPT_DAYS) -> int:
    """Remove the answers that are older than the policy; how many there were. For the role `candour_projector`."""
    return connection.execute(EXPIRE, (timedelta(days=days),)).rowcount
