"""Rebuilding the case facts, present rows and every version, from a long log.

Run `python -m benchmarks.rebuild [--json] [--events N] [--rounds R] [--seconds S] [--processes P] [--data FOLDER]`. In
each round, in turns: the rebuild; a loop that only COPYs the events out and validates them, in as many processes; the
stock `ProjectionRunner` (for a bounded time over the beginning of the same log, into an equivalent read model); and
the rebuild of a log of a tenth of the size, for its memory. Ratios are taken within a round, then their median. The
time of a rebuild is that from the call to a read model that could be promoted, with its indexes; both it and that of
the loop include the start of their processes.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from adapters.postgres.difference import content
from adapters.postgres.embedded import EmbeddedPostgres
from adapters.postgres.read_model import SCHEMA, ReadModel
from adapters.postgres.rebuild import rebuild
from adapters.settings import Settings
from adapters.system import System
from benchmarks import bench
from benchmarks.copy_out import copy_out
from benchmarks.history import begun, first_rows, history
from benchmarks.memory import Peak, watched
from benchmarks.project import empty
from benchmarks.stock_projection import Stock, versions_upto
from projections.case_facts import case_facts

STOCK_EVENTS = 20_000
OF_THE_LOOP, OF_STOCK, GOAL, OF_MEMORY = 0.25, 50.0, 100.0, 1 / 1.1


class Rebuilt(NamedTuple):
    """One rebuild: events per second, and the most memory that it took."""

    rate: float
    peak: Peak


class Round(NamedTuple):
    """Events per second of the three, and the memory of the rebuild, over the whole log and over a tenth of it."""

    rebuild: float
    loop: float
    stock: float
    peak: Peak
    peak_of_tenth: Peak


def rebuilt(server: EmbeddedPostgres, system: System, processes: int) -> Rebuilt:
    """Rebuild in a process of its own, as `candour projections rebuild` does; raises if it does not end well."""
    postmaster = int((server.cluster / "postmaster.pid").read_text().split()[0])
    given = [system.settings.database_url or "", str(system.settings.data_dir), str(processes)]
    command = [sys.executable, "-c", "from benchmarks.rebuild import work; work()", *given]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child, watched(child.pid, postmaster) as peak:
        told, _ = child.communicate()
    if child.returncode:
        raise RuntimeError("the rebuild failed")
    position, seconds = json.loads(told)
    return Rebuilt(position / seconds, peak)


def work() -> None:
    """The process that rebuilds: the position reached and the seconds that it took, on standard output."""
    url, folder, processes = sys.argv[1:4]
    system = System(Settings(url, Path(folder)), None)
    with empty(system) as projector:
        began = perf_counter()
        position = rebuild(
            system.conninfo("candour_projector"), projector.connection, projector.model, processes=int(processes)
        )
        print(json.dumps([position, perf_counter() - began]), flush=True)


class Contest:
    """What takes turns; each rebuild must come to the same content, and to the same versions as the stock library."""

    def __init__(self, server: EmbeddedPostgres, whole: System, tenth: System, stock: Stock, processes: int) -> None:
        self.server, self.whole, self.tenth, self.stock, self.processes = server, whole, tenth, stock, processes
        self.position = whole.store.head().position
        self.held: Any = None

    def round(self, seconds: float) -> Round:
        """Each of them once."""
        ours = rebuilt(self.server, self.whole, self.processes)
        self._check()
        began = perf_counter()
        copy_out(self.whole.conninfo("candour_projector"), self.position, self.processes)
        loop = self.position / (perf_counter() - began)
        stock = self.stock.rate(seconds)
        with self.whole.connect("candour_reader") as reader:
            table = f"{SCHEMA}.{ReadModel(case_facts).history}"
            if versions_upto(reader, table, self.stock.done) != self.stock.versions():
                raise RuntimeError("the stock library's read model is another than ours")
        smaller = rebuilt(self.server, self.tenth, self.processes)
        return Round(ours.rate, loop, stock, ours.peak, smaller.peak)

    def _check(self) -> None:
        with self.whole.connect("candour_reader") as reader:
            found = content(reader, ReadModel(case_facts))
        if self.held not in (None, found):
            raise RuntimeError(f"two rebuilds differ: {self.held} and {found}")
        self.held = found


def measure(*, events: int, rounds: int, seconds: float, processes: int, folder: Path | None) -> dict[str, Any]:
    """Everything that is printed."""
    with history(events, folder) as (server, whole):
        stock = Stock(server, "stock", first_rows(whole, STOCK_EVENTS))
        position = whole.store.head().position
        tenth = begun(server, "tenth", position // 10)
        taken: list[Round] = []
        try:
            contest = Contest(server, whole, tenth, stock, processes)
            for number in range(1, rounds + 1):
                taken.append(contest.round(seconds))
                bench.progress(f"round {number}/{rounds}  {_told(taken[-1])}")
        finally:
            tenth.close()
    return {
        "events": position,
        "processes": processes,
        "columns": {"all": len(ReadModel(case_facts).columns), "of_metrics": len(case_facts.derived)},
        **{
            name: {"rate": round(median(getattr(each, name) for each in taken), 1)}
            for name in ("rebuild", "loop", "stock")
        },
        "ratios": {
            "loop": _middle([each.rebuild / each.loop for each in taken]),
            "stock": _middle([each.rebuild / each.stock for each in taken]),
            "memory": _middle([each.peak_of_tenth.both / each.peak.both for each in taken]),
        },
        "memory_mb": {
            "whole": _memory([each.peak for each in taken]),
            "tenth": _memory([each.peak_of_tenth for each in taken]),
        },
    }


def _told(found: Round) -> str:
    rates = "  ".join(f"{name} {getattr(found, name):,.0f}/s" for name in ("rebuild", "loop", "stock"))
    return f"{rates}  {found.peak.both:.0f} MB, of a tenth {found.peak_of_tenth.both:.0f} MB"


def _middle(ratios: list[float]) -> dict[str, float]:
    return {name: round(of(ratios), 3) for name, of in (("median", median), ("least", min), ("most", max))}


def _memory(peaks: list[Peak]) -> dict[str, float]:
    names = ("programs", "server", "both")
    return {name: round(median(getattr(peak, name) for peak in peaks), 1) for name in names}


def show(found: dict[str, Any]) -> None:
    """The tables for people."""
    table = Table("Way", "Events/s", "Rebuild ÷ it", "from", "to", title=f"{found['events']:,} events")
    for name in ("rebuild", "loop", "stock"):
        ratio = found["ratios"].get(name, {"median": 1, "least": 1, "most": 1})
        table.add_row(
            name, f"{found[name]['rate']:,.0f}", *(f"{ratio[part]:.2f}" for part in ("median", "least", "most"))
        )
    Console().print(table)
    memory = Table("Log", "Programs, MB", "Server, MB", "Together")
    for name, peak in found["memory_mb"].items():
        memory.add_row(name, *(f"{peak[part]:.0f}" for part in ("programs", "server", "both")))
    Console().print(memory)
    ratios = {name: ratio["median"] for name, ratio in found["ratios"].items()}
    bench.show_bars(
        [
            bench.Bar("rebuild ÷ loop that only copies out and validates", ratios["loop"], OF_THE_LOOP),
            bench.Bar(f"rebuild ÷ stock (the goal is {GOAL:.0f})", ratios["stock"], OF_STOCK),
            bench.Bar("peak memory of a tenth ÷ of the whole", ratios["memory"], OF_MEMORY),
        ]
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.rebuild", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON on standard output")
    parser.add_argument("--events", type=int, default=1_000_000, help="events of the log, about (default 1,000,000)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, of which the medians are taken (default 3)")
    parser.add_argument("--seconds", type=float, default=8.0, help="time for the stock library in a round (default 8)")
    parser.add_argument("--processes", type=int, default=2, help="processes of the rebuild and of the loop (default 2)")
    parser.add_argument("--data", type=Path, help="a folder that keeps the log for the next run")
    given = parser.parse_args()
    found = measure(
        events=given.events,
        rounds=given.rounds,
        seconds=given.seconds,
        processes=given.processes,
        folder=given.data,
    )
    if given.json:
        bench.print_json(found)
    else:
        show(found)


if __name__ == "__main__":
    main()
