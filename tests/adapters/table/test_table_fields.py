"""Every event of a case can be mapped, with the fields of its fields; what a mapping cannot mean is said."""

import re
from datetime import timedelta

import pytest
from tables import MAPPING, Desk, counts, example, table

from adapters.eventstore.sealing import sealed_fields
from adapters.importers.reading import ImportFailed
from adapters.importers.table.judging import command_for
from adapters.importers.table.meaning import EVENTS, EVENTS_OF, leaves, required_of
from adapters.importers.table.telling import Clock
from domain.case.cancellation import CancellationRequested
from domain.case.linking import CaseLinked
from domain.case.recording import CrimeReported, RecordingStatus, deadline
from domain.case.reference import ReferenceAdded
from domain.case.state import CaseEvent, replay
from domain.case.testimony import CrimeRecordEvidenced
from domain.case.victim import NoReferral, SupportReferralDeclined
from domain.event import Event
from domain.rules import rule_book
from domain.values import ExternalReference, Moment, PersonalData, Place

HEAD = """
source = "register"
coverage = "full"
key = "No"
force = { constant = "kent" }
[time]
formats = ["iso"]
[[event]]
name = "CrimeReported"
at = "Received"
fields = { route = { constant = "online" }, reporter_role = { constant = "victim" } }
"""


def example_of(kind: type[Event]) -> tuple[str, dict[str, str]]:
    """A mapping that fills every field of the event out of columns of its own, and a row."""
    cells = {path.replace(".N", ".1"): example(kind, path) for path in leaves(kind)}
    fields = ", ".join(f'"{path}" = "c {path}"' for path in cells)
    rule = f'[[event]]\nname = "{kind.__name__}"\nat = "At"\nfields = {{ {fields} }}\n'
    head = HEAD.partition("[[event]]")[0] if kind is CrimeReported else HEAD
    row = {"No": "1", "Received": "2024-03-01", "At": "2024-03-03"}
    return head + rule, row | {f"c {path}": text for path, text in cells.items()}


@pytest.mark.parametrize("name", EVENTS_OF["case"])
def test_every_event_of_a_case_can_be_mapped_with_all_its_fields(desk: Desk, name: str) -> None:
    kind = EVENTS[name]
    mapping, row = example_of(kind)
    result = desk.take(table(row), mapping=mapping)
    assert counts(result)[:4] == (1, 1, 0, 0), result.reasons
    (entry,) = [entry for entry in desk.only() if type(entry.event) is kind and str(entry.at) == "2024-03-03"]
    (opened,) = desk.system.store.reveal([entry])
    told = opened.event.model_dump(mode="json")
    for path in leaves(kind):
        field = path.partition(".")[0]
        assert told[field] not in (None, [], ()), path
    texts = {told[name] for name, personal in sealed_fields(kind) if not personal}
    assert texts <= set(row.values())
    # Another layout says the same, and nothing is said twice.
    reversed_ = dict(reversed(row.items()))
    assert counts(desk.take(table(reversed_, delimiter=", "))) == (1, 0, 1, 0, 0, 0, 0)


def test_no_event_that_a_case_can_have_is_left_out() -> None:
    """What a mapping cannot state says something about other events, by their ids."""
    left_out = {kind for kind in CaseEvent.__args__ if kind.__name__ not in EVENTS}
    for kind in left_out:
        needed = {str(field.annotation) for field in kind.model_fields.values() if field.is_required()}
        assert any("UUID" in type_ for type_ in needed), kind
    assert len(EVENTS) > 10


def test_what_the_live_door_can_state_is_judged_as_if_it_had_come_there() -> None:
    assert {kind for kind in EVENTS_OF["case"].values() if command_for(kind) is None} == {CrimeRecordEvidenced}
    assert {command_for(kind).__name__ for kind in EVENTS.values() if kind is CancellationRequested} == {  # type: ignore[union-attr]
        "RequestCancellation"
    }


