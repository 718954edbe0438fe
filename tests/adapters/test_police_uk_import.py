import csv
import gzip
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pytest
from police_uk_month import (
    FORCE,
    MONTH,
    OUTCOMES,
    OUTCOMES_HEADER,
    STREET,
    STREET_HEADER,
    crime_id,
    outcome,
    outcomes_rows,
    street,
    street_rows,
    text,
)

from adapters.eventstore.store import PostgresEventStore
from adapters.importers.batch import batches
from adapters.importers.naming import crime_stream
from adapters.importers.police_uk import import_file
from adapters.importers.reading import ImportFailed
from adapters.importers.shipped import shipped
from adapters.importers.table import ranking
from adapters.importers.table.editions import streams_of_earlier_editions
from adapters.importers.table.importing import TableResult
from adapters.importers.table.mapping_file import MappingFile
from adapters.system import System
from application.ports import Append, NewEvent
from domain.case.correction import FactCorrected
from domain.case.recording import IncidentKind, IncidentRegistered, RecordingStatus
from domain.case.state import replay
from domain.event import Purpose, RecordedEvent, Role
from domain.import_batch import Coverage, ImportFinished, ImportStarted
from domain.rules import rule_book
from domain.values import Moment, instant

TODAY = datetime(2024, 6, 1, 12, tzinfo=UTC)
SHARED = Path(os.environ.get("CANDOUR_SHARED_DATA") or Path(__file__).parents[3] / "shared" / "data") / "police-uk"
IMPORTED_BEFORE = "087dbd35602a91c0fe840f992929ca6996607d8a9ac61467f29057265d800934"
"""Of the generated month, as the first importer of these files wrote it: a store that has it must know its rows."""
NAMES = ("read", "applied", "already_known", "quarantined", "corrected", "withdrawn")

New = Callable[..., System]


def imported(system: System, path: Path, **options: object) -> TableResult:
    result = import_file(system.store, path, clock=lambda: TODAY, **options)  # type: ignore[arg-type]
    adds_up(result)
    return result


def adds_up(result: TableResult) -> None:
    account = result.account
    assert account.rows_read == account.rows_applied + account.rows_already_known + account.rows_quarantined
    assert sum(result.reasons.values()) == account.rows_quarantined
    assert all(result.reasons)


def counts(result: TableResult) -> tuple[int, ...]:
    return tuple(getattr(result.account, f"rows_{name}") for name in NAMES)


def streams(system: System) -> dict[str, list[RecordedEvent]]:
    found: dict[str, list[RecordedEvent]] = {}
    for entry in system.store.read_category("case-"):
        found.setdefault(entry.stream, []).append(entry)
    return found


def states(system: System) -> dict[str, tuple[object, ...]]:
    """What every stream amounts to; streams from which all rows are gone are as if they were never there."""
    cases = {stream: replay(entries) for stream, entries in streams(system).items()}
    facts = {stream: (case.force, case.recording, case.outcome, case.evidence) for stream, case in cases.items()}
    nothing = replay([])
    return {
        stream: found
        for stream, found in facts.items()
        if found[1:] != (nothing.recording, nothing.outcome, nothing.evidence)
    }


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def street_file(rows: Sequence[str], name: str = "street.csv", header: str = STREET_HEADER) -> Path:
        path = tmp_path / name
        path.write_bytes(text(header, list(rows)).encode())
        return path

    return street_file


def test_the_generated_month_is_what_its_generator_writes() -> None:
    assert STREET.read_bytes() == text(STREET_HEADER, street_rows()).encode()
    assert OUTCOMES.read_bytes() == text(OUTCOMES_HEADER, outcomes_rows()).encode()
    assert len(street_rows()) + len(outcomes_rows()) == 300


def test_the_generated_month_is_accounted_for(system: System, tmp_path: Path) -> None:
    apart = tmp_path / "rows.quarantine.csv"
    result = imported(system, STREET, quarantine=apart)
    assert counts(result) == (200, 186, 2, 12, 2, 0)
    assert result.account.events_appended == 186
    assert result.reasons == {
        "a cell holds a control character": 1,
        "the Crime ID is not 64 hexadecimal digits": 1,
        "the columns do not fit the header": 2,
        "the coordinates are not two numbers": 1,
        "the coordinates lie outside the United Kingdom": 1,
        "the crime type is not one that data.police.uk is known to publish": 1,
        "the last outcome is not one that data.police.uk is known to publish": 1,
        "the month is before the first that data.police.uk publishes": 1,
        "the month is not written YYYY-MM": 1,
        "the month lies in the future": 1,
        "“Reported by” is not a force that is known here": 1,
    }
    lines = STREET.read_text().splitlines()
    with apart.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert result.quarantine == apart
    assert list(rows[0]) == [*STREET_HEADER.split(","), "line", "reason"]
    assert len(rows) == 12
    for row in rows:
        assert row["Crime ID"] in lines[int(row["line"]) - 1]
        assert row["reason"] in result.reasons
    second = imported(system, OUTCOMES)
    assert counts(second) == (100, 90, 6, 4, 1, 0)
    assert second.account.events_appended == 179
    assert len(list(system.store.read_category("case-"))) == 186 + 179


