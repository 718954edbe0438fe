"""The adopted figures of forces, as known at a position: read from the log, of which they are a very small part."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg

from adapters.eventstore.codec import Row, decode
from adapters.postgres.readers import Readers
from domain.denominator.adopting import DenominatorOpened
from domain.denominator.state import figure_for
from domain.event import RecordedEvent
from domain.reference_figure import FigureKind, ReferenceFigureAdopted

KEPT = """SELECT stream_id, version, name, position, written_at, event_id, force, state FROM candour.events
 WHERE stream_id >= 'denominator-' AND stream_id < 'denominator.' AND position <= %s ORDER BY position"""
END = 2**62


class Denominators:
    """Lists the denominators. Threads may share it."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    def close(self) -> None:
        """Give the connections back."""
        self._readers.close()

    def all(self, force: str | None = None) -> list[dict[str, Any]]:
        """Every figure that was adopted, in that order, of a force if one is named; a later one may correct it."""
        with self._readers.connection() as connection:
            adopted = list(_adopted(connection, END))
        return [
            {
                "denominator": entry.stream,
                "of": of,
                **figure.model_dump(mode="json"),
                "adopted_at": str(entry.at),
            }
            for of, figure, entry in adopted
            if force in (None, of)
        ]


def headcounts(
    connection: "psycopg.Connection[Any]", position: int, since: date | None, until: date | None
) -> dict[str, int]:
    """The staff of each force in a period, as adopted by that position."""
    by_force: dict[str, list[ReferenceFigureAdopted]] = {}
    for of, figure, _ in _adopted(connection, position):
        by_force.setdefault(of, []).append(figure)
    found = {of: figure_for(figures, FigureKind.HEADCOUNT, since, until) for of, figures in by_force.items()}
    return {of: figure.value for of, figure in found.items() if figure is not None}


def _adopted(
    connection: "psycopg.Connection[Any]", position: int
) -> Iterator[tuple[str, ReferenceFigureAdopted, RecordedEvent]]:
    rows: list[Any] = connection.execute(KEPT, (position,)).fetchall()
    of: dict[str, str] = {}
    for row in rows:
        entry = decode(Row(*row))
        if isinstance(entry.event, DenominatorOpened):
            of[entry.stream] = entry.event.of
        elif isinstance(entry.event, ReferenceFigureAdopted) and entry.stream in of:
            yield of[entry.stream], entry.event, entry
