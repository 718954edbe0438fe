"""Conditions that the finders over read models share."""

from collections.abc import Iterable

from psycopg import sql

NOBODY = "none"
"""Asked for as an owner: rows that have none."""


def matching(search: tuple[object, ...], names: Iterable[str]) -> list[sql.Composable]:
    """That the columns of these names are what `search` has under them; None there: whatever it is."""
    asked = [(name, getattr(search, name)) for name in names]
    return [
        sql.SQL("owner IS NULL")
        if (name, value) == ("owner", NOBODY)
        else sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name))
        for name, value in asked
        if value is not None
    ]
