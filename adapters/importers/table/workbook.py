"""Rows of an Excel workbook (.xlsx): one sheet, its cells as text."""

import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import IO, Any

from openpyxl import load_workbook

from adapters.importers.reading import MOST_BYTES, ImportFailed
from adapters.importers.table.delimited import DOES_NOT_FIT, Line

NO_RESULT = "#FORMULA!"


class Workbook:
    """The rows of one sheet. `columns` are the names in its header; a row's line is its number in the sheet."""

    def __init__(self, spool: IO[bytes], name: str, *, sheet: str | None, header_line: int) -> None:
        self._spool, self._name, self._sheet, self._header_line = spool, name, sheet, header_line
        try:
            with zipfile.ZipFile(spool) as archive:
                if sum(part.file_size for part in archive.infolist()) > MOST_BYTES:
                    raise ImportFailed(f"{name} unpacks to more than {MOST_BYTES >> 20} MB; import it in parts")
            names = self._open(values=True).sheetnames
        except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
            raise ImportFailed(f"{name} is not an Excel workbook (.xlsx) that can be read; save it again") from error
        if sheet is not None and sheet not in names:
            raise ImportFailed(f"{name} has no sheet “{sheet}”; it has {', '.join(f'“{each}”' for each in names)}")
        header = next((cells for number, cells in self._rows() if number == header_line), None)
        if not header:
            raise ImportFailed(f"{name}, line {header_line}: there is no header that can be read")
        self.columns = header

    def lines(self) -> Iterator[Line]:
        """The rows below the header; empty ones are no rows."""
        width = len(self.columns)
        for number, cells in self._rows():
            if number <= self._header_line or not cells:
                continue
            text = "\t".join(cells)
            if len(cells) > width:
                yield Line(number, None, text, DOES_NOT_FIT)
            else:
                yield Line(number, [*cells, *[""] * (width - len(cells))], text)

    def _open(self, *, values: bool) -> Any:
        self._spool.seek(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return load_workbook(self._spool, read_only=True, data_only=values)

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """Row numbers and cells, without the blank ones at the end. Values and formulas are read side by side."""
        sheets = [self._open(values=values) for values in (True, False)]
        pair = [book[self._sheet] if self._sheet else book.worksheets[0] for book in sheets]
        for number, (values, formulas) in enumerate(zip(*(sheet.iter_rows() for sheet in pair), strict=True), start=1):
            cells = [_text(value, formula) for value, formula in zip(values, formulas, strict=False)]
            while cells and not cells[-1].strip():
                cells.pop()
            yield number, cells


def _text(cell: Any, formula: Any) -> str:
    value: object = cell.value
    if value is None:
        return NO_RESULT if formula.data_type == "f" else ""
    if isinstance(value, datetime):
        pure_day = value.time() == time() and not any(part in str(cell.number_format).lower() for part in ("h", "s"))
        return value.date().isoformat() if pure_day else _time(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value)


def _time(value: datetime) -> str:
    """Excel counts in parts of a day; what it shows as a whole second is one."""
    return value.isoformat(sep=" ", timespec="seconds" if not value.microsecond else "microseconds")
