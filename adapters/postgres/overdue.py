"""The duties that the read models show as missed and that nobody has raised, for the deadline watch."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from adapters.postgres.duty_finder import LISTING
from adapters.postgres.read_model import ReadModel
from adapters.postgres.readers import NotReady, Readers
from adapters.postgres.reading_rows import standing
from application.deadline_watch import Candidate, Mark, Stand
from projections.duties import duties
from projections.projection import Keyed
from projections.report_duties import report_duties

PAGE = 5000
BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
OF_THE_TIME = sql.SQL(
    "SELECT due, duty_id, {of} FROM {table} WHERE (stopped_at IS NULL OR stopped_at > due)"
    " AND (due, duty_id) > (%(from)s, %(id)s) AND due < %(until)s ORDER BY due, duty_id LIMIT %(limit)s"
)
CHANGED_SINCE = sql.SQL(
    "SELECT from_position, duty_id, {of} FROM {table} WHERE (stopped_at IS NULL OR stopped_at > due)"
    " AND (from_position, duty_id) > (%(from)s, %(id)s) AND due < %(until)s"
    " ORDER BY from_position, duty_id LIMIT %(limit)s"
)
RAISED = "SELECT stream_id FROM candour.events WHERE stream_id = ANY(%s) AND version = 1"


class Source(NamedTuple):
    """A read model of duties, how readers call it, and the column that says whose a duty is."""

    projection: Keyed[Any]
    called: str
    of: str


SOURCES = (Source(duties, LISTING.called, "case_id"), Source(report_duties, "the duties of reports are", "report_id"))


class OverdueDuties:
    """`Candidates` over the promoted read models of the duties. Threads may share it."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    def mark(self, until: datetime) -> Mark:
        """Where those that are built stand now; raises `NotReady` if none is, or `StoreUnavailable`."""
        stands: dict[str, Stand] = {}
        missing: NotReady | None = None
        with self._readers.connection() as connection:
            for source in SOURCES:
                try:
                    model, position = standing(connection, source.projection, source.called)
                except NotReady as error:
                    missing = error
                else:
                    stands[source.projection.name] = Stand(position, model.build)
        if missing is not None and not stands:
            raise missing
        return Mark(until, stands)

    def pages(self, mark: Mark, since: Mark | None, size: int) -> Iterator[Sequence[Candidate]]:
        """Duties whose deadline lies before the mark and that have no event, at most `size` at a time.

        With `since`, a look at the same build: those whose deadline has passed since, and those that changed since,
        whatever their deadline. Raises `NotReady` if a read model is replaced meanwhile, or `StoreUnavailable`.
        """
        for source in SOURCES:
            stand = mark.stands.get(source.projection.name)
            if stand is None:
                continue
            model = ReadModel(source.projection, stand.build)
            whose = {"of": sql.Identifier(source.of), "table": model.name(model.table)}
            of_the_time = OF_THE_TIME.format(**whose)
            before = since and since.stands.get(source.projection.name)
            if since is None or before is None or before.build != stand.build:
                yield from self._walk(of_the_time, BEGINNING, mark.due, size)
                continue
            yield from self._walk(CHANGED_SINCE.format(**whose), before.position + 1, since.due, size)
            yield from self._walk(of_the_time, since.due, mark.due, size)

    def close(self) -> None:
        """Give the connections back."""
        self._readers.close()

    def _walk(self, query: sql.Composed, start: object, until: datetime, size: int) -> Iterator[Sequence[Candidate]]:
        at, duty = start, ""  # no id is empty, so all that is at the start itself comes too
        while True:
            with self._readers.connection() as connection:
                given = {"from": at, "id": duty, "until": until, "limit": PAGE}
                rows = connection.execute(query, given).fetchall()
                left = _not_raised(connection, [Candidate(duty, of) for _, duty, of in rows])
            for first in range(0, len(left), size):
                yield left[first : first + size]
            if len(rows) < PAGE:
                return
            at, duty, _ = rows[-1]


def _not_raised(connection: "psycopg.Connection[Any]", page: Sequence[Candidate]) -> list[Candidate]:
    raised = {stream for (stream,) in connection.execute(RAISED, ([each.duty for each in page],))}
    return [each for each in page if each.duty not in raised]
