"""Signposting: the emergency and non-emergency numbers, and the force's own routes for crimes of the last month."""

from calendar import monthrange
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from domain.event import Act, Command, Decision, Event, Purpose
from domain.values import ForceCode, Moment, instant

if TYPE_CHECKING:
    from domain.support_contact.state import Contact


class PoliceNumber(StrEnum):
    """The number that a caller is told to ring: 999 where someone is in danger now, else 101."""

    EMERGENCY = "999"
    NON_EMERGENCY = "101"


class ForceRoute(StrEnum):
    """Why a caller is directed to a force's own routes."""

    RECENT_CRIME = "recent_crime"
    OTHER_FORCE = "other_force"


class EmergencySignposted(Event, name="emergency_signposted.v1"):
    """The caller was told to ring the police, on 999 or 101."""

    number: PoliceNumber


class ForceRouteSignposted(Event, name="force_route_signposted.v1"):
    """The caller was directed to a force's own routes. The contact is kept all the same."""

    to_force: ForceCode
    because: ForceRoute


SignpostingEvent = EmergencySignposted | ForceRouteSignposted


def may_be_recent(happened_on: Moment | None, act: Act) -> bool:
    """Whether it can have happened in the last month, at some instant that the precision allows."""
    if happened_on is None:
        return False
    today = instant(act.at).london_date
    return happened_on.latest_london_date >= months_before(today, act.rules.support_line.recent_months)


def months_before(day: date, months: int) -> date:
    """The same day so many calendar months earlier; the last of the month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


class SignpostEmergency(Command["Contact"]):
    """Note that the caller was told to ring the police: 999 where someone is in danger now, else 101."""

    purpose: ClassVar[Purpose] = Purpose.SUPPORT
    aggregate: ClassVar[str] = "contact"

    number: PoliceNumber

    def decide(self, state: "Contact", act: Act) -> Decision:
        """At any point of an open contact, as often as it is said."""
        yield from state.allows(self)
        yield EmergencySignposted(number=self.number)
