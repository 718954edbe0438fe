"""What the benchmarks share: a server of their own, threads in a closed loop, medians, a table or JSON."""

import json
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

import psycopg
from rich.console import Console
from rich.table import Table

from adapters.postgres.embedded import EmbeddedPostgres
from adapters.settings import Settings
from adapters.system import System

Work = Callable[[], object]
FLUSH_2MS = ("ALTER SYSTEM SET commit_delay = 2000", "ALTER SYSTEM SET commit_siblings = 0")
AS_IT_IS = ("ALTER SYSTEM RESET commit_delay", "ALTER SYSTEM RESET commit_siblings")
REGIMES = {"disk": AS_IT_IS, "flush_2ms": FLUSH_2MS}


class Sample(NamedTuple):
    """One measurement: calls per second, and the 99th percentile of the time of one call in milliseconds."""

    rate: float
    p99_ms: float


class Bar(NamedTuple):
    """A ratio and what it has to reach."""

    claim: str
    ratio: float
    least: float

    @property
    def holds(self) -> bool:
        """Whether the ratio reaches the bar."""
        return self.ratio >= self.least


@contextmanager
def own_server(kept: Path | None = None) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL in a temporary folder, which goes with it; or in one that is kept."""
    folder = kept or Path(tempfile.mkdtemp(prefix="candour-bench-", dir="/var/tmp" if os.geteuid() == 0 else None))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    server = EmbeddedPostgres(folder / "data")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the server stops then too
    try:
        with server:
            yield server
    finally:
        if kept is None:
            shutil.rmtree(server.socket_dir, ignore_errors=True)
            shutil.rmtree(folder, ignore_errors=True)


def execute(server: EmbeddedPostgres, *statements: str, dbname: str = "postgres") -> None:
    """Run statements as the administrator, each in its own commit."""
    with psycopg.connect(server.conninfo("postgres", dbname), autocommit=True) as admin:
        for statement in statements:
            admin.execute(statement)  # pyright: ignore[reportArgumentType,reportCallIssue]


def set_regime(server: EmbeddedPostgres, regime: str) -> None:
    """Flush as the disk does (`disk`), or in at least 2 ms (`flush_2ms`)."""
    execute(server, *REGIMES[regime], "SELECT pg_reload_conf()")


def new_system(server: EmbeddedPostgres, dbname: str, *, synthetic: bool = False) -> System:
    """A migrated system over a new database of that server. Close it."""
    execute(server, f"CREATE DATABASE {dbname}")
    system = System(Settings(server.conninfo("postgres", dbname), server.data_dir), None)
    system.migrate(synthetic=synthetic)
    return system


def closed_loop(calls: Sequence[Work], seconds: float, *, warm_up: float = 0.3) -> Sample:
    """Call each in a thread of its own, over and over; the first error of any of them is raised."""
    times: list[list[float]] = [[] for _ in calls]
    errors: list[BaseException] = []
    start = threading.Barrier(len(calls) + 1)
    measuring, over = threading.Event(), threading.Event()

    def writer(call: Work, taken: list[float]) -> None:
        start.wait()
        try:
            while not over.is_set():
                began = perf_counter()
                call()
                if measuring.is_set():
                    taken.append(perf_counter() - began)
        except BaseException as error:
            errors.append(error)
            over.set()

    threads = [threading.Thread(target=writer, args=pair, daemon=True) for pair in zip(calls, times, strict=True)]
    for thread in threads:
        thread.start()
    try:
        start.wait()
        over.wait(warm_up)
        began = perf_counter()
        measuring.set()
        over.wait(seconds)
        measuring.clear()
        elapsed = perf_counter() - began
    finally:
        over.set()
        for thread in threads:
            thread.join(30)
    if errors:
        raise errors[0]
    taken = sorted(time for each in times for time in each)
    if not taken:
        raise RuntimeError(f"not one call ended in {seconds} s; give more --seconds")
    return Sample(len(taken) / elapsed, taken[min(len(taken) - 1, len(taken) * 99 // 100)] * 1000)


def middle(samples: Sequence[Sample]) -> dict[str, float]:
    """The medians of several rounds, as they are printed."""
    return {
        "rate": round(median(sample.rate for sample in samples), 1),
        "p99_ms": round(median(sample.p99_ms for sample in samples), 3),
    }


def progress(text: str) -> None:
    """A line on standard error, so that JSON on standard output stays whole."""
    print(text, file=sys.stderr, flush=True)


def show_bars(bars: Sequence[Bar]) -> None:
    """Print each bar with what was measured."""
    table = Table("Bar", "Measured", "At least", "Holds")
    for bar in bars:
        table.add_row(bar.claim, f"{bar.ratio:.2f}", f"{bar.least:.2f}", "yes" if bar.holds else "[red]no[/red]")
    Console().print(table)


def print_json(answer: object) -> None:
    """The answer for machines, on standard output."""
    print(json.dumps(answer, indent=2))
