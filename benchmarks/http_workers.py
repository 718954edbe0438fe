"""Commands per second over HTTP with one worker process and with two, side by side.

Run `python -m benchmarks.http_workers [--json] [--seconds S] [--rounds R]`. Each is `candour serve` as it is shipped,
over a database of its own in one PostgreSQL, without the projector; both run all the time and take turns in random
order within each round. The load comes from another process. Rates and ratios are medians over the rounds, a ratio
being taken within its round. Load, server and PostgreSQL share the cores: with two of them there is little for a second
worker to take, so the ratio says what it costs or brings on this machine and has no bar.
"""

import argparse
import os
import random
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from adapters.postgres.embedded import EmbeddedPostgres
from benchmarks import bench
from benchmarks.http import BODIES, MOST_PER_SECOND, WARM_UP, load, reported
from domain.event import Role

WORKERS = (1, 2)
CONNECTIONS = (8, 32)


@contextmanager
def served(workers: int, conninfo: str, data_dir: Path) -> Iterator[int]:
    """The port on which so many workers serve."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    given = {"DATABASE_URL": conninfo, "CANDOUR_DATA_DIR": str(data_dir), "CANDOUR_PORT": str(port)}
    command = [str(Path(sys.executable).parent / "candour"), "serve", "--no-projector", "--workers", str(workers)]
    with subprocess.Popen(command, env=os.environ | given, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            if "serves" not in process.stderr.readline():
                raise RuntimeError(f"{workers} workers could not be started")
            yield port
        finally:
            process.terminate()
            process.wait(30)


def measure(server: EmbeddedPostgres, *, seconds: float, rounds: int) -> dict[str, dict[str, Any]]:
    """body and connections -> workers -> rate (commands/s) and p99_ms, and `ratio`, two over one."""
    samples: dict[tuple[str, int], dict[int, list[bench.Sample]]] = {}
    with ExitStack() as stack:
        systems = {workers: bench.new_system(server, f"workers_{workers}") for workers in WORKERS}
        for system in systems.values():
            stack.callback(system.close)
        ports = {
            workers: stack.enter_context(
                served(workers, server.conninfo("postgres", f"workers_{workers}"), server.data_dir)
            )
            for workers in WORKERS
        }
        token = f"authorization: Bearer {systems[1].tokens.issue('staff-1', [Role.RECORDER], 'kent')}"
        for number in range(1, rounds + 1):
            for name, (command, body) in BODIES.items():
                for connections in CONNECTIONS:
                    for workers in random.sample(WORKERS, len(WORKERS)):
                        cases = reported(systems[workers], int((seconds + WARM_UP) * MOST_PER_SECOND))
                        lines = [f"/v1/cases/{case}/{command}" for case in cases]
                        job: dict[str, Any] = {"connections": connections, "seconds": seconds, "repeat": False}
                        sample = load(ports[workers], lines, [token, 'if-match: "1"'], body, **job)
                        samples.setdefault((name, connections), {}).setdefault(workers, []).append(sample)
                        bench.progress(
                            f"round {number}/{rounds}  {name:6}  {connections:2} connections  {workers} workers  "
                            f"{sample.rate:6.0f}/s  p99 {sample.p99_ms:.1f} ms"
                        )
    return {
        f"{name}, {connections} connections": {str(workers): bench.middle(taken) for workers, taken in by.items()}
        | {"ratio": round(median(two.rate / one.rate for one, two in zip(by[1], by[2], strict=True)), 3)}
        for (name, connections), by in samples.items()
    }


def show(figures: dict[str, dict[str, Any]]) -> None:
    """Print the figures and the ratios."""
    table = Table("Body", "1 worker", "2 workers", "2 ÷ 1")
    for name, by in figures.items():
        cells = (f"{by[str(n)]['rate']:,.0f}/s, p99 {by[str(n)]['p99_ms']:.1f} ms" for n in WORKERS)
        table.add_row(name, *cells, f"{by['ratio']:.2f}")
    Console().print(table)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of one measurement")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with bench.own_server() as server:
        figures = measure(server, seconds=given.seconds, rounds=given.rounds)
    if given.json:
        bench.print_json({"figures": figures, "cores": os.cpu_count()})
    else:
        show(figures)


if __name__ == "__main__":
    main()
