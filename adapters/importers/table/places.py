"""Where in a TOML text a key stands, so that an error can name line and column."""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

Path = tuple[str | int, ...]

_KEY = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|\'([^\']*)\'|([A-Za-z0-9_-]+))\s*')
_SPACE = re.compile(r"(?:\s|#[^\n]*)*")
_STRING = re.compile(r'"""(?:[^\\]|\\.)*?"""|\'\'\'.*?\'\'\'|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', re.DOTALL)
_PLAIN = re.compile(r"[^,\]}\n#]*")


class Place(NamedTuple):
    """A 1-based line and column."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


@dataclass(slots=True)
class Places:
    """The places of all keys and values of a text that `tomllib` accepts."""

    text: str
    _found: dict[Path, int] = field(default_factory=dict[Path, int])
    _counts: dict[Path, int] = field(default_factory=dict[Path, int])

    def __post_init__(self) -> None:
        at, table = self._skip(0), ()
        while at < len(self.text):
            if self.text[at] == "[":
                at, table = self._header(at)
            else:
                at = self._pair(at, table)
            at = self._skip(at)

    def of(self, path: Path) -> Place:
        """The place of the path, or of the nearest thing around it; the first line if there is none."""
        if path not in self._found:
            path = tuple(step for part in path for step in (part.split(".") if isinstance(part, str) else (part,)))
        while path and path not in self._found:
            path = path[:-1]
        at = self._found.get(path, 0)
        return Place(self.text.count("\n", 0, at) + 1, at - self.text.rfind("\n", 0, at))

    def _header(self, at: int) -> tuple[int, Path]:
        start, many = at, self.text.startswith("[[", at)
        keys, at = self._keys(at + (2 if many else 1))
        table: Path = ()
        for number, key in enumerate(keys):
            table = (*table, key)
            last = number == len(keys) - 1
            if last and many:
                self._counts[table] = self._counts.get(table, -1) + 1
            if table in self._counts:
                table = (*table, self._counts[table])
        self._found[table] = start
        if many:
            self._found.setdefault(table[:-1], start)
        return at + (2 if many else 1), table

    def _pair(self, at: int, table: Path) -> int:
        start = at + len(self.text[at:]) - len(self.text[at:].lstrip()) if self.text[at].isspace() else at
        keys, at = self._keys(at)
        path = table
        for key in keys:
            path = (*path, key)
            self._found.setdefault(path, start)
        return self._value(self._skip(at + 1), path)

    def _keys(self, at: int) -> tuple[list[str], int]:
        keys: list[str] = []
        while match := _KEY.match(self.text, at):
            keys.append(next(group for group in match.groups() if group is not None))
            at = match.end()
            if at >= len(self.text) or self.text[at] != ".":
                break
            at += 1
        return keys, at

    def _value(self, at: int, path: Path) -> int:
        if self.text[at] == "[":
            at, number = self._skip(at + 1), 0
            while self.text[at] != "]":
                self._found[(*path, number)] = at
                at, number = self._next(self._value(at, (*path, number))), number + 1
            return at + 1
        if self.text[at] == "{":
            at = self._skip(at + 1)
            while self.text[at] != "}":
                at = self._next(self._pair(at, path))
            return at + 1
        match = _STRING.match(self.text, at) or _PLAIN.match(self.text, at)
        return match.end() if match else at + 1

    def _next(self, at: int) -> int:
        at = self._skip(at)
        return self._skip(at + 1) if self.text[at] == "," else at

    def _skip(self, at: int) -> int:
        match = _SPACE.match(self.text, at)
        return match.end() if match else at
