"""Finding duties: what is overdue, due today, still open or paused, by force, owner and kind, in order of deadline."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from psycopg import sql

from adapters.postgres.conditions import matching
from adapters.postgres.read_model import ReadModel, is_of, promoted
from adapters.postgres.readers import NotReady, Readers
from domain.values import LONDON, MICROSECOND, london_midnight
from projections.duties import duties

SHOWN = ("duty_id", "case_id", "force", "kind", "about", "due", "rule_set", "paused", "escalate_to", "owner", "unit")
STATES = {
    "overdue": sql.SQL("is_open AND NOT paused AND due < %(now)s"),
    "due_today": sql.SQL("is_open AND NOT paused AND due >= %(now)s AND due <= %(today)s"),
    "open": sql.SQL("is_open AND NOT paused AND due >= %(now)s"),
    "paused": sql.SQL("is_open AND paused"),
}


class DutySearch(NamedTuple):
    """What is looked for at `now` (UTC); None: whatever it is. `owner` may be `conditions.NOBODY`.

    `after`: only what comes later, by deadline and id.
    """

    now: datetime
    state: str
    force: str | None = None
    owner: str | None = None
    kind: str | None = None
    after: tuple[datetime, str] | None = None
    limit: int = 100


class DutyFinder:
    """Reads the promoted read model of the duties. Threads may share it."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    def close(self) -> None:
        """Give the connections back."""
        self._readers.close()

    def find(self, search: DutySearch) -> dict[str, Any]:
        """The duties in that state in order of deadline, at most `limit`, and how far the read model has come.

        Raises `NotReady` or `StoreUnavailable`.
        """
        where: list[sql.Composable] = [STATES[search.state]]
        if search.after is not None:
            where.append(sql.SQL("(due, duty_id) > (%(after_due)s, %(after_id)s)"))
        where += matching(search, ("force", "owner", "kind"))
        due, duty = search.after or (None, None)
        parameters = search._asdict() | {"today": end_of_today(search.now), "after_due": due, "after_id": duty}
        parameters.pop("after")
        with self._readers.connection() as connection, connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            found = promoted(connection, duties.name)
            if found is None or not is_of(duties, found[0]):
                raise NotReady("the duties are being built; ask again in a moment, or run `candour project`")
            model = ReadModel(duties, found[0])
            query = sql.SQL("SELECT {columns} FROM {table} WHERE {where} ORDER BY due, duty_id LIMIT %(limit)s").format(
                columns=sql.SQL(", ").join(map(sql.Identifier, SHOWN)),
                table=model.name(model.table),
                where=sql.SQL(" AND ").join(where),
            )
            rows = connection.execute(query, parameters).fetchall()
        return {"position": found[1], "duties": [dict(zip(SHOWN, row, strict=True)) for row in rows]}


def end_of_today(now: datetime) -> datetime:
    """The last instant (UTC) of the London day of `now`."""
    return london_midnight(now.astimezone(LONDON).date() + timedelta(days=1)) - MICROSECOND
