from itertools import permutations

import pytest
from pydantic import ValidationError
from scenario import given, happened, reported

from domain.case.cancellation import CancellationRequested, TransferRequested
from domain.case.closure import CaseClosed
from domain.case.correction import CorrectFact
from domain.case.outcome import (
    OUTCOME_FITS_OFFENCE,
    OUTCOME_IN_FORCE,
    SUB_CODE_OF_TYPE,
    VICTIM_SAID_SO,
    AssignOutcome,
    Outcome,
    OutcomeAssigned,
)
from domain.case.recording import CrimeRecorded, N100Recorded, RecordingDeclined
from domain.case.reference import AddReference
from domain.case.state import MOVE_IS_OPEN
from domain.case.testimony import CrimeRecordEvidenced
from domain.case.victim import VictimStatementRecorded
from domain.event import Event
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


@pytest.mark.parametrize("outcome", range(1, 23))
def test_outcome_sub_code_of_type(outcome: int) -> None:
    case = given(reported(), CrimeRecorded(offence="53"), VictimStatementRecorded(supports=False))
    with_a = AssignOutcome(outcome=outcome, sub_code="A")
    if outcome in (1, 2, 3):
        case.when(with_a).then(OutcomeAssigned(outcome=outcome, sub_code="A"))
        assert case.and_then(OutcomeAssigned(outcome=outcome, sub_code="A")).state.outcome.sub_code == "A"
    else:
        case.when(with_a).refused("This outcome type has no such sub-code")
        case.when(with_a).testifies(SUB_CODE_OF_TYPE)
    case.when(AssignOutcome(outcome=outcome, sub_code="B")).refused(SUB_CODE_OF_TYPE)


@pytest.mark.parametrize("outcome", [14, 16])
def test_victim_statement_before_14_or_16(outcome: int) -> None:
    supports, declines = VictimStatementRecorded(supports=True), VictimStatementRecorded(supports=False)
    assign, assigned = AssignOutcome(outcome=outcome), OutcomeAssigned(outcome=outcome)
    for said in [(), (supports,), (declines, supports)]:
        RECORDED.and_then(*said).when(assign).refused("Types 14 and 16 rest on the victim not supporting action")
        RECORDED.and_then(*said).when(assign).testifies(VICTIM_SAID_SO)
    for said in [(declines,), (supports, declines)]:
        RECORDED.and_then(*said).when(assign).then(assigned)
    before = given(reported(), declines, CrimeRecorded(offence="8N"))
    before.when(assign).then(assigned)


@pytest.mark.parametrize("outcome", sorted(set(range(1, 23)) - {14, 16, 19}))
def test_other_outcomes_need_no_statement(outcome: int) -> None:
    RECORDED.when(AssignOutcome(outcome=outcome)).then(OutcomeAssigned(outcome=outcome))


def test_a_case_that_testifies_to_14_without_a_statement_tells_the_rule_it_breaks() -> None:
    case = RECORDED.and_then(happened(OutcomeAssigned(outcome=14), imported=True))
    assert list(case.state.flaws()) == [VICTIM_SAID_SO]
    assert not list(case.and_then(VictimStatementRecorded(supports=False)).state.flaws())


@pytest.mark.parametrize(
    ("fact", "is_open"),
    [
        (RecordingDeclined(reason="no_crime_in_law"), False),
        (N100Recorded(sub_code=1), False),
        (CancellationRequested(code="C4", error="e"), True),
        (TransferRequested(to_force="kent"), True),
        (CaseClosed(), False),
    ],
)
def test_only_a_crime_in_the_register_has_an_outcome(fact: Event, is_open: bool) -> None:
    first = () if isinstance(fact, RecordingDeclined | N100Recorded) else (CrimeRecorded(offence="8N"),)
    when = given(reported(alleged="19C"), *first, fact).when(AssignOutcome(outcome=1))
    if is_open:
        when.then(OutcomeAssigned(outcome=1))
    else:
        when.refused(MOVE_IS_OPEN)


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
