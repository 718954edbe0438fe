"""Which fields of a row a pure function over it may read: found in its code, so that nobody has to declare it.

A field counts as read if its name is an attribute or a text anywhere in the code that the function can reach: its own,
that of the functions, tables and objects it names, and so on. That is more than it reads, never less, as long as rows
are read by the names of their fields. What cannot be looked into is taken to read all of them.
"""

import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

ALL_AT_ONCE = frozenset({"_asdict", "_fields", "_replace", "__getitem__", "__iter__", "attrgetter", "itemgetter"})


def fields_read(of: Callable[[Any], object], fields: Collection[str]) -> frozenset[str]:
    """Those of the fields that the function may read."""
    search = _Search()
    search.look_at(of)
    everything = search.unclear or not search.names.isdisjoint(ALL_AT_ONCE)
    return frozenset(fields) if everything else search.names.intersection(fields)


class _Search:
    """The names found so far; `unclear`: something was called that cannot be looked into."""

    def __init__(self) -> None:
        self.names: frozenset[str] = frozenset()
        self.unclear = False
        self._seen: dict[int, object] = {}  # held, so that no other value takes the identity of one that was seen

    def look_at(self, value: object) -> None:
        """Follow a value to the code that it can reach."""
        if id(value) in self._seen:
            return
        self._seen[id(value)] = value
        if isinstance(value, str):
            self.names |= {str(value)}
        elif isinstance(value, MethodType):
            self._function(value.__func__, value.__self__)
        elif isinstance(value, FunctionType):
            self._function(value, None)
        elif isinstance(value, partial):
            for part in (value.func, *value.args, *value.keywords.values()):  # pyright: ignore[reportUnknownVariableType,reportUnknownMemberType]
                self.look_at(part)  # pyright: ignore[reportUnknownArgumentType]
        elif (wrapped := getattr(value, "__wrapped__", None)) is not None:
            self.look_at(wrapped)
        elif isinstance(value, tuple | list | set | frozenset):
            for part in value:  # pyright: ignore[reportUnknownVariableType]
                self.look_at(part)  # pyright: ignore[reportUnknownArgumentType]
        elif isinstance(value, Mapping):
            for part in (*value.keys(), *value.values()):  # pyright: ignore[reportUnknownVariableType,reportUnknownMemberType]
                self.look_at(part)  # pyright: ignore[reportUnknownArgumentType]
        elif callable(value) and not isinstance(value, type | BuiltinFunctionType):
            self.unclear = True

    def _function(self, function: Callable[..., object], owner: object) -> None:
        assert isinstance(function, FunctionType)
        if not _is_ours(function.__module__):
            return
        within = [*_codes(function.__code__)]
        used = frozenset(name for code in within for name in code.co_names)
        self.names |= used
        for code in within:
            self.look_at(code.co_consts)
        cells = [cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)]
        for value in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values(), *cells):
            self.look_at(value)
        for name in used:
            if name in function.__globals__:
                self._global(function.__globals__[name], used)
            for holder in (owner, *cells):
                if _is_ours(type(holder).__module__):
                    self.look_at(getattr(holder, name, None))

    def _global(self, value: object, used: frozenset[str]) -> None:
        if not isinstance(value, ModuleType):
            self.look_at(value)
        elif _is_ours(value.__name__):
            for name in used & vars(value).keys():
                self.look_at(vars(value)[name])


def _is_ours(module: str) -> bool:
    """Python's own library knows of no fields but those that it is given the names of."""
    return module.partition(".")[0] not in sys.stdlib_module_names


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def _codes(code: CodeType) -> Iterator[CodeType]:
    """A piece of code and those within it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)
