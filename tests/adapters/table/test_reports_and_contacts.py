"""Tables about misconduct reports and about contacts with the support line, on the machinery of those about cases."""

from typing import Any

import pytest
from tables import Desk, counts, example, table

from adapters.importers.reading import ImportFailed
from adapters.importers.table import sharing
from adapters.importers.table.ids import stream_named
from adapters.importers.table.meaning import EVENTS, EVENTS_OF, leaves
from adapters.importers.table.numbering import Numbers
from adapters.importers.table.telling import FIRST_UNKNOWN
from domain.aggregate import AGGREGATES
from domain.event import Event, RecordedEvent
from domain.misconduct.mailbox import StatusTold
from domain.misconduct.state import Report, replay
from domain.misconduct.subjects import SubjectNoted
from domain.support_contact.cases import CaseAdded
from domain.support_contact.opening import ContactOpened

HEADS = {
    "report": """
source = "register"
coverage = "full"
aggregate = "report"
key = "No"
force = { constant = "police-scotland" }
[time]
formats = ["iso"]
[[event]]
name = "ReportReceived"
at = "Received"
[event.fields]
channel = { constant = "public" }
anonymity = "Known"
received = "Received"
""",
    "contact": """
source = "line"
coverage = "full"
aggregate = "contact"
key = "No"
force = { constant = "kent" }
case_key = "northshire"
[time]
formats = ["iso"]
[[event]]
name = "ContactOpened"
at = "Received"
[event.fields]
ground = { constant = "not_recorded" }
summary = { constant = "He called." }
""",
}
OPENS = ("ReportReceived", "ContactOpened")
REPORTS_AND_CONTACTS = [(of, name) for of in ("report", "contact") for name in EVENTS_OF[of]]


def head(aggregate: str) -> str:
    """The beginning of a mapping, with what a contact opens with as far as it has such fields."""
    text = HEADS[aggregate]
    if aggregate == "contact":
        grounds = example(ContactOpened, "ground")
        text = text.replace('"not_recorded"', f'"{grounds}"')
    return text


def streams(desk: Desk, aggregate: str) -> dict[str, list[RecordedEvent]]:
    found: dict[str, list[RecordedEvent]] = {}
    for entry in desk.system.store.read_category(f"{aggregate}-"):
        found.setdefault(entry.stream, []).append(entry)
    return found


@pytest.mark.parametrize(("aggregate", "name"), REPORTS_AND_CONTACTS)
def test_every_event_of_a_report_or_contact_can_be_mapped_with_all_its_fields(
    desk: Desk, aggregate: str, name: str
) -> None:
    kind = EVENTS[name]
    cells = {path.replace(".N", ".1"): example(kind, path) for path in leaves(kind)}
    fields = ", ".join(f'"{path}" = "c {path}"' for path in cells)
    rule = f'[[event]]\nname = "{name}"\nat = "At"\nfields = {{ {fields} }}\n'
    mapping = (head(aggregate).partition("[[event]]")[0] if name in OPENS else head(aggregate)) + rule
    row = {"No": "1", "Received": "2024-03-01", "Known": "named", "At": "2024-03-03"}
    row |= {f"c {path}": text for path, text in cells.items()}
    if name == "ReportReceived":
        row["c anonymity"] = "named"
    result = desk.take(table(row), mapping=mapping)
    assert counts(result)[:4] == (1, 1, 0, 0), result.reasons
    (entries,) = streams(desk, aggregate).values()
    (entry,) = [each for each in entries if type(each.event) is kind]
    assert str(entry.at) == "2024-03-03"
    told = entry.event.model_dump(mode="json")
    for path in leaves(kind):
        assert told[path.partition(".")[0]] not in (None, [], ()), path
    AGGREGATES[aggregate].replay(entries)  # and it can be read
    reversed_ = dict(reversed(row.items()))
    assert counts(desk.take(table(reversed_, delimiter=", "))) == (1, 0, 1, 0, 0, 0, 0)


@pytest.mark.parametrize("aggregate", ["report", "contact"])
def test_what_no_table_can_say_is_about_other_events_or_tells_who_reported(aggregate: str) -> None:
    left_out = {kind for kind in AGGREGATES[aggregate].events if kind.__name__ not in EVENTS_OF[aggregate]}
    by_id = {kind for kind in left_out if "UUID" in str([kind.model_fields, *_parts(kind)])}
    modules = {kind.__module__.rpartition(".")[2] for kind in left_out - by_id}
    assert modules <= {"identity", "kept_apart"}


def _parts(kind: type[Event]) -> list[Any]:
    return [part.model_fields for field in kind.model_fields.values() for part in _models(field.annotation)]


def _models(annotation: Any) -> list[Any]:
    inner = [model for part in getattr(annotation, "__args__", ()) for model in _models(part)]
    return [annotation, *inner] if hasattr(annotation, "model_fields") else inner


