"""A mapping can state who acted, as what: then rules about people are judged, and figures count such rows."""

import pytest
from asking import ask, project
from tables import Desk, counts

from adapters.importers.reading import ImportFailed
from domain.case.cancellation import CancellationApproved
from domain.case.testimony import SourceRowWithdrawn
from domain.event import Purpose, RecordedEvent, Role

MAPPING = """
source = "register"
coverage = "full"
key = "No"
force = { constant = "kent" }
[time]
formats = ["iso"]
[columns."Grade"]
values = { Officer = "investigator", DDM = "designated_decision_maker", FCR = "force_crime_registrar" }
[[event]]
name = "CrimeReported"
at = "Received"
fields = { route = { constant = "online" }, reporter_role = { constant = "victim" } }
[[event]]
name = "CrimeRecorded"
at = "Recorded"
by = "Recorder"
role = { constant = "recorder" }
fields = { offence = { constant = "8N" } }
[[event]]
name = "CancellationRequested"
at = "Asked"
by = "Asker"
role = { constant = "investigator" }
fields = { code = { constant = "C4" }, error = { constant = "entered twice" } }
[[event]]
name = "CancellationApproved"
at = "Approved"
by = "Approver"
role = "Grade"
unit = "Unit"
"""
PLAIN = {
    "No": "1", "Received": "2024-03-01", "Recorded": "2024-03-02", "Recorder": "rec-1", "Asked": "2024-03-05",
    "Asker": "det-7", "Approved": "2024-03-06", "Approver": "fcr-1", "Grade": "FCR", "Unit": "Registry",
}  # fmt: skip


def text(*rows: dict[str, str]) -> str:
    """Rows over the plain one, as CSV."""
    whole = [PLAIN | {"No": str(number)} | row for number, row in enumerate(rows, start=1)]
    return "\n".join([",".join(PLAIN), *(",".join(row.values()) for row in whole)]) + "\n"


@pytest.fixture
def register(desk: Desk) -> Desk:
    desk.mapping.write_text(MAPPING)
    return desk


def approval(desk: Desk, number: int = 0) -> RecordedEvent:
    """The approval that stands in a history."""
    entries = list(desk.history().values())[number]
    gone = {one for entry in entries if isinstance(entry.event, SourceRowWithdrawn) for one in entry.event.withdraws}
    (found,) = [e for e in entries if isinstance(e.event, CancellationApproved) and e.event_id not in gone]
    return found


def test_the_envelope_has_who_acted_and_the_purpose_stays_that_of_an_import(register: Desk) -> None:
    register.take(text({}))
    entry = approval(register)
    assert (entry.actor, entry.role, entry.unit) == ("fcr-1", Role.FORCE_CRIME_REGISTRAR, "Registry")
    assert {each.purpose for each in register.only()} == {Purpose.IMPORT}
    assert next(each.role for each in register.only()) is Role.IMPORTER  # nobody is named as the one who took it down
    assert entry.broken == ()


WRONG = [
    ({"Grade": "Officer", "Approver": "det-9"}, "cancellation_by_decision_maker"),
    ({"Grade": "DDM", "Approver": "DET-7"}, "requester_does_not_approve"),
    ({"Grade": "DDM", "Approver": "rec-1"}, "recorder_does_not_cancel"),
]


@pytest.mark.parametrize(("row", "rule"), WRONG)
def test_rules_about_people_are_judged(register: Desk, row: dict[str, str], rule: str) -> None:
    register.take(text(row))
    assert rule in approval(register).broken


def test_the_same_rule_is_found_where_the_approval_comes_in_a_later_release(register: Desk) -> None:
    register.take(text({"Approved": "", "Approver": "", "Grade": "", "Unit": ""}))
    register.take(text({"Grade": "DDM", "Approver": "rec-1"}))
    assert approval(register).broken == ("recorder_does_not_cancel",)


