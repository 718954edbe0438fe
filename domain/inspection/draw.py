"""The draw: a seed that neither side can choose, and a sample that anyone can draw again. Pure functions.

Whoever inspects commits to a nonce by its SHA-256 before the next event of the log exists; whoever writes that event
does not know the nonce. The seed is made of both.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

METHOD = "sha256-rank.1"
START = "0" * 64


def commitment(nonce: str) -> str:
    """SHA-256 (hex) of the nonce as text: what is published before it."""
    return _hash(nonce)


def leaf(position: int, stream: str, version: int, name: str, event_id: UUID, written_at: datetime) -> str:
    """SHA-256 (hex) of what the envelope of one event says, `position|stream|version|name|event_id|written_at`.

    The time is UTC to the microsecond with a Z. The random `event_id` keeps a leaf from giving away its event.
    """
    at = written_at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return _hash(f"{position}|{stream}|{version}|{name}|{event_id}|{at}")


def log_digest(leaves: Iterable[str], after: str = START) -> str:
    """The digest of the log: SHA-256 (hex) of the digest before and the next leaf, from 64 zeros at position 0."""
    digest = after
    for each in leaves:
        digest = _hash(digest + each)
    return digest


def seed(digest: str, nonce: str) -> str:
    """SHA-256 (hex) of the digest of the log at the position after the opening, and the nonce."""
    return _hash(f"{METHOD}|{digest}|{nonce}")


def draw(seed: str, frame: Mapping[str, Sequence[str]], sizes: Mapping[str, int]) -> dict[str, tuple[str, ...]]:
    """So many cases of each stratum: those with the lowest SHA-256 of `seed|stratum|case`, in that order.

    The order of the frame does not matter, and every set of that size is equally likely. A stratum that has no more
    than are asked for is taken whole.
    """
    return {
        stratum: tuple(sorted(set(frame.get(stratum, ())), key=lambda case: _hash(f"{seed}|{stratum}|{case}"))[:size])
        for stratum, size in sizes.items()
    }


def frame_digest(frame: Mapping[str, Iterable[str]]) -> str:
    """SHA-256 (hex) of the lines `stratum|case` in order: shows that a frame is the one that was drawn from."""
    return _hash("\n".join(sorted(f"{stratum}|{case}" for stratum, cases in frame.items() for case in cases)))


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
