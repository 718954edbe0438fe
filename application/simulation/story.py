"""How a simulated case goes: what is reported, what the force decides, and what it gets wrong."""

from datetime import datetime, timedelta

from application.ports import NewEvent
from application.simulation import aftermath, mix, wrongs
from application.simulation.case import Kind, Life, Neighbour
from application.simulation.force import Profile, pick
from application.simulation.pace import MINUTE, after, in_time, late, record_by, soon
from domain.case.classification import EstablishReceipt
from domain.case.correction import CorrectedFacts, CorrectFact
from domain.case.linking import LinkCase, LinkKind, UnlinkCase
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
from domain.case.reference import AddReference
from domain.event import Role
from domain.rules import Offence
from domain.values import ExternalReference, instant


def tell(life: Life, profile: Profile, wrong: str | None, neighbour: Neighbour | None) -> None:
    """Let the case take its course. A planned wrong that does not fit the offence or the time left is not planted."""
    draw = life.draw
    truly = life.rules.offences[pick(draw, mix.OFFENCES)]
    wrong = wrong if wrong and wrongs.fits(wrong, truly, life) else None
    offence = life.rules.offences[mix.LESSER[truly.code]] if wrong == "offence_understated" else truly
    route = Route.PUBLIC_PROTECTION if truly.stratum == "sexual" and draw.random() < 0.3 else pick(draw, mix.ROUTES)
    told = report(life, offence, route, wrong)
    if draw.random() < (0.8 if route in mix.LOGGED else 0.25):
        register(life)
    if draw.random() < 0.04:
        external = ExternalReference(system=draw.choice(mix.SYSTEMS), reference=f"{draw.randrange(10**7):07d}")
        life.does(AddReference(external=external), Role.RECORDER, soon(life))
    if wrong is not None:
        _goes_wrong(life, wrong, offence, truly)
    elif neighbour is None or not _is_the_same(life, neighbour):
        _by_the_rules(life, profile, told, offence)


def _goes_wrong(life: Life, wrong: str, offence: Offence, truly: Offence) -> None:
    if wrong == "declined_though_a_crime":
        life.plants(Kind.FACTUALLY_WRONG, wrong, decline(life), {"offence": truly.code})
        return aftermath.not_recorded(life)
    if wrong in wrongs.UNRECORDED:
        return wrongs.unrecorded(life, wrong, truly)
    if wrong in wrongs.RECORDED_WRONGLY:
        wrongs.recorded(life, wrong, offence, _reference(life))
    else:
        events = record(life, offence, in_time(life))
        if wrong == "offence_understated":
            life.plants(Kind.FACTUALLY_WRONG, wrong, events, {"offence": truly.code})
    if wrong in wrongs.AFTER_RECORDING:
        return wrongs.after_recording(life, wrong, offence)
    return aftermath.recorded(life, offence)


def _is_the_same(life: Life, neighbour: Neighbour) -> bool:
    """The report is of the same event as an earlier one: it is counted under that; false if that proves wrong."""
    draw = life.draw
    life.others = {neighbour.stream: neighbour.state}
    because, kind = draw.choice(mix.WHY_SAME), pick(draw, {LinkKind.DUPLICATE: 8, LinkKind.FINISHED_INCIDENT: 2})
    at = max(after(life, 0.3), neighbour.since + MINUTE)
    life.does(LinkCase(under=neighbour.stream, kind=kind, because=because), Role.SUPERVISOR, at)
    if draw.random() > 0.2:
        return True
    life.does(UnlinkCase(because=draw.choice(mix.WHY_NOT_SAME)), Role.SUPERVISOR, after(life, 6))
    return False


def register(life: Life) -> None:
    """The report is entered as an incident."""
    incident = f"INC-{life.now:%Y%m%d}-{life.draw.randrange(100_000):05d}"
    role = pick(life.draw, mix.RECORDERS)
    life.does(RegisterIncident(incident=incident), role, life.now + life.draw.uniform(1, 20) * MINUTE)


