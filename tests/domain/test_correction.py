from typing import Any, get_args

import pytest
from contract_samples import EXAMPLES
from pydantic import ValidationError
from scenario import LATER, RECORDER, Given, fact, given, happened, nothing, reported

from domain.case.correction import (
    ACT_FOLLOWS_RECEIPT,
    CLOCK_IS_DERIVED,
    CORRECTORS,
    CORRECTS_AN_EVENT,
    CORRECTS_ITS_FACTS,
    FACT_HAS_ITS_FORM,
    FACT_IS_NOT_EMPTY,
    FREELY,
    SECOND_PERSON_CORRECTS,
    UNDONE_NOT_CORRECTED,
    CorrectedFacts,
    CorrectFact,
    FactCorrected,
    correctable,
    restate,
    restates,
)
from domain.case.duties import DutyKind, DutyPaused
from domain.case.investigation import InvestigationAllocated, InvestigationUpdated, KeyEvent
from domain.case.outcome import (
    OUTCOME_FITS_OFFENCE,
    OUTCOME_IN_FORCE,
    SUB_CODE_OF_TYPE,
    VICTIM_SAID_SO,
    AssignOutcome,
    OutcomeAssigned,
)
from domain.case.recording import (
    FIRST_REPORT_FIRST,
    FUTURE,
    LISTED_OFFENCE,
    N100_IS_FOR_RAPE,
    CrimeRecorded,
    CrimeReported,
    N100Recorded,
    RecordCrime,
    RecordingDeclined,
    RecordingStatus,
    ReportCrime,
)
from domain.case.reference import AddReference
from domain.case.state import MOVE_IS_OPEN, CaseEvent, replay
from domain.case.testimony import CrimeRecordEvidenced, SourceRowWithdrawn
from domain.case.victim import VictimStatementRecorded
from domain.event import EVENTS, Event, Role
from domain.values import Moment

REPORTED = given(reported())
RECORDED = REPORTED.and_then(CrimeRecorded(offence="8N"))


def correct(number: int, **facts: Any) -> CorrectFact:
    return CorrectFact(corrects=fact(number), facts=CorrectedFacts.model_validate(facts), because="a slip")


def corrected(number: int, **facts: Any) -> FactCorrected:
    stated = CorrectedFacts.model_validate(facts)
    return FactCorrected(corrects=fact(number), facts=stated, because="a slip")


def life(case: Given) -> tuple[object, ...]:
    return case.state.recording, case.state.outcome, case.state.evidence


def test_a_correction_restates_the_fact_and_leaves_the_event_as_it_was_written() -> None:
    RECORDED.when(correct(2, offence="8P")).then(corrected(2, offence="8P")).allowed(
        AssignOutcome, AddReference, CorrectFact
    )
    after = RECORDED.and_then(corrected(2, offence="8P"))
    assert after.state.recording.offence == "8P"
    assert after.state.facts[fact(2)].event == CrimeRecorded(offence="8N")


def test_a_corrected_receipt_starts_the_clock_again_under_the_rules_of_its_day() -> None:
    derived = {"record_by": "2015-04-03T22:00:00Z", "rule_set": "recording-2002"}
    corrected_receipt = corrected(1, received_at="2015-03-31T22:00:00Z", **derived)
    REPORTED.when(correct(1, received_at="2015-03-31T22:00:00Z")).then(corrected_receipt)
    assert life(REPORTED.and_then(corrected_receipt)) == life(given(reported("2015-03-31T22:00:00Z")))


def test_a_corrected_receipt_decides_whether_recording_is_late() -> None:
    derived = {"record_by": "2024-02-02T10:00:00Z", "rule_set": "recording-2015"}
    REPORTED.when(RecordCrime(offence="8N")).then(CrimeRecorded(offence="8N"))
    after = REPORTED.and_then(corrected(1, received_at="2024-02-01T10:00:00Z", **derived))
    after.when(RecordCrime(offence="8N")).refused("The time allowed for recording has run out")