def test_the_batch_says_what_it_covers_and_keeps_the_account(system: System) -> None:
    result = imported(system, STREET)
    started, finished = system.store.load(f"import-{result.digest}")
    assert started.event == ImportStarted(
        source="police-uk", file=STREET.name, digest=result.digest, coverage=Coverage.RECORDED_ONLY
    )
    assert isinstance(finished.event, ImportFinished)
    assert finished.event.account == result.account
    assert finished.event.quarantined == result.reasons
    assert [(part.kind, part.force, part.month) for part in finished.event.covers] == [("street", "kent", MONTH)]


def test_every_event_names_its_source_row(system: System) -> None:
    lines = STREET.read_text().splitlines()
    result = imported(system, STREET)
    rows = []
    for entry in system.store.read_category("case-"):
        assert (entry.role, entry.purpose, entry.actor) == (Role.IMPORTER, Purpose.IMPORT, "import:police-uk")
        assert (str(entry.at), entry.force) == (MONTH, "kent")
        assert entry.source is not None
        assert entry.source.batch == result.batch
        rows.append(entry.source.row)
        crime = lines[entry.source.row - 1].split(",")[0]
        if crime:
            assert entry.stream == crime_stream("kent", crime)
            assert entry.source.key.split("/")[:3] == ["street", MONTH, crime]
    assert len(rows) == len(set(rows)) == 186


def test_rows_without_an_id_are_a_multiset(system: System, write: Callable[..., Path]) -> None:
    here = street("", 7, "Anti-social behaviour", "")
    assert counts(imported(system, write([here] * 3))) == (3, 3, 0, 0, 0, 0)
    assert counts(imported(system, write([here] * 2))) == (2, 0, 2, 0, 0, 1)
    assert len(states(system)) == 2
    assert counts(imported(system, write([here] * 4))) == (4, 2, 2, 0, 0, 0)
    assert len(states(system)) == 4
    (entry, *_) = system.store.read_category("case-")
    assert isinstance(entry.event, IncidentRegistered)
    assert entry.event.kind is IncidentKind.ANTI_SOCIAL_BEHAVIOUR
    assert replay([entry]).recording.status is RecordingStatus.INCIDENT


def test_a_number_is_stated_only_where_the_category_determines_it(system: System) -> None:
    imported(system, OUTCOMES)
    numbers = {
        (case.outcome.category, case.outcome.type) for entries in streams(system).values() for case in [replay(entries)]
    }
    assert {
        ("Suspect charged", 1),
        ("Offender given penalty notice", 6),
        ("Unable to prosecute suspect", None),
        ("Offender given a caution", None),
        ("Formal action is not in the public interest", None),
        ("Suspect charged as part of another case", None),
    } <= numbers


def test_the_categories_agree_with_the_rule_book() -> None:
    mapping, rules = MappingFile(shipped("police-uk")).mapping, rule_book()
    assigned = mapping.event[-1]
    numbers = assigned.fields["outcome"].only or {}
    outcomes = mapping.columns["Outcome type"].values or {}
    crime_types = mapping.columns["Crime type"].values or {}
    assert assigned.provisional is not None
    assert set(numbers.values()) <= rules.outcomes.keys()
    assert numbers.keys() <= outcomes.keys()
    assert not numbers.keys() & set(assigned.provisional.values)
    groups = {offence.group for offence in rules.offences.values()}
    strata = {offence.stratum for offence in rules.offences.values()}
    assert {category.stratum for category in rules.categories.values()} <= {*strata, None}
    assert {category.group for category in rules.categories.values()} <= {*groups, None}
    assert rules.categories.keys() <= crime_types.keys()
    assert "Violence and sexual offences" in crime_types.keys() - rules.categories.keys(), "undecidable"


