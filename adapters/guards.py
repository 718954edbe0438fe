"""What a command can be refused for, which events it writes and which duties those open: read from its decision."""

import ast
from collections.abc import Iterator
from functools import cache
from inspect import getsource
from textwrap import dedent
from types import FunctionType
from typing import Any, NamedTuple

from domain.aggregate import aggregate_of
from domain.case.duties import DutyKind, opens
from domain.event import Command, Event, Rule


class Guards(NamedTuple):
    """The rules that can refuse a command, in order, and the events that it can write."""

    rules: tuple[Rule, ...]
    events: tuple[type[Event], ...]

    @property
    def duties(self) -> tuple[DutyKind, ...]:
        """The duties that those events can open."""
        return tuple(dict.fromkeys(kind for event in self.events for kind in opens(event)))


@cache
def guards_of(command: type[Command[Any]]) -> Guards:
    """The guards of a command: what its `decide` names, itself or through functions of the domain."""
    before: object = aggregate_of(command).replay(())
    state: type[Any] = type(before)
    found = list(dict.fromkeys(_named(command.decide, (command, state), set())))
    return Guards(
        tuple(value for value in found if isinstance(value, Rule)),
        tuple(value for value in found if isinstance(value, type)),
    )


def _named(function: Any, owners: tuple[type[Any], ...], seen: set[object]) -> Iterator[Rule | type[Event]]:
    if not isinstance(function, FunctionType) or not function.__module__.startswith("domain.") or function in seen:
        return
    seen.add(function)
    for node in _in_order(ast.parse(dedent(getsource(function)))):
        match node:
            case ast.Name(id=name):
                yield from _meant(function.__globals__.get(name), owners, seen)
            case ast.Attribute(value=ast.Name(id="state" | "self"), attr=name):
                for owner in owners:
                    yield from _named(vars(owner).get(name), owners, seen)
            case ast.Call(func=ast.Name(id=name)):
                called: Any = function.__globals__.get(name)
                if isinstance(called, type) and issubclass(called, Event):
                    yield called
            case _:
                pass


def _meant(value: Any, owners: tuple[type[Any], ...], seen: set[object]) -> Iterator[Rule | type[Event]]:
    if isinstance(value, Rule):
        yield value
    elif isinstance(value, dict):
        told: list[Any] = list(value.values())  # pyright: ignore[reportUnknownArgumentType,reportUnknownVariableType]
        yield from (each for each in told if isinstance(each, Rule))
    else:
        yield from _named(value, owners, seen)


def _in_order(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node in the order of the text."""
    yield tree
    for child in ast.iter_child_nodes(tree):
        yield from _in_order(child)