def test_a_wrongful_cancellation_is_kept_with_the_rules_that_it_breaks(desk: Desk) -> None:
    mapping = (
        HEAD
        + '[[event]]\nname = "CancellationRequested"\nat = "Asked"\nfields = { code = "Code", error = "Why" }\n'
        + '[[event]]\nname = "CancellationApproved"\nat = "Approved"\n'
        + '[[event]]\nname = "CrimeRecorded"\nat = "Recorded"\nfields = { offence = { constant = "8N" } }\n'
    )
    plain = {"Received": "2024-03-01", "Recorded": "2024-03-02", "Asked": "2024-03-05", "Approved": "2024-03-05"}
    result = desk.take(
        table(
            {"No": "1", "Code": "C4", "Why": "entered twice", **plain}, {"No": "2", "Code": "C4", "Why": "", **plain}
        ),
        mapping=mapping,
    )
    assert counts(result) == (2, 2, 0, 0, 0, 0, 8)
    for entries in desk.history().values():
        assert [type(entry.event).__name__ for entry in entries][1:] == [
            "CrimeRecorded",
            "CancellationRequested",
            "CancellationApproved",
        ]
        assert replay(entries).recording.status is RecordingStatus.CANCELLED
    broken = sorted({rule for entry in entries for rule in entry.broken} for entries in desk.history().values())
    assert {"c4_needs_the_error"} in broken
    assert set() in broken


PLACED = (
    HEAD
    + """
[[event]]
name = "CrimeRecordEvidenced"
at = "Received"
fields = { recorded = "Received", place.longitude = "East", place.latitude = "North", "place.location" = "Street" }
[[event]]
name = "ReferenceAdded"
at = "Received"
when = { column = "Log", is = ["9"] }
fields = { external.system = { constant = "command log" }, external.reference = "Log" }
"""
)


def test_a_field_of_a_field_is_named_by_its_path(desk: Desk) -> None:
    row = {
        "No": "1",
        "Received": "2024-03-01",
        "East": "0.5",
        "North": "51.2",
        "Street": "High Street",
        "Log": "9",
    }
    desk.take(table(row), mapping=PLACED)
    events = [entry.event for entry in desk.only()]
    evidenced = next(event for event in events if isinstance(event, CrimeRecordEvidenced))
    assert evidenced.place == Place(longitude="0.5", latitude="51.2", location="High Street")
    added = next(event for event in events if isinstance(event, ReferenceAdded))
    assert added.external == ExternalReference(system="command log", reference="9")
    assert counts(desk.take(table(row | {"East": "0.6"}))) == (1, 1, 0, 0, 1, 0, 1)
    bare = {"No": "2", "Received": "2024-03-01", "East": "", "North": "", "Street": "", "Log": ""}
    desk.take(table(bare))
    (other,) = [entries for entries in desk.history().values() if len(entries) == 2]
    assert isinstance(other[1].event, CrimeRecordEvidenced)
    assert other[1].event.place is None


PEOPLE = HEAD.replace(
    "fields = {",
    'fields = { reporter.value = "Name", "reporter.person" = "Person", external.1.system = { constant = "helpline" }, '
    'external.1.reference = "Call", external.2.system = { constant = "999" }, external.2.reference = "Log", ',
)


def person(number: int, **cells: str) -> dict[str, str]:
    return {"No": str(number), "Received": "2024-03-01", "Name": "", "Person": "", "Call": "", "Log": ""} | cells


def reports(desk: Desk) -> list[CrimeReported]:
    entries = [entry for entries in desk.history().values() for entry in entries]
    return [entry.event for entry in desk.system.store.reveal(entries) if isinstance(entry.event, CrimeReported)]


def test_a_person_is_known_by_an_id_that_derives_from_the_key_of_the_source(desk: Desk) -> None:
    rows = [
        person(1, Name="Test Person A", Person="P7"),
        person(2, Name="Test Person A", Person="P7"),
        person(3, Name="Test Person B"),
        person(4, Name="Test Person C"),
        person(5),
    ]
    desk.take(table(*rows), mapping=PEOPLE)
    found = [event.reporter for event in reports(desk)]
    named = [each for each in found if isinstance(each, PersonalData)]
    assert sorted(each.value for each in named) == [f"Test Person {name}" for name in "AABC"]
    assert len({each.subject for each in named if each.value == "Test Person A"}) == 1
    assert len({each.subject for each in named}) == 3
    assert all(re.fullmatch(r"person-[0-9a-f]{32}", each.subject) for each in named)
    with desk.system.connect("admin") as admin:
        stored = admin.execute("SELECT string_agg(state::text, '') FROM candour.events").fetchone()
    assert stored is not None
    assert "Test Person" not in str(stored[0])
    assert "helpline" not in str(stored[0])
    assert counts(desk.take(table(*rows, delimiter=", "))) == (5, 0, 5, 0, 0, 0, 0)


