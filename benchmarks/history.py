"""A simulated history for benchmarks: made once, over five years, and kept if a folder is given for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import psycopg

from adapters import simulator
from adapters.eventstore import codec, recorder
from adapters.postgres.embedded import EmbeddedPostgres
from adapters.postgres.migrate import migrate
from adapters.settings import Settings
from adapters.system import System
from application.simulation import Plan, simulate
from benchmarks import bench
from domain.rules import rule_book

FORCES = ("greater-manchester", "kent", "surrey")
END, MONTHS = date(2025, 1, 1), 60
SAMPLE = 100
DATABASE = "history"


@contextmanager
def history(events: int, folder: Path | None = None) -> Iterator[tuple[EmbeddedPostgres, System]]:
    """A server with a log of about so many events in the database `history`, and the system over it.

    In `folder` the log is kept, and found again by the next run that asks for as many events.
    """
    with bench.own_server(folder / f"{events}" if folder else None) as server:
        if _is_there(server):
            system = System(Settings(server.conninfo("postgres", DATABASE), server.data_dir), None)
            system.migrate(synthetic=True)
        else:
            bench.execute(server, f"DROP DATABASE IF EXISTS {DATABASE}")
            system = bench.new_system(server, DATABASE, synthetic=True)
        try:
            if not _is_there(server):
                _fill(system, server, events)
            yield server, system
        finally:
            system.close()


def begun(server: EmbeddedPostgres, dbname: str, events: int) -> System:
    """A system over a database of its own that holds the first events of the log. Close it."""
    bench.execute(server, f"DROP DATABASE IF EXISTS {dbname}", f"CREATE DATABASE {dbname}")
    system = System(Settings(server.conninfo("postgres", dbname), server.data_dir), None)
    with system.connect("admin") as admin:
        migrate(admin, synthetic=True, master_key=system.master_key.fingerprint)
    part = f"(SELECT * FROM candour.events WHERE position <= {events} ORDER BY position)"
    with (
        psycopg.connect(server.conninfo("postgres", DATABASE)) as source,
        psycopg.connect(server.conninfo("postgres", dbname)) as target,
        source.cursor().copy(f"COPY {part} TO STDOUT (FORMAT BINARY)".encode()) as out,
        target.cursor().copy("COPY candour.events FROM STDIN (FORMAT BINARY)") as into,
    ):
        for block in out:
            into.write(block)
    bench.execute(server, "VACUUM ANALYZE candour.events", dbname=dbname)
    return system


def _is_there(server: EmbeddedPostgres) -> bool:
    """Whether the log has been written to its end: that is told in the description of the database."""
    query = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
    with psycopg.connect(server.conninfo("postgres", "postgres")) as admin:
        return admin.execute(query, (DATABASE,)).fetchone() == ("whole",)


def _fill(system: System, server: EmbeddedPostgres, events: int) -> None:
    sample = Plan(FORCES, SAMPLE, seed=1, end=END, months=MONTHS)
    each = sum(len(append.events) for case in simulate(sample, rule_book()) for append in case.appends)
    reports = max(1, round(events / each * SAMPLE))
    told = 0

    def progress(done: int, total: int) -> None:
        nonlocal told
        if done * 20 // total > told:
            told = done * 20 // total
            bench.progress(f"simulated {done:,} of {total:,} reports")

    plan = Plan(FORCES, reports, seed=1, end=END, months=MONTHS)
    simulator.write(system, plan, server.data_dir / "truth.json", progress)
    bench.execute(server, "VACUUM ANALYZE candour.events", "CHECKPOINT", dbname=DATABASE)
    bench.execute(server, f"COMMENT ON DATABASE {DATABASE} IS 'whole'")


def first_rows(system: System, limit: int) -> list[codec.Row]:
    """The first rows of the log."""
    return system.store.recorder.fetch(recorder.LOG, (0, recorder.NO_LIMIT, limit))
