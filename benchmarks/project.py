"""Projecting: catch-up against the stock `ProjectionRunner`, and how soon a command is visible in the figures.

Run `python -m benchmarks.project [--json] [--events N] [--rounds R] [--seconds S]`. A simulated history is projected
from nothing as `candour project` does it (`catch_up`), page by page (`pages`), and by the stock library (`stock`, for
a bounded time over the beginning of the same log). They take turns; ratios are taken within a round, then their
median. Then commands are given at a steady rate, with the projector beside as `candour serve` runs it.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from statistics import median
from time import perf_counter, sleep
from typing import Any, NamedTuple
from uuid import uuid4

from rich.console import Console
from rich.table import Table

from adapters.postgres import projecting
from adapters.postgres.difference import content
from adapters.postgres.projector import Busy, Projector
from adapters.postgres.read_model import SCHEMA, ReadModel
from adapters.system import System
from application.ports import Actor
from benchmarks import bench
from benchmarks.history import FORCES, first_rows, history
from benchmarks.stock_projection import Stock, versions_upto
from domain.case.outcome import AssignOutcome
from domain.case.recording import RecordCrime, RegisterIncident, ReportCrime, ReporterRole, Route
from domain.event import Command, Role
from domain.values import instant
from projections.case_facts import case_facts

STOCK_EVENTS = 20_000
AT_LEAST, AT_MOST_MS, PER_SECOND = 30.0, 20.0, 20
WARM_UP_SECONDS = 3.0


class Round(NamedTuple):
    """Events per second of the three."""

    catch_up: float
    pages: float
    stock: float


@contextmanager
def empty(system: System) -> Iterator[Projector]:
    """A projector over a read model with nothing in it."""
    projector = system.projector(case_facts)
    with projector.connection as connection:
        while True:
            try:
                projector.lock()
                break
            except Busy:  # the connection of the last round is just being closed
                sleep(0.05)
        projector.prepare()
        projector.model.drop(connection)
        projector.prepare()
        yield projector


def one_round(system: System, stock: Stock, seconds: float) -> Round:
    """Each of the three once; raises if they do not come to the same content."""
    conninfo = system.conninfo("candour_projector")
    found: list[Any] = []
    rates: list[float] = []
    for way in ("catch_up", "pages"):
        with empty(system) as projector:
            began = perf_counter()
            position = projecting.catch_up(conninfo, projector) if way == "catch_up" else projector.catch_up()
            rates.append(position / (perf_counter() - began))
            found.append(content(projector.connection, projector.model))
    if found[0] != found[1]:
        raise RuntimeError(f"catch-up and pages differ: {found[0]} and {found[1]}")
    found_round = Round(rates[0], rates[1], stock.rate(seconds))
    with system.connect("candour_reader") as reader:
        table = f"{SCHEMA}.{ReadModel(case_facts).history}"
        if versions_upto(reader, table, stock.done) != stock.versions():
            raise RuntimeError("the stock library's read model is another than ours")
    return found_round


def commands(force: str, number: int) -> tuple[str, int, Command[Any]]:
    """The nth command of a steady flow: stream, expected version, command. Each case gets four."""
    case, step = divmod(number, 4)
    now = instant(datetime.now(UTC))
    command = (
        ReportCrime(received_at=now, route=Route.CONTROL_ROOM, reporter_role=ReporterRole.VICTIM, alleged="8N"),
        RegisterIncident(incident=f"INC-{case}"),
        RecordCrime(offence="8N"),
        AssignOutcome(outcome=18),
    )[step]
    return f"case-{uuid4()}" if step == 0 else "", step, command


def visible(system: System, seconds: float) -> list[float]:
    """Milliseconds from the answer to a command until the figures have it, sorted."""
    actor = Actor("staff-1", frozenset({Role.RECORDER, Role.SUPERVISOR}), FORCES[0])
    accepted: SimpleQueue[tuple[int, float] | None] = SimpleQueue()
    taken: list[float] = []

    def watch() -> None:
        while (next_one := accepted.get()) is not None:
            position, at = next_one
            while system.metrics.standing().position < position:
                sleep(0.0005)
            taken.append((perf_counter() - at) * 1000)

    async def give() -> None:
        stream = ""
        start = perf_counter()
        for number in range(round((seconds + WARM_UP_SECONDS) * PER_SECOND)):
            await asyncio.sleep(max(0.0, start + number / PER_SECOND - perf_counter()))
            new, expected, command = commands(FORCES[0], number)
            stream = new or stream
            done = await system.handler.handle(command, actor, stream=stream, expected=expected)
            accepted.put((done.position, perf_counter()))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        asyncio.run(give())
    finally:
        accepted.put(None)
        watcher.join()
    return sorted(taken[round(WARM_UP_SECONDS * PER_SECOND) :])


@contextmanager
def follower(system: System) -> Iterator[None]:
    """The projector as a process of its own, as `candour serve` starts it, at the end of the log."""
    settings = {"DATABASE_URL": system.settings.database_url or "", "CANDOUR_DATA_DIR": str(system.settings.data_dir)}
    command = [sys.executable, "-P", "-m", "adapters.cli.main", "project", "--follow"]
    child = subprocess.Popen(
        command, stdin=subprocess.PIPE, env={**os.environ, **settings}, cwd=Path(__file__).parents[1]
    )
    try:
        while system.metrics.standing().lag:
            if child.poll() is not None:
                raise RuntimeError("the projector ended")
            sleep(0.1)
        sleep(1)
        yield
    finally:
        child.terminate()
        child.wait(30)


def measure(*, events: int, rounds: int, seconds: float, latency: float) -> dict[str, Any]:
    """Everything that is printed."""
    with history(events) as (server, system):
        position = system.store.head().position
        stock = Stock(server, "stock", first_rows(system, STOCK_EVENTS))
        taken: list[Round] = []
        for number in range(1, rounds + 1):
            taken.append(one_round(system, stock, seconds))
            figures = "  ".join(f"{name} {rate:,.0f}/s" for name, rate in taken[-1]._asdict().items())
            bench.progress(f"round {number}/{rounds}  {figures}")
        bench.progress(f"{PER_SECOND} commands/s for {latency:.0f} s")
        with follower(system):
            times = visible(system, latency)
    return {
        "events": position,
        **{name: {"rate": round(median(getattr(each, name) for each in taken), 1)} for name in Round._fields},
        "ratios": {
            "catch_up": round(median(each.catch_up / each.stock for each in taken), 2),
            "pages": round(median(each.pages / each.stock for each in taken), 2),
        },
        "visible": {
            "commands": len(times),
            "p50_ms": round(median(times), 3),
            "p99_ms": round(times[min(len(times) - 1, len(times) * 99 // 100)], 3),
        },
    }


def show(found: dict[str, Any]) -> None:
    """The tables for people."""
    table = Table("Way", "Events/s", "× stock", title=f"{found['events']:,} events from nothing")
    for name in Round._fields:
        table.add_row(name, f"{found[name]['rate']:,.0f}", f"{found['ratios'].get(name, 1):.1f}")
    Console().print(table)
    visible = found["visible"]
    Console().print(
        f"{visible['commands']} commands at {PER_SECOND}/s visible after {visible['p50_ms']:.1f} ms (p50), "
        f"{visible['p99_ms']:.1f} ms (p99)"
    )
    bench.show_bars(
        [
            bench.Bar("catch-up × stock", found["ratios"]["catch_up"], AT_LEAST),
            bench.Bar(f"{AT_MOST_MS:.0f} ms ÷ p99 until visible", AT_MOST_MS / visible["p99_ms"], 1.0),
        ]
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.project", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON on standard output")
    parser.add_argument("--events", type=int, default=200_000, help="events of the log, about (default 200,000)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, of which the medians are taken (default 3)")
    parser.add_argument("--seconds", type=float, default=8.0, help="time for the stock library in a round (default 8)")
    parser.add_argument("--latency", type=float, default=30.0, help="time of the steady commands (default 30)")
    given = parser.parse_args()
    found = measure(events=given.events, rounds=given.rounds, seconds=given.seconds, latency=given.latency)
    if given.json:
        bench.print_json(found)
    else:
        show(found)


if __name__ == "__main__":
    main()
