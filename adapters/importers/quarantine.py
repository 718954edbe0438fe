"""Quarantine: rows that cannot be read or cannot be true, kept apart with their line and the reason."""

import csv
import os
from collections import Counter
from collections.abc import Sequence
from heapq import merge
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from adapters.importers.reading import ImportFailed


def must_be_writable(path: Path | None, *read: Path) -> None:
    """`ImportFailed` if there can be no such CSV, or if it would take the place of a file that is `read`."""
    if path is None:
        return
    if path.is_dir():
        raise ImportFailed(f"the quarantine file cannot be {path}, which is a folder; name a file with --quarantine")
    if not os.access(path.parent, os.W_OK):
        raise ImportFailed(f"the quarantine file cannot be written to {path.parent}; name another with --quarantine")
    if path.exists() and any(path.samefile(each) for each in read):
        raise ImportFailed(f"the quarantine file would take the place of {path}; name another with --quarantine")


def joined(path: Path | None, other: Path | None) -> Path | None:
    """One CSV of two with the same columns, in order of line; the second is gone then."""
    if path is None or other is None:
        if other is not None:
            return other.rename(other.with_suffix(""))
        return path
    part = path.with_name(path.name + ".part")
    with (
        path.open(newline="", encoding="utf-8") as first,
        other.open(newline="", encoding="utf-8") as second,
        part.open("w", newline="", encoding="utf-8") as file,
    ):
        rows, more, writer = csv.reader(first), csv.reader(second), csv.writer(file)
        next(more)
        writer.writerow(next(rows))
        writer.writerows(merge(rows, more, key=lambda row: int(row[-2])))
    part.replace(path)
    other.unlink()
    return path


class Quarantine:
    """Counts the reasons, and writes the rows to a CSV if there are any: the file's columns, line, reason.

    A row that does not fit the columns is written as one cell. The CSV appears whole when the import ends.
    """

    def __init__(self, path: Path | None, columns: Sequence[str]) -> None:
        self.path = path
        self.reasons: Counter[str] = Counter()
        self._width = len(columns)
        self._header = [*columns, "line", "reason"]
        self._part = path.with_name(path.name + ".part") if path is not None else None
        self._file: IO[str] | None = None
        self._writer: Any = None

    def add(self, line: int, reason: str, cells: list[str] | None, text: str) -> None:
        """Set one row apart."""
        self.reasons[reason] += 1
        if self._part is None:
            return
        if self._writer is None:
            self._file = self._part.open("w", newline="", encoding="utf-8")
            self._writer = csv.writer(self._file)
            self._writer.writerow(self._header)
        row = cells if cells is not None else [text, *[""] * (self._width - 1)]
        self._writer.writerow([*row, line, reason])

    @property
    def written(self) -> Path | None:
        """Where the rows are, once there are any."""
        return self.path if self._writer is not None else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is None or self._part is None or self.path is None:
            return
        self._file.close()
        if error is None:
            self._part.replace(self.path)
        else:
            self._part.unlink(missing_ok=True)
