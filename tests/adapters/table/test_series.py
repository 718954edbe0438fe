"""A publication that appears for each period anew, by a mapping: another publisher than the one that ships."""

from collections.abc import Callable
from pathlib import Path

import pytest
from police_uk_month import STREET_HEADER, crime_id, street, text
from tables import TODAY, Desk, counts

from adapters.importers.naming import crime_stream
from adapters.importers.police_uk import import_file
from adapters.importers.reading import ImportFailed
from adapters.importers.shipped import names, shipped
from adapters.importers.table.mapping_file import MappingFile
from adapters.importers.table.sense import must_make_sense
from adapters.system import System
from domain.case.correction import FactCorrected
from domain.case.state import replay
from domain.case.testimony import SourceRowWithdrawn

GAZETTE = """
source = "gazette"
coverage = "recorded_only"
key = "Ref"
force = "Force"
missing = "withdrawn"

[time]
formats = ["%B %Y", "iso"]

[series]
period = "Edition"

[series.kinds.offences]
known_by = ["Offence"]
columns = ["Ref", "Force", "Edition", "Offence", "Stands at"]
one_fact = "case"
without_key = "content"

[columns."Edition"]
between = { from = "2020-01" }

[columns."Offence"]
values = ["Burglary", "Robbery"]

[columns."Stands at"]
values = { open = "Under investigation", settled = "Local resolution", charged = "Suspect charged" }

[[event]]
name = "CrimeRecordEvidenced"
at = "Edition"
fields = { recorded = "Edition", category = "Offence", last_outcome = "Stands at" }
provisional = { field = "last_outcome", is = ["Under investigation"] }
"""
HEADER = "Ref\tForce\tEdition\tOffence\tStands at"


def edition(*rows: str, header: str = HEADER) -> str:
    return "\n".join([header, *(row.replace(",", "\t") for row in rows)]) + "\n"


@pytest.fixture
def gazette(desk: Desk) -> Callable[..., tuple[int, ...]]:
    desk.mapping.write_text(GAZETTE)
    return lambda *rows, **options: counts(desk.take(edition(*rows, **options), "tsv"))


def test_an_edition_takes_the_place_of_the_former_one(desk: Desk, gazette: Callable[..., tuple[int, ...]]) -> None:
    first = [
        "G1,Kent Police,March 2024,Burglary,open",
        "G2,Kent Police,March 2024,Robbery,",
        *[",kent,2024-03,Robbery,"] * 2,
    ]
    assert gazette(*first) == (4, 4, 0, 0, 0, 0, 4)
    turned = "Offence\tRef\tStands at\tEdition\tMore\tForce"
    again = ["burglary,G1,open,2024-03,x,kent", "Robbery,G2,,2024-03,x,kent"]
    # The rows without a key are other rows now: they are known by how they are written.
    assert gazette(*again, header=turned)[1:] == (0, 2, 0, 0, 2, 2)
    changed = ["G1,kent,March 2024,Burglary,charged", "G3,kent,March 2024,Burglary,open"]
    assert gazette(*changed) == (2, 2, 0, 0, 1, 1, 3)
    kinds = [type(entry.event) for entries in desk.history().values() for entry in entries]
    assert kinds.count(FactCorrected) == 1
    assert kinds.count(SourceRowWithdrawn) == 3
    keys = {entry.source.key for entries in desk.history().values() for entry in entries if entry.source}
    assert "table:gazette/offences/2024-03/G1" in keys


def test_other_forces_and_periods_are_left_alone(desk: Desk, gazette: Callable[..., tuple[int, ...]]) -> None:
    gazette("G1,kent,March 2024,Burglary,", "G2,kent,March 2024,Burglary,")
    gazette("G1,essex,March 2024,Burglary,")
    gazette("G9,kent,April 2024,Burglary,")
    assert gazette("G1,kent,March 2024,Burglary,") == (1, 0, 1, 0, 0, 1, 1)
    assert gazette("G1,kent,March 2024,Burglary,", "G1,essex,March 2024,Burglary,") == (2, 0, 2, 0, 0, 0, 0)


@pytest.mark.parametrize("order", [1, -1])
def test_what_is_provisional_gives_way_and_holds_again(
    desk: Desk, gazette: Callable[..., tuple[int, ...]], order: int
) -> None:
    rows = ["G1,kent,March 2024,Burglary,open", "G1,kent,March 2024,Burglary,settled"]
    assert gazette(*rows[::order])[4] == 1
    assert desk.case().evidence.last_outcome == "Local resolution"
    gazette("G1,kent,February 2024,Burglary,charged")
    assert desk.case().evidence.last_outcome == "Local resolution", "the later edition has the higher rank"
    gazette(rows[0])
    assert desk.case().evidence.last_outcome == "Under investigation"


