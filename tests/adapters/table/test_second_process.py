"""Two processes make of a file what one makes of it, and either may be killed."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from police_uk_month import OUTCOMES_HEADER, STREET, STREET_HEADER, crime_id, outcome, text
from processes import only_where_proc_is
from tables import MAPPING, TODAY, Desk, counts, csv_text, row

from adapters.importers import partner
from adapters.importers.partner import ALL, FIRST, SECOND, Share
from adapters.importers.police_uk import import_file
from adapters.importers.reading import ImportFailed
from adapters.importers.table.importing import import_table
from adapters.system import System

WHOLE = MAPPING.replace('key = "Crime No"', 'key = "Crime No"\nmissing = "withdrawn"')
SECOND_SOURCE = MAPPING.replace('source = "northshire"', 'source = "regulator"\ncase_key = "northshire"')


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """Every file is worth a second process; those that were started are listed."""
    found: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen

    def start(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        found.append(real(*arguments, **options))
        return found[-1]

    monkeypatch.setattr(partner, "WORTH_IT", 0)
    monkeypatch.setattr(partner.os, "cpu_count", lambda: 2)
    monkeypatch.setattr(partner.subprocess, "Popen", start)
    return found


def told(system: System) -> list[tuple[Any, ...]]:
    """What stands in the log about cases, but for ids, positions and times of writing."""
    return sorted(
        (entry.stream, entry.version, type(entry.event).__name__, str(entry.at), entry.source, entry.broken)
        for entry in system.store.read_category("case-")
    )


def messy(draw: int) -> str:
    """Clean rows, rows that repeat, rows of one key that differ, rows that cannot be read, a row without a key."""
    rows = [row(n, Recorded="" if n % 3 else "02/03/2024 08:00") for n in range(60)]
    rows += [row(7), row(8), *(row(n, How="Pigeon") for n in range(100, 110)), row(11, Received="02/03/2024")]
    lines = csv_text(rows).splitlines()
    lines.insert(5, "one cell")
    lines.insert(30 + draw, ",".join((row(9) | {"Crime No": " "}).values()))
    return "\r\n".join(lines) + "\r\n"


def releases(desk: Desk, **options: Any) -> list[Any]:
    results = [
        desk.take(messy(1), mapping=WHOLE, quarantine=desk.folder / "apart.csv", **options),
        desk.take(csv_text([row(n) for n in range(3, 40)]), mapping=WHOLE, **options),
        desk.take(csv_text([row(n, Recorded="05/03/2024 08:00") for n in range(30)]), mapping=SECOND_SOURCE, **options),
    ]
    return [(counts(each), each.reasons, each.disagreements, each.disagreed, each.notes) for each in results]


def test_two_processes_do_what_one_does(
    tmp_path: Path, new_system: Callable[[], System], started: list[subprocess.Popen[bytes]]
) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    one, two = (Desk(folder, new_system()) for folder in folders)
    alone = releases(one)
    assert not started
    assert releases(two, settings=two.system.settings) == alone
    assert len(started) == 3
    assert all(each.poll() is not None for each in started)
    assert alone[1][0][5] > 0
    assert alone[2][3] > 0
    assert told(two.system) == told(one.system)
    apart = [(desk.folder / "apart.csv").read_text() for desk in (one, two)]
    assert sorted(apart[0].splitlines()) == sorted(apart[1].splitlines())
    assert [path.name for path in two.folder.iterdir() if "second" in path.name] == []
    # The control: one other row would be noticed.
    two.take(csv_text([row(99, Received="02/03/2024")]), mapping=MAPPING)
    assert told(two.system) != told(one.system)


def test_two_processes_read_a_published_month_as_one_does(
    tmp_path: Path, new_system: Callable[[], System], started: list[subprocess.Popen[bytes]]
) -> None:
    again = tmp_path / "again.csv"
    again.write_text(text(STREET_HEADER, STREET.read_text().splitlines()[1:150]))
    ends = tmp_path / "ends.csv"
    ends.write_text(text(OUTCOMES_HEADER, [outcome(crime_id(n), n % 60, "Local resolution") for n in range(80)]))
    found: list[Any] = []
    for number in (1, 2):
        system = new_system()
        settings = system.settings if number == 2 else None
        apart = tmp_path / f"apart-{number}.csv"
        results = [
            import_file(system.store, path, clock=lambda: TODAY, quarantine=apart, settings=settings)
            for path in (STREET, again, ends)
        ]
        found.append(([(each.account, each.reasons) for each in results], told(system)))
    assert len(started) == 3
    assert found[0] == found[1]
    assert found[0][0][1][0].rows_withdrawn > 0


def test_a_second_process_that_dies_is_told_of_and_the_import_goes_on(
    desk: Desk, started: list[subprocess.Popen[bytes]]
) -> None:
    path = desk.file(csv_text([row(n) for n in range(3000)]))

    def kill(stage: str, done: int, total: int) -> None:
        if stage == "importing" and started:
            started[0].kill()

    with pytest.raises(ImportFailed, match="second process of the import ended with status -9"):
        desk.take(path, settings=desk.system.settings, progress=kill)
    result = desk.take(path)
    assert result.resumed
    assert counts(result) == (3000, 3000, 0, 0, 0, 0, 6000)
    assert all(len(entries) == 2 for entries in desk.history().values())


def test_a_second_process_that_is_done_first_has_not_failed(desk: Desk, started: list[subprocess.Popen[bytes]]) -> None:
    heard: list[int] = []

    def wait(stage: str, done: int, total: int) -> None:
        if stage == "importing":
            heard.append(started[0].wait(60))

    result = desk.take(csv_text([row(n) for n in range(3000)]), settings=desk.system.settings, progress=wait)
    assert len(heard) > 1, "nothing was heard after the second process had ended"
    assert set(heard) == {0}
    assert counts(result) == (3000, 3000, 0, 0, 0, 0, 6000)


@pytest.mark.parametrize(("work", "status"), [("done".format, 0), ("{0.nothing}".format, 1)])
def test_what_a_second_process_said_last_is_heard_though_it_has_ended(
    desk: Desk, started: list[subprocess.Popen[bytes]], work: Any, status: int
) -> None:
    with (
        desk.file("a").open("rb") as file,
        partner.partner(desk.system.settings, file) as second,
    ):
        assert second is not None
        second.begin(work)
        assert started[0].wait(60) == status
        time.sleep(0.2)  # until the end of its pipe was read
        if status:  # the control: one that says nothing before it ends
            with pytest.raises(ImportFailed, match="ended with status 1"):
                second.listen()
            return
        second.listen()
        assert second.result() == "done"


SCRIPT = """
import sys
from pathlib import Path
from adapters.importers import partner
from adapters.importers.table.importing import import_table
from adapters.settings import Settings
from adapters.system import System, now
partner.WORTH_IT, partner.os.cpu_count = 0, lambda: 2
url, folder, file, mapping = sys.argv[1:]
system = System(Settings(url, Path(folder)), None)
tell = lambda stage, done, total: print(stage, done, flush=True)
import_table(system.store, Path(file), Path(mapping), clock=now, settings=system.settings, progress=tell)
"""


@only_where_proc_is
def test_the_second_process_ends_with_the_first(desk: Desk) -> None:
    path = desk.file(csv_text([row(n) for n in range(20_000)]))
    settings = desk.system.settings
    command = [sys.executable, "-c", SCRIPT, str(settings.database_url), str(settings.data_dir), path, desk.mapping]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        while "importing" not in first.stdout.readline():
            pass
        second = children_of(first.pid)
        first.kill()
    assert len(second) == 1
    deadline = time.monotonic() + 20
    while is_running(second[0]) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_running(second[0])
    assert 0 < len(desk.history()) < 20_000
    result = import_table(desk.system.store, path, desk.mapping, clock=lambda: TODAY)
    assert counts(result) == (20_000, 20_000, 0, 0, 0, 0, 40_000)


def children_of(pid: int) -> list[int]:
    return [int(found) for found in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@given(st.text(max_size=20))
def test_each_key_belongs_to_one_share(key: str) -> None:
    assert ALL.has(key)
    assert FIRST.has(key) != SECOND.has(key)
    assert sum(Share(number, 3).has(key) for number in range(3)) == 1


def test_what_has_no_key_is_for_the_first() -> None:
    assert [share.has(None) for share in (ALL, FIRST, SECOND)] == [True, True, False]
