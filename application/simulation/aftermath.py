"""What follows a recording decision: the victim is told and supported, the crime investigated, the case closed."""

from application.simulation import mix
from application.simulation.case import Life
from application.simulation.force import pick
from application.simulation.leaving import cancelled, transferred
from application.simulation.pace import after, soon
from domain.case.classification import ReclassifyCrime
from domain.case.closure import (
    CloseCase,
    ClosureStatus,
    DecideReview,
    ReopenCase,
    RequestReview,
    ReviewOf,
    ReviewResult,
    ReviewStatus,
)
from domain.case.duties import DutyKind, PauseDuty, ResumeDuty
from domain.case.flags import FlagCrime, UnflagCrime
from domain.case.investigation import (
    AllocateInvestigation,
    DeclineInvestigation,
    FinishInvestigation,
    InvestigationStatus,
    KeyEvent,
    ResumeInvestigation,
    StartInvestigation,
    SubmitFile,
    SuspendInvestigation,
    UpdateInvestigation,
)
from domain.case.notices import About
from domain.case.outcome import AssignOutcome
from domain.case.ownership import AssignOwner
from domain.case.recording import RecordingStatus
from domain.case.victim import (
    AssessNeeds,
    Channel,
    DeclineSupportReferral,
    InformVictim,
    MakeSupportReferral,
    NoNotice,
    NoReferral,
    RecordVictimStatement,
    SendAcknowledgement,
    WaiveVictimNotice,
)
from domain.event import Role
from domain.rules import Offence
from domain.values import instant

CHARGED = 1
CHANNELS = (Channel.TELEPHONE, Channel.TELEPHONE, Channel.LETTER, Channel.ELECTRONIC, Channel.IN_PERSON)
PENDING = frozenset({RecordingStatus.CANCEL_PENDING, RecordingStatus.TRANSFER_PENDING})
UNDER_WAY = frozenset({InvestigationStatus.UNDER_INVESTIGATION, InvestigationStatus.SUSPENDED})


def not_recorded(life: Life) -> None:
    """A report that was declined, or entered as N100: the victim is told; they may ask for a review."""
    draw = life.draw
    tell(life, may_fail=0.08)
    if draw.random() < 0.03 and About.NOT_RECORDED not in owed(life):
        _review(life, ReviewOf.RECORDING)
    close(life)


def recorded(life: Life, offence: Offence, *, stays: bool = False) -> None:
    """A recorded crime takes its course; one that `stays` is not cancelled."""
    draw = life.draw
    tell(life, may_fail=0.06)
    _support(life, offence)
    if draw.random() < 0.05:
        _hand_over(life)
    if draw.random() < 0.035:
        offence = found_to_be(life, offence)
        if offence.code != life.state.recording.offence:
            command = ReclassifyCrime(offence=offence.code, rationale=draw.choice(mix.WHY_CORRECTED))
            life.does(command, Role.FORCE_CRIME_REGISTRAR, after(life, 9))
    if draw.random() < 0.02 and transferred(life):
        tell(life, may_fail=0.1)
        return close(life)
    if not stays and draw.random() < 0.05 and cancelled(life, offence):
        tell(life, may_fail=0.1)
        if draw.random() < 0.05:
            _review(life, ReviewOf.CANCELLATION)
        return close(life)
    if draw.random() < 0.12:
        return None
    chosen = outcome(life, offence)
    slow = 3 if offence.stratum == "sexual" else 1
    days = slow * mix.DAYS_TO_OUTCOME.get(chosen.outcome, 35)
    _investigate(life, chosen, days)
    assign(life, chosen, 0.3 * days)
    tell(life, may_fail=0.06)
    if draw.random() < 0.015:
        _review(life, ReviewOf.OUTCOME)
    close(life)
    if draw.random() < 0.03 and life.state.closure.status is ClosureStatus.CLOSED:
        life.does(ReopenCase(because=draw.choice(mix.WHY_REOPENED)), Role.SUPERVISOR, after(life, 40))
        assign(life, outcome(life, offence), 20)
        tell(life, may_fail=0.06)
        close(life)
    return None


