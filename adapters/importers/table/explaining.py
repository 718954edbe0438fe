"""What a row would become, as people read it: before numbers are given and times are borrowed."""

from typing import Any, cast

from pydantic import BaseModel

from adapters.importers.table.histories import Row
from adapters.importers.table.numbering import Numbering
from adapters.importers.table.standing import values_of
from adapters.importers.table.telling import FIRST_UNKNOWN, Statement

NOT_NAMED = "one that is not named"


def history_of(row: Row, numbering: Numbering) -> dict[str, Any]:
    """The line, the stream, the key and the force of a row, and the facts that it states, as text."""
    names = [f"{name} {text}" if text else NOT_NAMED for name, text in zip(numbering.names, row.names, strict=False)]
    facts = [_fact(statement, names, numbering) for statement in row.statements]
    return {"line": row.line, "case": row.stream, "key": row.key.partition("/")[2], "force": row.force, "events": facts}


def _fact(statement: Statement, names: list[str], numbering: Numbering) -> dict[str, Any]:
    label, event, at, *_ = statement
    given = {name: _plain(value, names) for name, value in values_of(event, at).items() if name != "record_by"}
    told = {name: str(value) for name, value in given.items() if value not in (None, ())}
    del told["at"]
    first = {"event": label, "at": f"that of {statement.of}" if statement.of else str(at)}
    if statement.who is not None:
        unit = f", {statement.who.unit}" if statement.who.unit else ""
        first["who"] = f"{statement.who.actor} ({statement.who.role}{unit})"
    if label in numbering.each:
        first["once_for_each"] = numbering.each[label]
    return first | told


def _plain(value: Any, names: list[str]) -> Any:
    if isinstance(value, int) and value >= FIRST_UNKNOWN:
        return names[value - FIRST_UNKNOWN]
    if isinstance(value, tuple):
        each = cast(tuple[Any, ...], value)
        known = [_plain(one, names) for one in each]
        return each if known == list(each) else f"({', '.join(map(str, known))})"
    if isinstance(value, BaseModel):
        parts = {name: _plain(part, names) for name, part in value}
        return value if parts == dict(value) else " ".join(f"{name}={part}" for name, part in parts.items())
    return value
