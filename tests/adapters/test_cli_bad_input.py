"""What the command line does with what it cannot use: one line, an exit code, nothing written."""

import gzip
import socket
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from processes import Done, free_port

from adapters.cli import history
from adapters.system import System

Candour = Callable[..., Done]

NOBODY = "case-11111111-1111-4111-8111-111111111111"
METRIC = ("metrics", "recorded_within_24h")
SIMULATE = ("simulate", "--force", "kent", "--seed", "1", "--truth", "truth.json")
TOKEN = ("token", "--staff-id", "x")

REFUSED: list[tuple[tuple[str, ...], int, str]] = [
    (("nonsense",), 2, "No such command 'nonsense'"),
    (("import",), 2, "candour import --help"),
    (("import", "police-uk"), 2, "candour import police-uk --help"),
    (("metrics", "--nonsense"), 2, "No such option"),
    (("replay", "\udcff"), 2, "not UTF-8"),
    (("project", "--follow", "--json"), 2, "--follow"),
    ((*TOKEN, "--force", "kent", "--role", "nobody"), 2, "'recorder'"),
    ((*TOKEN, "--force", "nowhere", "--role", "analyst"), 2, "thames-valley"),
    ((*TOKEN, "--force", "kent", "--role", "analyst", "--hours", "nan"), 2, "--hours"),
    ((*TOKEN, "--force", "kent", "--role", "analyst", "--hours", "-1"), 2, "--hours"),
    ((*TOKEN, "--role", "analyst"), 2, "--force"),
    (("metrics", "nonsense"), 4, "there is no metric 'nonsense'; there are recorded_within_24h"),
    ((*METRIC, "--since", "2026-13-01"), 3, "since: '2026-13-01' is not a date"),
    ((*METRIC, "--until", "yesterday"), 3, "until: 'yesterday' is not a date"),
    ((*METRIC, "--since", "2026-03-01", "--until", "2026-03-01"), 3, "since must lie before until"),
    ((*METRIC, "--known-at", "2099-01-01"), 3, "not over yet"),
    ((*METRIC, "--known-at", "2099-01-01T00:00:00Z"), 3, "in the future"),
    ((*METRIC, "--known-at", "2026-03-01T09:00:00"), 3, "without a zone"),
    ((*METRIC, "--known-at", "99999999"), 3, "the log ends at position"),
    ((*METRIC, "--min-position", "99999999"), 3, "the log ends at position"),
    ((*METRIC, "--force", "nowhere"), 3, "'nowhere' is not a force"),
    ((*METRIC, "--by", "nonsense"), 3, "can be broken down by force"),
    ((*METRIC, "--as-of", "2026-03-01"), 3, "since and until"),
    ((*METRIC, "--wait", "nan"), 2, "--wait"),
    ((*METRIC, "--csv", "--json"), 2, "not both"),
    (("metrics", "unrecorded_backlog", "--since", "2026-03-01"), 3, "as_of"),
    (("replay", "case-nope"), 4, "there is no 'case-nope'"),
    (("replay", NOBODY), 4, NOBODY),
    (("replay", NOBODY, "--known-at", "2099-01-01"), 3, "not over yet"),
    (("replay", NOBODY, "--known-at", "99999999"), 3, "the log ends at position"),
    (("replay", NOBODY, "--as-of", "nonsense"), 3, "this is not a time"),
    ((*SIMULATE, "--reports", "5"), 3, "a live one"),
    ((*SIMULATE, "--reports", "0"), 3, "at least 1"),
    ((*SIMULATE, "--reports", "5", "--force", "nowhere"), 3, "'nowhere' is no force"),
    ((*SIMULATE, "--reports", "5", "--end", "99999"), 2, "--end"),
    (("migrate", "--synthetic"), 5, "a live one"),
]


