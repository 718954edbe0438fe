"""Where a source says something else than another one, or than a person who corrected it. Both are kept."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from adapters.importers.table.histories import Row
from adapters.importers.table.meaning import DERIVED, sealed_of
from adapters.importers.table.standing import Fact, said_by
from adapters.importers.table.telling import Statement

MOST_DISAGREEMENTS = 1000
BY_HAND = "entered by hand"
WITHDRAWN = "withdrawn"


class Disagreement(NamedTuple):
    """Two sources say different things about one field of one fact. Both are kept."""

    case: str
    fact: str
    field: str
    source: str
    says: str
    other: str
    other_says: str
    line: int


@dataclass(slots=True)
class Disagreements:
    """Those of one source. `count` counts all, `listed` holds at most 1,000 by case, fact, field and the other side."""

    source: str
    count: int = 0
    listed: dict[tuple[str, str, str, str], Disagreement] = field(
        default_factory=dict[tuple[str, str, str, str], Disagreement]
    )

    def compare(self, row: Row, statement: Statement, others: Iterable[Fact]) -> None:
        """Note where other sources say otherwise. Sealed text is not compared."""
        said, text = said_by(statement), sealed_of(type(statement.event))
        for fact in others:
            current = fact.current
            for name, value in said.items():
                if name not in text and name not in DERIVED and name in current and current[name] != value:
                    self._note(row, statement.label, name, value, fact.owner, current[name])

    def compare_with_people(self, row: Row, statement: Statement, fact: Fact) -> None:
        """Note where someone has corrected what the source said, and it still says otherwise."""
        said, text = said_by(statement), sealed_of(type(statement.event))
        for name, value in fact.others.items():
            if name in said and name not in text and name not in DERIVED and said[name] != value:
                self._note(row, statement.label, name, said[name], "", value)

    def gone(self, row: Row, fact: Fact) -> None:
        """Note that the source takes back what someone has corrected."""
        for name, value in fact.others.items():
            if name not in DERIVED:
                self._note(row, fact.label, name, WITHDRAWN, "", value)

    def _note(self, row: Row, label: str, name: str, says: object, other: str, other_says: object) -> None:
        key = (row.stream, label, name, other)
        if key in self.listed:
            return
        self.count += 1
        if len(self.listed) < MOST_DISAGREEMENTS:
            named = other.removeprefix("table:").partition("/")[0] or BY_HAND
            self.listed[key] = Disagreement(
                row.stream, label, name, self.source, _plain(says), named, _plain(other_says), row.line
            )


def _plain(value: Any) -> str:
    return "" if value is None else str(value)
