"""Cancellation (C2 to C5) and transfer (C1): how a recorded crime leaves the register, and how it comes back."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from domain.case.classification import CrimeReclassified
from domain.case.closure import reopened
from domain.case.holding import holds_none
from domain.case.involvement import is_involved
from domain.case.recording import CrimeRecorded, RecordingStatus
from domain.event import Act, Broken, Command, Decision, Event, Purpose, RecordedEvent, Role, Rule, broken
from domain.replacing import replace
from domain.rules import RuleBook, rule_book
from domain.values import CaseId, ForceCode, FreeText, Reference, SealedText

if TYPE_CHECKING:
    from domain.case.state import Case


class CancellationCode(StrEnum):
    """Why a recorded crime is cancelled; a transfer (C1) has a request of its own."""

    C2 = "C2"
    C3 = "C3"
    C4 = "C4"
    C5 = "C5"


class CancellationRequested(Event, name="cancellation_requested.v1"):
    """Somebody asked for the crime record to be cancelled, with the evidence that the code needs."""

    code: CancellationCode
    verifiable_information: SealedText | None = None
    surviving: Reference | None = None
    error: SealedText | None = None
    self_defence: SealedText | None = None


class CancellationApproved(Event, name="cancellation_approved.v1"):
    """A decision maker cancelled the crime record."""

    rationale: SealedText | None = None


class CancellationRefused(Event, name="cancellation_refused.v1"):
    """A decision maker refused to cancel the crime record; it stands."""

    because: SealedText | None = None


class CancellationReversed(Event, name="cancellation_reversed.v1"):
    """The cancellation or transfer was undone; the crime is in the register again."""

    because: SealedText | None = None


class TransferRequested(Event, name="transfer_requested.v1"):
    """Another force was asked to record the crime, since it was committed in its area (C1)."""

    to_force: ForceCode
    because: SealedText | None = None


class TransferAccepted(Event, name="transfer_accepted.v1"):
    """The other force has recorded the crime under its own reference."""

    their_reference: Reference


class TransferRefused(Event, name="transfer_refused.v1"):
    """The other force will not record the crime; it stays here."""

    because: SealedText | None = None


CancellationEvent = (
    CancellationRequested
    | CancellationApproved
    | CancellationRefused
    | CancellationReversed
    | TransferRequested
    | TransferAccepted
    | TransferRefused
)

C2_NEEDS_INFORMATION = Rule(
    "c2_needs_verifiable_information",
    "C2 needs the additional verifiable information which shows that no notifiable crime occurred; give it in "
    "`verifiable_information`.",
    "Home Office Counting Rules: cancelled records; HMIC, Crime recording: a matter of fact (additional verifiable "
    "information)",
)
C3_NEEDS_SURVIVOR = Rule(
    "c3_needs_the_surviving_crime",
    "C3 needs the reference of the crime that this one duplicates or is part of; give it in `surviving`.",
    "Home Office Counting Rules: cancelled records, already recorded or part of a crime already recorded",
)
C4_NEEDS_ERROR = Rule(
    "c4_needs_the_error",
    "C4 needs to say what was recorded in error; give it in `error`.",
    "Home Office Counting Rules: cancelled records, recorded in error",
)
C5_NEEDS_CLAIM = Rule(
    "c5_needs_self_defence",
    "C5 needs the claim of self-defence and an offence for which it can be claimed; give the claim in `self_defence`, "
    "or choose another code.",
    "Home Office Counting Rules: cancelled records, self-defence claimed (listed offences: rule set cancellation-1)",
)
SURVIVOR_IS_RECORDED = Rule(
    "surviving_crime_is_recorded",
    "The surviving crime must be another crime of this force that is in the register and stays there; give the id of "
    "its case in `surviving`.",
    "Home Office Counting Rules: cancelled records, already recorded or part of a crime already recorded",
)
SURVIVOR_IS_ANOTHER = Rule(
    "surviving_crime_is_another",
    "The surviving crime must be another one than this; give the reference of the crime that stays recorded.",
    "Home Office Counting Rules: cancelled records, already recorded or part of a crime already recorded",
)
DECISION_MAKER_CANCELS = Rule(
    "cancellation_by_decision_maker",
    "Only a designated decision maker or the force crime registrar decides on a cancellation.",
    "Home Office Counting Rules: designated decision makers and the force crime registrar",
)
REGISTRAR_CANCELS_RAPE = Rule(
    "registrar_cancels_rape",
    "The cancellation of a rape is for the force crime registrar alone.",
    "Rule set cancellation-1 (unconfirmed): the approvers of the cancellation of a rape",
)
REQUESTER_DOES_NOT_APPROVE = Rule(
    "requester_does_not_approve",
    "Whoever asked for the cancellation cannot approve it; another decision maker must.",
    "Home Office Counting Rules: cancellation is decided by a second person",
)
RECORDER_DOES_NOT_CANCEL = Rule(
    "recorder_does_not_cancel",
    "Whoever recorded or investigates the crime cannot approve its cancellation; another decision maker must.",
    "HMICFRS crime data integrity, Hampshire 2018: officers cancelled crimes of their own",
)
REGISTRAR_REVERSES = Rule(
    "reversal_by_registrar_or_audit",
    "Only the force crime registrar or an auditor reverses a cancellation or a transfer.",
    "Home Office Counting Rules: the force crime registrar is the final arbiter",
)
NEEDS = {
    CancellationCode.C2: C2_NEEDS_INFORMATION,
    CancellationCode.C3: C3_NEEDS_SURVIVOR,
    CancellationCode.C4: C4_NEEDS_ERROR,
    CancellationCode.C5: C5_NEEDS_CLAIM,
}


def status_after(event: CancellationEvent) -> RecordingStatus:
    """Where the recording decision stands after the event."""
    match event:
        case CancellationRequested():
            return RecordingStatus.CANCEL_PENDING
        case TransferRequested():
            return RecordingStatus.TRANSFER_PENDING
        case CancellationApproved():
            return RecordingStatus.CANCELLED
        case TransferAccepted():
            return RecordingStatus.TRANSFERRED
        case CancellationRefused() | CancellationReversed() | TransferRefused():
            return RecordingStatus.RECORDED


@dataclass(frozen=True, slots=True)
class Cancellation:
    """The cancellation track of a case: what was asked for, by whom, and what came of it."""

    request: CancellationRequested | None = None
    requested_by: str | None = None
    approved_by: str | None = None
    approved_as: Role | None = None
    cancelled_as: str | None = None
    to_force: str | None = None
    their_reference: str | None = None

    def evolve(self, entry: RecordedEvent, event: CancellationEvent) -> "Cancellation":
        """The track after one more fact."""
        match event:
            case CancellationRequested():
                return Cancellation(request=event, requested_by=entry.actor)
            case CancellationApproved():
                code = self.request.code.value if self.request is not None else None
                return replace(self, cancelled_as=code, approved_by=entry.actor, approved_as=entry.role)
            case TransferRequested():
                return Cancellation(to_force=event.to_force, requested_by=entry.actor)
            case TransferAccepted():
                agreed = replace(self, approved_by=entry.actor, approved_as=entry.role)
                return replace(agreed, cancelled_as="C1", their_reference=event.their_reference)
            case CancellationRefused() | CancellationReversed() | TransferRefused():
                return Cancellation()


class RequestCancellation(Command["Case"]):
    """Ask for a crime record to be cancelled, with the evidence that the code needs."""

    purpose: ClassVar[Purpose] = Purpose.CRIME_RECORDING

    example: ClassVar[Mapping[str, Any]] = {"code": "C2", "error": None, "self_defence": None}

    code: CancellationCode
    verifiable_information: FreeText | None = None
    surviving: CaseId | None = None
    error: FreeText | None = None
    self_defence: FreeText | None = None

    def concerns(self, state: "Case") -> tuple[str, ...]:
        """The surviving crime."""
        return (self.surviving,) if self.surviving is not None else ()

    def decide(self, state: "Case", act: Act) -> Decision:
        """The crime stays recorded until a second person approves. C2, C3, C4 and C5 each need their own evidence."""
        yield from state.allows(self)
        request = CancellationRequested(**{name: getattr(self, name) for name in type(self).model_fields})
        yield from _evidence(request, state, act.rules)
        yield from _survivor(request, act)
        yield request


class ApproveCancellation(Command["Case"]):
    """Cancel the crime record as asked for."""

    purpose: ClassVar[Purpose] = Purpose.CRIME_RECORDING

    rationale: FreeText

    def concerns(self, state: "Case") -> tuple[str, ...]:
        """The surviving crime of a C3."""
        survivor = state.cancellation.request and state.cancellation.request.surviving
        return (survivor,) if survivor is not None and survivor.startswith("case-") else ()

    def decide(self, state: "Case", act: Act) -> Decision:
        """By a designated decision maker or the registrar who neither asked for it nor recorded or investigates it.

        A rape: by the registrar alone. The victim must then be told; a closed case is open again until they are.
        """
        yield from state.allows(self)
        yield from by_authority(state, act)
        if state.cancellation.request is not None:
            yield from _evidence(state.cancellation.request, state, act.rules)
            yield from _survivor(state.cancellation.request, act)
        yield from holds_none(state, act)
        yield from reopened(state)
        yield CancellationApproved(rationale=self.rationale)


class RefuseCancellation(Command["Case"]):
    """Refuse to cancel the crime record; it stands."""

    purpose: ClassVar[Purpose] = Purpose.CRIME_RECORDING

    because: FreeText

    def decide(self, state: "Case", act: Act) -> Decision:
        """By a designated decision maker or the registrar."""
        yield from state.allows(self)
        yield from _decision_maker(act)
        yield CancellationRefused(because=self.because)


class ReverseCancellation(Command["Case"]):
    """Undo a cancellation or a transfer: the crime is in the register again."""

    purpose: ClassVar[Purpose] = Purpose.CRIME_RECORDING

    because: FreeText

    def decide(self, state: "Case", act: Act) -> Decision:
        """By the force crime registrar or an auditor. What the victim was owed is owed again, and to be told of this.

        A closed case is open again.
        """
        yield from state.allows(self)
        arbiters = {Role.FORCE_CRIME_REGISTRAR, Role.AUDITOR}
        yield from broken(REGISTRAR_REVERSES, when=act.by_someone_known and act.role not in arbiters)
        yield from reopened(state)
        yield CancellationReversed(because=self.because)


def _evidence(request: CancellationRequested, state: "Case", rules: RuleBook) -> Iterator[Broken]:
    """Broken if the request does not show what its code needs."""
    code = request.code
    yield from broken(NEEDS[code], when=getattr(request, rules.cancellation.needs[code]) is None)
    if code is CancellationCode.C3 and request.surviving is not None:
        yield from broken(SURVIVOR_IS_ANOTHER, when=request.surviving in state.own_references)
    if code is CancellationCode.C5 and request.self_defence is not None:
        unlisted = _recorded_as(state) - rules.cancellation.self_defence_offences
        yield from broken(C5_NEEDS_CLAIM, when=bool(unlisted))


def _survivor(request: CancellationRequested, act: Act) -> Iterator[Broken]:
    """Broken unless the crime that a C3 names is in the register, and is not itself being taken out of it."""
    if request.code is CancellationCode.C3 and request.surviving is not None and act.at_the_live_door:
        other: Case | None = act.others.get(request.surviving)
        stays = other is not None and other.force == act.force and other.recording.status is RecordingStatus.RECORDED
        yield from broken(SURVIVOR_IS_RECORDED, when=not stays)


def cancelled_wrongly(state: "Case") -> Iterator[Rule]:
    """The rules that a cancellation, asked for or made, does not keep."""
    if state.cancellation.request is not None:
        yield from (step.rule for step in _evidence(state.cancellation.request, state, rule_book()))
    approved_as, rules = state.cancellation.approved_as, rule_book()
    known = approved_as not in (None, Role.IMPORTER)
    if known and approved_as not in rules.cancellation.rape_approvers and _is_rape(state, rules):
        yield REGISTRAR_CANCELS_RAPE


def _decision_maker(act: Act) -> Iterator[Broken]:
    if act.by_someone_known:
        yield from broken(DECISION_MAKER_CANCELS, when=act.role not in act.rules.cancellation.approvers)


def by_authority(state: "Case", act: Act) -> Iterator[Broken]:
    """Broken unless a decision maker acts (of a rape: the registrar) who did not ask and is not involved."""
    yield from _decision_maker(act)
    if act.by_someone_known:
        if _is_rape(state, act.rules):
            yield from broken(REGISTRAR_CANCELS_RAPE, when=act.role not in act.rules.cancellation.rape_approvers)
        yield from broken(REQUESTER_DOES_NOT_APPROVE, when=act.actor.casefold() in _requesters(state))
        yield from broken(RECORDER_DOES_NOT_CANCEL, when=is_involved(act.actor, state))


def _requesters(state: "Case") -> set[str]:
    """Whoever ever asked for this crime to leave the register."""
    asked = {
        entry.actor.casefold()
        for entry in state.facts.values()
        if isinstance(entry.event, CancellationRequested | TransferRequested)
    }
    return asked | {(state.cancellation.requested_by or "").casefold()}


def _recorded_as(state: "Case") -> set[str]:
    """Every offence under which the crime ever stood in the register, as written and as it stands."""
    written = {
        entry.event.offence
        for entry in state.facts.values()
        if isinstance(entry.event, CrimeRecorded | CrimeReclassified)
    }
    return written | ({state.recording.offence} - {None})  # type: ignore[operator]


def _is_rape(state: "Case", rules: RuleBook) -> bool:
    """Whether the crime is a rape, or ever was one in the register: to reclassify it does not change who decides."""
    return any((offence := rules.offences.get(code)) is not None and offence.rape for code in _recorded_as(state))