def test_what_a_street_file_prints_last_is_an_outcome_or_a_status() -> None:
    mapping = MappingFile(shipped("police-uk")).mapping
    *_, evidence, _, assigned = mapping.event
    last, outcome = mapping.columns["Last outcome category"], mapping.columns["Outcome type"]
    assert evidence.provisional is not None
    assert assigned.provisional is not None
    assert (last.values or {}).keys() == (outcome.values or {}).keys() | outcome.refused.keys()
    assert set(evidence.provisional.values) == {*assigned.provisional.values, *outcome.refused}


def test_files_in_any_order_with_lines_in_any_order_give_equal_state(
    new_system: New, write: Callable[..., Path]
) -> None:
    first, second, third = new_system(), new_system(), new_system()
    for path in (STREET, OUTCOMES):
        imported(first, path)
    for path in (OUTCOMES, STREET):
        imported(second, path)
    mixed_street, mixed_outcomes = street_rows(), outcomes_rows()
    random.Random(1).shuffle(mixed_street)
    random.Random(2).shuffle(mixed_outcomes)
    for path in (write(mixed_outcomes, "o.csv", OUTCOMES_HEADER), write(mixed_street)):
        imported(third, path)
    assert states(first) == states(second) == states(third)
    assert len(states(first)) > 200
    again = write(mixed_street, "again.csv")
    assert imported(first, again).account.events_appended == 0


def test_the_same_bytes_again_append_nothing_and_name_the_earlier_batch(system: System, tmp_path: Path) -> None:
    first = imported(system, STREET)
    packed = tmp_path / "another-name.csv.gz"
    packed.write_bytes(gzip.compress(STREET.read_bytes()))
    head = system.store.head()
    for path in (STREET, packed):
        second = imported(system, path)
        assert (second.earlier, second.digest) == (first.batch, first.digest)
        assert counts(second) == (200, 0, 188, 12, 0, 0)
        assert second.account.events_appended == 0
    assert system.store.head() == head


def test_a_dry_run_writes_nothing_and_gives_the_same_account(system: System, tmp_path: Path) -> None:
    apart = tmp_path / "rows.csv"
    imported(system, OUTCOMES)
    head = system.store.head()
    dry = imported(system, STREET, dry_run=True, quarantine=apart)
    assert system.store.head() == head
    assert not list(tmp_path.iterdir())
    wet = imported(system, STREET, quarantine=apart)
    assert (dry.account, dry.reasons, dry.covers) == (wet.account, wet.reasons, wet.covers)


def test_a_month_published_again_is_corrected_and_what_is_gone_is_withdrawn(
    new_system: New, write: Callable[..., Path]
) -> None:
    system, fresh = new_system(), new_system()
    old = [street(crime_id(n), n, "Burglary", "Under investigation") for n in range(6)]
    new = [
        *old[:3],
        street(crime_id(3), 3, "Burglary", "Local resolution"),
        old[4],
        street(crime_id(9), 9, "Drugs", ""),
    ]
    imported(system, write(old, "old.csv"))
    result = imported(system, write(new, "new.csv"))
    assert counts(result) == (6, 2, 4, 0, 1, 1)
    assert result.account.events_appended == 3
    imported(fresh, write(new, "new.csv"))
    assert states(system) == states(fresh)
    back = imported(system, write([*new, old[5]], "back.csv"))
    assert counts(back) == (7, 1, 6, 0, 0, 0)
    assert crime_stream("kent", crime_id(5)) in states(system)


def test_a_file_of_several_months_is_the_whole_of_none(system: System, write: Callable[..., Path]) -> None:
    rows = [street(crime_id(n), n, "Burglary", "") for n in range(4)]
    imported(system, write(rows, "one.csv"))
    other = street(crime_id(8), 8, "Drugs", "", month="2024-02")
    result = imported(system, write([rows[0], other], "two.csv"))
    assert counts(result) == (2, 1, 1, 0, 0, 0)
    assert len(result.covers) == 2


def test_a_row_that_was_set_aside_is_not_taken_for_gone(system: System, write: Callable[..., Path]) -> None:
    rows = [street(crime_id(n), n, "Burglary", "") for n in range(3)]
    imported(system, write(rows, "one.csv"))
    rows[1] = rows[1].replace("Burglary", "Piracy")
    assert counts(imported(system, write(rows, "two.csv"))) == (3, 0, 2, 1, 0, 0)
    assert len(states(system)) == 3


