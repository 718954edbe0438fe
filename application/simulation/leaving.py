"""How a simulated crime leaves the register: cancelled by a second person, or taken over by another force."""

from application.simulation import mix
from application.simulation.case import Life
from application.simulation.force import pick
from application.simulation.pace import after
from domain.case.cancellation import (
    ApproveCancellation,
    CancellationCode,
    RefuseCancellation,
    RequestCancellation,
    ReverseCancellation,
)
from domain.case.classification import CrimeReclassified
from domain.case.codes import RecordingStatus
from domain.case.involvement import is_involved
from domain.case.recording import CrimeRecorded
from domain.case.transfer import AcceptTransfer, RefuseTransfer, RequestTransfer
from domain.event import Role
from domain.rules import Offence


def cancelled(life: Life, offence: Offence) -> bool:
    """Somebody asks for the record to be cancelled; whether it was, and still is."""
    draw = life.draw
    life.does(_request(life), pick(draw, mix.REQUESTERS), after(life, 12))
    decider = Role.FORCE_CRIME_REGISTRAR if offence.rape or draw.random() < 0.3 else Role.DESIGNATED_DECISION_MAKER
    if draw.random() < 0.22:
        life.does(RefuseCancellation(because=draw.choice(mix.WHY_STANDS)), decider, after(life, 4))
        return False
    approve = ApproveCancellation(rationale=draw.choice(mix.WHY_CANCELLED))
    life.does(approve, decider, after(life, 4), but_not=involved(life))
    if draw.random() < 0.2:
        reverse = ReverseCancellation(because=draw.choice(mix.WHY_STANDS))
        life.does(reverse, Role.FORCE_CRIME_REGISTRAR, after(life, 25))
    return life.state.recording.status is RecordingStatus.CANCELLED


def transferred(life: Life) -> bool:
    """Another force is asked to record the crime; whether it did."""
    draw = life.draw
    to = draw.choice([force for force in sorted(life.rules.forces) if force != life.force])
    life.does(RequestTransfer(to_force=to, because=draw.choice(mix.WHY_THEIRS)), Role.SUPERVISOR, after(life, 3))
    chance = draw.random()
    if chance < 0.65:
        theirs = f"{to[:3].upper()}/{draw.randrange(1_000_000):06d}/{life.now:%y}"
        decider = Role.FORCE_CRIME_REGISTRAR
        life.does(AcceptTransfer(their_reference=theirs), decider, after(life, 9), but_not=involved(life))
    elif chance < 0.85:
        life.does(RefuseTransfer(because=draw.choice(mix.WHY_STANDS)), Role.SUPERVISOR, after(life, 9))
    return life.state.recording.status is not RecordingStatus.RECORDED


def involved(life: Life) -> tuple[str | None, ...]:
    """Who may not take the crime out of the register."""
    everybody = {one for people in life.people.values() for one in people}
    return life.state.cancellation.requested_by, *sorted(one for one in everybody if is_involved(one, life.known))


def _recorded_as(life: Life) -> set[str | None]:
    """Every offence that the crime ever stood under: self-defence must be claimable for each."""
    entries = (entry.event for entry in life.history)
    written = {event.offence for event in entries if isinstance(event, CrimeRecorded | CrimeReclassified)}
    return {life.state.recording.offence, *written}


def _request(life: Life) -> RequestCancellation:
    draw = life.draw
    listed = life.rules.cancellation.self_defence_offences
    codes = {CancellationCode.C2: 45, CancellationCode.C4: 25}
    survivors = [case for case, state in life.others.items() if state.recording.status is RecordingStatus.RECORDED]
    if survivors:
        codes |= {CancellationCode.C3: 25}
    if _recorded_as(life) <= listed:
        codes |= {CancellationCode.C5: 10}
    match pick(draw, codes):
        case CancellationCode.C2 as code:
            return RequestCancellation(code=code, verifiable_information=draw.choice(mix.WHY_CANCELLED))
        case CancellationCode.C3 as code:
            return RequestCancellation(code=code, surviving=survivors[0])
        case CancellationCode.C4 as code:
            return RequestCancellation(code=code, error=draw.choice(mix.WHY_WRONG))
        case CancellationCode.C5 as code:
            return RequestCancellation(code=code, self_defence=draw.choice(mix.WHY_SELF_DEFENCE))
