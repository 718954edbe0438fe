"""The digest of the events a read model has applied: a sum, so that pages and parallel builds agree."""

from collections.abc import Iterable
from hashlib import sha256

from adapters.eventstore.codec import Row

MODULUS = 2**256


def digest_of(rows: Iterable[Row]) -> int:
    """The sum of the SHA-256 of each event's columns, modulo 2^256."""
    total = 0
    for stream, version, name, position, written_at, event_id, force, state in rows:
        at = f"{written_at.timestamp():.6f}"
        text = f"{position}|{stream}|{version}|{name}|{at}|{event_id}|{force}|{state}"
        total += int.from_bytes(sha256(text.encode()).digest())
    return total % MODULUS


def add(digest: str, more: int) -> str:
    """A stored digest (hex, empty at the start) plus that of more events."""
    return f"{((int(digest, 16) if digest else 0) + more) % MODULUS:064x}"
