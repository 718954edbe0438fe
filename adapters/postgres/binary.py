"""Values in the binary format of COPY: each with its length before it."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from struct import Struct
from typing import Any

BEGIN = b"PGCOPY\n\xff\r\n\0" + bytes(8)
END = b"\xff\xff"
NULL = b"\xff\xff\xff\xff"
TRUE, FALSE = b"\0\0\0\1\1", b"\0\0\0\1\0"
TEXT = 25

_length = Struct("!i").pack
_int8 = Struct("!iq").pack
_float8 = Struct("!id").pack
_date = Struct("!ii").pack
_array = Struct("!iiiii").pack
_columns = Struct("!h").pack
_DAY, _INSTANT = date(2000, 1, 1), datetime(2000, 1, 1, tzinfo=UTC)


def columns(number: int) -> bytes:
    """What a row begins with."""
    return _columns(number)


def text(value: str) -> bytes:
    """A `text`."""
    data = value.encode()
    return _length(len(data)) + data


def int8(value: int) -> bytes:
    """An `int8`."""
    return _int8(8, value)


def boolean(value: object) -> bytes:
    """A `bool`."""
    return TRUE if value else FALSE


def timestamp(value: datetime) -> bytes:
    """A `timestamptz`; the value has a time zone."""
    since = value - _INSTANT
    return _int8(8, (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds)


def texts(values: Iterable[str]) -> bytes:
    """A `text[]` without nulls in it."""
    given = [text(value) for value in values]
    data = _array(1, 0, TEXT, len(given), 1) + b"".join(given) if given else _array(0, 0, TEXT, 0, 0)[:12]
    return _length(len(data)) + data


def _float(value: float) -> bytes:
    return _float8(8, value)


def _day(value: date) -> bytes:
    return _date(4, (value - _DAY).days)


ENCODERS: dict[str, Callable[[Any], bytes]] = {
    "text": text,
    "int8": int8,
    "float8": _float,
    "bool": boolean,
    "date": _day,
    "timestamptz": timestamp,
    "text[]": texts,
}
