"""Service to the victim: needs, support, what the victim was told, and what the victim said."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from domain.case.cancellation import CancellationReversed
from domain.case.notices import About, notice_of
from domain.event import Act, Command, Decision, Event, Purpose, RecordedEvent, Rule, broken
from domain.replacing import replace
from domain.values import FreeText, Reference, SealedText

if TYPE_CHECKING:
    from domain.case.state import Case


class EntitlementGround(StrEnum):
    """Why a victim has an enhanced entitlement (Victims' Code)."""

    MOST_SERIOUS_CRIME = "most_serious_crime"
    PERSISTENTLY_TARGETED = "persistently_targeted"
    VULNERABLE_OR_INTIMIDATED = "vulnerable_or_intimidated"


class NoReferral(StrEnum):
    """Why no referral to a support service was made."""

    NOT_WANTED = "not_wanted"
    ALREADY_SUPPORTED = "already_supported"
    NO_VICTIM = "no_victim"
    NOT_ELIGIBLE = "not_eligible"


class NoNotice(StrEnum):
    """Why a victim is not told."""

    NO_VICTIM = "no_victim"
    UNTRACEABLE = "untraceable"
    ASKED_NOT_TO_BE_TOLD = "asked_not_to_be_told"
    RISK_TO_SOMEONE = "risk_to_someone"


class Channel(StrEnum):
    """How the victim was told."""

    IN_PERSON = "in_person"
    TELEPHONE = "telephone"
    LETTER = "letter"
    ELECTRONIC = "electronic"
    REPRESENTATIVE = "representative"


class NeedsAssessed(Event, name="needs_assessed.v1"):
    """The needs of the victim were assessed; a ground gives an enhanced entitlement."""

    grounds: tuple[EntitlementGround, ...] = ()


class SupportReferralMade(Event, name="support_referral_made.v1"):
    """The victim was referred to a support service."""

    service: Reference | None = None


class SupportReferralDeclined(Event, name="support_referral_declined.v1"):
    """No referral to a support service was made, for this reason."""

    reason: NoReferral


class VictimInformed(Event, name="victim_informed.v1"):
    """The victim was told; `of_event` is the event that they were told of, where it was one among several."""

    about: About
    channel: Channel | None = None
    of_event: UUID | None = None


class VictimNoticeWaived(Event, name="victim_notice_waived.v1"):
    """The victim is not told, for this reason."""

    about: About
    reason: NoNotice
    rationale: SealedText | None = None


class VictimStatementRecorded(Event, name="victim_statement_recorded.v1"):
    """What the victim said about supporting an investigation."""

    supports: bool
    statement: SealedText | None = None


class AcknowledgementSent(Event, name="acknowledgement_sent.v1"):
    """The victim was sent a written acknowledgement of their report, with its reference."""

    channel: Channel


VictimEvent = (
    NeedsAssessed
    | AcknowledgementSent
    | SupportReferralMade
    | SupportReferralDeclined
    | VictimInformed
    | VictimNoticeWaived
    | VictimStatementRecorded
)

GONE = {About.CANCELLED, About.TRANSFERRED}
NOTICE_FOLLOWS_EVENT = Rule(
    "notice_follows_what_happened",
    "There is nothing of that kind to tell the victim; `about` must be something that has happened in the case.",
    "Code of Practice for Victims of Crime: the right to information about the report and the investigation",
)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that the victim must be told: of what kind, and of which event."""

    about: About
    of_event: UUID


@dataclass(frozen=True, slots=True)
class Victim:
    """The victim track of a case.

    `owed`: what the victim must still be told; `set_aside`: what they need not be told while the crime is cancelled or
    transferred; `happened`: what there was to tell; `supports`: what they said last; `ever_declined`: whether they ever
    said that they do not support action.
    """

    acknowledged: bool = False
    assessed: bool = False
    enhanced: bool = False
    referral: str | None = None
    owed: tuple[Notice, ...] = ()
    set_aside: tuple[Notice, ...] = ()
    happened: frozenset[About] = frozenset()
    supports: bool | None = None
    ever_declined: bool = False

    def evolve(self, event: VictimEvent) -> "Victim":
        """The track after one more fact about the victim."""
        match event:
            case NeedsAssessed():
                return replace(self, assessed=True, enhanced=bool(event.grounds))
            case AcknowledgementSent():
                return replace(self, acknowledged=True)
            case SupportReferralMade():
                return replace(self, referral="made")
            case SupportReferralDeclined():
                return replace(self, referral=event.reason.value)
            case VictimInformed():
                return self._told(event.about, event.of_event)
            case VictimNoticeWaived():
                return self._told(event.about, None)
            case VictimStatementRecorded():
                return replace(self, supports=event.supports, ever_declined=self.ever_declined or not event.supports)

    def _told(self, about: About, of_event: UUID | None) -> "Victim":
        def left(notices: tuple[Notice, ...]) -> tuple[Notice, ...]:
            return tuple(n for n in notices if n.about is not about or of_event not in (None, n.of_event))

        return replace(self, owed=left(self.owed), set_aside=left(self.set_aside))

    def after(self, entry: RecordedEvent) -> "Victim":
        """The track after a fact of another one: the victim may have to be told of it."""
        about = notice_of(entry.event)
        if about is None:
            return self
        notice, happened = Notice(about, entry.event_id), self.happened | {about}
        if about in GONE:
            return replace(self, owed=(notice,), set_aside=(*self.set_aside, *self.owed), happened=happened)
        if isinstance(entry.event, CancellationReversed):
            return replace(self, owed=(*self.owed, *self.set_aside, notice), set_aside=(), happened=happened)
        return replace(self, owed=(*self.owed, notice), happened=happened)


class AssessNeeds(Command["Case"]):
    """Assess the needs of the victim; each ground that applies gives an enhanced entitlement."""

    purpose: ClassVar[Purpose] = Purpose.VICTIM_SERVICE

    example: ClassVar[Mapping[str, Any]] = {"grounds": ["vulnerable_or_intimidated"]}

    grounds: tuple[EntitlementGround, ...] = ()

    def decide(self, state: "Case", act: Act) -> Decision:
        """What happens from then on must be told within one working day instead of five. It may be assessed again."""
        yield from state.allows(self)
        yield NeedsAssessed(grounds=tuple(dict.fromkeys(self.grounds)))


class SendAcknowledgement(Command["Case"]):
    """Note that the victim was sent a written acknowledgement of their report."""

    purpose: ClassVar[Purpose] = Purpose.VICTIM_SERVICE

    channel: Channel

    def decide(self, state: "Case", act: Act) -> Decision:
        """Promptly (Victims' Code; no period is confirmed), whatever was decided about the report."""
        yield from state.allows(self)
        yield AcknowledgementSent(channel=self.channel)


class MakeSupportReferral(Command["Case"]):
    """Note that the victim was referred to a support service."""

    purpose: ClassVar[Purpose] = Purpose.VICTIM_SERVICE

    example: ClassVar[Mapping[str, Any]] = {"service": "Victim Support"}

    service: Reference

    def decide(self, state: "Case", act: Act) -> Decision:
        """Within two working days of the report (standing: unconfirmed)."""
        yield from state.allows(self)
        yield SupportReferralMade(service=self.service)


class DeclineSupportReferral(Command["Case"]):
    """Note that no referral to a support service is made, and why."""

    purpose: ClassVar[Purpose] = Purpose.VICTIM_SERVICE

    reason: NoReferral

    def decide(self, state: "Case", act: Act) -> Decision:
        """A reason ends the duty to refer."""
        yield from state.allows(self)
        yield SupportReferralDeclined(reason=self.reason)


class InformVictim(Command["Case"]):
    """Note that the victim was told of something that happened in the case."""

    purpose: ClassVar[Purpose] = Purpose.VICTIM_SERVICE

    example: ClassVar[Mapping[str, Any]] = {"about": "recorded", "channel": "telephone", "of_event": None}

    about: About
    channel: Channel
    of_event: UUID | None = None

    def decide(self, state: "Case", act: Act) -> Decision:
        """Ends every open duty to tell of it, or of the one event that is named."""
        yield from state.allows(self)
        yield from _has_happened(self.about, self.of_event, state)
        yield VictimInformed(about=self.about, channel=self.channel, of_event=self.of_event)


class WaiveVictimNotice(Command["Case"]):
    """Note that the victim is not told, and why."""

    purpose: ClassVar[Purpose] = Purpose.VICTIM_SERVICE

    about: About
    reason: NoNotice
    rationale: FreeText

    def decide(self, state: "Case", act: Act) -> Decision:
        """A reason and its rationale end the duty."""
        yield from state.allows(self)
        yield from _has_happened(self.about, None, state)
        yield VictimNoticeWaived(about=self.about, reason=self.reason, rationale=self.rationale)


class RecordVictimStatement(Command["Case"]):
    """Record what the victim said about supporting an investigation."""

    purpose: ClassVar[Purpose] = Purpose.VICTIM_SERVICE

    supports: bool
    statement: FreeText

    def decide(self, state: "Case", act: Act) -> Decision:
        """Outcome types 14 and 16 rest on it. A later statement replaces it."""
        yield from state.allows(self)
        yield VictimStatementRecorded(supports=self.supports, statement=self.statement)


def _has_happened(about: About, of_event: UUID | None, state: "Case") -> Decision:
    entry: RecordedEvent | None = state.facts.get(of_event) if of_event is not None else None
    wrong = of_event is not None and (entry is None or notice_of(entry.event) is not about)
    yield from broken(NOTICE_FOLLOWS_EVENT, when=about not in state.victim.happened or wrong)
