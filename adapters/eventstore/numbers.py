"""Reference numbers of cases: fetched in blocks, handed out one by one."""

from collections.abc import Sequence

from adapters.eventstore.lane import Cursor, Lane, PerLoop, fetched

BLOCK = 10
NEXT = "SELECT candour.next_reference_numbers(%s, %s, %s)"
Shelf = tuple[str, int]


class PostgresNumbers:
    """`ReferenceNumbers` on PostgreSQL. What is left of a block when the process ends is never given out."""

    def __init__(self, conninfo: str) -> None:
        self._blocks = PerLoop(lambda: _Blocks(conninfo))

    async def next(self, force: str, year: int) -> str:
        """The next number of that force and year, such as `kent/2026/000123`."""
        return f"{force}/{year}/{await self._blocks.get().next((force, year)):06d}"

    def close(self) -> None:
        """Give the connections back."""
        self._blocks.close()


class _Blocks:
    """The blocks of one event loop."""

    def __init__(self, conninfo: str) -> None:
        self._lane = Lane[Shelf, int](conninfo, _fetch, most=64)
        self._left: dict[Shelf, list[int]] = {}

    async def next(self, shelf: Shelf) -> int:
        left = self._left.setdefault(shelf, [])
        while not left:
            first = await self._lane.submit(shelf)
            left.extend(range(first + BLOCK - 1, first - 1, -1))
        return left.pop()

    def close(self) -> None:
        self._lane.close()


async def _fetch(cursor: Cursor, shelves: Sequence[Shelf]) -> list[int]:
    return [(await fetched(cursor, NEXT, (force, year, BLOCK)))[0][0] for force, year in shelves]
