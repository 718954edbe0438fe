import pytest
from scenario import LATER, RECEIVED, given, nothing, reported

from domain.case.correction import CorrectFact
from domain.case.outcome import AssignOutcome
from domain.case.recording import (
    ANONYMOUS_HAS_NO_NAME,
    FIRST_REPORT_FIRST,
    FUTURE,
    LATE_NEEDS_REASON,
    LISTED_OFFENCE,
    N100_IS_FOR_RAPE,
    CrimeRecorded,
    DeclineReason,
    DeclineRecording,
    IncidentKind,
    IncidentRegistered,
    N100Recorded,
    RecordCrime,
    RecordingDeclined,
    RecordingStatus,
    RecordN100,
    RegisterIncident,
    ReportCrime,
    ReporterRole,
    Route,
)
from domain.case.reference import AddReference
from domain.case.state import MOVE_IS_OPEN
from domain.event import Role
from domain.values import Moment, PersonalData

DECLINED = RecordingDeclined(reason=DeclineReason.NO_CRIME_IN_LAW, rationale="r")
DECLINE = DeclineRecording(reason=DeclineReason.NO_CRIME_IN_LAW, rationale="r")
UNDECIDED = (RecordCrime, RecordN100, DeclineRecording, AddReference, CorrectFact)


def report(received_at: str = RECEIVED, **facts: object) -> ReportCrime:
    return ReportCrime.model_validate(
        {"received_at": received_at, "route": Route.CONTROL_ROOM, "reporter_role": ReporterRole.VICTIM, **facts}
    )


def test_a_report_starts_the_clock_of_the_day_of_receipt() -> None:
    nothing.when(report()).then(reported()).allowed(RegisterIncident, *UNDECIDED)
    assert reported().record_by == Moment.of("2024-03-02T10:00:00Z")
    assert reported("2015-03-31T10:00:00Z").record_by == Moment.of("2015-04-03T10:00:00Z")


def test_a_report_known_to_the_day_runs_out_only_when_it_is_late_at_every_instant() -> None:
    nothing.when(report("2024-03-01"), role=Role.IMPORTER).then(reported("2024-03-01"))
    assert reported("2024-03-01").record_by == Moment.of("2024-03-02T23:59:59.999999Z")


def test_a_report_was_received_by_the_time_it_is_entered_however_coarse_the_time_given() -> None:
    entered = reported("2024-03-01", record_by="2024-03-02T12:00:00Z")
    nothing.when(report("2024-03-01"), at="2024-03-01T12:00:00Z").then(entered)
    nothing.when(report("2024-02"), at="2024-03-01T12:00:00Z").then(reported("2024-02"))


def test_a_case_is_reported_once() -> None:
    given(reported()).when(report()).refused(MOVE_IS_OPEN).allowed(RegisterIncident, *UNDECIDED)


def test_not_in_the_future() -> None:
    noon = "2024-03-01T12:00:00Z"
    nothing.when(report(noon), at=noon).then(reported(noon))
    received_later, reported_later = (
        report("2024-03-01T12:00:01Z"),
        report("2024-03-01", reported_at="2024-03-01T13:00Z"),
    )
    for command in (received_later, reported_later):
        nothing.when(command, at=noon).refused("The time of receipt and the time of the first report cannot")
        nothing.when(command, at=noon).testifies(FUTURE)


def test_a_day_that_has_begun_is_not_in_the_future() -> None:
    nothing.when(report("2024-03-01"), at="2024-03-01T00:00:00Z").then(
        reported("2024-03-01", record_by="2024-03-02T00:00:00Z")
    )
    nothing.when(report("2024-03-02"), at="2024-03-01T23:59:59Z").refused(FUTURE)


def test_first_report_precedes_receipt() -> None:
    nothing.when(report(reported_at="2024-03-01T10:00:01Z")).refused("The crime cannot have been first reported after")
    nothing.when(report(reported_at="2024-03-01T10:00:01Z")).testifies(FIRST_REPORT_FIRST)
    same = Moment.of(RECEIVED)
    nothing.when(report(reported_at=RECEIVED)).then(reported(reported_at=same))


def test_a_first_report_on_the_day_of_receipt_may_precede_it() -> None:
    entered = reported("2024-03-01", reported_at=RECEIVED, record_by="2024-03-02T12:00:00Z")
    nothing.when(report("2024-03-01", reported_at=RECEIVED)).then(entered)


def test_anonymous_has_no_name() -> None:
    reporter = PersonalData(subject="person-0123abcd", value="her words")
    nothing.when(report(anonymous=True, reporter=reporter)).refused("An anonymous report carries no details")
    nothing.when(report(anonymous=True, reporter=reporter)).testifies(ANONYMOUS_HAS_NO_NAME)
    nothing.when(report(reporter=reporter)).then(reported(reporter=reporter))
    nothing.when(report(anonymous=True)).then(reported(anonymous=True))


def test_offence_is_listed() -> None:
    nothing.when(report(alleged="999")).refused("The offence code is not in the adopted list")
    given(reported()).when(RecordCrime(offence="999")).refused(LISTED_OFFENCE)
    given(reported()).when(RecordCrime(offence="999")).testifies(LISTED_OFFENCE)
    nothing.when(report(alleged="8N")).then(reported(alleged="8N"))


