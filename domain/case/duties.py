"""Duties: what the force owes in a case and by when, derived from its events; and the pausing of their clocks."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple
from uuid import UUID

from domain.case.cancellation import CancellationApproved, CancellationReversed, TransferAccepted
from domain.case.classification import ReceiptEstablished
from domain.case.closure import ReviewDecided, ReviewRequested
from domain.case.linking import CaseLinked, CaseUnlinked
from domain.case.notices import NOTICES, About, notice_of
from domain.case.recording import CrimeRecorded, CrimeReported, N100Recorded, RecordingDeclined
from domain.case.victim import SupportReferralDeclined, SupportReferralMade, VictimInformed, VictimNoticeWaived
from domain.event import Act, Command, Decision, Event, Purpose, RecordedEvent, Role, Rule, broken
from domain.owing import DutyStatus, miss_stream, status_of
from domain.rules import DutyRules, rule_book
from domain.rules.working_days import end_of_the_day, end_of_working_day
from domain.values import FreeText, Moment, SealedText

if TYPE_CHECKING:
    from domain.case.state import Case


class DutyKind(StrEnum):
    """What is owed."""

    RECORDING = "recording"
    VICTIM_TOLD = "victim_told"
    UPDATE = "update"
    SUPPORT_REFERRAL = "support_referral"
    OUTCOME_REVIEW = "outcome_review"


class DutyPaused(Event, name="duty_paused.v1"):
    """The clock of an open duty was stopped, for a reason."""

    duty: DutyKind
    because: SealedText | None = None


class DutyResumed(Event, name="duty_resumed.v1"):
    """The clock of a paused duty runs again; it ends later by as long as it stood."""

    duty: DutyKind
    because: SealedText | None = None


class DeadlineMissed(Event, name="deadline_missed.v1"):
    """A duty of a case was not met in time. The first event of a stream of its own, so that it is raised once."""

    case: str
    duty: DutyKind
    about: About | None = None
    opened_by: UUID
    due: Moment
    rule_set: str


class MissEscalated(Event, name="miss_escalated.v1"):
    """The missed deadline was brought to the attention of a role of the force, as the rule set says."""

    to: Role


PausingEvent = DutyPaused | DutyResumed

DUTY_CAN_BE_PAUSED = Rule(
    "duty_can_be_paused",
    "The clock of this duty cannot be stopped.",
    "Rule sets duties-2015 and duties-2021: the duties whose clocks may be stopped (policy of this system)",
)
DUTY_IS_OPEN = Rule(
    "duty_is_open",
    "There is no open duty of this kind whose clock runs.",
    "Rule sets duties-2015 and duties-2021: a clock is stopped while it runs (policy of this system)",
)
DUTY_IS_IN_TIME = Rule(
    "duty_is_in_time",
    "The time for this duty has run out already; meet it now. A clock that has run out cannot be stopped.",
    "Rule sets duties-2015 and duties-2021: a clock is stopped while it runs (policy of this system)",
)
DUTY_IS_PAUSED = Rule(
    "duty_is_paused",
    "There is no duty of this kind whose clock was stopped.",
    "Rule sets duties-2015 and duties-2021: a clock runs again after it was stopped (policy of this system)",
)


class Duty(NamedTuple):
    """One thing owed. `due` is the last instant (UTC) in time; it is met, lifted (no longer owed), paused, or open."""

    kind: DutyKind
    about: About | None
    opened_by: UUID
    opened_at: Moment
    due: datetime
    rule_set: str
    escalate_to: Role | None = None
    met_by: UUID | None = None
    met_at: Moment | None = None
    lifted_by: UUID | None = None
    lifted_at: Moment | None = None
    paused_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it is still owed, its clock running or not."""
        return self.met_by is None and self.lifted_by is None

    def status(self, now: datetime) -> DutyStatus:
        """Where it stands at `now`. A coarse time is late only if it is late at every instant it can mean."""
        lifted, paused = self.lifted_by is not None, self.paused_at is not None
        return status_of(self.due, self.met_at, now, lifted=lifted, paused=paused)

    @property
    def stopped_at(self) -> datetime | None:
        """The earliest instant (UTC) at which its clock may have stopped: met, lifted or paused; None: it runs."""
        ended = self.lifted_at or self.met_at
        return ended.earliest if ended is not None else self.paused_at

    def was_missed(self, now: datetime) -> bool:
        """Whether by `now` its deadline went by while it was owed and its clock ran, whatever came after that."""
        return (self.stopped_at or now) > self.due

    def stream(self, case: str) -> str:
        """The id of the stream in which its missed deadline is raised: the same for the same duty, always."""
        return miss_stream(case, self.kind, self.about, self.opened_by)


