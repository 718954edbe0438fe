"""Single-event appends: Candour, the stock eventsourcing Application, and a bare INSERT of the same bytes.

Run `python -m benchmarks.append [--json] [--seconds S] [--rounds R]`. The variants take turns within each round; rates
and ratios are medians over the rounds, a ratio being taken within its round. Every writer is a thread that appends to
a stream of its own, takes a new stream after 10 events, and holds the version itself. `flush_2ms` makes PostgreSQL
wait 2 ms before each flush. One writer measures latency: other work on the machine moves its ratios most.
"""

import sys
from pathlib import Path

if not __package__:  # run as a file: the folder of the benchmarks would hide the library's own `http`
    sys.path[0] = str(Path(__file__).parents[1])

import argparse
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from itertools import count
from statistics import median
from uuid import UUID, uuid4

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from psycopg_pool import ConnectionPool
from rich.console import Console
from rich.table import Table

from adapters.eventstore.codec import encode
from adapters.postgres.embedded import EmbeddedPostgres
from application.ports import Append, NewEvent
from benchmarks import bench
from domain.case.recording import IncidentRegistered
from domain.event import Purpose, Role
from domain.values import Place, instant

WRITERS = (1, 8, 32)
STREAM_LENGTH = 10
PEERS = ("stock", "bare")
# regime -> (peer, writers, ours must reach this many times the rate of the peer)
BARS = {
    "disk": (("stock", 1, 1.3), ("stock", 32, 5.0), ("bare", 32, 0.45)),
    "flush_2ms": (("stock", 1, 1.0), ("stock", 32, 10.0), ("bare", 32, 0.35)),
}
TABLE = "CREATE TABLE bare (stream_id text, version bigint, type text, state text, PRIMARY KEY (stream_id, version))"
INSERT = "INSERT INTO bare (stream_id, version, type, state) VALUES (%s, %s, %s, %s)"

EVENT = IncidentRegistered(
    incident="INC-20260302-004471",
    place=Place(
        longitude="-0.117459",
        latitude="51.493712",
        location="On or near the pedestrian subway between the bus station and the car park of the northern shopping "
        "centre, by the entrance to the covered market",
        lsoa_code="E01003024",
        lsoa_name="Lambeth 011B",
    ),
)
AT = instant(datetime(2026, 3, 2, 9, 14, 7, 120000, tzinfo=UTC))
CAUSE = UUID("5c7e0d1a-93b4-4a27-8f0c-6d1e2b3a4f59")
Calls = Callable[[], object]


def envelope() -> NewEvent:
    """The event as a command hands it to the store; only the id differs from one to the next."""
    return NewEvent(
        uuid4(),
        EVENT,
        AT,
        "staff-8f14e45fceea",
        Role.RECORDER,
        Purpose.CRIME_RECORDING,
        unit="central-recording-centre-desk-04",
        correlation="req-0b0d4c1e-2f6a-4f3c-9a58-2d7c1f6b7e11",
        causation=CAUSE,
    )


STATE = encode(envelope(), "case-0", {})


class Log(Aggregate):
    """The aggregate of the stock library, with as many bytes of state in each event."""

    def __init__(self, body: str) -> None:
        self.body = body

    @event("Added")
    def add(self, body: str) -> None:
        self.body = body


@contextmanager
def ours(server: EmbeddedPostgres, writers: int, name: str) -> Iterator[list[Calls]]:
    """`PostgresEventStore.append`, as the system constructs it."""
    system = bench.new_system(server, name)
    store = system.store

    def writer() -> Calls:
        stream, version = "", STREAM_LENGTH

        def append() -> None:
            nonlocal stream, version
            if version == STREAM_LENGTH:
                stream, version = f"case-{uuid4()}", 0
            store.append(Append(stream, version, "kent", (envelope(),)))
            version += 1

        return append

    try:
        yield [writer() for _ in range(writers)]
    finally:
        system.close()


@contextmanager
def stock(server: EmbeddedPostgres, writers: int, name: str) -> Iterator[list[Calls]]:
    """`Application.save` with the library's default settings, and a connection for each writer."""
    bench.execute(server, f"CREATE DATABASE {name}")
    app = Application(
        {
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": name,
            "POSTGRES_HOST": str(server.socket_dir),
            "POSTGRES_PORT": "5432",
            "POSTGRES_USER": "postgres",
            "POSTGRES_PASSWORD": "none",
            "POSTGRES_POOL_SIZE": str(writers),
        }
    )
    body = _body_for(app)

    def writer() -> Calls:
        log, length = Log(body), STREAM_LENGTH

        def save() -> None:
            nonlocal log, length
            if length == STREAM_LENGTH:
                log, length = Log(body), 0
            else:
                log.add(body)
            app.save(log)
            length += 1

        return save

    try:
        yield [writer() for _ in range(writers)]
    finally:
        app.close()


