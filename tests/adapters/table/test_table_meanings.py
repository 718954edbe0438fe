"""What else a mapping can say: conditions, labels, text that is sealed, forces by name, keys of several columns."""

from tables import MAPPING, Desk, counts

from domain.case.outcome import OutcomeAssigned
from domain.case.recording import CrimeRecorded, RecordingDeclined, RecordingStatus
from domain.case.testimony import SourceRowWithdrawn

DECISIONS = """
source = "decisions"
coverage = "full"
key = ["Year", "No"]
force = "Force"

[time]
formats = ["iso"]

[[event]]
name = "CrimeReported"
at = "Received"
fields = { route = { constant = "online" }, reporter_role = { constant = "victim" } }

[[event]]
name = "CrimeRecorded"
at = "Decided"
when = { column = "Decision", is = ["Recorded"] }
fields = { offence = "Offence" }

[[event]]
name = "RecordingDeclined"
at = "Decided"
when = { column = "Decision", is = "Declined" }
fields = { reason = { constant = "balance_not_met" }, rationale = "Why" }
"""
HEADER = "Year,No,Force,Received,Decided,Decision,Offence,Why\n"
DECLINED = "2024,7,Kent Police,2024-03-01,2024-03-02,declined,,No  evidence\n"


def test_an_event_takes_place_only_when_its_condition_holds(desk: Desk) -> None:
    other = "2024,8,kent,2024-03-01,2024-03-02,Recorded,8N,\n"
    open_ = "2024,9,Kent Police,2024-03-01,,,,\n"
    result = desk.take(HEADER + DECLINED + other + open_, mapping=DECISIONS)
    assert counts(result) == (3, 3, 0, 0, 0, 0, 5)
    kinds = [[type(entry.event).__name__ for entry in entries] for entries in desk.history().values()]
    assert kinds == [["CrimeReported", "RecordingDeclined"], ["CrimeReported", "CrimeRecorded"], ["CrimeReported"]]
    assert {entry.force for entries in desk.history().values() for entry in entries} == {"kent"}
    undated = desk.take(HEADER + "2024,10,kent,2024-03-01,,Recorded,8N,\n")
    assert undated.reasons == {"“Decided” is blank": 1}
    elsewhere = desk.take(HEADER + "2024,11,Atlantis Police,2024-03-01,,,,\n")
    assert elsewhere.reasons == {"“Force” is not a force that is known here": 1}


def test_sealed_text_is_compared_by_what_it_says_and_stated_again_where_it_changed(desk: Desk) -> None:
    desk.take(HEADER + DECLINED, mapping=DECISIONS)
    assert "No evidence" not in str(desk.only()[1].event)
    (declined,) = desk.system.store.reveal(desk.only()[1:])
    assert isinstance(declined.event, RecordingDeclined)
    assert declined.event.rationale == "No evidence"
    assert counts(desk.take(HEADER + DECLINED.replace("No  evidence", '" No evidence "'))) == (1, 0, 1, 0, 0, 0, 0)
    changed = desk.take(HEADER + DECLINED.replace("No  evidence", "Nothing seen"))
    assert counts(changed) == (1, 1, 0, 0, 1, 0, 2)
    assert isinstance(desk.only()[2].event, SourceRowWithdrawn)
    assert desk.case().recording.status is RecordingStatus.NOT_RECORDED


def test_text_that_was_erased_stays_erased(desk: Desk) -> None:
    desk.take(HEADER + DECLINED, mapping=DECISIONS)
    stream = desk.only()[0].stream
    with desk.system.connect("admin") as admin:
        admin.execute("UPDATE candour.keys SET wrapped = NULL, destroyed_at = now() WHERE key_id = %s", (stream,))
    result = desk.take(HEADER + DECLINED + "\n")
    assert counts(result) == (1, 0, 1, 0, 0, 0, 0)
    recorded = "2024,7,Kent Police,2024-03-01,2024-03-05,Recorded,8N,\n"
    assert counts(desk.take(HEADER + recorded)) == (1, 1, 0, 0, 1, 0, 2)
    assert desk.case().recording.status is RecordingStatus.RECORDED
    again = desk.take(HEADER + DECLINED.replace("No  evidence", "Something new"))
    assert counts(again) == (1, 1, 0, 0, 1, 0, 2)
    assert getattr(desk.only()[-1].event, "rationale", "") is None


def test_keys_of_several_columns_do_not_run_together(desk: Desk) -> None:
    rows = "2024|1,1,kent,2024-03-01,,,,\n2024,1|1,kent,2024-03-01,,,,\n"
    assert counts(desk.take(HEADER + rows, mapping=DECISIONS)) == (2, 2, 0, 0, 0, 0, 2)
    assert len(desk.history()) == 2


def test_one_event_twice_in_a_row_by_labels(desk: Desk) -> None:
    fields = "{ outcome = { constant = 14 } }"
    two = MAPPING.replace('at = "Closed"', 'at = "Closed"\nlabel = "final"') + (
        f'\n[[event]]\nname = "OutcomeAssigned"\nlabel = "first"\nat = "Logged"\nfields = {fields}\n'
    )
    two = two.replace('name = "IncidentRegistered"\nat = "Logged"', 'name = "IncidentRegistered"\nat = "Log No"')
    header = "Crime No,Received,How,Offence,Logged,Log No,Recorded,Closed,Outcome\n"
    line = "1,01/03/2024,Web,8N,03/03/2024,,02/03/2024,05/03/2024,Charged\n"
    desk.take(header + line, mapping=two)
    outcomes = [entry for entry in desk.only() if isinstance(entry.event, OutcomeAssigned)]
    assert [entry.event.outcome for entry in outcomes] == [14, 1]  # type: ignore[attr-defined]
    assert len({entry.source.key for entry in outcomes if entry.source}) == 2
    assert counts(desk.take(header + line.replace("03/03", "3/3"))) == (1, 0, 1, 0, 0, 0, 0)
    assert counts(desk.take(header + line.replace("03/03", "04/03"))) == (1, 1, 0, 0, 1, 0, 1)


def test_a_source_of_recorded_crimes_breaks_no_rule_by_saying_nothing_of_the_report(desk: Desk) -> None:
    recorded = """
source = "register"
coverage = "recorded_only"
key = "Ref"
force = { constant = "kent" }
[[event]]
name = "CrimeRecorded"
at = "Recorded"
fields = { offence = "Offence" }
[[event]]
name = "OutcomeAssigned"
at = "Closed"
fields = { outcome = "Outcome" }
"""
    desk.take(
        "Ref,Recorded,Offence,Closed,Outcome\n1,2024-03-01,8N,2024-04-01,1\n2,2024-03-01,999Z,,\n", mapping=recorded
    )
    first, second = desk.history().values()
    assert [entry.broken for entry in first] == [(), ()]
    assert [entry.broken for entry in second] == [("offence_is_listed",)]
    assert isinstance(first[0].event, CrimeRecorded)
