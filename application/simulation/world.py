"""A world with planted rates: how every report of a force ends, allotted exactly, and not only in expectation."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from datetime import timedelta
from enum import StrEnum
from random import Random

SETTLES = timedelta(days=75)
"""The last report is received this long before the period ends, so that all that is planted comes to pass in it."""


class Fate(StrEnum):
    """How a report ends: no crime, or a crime and what the force makes of it."""

    NO_CRIME = "no_crime"
    RIGHTLY_CANCELLED = "rightly_cancelled"
    NEVER_DECIDED = "never_decided"
    WRONGLY_DECLINED = "wrongly_declined"
    WRONGLY_CANCELLED = "wrongly_cancelled"
    LATE = "late"
    SOUND = "sound"


UNRECORDED = frozenset({Fate.NEVER_DECIDED, Fate.WRONGLY_DECLINED})


@dataclass(frozen=True, slots=True)
class World:
    """Shares (0 to 1): `unrecorded` of the crimes that were reported, of those `undecided` were never decided on and
    the others wrongly declined; `late` and `wrongly_cancelled` of the crimes that were recorded; `no_crime` of all
    reports, of those `recorded_first` were recorded, and the record rightly cancelled.
    """

    unrecorded: float = 0.223
    wrongly_cancelled: float = 0.03
    late: float = 0.05
    undecided: float = 0.4
    no_crime: float = 0.1
    recorded_first: float = 0.25

    def flaw(self) -> str | None:
        """Why it cannot be planted."""
        if not all(0 <= share <= 1 for share in astuple(self)) or self.wrongly_cancelled + self.late > 1:
            return "the planted shares must be between 0 and 1, what is late and what is cancelled at most 1 together"
        return None

    def counts(self, reports: int) -> Mapping[Fate, int]:
        """How many of so many reports end how, each share rounded to whole reports."""
        no_crime = round(reports * self.no_crime)
        crimes, cancelled_rightly = reports - no_crime, round(no_crime * self.recorded_first)
        unrecorded = round(crimes * self.unrecorded)
        undecided, recorded = round(unrecorded * self.undecided), crimes - unrecorded
        cancelled = round(recorded * self.wrongly_cancelled)
        late = min(round(recorded * self.late), recorded - cancelled)
        return {
            Fate.NO_CRIME: no_crime - cancelled_rightly,
            Fate.RIGHTLY_CANCELLED: cancelled_rightly,
            Fate.NEVER_DECIDED: undecided,
            Fate.WRONGLY_DECLINED: unrecorded - undecided,
            Fate.WRONGLY_CANCELLED: cancelled,
            Fate.LATE: late,
            Fate.SOUND: recorded - cancelled - late,
        }

    def fates(self, draw: Random, reports: int) -> list[Fate]:
        """The same counts, in an order from the seed."""
        fates = [fate for fate, count in self.counts(reports).items() for _ in range(count)]
        draw.shuffle(fates)
        return fates
