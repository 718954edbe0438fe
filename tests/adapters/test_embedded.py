"""The PostgreSQL that comes along: made whole or not at all, shared, stopped by its last user."""

import os
import shutil
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from pwd import getpwnam

import psycopg
import pytest
from processes import place_of_its_own, wait_until

from adapters.postgres.embedded import ACCOUNT, EmbeddedFailed, EmbeddedPostgres, make_data_dir

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="concerns root only")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that PostgreSQL's account can enter; whatever runs in it is stopped."""
    with place_of_its_own() as place:
        yield place.folder


@pytest.fixture(scope="module")
def cluster() -> Iterator[Path]:
    """A data directory with a cluster, not running."""
    with place_of_its_own() as place:
        with EmbeddedPostgres(place.data):
            pass
        yield place.data


def is_up(data: Path) -> bool:
    embedded = EmbeddedPostgres(data)
    try:
        with psycopg.connect(embedded.conninfo("postgres"), connect_timeout=2) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False


def postmaster(data: Path) -> int:
    return int((data / "postgres" / "postmaster.pid").read_text().split()[0])


def test_the_last_user_stops_it(cluster: Path) -> None:
    first, second = EmbeddedPostgres(cluster), EmbeddedPostgres(cluster)
    first.start()
    server = postmaster(cluster)
    second.start()
    assert postmaster(cluster) == server
    first.stop()
    assert is_up(cluster)
    second.stop()
    assert not is_up(cluster)
    assert not (cluster / "postgres" / "postmaster.pid").exists()
    second.stop()  # once more does no harm


def test_it_is_eighteen_and_listens_on_no_port(cluster: Path) -> None:
    with EmbeddedPostgres(cluster) as embedded, psycopg.connect(embedded.conninfo("postgres")) as connection:
        assert connection.info.server_version // 10_000 == 18
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert embedded.socket_dir.stat().st_mode & 0o077 == 0


def test_a_server_whose_users_were_killed_is_used_again(cluster: Path) -> None:
    embedded = EmbeddedPostgres(cluster)
    embedded.start()
    server = postmaster(cluster)
    if embedded._users is not None:  # what the end of a killed process does
        embedded._users.close()
    with EmbeddedPostgres(cluster):
        assert postmaster(cluster) == server
    assert not is_up(cluster)


def test_users_with_different_temporary_folders_meet(
    cluster: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with EmbeddedPostgres(cluster):
        other = EmbeddedPostgres(cluster)
        other.socket_dir = tmp_path / "elsewhere"
        with other, psycopg.connect(other.conninfo("postgres")) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    long = tmp_path / ("long" * 30)
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(long))
    assert EmbeddedPostgres(cluster).socket_dir.parent == Path("/tmp")


def test_it_is_revived_only_by_a_user_of_it_and_only_when_it_has_died(cluster: Path) -> None:
    embedded = EmbeddedPostgres(cluster)
    with embedded:
        server = postmaster(cluster)
        assert embedded.answers()
        assert not embedded.revive()
        assert postmaster(cluster) == server
        os.kill(server, signal.SIGKILL)
        wait_until(lambda: not embedded.answers(), 20)
        assert not is_up(cluster)
        wait_until(lambda: revived(embedded), 20)
        assert is_up(cluster)
        assert postmaster(cluster) != server
    assert not embedded.revive(), "it was stopped, and has not died"
    assert not is_up(cluster)


def revived(embedded: EmbeddedPostgres) -> bool:
    """Whether it could be; at first the processes of the dead server may still be ending."""
    try:
        return embedded.revive()
    except EmbeddedFailed:
        return False


def test_it_starts_after_a_crash_though_its_process_id_belongs_to_another(cluster: Path) -> None:
    embedded = EmbeddedPostgres(cluster)
    embedded.start()
    server = postmaster(cluster)
    os.kill(server, signal.SIGKILL)
    wait_until(lambda: not _lives(server), 20)
    # The ids of processes are given again; here, to one of another account.
    note = cluster / "postgres" / "postmaster.pid"
    note.write_text(note.read_text().replace(str(server), str(os.getpid()), 1))
    if os.geteuid() != 0:
        pytest.skip("takes a process of another account")
    if embedded._users is not None:
        embedded._users.close()
    with EmbeddedPostgres(cluster):
        assert is_up(cluster)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_cluster_of_another_version_is_left_alone(cluster: Path) -> None:
    version = cluster / "postgres" / "PG_VERSION"
    version.write_text("15\n")
    try:
        with pytest.raises(EmbeddedFailed, match="a PostgreSQL 15 cluster and this software runs 18"):
            EmbeddedPostgres(cluster).start()
    finally:
        version.write_text("18\n")
    with EmbeddedPostgres(cluster):
        assert is_up(cluster)


