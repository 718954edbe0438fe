"""A table: the rows of a CSV, TSV, JSON lines or Excel file, by the names of its columns."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Protocol, Self

from adapters.importers.reading import ImportFailed, Progress, silent
from adapters.importers.table.delimited import Delimited, Line
from adapters.importers.table.jsonlines import JsonLines
from adapters.importers.table.mapping import FileRules
from adapters.importers.table.spooling import spooled
from adapters.importers.table.values import clean

FORMATS = {".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".txt": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}


class Rows(Protocol):
    """What can be read of each format."""

    columns: list[str]

    def lines(self) -> Iterator[Line]:
        """The rows below the header."""
        ...


class Table:
    """A file opened as its mapping says. `digest` is the SHA-256 of its decompressed bytes.

    `repeated_headers` counts the lines that repeat the header, after `lines` has come to its end.
    """

    def __init__(
        self,
        path: Path,
        rules: FileRules,
        progress: Progress = silent,
        *,
        spool: tuple[IO[bytes], str] | None = None,
    ) -> None:
        """`spool` is what `spooled` makes of the file, if it was read before."""
        self.path = path
        self.format = rules.format or _format_of(path)
        self._spool, self.digest = spool or spooled(path, progress)
        self.repeated_headers = 0
        try:
            self._rows = self._open(rules)
        except BaseException:
            self._spool.close()
            raise
        self.columns: list[str] = [clean(name) for name in self._rows.columns]
        self._header = [name.casefold() for name in self.columns]
        named = Counter(name for name in self._header if name)
        self._twice = {name for name, times in named.items() if times > 1}
        self._index = {name: place for place, name in enumerate(self._header) if name}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._spool.close()

    @property
    def file(self) -> IO[bytes]:
        """The file as it was read, decompressed."""
        return self._spool

    def place(self, column: str) -> int | None:
        """Where the column stands, whatever its case and white space; None if there is none of that name."""
        name = clean(column).casefold()
        if name in self._twice:
            raise ImportFailed(f"{self.path.name}: the column “{column}” is there twice; rename one of them")
        return self._index.get(name)

    def has(self, column: str) -> bool:
        """Whether there is a column of that name."""
        return self.place(column) is not None

    def lines(self) -> Iterator[Line]:
        """The rows; a header that is repeated among them is none."""
        self.repeated_headers = 0
        header = self._header
        first = next((place for place, name in enumerate(header) if name), 0)
        begins = {change(header[first][:1]) for change in (str.lower, str.upper)} if header else set[str]()
        for line in self._rows.lines():
            cells = line.cells
            if cells is not None and (mark := cells[first][:1]).isalnum() and mark.isascii() and mark not in begins:
                yield line
                continue
            begins_alike = cells is not None and clean(cells[first]).casefold() == header[first]
            if begins_alike and self.format != "jsonl" and [clean(cell).casefold() for cell in cells or ()] == header:
                self.repeated_headers += 1
                continue
            yield line

    def _open(self, rules: FileRules) -> Rows:
        if self.format == "jsonl":
            return JsonLines(self._spool, self.path.name)
        if self.format == "xlsx":
            from adapters.importers.table.workbook import Workbook  # late: no other format needs it

            return Workbook(self._spool, self.path.name, sheet=rules.sheet, header_line=rules.header_line)
        delimiter = rules.delimiter or ("\t" if self.format == "tsv" else ",")
        return Delimited(
            self._spool,
            self.path.name,
            encoding=rules.encoding,
            delimiter=delimiter,
            header_line=rules.header_line,
        )


def _format_of(path: Path) -> str:
    suffix = Path(path.name.removesuffix(".gz")).suffix.lower()
    if suffix == ".xlsx":
        return "xlsx"
    if suffix not in FORMATS:
        raise ImportFailed(f"{path.name}: its name does not say how it is written; name the format in [file]")
    return FORMATS[suffix]
