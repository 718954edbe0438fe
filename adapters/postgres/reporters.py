"""What the door for reporters keeps: which report a receipt opens, what was sent before, how many came today."""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql

from adapters.eventstore.lane import Cursor, Lane, PerLoop, fetched

REPORT_OF = "SELECT stream_id FROM candour.receipts WHERE digest = %b"
REPEATED = "SELECT 1 FROM candour.repeats WHERE digest = %b"
TODAY = """
SELECT coalesce(sum(reports), 0) FROM candour.intake_days
 WHERE day = (clock_timestamp() AT TIME ZONE 'Europe/London')::date"""
KEPT_DAYS = 1  # beside the day itself
EXPIRE = """
DELETE FROM {} WHERE day < (clock_timestamp() AT TIME ZONE 'Europe/London')::date - %s::int"""
TABLES = ("candour.repeats", "candour.intake_days")

_Question = tuple[str, tuple[object, ...]]


class ReceiptBook:
    """Looks up receipts, over one connection for each event loop. Each question is one statement, found or not."""

    def __init__(self, conninfo: str) -> None:
        self._lanes = PerLoop[Lane[_Question, object]](lambda: Lane(conninfo, _ask, most=64, repeatable=True))

    async def report_of(self, digest: bytes) -> str | None:
        """The report that a receipt opens."""
        found = await self._lanes.get().submit((REPORT_OF, (digest,)))
        return None if found is None else str(found)

    async def repeated(self, digest: bytes) -> bool:
        """Whether a request led to a report before."""
        return await self._lanes.get().submit((REPEATED, (digest,))) is not None

    async def today(self) -> int:
        """How many reports came in by receipt on this London day."""
        return int(str(await self._lanes.get().submit((TODAY, ()))))

    def close(self) -> None:
        """Give the connections back."""
        self._lanes.close()


async def _ask(cursor: Cursor, questions: Sequence[_Question]) -> Sequence[object]:
    rows = [await fetched(cursor, *question) for question in questions]
    return [found[0][0] if found else None for found in rows]


def has_receipts(connection: "psycopg.Connection[Any]") -> bool:
    """Whether receipts were given under a key."""
    return connection.execute("SELECT 1 FROM candour.receipts LIMIT 1").fetchone() is not None


def adopted_key(connection: "psycopg.Connection[Any]", fingerprint: str) -> str:
    """The fingerprint of the key that receipts are known under: the given one, if it is the first."""
    found = connection.execute("SELECT candour.adopt_receipt_key(%s)", (fingerprint,)).fetchone()
    assert found is not None
    return found[0]


def expire(connection: "psycopg.Connection[Any]") -> int:
    """Remove what is kept of days that are over; how many rows there were. For the role `candour_projector`."""
    return sum(connection.execute(sql.SQL(EXPIRE).format(sql.SQL(table)), (KEPT_DAYS,)).rowcount for table in TABLES)
