"""What is planted in a simulation: wrongs that the rules can tell, and wrongs that only an inspection can."""

from collections.abc import Mapping

from application.ports import NewEvent
from application.simulation import aftermath, mix
from application.simulation.case import Kind, Life
from application.simulation.force import pick
from application.simulation.pace import DAY, after, in_time, late
from domain.case.cancellation import ApproveCancellation, CancellationCode, RequestCancellation
from domain.case.closure import CloseCase
from domain.case.outcome import AssignOutcome
from domain.case.recording import RecordCrime, RecordN100
from domain.event import Role
from domain.rules import Offence

# Relative frequencies within each kind.
UNAUTHORISED: Mapping[str, float] = {
    "late_without_a_reason": 30,
    "back_dated_recording": 22,
    "back_dated_outcome": 8,
    "outcome_not_for_this_offence": 15,
    "n100_not_for_rape": 10,
    "outcome_without_a_record": 15,
    "cancelled_by_its_recorder": 8,
    "cancelled_without_evidence": 8,
    "closed_without_the_victims_word": 12,
    "closed_without_telling_the_victim": 8,
}
FACTUALLY_WRONG: Mapping[str, float] = {
    "declined_though_a_crime": 50,
    "receipt_stated_late": 25,
    "offence_understated": 25,
    "cancelled_though_a_crime": 10,
}
UNRECORDED = frozenset({"outcome_without_a_record", "n100_not_for_rape"})
RECORDED_WRONGLY = frozenset({"late_without_a_reason", "back_dated_recording"})
CANCELLED = frozenset({"cancelled_by_its_recorder", "cancelled_without_evidence", "cancelled_though_a_crime"})
AFTER_RECORDING = CANCELLED | {
    "back_dated_outcome",
    "outcome_not_for_this_offence",
    "closed_without_the_victims_word",
    "closed_without_telling_the_victim",
}


def fits(wrong: str, offence: Offence, life: Life) -> bool:
    """Whether the wrong is possible with the offence and the time that is left."""
    match wrong:
        case "offence_understated":
            return offence.code in mix.LESSER
        case "n100_not_for_rape" | "cancelled_by_its_recorder" | "cancelled_without_evidence":
            return not offence.rape
        case "outcome_not_for_this_offence":
            return offence.group != "fraud"
        case "receipt_stated_late":
            return life.received + 6 * DAY < life.end
        case _:
            return True


def unrecorded(life: Life, wrong: str, truly: Offence) -> None:
    """A wrong done to a report that was never recorded."""
    draw = life.draw
    if wrong == "n100_not_for_rape":
        command = RecordN100(sub_code=draw.choice((1, 2)), rationale=draw.choice(mix.WHY_NOT))
        life.testifies(wrong, command, pick(draw, mix.N100_DECIDERS), in_time(life), true={"offence": truly.code})
        return
    true = {"status": life.state.recording.status}
    life.testifies(wrong, AssignOutcome(outcome=18), pick(draw, mix.CLOSERS), after(life, 2), true=true)


def recorded(life: Life, wrong: str, offence: Offence, reference: str) -> None:
    """A recording that was late without a reason, or claims an earlier time than its own."""
    command = RecordCrime(offence=offence.code, crime_reference=reference)
    at = late(life)
    claims = in_time(life) if wrong == "back_dated_recording" else None
    true = None if claims else {"record_by": str(life.state.recording.record_by)}
    life.recorded(life.testifies(wrong, command, pick(life.draw, mix.RECORDERS), at, claims=claims, true=true))


def after_recording(life: Life, wrong: str, offence: Offence) -> None:
    """A wrong done to a crime that was recorded as it should be."""
    if wrong in CANCELLED:
        return _cancelled(life, wrong, offence)
    draw = life.draw
    begun = life.now
    true = {"group": offence.group}
    match wrong:
        case "outcome_not_for_this_offence":
            life.testifies(wrong, AssignOutcome(outcome=19), pick(draw, mix.CLOSERS), after(life, 10), true=true)
        case "back_dated_outcome":
            command = aftermath.outcome(life, offence)
            aftermath.state_wish(life, command)
            begun = life.now
            at = begun + draw.uniform(3, 40) * DAY
            claims = at - draw.uniform(0.2, 0.8) * (at - begun)
            life.testifies(wrong, command, pick(draw, mix.CLOSERS), at, claims=claims)
        case "closed_without_the_victims_word":
            told = {"statement": "none"}
            life.testifies(wrong, AssignOutcome(outcome=16), pick(draw, mix.CLOSERS), after(life, 10), true=told)
            aftermath.tell(life, may_fail=0.5)
        case _:
            aftermath.assign(life, AssignOutcome(outcome=18), 10)
            owed = {"owed": " ".join(aftermath.owed(life))}
            life.testifies(wrong, CloseCase(), pick(draw, mix.CLOSERS), after(life, 4), true=owed)
    return None


def _cancelled(life: Life, wrong: str, offence: Offence) -> None:
    draw = life.draw
    aftermath.tell(life, may_fail=0.3)
    true = {"offence": offence.code}
    request = RequestCancellation(code=CancellationCode.C2, verifiable_information=draw.choice(mix.WHY_CANCELLED))
    approve = ApproveCancellation(rationale=draw.choice(mix.WHY_CANCELLED))
    registrar = Role.FORCE_CRIME_REGISTRAR
    if wrong == "cancelled_without_evidence":
        life.testifies(
            wrong, RequestCancellation(code=CancellationCode.C2), Role.INVESTIGATOR, after(life, 9), true=true
        )
        life.testifies(wrong, approve, registrar, after(life, 3), true=true)
        return
    life.does(request, Role.INVESTIGATOR, after(life, 9))
    if wrong == "cancelled_by_its_recorder":
        recorder = life.state.recording.recorded_by
        life.testifies(wrong, approve, Role.RECORDER, after(life, 1), true=true, by=recorder)
        return
    events: tuple[NewEvent, ...] = life.does(approve, registrar, after(life, 3))
    life.plants(Kind.FACTUALLY_WRONG, wrong, events, true)