def tell(life: Life, may_fail: float) -> None:
    """Tell the victim of everything that is owed, or say why not; `may_fail`: how often that is forgotten (0 to 1)."""
    draw = life.draw
    for about in owed(life):
        chance = draw.random()
        if life.has_no_victim or chance > 0.97:
            reason = NoNotice.NO_VICTIM if life.has_no_victim else NoNotice.UNTRACEABLE
            command = WaiveVictimNotice(about=about, reason=reason, rationale=draw.choice(mix.WHY_UNTOLD))
            life.does(command, Role.SUPERVISOR, after(life, 0.5))
        elif chance > may_fail:
            life.does(InformVictim(about=about, channel=draw.choice(CHANNELS)), _officer(life), after(life, 1.7))


def owed(life: Life) -> tuple[About, ...]:
    """What the victim must still be told of."""
    return tuple(dict.fromkeys(notice.about for notice in life.state.victim.owed))


def close(life: Life) -> None:
    """Close the case, if nothing stands in the way and somebody sees to it."""
    state = life.state
    waits = state.recording.status in PENDING or state.investigation.status in UNDER_WAY
    waits = waits or state.closure.review is ReviewStatus.REQUESTED
    if life.draw.random() < 0.9 and not life.state.victim.owed and not waits:
        life.does(CloseCase(), pick(life.draw, mix.CLOSERS), after(life, 4))


def outcome(life: Life, offence: Offence) -> AssignOutcome:
    """An outcome as is usual for the offence, in force by now."""
    chosen = pick(life.draw, mix.OUTCOMES.get(offence.group, mix.OTHER_OUTCOMES))
    in_force = life.rules.outcomes[chosen].since
    return AssignOutcome(outcome=chosen if in_force is None or in_force <= instant(life.now).london_date else 18)


def found_to_be(life: Life, offence: Offence) -> Offence:
    """Another offence of the same group, as the facts turn out."""
    listed = life.rules.offences
    alike = [code for code in mix.OFFENCES if listed[code].group == offence.group and listed[code].rape == offence.rape]
    return listed[life.draw.choice(alike)]


def state_wish(life: Life, chosen: AssignOutcome) -> None:
    """Types 14 and 16 rest on what the victim says."""
    if life.rules.outcomes[chosen.outcome].needs_statement:
        command = RecordVictimStatement(supports=False, statement=life.draw.choice(mix.STATEMENTS))
        life.does(command, Role.INVESTIGATOR, after(life, 2))


def assign(life: Life, chosen: AssignOutcome, days: float) -> None:
    """Assign the outcome, so many days later on average, once it has what it needs."""
    state_wish(life, chosen)
    life.does(chosen, pick(life.draw, mix.CLOSERS), after(life, days))


def _officer(life: Life) -> Role:
    return Role.INVESTIGATOR if life.state.investigation.officer is not None else Role.RECORDER


def _support(life: Life, offence: Offence) -> None:
    draw = life.draw
    serious = offence.stratum in ("violent", "sexual")
    if draw.random() < (0.6 if serious else 0.2) and not life.has_no_victim:
        grounds = (draw.choice(mix.GROUNDS),) if draw.random() < (0.3 if serious else 0.1) else ()
        life.does(AssessNeeds(grounds=grounds), Role.INVESTIGATOR, after(life, 0.5))
    _flag(life, serious=serious)
    if life.has_no_victim:
        life.does(DeclineSupportReferral(reason=NoReferral.NO_VICTIM), Role.RECORDER, soon(life))
    elif draw.random() < (0.45 if serious else 0.25):
        life.does(SendAcknowledgement(channel=draw.choice(CHANNELS)), Role.RECORDER, soon(life))
        life.does(MakeSupportReferral(service=draw.choice(mix.SERVICES)), Role.RECORDER, after(life, 0.8))
    elif draw.random() < 0.7:
        life.does(DeclineSupportReferral(reason=pick(draw, mix.UNREFERRED)), Role.RECORDER, after(life, 0.8))


