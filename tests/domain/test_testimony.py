from itertools import permutations

from hypothesis import given as every
from hypothesis import settings
from hypothesis import strategies as st
from scenario import Given, fact, given, happened, reported

from domain.case.correction import CorrectFact
from domain.case.outcome import AssignOutcome, OutcomeAssigned
from domain.case.recording import CrimeRecorded, RecordingStatus, ReportCrime
from domain.case.reference import AddReference
from domain.case.testimony import CrimeRecordEvidenced, Evidence, SourceRowWithdrawn
from domain.event import Event
from domain.values import Moment, Place

HERE, THERE = Place(location="On or near Mill Street"), Place(location="On or near Park Road")
MARCH, APRIL = Moment.of("2024-03"), Moment.of("2024-04")

months = st.sampled_from([None, MARCH, APRIL])
texts = st.sampled_from([None, "Burglary", "Robbery"])
evidence = st.builds(
    CrimeRecordEvidenced,
    recorded=months,
    before=months,
    category=texts,
    place=st.sampled_from([None, HERE, THERE]),
    last_outcome=texts,
)


def shown(*facts: Event) -> Given:
    return given(*(happened(event, "2024-03") for event in facts))


def test_a_crime_known_from_a_file_is_recorded_in_a_month() -> None:
    row = CrimeRecordEvidenced(recorded=MARCH, category="Robbery", place=HERE, last_outcome="Under investigation")
    state = shown(row).state
    assert state.recording.status is RecordingStatus.RECORDED
    assert state.recording.recorded_at is None
    assert state.evidence == Evidence(MARCH, None, "Robbery", HERE, "Under investigation", placed=MARCH)
    shown(row).allows(AssignOutcome, AddReference, CorrectFact)


def test_a_crime_known_only_from_an_outcome_was_recorded_before_the_earliest_month_seen() -> None:
    later, earlier = CrimeRecordEvidenced(before=APRIL), CrimeRecordEvidenced(before=MARCH, place=HERE)
    for order in permutations([later, earlier]):
        assert shown(*order).state.evidence == Evidence(before=MARCH, place=HERE)


def test_a_stated_month_is_kept_beside_the_bound_that_an_outcome_gave() -> None:
    row, outcome = CrimeRecordEvidenced(recorded=MARCH, category="Robbery"), CrimeRecordEvidenced(before=APRIL)
    for order in permutations([row, outcome]):
        assert shown(*order).state.evidence == Evidence(MARCH, APRIL, "Robbery")


@every(st.lists(evidence, max_size=4).flatmap(lambda facts: st.tuples(st.just(facts), st.permutations(facts))))
@settings(max_examples=300)
def test_sources_read_in_any_order_show_the_same(orders: tuple[list[Event], list[Event]]) -> None:
    one, other = orders
    assert shown(*one).state.evidence == shown(*other).state.evidence


@every(st.lists(evidence, min_size=1, max_size=3), st.data())
@settings(max_examples=100)
def test_a_source_read_twice_shows_no_more(facts: list[Event], data: st.DataObject) -> None:
    again = data.draw(st.sampled_from(facts))
    assert shown(*facts, again).state.evidence == shown(*facts).state.evidence


def test_a_withdrawn_row_no_longer_stands() -> None:
    row, outcome = CrimeRecordEvidenced(recorded=MARCH), OutcomeAssigned(category="No suspect")
    case = shown(row, outcome, SourceRowWithdrawn(withdraws=(fact(1), fact(2))))
    assert case.state.recording.status is RecordingStatus.NONE
    assert case.state.evidence == Evidence()
    assert case.state.outcome.category is None
    assert case.state.allowed == (ReportCrime,)
    assert (case.state.version, len(case.state.facts)) == (3, 3)


def test_a_withdrawal_takes_back_only_what_it_names() -> None:
    case = given(reported(), CrimeRecorded(offence="8N"), CrimeRecordEvidenced(recorded=MARCH))
    after = case.and_then(SourceRowWithdrawn(withdraws=(fact(3),))).state
    assert after.recording.offence == "8N"
    assert after.evidence == Evidence()
