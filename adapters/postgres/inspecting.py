"""What an inspection is drawn from: the digest of the log at a position, and the reports of a force as known there."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from adapters.postgres.metric_reader import MetricReader
from adapters.postgres.question import BadQuestion, Question
from adapters.postgres.read_model import ReadModel
from adapters.postgres.readers import NotReady, Readers
from application.known_at import KnownAt
from application.ports import StoreUnavailable
from domain.import_batch import Coverage
from domain.inspection import draw
from domain.inspection.sampling import DrawSample, Frame, FrameAt
from domain.inspection.seeding import DigestAt
from domain.inspection.state import Inspection
from domain.rules import rule_book
from domain.values import london_midnight
from projections.case_facts import case_facts
from projections.metrics.recording import unrecorded_backlog

# `draw.leaf`, where the events are: a digest takes all of them.
LEAVES = """SELECT position, encode(sha256(convert_to(concat_ws('|', position, stream_id, version, name, event_id,
 to_char(written_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')), 'UTF8')), 'hex')
 FROM candour.events WHERE position > %s AND position <= %s ORDER BY position"""
PAGE = 20_000
WAIT = 5.0


class Leaf(NamedTuple):
    """An event in the digest of the log: its position, and the SHA-256 (hex) of its envelope."""

    position: int
    leaf: str


class Inspecting:
    """`Lookup` for inspections. Threads may share it."""

    def __init__(self, readers: Readers, metrics: Callable[[], MetricReader]) -> None:
        self._readers, self._metrics = readers, metrics

    def close(self) -> None:
        """Give the connections back."""
        self._readers.close()

    async def find(self, asked: object) -> object:
        """The digest of the log (hex; None if it ends before), or the frame of a sample. Raises `StoreUnavailable`."""
        match asked:
            case DigestAt():
                return await asyncio.to_thread(self.digest, asked.position)
            case FrameAt():
                return await asyncio.to_thread(self.frame, asked)
            case _:
                raise TypeError(f"nobody can find {asked!r}")

    def digest(self, position: int) -> str | None:
        """The digest of the log at the position, over all that came before; None if the log has not got there."""
        digest, last = draw.START, 0
        with self._readers.connection() as connection:
            while last < position:
                page = _leaves(connection, last, min(position, last + PAGE))
                if not page:
                    return None
                digest, last = draw.log_digest((each.leaf for each in page), digest), page[-1].position
        return digest

    def leaves(self, after: int, limit: int) -> list[Leaf]:
        """The leaves of the next events of the log, in order; for whoever works out the digest for themselves."""
        with self._readers.connection() as connection:
            return _leaves(connection, after, after + limit)

    def frame(self, asked: FrameAt) -> Frame:
        """The cases by stratum, in order of id, as far as the read model of the figures had come by that position."""
        known = KnownAt(position=asked.position)
        question = Question(unrecorded_backlog, asked.force, known_at=known, wait=WAIT)
        rules = rule_book().inspection
        routes = rules.routes if asked.apart else {}
        names = (*rules.strata.values(), *routes.values())
        found: dict[str, list[str]] = {name: [] for name in names}
        try:
            with self._metrics().reading(question) as reading:
                model = ReadModel(case_facts, reading.scope.build)
                for case, stratum, route in _reports(reading.connection, model, asked, current=reading.scope.current):
                    if stratum in rules.strata:
                        found[routes.get(route or "", rules.strata[stratum])].append(case)
        except (NotReady, BadQuestion) as error:
            raise StoreUnavailable(f"the sample cannot be drawn yet: {error}") from error
        return Frame({name: tuple(cases) for name, cases in found.items()}, model.table)

    def frame_of(self, inspection: Inspection) -> Frame:
        """What the sample of an inspection is, or was, drawn from: nothing before it was opened."""
        asked = DrawSample().asks(inspection)
        return Frame({}, "") if asked is None else self.frame(asked)


def _leaves(connection: "psycopg.Connection[Any]", after: int, upto: int) -> list[Leaf]:
    return list(map(Leaf._make, connection.execute(LEAVES, (after, upto)).fetchall()))


def _reports(
    connection: "psycopg.Connection[Any]", model: ReadModel[Any], asked: FrameAt, *, current: bool
) -> Iterator[tuple[str, str, str | None]]:
    """Reports that reached a source which shows all reports; one that is linked to another is counted with it."""
    known = (
        sql.SQL("")
        if current
        else sql.SQL("AND from_position <= %(position)s AND (to_position IS NULL OR to_position > %(position)s)")
    )
    query = sql.SQL(
        "SELECT case_id, stratum, route FROM {} WHERE force = %(force)s AND received_at >= %(since)s "
        "AND received_at < %(until)s AND coverage = %(coverage)s AND linked_under IS NULL {} ORDER BY case_id"
    ).format(model.name(model.table if current else model.history), known)
    parameters = {
        "force": asked.force,
        "since": london_midnight(asked.since),
        "until": london_midnight(asked.until),
        "coverage": Coverage.FULL.value,
        "position": asked.position,
    }
    yield from connection.execute(query, parameters)