def test_other_forces_and_kinds_are_left_alone(system: System, write: Callable[..., Path]) -> None:
    kent = street(crime_id(1), 1, "Burglary", "")
    imported(system, write([kent, kent.replace(crime_id(1), crime_id(2))], "kent.csv"))
    imported(system, write([kent.replace(FORCE, "Essex Police")], "essex.csv"))
    imported(system, write([outcome(crime_id(1), 1, "Suspect charged")], "outcomes.csv", OUTCOMES_HEADER))
    assert counts(imported(system, write([kent], "again.csv"))) == (1, 0, 1, 0, 0, 1)
    assert len(states(system)) == 2
    assert crime_stream("kent", crime_id(1)) != crime_stream("essex", crime_id(1))


def beginnings() -> Iterator[tuple[str, bytes, str]]:
    good = STREET.read_bytes()
    packed = gzip.compress(good)
    spoilt = bytearray(packed)
    spoilt[-6] ^= 0xFF
    header, rest = good.split(b"\r\n", 1)
    line = good.splitlines()[40]
    at = line.index(b"Specimen")
    latin = good.replace(line, line[:at] + b"\xe9" + line[at:])
    yield "empty", b"", "is empty"
    yield "header only", header + b"\r\n", "has a header and no rows"
    yield "cut off gzip", packed[:-2000], "is cut off: its gzip data ends too early"
    yield "damaged gzip", bytes(spoilt), "is damaged: its gzip data cannot be read"
    yield (
        "missing column",
        header.replace(b"Month,", b"") + b"\r\n" + rest,
        "line 1: the column “Month” of a street file",
    )
    yield (
        "no kind",
        header.replace(b"Crime type,Last outcome category", b"x") + b"\r\n" + rest,
        "“Crime type” .street. or",
    )
    yield "twice", header.replace(b"Context", b"Month") + b",Context\r\n" + rest, "the column “Month” is there twice"
    yield "another file", b"a,b,c\r\n1,2,3\r\n", "line 1: this is not the header"
    yield "another encoding", good.decode().encode("utf-16"), r"is not UTF-8 \(line 1, column 1, byte 0xff\)"
    yield "one wrong byte", latin, rf"is not UTF-8 \(line 41, column {at + 1}, byte 0xe9\)"


@pytest.mark.parametrize(("content", "sentence"), [pytest.param(*case[1:], id=case[0]) for case in beginnings()])
def test_a_file_that_cannot_be_read_is_one_error_and_nothing_is_written(
    system: System, tmp_path: Path, content: bytes, sentence: str
) -> None:
    path, head = tmp_path / "file.csv", system.store.head()
    path.write_bytes(content)
    with pytest.raises(ImportFailed, match=sentence) as failure:
        imported(system, path)
    assert "\n" not in str(failure.value)
    assert str(tmp_path) not in str(failure.value)
    assert system.store.head() == head


def test_no_file_or_a_folder_is_one_error(system: System, tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match=r"missing\.csv cannot be read: No such file"):
        imported(system, tmp_path / "missing.csv")
    with pytest.raises(ImportFailed, match="cannot be read: Is a directory"):
        imported(system, tmp_path)


@pytest.mark.parametrize("mode", ["ab", "r+b"], ids=["it grows", "it is overwritten"])
def test_a_file_that_changes_while_it_is_read_is_one_error(system: System, tmp_path: Path, mode: str) -> None:
    path, head = tmp_path / "file.csv", system.store.head()
    path.write_bytes(STREET.read_bytes())
    told: list[str] = []

    def change(stage: str, done: int, total: int) -> None:
        told.append(stage)
        if len(told) == 1:
            with path.open(mode) as file:
                file.write(b"Crime ID")

    with pytest.raises(ImportFailed, match="changed while it was being read"):
        imported(system, path, progress=change)
    assert set(told) == {"reading"}
    assert system.store.head() == head


def test_columns_in_another_order_and_more_of_them_are_the_same_rows(new_system: New, tmp_path: Path) -> None:
    plain, turned = new_system(), new_system()
    path = tmp_path / "turned.csv"
    with STREET.open(newline="") as file, path.open("w", newline="") as out:
        rows = [row for row in csv.reader(file) if len(row) == len(STREET_HEADER.split(","))]
        csv.writer(out).writerows([["extra", *row[::-1]] for row in rows])
    imported(plain, STREET)
    imported(turned, path)
    assert states(plain) == states(turned)


