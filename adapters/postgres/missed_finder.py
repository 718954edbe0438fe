"""Finding missed deadlines: by force, kind and the roles that they were brought to, in the order they were raised."""

from typing import NamedTuple

from psycopg import sql

from adapters.postgres.conditions import matching
from adapters.postgres.readers import Readers
from adapters.postgres.reading_rows import Found, Listing
from projections.missed_deadlines import missed_deadlines

SHOWN = (
    "duty_id",
    "case_id",
    "force",
    "kind",
    "about",
    "due",
    "due_precision",
    "rule_set",
    "raised_at",
    "raised_at_precision",
    "raised_in",
    "escalated_to",
)
LISTING = Listing(missed_deadlines, "the missed deadlines are", SHOWN)


class MissedSearch(NamedTuple):
    """What is looked for; None: whatever it is. `after`: only what was raised after that position of the log."""

    force: str | None = None
    kind: str | None = None
    to: list[str] | None = None
    after: int = 0
    limit: int = 100


class MissedFinder:
    """Reads the promoted read model of the missed deadlines. Threads may share it."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    def close(self) -> None:
        """Give the connections back."""
        self._readers.close()

    def find(self, search: MissedSearch) -> Found:
        """The misses in the order they were raised, at most `limit`, and how far the read model has come.

        Raises `NotReady` or `StoreUnavailable`.
        """
        where: list[sql.Composable] = [sql.SQL("raised_in > %(after)s"), *matching(search, ("force", "kind"))]
        if search.to is not None:
            where.append(sql.SQL("escalated_to = ANY(%(to)s)"))
        return LISTING.page(self._readers, where, ("raised_in",), search._asdict())
