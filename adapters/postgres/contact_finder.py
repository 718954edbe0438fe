"""Finding contacts with the support line: by force, status, ground and how their escalations stand, in order of id."""

from typing import NamedTuple

from psycopg import sql

from adapters.postgres.conditions import matching
from adapters.postgres.readers import Readers
from adapters.postgres.reading_rows import Found, Listing
from projections.support_contacts import support_contacts

SHOWN = (
    "contact_id",
    "force",
    "status",
    "ground",
    "opened_at",
    "opened_at_precision",
    "closed_at",
    "closed_at_precision",
    "consent",
    "in_danger",
    "cases",
    "escalations",
    "raised",
    "accepted",
    "declined",
    "resolved",
)
LISTING = Listing(support_contacts, "the contacts are", SHOWN)
EXACT = ("force", "status", "ground")
ESCALATED = sql.SQL("escalations > 0")


class ContactSearch(NamedTuple):
    """What is looked for; None: whatever it is. `escalation`: how at least one escalation stands.

    `escalated`: only contacts of which something was escalated to the force. `after`: only those whose id comes later.
    """

    force: str | None = None
    status: str | None = None
    ground: str | None = None
    escalation: str | None = None
    escalated: bool = False
    after: str = ""
    limit: int = 100


class ContactFinder:
    """Reads the promoted read model of the support contacts. Threads may share it."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    def close(self) -> None:
        """Give the connections back."""
        self._readers.close()

    def find(self, search: ContactSearch) -> Found:
        """The contacts in order of id, at most `limit`, and how far the read model has come.

        Raises `NotReady` or `StoreUnavailable`.
        """
        where: list[sql.Composable] = [sql.SQL("contact_id > %(after)s"), *matching(search, EXACT)]
        if search.escalation is not None:
            where.append(sql.SQL("{} > 0").format(sql.Identifier(search.escalation)))
        if search.escalated:
            where.append(ESCALATED)
        return LISTING.page(self._readers, where, ("contact_id",), search._asdict())
