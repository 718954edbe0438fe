"""A mapping that cannot be meant is refused with one message that names line and column, and nothing is written."""

import os
import re
from pathlib import Path

import pytest
from tables import MAPPING, Desk, csv_text, row

from adapters.importers.reading import ImportFailed
from adapters.importers.table import spooling
from adapters.importers.table.mapping_file import MappingFile
from adapters.importers.table.places import Places

WRONG: dict[str, tuple[str, str, str]] = {
    "an unknown event": (
        'name = "CrimeRecorded"',
        'name = "CrimeRecordd"',
        "no event “CrimeRecordd”; did you mean CrimeRecorded",
    ),
    "a column that is not there": (
        'at = "Recorded"',
        'at = "Recorder"',
        "has no column “Recorder”; did you mean “Recorded”",
    ),
    "an impossible time zone": ("Europe/London", "Europe/Londn", "there is no time zone “Europe/Londn”"),
    "a zone that is a path": ("Europe/London", "../../etc/passwd", "there is no time zone"),
    "two rules for one column": (
        '[columns."Outcome"]',
        '[columns."how "]\nblank = "error"\n[columns."Outcome"]',
        "two rules for one column: “How” and “how ”",
    ),
    "a table stated twice": ('[columns."Outcome"]', '[columns."How"]', "stated twice"),
    "a key stated twice": ('fold = "earlier"', 'fold = "earlier"\nfold = "later"', "stated twice"),
    "an event stated twice": (
        'name = "IncidentRegistered"',
        'name = "CrimeRecorded"\nfields = { offence = "Offence" }\n#',
        "stated twice|two rules for CrimeRecorded",
    ),
    "a field that the event has not": ("incident =", "accident =", "IncidentRegistered has no field “accident”"),
    "a field that is derived": ("alleged =", "record_by =", "CrimeReported has no field “record_by”"),
    "a field that is lacking": ('offence = "Offence", crime', "crime", "CrimeRecorded needs “offence”"),
    "a value that the field cannot have": ('"control_room"', '"telephone"', "“telephone”: route can be"),
    "a number that the field cannot have": ("Charged = 1,", "Charged = 23,", "“23”"),
    "a constant that the field cannot have": ('"victim"', '"bystander"', "“bystander”: reporter_role can be"),
    "an unknown force": ('"kent"', '"narnia"', "there is no force “narnia”"),
    "an unknown word": ('fold = "earlier"', 'fold = "sometimes"', "“fold” must be one of"),
    "an unknown key": ("fold =", "folt =", "“folt” is not something that a mapping can say here"),
    "a key that is needed, misspelt": ('key = "Crime No"', 'kye = "Crime No"', "“kye” is not something"),
    "a field that is needed, misspelt": ('{ route = "How"', '{ rout = "How"', "has no field “rout”.*route"),
    "a text that does not end": (
        'fields = { outcome = "Outcome" }',
        'fields = { outcome = "Outcome',
        "Illegal|nterminated",
    ),
    "a list that does not end": ('fields = { outcome = "Outcome" }', "fields = [", "line [34][0-9], column 1[0-9]"),
    "a key that is lacking": ('source = "northshire"\n', "", "“source” is missing"),
    "a source with a strange name": ('"northshire"', '"North Shire"', "“source” must match"),
    "a format without a year": (
        '"%d/%m/%Y"]',
        '"%d/%m"]',
        "“%d/%m” is not a format of a time: a time needs at least a year",
    ),
    "a directive that is not known": ('"%d/%m/%Y"]', '"%d/%m/%Q"]', "%Q is not known"),
    "an unknown encoding": ("[file]", '[file]\nencoding = "utf-9"', "there is no encoding “utf-9”"),
    "an encoding of bytes": ("[file]", '[file]\nencoding = "rot13"', "there is no encoding “rot13”"),
    "full coverage without a report": ('coverage = "full"', 'coverage = "recorded_only"', "cannot state CrimeReported"),
    "TOML that ends early": ('[columns."Outcome"]', '[columns."Outcome"', "line 18, column"),
    "a value of the wrong kind": ('key = "Crime No"', "key = 7", "“key”"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mapping_that_cannot_be_meant_is_refused_with_line_and_column(desk: Desk, name: str) -> None:
    right, wrong, says = WRONG[name]
    assert right in MAPPING
    text = MAPPING.replace(right, wrong, 1)
    head = desk.system.store.head()
    with pytest.raises(ImportFailed) as refused:
        desk.take(csv_text([row()]), mapping=text)
    message = str(refused.value)
    assert re.search(says, message), message
    place = re.search(r"mapping\.toml, line (\d+), column (\d+): ", message)
    assert place, message
    assert "\n" not in message
    line = text.splitlines()[int(place[1]) - 1]
    assert 1 <= int(place[2]) <= len(line) + 1
    assert desk.system.store.head() == head


def test_the_place_is_that_of_the_fault(desk: Desk) -> None:
    text = MAPPING.replace('at = "Recorded"', 'at = "Recorder"')
    with pytest.raises(ImportFailed) as refused:
        desk.take(csv_text([row()]), mapping=text)
    wanted = text.splitlines().index('at = "Recorder"') + 1
    assert f"mapping.toml, line {wanted}, column 1: " in str(refused.value)


def test_places_of_tables_arrays_and_inline_tables() -> None:
    places = Places('a = 1 # no = 2\n[b]\nc = ["x", "y"]\n[[e]]\nf = { g = "}", h = [1,\n 2] }\n[[e]]\n"i j" = 3\n')
    found = {
        ("a",): (1, 1),
        ("b",): (2, 1),
        ("b", "c", 1): (3, 11),
        ("e", 0, "f", "h"): (5, 16),
        ("e", 0, "f", "h", 1): (6, 2),
        ("e", 1, "i j"): (8, 1),
        ("e", 1, "nothing"): (7, 1),
        ("nothing",): (1, 1),
    }
    assert {path: tuple(places.of(path)) for path in found} == found


def test_comments_and_layout_do_not_change_what_a_mapping_says(tmp_path: Path) -> None:
    one, other, third = (tmp_path / name for name in "abc")
    one.write_text(MAPPING)
    other.write_text("# a comment\n" + MAPPING.replace(" = ", "="))
    third.write_text(MAPPING.replace('"earlier"', '"later"'))
    assert MappingFile(one).mapping.digest == MappingFile(other).mapping.digest
    assert MappingFile(one).mapping.digest != MappingFile(third).mapping.digest


def test_a_file_that_changes_while_it_is_read_is_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = desk.file(csv_text([row(), row(2)]))
    head = desk.system.store.head()

    def growing(stage: str, done: int, total: int) -> None:
        if stage == "reading":
            with path.open("a") as file:
                file.write("more\n")

    with pytest.raises(ImportFailed, match=r"release-1\.csv changed while it was being read"):
        desk.take(path, progress=growing)
    assert desk.system.store.head() == head


def test_a_file_that_is_replaced_while_it_is_read_is_refused(desk: Desk) -> None:
    path = desk.file(csv_text([row(), row(2)]))
    other = desk.file(csv_text([row(), row(3)]))
    os.utime(other, ns=(path.stat().st_mtime_ns,) * 2)

    def replacing(stage: str, done: int, total: int) -> None:
        if other.exists():
            other.replace(path)

    with pytest.raises(ImportFailed, match="changed while"):
        desk.take(path, progress=replacing)


def test_a_file_that_stays_the_same_is_spooled_whole(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"a,b\n" * 1000)
    spool, digest = spooling.spooled(path, lambda *_: None)
    with spool:
        assert spool.read() == path.read_bytes()
    assert len(digest) == 64
