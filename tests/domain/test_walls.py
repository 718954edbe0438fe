"""For whose eyes a report is."""

import pytest
from report_scenario import AT_THE_FORCE, FORCE, PASSED, SUBJECT, Given, given, nothing, received

from domain.event import RecordedEvent, Role
from domain.misconduct.assessment import Disposition, ReportAssessed
from domain.misconduct.intake import SERVICE
from domain.misconduct.passing import ForceUnit, ReportPassed
from domain.misconduct.state import replay
from domain.misconduct.subjects import PersonKind, SubjectIdentified, SubjectNoted
from domain.misconduct.walls import Visibility, admits, unit_key, visibility

PSD, ACU, AUDITOR = frozenset({Role.PSD_INVESTIGATOR}), frozenset({Role.ACU_INVESTIGATOR}), frozenset({Role.AUDITOR})
OPERATOR, ANYBODY = frozenset({Role.INTAKE_OPERATOR}), frozenset(Role) - {Role.REPORTER}
TO_CCU = PASSED.model_copy(update={"unit": ForceUnit.CCU})
OTHER = next(force for force in ("essex", "kent") if force != FORCE)


def at(history: Given, force: str, role: Role = Role.PSD_INVESTIGATOR) -> Visibility:
    """Who may see it, where it came in there under that role."""
    opened = [entry._replace(force=force, role=role) for entry in history.entries]
    return visibility(replay(opened))


def identified(**facts: object) -> SubjectIdentified:
    given = {"subject": 1, "person_kind": PersonKind.OFFICER, "force": FORCE, **facts}
    return SubjectIdentified.model_validate(given)


def test_a_report_at_the_service_is_for_its_operators_until_it_is_passed_on() -> None:
    report = at(given(received()), SERVICE)
    assert report == Visibility(None, True, False, frozenset(), frozenset(), SERVICE)
    assert admits("op-1", SERVICE, None, OPERATOR, report)
    assert not admits("op-1", FORCE, None, OPERATOR, report)
    assert not admits("psd-1", FORCE, None, PSD, report)
    passed = at(given(received(), PASSED), SERVICE)
    assert passed[:2] == (FORCE, False)
    assert not admits("op-1", SERVICE, None, OPERATOR, passed)
    assert admits("psd-1", FORCE, None, PSD, passed)
    assert not admits("psd-1", OTHER, None, PSD, passed)


def test_a_token_is_no_receipt() -> None:
    assert not admits("reporter", SERVICE, None, frozenset({Role.REPORTER}), at(given(received()), SERVICE))


@pytest.mark.parametrize("role", sorted(Role))
def test_only_those_who_deal_with_reports_see_those_of_their_force(role: Role) -> None:
    mine = admits("staff-1", FORCE, None, frozenset({role}), at(given(received(), *AT_THE_FORCE), FORCE))
    assert mine is (role in {Role.PSD_INVESTIGATOR, Role.ACU_INVESTIGATOR, Role.APPROPRIATE_AUTHORITY})


@pytest.mark.parametrize(
    "corrupt",
    [
        at(given(received(), TO_CCU), SERVICE),
        at(given(received()), FORCE, Role.ACU_INVESTIGATOR),
        at(
            given(
                received(), *AT_THE_FORCE, ReportAssessed(disposition=Disposition.RECORD, cci_category="infiltration")
            ),
            SERVICE,
        ),
    ],
)
def test_a_corruption_report_is_for_the_unit_of_the_force_that_has_it(corrupt: Visibility) -> None:
    assert corrupt.corruption
    assert admits("acu-1", FORCE, None, ACU, corrupt)
    assert not admits("psd-1", FORCE, None, PSD, corrupt)
    assert not admits("acu-1", OTHER, None, ACU, corrupt)
    assert not admits("auditor-1", "*", None, AUDITOR, corrupt)
    assert not admits("anybody", "*", None, ANYBODY, corrupt)


def test_a_report_of_the_unit_that_is_passed_to_professional_standards_of_another_force_is_theirs() -> None:
    passed = at(
        given(received(), ReportPassed(force=OTHER, unit=ForceUnit.PSD, fields=("received",))),
        FORCE,
        Role.ACU_INVESTIGATOR,
    )
    assert (passed.held_by, passed.opened_by, passed.corruption) == (OTHER, FORCE, False)
    assert admits("psd-1", OTHER, None, PSD, passed)
    assert admits("psd-1", FORCE, None, PSD, passed)


def test_oversight_audits_what_is_not_about_corruption() -> None:
    report = at(given(received(), *AT_THE_FORCE), SERVICE)
    assert admits("auditor-1", "*", None, AUDITOR, report)
    assert not admits("auditor-1", FORCE, None, AUDITOR, report)
    assert not admits("recorder-1", "*", None, frozenset({Role.RECORDER}), report)


def test_subject_line_and_unit_are_walled_off_whatever_else_they_are() -> None:
    named = identified(staff_id="officer-7", unit="Response  North", line=("sergeant-3", "inspector-2"))
    report = at(given(received(), *AT_THE_FORCE, SubjectNoted(subject=1), named), SERVICE)
    assert report.staff == {"officer-7", "sergeant-3", "inspector-2"}
    for person in report.staff:
        assert not admits(person, FORCE, None, ANYBODY, report)
        assert not admits(person, "*", None, ANYBODY, report)
    assert not admits("colleague", FORCE, "response north", ANYBODY, report)
    assert admits("stranger", FORCE, "response south", ANYBODY, report)
    assert admits("stranger", "*", "response north", ANYBODY, report)


def test_a_unit_of_another_force_has_the_same_name_and_deals_with_it() -> None:
    named = (SubjectNoted(subject=1), identified(unit="PSD"))
    report = at(given(received(), *named, ReportPassed(force=OTHER, unit=ForceUnit.PSD, fields=("received",))), SERVICE)
    assert report.units == {unit_key(FORCE, "psd")}
    assert admits("psd-1", OTHER, "PSD", PSD, report)


def test_whoever_was_named_once_stays_walled_off() -> None:
    named = (*SUBJECT[:2], identified(staff_id="officer-8", unit="North", line=("sergeant-3",)))
    report = at(given(received(), *AT_THE_FORCE, *named, identified(staff_id="officer-9")), SERVICE)
    assert report.staff == {"officer-7", "officer-8", "sergeant-3", "officer-9"}
    assert report.units == {unit_key(FORCE, "north")}
    [subject] = given(received(), *named, identified(staff_id="officer-9")).state.subjects
    assert (subject.staff_id, subject.unit, subject.line) == ("officer-9", None, ())


def test_nobody_sees_what_is_not_there() -> None:
    assert not admits("anybody", FORCE, None, ANYBODY, visibility(nothing.state))
    assert not admits("anybody", SERVICE, None, ANYBODY, visibility(nothing.state))


def test_roles_are_read_from_the_envelope_of_the_first_event_only() -> None:
    history = given(received(), PASSED).entries
    later: list[RecordedEvent] = [history[0]._replace(force=SERVICE), history[1]._replace(role=Role.ACU_INVESTIGATOR)]
    assert not visibility(replay(later)).corruption