def _body_for(app: Application) -> str:
    """Text that makes the library's state of one event as long as ours."""
    log = Log("")
    log.add("")
    added = log.collect_events()[1]
    return "x" * (len(STATE) - len(app.mapper.to_stored_event(added).state))


@contextmanager
def bare(server: EmbeddedPostgres, writers: int, name: str) -> Iterator[list[Calls]]:
    """One prepared INSERT in autocommit over a psycopg pool, with a connection for each writer: a floor, no store."""
    bench.execute(server, f"CREATE DATABASE {name}")
    bench.execute(server, TABLE, dbname=name)

    def writer(pool: ConnectionPool) -> Calls:
        stream, version = "", STREAM_LENGTH

        def insert() -> None:
            nonlocal stream, version
            if version == STREAM_LENGTH:
                stream, version = f"case-{uuid4()}", 0
            version += 1
            with pool.connection() as connection:
                connection.execute(INSERT, (stream, version, EVENT.NAME, STATE), prepare=True)

        return insert

    conninfo = server.conninfo("postgres", name)
    with ConnectionPool(conninfo, min_size=writers, max_size=writers, kwargs={"autocommit": True}) as pool:
        pool.wait()
        yield [writer(pool) for _ in range(writers)]


VARIANTS = {"ours": ours, "stock": stock, "bare": bare}
Figures = dict[str, dict[str, dict[str, dict[str, float]]]]
Ratios = dict[str, dict[str, dict[str, float]]]


def measure(server: EmbeddedPostgres, *, seconds: float, rounds: int) -> tuple[Figures, Ratios]:
    """regime -> variant -> number of writers -> rate (events/s) and p99_ms; regime -> peer -> writers -> ours ÷ it."""
    figures: Figures = {regime: {variant: {} for variant in VARIANTS} for regime in bench.REGIMES}
    ratios: Ratios = {regime: {peer: {} for peer in PEERS} for regime in bench.REGIMES}
    numbers = count(1)
    for regime in bench.REGIMES:
        bench.set_regime(server, regime)
        for writers in WRITERS:
            with ExitStack() as stack:
                calls = {
                    variant: stack.enter_context(opened(server, writers, f"bench_{next(numbers)}"))
                    for variant, opened in VARIANTS.items()
                }
                samples = [_round(calls, seconds) for _ in range(rounds)]
            for variant in VARIANTS:
                figures[regime][variant][str(writers)] = bench.middle([each[variant] for each in samples])
            for peer in PEERS:
                ratio = median(each["ours"].rate / each[peer].rate for each in samples)
                ratios[regime][peer][str(writers)] = round(ratio, 3)
            found = "  ".join(f"{v} {figures[regime][v][str(writers)]['rate']:.0f}/s" for v in VARIANTS)
            bench.progress(f"{regime:9}  {writers:2} writers, {rounds} rounds:  {found}")
    bench.set_regime(server, "disk")
    return figures, ratios


def _round(calls: dict[str, list[Calls]], seconds: float) -> dict[str, bench.Sample]:
    """Each variant once, in random order."""
    return {v: bench.closed_loop(calls[v], seconds) for v in random.sample(list(calls), len(calls))}


def bars(ratios: Ratios) -> list[bench.Bar]:
    """What has to hold, with what was measured."""
    return [
        bench.Bar(
            f"{regime}, {writers} writer{'s' * (writers > 1)}: × {peer}",
            ratios[regime][peer][str(writers)],
            least,
        )
        for regime, demands in BARS.items()
        for peer, writers, least in demands
    ]


def show(figures: Figures, ratios: Ratios) -> None:
    """The tables for people."""
    table = Table("Regime", "Writers", "Variant", "Events/s", "p99, ms", "Ours ÷ it", title=f"{len(STATE)}-byte event")
    for regime, variants in figures.items():
        for writers in map(str, WRITERS):
            for variant, by_writers in variants.items():
                found = by_writers[writers]
                ratio = "" if variant == "ours" else f"{ratios[regime][variant][writers]:.2f}"
                table.add_row(regime, writers, variant, f"{found['rate']:,.0f}", f"{found['p99_ms']:.1f}", ratio)
    Console().print(table)
    bench.show_bars(bars(ratios))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.append", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON on standard output")
    parser.add_argument("--seconds", type=float, default=1.0, help="measured time of each run (default 1)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds, of which the medians are taken (default 5)")
    given = parser.parse_args()
    with bench.own_server() as server:
        figures, ratios = measure(server, seconds=given.seconds, rounds=given.rounds)
    if given.json:
        bench.print_json({**figures, "ratios": ratios})
    else:
        show(figures, ratios)


if __name__ == "__main__":
    main()
