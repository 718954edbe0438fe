"""Places where `candour` runs as processes of its own."""

from collections.abc import Iterator

import pytest
from processes import Place, place_of_its_own


@pytest.fixture
def place() -> Iterator[Place]:
    """An empty data directory and a free port."""
    with place_of_its_own() as made:
        yield made


@pytest.fixture(scope="module")
def shared_place() -> Iterator[Place]:
    """The same for all tests of a module."""
    with place_of_its_own() as made:
        yield made
