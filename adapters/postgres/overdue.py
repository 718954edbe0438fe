"""The duties that the read model shows as missed and that nobody has raised, for the deadline watch."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql

from adapters.postgres.duty_finder import LISTING
from adapters.postgres.read_model import ReadModel
from adapters.postgres.readers import Readers
from adapters.postgres.reading_rows import standing
from application.deadline_watch import Candidate, Mark
from projections.duties import duties

PAGE = 5000
BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
OF_THE_TIME = sql.SQL(
    "SELECT due, duty_id, case_id FROM {} WHERE (stopped_at IS NULL OR stopped_at > due)"
    " AND (due, duty_id) > (%(from)s, %(id)s) AND due < %(until)s ORDER BY due, duty_id LIMIT %(limit)s"
)
CHANGED_SINCE = sql.SQL(
    "SELECT from_position, duty_id, case_id FROM {} WHERE (stopped_at IS NULL OR stopped_at > due)"
    " AND (from_position, duty_id) > (%(from)s, %(id)s) AND due < %(until)s"
    " ORDER BY from_position, duty_id LIMIT %(limit)s"
)
RAISED = "SELECT stream_id FROM candour.events WHERE stream_id = ANY(%s) AND version = 1"


class OverdueDuties:
    """`Candidates` over the promoted read model of the duties. Threads may share it."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    def mark(self, until: datetime) -> Mark:
        """Where the read model stands now; raises `NotReady` or `StoreUnavailable`."""
        with self._readers.connection() as connection:
            model, position = standing(connection, duties, LISTING.called)
        return Mark(until, position, model.build)

    def pages(self, mark: Mark, since: Mark | None, size: int) -> Iterator[Sequence[Candidate]]:
        """Duties whose deadline lies before the mark and that have no event, at most `size` at a time.

        With `since`, a look at the same build: those whose deadline has passed since, and those that changed since,
        whatever their deadline. Raises `NotReady` if the read model is replaced meanwhile, or `StoreUnavailable`.
        """
        table = ReadModel(duties, mark.build)
        of_the_time = OF_THE_TIME.format(table.name(table.table))
        if since is None or since.build != mark.build:
            yield from self._walk(of_the_time, BEGINNING, mark.due, size)
            return
        changed_since = CHANGED_SINCE.format(table.name(table.table))
        yield from self._walk(changed_since, since.position + 1, since.due, size)
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
                left = _not_raised(connection, [Candidate(duty, case) for _, duty, case in rows])
            for first in range(0, len(left), size):
                yield left[first : first + size]
            if len(rows) < PAGE:
                return
            at, duty, _ = rows[-1]


def _not_raised(connection: "psycopg.Connection[Any]", page: Sequence[Candidate]) -> list[Candidate]:
    raised = {stream for (stream,) in connection.execute(RAISED, ([each.duty for each in page],))}
    return [each for each in page if each.duty not in raised]