Duties = tuple[Duty, ...]
LONGEST = timedelta(days=90)  # no duty but the recording of a report runs longer than that
_MOVING = frozenset(
    {CrimeRecorded, RecordingDeclined, N100Recorded, ReceiptEstablished, SupportReferralMade, SupportReferralDeclined}
    | {VictimInformed, VictimNoticeWaived, ReviewDecided, CancellationApproved, TransferAccepted, CancellationReversed}
    | {CaseLinked, CaseUnlinked, DutyPaused, DutyResumed}
)
_OPENING = frozenset({CrimeReported, ReviewRequested, *NOTICES})
_OF_A_RECORD = frozenset({DutyKind.VICTIM_TOLD, DutyKind.UPDATE, DutyKind.SUPPORT_REFERRAL})


def evolve(duties: Duties, entry: RecordedEvent, case: "Case") -> Duties:
    """The duties after one more fact; `case` is the case after it. One that a file shows already over opens none."""
    kind = type(entry.event)
    if duties and kind in _MOVING:
        duties = _moved(duties, entry)
    if kind in _OPENING:
        opened = _opened_now(entry, case)
        return (*duties, *opened) if opened else duties
    return duties


def _moved(duties: Duties, entry: RecordedEvent) -> Duties:
    event = entry.event
    match event:
        case CrimeRecorded() | RecordingDeclined() | N100Recorded():
            duties = _met(duties, entry, lambda duty: duty.kind is DutyKind.RECORDING)
        case ReceiptEstablished():
            duties = tuple(_received_anew(duty, event) for duty in duties)
        case SupportReferralMade() | SupportReferralDeclined():
            duties = _met(duties, entry, lambda duty: duty.kind is DutyKind.SUPPORT_REFERRAL)
        case VictimInformed():
            duties = _met(
                duties, entry, lambda duty: duty.about is event.about and event.of_event in (None, duty.opened_by)
            )
        case VictimNoticeWaived():
            duties = _met(duties, entry, lambda duty: duty.about is event.about)
        case ReviewDecided():
            duties = _met(duties, entry, lambda duty: duty.kind is DutyKind.OUTCOME_REVIEW)
        case CancellationApproved() | TransferAccepted():
            duties = _lifted(duties, entry, lambda duty: duty.kind in _OF_A_RECORD)
        case CaseLinked():
            duties = _lifted(duties, entry, lambda duty: duty.kind is DutyKind.RECORDING)
        case CancellationReversed():
            duties = tuple(_taken_up(duty, entry.at.latest) if duty.kind in _OF_A_RECORD else duty for duty in duties)
        case CaseUnlinked():
            duties = tuple(
                duty._replace(lifted_by=None, lifted_at=None) if duty.kind is DutyKind.RECORDING else duty
                for duty in duties
            )
        case DutyPaused() if event.duty is not DutyKind.RECORDING:
            duties = _each(
                duties, event.duty, lambda duty: duty._replace(paused_at=duty.paused_at or entry.at.earliest)
            )
        case DutyResumed():
            duties = _each(duties, event.duty, lambda duty: _resumed(duty, entry.at.latest))
        case _:
            pass
    return duties


def _opened_now(entry: RecordedEvent, case: "Case") -> list[Duty]:
    if entry.source is None:
        return list(_opened(entry, case))
    # Whether it was over when a file showed it: by the event as it was written, not as corrected.
    written = case.facts.get(entry.event_id, entry)
    if isinstance(written.event, CrimeReported):
        if written is entry and written.event.record_by.latest < entry.written_at:
            return []
    elif written.at.latest + LONGEST < entry.written_at:
        return []
    opened = list(_opened(entry, case))  # as corrected it may open what it did not before, or nothing any more
    as_written = {duty.kind: duty.due for duty in (opened if written is entry else _opened(written, case))}
    return [duty for duty in opened if as_written.get(duty.kind, duty.due) >= entry.written_at]


def opens(event: type[Event]) -> tuple[DutyKind, ...]:
    """The duties that an event of this kind can open."""
    if issubclass(event, CrimeReported):
        return (DutyKind.RECORDING,)
    if issubclass(event, ReviewRequested):
        return (DutyKind.OUTCOME_REVIEW,)
    if event not in NOTICES:
        return ()
    kind = DutyKind.UPDATE if NOTICES[event] is About.UPDATE else DutyKind.VICTIM_TOLD
    return (kind, DutyKind.SUPPORT_REFERRAL) if issubclass(event, CrimeRecorded | N100Recorded) else (kind,)


def _opened(entry: RecordedEvent, case: "Case") -> Iterator[Duty]:
    event = entry.event
    if isinstance(event, CrimeReported):
        to = rule_book().duty_rules(entry.at).duties[DutyKind.RECORDING].escalate_to
        yield Duty(
            DutyKind.RECORDING, None, entry.event_id, event.received_at, event.record_by.latest, event.rule_set, to
        )
        return
    about = notice_of(event)
    if about is None and not isinstance(event, ReviewRequested):
        return
    rules = rule_book().duty_rules(entry.at)
    if isinstance(event, ReviewRequested):
        yield _counted(DutyKind.OUTCOME_REVIEW, None, entry, entry.at, rules, enhanced=False)
        return
    kind = DutyKind.UPDATE if about is About.UPDATE else DutyKind.VICTIM_TOLD
    yield _counted(kind, about, entry, entry.at, rules, enhanced=case.victim.enhanced)
    owed = any(duty.kind is DutyKind.SUPPORT_REFERRAL and duty.is_open for duty in case.duties)
    if isinstance(event, CrimeRecorded | N100Recorded) and case.victim.referral is None and not owed:
        received = case.recording.received_at or entry.at
        yield _counted(DutyKind.SUPPORT_REFERRAL, None, entry, received, rules, enhanced=False)


