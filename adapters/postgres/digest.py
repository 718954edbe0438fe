"""The digest of the events a read model has applied: sums, so that pages and parallel builds agree.

Beside the sum over all events there are two for each block of `SPAN` positions: that of the hashes h, and that of w·h,
where w is the place of the event in its block. If one event was skipped, doubled or altered, the sums of the log and of
the read model differ by d and w·d, and dividing one by the other names the event. `PRIME` makes dividing possible.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple

import psycopg

from adapters.eventstore.codec import Row

MODULUS = 2**256
PRIME = 2**256 - 189
SPAN = 4096
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Sums(NamedTuple):
    """Of the events of a block: how many, the sum of their hashes, and the sum weighted by place (modulo `PRIME`)."""

    events: int = 0
    plain: int = 0
    weighted: int = 0


NOTHING = Sums()


class Summed(NamedTuple):
    """Of some events: the sum of their hashes modulo `MODULUS`, and the sums of each block that they are in."""

    total: int
    blocks: dict[int, Sums]


def hash_of(row: Row) -> int:
    """The SHA-256 of an event's columns."""
    stream, version, name, position, written_at, event_id, force, state = row
    since = written_at - EPOCH
    at = f"{since.days * 86_400 + since.seconds}.{since.microseconds:06d}"
    text = f"{position}|{stream}|{version}|{name}|{at}|{event_id}|{force}|{state}"
    return int.from_bytes(sha256(text.encode()).digest())


class Summing:
    """Sums over more and more events."""

    def __init__(self) -> None:
        self.events = 0
        self._total = 0
        self._blocks: dict[int, list[int]] = {}

    def add(self, rows: Iterable[Row]) -> None:
        """Take in these events."""
        blocks = self._blocks
        for row in rows:
            number = hash_of(row)
            block, place = divmod(row.position - 1, SPAN)
            sums = blocks.get(block)
            if sums is None:
                sums = blocks[block] = [0, 0, 0]
            sums[0] += 1
            sums[1] += number
            sums[2] += (place + 1) * number
            self.events += 1
            self._total += number

    def summed(self) -> Summed:
        """What they come to so far."""
        return Summed(
            self._total % MODULUS,
            {block: Sums(count, a % PRIME, b % PRIME) for block, (count, a, b) in self._blocks.items()},
        )


def summed(rows: Iterable[Row]) -> Summed:
    """The sums over these events."""
    sums = Summing()
    sums.add(rows)
    return sums.summed()


def both(one: Sums, other: Sums) -> Sums:
    """The sums over the events of two parts of a block."""
    return Sums(one.events + other.events, (one.plain + other.plain) % PRIME, (one.weighted + other.weighted) % PRIME)


def add(digest: str, more: int) -> str:
    """A stored digest (hex, empty at the start) plus that of more events."""
    return f"{((int(digest, 16) if digest else 0) + more) % MODULUS:064x}"


ADD = (
    "INSERT INTO candour.read_model_sums AS had (projection, build, block, events, plain, weighted)"
    " SELECT %s, %s, * FROM unnest(%s::int4[], %s::int4[], %s::numeric[], %s::numeric[])"
    " ON CONFLICT (projection, build, block) DO UPDATE SET events = had.events + excluded.events,"
    f" plain = (had.plain + excluded.plain) %% {PRIME}, weighted = (had.weighted + excluded.weighted) %% {PRIME}"
)


def keep(connection: "psycopg.Connection[Any]", projection: str, build: str, blocks: Mapping[int, Sums]) -> None:
    """Add the sums of events just applied to those of a read model, in the transaction that moves its rows."""
    columns = [list(column) for column in zip(*blocks.values(), strict=True)]
    if columns:
        # Numbers of 256 bits are handed over as text: an array of them has no type of its own.
        given = ([*blocks], columns[0], list(map(str, columns[1])), list(map(str, columns[2])))
        connection.execute(ADD, (projection, build, *given), prepare=True)  # pyright: ignore[reportArgumentType,reportCallIssue]