def test_the_time_of_an_act_can_be_corrected() -> None:
    RECORDED.when(correct(2, at="2024-03-01T11:00Z")).then(corrected(2, at="2024-03-01T11:00Z"))
    after = RECORDED.and_then(corrected(2, at="2024-03-01T11:00Z"))
    right = given(reported(), happened(CrimeRecorded(offence="8N"), "2024-03-01T11:00Z"))
    assert life(after) == life(right)


def test_the_last_correction_of_a_fact_stands_and_others_are_kept() -> None:
    after = RECORDED.and_then(
        corrected(2, offence="8P", crime_reference="A/1"), corrected(2, offence="8L"), corrected(1, route="online")
    )
    recording = after.state.recording
    assert (recording.offence, recording.crime_reference) == ("8L", "A/1")


@pytest.mark.parametrize("number", [7, 3])
def test_correction_names_an_event(number: int) -> None:
    case = RECORDED.and_then(corrected(2, offence="8P"))
    case.when(correct(number, offence="8L")).refused("`corrects` must be the event_id of a fact in this case's own")
    case.when(correct(number, at="2024-03-01")).testifies(CORRECTS_AN_EVENT)


def test_correction_names_its_facts() -> None:
    RECORDED.when(correct(1, offence="8P")).refused("The corrected event has no such fact")
    RECORDED.when(correct(2, received_at="2024-03-01")).testifies(CORRECTS_ITS_FACTS)
    with pytest.raises(ValidationError, match="name at least one fact"):
        CorrectedFacts()


@pytest.mark.parametrize("derived", [{"record_by": LATER}, {"rule_set": "recording-2002"}])
def test_clock_is_derived(derived: dict[str, str]) -> None:
    REPORTED.when(correct(1, **derived)).refused("`record_by` and `rule_set` follow from `received_at`")
    REPORTED.when(correct(1, **derived)).testifies(CLOCK_IS_DERIVED)


@pytest.mark.parametrize("empty", ["received_at", "receipt", "route", "reporter_role", "at"])
def test_corrected_fact_is_not_empty(empty: str) -> None:
    REPORTED.when(correct(1, **{empty: None})).refused("This fact cannot be empty")
    never = [UNDONE_NOT_CORRECTED] if empty == "receipt" else []
    REPORTED.when(correct(1, **{empty: None})).testifies(FACT_IS_NOT_EMPTY, *never)
    RECORDED.when(correct(2, offence=None)).refused(FACT_IS_NOT_EMPTY)
    RECORDED.when(correct(2, principal=None)).refused(FACT_IS_NOT_EMPTY)


def test_a_fact_that_may_be_absent_can_be_corrected_to_nothing() -> None:
    case = given(reported(alleged="8N", reported_at="2024-03-01"))
    case.when(correct(1, alleged=None, reported_at=None)).then(corrected(1, alleged=None, reported_at=None))
    assert life(case.and_then(corrected(1, alleged=None, reported_at=None))) == life(REPORTED)


def test_a_corrected_time_is_not_in_the_future() -> None:
    late = correct(1, received_at="2024-03-01T12:00:01Z")
    REPORTED.when(late, at="2024-03-01T12:00:00Z").refused(FUTURE)
    REPORTED.when(correct(1, at="2024-03-02"), at="2024-03-01T23:59:59Z").refused(FUTURE)


def test_a_corrected_first_report_still_precedes_receipt() -> None:
    REPORTED.when(correct(1, reported_at="2024-03-01T10:00:01Z")).refused(FIRST_REPORT_FIRST)
    case = given(reported(reported_at="2024-03-01T09:00:00Z"))
    case.when(correct(1, received_at="2024-03-01T08:59:59Z")).refused(FIRST_REPORT_FIRST)
    case.when(correct(1, received_at="2024-03-01T08:00Z", reported_at="2024-03-01T08:00Z")).testifies()


