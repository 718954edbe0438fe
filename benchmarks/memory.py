"""Peak memory: of a tree of processes in proportional set size, of PostgreSQL what is private to its processes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PROC = Path("/proc")
EVERY_SECONDS = 0.5  # looking through the pages of three processes takes them 40 ms


class Peak:
    """The most that was seen, in megabytes: of the programs, of the server's processes, and of both at one time."""

    def __init__(self) -> None:
        self.programs = self.server = self.both = 0.0

    def look(self, programs: int, server: int) -> None:
        """Look once at the trees of processes that these two began."""
        ours = sum(_read(pid, "smaps_rollup", ("Pss:",)) for pid in _tree(programs))
        theirs = sum(_read(pid, "status", ("RssAnon:",)) for pid in _tree(server))
        self.programs, self.server = max(self.programs, ours / 1024), max(self.server, theirs / 1024)
        self.both = max(self.both, (ours + theirs) / 1024)


@contextmanager
def watched(programs: int, server: int) -> Iterator[Peak]:
    """Look at both trees of processes while the body runs.

    What the server's processes share (its buffers, of a fixed size) is left out: the operating system counts it for
    whoever touched it.
    """
    peak, over = Peak(), threading.Event()

    def watch() -> None:
        while not over.wait(EVERY_SECONDS):
            peak.look(programs, server)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        over.set()
        thread.join()


def _tree(root: int) -> list[int]:
    found, waiting = list[int](), [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        with suppress(OSError):
            for task in (PROC / str(pid) / "task").iterdir():
                with suppress(OSError):
                    waiting += map(int, (task / "children").read_text().split())
    return found


def _read(pid: int, file: str, names: tuple[str, ...]) -> int:
    """Kilobytes; 0 of a process that has ended."""
    with suppress(OSError):
        lines = (PROC / str(pid) / file).read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith(names))
    return 0
