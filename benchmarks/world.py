"""A world with planted truth at the scale of forces: how long it takes to make, and whether its census is the truth.

Run `python -m benchmarks.world [--json] [--events N] [--data FOLDER]`. In the same run the same events are copied
out and back into an empty table, in binary form and without an index: what a store could do at most. Then the figures
are worked out from the log, and each that the truth knows is asked; all of them must be equal. In an empty `FOLDER` the
log is kept for the other benchmarks that take one.
"""

import argparse
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from adapters import simulator
from adapters.postgres import projecting
from adapters.postgres.embedded import EmbeddedPostgres
from adapters.postgres.question import Question
from adapters.system import System
from application.known_at import KnownAt
from application.simulation import Plan
from benchmarks import bench
from benchmarks.history import DATABASE, kept_whole, plan_for
from benchmarks.memory import watched
from projections import ALL
from projections.metrics import CATALOGUE

MODELS = tuple(each for each in ALL if each.name in {metric.over for metric in CATALOGUE.values()})
AT_MOST_MINUTES, AT_MOST_MB = 6.0, 600.0


class Made(NamedTuple):
    """What was made: events, seconds, seconds of work of this process, megabytes at most."""

    events: int
    seconds: float
    work: float
    megabytes: float


class Census(NamedTuple):
    """How many figures were asked, and those that are not what was planted: force, figure, found, planted."""

    asked: int
    differing: list[tuple[str, str, list[int], list[int]]]


def made(server: EmbeddedPostgres, system: System, plan: Plan, truth: Path) -> Made:
    """Make the world, in this process, and watch its memory."""
    postmaster = int((server.cluster / "postmaster.pid").read_text().split()[0])
    told = 0

    def progress(done: int, total: int) -> None:
        nonlocal told
        if done * 10 // total > told:
            told = done * 10 // total
            bench.progress(f"made {done:,} of {total:,} reports")

    with watched(os.getpid(), postmaster) as peak:
        began, worked = perf_counter(), process_time()
        written = simulator.write(system, plan, truth, progress)
        seconds, work = perf_counter() - began, process_time() - worked
    return Made(written.events, seconds, work, peak.programs)


def copied(system: System) -> float:
    """Seconds to copy the same events into a table without an index, once they are in memory."""
    with system.connect("admin") as admin:
        admin.execute("CREATE TABLE public.bare AS SELECT * FROM candour.events WITH NO DATA")
        with admin.cursor().copy("COPY candour.events TO STDOUT (FORMAT BINARY)") as out:
            blocks = list(out)
        began = perf_counter()
        with admin.cursor().copy("COPY public.bare FROM STDIN (FORMAT BINARY)") as into:
            for block in blocks:
                into.write(block)
        seconds = perf_counter() - began
        admin.execute("DROP TABLE public.bare")
    return seconds


def census(system: System, truth: Mapping[str, Any]) -> Census:
    """Every figure that the truth knows, asked at the end of the log."""
    for model in MODELS:
        projector = system.projector(model)
        with projector.connection:
            projector.lock()
            projector.prepare()
            projecting.catch_up(system.conninfo("candour_projector"), projector)
    known_at, asked, differing = KnownAt(position=system.store.head().position), 0, list[Any]()
    for force, figures in truth["census"].items():
        for name, planted in figures.items():
            metric, _, part = name.partition("/")
            if metric not in CATALOGUE:
                continue
            answer = system.metrics.answer(Question(CATALOGUE[metric], force=force, known_at=known_at))
            of = 0 if part else answer["denominator"] or 0
            found = [answer["parts"][part] if part else answer["numerator"] if of else answer["value"], of]
            asked += 1
            if found != planted:
                differing.append((force, name, found, planted))
    return Census(asked, differing)


def main() -> int:
    """Measure, print, and tell whether the bars hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--data", type=Path, help="an empty folder in which the log is kept")
    asked = parser.parse_args()
    plan = plan_for(asked.events)
    with bench.own_server(asked.data / f"{asked.events}" if asked.data else None) as server:
        system = bench.new_system(server, DATABASE, synthetic=True)
        try:
            truth = server.data_dir / "truth.json"
            world = made(server, system, plan, truth)
            kept_whole(server)
            bench.progress(f"{world.events:,} events in {world.seconds:.0f} s; copying them")
            bare = copied(system)
            bench.progress("working the figures out")
            found = census(system, json.loads(truth.read_bytes()))
        finally:
            system.close()
    minutes = world.seconds / 60 * 1_000_000 / world.events
    bars = [
        bench.Bar("a million events in minutes: 6 / minutes", AT_MOST_MINUTES / minutes, 1.0),
        bench.Bar("memory: 600 / megabytes", AT_MOST_MB / world.megabytes, 1.0),
        bench.Bar("figures that are what was planted", 1 - len(found.differing) / max(found.asked, 1), 1.0),
    ]
    answer = {
        "events": world.events,
        "seconds": round(world.seconds, 1),
        "seconds_of_work": round(world.work, 1),
        "events_per_second": round(world.events / world.seconds, 1),
        "bare_copy_events_per_second": round(world.events / bare, 1),
        "share_of_bare_copy": round(bare / world.seconds, 4),
        "megabytes": round(world.megabytes, 1),
        "figures_asked": found.asked,
        "differing": found.differing,
        "bars": [{"bar": bar.claim, "ratio": round(bar.ratio, 3), "holds": bar.holds} for bar in bars],
    }
    if asked.json:
        bench.print_json(answer)
    else:
        table = Table("What", "Measured")
        for name, value in answer.items():
            if name != "bars":
                table.add_row(name, f"{value:,}" if isinstance(value, int | float) else str(value))
        Console().print(table)
        bench.show_bars(bars)
    return 0 if found.asked and all(bar.holds for bar in bars) else 1


if __name__ == "__main__":
    sys.exit(main())