def test_a_person_who_was_erased_is_not_named_again(desk: Desk) -> None:
    desk.take(table(person(1, Name="Test Person A", Person="P7")), mapping=PEOPLE)
    (told,) = reports(desk)
    assert told.reporter is not None
    with desk.system.connect("admin") as admin:
        erase = "UPDATE candour.keys SET wrapped = NULL, destroyed_at = now() WHERE key_id = %s"
        admin.execute(erase, (told.reporter.subject,))
    rows = [person(n, Name=f"Test Person {name}", Person=f"P{key}") for n, name, key in ((1, "A", 7), (2, "A", 7))]
    rows += [person(3, Name="Test Person B", Person="P8"), person(4)]
    assert counts(desk.take(table(*rows))) == (4, 3, 1, 0, 0, 0, 3)
    named = sorted(str(event.reporter.value) for event in reports(desk) if event.reporter is not None)
    assert named == ["Test Person B", "[erased]"]
    assert counts(desk.take(table(*rows, delimiter=", "))) == (4, 0, 4, 0, 0, 0, 0)


def test_an_item_of_a_list_is_there_if_one_of_its_cells_is(desk: Desk) -> None:
    desk.take(table(person(1, Call="H1", Log="L1"), person(2, Log="L2"), person(3)), mapping=PEOPLE)
    found = sorted(tuple(str(each.reference) for each in event.external) for event in reports(desk))
    assert found == [(), ("H1", "L1"), ("L2",)]


def test_the_digest_of_a_row_does_not_give_away_what_is_sealed(desk: Desk) -> None:
    desk.take(table(person(1, Name="Test Person A")), mapping=PEOPLE)
    one = desk.only()[0].source
    other = Desk(desk.folder, desk.system)
    other.take(table(person(2, Name="Test Person B")), mapping=PEOPLE)
    two = next(entries[0].source for entries in desk.history().values() if entries[0].source != one)
    assert one is not None
    assert two is not None
    assert one.content == two.content
    # The control: what is plain does change it.
    other.take(table(person(3, Call="H1")), mapping=PEOPLE)
    assert len({entries[0].source.content for entries in desk.history().values() if entries[0].source}) == 2


def test_rows_of_one_key_that_differ_in_sealed_text_differ(desk: Desk) -> None:
    result = desk.take(table(person(1, Name="Test Person A"), person(1, Name="Test Person B")), mapping=PEOPLE)
    assert counts(result)[:4] == (2, 0, 0, 2)


def test_a_case_can_be_named_by_the_key_of_its_row(desk: Desk) -> None:
    link = '[[event]]\nname = "CaseLinked"\nat = "Linked"\nfields = { under = "Main", kind = { constant = "KIND" } }\n'
    kind = example(CaseLinked, "kind")
    rows = [
        {"No": "1", "Received": "2024-03-01", "Linked": "", "Main": ""},
        {"No": "2", "Received": "2024-03-01", "Linked": "2024-03-02", "Main": "1"},
    ]
    desk.take(table(*rows), mapping=HEAD + link.replace("KIND", kind))
    first, second = sorted(desk.history().values(), key=len)
    event = second[1].event
    assert isinstance(event, CaseLinked)
    assert event.under == first[0].stream


LOG = """
source = "contact-log"
coverage = "recorded_only"
key = "Entry"
case = "Crime No"
case_key = "northshire"
force = { constant = "kent" }
[time]
formats = ["iso"]
[[event]]
name = "VictimInformed"
at = "When"
fields = { about = { constant = "update" }, channel = { constant = "telephone" } }
"""


def entry_of(number: int, case: int, when: str) -> dict[str, str]:
    return {"Entry": str(number), "Crime No": f"NS/{case}", "When": when}