def test_a_corrected_offence_is_listed() -> None:
    RECORDED.when(correct(2, offence="999")).refused(LISTED_OFFENCE)
    REPORTED.when(correct(1, alleged="999")).refused(LISTED_OFFENCE)


def test_a_corrected_outcome_still_fits_the_offence() -> None:
    case = RECORDED.and_then(OutcomeAssigned(outcome=18))
    case.when(correct(3, outcome=19)).refused(OUTCOME_FITS_OFFENCE)
    case.when(correct(3, outcome=15)).then(corrected(3, outcome=15))
    fraud = given(reported(), CrimeRecorded(offence="53"), OutcomeAssigned(outcome=18))
    fraud.when(correct(3, outcome=19)).then(corrected(3, outcome=19))


def test_what_restates_is_not_itself_corrected() -> None:
    case = RECORDED.and_then(corrected(2, offence="8P"), SourceRowWithdrawn(withdraws=()))
    case.when(correct(4, withdraws=[str(fact(1))])).refused(CORRECTS_AN_EVENT)
    case.when(correct(3, corrects=str(fact(1)))).refused(CORRECTS_AN_EVENT)


def test_a_corrected_outcome_was_in_force_on_its_day() -> None:
    assigned = given(reported("2019-03-01T10:00Z"), CrimeRecorded(offence="8N"), OutcomeAssigned(outcome=1))
    assigned.when(correct(3, outcome=22)).then(corrected(3, outcome=22))
    assigned.when(correct(3, outcome=22, at="2019-03-31")).refused(OUTCOME_IN_FORCE.sentence)


def test_what_an_n100_rests_on_cannot_be_corrected_away() -> None:
    n100 = given(reported(alleged="19C")).and_then(N100Recorded(sub_code=1))
    n100.when(correct(1, alleged="19E")).then(corrected(1, alleged="19E"))
    n100.when(correct(1, alleged="8N")).refused(N100_IS_FOR_RAPE.sentence)


def test_nothing_is_corrected_before_there_is_a_report() -> None:
    nothing.when(correct(1, route="online")).refused(MOVE_IS_OPEN).allowed(ReportCrime)


def test_a_withdrawn_correction_no_longer_corrects() -> None:
    case = RECORDED.and_then(corrected(2, offence="8P"), SourceRowWithdrawn(withdraws=(fact(3),)))
    assert life(case) == life(RECORDED)


def test_every_fact_that_can_be_corrected_is_one_that_some_event_states() -> None:
    stated = {name for event in EVENTS.values() for name in event.model_fields}
    assert set(CorrectedFacts.model_fields) <= stated | {"at"}


def test_only_corrections_and_withdrawals_restate() -> None:
    assert restates(corrected(1, route="online"))
    assert restates(SourceRowWithdrawn(withdraws=()))
    assert not restates(reported())
    assert not restates(CrimeRecordEvidenced(category="Robbery"))


def test_the_case_as_it_stood_is_seen_with_what_is_known_now() -> None:
    derived = {"record_by": "2024-03-02T09:00:00Z", "rule_set": "recording-2015"}
    case = RECORDED.and_then(corrected(1, received_at="2024-03-01T09:00:00Z", **derived))
    before = replay(case.entries, as_of=Moment.of("2024-03-01T10:01:30Z").earliest)
    assert before.recording.status is RecordingStatus.REPORTED
    assert before.recording.received_at == Moment.of("2024-03-01T09:00:00Z")
    assert replay(case.entries, as_of=Moment.of("2024-02-01").earliest).recording.status is RecordingStatus.NONE


def test_correcting_evidence_keeps_its_form() -> None:
    case = given(happened(CrimeRecordEvidenced(recorded=Moment.of("2024-03"), category="Robbery"), "2024-03"))
    after = case.and_then(corrected(1, category="Burglary"))
    assert after.state.evidence.category == "Burglary"


