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
from application.simulation import Plan, World, everything
from benchmarks import bench
from domain.rules import rule_book

FORCES = ("greater-manchester", "kent", "surrey")
END, MONTHS = date(2025, 6, 1), 60
SAMPLE = 200
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


def plan_for(events: int) -> Plan:
    """A world with planted truth, misconduct and contacts that comes to about so many events."""
    sample = _plan(SAMPLE)
    each = sum(len(act.events) for stream in everything(sample, rule_book()) for act in stream.appends) / SAMPLE
    return _plan(max(200, round(events / each)))


def kept_whole(server: EmbeddedPostgres) -> None:
    """Say that the log has been written to its end."""
    bench.execute(server, "VACUUM ANALYZE candour.events", "CHECKPOINT", dbname=DATABASE)
    bench.execute(server, f"COMMENT ON DATABASE {DATABASE} IS 'whole'")


def _plan(reports: int) -> Plan:
    return Plan(FORCES, reports, 1, END, MONTHS, world=World(), conduct=reports // 20, contacts=reports // 50)


def _fill(system: System, server: EmbeddedPostgres, events: int) -> None:
    told = 0

    def progress(done: int, total: int) -> None:
        nonlocal told
        if done * 20 // total > told:
            told = done * 20 // total
            bench.progress(f"simulated {done:,} of {total:,} reports")

    simulator.write(system, plan_for(events), server.data_dir / "truth.json", progress)
    kept_whole(server)


def first_rows(system: System, limit: int) -> list[codec.Row]:
    """The first rows of the log."""
    return system.store.recorder.fetch(recorder.LOG, (0, recorder.NO_LIMIT, limit))