def test_a_contact_finds_the_case_by_the_key_that_it_has_in_its_own_source(desk: Desk) -> None:
    mapping = head("contact") + '[[event]]\nname = "CaseAdded"\nat = "Received"\nfields = { case = "Crime" }\n'
    desk.take(table({"No": "1", "Received": "2024-03-01", "Crime": "NS/1"}), mapping=mapping)
    (entries,) = streams(desk, "contact").values()
    assert CaseAdded(case=stream_named("case", "kent", "northshire", "NS/1")) in [each.event for each in entries]


@pytest.mark.parametrize("named", [True, False])
def test_who_reported_comes_in_only_where_they_said_so(desk: Desk, named: bool) -> None:
    mapping = head("report") + "reporter.value = 'Name'\n"
    row = {"No": "1", "Received": "2024-03-01", "Known": "named" if named else "anonymous", "Name": "Canary Bird"}
    result = desk.take(table(row), mapping=mapping)
    assert counts(result)[:4] == ((1, 1, 0, 0) if named else (1, 0, 0, 1))
    assert len(streams(desk, "report")) == named
    if not named:
        assert result.reasons == {"it would say who reported, and they have not said so themselves": 1}


def test_what_a_reporter_did_is_kept_to_the_day(desk: Desk) -> None:
    rule = (
        '[[event]]\nname = "StatusTold"\nat = "Told"\n'
        '[event.fields]\nstatus = { constant = "received" }\nnext_by = "Next"\n'
    )
    if "received" not in {str(word) for word in StatusTold.model_fields["status"].annotation}:  # type: ignore[union-attr]
        rule = rule.replace('"received"', f'"{example(StatusTold, "status")}"')
    row = {
        "No": "1",
        "Received": "2024-03-01T10:11:12",
        "Known": "anonymous",
        "Told": "2024-03-02T10:11",
        "Next": "2024-04-01",
    }
    desk.take(table(row), mapping=head("report") + rule)
    (entries,) = streams(desk, "report").values()
    assert [str(entry.at) for entry in entries] == ["2024-03-01", "2024-03-02T10:11Z"]
    assert str(replay(entries).intake.received) == "2024-03-01"


SEVERAL = """
source = "findings"
coverage = "full"
aggregate = "report"
key = "Row"
stream = "No"
stream_key = "register"
missing = "withdrawn"
force = { constant = "police-scotland" }
[columns.Found]
values = { sustained = "sustained", not_sustained = "not_sustained", open = "open" }
[numbered.person]
by = "Person"
[numbered.allegation]
by = "Row"
[[event]]
name = "SubjectNoted"
at = { of = "ReportReceived" }
each = "person"
fields = { subject = { number = "person" }, description = "Looks" }
[[event]]
name = "AllegationMade"
at = { of = "ReportReceived" }
each = "allegation"
fields = { allegation = { number = "allegation" }, category = "What", subjects.1 = { number = "person" } }
[[event]]
name = "FindingEvidenced"
at = { of = "ReportReceived" }
when = { column = "Found", is = ["sustained", "not_sustained"] }
fields = { allegation = { number = "allegation" }, subject = { number = "person" }, finding = "Found" }
"""


def rows(*told: str) -> str:
    """Each as `Row No Person What Found Looks`, the last of which may be left out."""
    columns = ("Row", "No", "Person", "What", "Found", "Looks")
    return table(*(dict(zip(columns, [*each.split(), "tall"], strict=False)) for each in told))


@pytest.fixture
def several(desk: Desk) -> Desk:
    """A table of findings; the report itself is stated by a table of its own, as most registers have it."""
    desk.take(table({"No": "A", "Received": "2024-03-01", "Known": "anonymous"}), mapping=HEADS["report"])
    desk.mapping.write_text(SEVERAL)
    return desk


def report(desk: Desk) -> Report:
    (entries,) = streams(desk, "report").values()
    return replay(entries)


def test_several_people_and_allegations_are_numbered_within_the_report(several: Desk) -> None:
    several.take(rows("10 A p2 G open", "9 A p1 G sustained", "11 A p1 H not_sustained"))
    found = report(several)
    # In the order of the keys, whatever that of the rows is: 9, 10, 11.
    assert [(each.number, each.subjects, each.category) for each in found.allegations] == [
        (1, (1,), "G"), (2, (2,), "G"), (3, (1,), "H"),
    ]  # fmt: skip
    assert [(each.allegation, each.subject, str(each.finding)) for each in found.shown] == [
        (1, 1, "sustained"), (3, 1, "not_sustained"),
    ]  # fmt: skip
    events = [entry.event for entry in next(iter(streams(several, "report").values()))]
    assert sum(isinstance(event, SubjectNoted) for event in events) == 2
    assert not any(int(word) >= FIRST_UNKNOWN for event in events for word in str(event).split() if word.isdigit())