def test_a_row_is_set_aside_with_the_reason(desk: Desk, gazette: Callable[..., tuple[int, ...]]) -> None:
    rows = [
        "G1,kent,March 2999,Robbery,",
        "G2,kent,March 2019,Robbery,",
        "G3,kent,March 2024,Piracy,",
        "G4,kent,,Robbery,",
    ]
    result = desk.take(edition(*rows), "tsv", mapping=GAZETTE)
    assert result.reasons == {
        "the edition lies in the future": 1,
        "“Edition” holds no time in a format that the mapping names": 1,
        "“Edition” lies outside what the mapping allows": 1,
        "“Offence” holds a value that the mapping does not translate": 1,
    }


def test_a_published_id_is_the_same_case_in_every_source(desk: Desk, gazette: Callable[..., tuple[int, ...]]) -> None:
    path = desk.file(text(STREET_HEADER, [street(crime_id(1), 1, "Burglary", "")]))
    import_file(desk.system.store, path, clock=lambda: TODAY)
    desk.mapping.write_text(GAZETTE.replace('key = "Ref"', 'key = "Ref"\ncase_key = "*"'))
    desk.take(edition(f"{crime_id(1)},kent,April 2024,Robbery,charged"), "tsv")
    assert desk.history().keys() == {crime_stream("kent", crime_id(1))}
    assert (desk.case().evidence.category, str(desk.case().evidence.recorded)) == ("Robbery", "2024-04")
    desk.take(edition("G2,kent,April 2024,Robbery,charged"), "tsv")
    case = replay(desk.history()[crime_stream("kent", crime_id(1))])
    assert case.evidence.category == "Burglary", "what one publisher takes back, the other still says"


FAULTS = [
    (
        'at = "Edition"',
        'at = "Edition"\nby = { constant = "someone" }\nrole = { constant = "recorder" }',
        "a series does not say who acted",
    ),
    ('key = "Ref"', 'key = "Ref"\naggregate = "report"', "a series is of cases that each row speaks of by itself"),
    ('period = "Edition"', 'period = "Edition"\nprefix = 1', "line 13, column 1: “prefix”"),
    (
        'known_by = ["Offence"]',
        'known_by = ["Crime"]',
        "line 15, column 13: there is no “Crime” among the `columns` of the kind “offences”",
    ),
    ('name = "CrimeRecordEvidenced"', 'name = "CrimeRecorded"', "a series can state CrimeRecordEvidenced, Incident"),
    ('at = "Edition"', 'at = "Ref"', "in a series, an event has the time of its period: “Edition”"),
    ('at = "Edition"', 'at = "Edition"\nkind = "thefts"', "there is no kind “thefts” in the series; it has offences"),
    ('{ field = "last_outcome"', '{ field = "place"', "“place” is not among the fields"),
    ('key = "Ref"', 'key = "Ref"\ncase = "Ref"', "a series orders the rows of a case by their rank"),
    (
        '{ from = "2020-01" }',
        '{ from = "2020-01", to = 3 }',
        "needs `from` or `to`, both numbers or both times",
    ),
    ('values = ["Burglary", "Robbery"]', 'pattern = "("', "is no regular expression"),
    (
        'category = "Offence"',
        'category = { column = "Offence", only = { a = 1 } }',
        "line 32, column 76: “1”: is no category",
    ),
]


@pytest.mark.parametrize(("old", "new", "says"), FAULTS, ids=[new for _, new, _ in FAULTS])
def test_a_mapping_that_cannot_be_meant_is_refused(tmp_path: Path, old: str, new: str, says: str) -> None:
    path = tmp_path / "gazette.toml"
    path.write_text(GAZETTE)
    must_make_sense(MappingFile(path))
    assert old in GAZETTE
    path.write_text(GAZETTE.replace(old, new))
    with pytest.raises(ImportFailed, match=says):
        must_make_sense(MappingFile(path))


def test_what_ships_makes_sense() -> None:
    assert "police-uk" in names()
    for name in names():
        must_make_sense(MappingFile(shipped(name)))
    with pytest.raises(KeyError):
        shipped("../police-uk")


def test_a_shipped_mapping_is_known_by_its_name(system: System, desk: Desk, candour, monkeypatch) -> None:
    monkeypatch.chdir(desk.folder)
    path = desk.file(text(STREET_HEADER, [street(crime_id(n), n, "Burglary", "") for n in range(3)]))
    checked = candour("import", "check", path.name, "--mapping", "police-uk", "--json").json
    assert (checked["rows"], checked["events"], checked["would"]["rows_applied"]) == (3, {"CrimeRecordEvidenced": 3}, 3)
    through = candour("import", "table", path.name, "--mapping", "police-uk", "--json").json
    door = candour("import", "police-uk", path.name, "--json").json
    assert door["earlier_batch"] == through["batch"]
    assert all(replay(entries).evidence.category == "Burglary" for entries in desk.history().values())