def test_an_interrupted_initialisation_leaves_no_half_cluster(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = folder / "data"
    run = EmbeddedPostgres._run

    def interrupted(self: EmbeddedPostgres, program: str, *arguments: str) -> None:
        run(self, program, *arguments)
        if program == "initdb":
            raise KeyboardInterrupt

    with monkeypatch.context() as planted:
        planted.setattr(EmbeddedPostgres, "_run", interrupted)
        with pytest.raises(KeyboardInterrupt):
            EmbeddedPostgres(data).start()
    assert (data / "postgres.making" / "PG_VERSION").exists()
    assert not (data / "postgres").exists()
    with EmbeddedPostgres(data) as embedded, psycopg.connect(embedded.conninfo("postgres")) as connection:
        # Whole: with our settings, which come last.
        assert connection.execute("SHOW max_connections").fetchone() == ("200",)
    assert not (data / "postgres.making").exists()


def test_a_folder_of_something_else_is_not_touched(folder: Path) -> None:
    data = folder / "data"
    (data / "postgres").mkdir(parents=True)
    (data / "postgres" / "letter.txt").write_text("mine")
    if os.geteuid() == 0:
        shutil.chown(data / "postgres", ACCOUNT)
    with pytest.raises(EmbeddedFailed, match="holds no PostgreSQL cluster"):
        EmbeddedPostgres(data).start()
    assert (data / "postgres" / "letter.txt").read_text() == "mine"


def test_a_data_directory_that_cannot_be_made(folder: Path) -> None:
    (folder / "file").write_text("")
    for impossible in (folder / "file", folder / "file" / "data", Path("/proc/candour")):
        with pytest.raises(EmbeddedFailed, match="CANDOUR_DATA_DIR"):
            EmbeddedPostgres(impossible).start()


@as_root
def test_a_closed_parent_is_named_and_stays_closed(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(EmbeddedFailed, match=f"{closed} is closed to the account {ACCOUNT}"):
        EmbeddedPostgres(closed / "data").start()
    assert closed.stat().st_mode & 0o777 == 0o700
    assert not (closed / "data").exists()


@as_root
def test_a_strict_umask_does_not_close_the_folder_that_is_made(folder: Path) -> None:
    before = os.umask(0o077)
    try:
        make_data_dir(folder / "data")
    finally:
        os.umask(before)
    assert (folder / "data").stat().st_mode & 0o777 == 0o755


@as_root
def test_a_folder_of_another_account_is_refused(cluster: Path, folder: Path) -> None:
    # As an ordinary account would meet them: a folder it cannot write to, and a store of somebody else.
    for data in (folder / "data", cluster):
        embedded = EmbeddedPostgres(data)
        embedded._account = None
        os.seteuid(getpwnam(ACCOUNT).pw_uid)
        try:
            with pytest.raises(EmbeddedFailed, match=r"Permission denied.*set CANDOUR_DATA_DIR to a folder of yours"):
                embedded.start()
        finally:
            os.seteuid(0)


def test_a_failed_start_says_what_the_server_said(cluster: Path) -> None:
    config = cluster / "postgres" / "postgresql.conf"
    before = config.read_text()
    config.write_text(before + "max_connections = nonsense\n")
    try:
        with pytest.raises(EmbeddedFailed, match='invalid value for parameter "max_connections"'):
            EmbeddedPostgres(cluster).start()
    finally:
        config.write_text(before)


def test_the_probe_of_these_tests_can_fail(folder: Path) -> None:
    """The negative control of `is_up`."""
    assert not is_up(folder / "nothing")
    with socket.socket(socket.AF_UNIX) as probe:
        assert probe.connect_ex(str(folder / "nothing")) != 0
