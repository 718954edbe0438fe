"""The two calls of the write path for an event loop, without a thread: calls of the same moment travel together."""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import NamedTuple

import psycopg

from adapters.eventstore import codec, recorder
from adapters.eventstore.lane import Cursor, Lane, PerLoop, fetched
from adapters.eventstore.recorder import Row, Verdict
from adapters.eventstore.requests import RequestsUnderWay
from adapters.eventstore.writing import (
    Writing,
    answers,
    apart,
    goes_alone,
    kept,
    kept_parameters,
    key_ids,
    must_follow_on,
    requests,
    whole,
)
from application.ports import Append, Appended, Request
from domain.event import RecordedEvent

MOST_MET = 100_000


class _Lanes(NamedTuple):
    loads: Lane[str, list[RecordedEvent]]
    appends: Lane[Append, Appended]
    requests: RequestsUnderWay

    def close(self) -> None:
        self.loads.close()
        self.appends.close()
        self.requests.close()


class AwaitableStore:
    """`AsyncEventStore`. An event loop that uses it has a connection for loads, one for appends, one for requests.

    `appended` is told how many appends went into each commit.
    """

    def __init__(self, conninfo: str, writing: Writing, appended: Callable[[int], None] = lambda _: None) -> None:
        self._conninfo, self._writing, self._appended = conninfo, writing, appended
        self._met = set[str]()
        self._lanes = PerLoop(self._made)

    async def load(self, stream: str) -> list[RecordedEvent]:
        """The events of one stream."""
        return await self._lanes.get().loads.submit(stream)

    async def append(self, item: Append) -> Appended:
        """Append to one stream, or raise `Conflict`."""
        return await self._lanes.get().appends.submit(item)

    async def begin(self, request: Request) -> Appended | None:
        """What was answered to the request before, or None: it is under way now."""
        return await self._lanes.get().requests.begin(request)

    async def end(self, request: Request) -> None:
        """The request is no longer under way."""
        self._lanes.get().requests.end(request)

    def close(self) -> None:
        """Give the connections back."""
        self._lanes.close()

    def _made(self) -> _Lanes:
        return _Lanes(
            Lane(self._conninfo, _load_each, most=256, repeatable=True),
            Lane(self._conninfo, self._append_each, most=64, key=lambda item: item.stream, look=_kept),
            RequestsUnderWay(self._conninfo),
        )

    async def _append_each(self, cursor: Cursor, items: Sequence[Append]) -> Sequence[Appended | Exception]:
        must_follow_on(items)
        if len(items) > 1 and any(map(goes_alone, items)):
            told = {
                id(item): done
                for part in apart(items)
                for item, done in zip(part, await self._append_each(cursor, part), strict=True)
            }
            return [told[id(item)] for item in items]
        together = whole(items)
        wanted = key_ids(together)
        ids = set[str]().union(*wanted.values())
        # A key that this process has not met is taken for new, which spares a question; if that was wrong, nothing is
        # written, the answer is a conflict at the same version, and the next attempt asks.
        met = ids & self._met
        stored = await fetched(cursor, recorder.KEYS, (list(met),)) if met else []
        if len(self._met) > MOST_MET:
            self._met.clear()
        self._met |= ids
        rows, new_keys = self._writing.rows(together, wanted, self._writing.existing(stored))
        statement, parameters = recorder.append_statement(rows, new_keys, requests(items), items[0].by_reporter)
        if items[0].provided:
            verdicts = await _provided(cursor, items[0], statement, parameters)
        else:
            verdicts = list(map(Verdict._make, await fetched(cursor, statement, parameters)))
        if items[0].by_reporter is None:  # a counter that moves would tell when
            self._appended(len(items))
        return answers(items, verdicts)


async def _provided(cursor: Cursor, item: Append, statement: str, parameters: Sequence[object]) -> Sequence[Verdict]:
    """The verdicts; none if one of the other streams has another version, and then nothing was written."""
    against: list[Verdict] | None = None
    async with cursor.connection.transaction() as transaction:
        await cursor.execute(recorder.LOCK)
        if await fetched(cursor, recorder.STANDS, recorder.stands_parameters(item.provided)) != [(True,)]:
            return []
        verdicts = list(map(Verdict._make, await fetched(cursor, statement, parameters)))
        against = recorder.refused(item.stream, verdicts)
        if against is not None:
            raise psycopg.Rollback(transaction)
    return verdicts if against is None else against


async def _kept(cursor: Cursor, items: Sequence[Append]) -> Sequence[Appended | None]:
    return kept(items, await fetched(cursor, recorder.KEPT, kept_parameters(items)))


async def _load_each(cursor: Cursor, streams: Sequence[str]) -> Sequence[list[RecordedEvent] | Exception]:
    stored = await fetched(cursor, recorder.LOAD_MANY, (list(streams),))
    events = map(codec.decode, map(Row._make, stored))
    found = {stream: list(entries) for stream, entries in groupby(events, key=lambda entry: entry.stream)}
    return [found.get(stream, []) for stream in streams]