def test_numbers_stay_in_later_releases(several: Desk) -> None:
    first = ("10 A p2 G open", "9 A p1 G sustained")
    several.take(rows(*first))
    assert several.take(rows(*reversed(first))).account.events_appended == 0
    # A row that sorts before the others takes the next number, and moves none.
    result = several.take(rows("1 A p0 K sustained", *first))
    assert counts(result) == (3, 1, 2, 0, 0, 0, 3)
    assert [(each.number, each.subjects, each.category) for each in report(several).allegations] == [
        (1, (1,), "G"), (2, (2,), "G"), (3, (3,), "K"),
    ]  # fmt: skip
    # A finding becomes known, one is corrected, a category is corrected: one event each.
    changed = several.take(rows("1 A p0 J sustained", "10 A p2 G sustained", "9 A p1 G not_sustained"))
    assert (changed.account.rows_applied, changed.account.rows_corrected, changed.account.events_appended) == (3, 2, 3)


def test_what_is_gone_is_withdrawn_and_its_number_is_given_to_nothing_else(several: Desk) -> None:
    several.take(rows("1 A p1 G open", "2 A p2 H sustained"))
    gone = several.take(rows("1 A p1 G open"))
    assert gone.account.rows_withdrawn == 1
    assert [each.number for each in report(several).allegations] == [1]
    assert [each.number for each in report(several).subjects] == [1]
    several.take(rows("1 A p1 G open", "3 A p3 K open"))
    assert [each.number for each in report(several).allegations] == [1, 3]
    assert [each.number for each in report(several).subjects] == [1, 3]
    several.take(rows("1 A p1 G open", "2 A p2 H sustained", "3 A p3 K open"))
    assert sorted((each.number, each.subjects) for each in report(several).allegations) == [
        (1, (1,)),
        (2, (2,)),
        (3, (3,)),
    ]


def test_another_person_on_a_row_is_another_number(several: Desk) -> None:
    several.take(rows("1 A p1 G sustained", "2 A p1 H sustained"))
    several.take(rows("1 A p1 G sustained", "2 A p9 H sustained"))
    assert [each.subjects for each in sorted(report(several).allegations, key=lambda each: each.number)] == [(1,), (2,)]
    assert {(each.allegation, each.subject) for each in report(several).shown} == {(1, 1), (2, 2)}


def test_rows_that_say_different_things_of_one_person_are_set_aside(several: Desk) -> None:
    result = several.take(rows("1 A p1 G open tall", "2 A p1 H open short", "3 A p2 H open tall"))
    assert counts(result)[:4] == (3, 1, 0, 2)
    assert result.reasons == {"several rows of this file speak of one person, and they differ": 2}


def test_several_rows_of_one_key_must_agree_there_too(several: Desk) -> None:
    result = several.take(rows("1 A p1 G open", "1 A p1 G open", "2 A p1 G open", "2 A p1 H open"))
    assert counts(result)[:4] == (4, 1, 1, 2)


def test_an_interrupted_import_of_reports_goes_on(several: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    content = rows("1 A p1 G sustained", "2 A p2 H sustained")
    path = several.file(content)
    monkeypatch.setattr(sharing, "Done", _fails)
    with pytest.raises(ZeroDivisionError):
        several.take(path)
    monkeypatch.undo()
    result = several.take(path)
    assert result.resumed
    assert counts(result) == (2, 2, 0, 0, 0, 0, 6)
    assert len(report(several).allegations) == 2


def _fails(*_: object, **__: object) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            'aggregate = "report"',
            'aggregate = "inspector"',
            "there is no aggregate “inspector”; the streams can be case,",
        ),
        ('aggregate = "report"\n', "", "write `case` in place of `stream`"),
        ('stream = "No"', 'case = "No"', "the streams of this mapping are reports; write `stream`"),
        ('each = "person"', 'each = "people"', "“people” is not numbered in this mapping"),
        ('each = "person"\n', "", "no event gives the numbers"),
        ('{ number = "person" }, finding', '{ number = "people" }, finding', "“people” is not numbered"),
        ('category = "What"', 'category = { number = "person" }', "“category” holds no number"),
        ('{ of = "ReportReceived" }', '{ of = "CrimeReported" }', "a report has no event “CrimeReported”"),
        ('by = "Person"', 'by = "Someone"', "has no column “Someone”"),
        ('"police-scotland"', '"atlantis"', "there is no force “atlantis”"),
    ],
)
def test_a_mapping_of_reports_that_cannot_be_meant_is_refused(several: Desk, old: str, new: str, says: str) -> None:
    assert old in SEVERAL
    with pytest.raises(ImportFailed, match=says):
        several.take(rows("1 A p1 G open"), mapping=SEVERAL.replace(old, new, 1))


def test_numbers_that_are_not_looked_up_in_the_log_are_noticed(several: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: numbered by the order of rows, a new row takes the number of another one."""
    first = ("10 A p2 G open", "9 A p1 G sustained")
    several.take(rows(*first))
    monkeypatch.setattr(Numbers, "_met", lambda *_: None)
    result = several.take(rows("1 A p0 K sustained", *first))
    assert result.account.rows_corrected > 0
    assert sorted(each.number for each in report(several).allegations) == [1, 2, 3]
    assert {each.category for each in report(several).allegations if each.number == 1} == {"K"}