EXAMPLE = {type(event): event for event in EXAMPLES if type(event) in get_args(CaseEvent)}
STATING = {kind: event for kind, event in EXAMPLE.items() if not restates(event)}
CORRECTABLE = [(event, name) for kind, event in STATING.items() for name in sorted(correctable(kind))]
SEALED = [(event, name) for kind, event in STATING.items() for name in sorted({*kind.model_fields} - correctable(kind))]


def test_every_event_of_a_case_has_an_example() -> None:
    assert EXAMPLE.keys() == set(get_args(CaseEvent))


@pytest.mark.parametrize(("event", "name"), CORRECTABLE, ids=lambda value: getattr(value, "NAME", value))
def test_every_fact_that_is_not_sealed_can_be_corrected_and_read_back(event: Event, name: str) -> None:
    stated = CorrectedFacts.model_validate({name: event.model_dump(mode="json")[name]})
    again = CorrectedFacts.model_validate_json(stated.model_dump_json())
    emptier = type(event).model_construct(**{field: getattr(event, field) for field in type(event).model_fields})
    object.__setattr__(emptier, name, None)
    [entry] = given(emptier).entries
    fact_corrected = FactCorrected(corrects=entry.event_id, facts=again)
    [restated] = [e for e in restate([*given(emptier, fact_corrected).entries]) if not restates(e.event)]
    assert restated.event == event


@pytest.mark.parametrize(("event", "name"), SEALED, ids=lambda value: getattr(value, "NAME", value))
def test_what_is_sealed_cannot_be_corrected_in_plain_sight(event: Event, name: str) -> None:
    case = RECORDED.and_then(event)
    case.when(correct(3, **{name: "in plain sight"})).refused(CORRECTS_ITS_FACTS)


def test_most_free_text_is_sealed() -> None:
    assert len(SEALED) > 25
    assert "summary" not in correctable(CrimeReported)
    assert "reporter" not in correctable(CrimeReported)


def test_corrected_fact_has_its_form() -> None:
    update = InvestigationUpdated(what=KeyEvent.ARREST)
    case = RECORDED.and_then(InvestigationAllocated(officer="o-1"), update)
    wrong = [(4, {"what": "magic"}), (3, {"officer": "no one at all"}), (2, {"principal": None, "offence": "8N"})]
    for number, facts in wrong[:2]:
        case.when(correct(number, **facts)).refused("A corrected fact must have the form that the event gives it")
        case.when(correct(number, **facts)).testifies(FACT_HAS_ITS_FORM)
    case.when(correct(*wrong[2][:1], **wrong[2][1])).refused(FACT_IS_NOT_EMPTY)
    declined = REPORTED.and_then(RecordingDeclined(reason="no_crime_in_law"))
    declined.when(correct(2, reason="untraceable")).refused(FACT_HAS_ITS_FORM)
    declined.when(correct(2, reason="other_force")).then(corrected(2, reason="other_force"))
    n100 = given(reported(alleged="19C")).and_then(N100Recorded(sub_code=1))
    n100.when(correct(2, sub_code="A")).refused(FACT_HAS_ITS_FORM)


def test_an_outcome_cannot_be_corrected_to_one_that_lacks_a_statement() -> None:
    bare = RECORDED.and_then(OutcomeAssigned(outcome=18))
    bare.when(correct(3, outcome=16)).refused(VICTIM_SAID_SO)
    declined = RECORDED.and_then(VictimStatementRecorded(supports=False))
    case = declined.and_then(OutcomeAssigned(outcome=18))
    case.when(correct(4, outcome=16)).then(corrected(4, outcome=16))
    changed = case.and_then(VictimStatementRecorded(supports=True))
    changed.when(correct(4, outcome=16)).refused(VICTIM_SAID_SO)
    rested = declined.and_then(OutcomeAssigned(outcome=16))
    rested.when(correct(3, supports=True)).refused(VICTIM_SAID_SO)
    rested.and_then(VictimStatementRecorded(supports=True)).when(correct(4, outcome=14)).then(corrected(4, outcome=14))