def test_a_report_is_recorded_as_a_crime() -> None:
    command = RecordCrime(offence="8N", crime_reference="06C/1/24", principal=False)
    after = given(reported()).when(command)
    after.then(CrimeRecorded(offence="8N", crime_reference="06C/1/24", principal=False))
    after.allowed(AssignOutcome, AddReference, CorrectFact)


@pytest.mark.parametrize(("received", "last"), [("2015-03-31T22:59:59Z", "2015-04-03T22:59:59Z"), (RECEIVED, None)])
def test_late_recording_needs_a_reason(received: str, last: str | None) -> None:
    last = last or "2024-03-02T10:00:00Z"
    one_over = last.replace("00Z", "01Z").replace("22:59:59Z", "23:00:00Z")
    case, silent = given(reported(received)), RecordCrime(offence="8N")
    case.when(silent, at=last).then(CrimeRecorded(offence="8N"))
    case.when(silent, at=one_over).refused("The time allowed for recording has run out; give the reason")
    case.when(silent, at=one_over).testifies(LATE_NEEDS_REASON)
    reasoned = RecordCrime(offence="8N", late_because="the victim could not be reached")
    case.when(reasoned, at=one_over).then(CrimeRecorded(offence="8N", late_because="the victim could not be reached"))


def test_the_clock_is_elapsed_time_over_the_change_to_summer_time() -> None:
    case = given(reported("2024-03-30T12:00:00Z"))
    case.when(RecordCrime(offence="8N"), at="2024-03-31T13:00:00+01:00").then(CrimeRecorded(offence="8N"))
    case.when(RecordCrime(offence="8N"), at="2024-03-31T13:00:01+01:00").refused(LATE_NEEDS_REASON)


def test_a_crime_is_recorded_once() -> None:
    recorded = given(reported(), CrimeRecorded(offence="8N"))
    recorded.when(RecordCrime(offence="8N")).refused(MOVE_IS_OPEN).allowed(AssignOutcome, AddReference, CorrectFact)


def test_a_declined_report_is_registered_as_an_incident_first() -> None:
    given(reported()).when(DECLINE).then(IncidentRegistered(kind=IncidentKind.NON_CRIME), DECLINED)
    doubtful = DeclineRecording(reason=DeclineReason.VICTIM_UNTRACED, rationale="r")
    declined = RecordingDeclined(reason=DeclineReason.VICTIM_UNTRACED, rationale="r")
    given(reported()).when(doubtful).then(IncidentRegistered(kind=IncidentKind.CRIME_RELATED), declined)
    given(reported(), IncidentRegistered()).when(DECLINE).then(DECLINED).allowed(RecordCrime, AddReference, CorrectFact)


def test_an_incident_is_registered_once() -> None:
    command = RegisterIncident(incident="INC-1")
    given(reported()).when(command).then(IncidentRegistered(incident="INC-1")).allowed(*UNDECIDED)
    given(reported(), IncidentRegistered()).when(command).refused(MOVE_IS_OPEN).allowed(*UNDECIDED)


def test_a_declined_report_recorded_after_all_keeps_its_first_receipt_and_decision() -> None:
    case = given(reported(), IncidentRegistered(), DECLINED)
    case.when(RecordCrime(offence="8N"), at=LATER).then(CrimeRecorded(offence="8N"))
    recording = case.and_then(CrimeRecorded(offence="8N")).state.recording
    assert recording.received_at == Moment.of(RECEIVED)
    assert (recording.decided_at, recording.recorded_at) == tuple(
        map(Moment.of, ("2024-03-01T10:03:00Z", "2024-03-01T10:04:00Z"))
    )
    assert recording.status is RecordingStatus.RECORDED


@pytest.mark.parametrize("alleged", [None, "8N", "17A"])
def test_n100_is_for_rape(alleged: str | None) -> None:
    case, command = given(reported(alleged=alleged)), RecordN100(sub_code=1, rationale="r")
    case.when(command).refused("N100 is for a reported rape or attempted rape")
    case.when(command).testifies(N100_IS_FOR_RAPE)


def test_a_reported_rape_may_be_entered_as_n100_and_become_a_crime() -> None:
    case = given(reported(alleged="19C"))
    entered = N100Recorded(sub_code=2, rationale="r")
    case.when(RecordN100(sub_code=2, rationale="r")).then(entered).allowed(RecordCrime, AddReference, CorrectFact)
    case.and_then(entered).when(RecordCrime(offence="19C")).then(CrimeRecorded(offence="19C"))
    case.and_then(entered).when(DECLINE).refused(MOVE_IS_OPEN).allowed(RecordCrime, AddReference, CorrectFact)


def test_move_is_open() -> None:
    nothing.when(RecordCrime(offence="8N")).refused("This cannot be done in the present state").allowed(ReportCrime)
    nothing.when(RecordCrime(offence="8N")).testifies(MOVE_IS_OPEN)
    given(reported()).when(AssignOutcome(outcome=1)).refused(MOVE_IS_OPEN).allowed(RegisterIncident, *UNDECIDED)


def test_a_deadline_never_leaves_the_calendar() -> None:
    claimed = report("9998-12-31")
    nothing.when(claimed).testifies(FUTURE)
    assert reported("9998-12-31").record_by == Moment.of("9998-12-31T23:59:59.999999Z")
