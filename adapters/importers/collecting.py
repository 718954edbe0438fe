"""Garbage collection while a file is imported."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

OBJECTS_PER_COLLECTION = 200_000


@contextmanager
def rare_collections() -> Iterator[None]:
    """An import makes objects by the million and none in cycles; looking for those takes a third of its time."""
    usual = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(OBJECTS_PER_COLLECTION, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
