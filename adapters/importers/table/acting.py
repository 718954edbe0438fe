"""Who acted, where a mapping states it: the columns that hold the person, the role and the unit."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from adapters.importers.table.columns import Column
from adapters.importers.table.mapping import EventRules, Term
from adapters.importers.table.values import Unreadable
from domain.event import RecordedEvent, Role
from domain.values import ActorId, Reference

UNSAID = "@by"
"""Among the fields that a row says nothing about: who acted."""

PROCESSES = frozenset({Role.IMPORTER, Role.DEADLINE_WATCH})
IMPORT = "import:"
_ACTOR, _UNIT = TypeAdapter[str](ActorId), TypeAdapter[str](Reference)


class Who(NamedTuple):
    """A person, as what they acted, and their unit."""

    actor: str
    role: Role
    unit: str | None = None

    def is_as(self, other: "Who | None") -> bool:
        """Whether it means the same: the case of letters does not matter in the id of a person."""
        return other is not None and self._replace(actor=self.actor.casefold()) == other._replace(
            actor=other.actor.casefold()
        )


def who_acted(entry: RecordedEvent) -> Who | None:
    """Who acted in an event of the log; None: a file tells of it and does not say."""
    return None if entry.role is Role.IMPORTER else Who(entry.actor, entry.role, entry.unit)


def same(one: Who | None, other: Who | None) -> bool:
    """Whether both mean the same person, or both nobody who is known."""
    return one.is_as(other) if one is not None else other is None


def actor_of(given: object) -> str:
    """An id of a person; `ValueError` if it cannot be one."""
    try:
        actor = _ACTOR.validate_python(given)
    except ValidationError as error:
        raise ValueError("is no id of a person: letters, digits, and . : @ _ - within, up to 64 characters") from error
    if actor.casefold().startswith(IMPORT):
        raise ValueError("is the name of an import, and of no person")
    return actor


def role_of(given: object) -> Role:
    """As what a person can act; `ValueError` names the roles."""
    roles = [role.value for role in Role if role not in PROCESSES]
    if given not in roles:
        raise ValueError(f"role can be {', '.join(roles)}")
    return Role(given)


def unit_of(given: object) -> str:
    """The name of a unit; `ValueError` if it cannot be one."""
    try:
        return _UNIT.validate_python(given)
    except ValidationError as error:
        raise ValueError("is no name of a unit") from error


READ: dict[str, Callable[[object], Any]] = {"by": actor_of, "role": role_of, "unit": unit_of}


class ActorReader:
    """Reads out of the cells of a row who acted. A person without a role, or the reverse, says too little."""

    def __init__(self, rules: EventRules, column: Callable[[str], Column]) -> None:
        self._told: list[tuple[str, Column | None, Any]] = []
        for name, read in READ.items():
            term: Term | None = getattr(rules, name)
            if term is not None:
                given = column(term.column) if term.column is not None else None
                self._told.append((name, given, None if given is not None else read(term.constant)))

    def read(self, cells: Sequence[str]) -> Who | None:
        """Who acted; None where the row does not say. Raises `Unreadable`."""
        found: dict[str, Any] = {}
        blank: Column | None = None
        for name, column, constant in self._told:
            if column is None:
                found[name] = constant
            elif text := column.text(cells[column.place]):
                found[name] = _read(name, column, text)
            elif column.blank == "error":
                raise Unreadable(f"“{column.name}” is blank")
            elif name != "unit":
                blank = column
        if blank is None:
            return Who(found["by"], found["role"], found.get("unit"))
        if any(column is not None and name in found for name, column, _ in self._told if name != "unit"):
            raise Unreadable(f"“{blank.name}” is blank, and who acted is not known without it")
        return None

    def says_nothing(self, cells: Sequence[str]) -> bool:
        """Whether what the row said before of the person stays as it was."""
        columns = [column for name, column, _ in self._told if column is not None and name != "unit"]
        return any(column.blank == "unknown" and not column.text(cells[column.place]) for column in columns)


def _read(name: str, column: Column, text: str) -> Any:
    given = column.value(text)
    try:
        return READ[name](given)
    except ValueError:
        raise Unreadable(f"“{column.name}” holds a value that “{name}” cannot have") from None