def report(life: Life, offence: Offence, route: Route, wrong: str | None) -> NewEvent:
    """The report is taken down; `wrong` is what goes wrong with it, or with the case later."""
    draw = life.draw
    received = life.received
    if wrong == "receipt_stated_late":
        received += timedelta(seconds=draw.randrange(86_400, 4 * 86_400))
    reporter = ReporterRole.POLICE if offence.group in mix.FOUND_BY_POLICE else pick(draw, mix.REPORTERS)
    indirect = route in mix.INDIRECT and draw.random() < 0.6
    first_told = life.received - timedelta(seconds=draw.randrange(6 * 3600, 5 * 86_400))
    command = ReportCrime(
        received_at=instant(received),
        receipt=Receipt.CLAIMED if route is Route.SUPPORT_LINE else Receipt.ESTABLISHED,
        reported_at=instant(first_told) if indirect else None,
        route=route,
        reporter_role=reporter,
        anonymous=reporter in mix.MAY_BE_ANONYMOUS and draw.random() < 0.25,
        alleged=offence.code if offence.rape or wrong or draw.random() < 0.95 else None,
        summary=draw.choice(mix.SUMMARIES) if draw.random() < 0.1 else None,
    )
    # Every report is taken down before the period ends, so that there are as many as were asked for.
    delay = min(draw.uniform(*mix.TAKEN_DOWN[route]) * MINUTE, (life.end - received) * draw.uniform(0.2, 0.8))
    taken_by = Role.HELPLINE_ADVISER if route is Route.SUPPORT_LINE else pick(draw, mix.RECORDERS)
    life.has_no_victim = reporter is ReporterRole.POLICE
    events = life.does(command, taken_by, received + delay)
    if wrong == "receipt_stated_late":
        life.plants(Kind.FACTUALLY_WRONG, wrong, events, {"received_at": str(instant(life.received))})
    return events[0]


def _by_the_rules(life: Life, profile: Profile, told: NewEvent, offence: Offence) -> None:
    draw = life.draw
    claimed = life.state.recording.receipt is Receipt.CLAIMED
    if claimed and not _established(life):
        return None
    fate = draw.random()
    if fate < profile.undecided:
        return None
    if offence.rape and draw.random() < 0.2:
        sub_code = pick(draw, {1: 6, 2: 3, 3: 1})
        command = RecordN100(sub_code=sub_code, rationale=draw.choice(mix.WHY_NOT))
        life.does(command, pick(draw, mix.N100_DECIDERS), in_time(life) if draw.random() < 0.85 else late(life))
        if draw.random() > 0.3:
            return aftermath.not_recorded(life)
        recording = record(life, offence, after(life, 45))
    elif fate < profile.undecided + profile.declined:
        decline(life)
        if draw.random() > 0.05:
            return aftermath.not_recorded(life)
        recording = record(life, offence, after(life, 20))
    else:
        offence = aftermath.found_to_be(life, offence) if draw.random() < 0.06 else offence
        recording = record(life, offence, in_time(life) if draw.random() < profile.in_time else late(life))
    if recording and not claimed and draw.random() < 0.025:
        _correct(life, told, recording[0], offence)
    return aftermath.recorded(life, offence)


def _established(life: Life) -> bool:
    """What the caller of the support line claims is looked into; whether the force did receive the report."""
    draw = life.draw
    if draw.random() < 0.35:
        return False
    at = after(life, 6)
    entered = life.known.entered_at or at
    received = min(life.received + timedelta(seconds=draw.randrange(0, 7200)), entered)
    command = EstablishReceipt(received_at=instant(received), evidence=draw.choice(mix.WHY_ESTABLISHED))
    if life.does(command, Role.SUPERVISOR, at):
        life.received_truly = received
    return True


def record(life: Life, offence: Offence, at: datetime) -> tuple[NewEvent, ...]:
    """The crime is recorded, with a reason if that is late."""
    is_late = max(at, life.now) + 3 * MINUTE > record_by(life)
    command = RecordCrime(
        offence=offence.code,
        crime_reference=_reference(life),
        late_because=life.draw.choice(mix.WHY_LATE) if is_late else None,
    )
    return life.recorded(life.does(command, pick(life.draw, mix.RECORDERS), at))


def decline(life: Life, at: datetime | None = None) -> tuple[NewEvent, ...]:
    """The report is not recorded; without `at`, mostly in time."""
    draw = life.draw
    command = DeclineRecording(reason=pick(draw, mix.REASONS), rationale=draw.choice(mix.WHY_NOT))
    decider = pick(draw, mix.DECLINERS)
    if at is None:
        at = in_time(life) if draw.random() < 0.9 else late(life)
    return life.does(command, decider, at)


def _correct(life: Life, told: NewEvent, recording: NewEvent, offence: Offence) -> None:
    draw = life.draw
    which = draw.choice(("received_at", "received_at", "route", "offence"))
    event, received = told, life.received
    match which:
        case "received_at":
            received = max(life.start, received - timedelta(seconds=draw.randrange(600, 4 * 3600)))
            facts = CorrectedFacts(received_at=instant(received))
        case "route":
            facts = CorrectedFacts(route=pick(draw, mix.ROUTES))
        case _:
            event, facts = recording, CorrectedFacts(offence=aftermath.found_to_be(life, offence).code)
    command = CorrectFact(corrects=event.event_id, facts=facts, because=draw.choice(mix.WHY_CORRECTED))
    stated_by = recording.actor if event is recording else told.actor
    if life.does(command, Role.SUPERVISOR, after(life, 10), but_not=(stated_by,)):
        life.received_truly = received


def _reference(life: Life) -> str:
    return f"{life.now:%y}/{life.draw.randrange(1_000_000):06d}"
