"""The rows of the duties: what is owed in a case, by when, and what became of it."""

from datetime import timedelta

from scenario import Given, given, happened, reported

from domain.case.cancellation import CancellationApproved
from domain.case.correction import CorrectedFacts, FactCorrected
from domain.case.duties import DutyKind, DutyPaused, DutyResumed
from domain.case.investigation import InvestigationUpdated, KeyEvent
from domain.case.notices import About
from domain.case.ownership import OwnerAssigned
from domain.case.recording import CrimeRecorded, IncidentRegistered
from domain.case.victim import SupportReferralMade, VictimInformed
from domain.event import SourceRow
from domain.values import Moment
from projections.duties import DutyOwed, duties

REPORT = happened(reported("2024-03-01T10:00:00Z"), "2024-03-01T10:00:00Z")  # a Friday
RECORDED = happened(CrimeRecorded(offence="8N"), "2024-03-01T12:00:00Z")
FIVE_WORKING_DAYS = Moment.of("2024-03-08T23:59:59.999999Z").earliest


def rows(history: Given) -> dict[str, DutyOwed]:
    found = duties.rows_of(history.entries).values()
    by_name = {row.about or row.kind: row for row in found}
    assert len(by_name) == len(found)
    return by_name


def test_a_report_owes_a_decision_within_twenty_four_hours() -> None:
    row = rows(given(REPORT))["recording"]
    assert (row.case_id, row.force, row.kind, row.about) == ("case-1", "greater-manchester", "recording", None)
    assert row.due == Moment.of("2024-03-02T10:00:00Z").earliest
    assert (row.is_open, row.stopped_at, row.met_at, row.lifted, row.paused) == (True, None, None, False, False)
    assert (row.escalate_to, row.owner) == ("force_crime_registrar", "staff-1")
    assert row.duty_id.startswith("duty-")


def test_recording_meets_it_and_opens_two_more() -> None:
    found = rows(given(REPORT, RECORDED))
    assert set(found) == {"recording", "recorded", "support_referral"}
    assert not found["recording"].is_open
    assert found["recording"].met_at == Moment.of("2024-03-01T12:00:00Z")
    assert found["recorded"].due == FIVE_WORKING_DAYS
    assert found["support_referral"].escalate_to is None


def test_each_row_says_when_its_clock_stopped() -> None:
    told = happened(VictimInformed(about=About.RECORDED), "2024-03-11T09:00:00Z")
    found = rows(given(REPORT, RECORDED, told))["recorded"]
    assert found.stopped_at == Moment.of("2024-03-11T09:00:00Z").earliest
    assert found.stopped_at > found.due
    cancelled = happened(CancellationApproved(), "2024-03-05T09:00:00Z")
    lifted = rows(given(REPORT, RECORDED, cancelled))["recorded"]
    assert (lifted.lifted, lifted.is_open) == (True, False)
    assert lifted.stopped_at == Moment.of("2024-03-05T09:00:00Z").earliest


def test_a_clock_that_stood_runs_on_from_where_it_stood() -> None:
    paused = happened(DutyPaused(duty=DutyKind.VICTIM_TOLD), "2024-03-07T09:00:00Z")
    standing = given(REPORT, RECORDED, paused)
    row = rows(standing)["recorded"]
    assert (row.paused, row.stopped_at) == (True, Moment.of("2024-03-07T09:00:00Z").earliest)
    resumed = happened(DutyResumed(duty=DutyKind.VICTIM_TOLD), "2024-03-14T09:00:00Z")
    row = rows(standing.and_then(resumed))["recorded"]
    assert (row.paused, row.stopped_at, row.due) == (False, None, FIVE_WORKING_DAYS + timedelta(days=7))
    # Told while the clock stood: not late, as if it had run on at that moment.
    row = rows(standing.and_then(happened(VictimInformed(about=About.RECORDED), "2024-03-14T09:00:00Z")))["recorded"]
    assert row.stopped_at is not None
    assert row.stopped_at < row.due
    # Stopped once more for a newer duty of the kind: the older one goes on standing since the first time.
    row = rows(standing.and_then(happened(DutyPaused(duty=DutyKind.VICTIM_TOLD), "2024-03-08T09:00:00Z")))["recorded"]
    assert row.stopped_at == Moment.of("2024-03-07T09:00:00Z").earliest


def test_all_rows_name_the_owner_of_the_case() -> None:
    found = rows(given(REPORT, RECORDED, OwnerAssigned(owner="staff-9", unit="burglary")))
    assert {(row.owner, row.unit) for row in found.values()} == {("staff-9", "burglary")}


def test_a_corrected_receipt_moves_the_deadline_of_the_same_duty() -> None:
    history = given(REPORT)
    right = reported("2024-03-05T10:00:00Z")
    facts = CorrectedFacts(received_at=right.received_at, record_by=right.record_by, rule_set=right.rule_set)
    [before] = duties.rows_of(history.entries).values()
    corrected = history.and_then(FactCorrected(corrects=history.entries[0].event_id, facts=facts))
    [after] = duties.rows_of(corrected.entries).values()
    assert after.duty_id == before.duty_id
    assert after.due - before.due == timedelta(days=4)


def test_what_a_correction_says_was_never_owed_is_no_row_any_more() -> None:
    history = given(REPORT, RECORDED, InvestigationUpdated(what=KeyEvent.ARREST))
    assert "update" in rows(history)
    other = CorrectedFacts(what=KeyEvent.OTHER)
    corrected = history.and_then(FactCorrected(corrects=history.entries[2].event_id, facts=other))
    assert "update" not in rows(corrected)
    versions = list(duties.versions(corrected.entries))
    assert [version.position for version in versions if version.row is None] == [4]


def test_what_was_over_when_a_file_told_of_it_opens_nothing() -> None:
    history = given(REPORT, RECORDED, SupportReferralMade(), IncidentRegistered())
    row = SourceRow("batch", 1, "content", "key")
    late = Moment.of("2024-06-01T00:00:00Z").earliest
    imported = [entry._replace(source=row, written_at=late) for entry in history.entries]
    assert duties.rows_of(imported) == {}
    early = [entry._replace(source=row, written_at=entry.at.latest) for entry in history.entries]
    assert len(duties.rows_of(early)) == 3
