"""Reading a published CSV: plain or gzip, checked as a whole before anything is made of its rows."""

import csv
import gzip
import io
import os
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, Self

PIECE = 1 << 20
MOST_BYTES = 1 << 30
LONGEST_HEADER = 4096

Progress = Callable[[str, int, int], None]
"""Told the stage (`reading` in bytes of the file, `importing` in rows), how much is done, and of how much."""


def silent(stage: str, done: int, total: int) -> None:
    """Tells nobody."""


class ImportFailed(Exception):
    """The file cannot be imported; the message says why and what to do."""


class Kind(StrEnum):
    """Which of the published files it is."""

    STREET = "street"
    OUTCOMES = "outcomes"


_BEGINNING = "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name"
COLUMNS = {
    Kind.STREET: tuple(f"{_BEGINNING},Crime type,Last outcome category,Context".split(",")),
    Kind.OUTCOMES: tuple(f"{_BEGINNING},Outcome type".split(",")),
}


@dataclass(frozen=True, slots=True)
class Survey:
    """What a first look over the rows shows: how many, how often ids return, the months and forces they state."""

    rows: int
    returns: Counter[str]
    stated: frozenset[tuple[str, str]]


class SourceFile:
    """A published file, decompressed once into an unnamed temporary file. `digest` is the SHA-256 of those bytes."""

    def __init__(self, path: Path, progress: Progress, *, spool: tuple[IO[bytes], str] | None = None) -> None:
        """`spool` is the file as another process has read it, with its digest."""
        self.path = path
        self._spool: IO[bytes] = spool[0] if spool else tempfile.TemporaryFile()  # noqa: SIM115  (closed by __exit__)
        try:
            self.digest = spool[1] if spool else self._fill(progress)
            self.header = self._header()
            self.kind = _kind(path, self.header)
            wanted = COLUMNS[self.kind]
            self._width = len(self.header)
            places = [self.header.index(name) for name in wanted]
            self._places = None if places == list(range(self._width)) else places
        except BaseException:
            self._spool.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._spool.close()

    @property
    def file(self) -> IO[bytes]:
        """The file as it was read, decompressed."""
        return self._spool

    def lines(self) -> Iterator[tuple[int, list[str] | None, str]]:
        """Each row: its 1-based line number, its cells (None if they do not fit the header), and its text."""
        for number, line in enumerate(self._all_texts(), start=2):
            if line:
                yield number, self._cells(line), line

    def survey(self) -> Survey:
        """Look over all rows. Only the ids that occur more than once are kept."""
        seen: set[int] = set()
        returns: Counter[str] = Counter()
        stated: set[tuple[str, str]] = set()
        rows = 0
        for line in self._texts():
            rows += 1
            cells = self._cells(line, first=3)
            if cells is None:
                continue
            stated.add((cells[1], cells[2]))
            if crime := cells[0].lower():
                mark = hash(crime)
                if mark in seen:
                    returns[crime] += 1
                else:
                    seen.add(mark)
        if not rows:
            raise ImportFailed(f"{self.path.name} has a header and no rows; download it again")
        return Survey(rows, returns, frozenset(stated))

    def _texts(self) -> Iterator[str]:
        return filter(None, self._all_texts())

    def _all_texts(self) -> Iterator[str]:
        self._spool.seek(0)
        text = io.TextIOWrapper(self._spool, encoding="utf-8-sig")
        try:
            next(text, None)
            for line in text:
                yield line.rstrip("\n")
        finally:
            text.detach()

    def _cells(self, line: str, first: int = -1) -> list[str] | None:
        """The cells in the order of `COLUMNS`; only the `first` ones are certain to be there if that is asked for."""
        if '"' not in line and self._places is None:
            if line.count(",") != self._width - 1:
                return None
            cells = line.split(",", first)
            return [cell.strip() for cell in cells] if " ," in line or ", " in line or "\t" in line else cells
        try:
            cells = next(csv.reader((line,), strict=True))
        except csv.Error:
            return None
        if len(cells) != self._width:
            return None
        places = range(self._width) if self._places is None else self._places
        return [cells[place].strip() for place in places]

    def _fill(self, progress: Progress) -> str:
        name = self.path.name
        try:
            with self.path.open("rb") as raw:
                before = os.fstat(raw.fileno())
                digest = self._copy(raw, before.st_size, progress)
                after = os.fstat(raw.fileno())
        except EOFError as error:
            raise ImportFailed(f"{name} is cut off: its gzip data ends too early; download it again") from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise ImportFailed(f"{name} is damaged: its gzip data cannot be read; download it again") from error
        except OSError as error:
            raise ImportFailed(f"{name} cannot be read: {error.strerror or error}") from error
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise ImportFailed(f"{name} changed while it was being read; import it again once it is complete")
        return digest

    def _copy(self, raw: IO[bytes], size: int, progress: Progress) -> str:
        compressed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        source: Any = gzip.GzipFile(fileobj=raw) if compressed else raw
        digest, copied = sha256(), 0
        while piece := source.read(PIECE):
            copied += len(piece)
            if copied > MOST_BYTES:
                raise ImportFailed(f"{self.path.name} holds more than {MOST_BYTES >> 20} MB; import it month by month")
            digest.update(piece)
            self._spool.write(piece)
            progress("reading", raw.tell(), size)
        if not copied:
            raise ImportFailed(f"{self.path.name} is empty; download it again")
        self._check_encoding()
        return digest.hexdigest()

    def _check_encoding(self) -> None:
        self._spool.seek(0)
        for number, line in enumerate(self._spool, start=1):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                where = f"line {number}, column {error.start + 1}"
                raise ImportFailed(
                    f"{self.path.name} is not UTF-8 ({where}, byte 0x{line[error.start]:02x}); "
                    "save it as UTF-8 or download it again"
                ) from error

    def _header(self) -> list[str]:
        self._spool.seek(0)
        first = self._spool.readline(LONGEST_HEADER).decode("utf-8-sig", errors="replace").rstrip("\r\n")
        return [cell.strip() for cells in csv.reader((first,)) for cell in cells]


def _kind(path: Path, header: list[str]) -> Kind:
    found = set(header)
    kinds = [
        (kind, only)
        for kind, only in ((Kind.OUTCOMES, {"Outcome type"}), (Kind.STREET, {"Crime type", "Last outcome category"}))
        if found & only
    ]
    if len(found & set(_BEGINNING.split(","))) < 3:
        raise ImportFailed(
            f"{path.name}, line 1: this is not the header of a street or outcomes file of data.police.uk "
            f"(it begins {','.join(header)[:60]!r})"
        )
    if not kinds:
        raise ImportFailed(
            f"{path.name}, line 1: the column “Crime type” (street) or “Outcome type” (outcomes) is missing; "
            "download it again"
        )
    kind = kinds[0][0]
    if missing := [name for name in COLUMNS[kind] if name not in found]:
        names = " and ".join(f"“{name}”" for name in missing)
        raise ImportFailed(f"{path.name}, line 1: the column {names} of a {kind} file is missing; download it again")
    if len(found) != len(header):
        twice = next(name for name in header if header.count(name) > 1)
        raise ImportFailed(f"{path.name}, line 1: the column “{twice}” is there twice")
    return kind
