"""What a simulated force is like: how well it records, who works there, what is reported to it and when."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple, TypeVar

from domain.event import Role
from domain.values import LONDON

T = TypeVar("T")


class Profile(NamedTuple):
    """Shares of the reports (0 to 1): recorded in time if recorded at all, never decided, declined.

    `wrongs` multiplies the shares of planted wrongs.
    """

    name: str
    in_time: float
    undecided: float
    declined: float
    wrongs: float


PROFILES = (
    Profile("good", in_time=0.96, undecided=0.005, declined=0.07, wrongs=0.5),
    Profile("middling", in_time=0.86, undecided=0.025, declined=0.10, wrongs=1.0),
    Profile("poor", in_time=0.64, undecided=0.08, declined=0.14, wrongs=2.0),
)

_BY_HOUR = (5, 4, 3, 2, 2, 2, 3, 5, 8, 9, 10, 10, 11, 10, 10, 11, 12, 12, 12, 11, 10, 9, 8, 7)
_BY_WEEKDAY = (10, 9, 9, 10, 11, 12, 11)
_BY_MONTH = (9, 9, 10, 10, 11, 11, 12, 11, 10, 10, 9, 9)

_POSTS: Mapping[Role, int] = {
    Role.RECORDER: 40,
    Role.INVESTIGATOR: 40,
    Role.SUPERVISOR: 10,
    Role.DESIGNATED_DECISION_MAKER: 5,
    Role.FORCE_CRIME_REGISTRAR: 1,
    Role.HELPLINE_ADVISER: 4,
}


def staff(number: int) -> dict[Role, tuple[str, ...]]:
    """The opaque ids of the people of the force with that number, by role; no two forces share one."""
    people: dict[Role, tuple[str, ...]] = {}
    last = number * sum(_POSTS.values())
    for role, posts in _POSTS.items():
        people[role] = tuple(f"staff-{last + n:04d}" for n in range(1, posts + 1))
        last += posts
    return people


def receipts(draw: Random, start: datetime, end: datetime, reports: int) -> Iterator[datetime]:
    """When so many reports arrive from `start` up to `end` (UTC), in order, by hour, weekday and season."""
    if not reports:
        return
    hours = int((end - start) / timedelta(hours=1))
    weights = [_weight(start + timedelta(hours=hour)) for hour in range(hours)]
    drawn = Counter(draw.choices(range(hours), weights, k=reports))
    for hour in sorted(drawn):
        for second in sorted(draw.choices(range(3600), k=drawn[hour])):
            yield start + timedelta(hours=hour, seconds=second)


def pick(draw: Random, weights: Mapping[T, float]) -> T:
    """One of the keys, as often as its weight says."""
    return draw.choices(tuple(weights), tuple(weights.values()))[0]


def _weight(at: datetime) -> float:
    local = at.astimezone(LONDON)
    return _BY_HOUR[local.hour] * _BY_WEEKDAY[local.weekday()] * _BY_MONTH[local.month - 1]
