"""PostgreSQL arrays in binary form, written in one go; psycopg would look at every element several times."""

from collections.abc import Callable, Sequence
from struct import Struct
from typing import Any

from psycopg import BaseConnection
from psycopg.adapt import Dumper
from psycopg.pq import Format

TEXT, UUID, INT4, BYTEA = 25, 2950, 23, 17
_HEAD = Struct("!iiiii")  # dimensions, flags, type of the elements, length, lower bound
_EMPTY = Struct("!iii")


class Array(bytes):
    """An array ready to be sent; the statement casts its parameter to the type of the array."""


class _ArrayDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Array) -> bytes:
        return obj


def register(connection: "BaseConnection[Any]") -> None:
    """Let this connection send arrays."""
    connection.adapters.register_dumper(Array, _ArrayDumper)


def array(kind: int, elements: Sequence[bytes]) -> Array:
    """An array without NULLs; `kind` is the oid of the type whose binary form the elements have."""
    if not elements:
        return Array(_EMPTY.pack(0, 0, kind))
    parts = [_HEAD.pack(1, 0, kind, len(elements), 1)]
    for element in elements:
        parts += (len(element).to_bytes(4), element)
    return Array(b"".join(parts))


def texts(values: Sequence[str]) -> Array:
    """`text[]`."""
    return array(TEXT, [value.encode() for value in values])


def repeated_texts(values: Sequence[str]) -> Array:
    """`text[]` of few different values, each of which is encoded once."""
    return _repeated(TEXT, values, str.encode)


def integers(values: Sequence[int]) -> Array:
    """`int4[]`; few different values are expected."""
    return _repeated(INT4, values, _int4)


def _int4(value: int) -> bytes:
    return value.to_bytes(4, signed=True)


def _repeated(kind: int, values: Sequence[Any], encode: Callable[[Any], bytes]) -> Array:
    if not values:
        return array(kind, ())
    pieces = {value: len(element).to_bytes(4) + element for value in set(values) for element in (encode(value),)}
    return Array(_HEAD.pack(1, 0, kind, len(values), 1) + b"".join([pieces[value] for value in values]))
