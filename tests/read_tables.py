"""The two tables of a read model as they are in the database, and what must hold of them."""

from itertools import pairwise
from typing import Any

from histories import log
from psycopg import sql

from adapters.postgres.read_model import ReadModel, promoted
from adapters.system import System
from projections.case_facts import case_facts
from projections.projection import Keyed, Replica

Kept = tuple[int, int | None, Any]  # from, to, row


def tables(system: System, projection: Keyed[Any] = case_facts) -> tuple[dict[str, Any], dict[str, list[Kept]]]:
    """The rows that readers use, and each key's versions: (from, to, row) in order."""
    with system.connect("candour_projector") as connection:
        found = promoted(connection, projection.name)
        assert found is not None
        model = ReadModel(projection, found[0])
        rows = connection.execute(
            sql.SQL("SELECT {} FROM {}").format(model.column_list, model.name(model.table))
        ).fetchall()
        versions = connection.execute(
            sql.SQL("SELECT from_position, to_position, {} FROM {} ORDER BY 3, 1").format(
                model.column_list, model.name(model.history)
            )
        ).fetchall()
    history: dict[str, list[Kept]] = {}
    for first, end, *record in versions:
        history.setdefault(record[0], []).append((first, end, model.to_row(record)))  # type: ignore[index]
    return {str(row[0]): model.to_row(row) for row in rows}, history  # type: ignore[index]


def faults(system: System, projection: Keyed[Any] = case_facts) -> list[str]:
    """What is wrong with the history table: overlaps, gaps, open versions that are not the current row."""
    rows, history = tables(system, projection)
    found: list[str] = []
    for key in rows.keys() | history.keys():
        versions = history.get(key, [])
        for (_, end, _), (first, _, _) in pairwise(versions):
            if end is None or end > first:
                found.append(f"{key}: versions overlap at {first}")
            elif end < first and not withdrawn_between(system, projection, key, end, first):
                found.append(f"{key}: nothing is known from {end} to {first}")
        open_versions = [row for _, end, row in versions if end is None]
        if open_versions != ([rows[key]] if key in rows else []):
            found.append(f"{key}: the open version is not the current row")
        if any(end is not None and end <= first for first, end, _ in versions):
            found.append(f"{key}: an empty version")
    return found


def withdrawn_between(system: System, projection: Keyed[Any], key: str, gone: int, back: int) -> bool:
    """Whether the row was really away: all that was known of it had been withdrawn."""
    replica: Replica[Any] = Replica(projection)
    replica.follow(entry for entry in log(system) if entry.position < back)
    return key not in replica.rows and key not in replica.known_at(gone)
