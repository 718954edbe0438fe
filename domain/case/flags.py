"""Flags: what is true of a crime beside its offence, such as that it is domestic abuse. Not flagged is not known."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from domain.event import Act, Command, Decision, Event, Purpose, Rule, broken
from domain.replacing import replace

if TYPE_CHECKING:
    from domain.case.state import Case


class CrimeFlag(StrEnum):
    """What a crime can be flagged as."""

    DOMESTIC_ABUSE = "domestic_abuse"
    HATE_CRIME = "hate_crime"
    HONOUR_BASED_ABUSE = "honour_based_abuse"
    CHILD_SEXUAL_ABUSE = "child_sexual_abuse"
    ONLINE_CRIME = "online_crime"


class CrimeFlagged(Event, name="crime_flagged.v1"):
    """It was noted that this is true of the crime."""

    flag: CrimeFlag


class CrimeUnflagged(Event, name="crime_unflagged.v1"):
    """It was noted that this is not true of the crime: the flag was removed, or ruled out from the start."""

    flag: CrimeFlag


FlagEvent = CrimeFlagged | CrimeUnflagged

_SOURCE = "Home Office Counting Rules: crime flags"

FLAGGED_ONCE = Rule("crime_is_flagged_once", "The crime carries this flag already.", _SOURCE)
UNFLAGGED_ONCE = Rule("crime_is_unflagged_once", "It is noted already that this flag does not apply.", _SOURCE)


@dataclass(frozen=True, slots=True)
class Flags:
    """The flags of a case: those it `carries`, and those that are `ruled_out`; of the others nothing is known."""

    carries: tuple[CrimeFlag, ...] = ()
    ruled_out: tuple[CrimeFlag, ...] = ()

    def evolve(self, event: FlagEvent) -> "Flags":
        """The track after one more fact: what was said last of a flag stands."""
        carries = tuple(flag for flag in self.carries if flag is not event.flag)
        ruled_out = tuple(flag for flag in self.ruled_out if flag is not event.flag)
        match event:
            case CrimeFlagged():
                return replace(self, carries=(*carries, event.flag), ruled_out=ruled_out)
            case CrimeUnflagged():
                return replace(self, carries=carries, ruled_out=(*ruled_out, event.flag))


class FlagCrime(Command["Case"]):
    """Flag the crime, or the report of one: domestic abuse, hate crime and the like."""

    purpose: ClassVar[Purpose] = Purpose.CRIME_RECORDING

    flag: CrimeFlag

    def decide(self, state: "Case", act: Act) -> Decision:
        """A flag is set once; it does not depend on the offence, nor on whether the crime is recorded."""
        yield from state.allows(self)
        yield from broken(FLAGGED_ONCE, when=self.flag in state.flags.carries)
        yield CrimeFlagged(flag=self.flag)


class UnflagCrime(Command["Case"]):
    """Note that a flag does not apply: take it away, or rule it out."""

    purpose: ClassVar[Purpose] = Purpose.CRIME_RECORDING

    flag: CrimeFlag

    def decide(self, state: "Case", act: Act) -> Decision:
        """What nobody has said of a crime is unknown; this says that it is not so. It may be flagged again."""
        yield from state.allows(self)
        yield from broken(UNFLAGGED_ONCE, when=self.flag in state.flags.ruled_out)
        yield CrimeUnflagged(flag=self.flag)
