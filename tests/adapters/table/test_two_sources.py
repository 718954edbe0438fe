"""Who states a fact when its source takes it back, and what becomes of corrections by people."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from tables import MAPPING, Desk, counts, csv_text, row

from application.ports import Append, new_events
from domain.case.attestation import FactAttested
from domain.case.correction import CorrectedFacts, CorrectFact, FactCorrected
from domain.case.recording import CrimeRecorded, CrimeReported, RecordingStatus
from domain.case.state import replay
from domain.case.testimony import SourceRowWithdrawn
from domain.event import Act, Event, Purpose, Role, enforce
from domain.rules import rule_book
from domain.values import Moment, instant

SECOND = MAPPING.replace('source = "northshire"', 'source = "regulator"\ncase_key = "northshire"')
WHOLE = MAPPING.replace('key = "Crime No"', 'key = "Crime No"\nmissing = "withdrawn"')
LATER = row(Recorded="04/03/2024 08:00")


def test_the_attestation_becomes_the_fact_in_the_same_import(desk: Desk) -> None:
    desk.take(csv_text([row(), row(2)]), mapping=WHOLE)
    desk.take(csv_text([LATER]), mapping=SECOND)
    result = desk.take(csv_text([row(2)]), mapping=WHOLE)
    assert counts(result) == (1, 0, 1, 0, 0, 1, 3)
    (entries,) = [found for found in desk.history().values() if len(found) > 2]
    withdrawn = entries[4].event
    assert isinstance(withdrawn, SourceRowWithdrawn)
    assert set(withdrawn.withdraws) == {entry.event_id for entry in entries[:4]}
    assert [type(entry.event) for entry in entries[5:]] == [CrimeReported, CrimeRecorded]
    assert {entry.source.key for entry in entries[5:] if entry.source} == {"table:regulator/NS/1"}
    case = replay(entries)
    assert case.recording.status is RecordingStatus.RECORDED
    assert str(case.recording.recorded_at) == "2024-03-04T08:00Z"
    assert str(case.recording.record_by) == "2024-03-02T09:14:59.999999Z"
    # From then on it is the second source's to correct, and the first one's to attest.
    assert counts(desk.take(csv_text([LATER], end="\n"), mapping=SECOND)) == (1, 0, 1, 0, 0, 0, 0)
    moved = csv_text([row(Recorded="05/03/2024 08:00")])
    assert counts(desk.take(moved, mapping=SECOND)) == (1, 1, 0, 0, 1, 0, 1)
    back = desk.take(csv_text([row(), row(2)], end="\n"), mapping=WHOLE)
    assert counts(back) == (2, 1, 1, 0, 0, 0, 2)
    assert [each.field for each in back.disagreements] == ["at"]


def test_one_fact_that_is_taken_back_is_followed_by_the_attestation_of_that_one(desk: Desk) -> None:
    desk.take(csv_text([row()]))
    desk.take(csv_text([LATER]), mapping=SECOND)
    result = desk.take(csv_text([row(Recorded="")]), mapping=MAPPING)
    assert counts(result) == (1, 1, 0, 0, 1, 0, 2)
    recording = desk.case().recording
    assert (recording.status, str(recording.recorded_at)) == (RecordingStatus.RECORDED, "2024-03-04T08:00Z")
    assert counts(desk.take(csv_text([LATER], end="\n"), mapping=SECOND)) == (1, 0, 1, 0, 0, 0, 0)


def test_what_nobody_attested_is_gone(desk: Desk) -> None:
    desk.take(csv_text([row()]))
    desk.take(csv_text([row(Recorded="")]), mapping=SECOND)
    desk.take(csv_text([row(Recorded="")], end="\n"), mapping=MAPPING)
    assert desk.case().recording.status is RecordingStatus.REPORTED


def correct(desk: Desk, kind: type[Event], **facts: Any) -> None:
    """A person corrects the fact of that kind."""
    entries = desk.only()
    target = next(entry.event_id for entry in entries if type(entry.event) is kind)
    command = CorrectFact(corrects=target, facts=CorrectedFacts(**facts), because="seen in the log")
    at = datetime(2024, 5, 1, tzinfo=UTC)
    act = Act("supervisor-1", Role.SUPERVISOR, "kent", Purpose.CORRECTION, at, rule_book())
    events = new_events(enforce(command, replay(entries), act), act, uuid4, at=instant(at))
    desk.system.store.append(Append(entries[0].stream, len(entries), "kent", events))


CORRECTED = Moment.of("2024-03-02T07:30Z")


@pytest.fixture
def corrected(desk: Desk) -> Desk:
    """A record whose time a person has corrected."""
    desk.take(csv_text([row()]))
    correct(desk, CrimeRecorded, at=CORRECTED)
    return desk


def test_a_change_of_the_source_does_not_override_a_person(corrected: Desk) -> None:
    result = corrected.take(csv_text([row(Recorded="03/03/2024 08:00")]))
    assert counts(result)[1:] == (1, 0, 0, 0, 0, 1)
    assert isinstance(corrected.only()[-1].event, FactAttested)
    assert corrected.case().recording.recorded_at == CORRECTED
    (differs,) = result.disagreements
    assert differs[1:7] == (
        "CrimeRecorded", "at", "northshire", "2024-03-03T08:00Z", "entered by hand", "2024-03-02T07:30Z",
    )  # fmt: skip
    again = corrected.take(csv_text([row(Recorded="03/03/2024 08:00")], end="\n"))
    assert counts(again) == (1, 0, 1, 0, 0, 0, 0)
    assert again.disagreements == result.disagreements
    # The control: what nobody has corrected follows the source.
    assert counts(corrected.take(csv_text([row(Recorded="03/03/2024 08:00", Offence="28E")])))[-1] == 2
    assert corrected.case().recording.offence == "28E"
    assert corrected.case().recording.recorded_at == CORRECTED


def test_the_same_release_again_leaves_a_correction_alone(corrected: Desk) -> None:
    result = corrected.take(csv_text([row()], end="\n"))
    assert counts(result) == (1, 0, 1, 0, 0, 0, 0)
    assert corrected.case().recording.recorded_at == CORRECTED
    assert [each.other for each in result.disagreements] == ["entered by hand"]


def test_a_source_that_catches_up_disagrees_no_more(corrected: Desk) -> None:
    result = corrected.take(csv_text([row(Recorded="02/03/2024 07:30")]))
    assert result.disagreements == ()
    assert corrected.case().recording.recorded_at == CORRECTED
    assert counts(corrected.take(csv_text([row(Recorded="02/03/2024 07:30")], end="\n")))[-1] == 0


def test_a_corrected_receipt_keeps_its_clock(desk: Desk) -> None:
    desk.take(csv_text([row()]))
    correct(desk, CrimeReported, received_at=Moment.of("2024-03-01T08:00Z"))
    clock = desk.case().recording.record_by
    desk.take(csv_text([row(Received="01/03/2024 09:10")]))
    recording = desk.case().recording
    assert (str(recording.received_at), recording.record_by) == ("2024-03-01T08:00Z", clock)
    assert not any(
        isinstance(entry.event, FactCorrected) and "record_by" in entry.event.facts.model_fields_set
        for entry in desk.only()[3:]
    )


def test_a_source_that_takes_back_what_a_person_corrected_says_so(corrected: Desk) -> None:
    result = corrected.take(csv_text([row(Recorded="")]))
    (differs,) = result.disagreements
    assert (differs.says, differs.other) == ("withdrawn", "entered by hand")
