"""Rows of CSV and TSV text: quoting, mixed line ends, cells with line breaks, trailing delimiters."""

import csv
import io
import re
from codecs import getincrementaldecoder
from collections.abc import Iterator
from contextlib import suppress
from typing import IO, NamedTuple

from adapters.importers.reading import PIECE, ImportFailed

MOST_LINES = 50
UTF_8 = "utf-8-sig"
DOES_NOT_FIT = "the columns do not fit the header"
NOT_CLOSED = "a quotation mark is not closed, or stands in the wrong place"


class Line(NamedTuple):
    """A row as read: 1-based line, its cells in the order of the header (None: see `reason`), and its text."""

    number: int
    cells: list[str] | None
    text: str
    reason: str = ""


class Delimited:
    """The rows of a delimited text. `columns` are the names in its header."""

    def __init__(self, spool: IO[bytes], name: str, *, encoding: str, delimiter: str, header_line: int) -> None:
        self._spool, self._name, self._delimiter = spool, name, delimiter
        self._encoding = UTF_8 if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding
        self._header_line = header_line
        self._space_after_quotes = re.compile(rf'"[^\S\n{re.escape(delimiter)}]+(?={re.escape(delimiter)}|$)')
        self._check_encoding()
        header = next((line for line in self._records() if line.number >= header_line), None)
        if header is None or header.cells is None:
            raise ImportFailed(f"{name}, line {header_line}: there is no header that can be read")
        self._header_at = header.number
        self.columns = [cell.strip() for cell in header.cells]
        while self.columns and not self.columns[-1]:
            self.columns.pop()
        self._width = len(self.columns)

    def lines(self) -> Iterator[Line]:
        """The rows below the header. Lines on which nothing stands are no rows."""
        width, header_at, nothing = self._width, self._header_at, self._delimiter + ' \t"'
        for line in self._records():
            number, cells, text, _ = line
            if number <= header_at:
                continue
            if cells is None:
                yield line
            elif len(cells) != width:
                if not "".join(cells).strip():
                    continue
                if len(cells) < width or "".join(cells[width:]).strip():
                    yield Line(number, None, text, DOES_NOT_FIT)
                else:
                    yield Line(number, cells[:width], text)
            elif (cells[0] and not cells[0].isspace()) or text.strip(nothing):
                yield line

    def _records(self) -> Iterator[Line]:
        delimiter = self._delimiter
        texts = enumerate(self._texts(), start=1)
        for number, text in texts:
            if '"' in text:
                yield from self._quoted(number, text, texts)
            elif text and not text.isspace():
                yield Line(number, text.split(delimiter), text)

    def _quoted(self, number: int, text: str, texts: Iterator[tuple[int, str]]) -> Iterator[Line]:
        """The record that begins on this line, and those of the lines that had to be read for it."""
        waiting = [(number, text)]
        while waiting:
            number, text = waiting.pop(0)
            if not text.strip():
                continue
            if '"' not in text:
                yield Line(number, text.split(self._delimiter), text)
                continue
            cells, opened = self._parsed(text)
            taken: list[tuple[int, str]] = []
            while opened and len(taken) < MOST_LINES:
                following = waiting.pop(0) if waiting else next(texts, None)
                if following is None:
                    break
                taken.append(following)
                joined = "\n".join([text, *(more for _, more in taken)])
                cells, opened = self._parsed(joined)
            if cells is None:
                # The lines that were joined may be rows of their own: only the first is lost to the quotation mark.
                waiting[:0] = taken
                yield Line(number, None, text, NOT_CLOSED)
            else:
                yield Line(number, cells, text)

    def _parsed(self, text: str) -> tuple[list[str] | None, bool]:
        """The cells, or None; and whether a quotation mark is still open at the end."""
        opened = False
        for attempt in (text, self._space_after_quotes.sub('"', text)):
            try:
                lines = attempt.split("\n")
                rows = list(csv.reader(lines, delimiter=self._delimiter, skipinitialspace=True, strict=True))
            except csv.Error as error:
                opened = opened or "unexpected end" in str(error)
                continue
            if len(rows) == 1:
                return rows[0], False
        return None, opened

    def _texts(self) -> Iterator[str]:
        self._spool.seek(0)
        text = io.TextIOWrapper(self._spool, encoding=self._encoding)
        try:
            for line in text:
                yield line.rstrip("\n")
        finally:
            with suppress(ValueError):  # the file may be closed before this is
                text.detach()

    def _check_encoding(self) -> None:
        number = 0
        try:
            if self._encoding == UTF_8:
                self._check_utf_8()
            for number, line in enumerate(self._texts(), start=1):
                if "\x00" in line and number == 1:
                    raise ImportFailed(
                        f"{self._name} is not {self._encoding}: its text holds zero bytes; name its encoding in [file]"
                    )
                if self._encoding == UTF_8:
                    return
        except UnicodeError as error:
            raise ImportFailed(
                f"{self._name} is not {self._encoding} (near line {number + 1}: {_byte(error)}); "
                "name its encoding in [file]"
            ) from error

    def _check_utf_8(self) -> None:
        """As a whole, which is quick; the place is looked for if there is anything wrong."""
        self._spool.seek(0)
        decoder = getincrementaldecoder("utf-8")()
        try:
            while piece := self._spool.read(PIECE):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            pass
        else:
            return
        self._spool.seek(0)
        for number, line in enumerate(self._spool, start=1):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                raise ImportFailed(
                    f"{self._name} is not UTF-8 (line {number}, column {error.start + 1}, {_byte(error)}); save it as "
                    "UTF-8, or name its encoding in [file]"
                ) from error


def _byte(error: UnicodeError) -> str:
    if isinstance(error, UnicodeDecodeError) and error.start < len(error.object):
        return f"byte 0x{error.object[error.start]:02x}"
    return str(error)
