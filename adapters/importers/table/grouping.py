"""Several rows of one key: which of them counts."""

from collections.abc import Sequence

from adapters.importers.table.histories import Rejected, Row
from adapters.importers.table.releases import Group

DIFFERENT = "several rows of this file have this key, and they differ"
AS_LATE = "several rows of this file have this key and are as late, and they differ"
NOT_ALL = "another row of this file has this key and was set aside"


def settled(rows: Sequence[Row | Rejected], *, last_wins: bool) -> tuple[Group | None, list[tuple[Row, str]]]:
    """The group of the rows of one key, and those that have to be set aside, each with the reason.

    With `last_wins` the latest row counts; otherwise the rows must agree.
    """
    readable = [row for row in rows if isinstance(row, Row)]
    if len(readable) < len(rows):
        return None, [(row, NOT_ALL) for row in readable]
    chosen = readable
    if last_wins:
        latest = max(row.last.earliest for row in readable if row.last is not None)
        chosen = [row for row in readable if row.last is not None and row.last.latest >= latest]
    if any((row.statements, row.silent) != (chosen[0].statements, chosen[0].silent) for row in chosen):
        return None, [(row, AS_LATE if last_wins else DIFFERENT) for row in readable]
    row = chosen[0]
    return Group(row.stream, row.force, row.key, tuple(readable), row), []
