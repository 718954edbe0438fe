"""How a simulated case goes: what is reported, what the force decides, and what it gets wrong."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from application.ports import NewEvent
from application.simulation import mix
from application.simulation.case import Kind, Life
from application.simulation.force import Profile, pick
from domain.case.correction import CorrectedFacts, CorrectFact
from domain.case.outcome import AssignOutcome
from domain.case.recording import (
    DeclineRecording,
    Receipt,
    RecordCrime,
    RecordN100,
    RegisterIncident,
    ReportCrime,
    ReporterRole,
    Route,
)
from domain.rules import Offence
from domain.values import instant

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

# Relative frequencies of the wrongs within each kind.
UNAUTHORISED: Mapping[str, float] = {
    "late_without_a_reason": 30,
    "back_dated_recording": 22,
    "back_dated_outcome": 8,
    "outcome_not_for_this_offence": 15,
    "n100_not_for_rape": 10,
    "outcome_without_a_record": 15,
}
FACTUALLY_WRONG: Mapping[str, float] = {
    "declined_though_a_crime": 50,
    "receipt_stated_late": 25,
    "offence_understated": 25,
}


def tell(life: Life, profile: Profile, wrong: str | None) -> None:
    """Let the case take its course. A planned wrong that does not fit the offence or the time left is not planted."""
    draw = life.draw
    truly = life.rules.offences[pick(draw, mix.OFFENCES)]
    wrong = wrong if wrong and _fits(wrong, truly, life) else None
    offence = life.rules.offences[mix.LESSER[truly.code]] if wrong == "offence_understated" else truly
    route = Route.PUBLIC_PROTECTION if truly.stratum == "sexual" and draw.random() < 0.3 else pick(draw, mix.ROUTES)
    report = _report(life, offence, route, wrong)
    if draw.random() < (0.8 if route in mix.LOGGED else 0.25):
        incident = f"INC-{life.now:%Y%m%d}-{draw.randrange(100_000):05d}"
        life.does(
            RegisterIncident(incident=incident), pick(draw, mix.RECORDERS), life.now + draw.uniform(1, 20) * MINUTE
        )
    match wrong:
        case "declined_though_a_crime":
            life.plants(Kind.FACTUALLY_WRONG, wrong, _decline(life), {"offence": truly.code})
        case "outcome_without_a_record":
            life.testifies(
                wrong,
                AssignOutcome(outcome=18),
                pick(draw, mix.CLOSERS),
                _after(life, 2),
                true={"status": life.state.recording.status},
            )
        case "n100_not_for_rape":
            command = RecordN100(sub_code=draw.choice((1, 2)), rationale=draw.choice(mix.WHY_NOT))
            life.testifies(wrong, command, pick(draw, mix.N100_DECIDERS), _in_time(life), true={"offence": truly.code})
        case None:
            _by_the_rules(life, profile, report, offence)
        case _:
            _wrongly_recorded(life, wrong, offence, truly)
            _close(life, offence, wrong)


def _fits(wrong: str, offence: Offence, life: Life) -> bool:
    match wrong:
        case "offence_understated":
            return offence.code in mix.LESSER
        case "n100_not_for_rape":
            return not offence.rape
        case "outcome_not_for_this_offence":
            return offence.group != "fraud"
        case "receipt_stated_late":
            return life.received + 6 * DAY < life.end
        case _:
            return True


def _report(life: Life, offence: Offence, route: Route, wrong: str | None) -> NewEvent:
    draw = life.draw
    received = life.received
    if wrong == "receipt_stated_late":
        received += timedelta(seconds=draw.randrange(86_400, 4 * 86_400))
    reporter = ReporterRole.POLICE if offence.group in mix.FOUND_BY_POLICE else pick(draw, mix.REPORTERS)
    indirect = route in mix.INDIRECT and draw.random() < 0.6
    first_told = life.received - timedelta(seconds=draw.randrange(6 * 3600, 5 * 86_400))
    command = ReportCrime(
        received_at=instant(received),
        receipt=Receipt.CLAIMED if draw.random() < 0.1 else Receipt.ESTABLISHED,
        reported_at=instant(first_told) if indirect else None,
        route=route,
        reporter_role=reporter,
        anonymous=reporter in mix.MAY_BE_ANONYMOUS and draw.random() < 0.25,
        alleged=offence.code if offence.rape or wrong or draw.random() < 0.95 else None,
        summary=draw.choice(mix.SUMMARIES) if draw.random() < 0.1 else None,
    )
    # Every report is taken down before the period ends, so that there are as many as were asked for.
    delay = min(draw.uniform(*mix.TAKEN_DOWN[route]) * MINUTE, (life.end - received) * draw.uniform(0.2, 0.8))
    events = life.does(command, pick(draw, mix.RECORDERS), received + delay)
    if wrong == "receipt_stated_late":
        life.plants(Kind.FACTUALLY_WRONG, wrong, events, {"received_at": str(instant(life.received))})
    return events[0]


def _by_the_rules(life: Life, profile: Profile, report: NewEvent, offence: Offence) -> None:
    draw = life.draw
    fate = draw.random()
    if fate < profile.undecided:
        return
    if offence.rape and draw.random() < 0.2:
        sub_code = pick(draw, {1: 6, 2: 3, 3: 1})
        command = RecordN100(sub_code=sub_code, rationale=draw.choice(mix.WHY_NOT))
        life.does(command, pick(draw, mix.N100_DECIDERS), _in_time(life) if draw.random() < 0.85 else _late(life))
        if draw.random() > 0.3:
            return
        record = _record(life, offence, _after(life, 45))
    elif fate < profile.undecided + profile.declined:
        _decline(life)
        if draw.random() > 0.05:
            return
        record = _record(life, offence, _after(life, 20))
    else:
        offence = _found_to_be(life, offence) if draw.random() < 0.06 else offence
        record = _record(life, offence, _in_time(life) if draw.random() < profile.in_time else _late(life))
    if record and draw.random() < 0.025:
        _correct(life, report, record[0], offence)
    _close(life, offence, None)


def _wrongly_recorded(life: Life, wrong: str, offence: Offence, truly: Offence) -> None:
    if wrong in ("late_without_a_reason", "back_dated_recording"):
        command = RecordCrime(offence=offence.code, crime_reference=_reference(life))
        late = _late(life)
        claims = _in_time(life) if wrong == "back_dated_recording" else None
        true = None if claims else {"record_by": str(life.state.recording.record_by)}
        life.recorded(life.testifies(wrong, command, pick(life.draw, mix.RECORDERS), late, claims=claims, true=true))
        return
    events = _record(life, offence, _in_time(life))
    if wrong == "offence_understated":
        life.plants(Kind.FACTUALLY_WRONG, wrong, events, {"offence": truly.code})


def _record(life: Life, offence: Offence, at: datetime) -> tuple[NewEvent, ...]:
    late = max(at, life.now) + 3 * MINUTE > _record_by(life)
    command = RecordCrime(
        offence=offence.code,
        crime_reference=_reference(life),
        late_because=life.draw.choice(mix.WHY_LATE) if late else None,
    )
    return life.recorded(life.does(command, pick(life.draw, mix.RECORDERS), at))


def _decline(life: Life) -> tuple[NewEvent, ...]:
    draw = life.draw
    command = DeclineRecording(reason=pick(draw, mix.REASONS), rationale=draw.choice(mix.WHY_NOT))
    return life.does(command, pick(draw, mix.DECLINERS), _in_time(life) if draw.random() < 0.9 else _late(life))


def _correct(life: Life, report: NewEvent, record: NewEvent, offence: Offence) -> None:
    draw = life.draw
    which = draw.choice(("received_at", "received_at", "route", "offence"))
    event, received = report, life.received
    match which:
        case "received_at":
            received = max(life.start, received - timedelta(seconds=draw.randrange(600, 4 * 3600)))
            facts = CorrectedFacts(received_at=instant(received))
        case "route":
            facts = CorrectedFacts(route=pick(draw, mix.ROUTES))
        case _:
            event, facts = record, CorrectedFacts(offence=_found_to_be(life, offence).code)
    command = CorrectFact(corrects=event.event_id, facts=facts, because=draw.choice(mix.WHY_CORRECTED))
    if life.does(command, pick(draw, mix.CORRECTORS), _after(life, 10)):
        life.received_truly = received


def _close(life: Life, offence: Offence, wrong: str | None) -> None:
    draw = life.draw
    recorded = life.now
    if wrong == "outcome_not_for_this_offence":
        life.testifies(
            wrong, AssignOutcome(outcome=19), pick(draw, mix.CLOSERS), _after(life, 10), true={"group": offence.group}
        )
    elif wrong == "back_dated_outcome":
        at = recorded + draw.uniform(3, 40) * DAY
        command = _outcome(life, offence, recorded)
        life.testifies(
            wrong, command, pick(draw, mix.CLOSERS), at, claims=at - draw.uniform(0.2, 0.8) * (at - recorded)
        )
    elif draw.random() < 0.88:
        command = _outcome(life, offence, recorded)
        slow = 3 if offence.stratum == "sexual" else 1
        life.does(command, pick(draw, mix.CLOSERS), _after(life, slow * mix.DAYS_TO_OUTCOME.get(command.outcome, 35)))
        if draw.random() < 0.05:
            life.does(_outcome(life, offence, life.now), pick(draw, mix.CLOSERS), _after(life, 60))


def _outcome(life: Life, offence: Offence, since: datetime) -> AssignOutcome:
    outcome = pick(life.draw, mix.OUTCOMES.get(offence.group, mix.OTHER_OUTCOMES))
    in_force = life.rules.outcomes[outcome].since
    return AssignOutcome(outcome=outcome if in_force is None or in_force <= instant(since).london_date else 18)


def _found_to_be(life: Life, offence: Offence) -> Offence:
    """Another offence of the same group, as the facts turn out."""
    listed = life.rules.offences
    alike = [code for code in mix.OFFENCES if listed[code].group == offence.group and listed[code].rape == offence.rape]
    return listed[life.draw.choice(alike)]


def _reference(life: Life) -> str:
    return f"{life.now:%y}/{life.draw.randrange(1_000_000):06d}"


def _record_by(life: Life) -> datetime:
    moment = life.state.recording.record_by
    assert moment is not None
    return moment.latest


def _in_time(life: Life) -> datetime:
    """A moment before the time allowed runs out, earlier rather than later."""
    return life.now + (_record_by(life) - 5 * MINUTE - life.now) * life.draw.betavariate(1.2, 4)


def _late(life: Life) -> datetime:
    """A moment after the time allowed ran out: hours to weeks."""
    return _record_by(life) + HOUR + life.draw.expovariate(1 / 2.5) * DAY


def _after(life: Life, days: float) -> datetime:
    """A moment after the last act, so many days later on average."""
    return life.now + HOUR + life.draw.expovariate(1 / days) * DAY
