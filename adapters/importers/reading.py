"""What every importer says while it reads, and when it cannot."""

from collections.abc import Callable

PIECE = 1 << 20
MOST_BYTES = 1 << 30

Progress = Callable[[str, int, int], None]
"""Told the stage (`reading` in bytes of the file, `importing` in rows), how much is done, and of how much."""


def silent(stage: str, done: int, total: int) -> None:
    """Tells nobody."""


class ImportFailed(Exception):
    """The file cannot be imported; the message says why and what to do."""
