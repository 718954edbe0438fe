from scenario import RECORDER, given, happened, nothing, reported

from domain.case.ownership import OWNER_IS_NEW, OWNER_IS_SOMEBODY, AssignOwner, OwnerAssigned, Ownership
from domain.case.recording import RecordingDeclined
from domain.case.state import MOVE_IS_OPEN

REPORTED = given(reported())


def test_a_case_belongs_to_whoever_took_the_report_until_it_passes_to_somebody_else() -> None:
    assert REPORTED.state.ownership == Ownership(RECORDER)
    assign = AssignOwner(owner="officer-7", unit="CID", because="on leave")
    REPORTED.when(assign).then(OwnerAssigned(owner="officer-7", unit="CID", because="on leave"))
    after = REPORTED.and_then(OwnerAssigned(owner="officer-7", unit="CID"))
    assert after.state.ownership == Ownership("officer-7", "CID")
    assert after.and_then(RecordingDeclined(reason="no_crime_in_law")).state.ownership == after.state.ownership
    nothing.when(assign).refused(MOVE_IS_OPEN)


def test_owner_is_new() -> None:
    REPORTED.when(AssignOwner(owner=RECORDER)).refused("They own the case already; name somebody else.")
    REPORTED.when(AssignOwner(owner=RECORDER)).testifies(OWNER_IS_NEW)
    REPORTED.when(AssignOwner(owner=RECORDER, unit="CID")).then(OwnerAssigned(owner=RECORDER, unit="CID"))


def test_a_file_that_does_not_say_who_took_the_report_makes_nobody_its_owner() -> None:
    assert given(happened(reported(), imported=True)).state.ownership == Ownership()


def test_owner_is_somebody() -> None:
    for nobody in ("me", "None"):
        REPORTED.when(AssignOwner(owner=nobody)).refused(OWNER_IS_SOMEBODY)
        REPORTED.when(AssignOwner(owner=nobody)).testifies(OWNER_IS_SOMEBODY)
