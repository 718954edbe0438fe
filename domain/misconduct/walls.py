"""Walls: for whose eyes a report is. For everybody else there is no such report."""

from typing import TYPE_CHECKING, NamedTuple

from domain.event import Role
from domain.misconduct.intake import SERVICE
from domain.misconduct.passing import ForceUnit, Stage
from domain.values import normal

if TYPE_CHECKING:
    from collections.abc import Set

    from domain.misconduct.state import Report

OVERSIGHT = "*"
WALLED = ("report-", "owed-", "identity-")
"""What the ids of the streams begin with of reports, of their missed deadlines, and of who reported them."""
HANDLERS = frozenset({Role.PSD_INVESTIGATOR, Role.ACU_INVESTIGATOR, Role.APPROPRIATE_AUTHORITY})
_AT_THE_SERVICE = frozenset({Stage.RECEIVED, Stage.SIGNPOSTED})


class Visibility(NamedTuple):
    """What decides for whose eyes a report is. Read tables keep it in columns of these names.

    `held_by`: the force that has it, None while only the service does. `service`: it was not passed on yet.
    `corruption`: for the counter-corruption unit alone. `staff`: ids of the subjects and their line. `units`: the
    subjects' units, as `unit_key` writes them. `opened_by`: the force, or the service, at which it came in.
    """

    held_by: str | None
    service: bool
    corruption: bool
    staff: frozenset[str]
    units: frozenset[str]
    opened_by: str | None


def is_walled(stream: str) -> bool:
    """Whether a stream is of a report, or belongs to one."""
    return stream.startswith(WALLED)


def unit_key(force: str, unit: str) -> str:
    """A unit of a force, as it is compared: names of units recur from force to force."""
    return f"{force}/{normal(unit)}"


def visibility(report: "Report") -> Visibility:
    """For whose eyes the report is, as it stands."""
    service = report.force == SERVICE
    return Visibility(
        report.passing.to_force or (None if service else report.force),
        service and report.passing.to_force is None and report.passing.stage in _AT_THE_SERVICE,
        _is_corruption(report),
        frozenset(person for subject in report.subjects for person in subject.walled),
        frozenset(unit_key(force, unit) for subject in report.subjects for force, unit in subject.walled_units),
        report.force,
    )


def admits(staff_id: str, force: str, unit: str | None, roles: "Set[Role]", report: Visibility) -> bool:
    """The one rule: whether the person may know that there is such a report.

    Whoever is a subject, in a subject's line or in a subject's unit may not, whatever else they are. A report about
    corruption is for the counter-corruption unit of the force that has it. Staff ids wall in every force, for people
    take theirs along; a unit walls in its own.
    """
    if staff_id in report.staff or (unit is not None and unit_key(force, unit) in report.units):
        return False
    if Role.INTAKE_OPERATOR in roles and force in (SERVICE, OVERSIGHT) and report.service:
        return True
    if report.corruption:
        return Role.ACU_INVESTIGATOR in roles and force == report.held_by
    if force == OVERSIGHT:
        return Role.AUDITOR in roles or not HANDLERS.isdisjoint(roles)
    return force in (report.held_by, report.opened_by) and not HANDLERS.isdisjoint(roles)


def follows(staff_id: str, force: str, unit: str | None, roles: "Set[Role]", report: Visibility) -> bool:
    """Whether the person may follow where the report went that the service passed on, and nothing else of it.

    Its operators do, so that an acknowledgement that does not come can be asked for; of a report about corruption, too:
    they passed it on. The walls around those whom it is about stand.
    """
    if staff_id in report.staff or (unit is not None and unit_key(force, unit) in report.units):
        return False
    operates = Role.INTAKE_OPERATOR in roles and force in (SERVICE, OVERSIGHT)
    return operates and report.opened_by == SERVICE and report.held_by is not None


def _is_corruption(report: "Report") -> bool:
    """Passed to the counter-corruption unit, begun by it, or assessed as intelligence about corruption."""
    passed = report.passing.unit
    begun = passed is None and any(
        entry.version == 1 and entry.role is Role.ACU_INVESTIGATOR for entry in report.facts.values()
    )
    return passed is ForceUnit.CCU or begun or report.assessment.cci_category is not None