@pytest.fixture
def unchanged(system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Says that nothing was written: no event, no file."""
    monkeypatch.chdir(tmp_path)
    before = system.store.head().position

    def check() -> None:
        assert system.store.head().position == before
        assert not [
            path for path in tmp_path.iterdir() if path.suffix in (".json", ".draft") or ".quarantine" in path.name
        ]

    return check


@pytest.mark.parametrize(("arguments", "code", "phrase"), REFUSED, ids=lambda value: str(value)[:60])
def test_it_is_refused_in_one_line(
    candour: Candour, unchanged: Callable[[], None], arguments: tuple[str, ...], code: int, phrase: str
) -> None:
    candour("project")
    candour(*arguments).is_one_line(code, phrase)
    unchanged()


def test_an_error_of_ours_is_not_dressed_up(candour: Candour, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: what nobody foresaw keeps its traceback (and Python's exit code 1)."""

    def defect(*_: object, **__: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr(history, "parse", defect)
    with pytest.raises(RuntimeError, match="planted"):
        candour("replay", NOBODY, "--known-at", "1")


HEADER = "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Crime type"
ROW = "," * 9
STREET = f"{HEADER},Last outcome category,Context\n"

FILES: list[tuple[str, bytes, str]] = [
    ("empty.csv", b"", "is empty"),
    ("header.csv", STREET.encode(), "no rows"),
    ("cut.csv.gz", gzip.compress(STREET.encode() * 99)[:-20], "cut off"),
    ("damaged.csv.gz", b"\x1f\x8b" + b"nonsense" * 9, "damaged"),
    ("column.csv", f"{HEADER},Context\n{ROW},\n".encode(), "“Last outcome category”"),
    ("encoding.csv", STREET.encode() + "Ynys Môn,,,,,,,,,,,\n".encode("latin-1"), "not UTF-8 (line 2"),
    ("other.csv", b"a,b,c\n1,2,3\n", "not the header"),
]


@pytest.mark.parametrize(("name", "content", "phrase"), FILES, ids=[name for name, _, _ in FILES])
def test_a_file_that_cannot_be_imported(
    candour: Candour, unchanged: Callable[[], None], tmp_path: Path, name: str, content: bytes, phrase: str
) -> None:
    (tmp_path / name).write_bytes(content)
    done = candour("import", "police-uk", str(tmp_path / name))
    assert (done.code, done.out) == (3, "")
    assert done.err.splitlines()[-1].startswith(f"candour: {name}")
    assert phrase in done.err.splitlines()[-1]
    unchanged()


def test_a_file_that_is_not_there_or_is_a_folder(
    candour: Candour, unchanged: Callable[[], None], tmp_path: Path
) -> None:
    candour("import", "police-uk", str(tmp_path / "nowhere.csv")).is_one_line(3, "nowhere.csv cannot be read")
    candour("import", "police-uk", str(tmp_path)).is_one_line(3, "Is a directory")
    unchanged()


DATABASE_COMMANDS = [
    METRIC,
    ("replay", NOBODY),
    ("import", "police-uk", "some.csv"),
    ("project",),
    ("project", "--follow"),
    ("serve",),
]


@pytest.mark.parametrize("arguments", [*DATABASE_COMMANDS, ("migrate",), (*SIMULATE, "--reports", "5")], ids=str)
def test_a_database_that_is_down(candour: Candour, arguments: tuple[str, ...]) -> None:
    closed = f"postgresql://user:secret@127.0.0.1:{free_port()}/candour"
    done = candour(*arguments, DATABASE_URL=closed, CANDOUR_PORT=str(free_port()))
    done.is_one_line(5, "the database cannot be reached")
    assert "Connection refused" in done.err
    assert "secret" not in done.err


@pytest.mark.parametrize("arguments", DATABASE_COMMANDS, ids=str)
def test_a_database_without_the_schema(candour: Candour, system: System, arguments: tuple[str, ...]) -> None:
    with psycopg.connect(system.settings.database_url or "", autocommit=True) as admin:
        admin.execute("DROP SCHEMA candour, candour_read CASCADE")
    candour(*arguments, CANDOUR_PORT=str(free_port())).is_one_line(5, "candour migrate")


def test_a_database_that_is_not_there(candour: Candour, system: System) -> None:
    url = psycopg.conninfo.make_conninfo(system.settings.database_url or "", dbname="nowhere")
    candour(*METRIC, DATABASE_URL=url).is_one_line(5, 'database "nowhere" does not exist')


def test_a_read_only_database(candour: Candour, system: System, tmp_path: Path, unchanged: Callable[[], None]) -> None:
    url = system.settings.database_url or ""
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {admin.info.dbname} SET default_transaction_read_only = on")
    file = tmp_path / "2026-03-kent-street.csv"
    file.write_text(STREET + "a" * 64 + ",2026-03,Kent Police,Kent Police,,,On or near X,,,Drugs,,\n")
    done = candour("import", "police-uk", str(file))
    assert (done.code, done.out) == (5, "")
    assert done.err.splitlines()[-1] == "candour: the database is read-only; nothing was written"
    candour("project").is_one_line(5, "read-only")
    candour("migrate").is_one_line(5, "read-only")
    assert system.store.head().position > 0  # reading goes on
    unchanged()


def test_settings_that_cannot_be_used(candour: Candour) -> None:
    for port in ("abc", "0", "65536", "-1", "8000.0", "²", "9" * 5000):
        candour("serve", CANDOUR_PORT=port).is_one_line(2, "CANDOUR_PORT")
    for url in ("nonsense", "mysql://user:secret@host/database", "postgresql+psycopg://user:secret@host/d"):
        done = candour(*METRIC, DATABASE_URL=url)
        done.is_one_line(2, "DATABASE_URL")
        assert "secret" not in done.err
    candour("serve", CANDOUR_HOST="nowhere.invalid").is_one_line(5, "CANDOUR_HOST")


def test_a_port_that_is_taken(candour: Candour) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        candour("serve", CANDOUR_PORT=str(other.getsockname()[1])).is_one_line(5, "set CANDOUR_PORT to another port")


def test_a_projection_that_runs_already(candour: Candour, system: System) -> None:
    with system.connect("candour_projector") as other:
        other.execute("SELECT pg_advisory_lock(hashtext('candour.projection.case_facts'))")
        candour("project").is_one_line(5, "another process runs the projection case_facts")
