"""The data of misconduct reports: categories, criteria and clocks by effective date, forces, what may be passed on."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from domain.rules.clock import Clock, clock
from domain.values import LONDON


@dataclass(frozen=True, slots=True)
class Listed:
    """A code of a list, with the London days from which and (exclusive) until which it is in use."""

    code: str
    title: str
    effective: date
    until: date | None = None
    standing: str | None = None

    def in_use(self, day: date) -> bool:
        """Whether it is in use on that London day."""
        return self.effective <= day and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class MisconductRules:
    """All that misconduct reports take from data."""

    id: str
    lists: dict[str, tuple[Listed, ...]]
    clocks: tuple[Clock, ...]
    forces: dict[str, str]
    outside: frozenset[str]
    passed_fields: frozenset[str]
    grade_parts: tuple[str, ...]

    def report_categories(self, at: date) -> dict[str, Listed]:
        """The public categories in use on a London day, or at an instant."""
        return self._listed("report_category", at)

    def allegation_categories(self, at: date) -> dict[str, Listed]:
        """The allegation categories in use then."""
        return self._listed("allegation", at)

    def counter_corruption(self, at: date) -> dict[str, Listed]:
        """The counter-corruption categories in use then."""
        return self._listed("counter_corruption", at)

    def referral_criteria(self, at: date) -> dict[str, Listed]:
        """The criteria of mandatory referral in use then."""
        return self._listed("referral", at)

    def clock(self, kind: str, at: date) -> Clock:
        """The clock of that kind that applies to what starts then; the oldest one before that."""
        found = [each for each in self.clocks if each.kind == kind]
        fitting = [each for each in found if each.effective <= _day(at)]
        return fitting[-1] if fitting else found[0]

    def started_by(self, event: str, at: date) -> Iterator[Clock]:
        """The clocks of the data that an event of that name starts then: the one in force of each kind."""
        for kind in dict.fromkeys(each.kind for each in self.of_the_data if event in each.starts_with):
            found = self.clock(kind, at)
            if event in found.starts_with and found.effective <= _day(at):
                yield found

    @property
    def of_the_data(self) -> tuple[Clock, ...]:
        """The clocks that the data alone knows."""
        return tuple(each for each in self.clocks if each.starts_with)

    def clock_named(self, name: str) -> Clock | None:
        """The clock of that id."""
        return next((each for each in self.clocks if each.id == name), None)

    def extends_to(self, force: str | None) -> bool:
        """Whether Schedule 3 applies to the force; where it is not known whose report it is, it does."""
        return force not in self.outside

    def is_grade(self, text: str) -> bool:
        """Whether the text grades an intelligence record."""
        parts = self.grade_parts
        return len(text) == len(parts) and all(letter in part for letter, part in zip(text, parts, strict=True))

    def _listed(self, name: str, at: date) -> dict[str, Listed]:
        day = _day(at)
        return {each.code: each for each in self.lists[name] if each.in_use(day)}


LISTS = ("report_category", "allegation", "counter_corruption", "referral")


def misconduct_rules(toml: dict[str, Any]) -> MisconductRules:
    """The rules as the packaged file has them."""
    return MisconductRules(
        id=toml["id"],
        lists={name: tuple(Listed(**entry) for entry in toml[name]) for name in LISTS},
        clocks=tuple(sorted((clock(entry) for entry in toml["clock"]), key=lambda each: each.effective)),
        forces=dict(toml["force"]),
        outside=frozenset(toml["schedule_3"]["outside"]),
        passed_fields=frozenset(toml["passing"]["fields"]),
        grade_parts=tuple(toml["grade"]["parts"]),
    )


def _day(at: date) -> date:
    return at.astimezone(LONDON).date() if isinstance(at, datetime) else at