def test_unauthorised_cancellations_in_a_file_are_counted(register: Desk) -> None:
    rows = [row for row, _ in WRONG]
    unsaid = {"Approver": "", "Grade": "", "Unit": ""}
    register.take(text({}, *rows, unsaid, {"Asker": ""}))
    project(register.system)
    figure = ask(register.system, "unauthorised_cancellation", force="kent")
    assert (figure["numerator"], figure["denominator"]) == (3, 4)
    assert figure["excluded"] == {"who approved it is not stated": 1, "who asked for it is not stated": 1}


def test_without_the_columns_of_who_acted_they_are_excluded(register: Desk) -> None:
    """Negative control: what the mapping does not state is not judged."""
    silent = "\n".join(line for line in MAPPING.splitlines() if not line.startswith(("by", "role", "unit")))
    register.take(text(*(row for row, _ in WRONG)), mapping=silent)
    project(register.system)
    figure = ask(register.system, "unauthorised_cancellation", force="kent")
    assert (figure["numerator"], figure["denominator"]) == (0, 0)
    assert figure["excluded"] == {"who approved it is not stated": 3}


def test_another_person_in_a_later_release_is_stated_again_and_another_spelling_is_not(register: Desk) -> None:
    register.take(text({}))
    assert counts(register.take(text({"Approver": "FCR-1", "Unit": " Registry "}))) == (1, 0, 1, 0, 0, 0, 0)
    result = register.take(text({"Approver": "fcr-2"}))
    assert counts(result) == (1, 1, 0, 0, 1, 0, 2)
    assert approval(register).actor == "fcr-2"
    assert register.take(text({"Approver": "fcr-2", "No": " 1"})).account.events_appended == 0
    assert register.take(text({"Approver": "fcr-2", "Grade": "DDM"})).account.events_appended == 2
    assert approval(register).role is Role.DESIGNATED_DECISION_MAKER


def test_what_is_stated_again_for_the_sake_of_order_keeps_who_did_it(register: Desk) -> None:
    register.take(text({"Recorded": "", "Recorder": ""}))
    assert register.take(text({})).account.rows_corrected == 1
    assert (approval(register).actor, approval(register).unit) == ("fcr-1", "Registry")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"Approver": "Chief Inspector Plod (ret.)"}, "“Approver” holds a value that “by” cannot have"),
        ({"Approver": "import:register"}, "“Approver” holds a value that “by” cannot have"),
        ({"Grade": "Janitor"}, "“Grade” holds a value that the mapping does not translate"),
        ({"Grade": ""}, "“Grade” is blank, and who acted is not known without it"),
        ({"Unit": "(!)"}, "“Unit” holds a value that “unit” cannot have"),
    ],
)
def test_what_cannot_be_a_person_a_role_or_a_unit_is_set_aside(
    register: Desk, row: dict[str, str], reason: str
) -> None:
    result = register.take(text(row, {}))
    assert counts(result)[:4] == (2, 1, 0, 1)
    assert result.reasons == {reason: 1}


def test_a_blank_that_means_unknown_keeps_the_person_of_the_earlier_release(register: Desk) -> None:
    mapping = MAPPING + '[columns."Approver"]\nblank = "unknown"\n'
    register.take(text({}), mapping=mapping)
    unsaid = {"Approver": "", "Grade": "", "Unit": ""}
    assert register.take(text(unsaid), mapping=mapping).account.events_appended == 0
    assert register.take(text(unsaid), mapping=MAPPING).account.events_appended == 2
    assert approval(register).role is Role.IMPORTER


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('role = "Grade"\n', "", "line 29, column 1: who acted is known by `by` and `role` together"),
        ('FCR = "force_crime_registrar"', 'FCR = "registrar"', "line 9, .*role can be recorder, .*"),
        ('FCR = "force_crime_registrar"', 'FCR = "importer"', "line 9, .*role can be recorder, .*"),
        ('by = "Recorder"', 'by = { constant = "a b" }', "is no id of a person"),
        ('by = "Asker"', 'by = "Asked by"', "has no column “Asked by”"),
    ],
)
def test_a_mapping_that_cannot_be_meant_is_refused(register: Desk, old: str, new: str, says: str) -> None:
    assert old in MAPPING
    with pytest.raises(ImportFailed, match=says):
        register.take(text({}), mapping=MAPPING.replace(old, new))
