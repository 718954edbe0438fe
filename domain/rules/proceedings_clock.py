"""A clock of misconduct investigations and proceedings, as the data has it."""

from dataclasses import dataclass
from typing import Any

from domain.event import Role


@dataclass(frozen=True, slots=True)
class Clock:
    """How long something may take: calendar days or months, or working days. `not_before`: the fewest working days."""

    source: str
    days: int = 0
    months: int = 0
    then_months: int = 0
    lead_days: int = 0
    working_days: int = 0
    not_before: int = 0
    escalate_to: Role | None = None
    standing: str | None = None


def clock(facts: dict[str, Any]) -> Clock:
    """The clock as the packaged file has it."""
    whole: dict[str, Any] = dict(facts)
    if "escalate_to" in whole:
        whole["escalate_to"] = Role(whole["escalate_to"])
    return Clock(**whole)
