"""How a case of a world goes, so that it ends as planted; nothing else goes wrong with its record."""

from collections.abc import Mapping

from application.simulation import aftermath, mix, story
from application.simulation.case import Kind, Life
from application.simulation.force import pick
from application.simulation.pace import DAY, HOUR, in_time, record_by
from application.simulation.world import Fate
from domain.case.cancellation import ApproveCancellation, CancellationCode, RequestCancellation
from domain.case.recording import Route
from domain.event import Role
from domain.rules import Offence

# What the support line takes down stays alleged until the force has looked into it: no fate is planted there.
ROUTES: Mapping[Route, float] = {route: often for route, often in mix.ROUTES.items() if route is not Route.SUPPORT_LINE}


def tell(life: Life, fate: Fate) -> None:
    """Let the case take its course."""
    draw = life.draw
    offence = life.rules.offences[pick(draw, mix.OFFENCES)]
    life.fate = fate
    report = story.report(life, offence, pick(draw, ROUTES), fate)
    if draw.random() < 0.6:
        story.register(life)
    match fate:
        case Fate.NEVER_DECIDED:
            life.plants(Kind.OMITTED, fate, (report,), {"offence": offence.code})
        case Fate.NO_CRIME | Fate.WRONGLY_DECLINED:
            declined = story.decline(life, in_time(life))
            if fate is Fate.WRONGLY_DECLINED:
                life.plants(Kind.FACTUALLY_WRONG, fate, declined, {"offence": offence.code})
            aftermath.not_recorded(life)
        case Fate.LATE:
            late = story.record(life, offence, record_by(life) + HOUR + draw.uniform(0, 20) * DAY)
            life.plants(Kind.LATE, fate, late, {"record_by": str(record_by(life))})
            aftermath.recorded(life, offence, stays=True)
        case Fate.SOUND:
            story.record(life, offence, in_time(life))
            aftermath.recorded(life, offence, stays=True)
        case Fate.RIGHTLY_CANCELLED | Fate.WRONGLY_CANCELLED:
            story.record(life, offence, in_time(life))
            _cancelled(life, offence, fate)


def _cancelled(life: Life, offence: Offence, fate: Fate) -> None:
    """Cancelled in due form, soon enough that it comes to pass; only the facts tell whether it should have been."""
    draw = life.draw
    aftermath.tell(life, may_fail=0.06)
    information = draw.choice(mix.WHY_CANCELLED)
    request = RequestCancellation(code=CancellationCode.C2, verifiable_information=information)
    life.does(request, pick(draw, mix.REQUESTERS), life.now + draw.uniform(1, 20) * DAY)
    approve = ApproveCancellation(rationale=draw.choice(mix.WHY_CANCELLED))
    events = life.does(approve, Role.FORCE_CRIME_REGISTRAR, life.now + draw.uniform(0.2, 8) * DAY)
    if fate is Fate.WRONGLY_CANCELLED:
        life.plants(Kind.FACTUALLY_WRONG, fate, events, {"offence": offence.code})
    aftermath.tell(life, may_fail=0.1)
    aftermath.close(life)
