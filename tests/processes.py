"""`candour` as a user has it: a process of its own, over a data directory and a port of its own."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from preloaded import preloaded

from adapters.postgres.embedded import EmbeddedPostgres

CANDOUR = str(Path(sys.executable).parent / "candour")

only_where_proc_is = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads /proc")


class Done(NamedTuple):
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.out)

    def is_one_line(self, code: int, phrase: str) -> None:
        """Nothing on standard output, one line on standard error, with this phrase and this exit code."""
        assert self.code == code, self
        assert self.out == "", self
        assert len(self.err.splitlines()) == 1, self.err
        assert self.err.startswith("candour: "), self.err
        assert phrase in self.err, self.err


@dataclass
class Running:
    """A server that was started, in a process group of its own."""

    process: "subprocess.Popen[bytes]"
    log: Path
    port: int

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def output(self) -> str:
        return self.log.read_text()

    def worked(self) -> float:
        """Seconds of a processor that it and the children it has waited for have had: others cannot make them more."""
        times = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[11:15]
        return sum(map(int, times)) / os.sysconf("SC_CLK_TCK")

    def wait_for(self, text: str, seconds: float = 120) -> str:
        """The output, once the text is in it."""
        wait_until(lambda: text in self.output() or self.process.poll() is not None, seconds)
        assert text in self.output(), self.output()
        return self.output()

    def ready(self) -> "Running":
        self.wait_for("Candour serves ")
        return self

    def interrupt(self, times: int = 1) -> int:
        """Ctrl-C in the terminal: SIGINT to the whole group; the exit code."""
        for _ in range(times):
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGINT)
            time.sleep(0.2)
        return self.process.wait(60)

    def end(self, number: int) -> int:
        """A signal to this one process; the exit code."""
        self.process.send_signal(number)
        return self.process.wait(60)


@dataclass
class Place:
    """A folder with a data directory, and a port."""

    folder: Path
    port: int
    running: list[Running] = field(default_factory=list)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def postmaster(self) -> int:
        """The process id of the embedded PostgreSQL."""
        return int((self.data / "postgres" / "postmaster.pid").read_text().split()[0])

    def environment(self, **more: str) -> dict[str, str]:
        bare = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "CANDOUR_HOST")}
        return bare | {"CANDOUR_DATA_DIR": str(self.data), "CANDOUR_PORT": str(self.port)} | more

    def run(self, *arguments: str, timeout: float = 120, **more: str) -> Done:
        """Run `candour` to its end."""
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            environment = self.environment(**more)
            code = preloaded().run([CANDOUR, *arguments], environment, self.folder, (out, err), timeout)
            out.seek(0)
            err.seek(0)
            return Done(code, out.read(), err.read())

    def start(self, *arguments: str, **more: str) -> Running:
        """Start `candour` in a process group of its own."""
        log = self.folder / f"output-{len(self.running)}.log"
        with log.open("w") as out:
            process = subprocess.Popen(
                [CANDOUR, *arguments],
                env=self.environment(**more),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        self.running.append(Running(process, log, self.port))
        return self.running[-1]

    def processes(self) -> dict[int, str]:
        """The processes that work for this data directory: by their command line or their environment."""
        found: dict[int, str] = {}
        for entry in Path("/proc").iterdir():
            with suppress(OSError):
                if entry.name.isdigit() and int(entry.name) != os.getpid():
                    line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    own = f"CANDOUR_DATA_DIR={self.data}\0".encode() in (entry / "environ").read_bytes() + b"\0"
                    if line and (own or str(self.data) in line):
                        found[int(entry.name)] = line
        return found

    def projector(self) -> int:
        """The process id of the projector, once it runs."""

        def find() -> int | None:
            return next((pid for pid, line in self.processes().items() if "project --follow" in line), None)

        return wait_until(find, 20)

    def is_open(self) -> bool:
        """Whether somebody takes connections on the port."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def must_be_quiet(self, seconds: float = 15) -> None:
        """Nothing that was started here is left."""
        with suppress(AssertionError):
            wait_until(lambda: not self.processes(), seconds)
        assert self.processes() == {}
        assert not self.is_open()


@contextmanager
def place_of_its_own() -> Iterator[Place]:
    """A place that is left clean: processes ended by their ids, folders removed."""
    folder = Path(tempfile.mkdtemp(prefix="candour-e2e-", dir="/var/tmp" if os.geteuid() == 0 else None))
    folder.chmod(0o755)
    place = Place(folder, free_port())
    try:
        yield place
    finally:
        for running in place.running:
            if running.process.poll() is None:
                running.process.kill()
                running.process.wait()
        with suppress(AssertionError):
            wait_until(lambda: not place.processes(), 10)
        for pid in place.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(EmbeddedPostgres(place.data).socket_dir, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    """A port of the loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(what: Callable[[], Any], seconds: float) -> Any:
    """What `what` returns, once that is true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} seconds")
