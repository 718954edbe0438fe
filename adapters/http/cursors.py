"""How an event of the log is named: by its position for oversight, by its `written_at` for members of a force."""

from collections.abc import Sequence
from datetime import datetime

from adapters.http.answers import sees_positions
from adapters.http.problems import invalid
from adapters.system import System
from application.ports import Actor
from domain.values import Moment, Precision, instant

LAST = 2**62
POSITION = "must be a position of the log, such as 1042"
INSTANT = "must be the `written_at` of an event, such as 2026-03-02T09:14:00.000001Z"


def position_of(system: System, actor: Actor, parameter: str, given: str | None) -> int | None:
    """The position that is named, None for nothing; a `Problem` (422) with the fix."""
    if not given:
        return None
    if sees_positions(actor):
        if not (given.isascii() and given.isdigit()) or int(given) > LAST:
            raise invalid(parameter, POSITION)
        return int(given)
    return system.store.position_at(_instant(parameter, given))


def names_of(system: System, actor: Actor, positions: Sequence[int]) -> dict[int, str]:
    """What the events at those positions are named by."""
    if sees_positions(actor):
        return {position: str(position) for position in positions}
    return {position: written(at) for position, at in system.store.written_at(positions).items()} if positions else {}


def written(at: datetime) -> str:
    """A time of writing, as it is written."""
    return str(instant(at))


def _instant(parameter: str, given: str) -> datetime:
    try:
        moment = Moment.of(given)
    except ValueError as error:
        raise invalid(parameter, INSTANT) from error
    if moment.precision is not Precision.INSTANT:
        raise invalid(parameter, INSTANT)
    return moment.earliest
