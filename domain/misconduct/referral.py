"""Referral to the IOPC: what must be referred and by when, what is, and how it says that a matter is investigated."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from domain.event import Act, Command, Decision, Event, Purpose, RecordedEvent, Rule, broken
from domain.misconduct.assessment import RecordingTest, RecordingTestMet, at_home
from domain.misconduct.calendar import can_start_a_clock
from domain.misconduct.intake import Code
from domain.replacing import replace
from domain.values import FreeText, Moment, SealedText

if TYPE_CHECKING:
    from domain.misconduct.state import Report


class ReferralStatus(StrEnum):
    """Where the referral stands. Due: a criterion, or the IOPC's call, waits for it."""

    NONE = "none"
    DUE = "due"
    REFERRED = "referred"
    MODE_DECIDED = "mode_decided"


class ReferralKind(StrEnum):
    """Why a matter was referred."""

    MANDATORY = "mandatory"
    VOLUNTARY = "voluntary"
    CALLED_IN = "called_in"


class Mode(StrEnum):
    """How the IOPC says that a matter is investigated; no investigation: back to the force."""

    INDEPENDENT = "independent"
    DIRECTED = "directed"
    LOCAL = "local"
    NO_INVESTIGATION = "no_investigation"


class MandatoryCriterionIdentified(Event, name="mandatory_criterion_identified.v1"):
    """It became clear that the matter must be referred to the IOPC; the clock of the referral starts."""

    criterion: Code
    clear_at: Moment
    because: SealedText | None = None


class CalledInByIopc(Event, name="called_in_by_iopc.v1"):
    """The IOPC requires that the matter be referred to it; the clock of the referral starts."""

    notified_at: Moment


class ReferredToIopc(Event, name="referred_to_iopc.v1"):
    """The matter was referred to the IOPC."""

    kind: ReferralKind
    because: SealedText | None = None


class ReferralNotMade(Event, name="referral_not_made.v1"):
    """The matter is not referred although a criterion had been identified, for this reason."""

    because: SealedText | None = None


class ModeDecided(Event, name="mode_decided.v1"):
    """The IOPC decided how the matter is investigated; a later decision replaces this one."""

    mode: Mode
    because: SealedText | None = None


ReferralEvent = MandatoryCriterionIdentified | CalledInByIopc | ReferredToIopc | ReferralNotMade | ModeDecided

_REG4 = "SI 2020/2, regulation 4; Police Reform Act 2002, Schedule 3, paragraph 4"

LISTED_CRITERION = Rule(
    "referral_criterion_is_listed",
    "Choose a criterion of mandatory referral that is in force on that day (rule set misconduct-1).",
    _REG4,
)
CLEAR_BY_NOW = Rule(
    "referral_clock_starts_by_now",
    "The time at which it became clear, or was notified, cannot lie in the future; give the day, or the time of it.",
    f"{_REG4}: the end of the day after the day on which it first becomes clear (wording unconfirmed)",
)
CRITERION_STANDS_ONCE = Rule(
    "referral_criterion_is_new",
    "This was noted already; its clock runs from then.",
    f"{_REG4}: the day on which it first becomes clear",
)
KIND_FITS_GROUND = Rule(
    "referral_kind_fits_its_ground",
    "`mandatory` takes a criterion that waits, `called_in` a call of the IOPC; `voluntary` is when there is neither.",
    f"{_REG4}; voluntary: by gravity or exceptional circumstances (unconfirmed)",
)
MODE_IS_CHANGED = Rule(
    "mode_is_changed",
    "The IOPC decided on this mode already.",
    "Police Reform Act 2002, Schedule 3, paragraph 15: the form of an investigation and its change",
)
MANDATORY_IS_REFERRED = Rule(
    "mandatory_criterion_is_referred",
    "A criterion of mandatory referral waits: refer the matter (`ReferToIopc`), or record why not "
    "(`RecordNoReferral`).",
    _REG4,
)