def _flag(life: Life, *, serious: bool) -> None:
    draw = life.draw
    if draw.random() >= (0.4 if serious else 0.05):
        return
    flag = pick(draw, mix.FLAGS)
    if draw.random() < 0.2:
        life.does(UnflagCrime(flag=flag), Role.RECORDER, soon(life))
        return
    life.does(FlagCrime(flag=flag), Role.RECORDER, soon(life))
    if draw.random() < 0.03:
        life.does(UnflagCrime(flag=flag), Role.SUPERVISOR, after(life, 4))


def _hand_over(life: Life) -> None:
    role = life.draw.choice((Role.RECORDER, Role.INVESTIGATOR))
    owner, unit = life.draw.choice(life.people[role]), life.draw.choice(mix.UNITS)
    life.does(AssignOwner(owner=owner, unit=unit), Role.SUPERVISOR, after(life, 3))


def _investigate(life: Life, chosen: AssignOutcome, days: float) -> None:
    draw = life.draw
    if chosen.outcome != CHARGED and draw.random() < 0.25:
        if draw.random() < 0.6:
            life.does(DeclineInvestigation(because=draw.choice(mix.WHY_UNSOLVED)), Role.SUPERVISOR, after(life, 1.5))
            tell(life, may_fail=0.08)
        return
    officer, unit = draw.choice(life.people[Role.INVESTIGATOR]), draw.choice(mix.UNITS)
    life.does(AllocateInvestigation(officer=officer, unit=unit), Role.SUPERVISOR, after(life, 0.7))
    if draw.random() < 0.1:
        return
    life.does(StartInvestigation(), Role.INVESTIGATOR, after(life, 1), by=officer)
    if draw.random() < 0.04:
        life.does(SuspendInvestigation(because=draw.choice(mix.WHY_SUSPENDED)), Role.SUPERVISOR, after(life, 5))
        if draw.random() < 0.3:
            return
        life.does(ResumeInvestigation(because=draw.choice(mix.WHY_REOPENED)), Role.SUPERVISOR, after(life, 20))
    charged = chosen.outcome == CHARGED
    if charged or draw.random() < 0.15:
        what = KeyEvent.CHARGE if charged else draw.choice((KeyEvent.ARREST, KeyEvent.RELEASE, KeyEvent.OTHER))
        life.does(UpdateInvestigation(what=what), Role.INVESTIGATOR, after(life, 0.4 * days), by=officer)
        if About.UPDATE in owed(life) and draw.random() < 0.1:
            _pause(life)
        tell(life, may_fail=0.12)
    if charged and draw.random() < 0.8:
        life.does(SubmitFile(to="CPS"), Role.INVESTIGATOR, after(life, 5), by=officer)
    summary = draw.choice(mix.WHY_UNSOLVED)
    life.does(FinishInvestigation(summary=summary), Role.INVESTIGATOR, after(life, 0.3 * days), by=officer)


def _pause(life: Life) -> None:
    command = PauseDuty(duty=DutyKind.UPDATE, because=life.draw.choice(mix.WHY_UNTOLD))
    life.does(command, Role.SUPERVISOR, soon(life))
    resume = ResumeDuty(duty=DutyKind.UPDATE, because=life.draw.choice(mix.WHY_REOPENED))
    life.does(resume, Role.SUPERVISOR, after(life, 4))


def _review(life: Life, of: ReviewOf) -> None:
    """The victim asks for a review; somebody who did not take the decision decides it, or nobody does."""
    draw = life.draw
    if of not in life.state.decisions:
        return
    life.does(RequestReview(of=of), Role.RECORDER, after(life, 12))
    if draw.random() < 0.8:
        result = ReviewResult.UPHELD if draw.random() < 0.2 else ReviewResult.NOT_UPHELD
        command = DecideReview(result=result, rationale=draw.choice(mix.WHY_CORRECTED))
        life.does(command, Role.SUPERVISOR, after(life, 18), but_not=(life.state.decisions.get(of),))
        tell(life, may_fail=0.05)