def test_a_corrected_sub_code_is_one_of_its_type() -> None:
    case = RECORDED.and_then(OutcomeAssigned(outcome=1), OutcomeAssigned(outcome=18))
    case.when(correct(3, sub_code="A")).then(corrected(3, sub_code="A"))
    case.when(correct(4, sub_code="A")).refused(SUB_CODE_OF_TYPE)
    both = RECORDED.and_then(OutcomeAssigned(outcome=1, sub_code="A"))
    both.when(correct(3, outcome=18)).refused(SUB_CODE_OF_TYPE)
    both.when(correct(3, outcome=18, sub_code=None)).then(corrected(3, outcome=18, sub_code=None))


def test_a_pause_cannot_be_corrected_into_one_of_the_recording_clock() -> None:
    case = RECORDED.and_then(DutyPaused(duty=DutyKind.VICTIM_TOLD), corrected(3, duty="recording"))
    undecided = given(reported(), DutyPaused(duty=DutyKind.RECORDING))
    assert all(duty.paused_at is None for state in (case.state, undecided.state) for duty in state.duties)
    assert any(duty.paused_at for duty in RECORDED.and_then(DutyPaused(duty=DutyKind.VICTIM_TOLD)).state.duties)


@pytest.mark.parametrize("role", [Role.RECORDER, Role.INVESTIGATOR, Role.AUDITOR])
def test_second_person_corrects(role: Role) -> None:
    offence, route = correct(2, offence="8P"), correct(1, route="online")
    RECORDED.when(offence, role=role, by="staff-9").refused("A clock, a count or a decision rests on this fact")
    RECORDED.when(offence, role=role, by="staff-9").testifies(SECOND_PERSON_CORRECTS)
    RECORDED.when(offence, role=Role.SUPERVISOR, by=RECORDER).refused(SECOND_PERSON_CORRECTS)
    RECORDED.when(offence, role=Role.SUPERVISOR, by=RECORDER.upper()).refused(SECOND_PERSON_CORRECTS)
    for able in CORRECTORS:
        RECORDED.when(offence, role=able, by="staff-9").then(corrected(2, offence="8P"))
    RECORDED.when(route, role=role, by=RECORDER).then(corrected(1, route="online"))
    mixed = correct(2, offence="8P", crime_reference="06C/2/24")
    RECORDED.when(mixed, role=role, by="staff-9").refused(SECOND_PERSON_CORRECTS)


def test_no_clock_count_or_decision_rests_on_what_is_corrected_freely() -> None:
    clocks = {"at", "received_at", "reported_at", "about", "of_event", "what", "grounds", "duty"}
    counts = {"offence", "alleged", "outcome", "under", "kind"}
    assert not FREELY & (clocks | counts | {"officer", "supports", "code", "surviving", "of", "to_force"})


def test_undone_not_corrected() -> None:
    case = RECORDED.and_then(DutyPaused(duty=DutyKind.VICTIM_TOLD))
    case.when(correct(3, duty="update")).refused("This cannot be corrected after the event; undo it with its own")
    case.when(correct(3, duty="update")).testifies(UNDONE_NOT_CORRECTED)
    for number, facts in [(1, {"receipt": "claimed"}), (1, {"anonymous": True}), (3, {"at": "2024-03-01"})]:
        case.when(correct(number, **facts)).refused(UNDONE_NOT_CORRECTED)


def test_act_follows_receipt() -> None:
    for early in ("2024-02-29", "2024-03-01T09:59:59.999999Z", "2024-02"):
        RECORDED.when(correct(2, at=early)).refused("Nothing was done about the report before the force received it")
        RECORDED.when(correct(2, at=early)).testifies(ACT_FOLLOWS_RECEIPT)
    for possible in ("2024-03-01T10:00:00Z", "2024-03-01", "2024-03"):
        RECORDED.when(correct(2, at=possible)).then(corrected(2, at=possible))