def test_rows_with_keys_of_their_own_speak_of_one_case(desk: Desk) -> None:
    desk.take(
        "Crime No,Received,How,Offence,Logged,Log No,Recorded,Closed,Outcome\n"
        "NS/1,01/03/2024 09:14,Phone,8N,,,02/03/2024 08:00,,\n",
        mapping=MAPPING,
    )
    rows = [entry_of(1, 1, "2024-03-05"), entry_of(2, 1, "2024-03-09"), entry_of(3, 1, "2024-03-09")]
    assert counts(desk.take(table(*rows), mapping=LOG)) == (3, 3, 0, 0, 0, 0, 3)
    assert [entry.version for entry in desk.only()] == [1, 2, 3, 4, 5]
    assert desk.names()[2:] == ["VictimInformed"] * 3
    assert counts(desk.take(table(*rows, delimiter=", "))) == (3, 0, 3, 0, 0, 0, 0)
    later = [rows[0], entry_of(2, 1, "2024-03-10"), rows[2], entry_of(4, 1, "2024-03-11")]
    assert counts(desk.take(table(*later))) == (4, 2, 2, 0, 1, 0, 2)
    gone = desk.take(table(*later[1:]), mapping=LOG.replace("case =", 'missing = "withdrawn"\ncase ='))
    assert counts(gone) == (3, 0, 3, 0, 0, 1, 1)
    assert sum(name == "SourceRowWithdrawn" for name in desk.names()) == 1


def test_a_value_that_a_correction_means_otherwise_is_withdrawn_and_stated_again(desk: Desk) -> None:
    """`reason` of a correction may be of another kind than that of the event it is about."""
    mapping, row = example_of(SupportReferralDeclined)
    desk.take(table(row), mapping=mapping)
    words = [reason.value for reason in NoReferral]
    result = desk.take(table(row | {"c reason": words[1]}))
    assert counts(result)[1] == 1
    entries = desk.only()
    last = [entry.event for entry in entries if isinstance(entry.event, SupportReferralDeclined)]
    stated = {str(event.reason.value) for event in last}
    corrected = [getattr(getattr(entry.event, "facts", None), "reason", None) for entry in entries]
    assert words[1] in stated | {str(each) for each in corrected if each is not None}


WRONG = {
    '"place.latitud" = "North"': "did you mean place.latitude",
    'place.latitud = "North"': "did you mean place.latitude",
    'rule_set = "No"': "CrimeRecordEvidenced has no field “rule_set”",
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_path_that_cannot_be_meant_is_refused_with_its_place(desk: Desk, wrong: str) -> None:
    text = PLACED.replace('"place.location" = "Street"', wrong)
    with pytest.raises(ImportFailed, match=re.escape(WRONG[wrong])) as refused:
        desk.take(table({"No": "1", "Received": "", "East": "", "North": "", "Log": ""}), mapping=text)
    place = re.search(r"line (\d+), column (\d+)", str(refused.value))
    assert place is not None
    assert text.splitlines()[int(place[1]) - 1][int(place[2]) - 1 :].startswith(wrong.partition(" ")[0])


def test_a_field_with_parts_is_named_by_them(desk: Desk) -> None:
    text = HEAD.replace("fields = {", 'fields = { reporter = "No", ')
    with pytest.raises(ImportFailed, match=r"did you mean reporter\.value or reporter\.person"):
        desk.take(table({"No": "1", "Received": ""}), mapping=text)


def test_what_says_nothing_alone_is_refused(desk: Desk) -> None:
    text = HEAD.replace("fields = {", 'fields = { external.1.system = "No", ')
    with pytest.raises(ImportFailed, match=r"“external\.1\.system” says nothing without “external\.1\.reference”"):
        desk.take(table({"No": "1", "Received": ""}), mapping=text)


def test_an_event_that_is_only_a_time_has_no_field(desk: Desk) -> None:
    name = next(name for name, kind in EVENTS.items() if not leaves(kind))
    text = HEAD + f'[[event]]\nname = "{name}"\nat = "Received"\nfields = {{ note = "No" }}\n'
    with pytest.raises(ImportFailed, match="it has none, only its time"):
        desk.take(table({"No": "1", "Received": ""}), mapping=text)


def test_a_required_field_is_required_in_all_its_parts() -> None:
    assert required_of(ReferenceAdded) == ("external.system", "external.reference")


def test_the_clock_of_a_day_is_that_of_the_rule_book() -> None:
    clock, book = Clock(), rule_book()
    start = Moment.of("2015-03-30T00:00:00.000000Z").earliest
    for hour in range(24 * 5):
        received = Moment(start + timedelta(hours=hour))
        rules = book.recording_rules(received)
        assert clock.started(received) == (rules.id, deadline(received, rules.limit))
