"""Rows of JSON lines: one object each; its members are the columns."""

from collections.abc import Iterator
from typing import IO, Any, cast

import orjson

from adapters.importers.reading import ImportFailed
from adapters.importers.table.delimited import Line

NOT_AN_OBJECT = "this is not a JSON object on one line"
NESTED = "a value is a list or an object"


class JsonLines:
    """The rows of a file of JSON lines. `columns` are all names that some row has, in the order of appearance."""

    def __init__(self, spool: IO[bytes], name: str) -> None:
        self._spool = spool
        found: dict[str, None] = {}
        for _, _, row in self._rows():
            if row is not None:
                found.update(dict.fromkeys(row))
        if not found:
            raise ImportFailed(f"{name} holds no JSON object; is it a file of JSON lines?")
        self.columns = list(found)

    def lines(self) -> Iterator[Line]:
        """The rows; a member that a row does not have is blank."""
        for number, raw, row in self._rows():
            text = raw.decode(errors="replace")
            if row is None:
                yield Line(number, None, text, NOT_AN_OBJECT)
                continue
            if any(isinstance(value, list | dict) for value in row.values()):
                yield Line(number, None, text, NESTED)
                continue
            yield Line(number, [_text(row.get(name)) for name in self.columns], text)

    def _rows(self) -> Iterator[tuple[int, bytes, dict[str, Any] | None]]:
        self._spool.seek(0)
        for number, raw in enumerate(self._spool, start=1):
            line = raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw
            if not (line := line.strip()):
                continue
            try:
                row: object = orjson.loads(line)
            except orjson.JSONDecodeError:
                row = None
            yield number, line, cast(dict[str, Any], row) if isinstance(row, dict) else None


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
