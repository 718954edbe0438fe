"""The commands, and the example of the mapping author's guide."""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tables import MAPPING, csv_text, row

from adapters.importers.table import mapping
from adapters.importers.table.meaning import EVENTS
from adapters.importers.table.reference import KEYS, events, parts
from adapters.system import System

GUIDE = Path(__file__).parents[3] / "docs" / "how-to" / "write-a-mapping.md"
Candour = Callable[..., Any]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mapping.toml").write_text(MAPPING)
    (tmp_path / "reports.csv").write_text(csv_text([row(), row(2, How="Fax"), row(3, Received="#VALUE!")]))
    return tmp_path


def test_check_explains_and_writes_nothing(candour: Candour, system: System, folder: Path) -> None:
    head = system.store.head()
    done = candour("import", "check", "reports.csv", "--mapping", "mapping.toml", "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["rows"] == 3
    assert found["untranslated"] == {"How": {"Fax": 1}}
    assert found["reasons"] == {
        "“How” holds a value that the mapping does not translate": 1,
        "“Received” holds an error of a spreadsheet": 1,
    }
    assert found["lines"]["“Received” holds an error of a spreadsheet"] == [4]
    (sample,) = found["samples"]
    assert [event["event"] for event in sample["events"]] == ["CrimeReported", "CrimeRecorded"]
    assert found["would"]["rows_applied"] == 1
    assert system.store.head() == head
    assert list(folder.glob("*.quarantine.csv")) == []
    text = candour("import", "check", "reports.csv", "--mapping", "mapping.toml")
    assert "Fax" in text.out
    assert "route=control_room" in text.err


def test_check_makes_no_store_and_explains_also_while_the_database_is_away(candour: Candour, folder: Path) -> None:
    nothing = {"DATABASE_URL": "", "CANDOUR_DATA_DIR": str(folder / "data")}
    done = candour("import", "check", "reports.csv", "--mapping", "mapping.toml", **nothing)
    assert done.code == 0, done.err
    assert "there is no store yet" in done.err
    assert "route=control_room" in done.err
    assert not (folder / "data").exists()
    away = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}
    done = candour("import", "check", "reports.csv", "--mapping", "mapping.toml", **away)
    assert (done.code, "cannot be reached" in done.err) == (5, True)
    assert "route=control_room" in done.err, "what the file says was explained all the same"


def test_check_names_every_column_that_is_not_there(candour: Candour, folder: Path) -> None:
    (folder / "mapping.toml").write_text(MAPPING.replace('"Closed"', '"Shut"').replace('"Log No"', '"Log"'))
    done = candour("import", "check", "reports.csv", "--mapping", "mapping.toml", "--json")
    assert done.code == 3
    found = json.loads(done.out)
    assert [column.split(" (")[0] for column in found["missing_columns"]] == ["Log", "Shut"]
    assert found["unused_columns"] == ["Log No", "Closed"]


def test_import_table_answers_with_the_account(candour: Candour, system: System, folder: Path) -> None:
    done = candour("import", "table", "reports.csv", "--mapping", "mapping.toml", "--json")
    assert done.code == 0, done.err
    answer = json.loads(done.out)
    assert (answer["rows_read"], answer["rows_applied"], answer["rows_quarantined"]) == (3, 1, 2)
    with (folder / answer["quarantine"]).open(newline="") as file:
        apart = list(csv.DictReader(file))
    assert [(one["Crime No"], one["line"]) for one in apart] == [("NS/2", "3"), ("NS/3", "4")]
    again = candour("import", "table", "reports.csv", "--mapping", "mapping.toml")
    assert "nothing was appended" in again.err


def test_a_dry_run_says_so(candour: Candour, system: System, folder: Path) -> None:
    head = system.store.head()
    done = candour("import", "table", "reports.csv", "--mapping", "mapping.toml", "--dry-run")
    assert (done.code, system.store.head()) == (0, head)
    assert "a dry run; nothing was written" in done.err


@pytest.mark.parametrize(
    ("apart", "says"),
    [
        (".", "which is a folder"),
        ("./reports.csv", "would take the place of reports.csv"),
        ("mapping.toml", "would take the place of mapping.toml"),
        ("nowhere/apart.csv", "cannot be written to nowhere"),
    ],
)
def test_rows_that_could_not_be_set_apart_are_said_before_anything_is_written(
    candour: Candour, system: System, folder: Path, apart: str, says: str
) -> None:
    def there() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    before, head = there(), system.store.head()
    done = candour("import", "table", "reports.csv", "--mapping", "mapping.toml", "--quarantine", apart)
    assert done.code == 3, done.err
    assert says in done.err
    assert (there(), system.store.head()) == (before, head)
    assert candour("import", "table", "reports.csv", "--mapping", "mapping.toml").code == 0
    assert system.store.head() != head, "the control: what is written shows"


def test_a_mapping_that_cannot_be_meant_ends_with_3_and_one_line(candour: Candour, folder: Path) -> None:
    (folder / "mapping.toml").write_text(MAPPING.replace("Europe/London", "Moon/Tycho"))
    for command in ("table", "check"):
        done = candour("import", command, "reports.csv", "--mapping", "mapping.toml")
        assert done.code == 3
        assert "mapping.toml, line 11, column 1: there is no time zone “Moon/Tycho”" in done.err
        assert "Traceback" not in done.err


def test_the_guide_does_what_it_says(candour: Candour, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```(\w+) ([\w.-]+)\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert {name for _, name, _ in blocks} == {"reports.csv", "reports.toml", "reports-2.csv"}
    for _, name, text in blocks:
        (tmp_path / name).write_text(text)
    check = candour("import", "check", "reports.csv", "--mapping", "reports.toml", "--json")
    assert json.loads(check.out)["untranslated"] == {"How received": {"Carrier pigeon": 1}}
    first = json.loads(candour("import", "table", "reports.csv", "--mapping", "reports.toml", "--json").out)
    told = re.findall(r"<!-- (first|second): (.*?) -->", GUIDE.read_text())
    names = ("rows_read", "rows_applied", "rows_already_known", "rows_quarantined", "rows_corrected", "events_appended")
    second = json.loads(candour("import", "table", "reports-2.csv", "--mapping", "reports.toml", "--json").out)
    for name, figures in told:
        answer = first if name == "first" else second
        assert [answer[each] for each in names] == [int(figure) for figure in figures.split()], name
    assert len(told) == 2


def test_every_word_of_a_mapping_is_explained_in_the_reference() -> None:
    explained = {row[0]: row[2] for part in parts() for row in part.rows}
    words = {f"`{name}`" for part in KEYS.values() for name in part.model_fields}
    assert words == explained.keys()
    assert [word for word, text in explained.items() if not text.endswith(".")] == []
    assert {
        part
        for kind in vars(mapping).values()
        if isinstance(kind, type) and issubclass(kind, mapping.Part)
        for part in [kind]
    } - set(KEYS.values()) == {mapping.Part, mapping.Term, mapping.When, mapping.Duplicates, mapping.TimeOf} | {
        mapping.Bounds,
        mapping.Provisional,
    }
    assert {part.title.strip("`") for part in events()} == set(EVENTS)
