"""Finding duties: what is overdue, due today, still open or paused, by force, owner and kind, in order of deadline."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from psycopg import sql

from adapters.postgres.conditions import matching
from adapters.postgres.readers import Readers
from adapters.postgres.reading_rows import Found, Listing
from domain.values import end_of_day, instant
from projections.duties import duties

SHOWN = ("duty_id", "case_id", "force", "kind", "about", "due", "rule_set", "paused", "escalate_to", "owner", "unit")
LISTING = Listing(duties, "the duties are", SHOWN)


class DutyState(StrEnum):
    """Where an open duty stands."""

    OVERDUE = "overdue"
    DUE_TODAY = "due_today"
    OPEN = "open"
    PAUSED = "paused"


STATES = {
    DutyState.OVERDUE: sql.SQL("is_open AND NOT paused AND due < %(now)s"),
    DutyState.DUE_TODAY: sql.SQL("is_open AND NOT paused AND due >= %(now)s AND due <= %(today)s"),
    DutyState.OPEN: sql.SQL("is_open AND NOT paused AND due >= %(now)s"),
    DutyState.PAUSED: sql.SQL("is_open AND paused"),
}


class DutySearch(NamedTuple):
    """What is looked for at `now` (UTC); None: whatever it is. `owner` may be `conditions.NOBODY`.

    `after`: only what comes later, by deadline and id.
    """

    now: datetime
    state: DutyState
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

    def find(self, search: DutySearch) -> Found:
        """The duties in that state in order of deadline, at most `limit`, and how far the read model has come.

        Raises `NotReady` or `StoreUnavailable`.
        """
        where: list[sql.Composable] = [STATES[search.state]]
        if search.after is not None:
            where.append(sql.SQL("(due, duty_id) > (%(after_due)s, %(after_id)s)"))
        where += matching(search, ("force", "owner", "kind"))
        due, duty = search.after or (None, None)
        parameters = search._asdict() | {
            "today": end_of_day(instant(search.now).london_date),
            "after_due": due,
            "after_id": duty,
        }
        parameters.pop("after")
        return LISTING.page(self._readers, where, ("due", "duty_id"), parameters)
