"""A clock of misconduct reports, investigations and proceedings, as the data has it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from domain.event import Role
from domain.rules.working_days import end_of_working_day
from domain.values import end_of_day

BY_EVENTS = ("starts_with", "met_by", "lifted_by")


@dataclass(frozen=True, slots=True)
class Clock:
    """How long something may take that starts on or after `effective`: days of one sort, or months.

    `calendar_days` are days of London, `working_days` those of England and Wales, `months` calendar months,
    `then_months` how many the next one takes. `lead_days`: how early it may be answered. `not_before`: the fewest
    working days. A clock that the data alone knows says by the names of events what starts it, what meets what is owed,
    and after what it is owed no longer.
    """

    kind: str
    effective: date
    source: str
    calendar_days: int = 0
    working_days: int = 0
    months: int = 0
    then_months: int = 0
    lead_days: int = 0
    not_before: int = 0
    starts_with: tuple[str, ...] = ()
    met_by: tuple[str, ...] = ()
    lifted_by: tuple[str, ...] = ()
    escalate_to: Role | None = None
    standing: str | None = None

    @property
    def id(self) -> str:
        """The clock by its kind and its first day."""
        return f"{self.kind}-{self.effective}"

    def due(self, since: date) -> datetime:
        """The last instant (UTC) in time of a clock of days that began to run on that London day."""
        if self.working_days:
            return end_of_working_day(since, self.working_days)
        days = self.calendar_days if since.year < date.max.year else 0
        return end_of_day(since + timedelta(days=days))


def clock(facts: Mapping[str, Any]) -> Clock:
    """The clock as the packaged file has it."""
    whole = dict(facts)
    if "escalate_to" in whole:
        whole["escalate_to"] = Role(whole["escalate_to"])
    whole |= {name: tuple(whole[name]) for name in BY_EVENTS if name in whole}
    return Clock(**whole)
