"""Finding contacts with the support line: by force, status, ground and how their escalations stand, in order of id."""

from datetime import UTC
from typing import Any, NamedTuple

from psycopg import sql

from adapters.postgres.conditions import matching
from adapters.postgres.read_model import ReadModel, is_of, promoted
from adapters.postgres.readers import NotReady, Readers
from domain.values import Moment, Precision
from projections.support_contacts import support_contacts

SHOWN = (
    "contact_id",
    "force",
    "status",
    "ground",
    "opened_at",
    "closed_at",
    "consent",
    "in_danger",
    "cases",
    "escalations",
    "raised",
    "accepted",
    "declined",
    "resolved",
)
PRECISIONS = ("opened_at_precision", "closed_at_precision")
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

    def find(self, search: ContactSearch) -> dict[str, Any]:
        """The contacts in order of id, at most `limit`, and how far the read model has come.

        Raises `NotReady` or `StoreUnavailable`.
        """
        where: list[sql.Composable] = [sql.SQL("contact_id > %(after)s"), *matching(search, EXACT)]
        if search.escalation is not None:
            where.append(sql.SQL("{} > 0").format(sql.Identifier(search.escalation)))
        if search.escalated:
            where.append(ESCALATED)
        with self._readers.connection() as connection, connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            found = promoted(connection, support_contacts.name)
            if found is None or not is_of(support_contacts, found[0]):
                raise NotReady("the contacts are being built; ask again in a moment, or run `candour project`")
            model = ReadModel(support_contacts, found[0])
            query = sql.SQL("SELECT {columns} FROM {table} WHERE {where} ORDER BY contact_id LIMIT %(limit)s").format(
                columns=sql.SQL(", ").join(map(sql.Identifier, (*SHOWN, *PRECISIONS))),
                table=model.name(model.table),
                where=sql.SQL(" AND ").join(where),
            )
            rows = connection.execute(query, search._asdict()).fetchall()
        contacts = [_shown(dict(zip((*SHOWN, *PRECISIONS), row, strict=True))) for row in rows]
        return {"position": found[1], "contacts": contacts}


def _shown(contact: dict[str, Any]) -> dict[str, Any]:
    for column in PRECISIONS:
        name, precision = column.removesuffix("_precision"), contact.pop(column)
        at = contact[name]
        contact[name] = at and str(Moment(at.astimezone(UTC), Precision(precision)))
    return contact
