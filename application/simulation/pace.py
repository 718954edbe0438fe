"""How long things take in a simulated case."""

from datetime import datetime, timedelta

from application.simulation.case import Life

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def record_by(life: Life) -> datetime:
    """When the time allowed for recording runs out."""
    moment = life.state.recording.record_by
    assert moment is not None
    return moment.latest


def in_time(life: Life) -> datetime:
    """A moment before the time allowed runs out, earlier rather than later."""
    return life.now + (record_by(life) - 5 * MINUTE - life.now) * life.draw.betavariate(1.2, 4)


def late(life: Life) -> datetime:
    """A moment after the time allowed ran out: hours to weeks."""
    return record_by(life) + HOUR + life.draw.expovariate(1 / 2.5) * DAY


def after(life: Life, days: float) -> datetime:
    """A moment after the last act, so many days later on average."""
    return life.now + HOUR + life.draw.expovariate(1 / days) * DAY


def soon(life: Life) -> datetime:
    """A moment some minutes after the last act."""
    return life.now + life.draw.uniform(3, 90) * MINUTE
