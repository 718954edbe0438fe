from itertools import permutations

import pytest
from pydantic import ValidationError
from scenario import given, happened, reported

from domain.case.correction import CorrectFact
from domain.case.outcome import OUTCOME_FITS_OFFENCE, OUTCOME_IN_FORCE, AssignOutcome, Outcome, OutcomeAssigned
from domain.case.recording import CrimeRecorded
from domain.case.reference import AddReference
from domain.case.state import MOVE_IS_OPEN
from domain.case.testimony import CrimeRecordEvidenced
from domain.values import Moment

RECORDED = given(reported("2015-05-01T10:00Z"), CrimeRecorded(offence="8N"))


def test_an_outcome_is_assigned_to_a_recorded_crime_and_replaced_by_a_later_one() -> None:
    RECORDED.when(AssignOutcome(outcome=18)).then(OutcomeAssigned(outcome=18)).allowed(
        AssignOutcome, AddReference, CorrectFact
    )
    case = RECORDED.and_then(OutcomeAssigned(outcome=18), OutcomeAssigned(outcome=1))
    assert case.state.outcome.type == 1


def test_an_outcome_needs_a_recorded_crime() -> None:
    given(reported()).when(AssignOutcome(outcome=1)).refused(MOVE_IS_OPEN)


@pytest.mark.parametrize("number", [0, 23, -1])
def test_there_are_outcome_types_1_to_22(number: int) -> None:
    with pytest.raises(ValidationError):
        AssignOutcome(outcome=number)


@pytest.mark.parametrize(
    ("outcome", "before", "since"),
    [(21, "2015-12-31T23:59:59Z", "2016-01-01T00:00:00Z"), (22, "2019-03-31T22:59:59Z", "2019-03-31T23:00:00Z")],
)
def test_outcome_type_in_force(outcome: int, before: str, since: str) -> None:
    RECORDED.when(AssignOutcome(outcome=outcome), at=since).then(OutcomeAssigned(outcome=outcome))
    RECORDED.when(AssignOutcome(outcome=outcome), at=before).refused("This outcome type did not exist on that day")
    RECORDED.when(AssignOutcome(outcome=outcome), at=before).testifies(OUTCOME_IN_FORCE)


def test_outcome_type_fits_offence() -> None:
    RECORDED.when(AssignOutcome(outcome=19)).refused("Outcome type 19 is for fraud")
    RECORDED.when(AssignOutcome(outcome=19)).testifies(OUTCOME_FITS_OFFENCE)
    fraud = given(reported(), CrimeRecorded(offence="53"))
    fraud.when(AssignOutcome(outcome=19)).then(OutcomeAssigned(outcome=19))


def test_a_crime_known_from_a_file_alone_has_no_offence_that_type_19_could_fit() -> None:
    evidenced = given(happened(CrimeRecordEvidenced(recorded=Moment.of("2024-03")), "2024-03"))
    evidenced.when(AssignOutcome(outcome=19)).refused(OUTCOME_FITS_OFFENCE)
    evidenced.when(AssignOutcome(outcome=18)).then(OutcomeAssigned(outcome=18))


def test_the_latest_outcome_stands_in_whatever_order_the_facts_arrive() -> None:
    facts = [
        happened(OutcomeAssigned(category="Under investigation"), "2024-01"),
        happened(OutcomeAssigned(category="Unable to prosecute suspect"), "2024-03"),
        happened(OutcomeAssigned(outcome=18, category="No suspect"), "2024-03"),
        happened(OutcomeAssigned(outcome=1), "2024-03-01"),
        happened(OutcomeAssigned(outcome=5), "2024-03-01T00:00:00Z"),
        happened(OutcomeAssigned(outcome=4), "2024-03-01T00:00Z"),
    ]
    ends = {given(*order).state.outcome for order in permutations(facts)}
    assert len(ends) == 1
    assert ends.pop() != Outcome()
