"""Figures from outside that a rate or an estimate needs: adopted with their source, never assumed."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import StringConstraints

from domain.event import Event

Source = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=300)]


class FigureKind(StrEnum):
    """What it counts: police recorded crime of 12 months without fraud; the staff of the force."""

    RECORDED_CRIME_12_MONTHS = "recorded_crime_12_months"
    HEADCOUNT = "headcount"


class ReferenceFigureAdopted(Event, name="reference_figure_adopted.v1"):
    """A published figure was taken as denominator."""

    kind: FigureKind
    value: int
    since: date
    until: date
    source: Source


def year_before(day: date) -> date:
    """The same day a year before; of 29 February the 28th."""
    leap = (day.month, day.day) == (2, 29)
    return date(day.year - 1, 2, 28) if leap else day.replace(year=day.year - 1)
