"""Ids: of streams that are no cases; of new events, made in bulk: asking for randomness each time takes a quarter."""

import os
from collections.abc import Iterator
from uuid import UUID, SafeUUID

from adapters.importers.naming import case_stream

CASE = "case"
AT_A_TIME = 512
_RANDOM = ~((0xF000 << 64) | (0xC000 << 48))
_VERSION_4 = (4 << 76) | (0x8000 << 48)


def random_ids() -> Iterator[UUID]:
    """Random ids (version 4), without end. They are filled in here: the class looks at everything it may be given."""
    new, fill, unknown = UUID.__new__, object.__setattr__, SafeUUID.unknown
    while True:
        block = os.urandom(16 * AT_A_TIME)
        for start in range(0, len(block), 16):
            made = new(UUID)
            fill(made, "int", int.from_bytes(block[start : start + 16]) & _RANDOM | _VERSION_4)
            fill(made, "is_safe", unknown)
            yield made


def stream_named(aggregate: str, force: str, namespace: str, key: str) -> str:
    """The stream of a case, report or contact: derived from force and key, so that every source finds it."""
    if aggregate == CASE:
        return case_stream(force, namespace, key)
    return f"{aggregate}-{case_stream(force, f'{aggregate}|{namespace}', key).removeprefix(f'{CASE}-')}"