def _counted(
    kind: DutyKind, about: About | None, entry: RecordedEvent, since: Moment, rules: DutyRules, *, enhanced: bool
) -> Duty:
    rule = rules.duties[kind]
    due = end_of_working_day(since.latest_london_date, rule.days(enhanced=enhanced))
    return Duty(kind, about, entry.event_id, entry.at, due, rules.id, rule.escalate_to)


def _each(duties: Duties, kind: DutyKind, change: Callable[[Duty], Duty]) -> Duties:
    return tuple(change(duty) if duty.kind is kind and duty.is_open else duty for duty in duties)


def _met(duties: Duties, entry: RecordedEvent, which: Callable[[Duty], bool]) -> Duties:
    return tuple(
        _resumed(duty, entry.at.latest)._replace(met_by=entry.event_id, met_at=entry.at)
        if duty.met_by is None and which(duty)
        else duty
        for duty in duties
    )


def _lifted(duties: Duties, entry: RecordedEvent, which: Callable[[Duty], bool]) -> Duties:
    return tuple(
        _resumed(duty, entry.at.latest)._replace(lifted_by=entry.event_id, lifted_at=entry.at)
        if duty.is_open and which(duty)
        else duty
        for duty in duties
    )


def _resumed(duty: Duty, at: datetime) -> Duty:
    if duty.paused_at is None:
        return duty
    return duty._replace(due=_later(duty, at - duty.paused_at), paused_at=None)


def _taken_up(duty: Duty, at: datetime) -> Duty:
    """A lifted duty is owed again; the time for which it was not is added, if it had not run out before."""
    if duty.lifted_at is None:
        return duty
    in_time = duty.lifted_at.earliest <= duty.due
    due = _later(duty, at - duty.lifted_at.earliest) if in_time else duty.due
    return duty._replace(due=due, lifted_by=None, lifted_at=None)


def _later(duty: Duty, stood: timedelta) -> datetime:
    """The deadline once a clock has stood so long: the end of a working day, since days are what is counted."""
    return end_of_the_day(duty.due + stood) if stood > timedelta() else duty.due


def _received_anew(duty: Duty, event: ReceiptEstablished) -> Duty:
    if duty.kind is DutyKind.RECORDING:
        return duty._replace(due=event.record_by.latest, rule_set=event.rule_set)
    if duty.kind is DutyKind.SUPPORT_REFERRAL and duty.is_open and duty.paused_at is None:
        days = rule_book().duty_rules(duty.opened_at).duties[duty.kind].days(enhanced=False)
        return duty._replace(due=end_of_working_day(event.received_at.latest_london_date, days))
    return duty


class PauseDuty(Command["Case"]):
    """Stop the clock of the open duties of one kind, and say why."""

    purpose: ClassVar[Purpose] = Purpose.VICTIM_SERVICE

    example: ClassVar[Mapping[str, Any]] = {"duty": "victim_told"}

    duty: DutyKind
    because: FreeText

    def decide(self, state: "Case", act: Act) -> Decision:
        """Only a clock that runs, has not run out, and that the rule set lets be stopped; the recording clock never."""
        yield from state.allows(self)
        running = [duty for duty in state.duties if duty.kind is self.duty and duty.is_open and duty.paused_at is None]
        may = all(_rules_of(duty, act).duties[duty.kind].may_pause for duty in running)
        yield from broken(DUTY_CAN_BE_PAUSED, when=not may or self.duty is DutyKind.RECORDING)
        yield from broken(DUTY_IS_OPEN, when=not running)
        yield from broken(DUTY_IS_IN_TIME, when=any(duty.due < act.at for duty in running))
        yield DutyPaused(duty=self.duty, because=self.because)


class ResumeDuty(Command["Case"]):
    """Let the clock of the paused duties of one kind run again, and say why."""

    purpose: ClassVar[Purpose] = Purpose.VICTIM_SERVICE

    example: ClassVar[Mapping[str, Any]] = {"duty": "victim_told"}

    duty: DutyKind
    because: FreeText

    def decide(self, state: "Case", act: Act) -> Decision:
        """The time for which the clock stood is added to the deadline."""
        yield from state.allows(self)
        paused = any(duty.kind is self.duty and duty.paused_at is not None for duty in state.duties)
        yield from broken(DUTY_IS_PAUSED, when=not paused)
        yield DutyResumed(duty=self.duty, because=self.because)


def _rules_of(duty: Duty, act: Act) -> DutyRules:
    return act.rules.duty_rules(duty.opened_at)