def test_progress_ends_at_the_end(system: System) -> None:
    told: list[tuple[str, int, int]] = []
    imported(system, STREET, progress=lambda *step: told.append(step))
    size = STREET.stat().st_size
    assert told[0] == ("reading", size, size)
    assert told[-1] == ("importing", 200, 200)


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from adapters.importers.police_uk import import_file
from adapters.importers.table import running
from adapters.settings import Settings
from adapters.system import System

def die(stage, done, total):
    if stage == "importing" and done >= 60:
        os.kill(os.getpid(), signal.SIGKILL)

url, data, path = sys.argv[1:]
running.ROWS_AT_A_TIME = 20
system = System(Settings(url, Path(data)), None)
import_file(system.store, Path(path), clock=lambda: datetime(2024, 6, 1, 12, tzinfo=UTC), progress=die)
"""


def killed_half_way(system: System, path: Path) -> None:
    settings = system.settings
    command = [sys.executable, "-c", KILLED, str(settings.database_url), str(settings.data_dir), str(path)]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL


@pytest.mark.parametrize("path", [STREET, OUTCOMES], ids=["street", "outcomes"])
def test_a_killed_import_goes_on_where_it_stopped(new_system: New, path: Path) -> None:
    system, whole = new_system(), new_system()
    killed_half_way(system, path)
    half = len(list(system.store.read_category("case-")))
    assert 0 < half < 150
    dry = imported(system, path, dry_run=True)
    result, expected = imported(system, path), imported(whole, path)
    assert (result.resumed, result.earlier, result.batch) == (True, None, expected.batch)
    assert result.account == expected.account == dry.account
    assert states(system) == states(whole)
    assert len(list(system.store.read_category("case-"))) == expected.account.events_appended
    assert [type(entry.event) for entry in system.store.load(f"import-{result.digest}")] == [
        ImportStarted,
        ImportFinished,
    ]
    assert imported(system, path).earlier == result.batch


def test_without_knowing_its_own_events_the_account_of_a_resumed_import_would_differ(
    new_system: New, monkeypatch: pytest.MonkeyPatch
) -> None:
    system, whole = new_system(), new_system()
    killed_half_way(system, STREET)
    monkeypatch.setattr(ranking, "_count", lambda plan, own: None)
    assert imported(system, STREET).account != imported(whole, STREET).account


def test_a_killed_republication_withdraws_what_is_gone_once(new_system: New, write: Callable[..., Path]) -> None:
    system, whole = new_system(), new_system()
    fewer = write(street_rows()[40:], "fewer.csv")
    for each in (system, whole):
        imported(each, STREET)
    killed_half_way(system, fewer)
    result, expected = imported(system, fewer), imported(whole, fewer)
    assert result.account == expected.account
    assert expected.account.rows_withdrawn > 30
    assert states(system) == states(whole)


def test_an_interrupted_import_does_not_go_on_over_a_later_release(system: System, write: Callable[..., Path]) -> None:
    killed_half_way(system, STREET)
    imported(system, write(street_rows()[1:], "later.csv"))
    head = system.store.head()
    with pytest.raises(ImportFailed, match="has imported another street file of kent, 2024-03 since"):
        imported(system, STREET)
    assert system.store.head() == head


class Interfered(PostgresEventStore):
    """The store, with somebody else who writes to some streams between load and append."""

    victims: int = 0
    restless: str = ""
    largest: int = 0

    def load_many(self, streams: Sequence[str]) -> dict[str, list[RecordedEvent]]:
        found = super().load_many(streams)
        for stream in [*list(streams)[: self.victims], *({self.restless} & set(streams))]:
            version = found[stream][-1].version if stream in found else 0
            at = instant(TODAY)
            new = NewEvent(uuid4(), IncidentRegistered(), at, "staff-1", Role.RECORDER, Purpose.CRIME_RECORDING)
            super().append_many([Append(stream, version, "kent", (new,))])
        self.victims = 0
        return found

    def append_many(self, items):
        self.largest = max(self.largest, sum(len(item.events) for item in items))
        return super().append_many(items)


def interfered(system: System) -> Interfered:
    store = system.store
    other = Interfered.__new__(Interfered)
    other.__dict__ = store.__dict__
    return other


def test_a_stream_that_somebody_else_writes_to_meanwhile_is_matched_again(system: System) -> None:
    store = interfered(system)
    store.victims = 7
    result = import_file(store, STREET, clock=lambda: TODAY)
    assert counts(result) == (200, 186, 2, 12, 2, 0)
    assert len(list(system.store.read_category("case-"))) == 186 + 7


def test_a_stream_that_never_rests_is_one_error(system: System) -> None:
    store = interfered(system)
    store.restless = crime_stream("kent", crime_id(3))
    with pytest.raises(ImportFailed, match="import the file again, it goes on where it stopped"):
        import_file(store, STREET, clock=lambda: TODAY)
    assert counts(imported(system, STREET)) == (200, 186, 2, 12, 2, 0)


def test_the_lock_is_held_for_at_most_a_thousand_events(system: System, write: Callable[..., Path]) -> None:
    store = interfered(system)
    rows = [outcome(crime_id(n), n % 60, "Suspect charged") for n in range(1300)]
    result = import_file(store, write(rows, "many.csv", OUTCOMES_HEADER), clock=lambda: TODAY)
    assert result.account.events_appended == 2600
    assert 900 < store.largest <= 1000


def test_a_quarantine_file_that_cannot_be_written_stops_the_import_before_it_begins(
    system: System, tmp_path: Path
) -> None:
    head = system.store.head()
    with pytest.raises(ImportFailed, match="name another with --quarantine"):
        imported(system, STREET, quarantine=tmp_path / "no folder" / "rows.csv")
    assert system.store.head() == head


def test_scans_of_earlier_releases_read_each_page_once(system: System, write: Callable[..., Path]) -> None:
    imported(system, STREET)
    imported(system, write(street_rows()[1:], "b.csv"))
    part = next(iter(imported(system, write(street_rows()[2:], "c.csv")).covers))
    found = list(streams_of_earlier_editions(system.store, batches(system.store).values(), part, ""))
    wrote = [entry.stream for entry in system.store.read_category("case-")]
    assert sorted(found) == sorted(wrote)


def test_a_crime_whose_id_the_source_left_out_is_testimony_too(system: System, write: Callable[..., Path]) -> None:
    row = street("", 9, "Shoplifting", "Local resolution")
    assert counts(imported(system, write([row, row]))) == (2, 2, 0, 0, 0, 0)
    for entries in streams(system).values():
        case = replay(entries)
        assert (case.recording.status, case.evidence.category) == (RecordingStatus.RECORDED, "Shoplifting")


def test_months_stay_months(system: System) -> None:
    imported(system, STREET)
    (entry, *_) = system.store.load(crime_stream("kent", crime_id(0)))
    assert entry.at == Moment.of(MONTH)
    assert not isinstance(entry.event, FactCorrected)
    assert replay([entry]).evidence.recorded == Moment.of(MONTH)


def as_a_store_has_it(system: System) -> str:
    """A digest of all that the log says of cases, but for positions, times of writing and the ids of events."""
    names: dict[str, str] = {}
    digest = sha256()
    for entry in system.store.read_category("case-"):
        names[str(entry.event_id)] = f"{entry.stream}#{entry.version}"
        told = entry.event.model_dump_json()
        for event_id, name in names.items() if "withdraws" in told or "corrects" in told else ():
            told = told.replace(event_id, name)
        said = (type(entry.event).__name__, told, str(entry.at), entry.force, entry.actor, entry.source, entry.broken)
        digest.update(repr((entry.stream, entry.version, *said)).encode())
    return digest.hexdigest()


def test_a_store_that_was_imported_before_there_were_mappings_holds_the_same(system: System) -> None:
    for path in (STREET, OUTCOMES):
        imported(system, path)
    assert as_a_store_has_it(system) == IMPORTED_BEFORE


def test_one_other_row_would_be_noticed(system: System, write: Callable[..., Path]) -> None:
    imported(system, write([*street_rows()[1:], street_rows()[0]]))
    imported(system, OUTCOMES)
    assert as_a_store_has_it(system) != IMPORTED_BEFORE


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real month is not here; set CANDOUR_SHARED_DATA to its folder")
def test_the_real_month(new_system: New) -> None:
    files = sorted(SHARED.glob("2022-01-thames-valley-*.csv.gz"))
    outcomes, streets = files
    one, other = new_system(), new_system()
    first = [imported(one, streets), imported(one, outcomes)]
    assert [result.account.rows_read for result in first] == [15_691, 15_107]
    assert sum(result.account.rows_already_known for result in first) >= 103
    assert [result.account.rows_quarantined for result in first] == [0, 0]
    assert [result.account.rows_corrected for result in first] == [1, 0]
    for path in (outcomes, streets):
        imported(other, path)
        assert imported(other, path).account.events_appended == 0
    assert states(one) == states(other)
    assert len(states(one)) > 25_000