@dataclass(frozen=True, slots=True)
class Referral:
    """The referral track. `criteria`: identified so far; `waiting`: those not referred yet; `ever`: referred at all.

    `before`: where it stood before a referral was due.
    """

    status: ReferralStatus = ReferralStatus.NONE
    before: ReferralStatus = ReferralStatus.NONE
    criteria: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    called_in: bool = False
    kind: ReferralKind | None = None
    mode: Mode | None = None
    ever: bool = False
    reason_recorded: bool = False
    referred_at: Moment | None = None
    mode_decided_at: Moment | None = None

    def evolve(self, entry: RecordedEvent, event: ReferralEvent) -> "Referral":
        """The track after one more fact."""
        match event:
            case MandatoryCriterionIdentified():
                criteria, waiting = (*self.criteria, event.criterion), (*self.waiting, event.criterion)
                return replace(self._due(), criteria=criteria, waiting=waiting)
            case CalledInByIopc():
                return replace(self._due(), called_in=True)
            case ReferredToIopc():
                return replace(
                    self,
                    status=ReferralStatus.REFERRED,
                    waiting=(),
                    called_in=False,
                    kind=event.kind,
                    ever=True,
                    referred_at=entry.at,
                )
            case ReferralNotMade():
                return replace(self, status=self.before, waiting=(), reason_recorded=True)
            case ModeDecided():
                return replace(self, status=ReferralStatus.MODE_DECIDED, mode=event.mode, mode_decided_at=entry.at)

    def _due(self) -> "Referral":
        before = self.before if self.status is ReferralStatus.DUE else self.status
        return replace(self, status=ReferralStatus.DUE, before=before)


class IdentifyCriterion(Command["Report"]):
    """Note that a criterion of mandatory referral is met, and when that became clear."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    criterion: Annotated[Code, Field(examples=["serious_corruption"])]
    clear_at: Moment
    because: FreeText

    def decide(self, state: "Report", act: Act) -> Decision:
        """The clock of the referral starts; it ends with the day after, by the London calendar.

        What must be referred must be recorded, too.
        """
        yield from state.allows(self)
        yield from at_home(state, act)
        listed = act.rules.misconduct.referral_criteria(self.clear_at.london_date)
        yield from broken(LISTED_CRITERION, when=self.criterion not in listed)
        yield from broken(CLEAR_BY_NOW, when=not can_start_a_clock(self.clear_at, act))
        yield from broken(CRITERION_STANDS_ONCE, when=self.criterion in state.referral.criteria)
        yield MandatoryCriterionIdentified(criterion=self.criterion, clear_at=self.clear_at, because=self.because)
        if RecordingTest.MANDATORY_REFERRAL not in state.assessment.tests:
            yield RecordingTestMet(test=RecordingTest.MANDATORY_REFERRAL)


class NoteCallIn(Command["Report"]):
    """Note that the IOPC requires the matter to be referred to it."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    notified_at: Moment

    def decide(self, state: "Report", act: Act) -> Decision:
        """The clock of the referral starts; it ends with the day after, by the London calendar."""
        yield from state.allows(self)
        yield from at_home(state, act)
        yield from broken(CLEAR_BY_NOW, when=not can_start_a_clock(self.notified_at, act))
        yield from broken(CRITERION_STANDS_ONCE, when=state.referral.called_in)
        yield CalledInByIopc(notified_at=self.notified_at)


class ReferToIopc(Command["Report"]):
    """Refer the matter to the IOPC."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    kind: Annotated[ReferralKind, Field(examples=["voluntary"])]
    because: FreeText

    def decide(self, state: "Report", act: Act) -> Decision:
        """As a criterion or a call requires; without either, voluntarily."""
        yield from state.allows(self)
        yield from at_home(state, act)
        waits = state.referral
        fits = {
            ReferralKind.MANDATORY: bool(waits.waiting),
            ReferralKind.CALLED_IN: waits.called_in,
            ReferralKind.VOLUNTARY: not waits.waiting and not waits.called_in,
        }
        yield from broken(KIND_FITS_GROUND, when=not fits[self.kind])
        yield ReferredToIopc(kind=self.kind, because=self.because)


class RecordNoReferral(Command["Report"]):
    """Record why a matter is not referred although a criterion had been identified."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    because: FreeText

    def decide(self, state: "Report", act: Act) -> Decision:
        """A call of the IOPC cannot be answered so. The criterion stays on the record."""
        yield from state.allows(self)
        yield from broken(KIND_FITS_GROUND, when=state.referral.called_in)
        yield ReferralNotMade(because=self.because)


class DecideMode(Command["Report"]):
    """Note how the IOPC decided that the matter is investigated."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    mode: Mode
    because: FreeText | None = None

    def decide(self, state: "Report", act: Act) -> Decision:
        """It may change its decision later."""
        yield from state.allows(self)
        same = state.referral.status is ReferralStatus.MODE_DECIDED and state.referral.mode is self.mode
        yield from broken(MODE_IS_CHANGED, when=same)
        yield ModeDecided(mode=self.mode, because=self.because)
