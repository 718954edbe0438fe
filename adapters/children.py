"""Child processes of a server: started again when they end, ever later if they keep ending; stopped with it."""

import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from adapters import logs

RESTART_SECONDS = 1.0
LONGEST_RESTART_SECONDS = 30.0
STOP_SECONDS = 10
LONGEST_START_SECONDS = 120.0  # PostgreSQL may have to come up first, which is given 60


@dataclass(frozen=True)
class Child:
    """A command of `candour` to be kept running.

    With `silence` (seconds) it prints something when it is ready, upon which `when_ready` is called, and again and
    again while it lives; one that prints nothing for longer hangs, and is killed.
    """

    name: str
    arguments: Sequence[str]
    sockets: Sequence[int] = ()
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    silence: float | None = None
    when_ready: Callable[[], None] = lambda: None


@contextmanager
def kept_running(*children: Child) -> Iterator[None]:
    """Run the children while the body runs; all are told to stop at the same time, and killed if they do not."""
    kept = [_Kept(child) for child in children]
    try:
        for each in kept:
            each.start()
        yield
    finally:
        for each in kept:
            each.tell_to_stop()
        deadline = time.monotonic() + STOP_SECONDS
        for each in kept:
            each.see_it_stopped(deadline)


class _Kept:
    """One child, and the thread that waits for its end."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher = threading.Thread(target=self._watch, name=child.name, daemon=True)

    def start(self) -> None:
        self._watcher.start()

    def tell_to_stop(self) -> None:
        self._stopping.set()
        if self._process is not None:
            self._process.terminate()

    def see_it_stopped(self, deadline: float) -> None:
        if self._watcher.ident is not None:
            self._watcher.join(max(0.0, deadline - time.monotonic()))
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _watch(self) -> None:
        delay = RESTART_SECONDS
        while not self._stopping.is_set():
            started = time.monotonic()
            process = self._process = self._started()
            if self._stopping.is_set():  # it began while the others were being stopped
                process.terminate()
            if self._child.silence is not None:
                self._listen(process, self._child.silence)
            process.wait()
            # One that fails at once would use up a core if it were started again without a pause.
            lasted = time.monotonic() - started > LONGEST_RESTART_SECONDS
            delay = RESTART_SECONDS if lasted else min(delay * 2, LONGEST_RESTART_SECONDS)
            if not self._stopping.is_set():
                logs.logger("candour.serve").warning(f"{self._child.name}_ended", status=process.returncode)
            self._stopping.wait(delay)

    def _listen(self, process: "subprocess.Popen[bytes]", silence: float) -> None:
        """Return when the child has ended, or has been killed because it hangs."""
        assert process.stdout is not None
        with process.stdout as said:
            patience, is_ready = max(silence, LONGEST_START_SECONDS), False
            while select.select([said], [], [], patience)[0]:
                if not os.read(said.fileno(), 1024):
                    return
                if not is_ready:
                    self._child.when_ready()
                patience, is_ready = silence, True
            if not self._stopping.is_set():  # whoever stops it has a patience of its own
                logs.logger("candour.serve").warning(f"{self._child.name}_hangs")
                process.kill()

    def _started(self) -> "subprocess.Popen[bytes]":
        # -P: modules come from where this software is installed, not from the folder that it is started in.
        command = [sys.executable, "-P", "-m", "adapters.cli.main", *self._child.arguments]
        return subprocess.Popen(
            [*command, "--beside", str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if self._child.silence is not None else None,
            pass_fds=self._child.sockets,
            env=os.environ | self._child.environment,
            # A group of its own: Ctrl-C reaches the server alone, which stops this one in its turn.
            process_group=0,
        )
