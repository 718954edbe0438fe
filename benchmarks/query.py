"""Every metric of the catalogue over HTTP at force scale, against DuckDB over the same rows.

Run `python -m benchmarks.query [--json] [--events N] [--rounds R] [--only NAME,…] [--data FOLDER]`. Over a simulated
log of five years, projected from the beginning and served by a process of its own: each metric by month over all five
years (`now`), the same as it was known at a position in the past (`past`), and the first page of the cases behind it
(`cases`). No question is asked twice: the period begins a day later each time, and the position is another one. DuckDB
holds the rows of the very history tables in memory and counts them by month and verdict for the same period and
position, in this process and without HTTP (of a waiting time with its median and 90th percentile, of a mean with its
sum). They take turns.
`door` is a figure over a table without rows: what HTTP, the token and the snapshot take. Both must have judged as many
rows: what is excluded by rules that the question brings in is left out of that.
"""

import argparse
import http.client
import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

import duckdb
from rich.console import Console
from rich.table import Table

import projections
from adapters.postgres import projecting
from adapters.postgres.read_model import SCHEMA, ReadModel
from adapters.system import System
from benchmarks import bench
from benchmarks.history import END, MONTHS, history
from benchmarks.http import served
from domain.event import Role
from projections.fact_tables import TABLES
from projections.metrics import ALL, CATALOGUE
from projections.metrics.estimates import NO_STAFF
from projections.metrics.kinds import EXCLUDED, NOT_DUE, OUT, Delay, Mean, Metric, Share, Stock

NOW_MS, PAST_MS, CASES_MS, OF_DUCKDB = 50.0, 250.0, 50.0, 2.0
START = date(END.year - MONTHS // 12, END.month, END.day)
MOVED = (EXCLUDED + NOT_DUE, EXCLUDED + NO_STAFF)
WAYS = ("now", "past", "cases", "duckdb_now", "duckdb_past", "door")
OF_NO_ROWS = "recording_rate_all"


class Period(NamedTuple):
    """One question: the first day, and the position at which it is to be known."""

    since: date
    position: int


class Client:
    """One keep-alive connection."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        self._headers = {"authorization": f"Bearer {token}"}

    def ask(self, path: str) -> tuple[float, Any]:
        """Milliseconds until the whole answer is there, and the answer; raises if it is a problem."""
        began = perf_counter()
        self._connection.request("GET", path, headers=self._headers)
        response = self._connection.getresponse()
        body = response.read()
        took = (perf_counter() - began) * 1000
        if response.status != 200:
            raise RuntimeError(f"{path}: {response.status} {body[:500].decode()}")
        return took, json.loads(body)


def paths(metric: Metric, asked: Period) -> dict[str, str]:
    """The three questions."""
    if isinstance(metric, Stock):
        of = f"as_of={asked.since + (END - START) / 2}T00:00:00Z"
        by = "" if "month" not in metric.dimensions else "&by=month"
    else:
        of, by = f"since={asked.since}&until={END}", "&by=month"
    base = f"/v1/metrics/{metric.name}"
    return {
        "now": f"{base}?{of}{by}",
        "past": f"{base}?{of}{by}&known_at={asked.position}",
        "cases": f"{base}/cases?{of}&known_at={asked.position}&verdict={_of_interest(metric)}",
    }


def _of_interest(metric: Metric) -> str:
    return "recorded" if isinstance(metric, Delay) else "counted"


def in_duckdb(metric: Metric, asked: Period, head: int, *, past: bool) -> str:
    """The equivalent question."""
    position = asked.position if past else head
    held = f"from_position <= {position} AND (to_position IS NULL OR to_position > {position})"
    month = f"strftime({metric.cohort} AT TIME ZONE 'Europe/London', '%Y-%m')"
    counted = "count(*)"
    if isinstance(metric, Delay):
        counted += f", quantile_cont({metric.name}_seconds, [0.5, 0.9])"
    if isinstance(metric, Mean):
        counted += f", sum({metric.name}_number)"
    where = [held, f"{metric.name} <> '{OUT}'"]
    if isinstance(metric, Stock):
        moment = f"'{asked.since + (END - START) / 2} 00:00:00+00'::timestamptz"
        where.append(f"{metric.cohort} <= {moment} AND ({metric.ends} IS NULL OR {metric.ends} > {moment})")
        month = "NULL"
    else:
        where.append(f"{metric.cohort} >= '{asked.since}'::timestamptz AND {metric.cohort} < '{END}'::timestamptz")
    return (
        f"SELECT {month} AS month, {metric.name} AS verdict, {counted} FROM {metric.over}"
        f" WHERE {' AND '.join(where)} GROUP BY 1, 2"
    )


def loaded(system: System) -> "duckdb.DuckDBPyConnection":
    """DuckDB with the rows of the history tables."""
    duck = duckdb.connect(config={"threads": 2})
    duck.execute("SET TimeZone = 'Europe/London'")
    with system.connect("candour_reader") as reader:
        for name, table in TABLES.items():
            model = ReadModel(table.projection)
            columns = [*model.columns, ("from_position", "int8"), ("to_position", "int8")]
            kept = [column for column in columns if column[1] != "text[]"]
            names = ", ".join(column for column, _ in kept)
            path = system.settings.data_dir / f"{name}.csv"
            with path.open("wb") as file, reader.cursor() as cursor:
                query = f"COPY (SELECT {names} FROM {SCHEMA}.{model.history}) TO STDOUT (FORMAT CSV, HEADER)"
                with cursor.copy(query.encode()) as copy:
                    for block in copy:
                        file.write(block)
            typed = ", ".join(f"{column} {kind}" for column, kind in kept)
            duck.execute(f"CREATE TABLE {name} ({typed})")
            duck.execute(f"COPY {name} FROM '{path}' (FORMAT CSV, HEADER, PARALLEL false)")
            path.unlink()
            bench.progress(f"{name} is in DuckDB")
    return duck


def periods(head: int) -> Iterator[Period]:
    """Questions of which no two are the same."""
    draw = random.Random(1)
    day = 0
    while True:
        day += 1
        position = draw.randrange(head * 3 // 4, head - 1)  # after the moment of a stock
        yield Period(START + timedelta(days=day % 300), position)


@contextmanager
def answering(events: int, folder: Path | None) -> Iterator[tuple[System, Client]]:
    """The system over the projected log, and a client of the server that answers from it."""
    with history(events, folder) as (server, system):
        for projection in projections.ALL:
            projector = system.projector(projection)
            with projector.connection:
                projector.lock()
                projector.prepare()
                bench.progress(f"projecting {projection.name}")
                projecting.catch_up(system.conninfo("candour_projector"), projector)
        token = system.tokens.issue("analyst-1", [Role.ANALYST, Role.AUDITOR], "*")
        with served("ours", system.settings.database_url or "", server.data_dir) as port:
            yield system, Client(port, token)


def measure(*, events: int, rounds: int, only: list[str], folder: Path | None) -> dict[str, Any]:
    """Everything that is printed."""
    metrics = [metric for metric in ALL if not only or metric.name in only]
    with answering(events, folder) as (system, client):
        duck = loaded(system)
        head = system.store.head().position
        rows = {
            name: (duck.execute(f"SELECT count(*) FROM {name}").fetchone() or (0,))[0]
            for name in {metric.over for metric in metrics}
        }
        found: dict[str, Any] = {}
        asked = periods(head)
        for number, metric in enumerate(metrics, start=1):
            taken: dict[str, list[float]] = {way: [] for way in WAYS}
            agreed = 0
            for turn in range(rounds + 1):
                took, agrees = one_round(client, duck, metric, next(asked), head)
                agreed += agrees
                for way in WAYS if turn else ():  # the first one warms up
                    taken[way].append(took[way])
            found[metric.name] = {"over": metric.over, **{way: _figures(times) for way, times in taken.items()}}
            found[metric.name]["agreed"] = agreed / (rounds + 1)
            bench.progress(f"{number}/{len(metrics)}  {_told(metric.name, found[metric.name])}")
    return {"events": head, "versions": rows, "rounds": rounds, "metrics": found}


def one_round(
    client: Client, duck: "duckdb.DuckDBPyConnection", metric: Metric, asked: Period, head: int
) -> tuple[dict[str, float], bool]:
    """Milliseconds of each way, once, and whether as many rows were judged as DuckDB finds."""
    found: dict[str, float] = {}
    judged: dict[str, int] = {}
    for way, path in paths(metric, asked).items():
        found[way], body = client.ask(path)
        judged = body.get("verdicts", judged)
    found["door"], _ = client.ask(paths(CATALOGUE[OF_NO_ROWS], asked)["now"])
    counted: list[Any] = []
    for way in ("now", "past"):
        query = in_duckdb(metric, asked, head, past=way == "past")
        began = perf_counter()
        counted = duck.execute(query).fetchall()
        found[f"duckdb_{way}"] = (perf_counter() - began) * 1000
    theirs = sum(row[2] for row in counted if not row[1].startswith(EXCLUDED))
    ours = sum(rows for verdict, rows in judged.items() if not verdict.startswith(EXCLUDED) or verdict in MOVED)
    return found, ours == theirs or (isinstance(metric, Share) and metric.only_due and ours <= theirs)


def _figures(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {
        "p50_ms": round(median(ordered), 2),
        "p95_ms": round(ordered[min(len(ordered) - 1, len(ordered) * 95 // 100)], 2),
    }


def _told(name: str, found: dict[str, Any]) -> str:
    return f"{name:32}" + "  ".join(f"{way} {found[way]['p50_ms']:.1f}/{found[way]['p95_ms']:.1f}" for way in WAYS)


def bars(found: dict[str, Any]) -> list[bench.Bar]:
    """The worst metric of each kind of question against its bar."""
    metrics = found["metrics"]
    agreed = sum(each["agreed"] for each in metrics.values()) / len(metrics)

    def slowest(way: str, limit: float, words: str) -> bench.Bar:
        name = max(metrics, key=lambda name: metrics[name][way]["p95_ms"])
        return bench.Bar(f"{limit:.0f} ms ÷ p95 of {words}, worst: {name}", limit / metrics[name][way]["p95_ms"], 1.0)

    def beside(way: str, words: str) -> bench.Bar:
        def ratio(name: str) -> float:
            each = {way: took["p50_ms"] for way, took in metrics[name].items() if way in WAYS}
            return (each[f"duckdb_{way}"] + each["door"]) / each[way]

        name = min(metrics, key=ratio)
        return bench.Bar(f"(DuckDB + the door) ÷ ours, {words} (medians), worst: {name}", ratio(name), 1 / OF_DUCKDB)

    return [
        slowest("now", NOW_MS, "a figure"),
        slowest("past", PAST_MS, "a figure as it was known"),
        slowest("cases", CASES_MS, "a first page of cases"),
        beside("now", "a figure"),
        beside("past", "a figure as it was known"),
        bench.Bar("questions of which DuckDB judged as many rows", agreed, 1.0),
    ]


def show(found: dict[str, Any]) -> None:
    """The tables for people."""
    table = Table(
        "Metric, ms (median / 95th)", *WAYS, title=f"{found['events']:,} events, {found['versions']} versions"
    )
    for name, each in found["metrics"].items():
        table.add_row(name, *(f"{each[way]['p50_ms']:.1f} / {each[way]['p95_ms']:.1f}" for way in WAYS))
    Console().print(table)
    bench.show_bars(bars(found))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.query", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON on standard output")
    parser.add_argument("--events", type=int, default=1_000_000, help="events of the log, about (default 1,000,000)")
    parser.add_argument("--rounds", type=int, default=20, help="questions of each kind per metric (default 20)")
    parser.add_argument("--only", default="", help="names of metrics, with commas between them (default all)")
    parser.add_argument("--data", type=Path, help="a folder that keeps the log for the next run")
    given = parser.parse_args()
    only = [name for name in given.only.split(",") if name]
    found = measure(events=given.events, rounds=given.rounds, only=only, folder=given.data)
    if given.json:
        bench.print_json(found)
    else:
        show(found)


if __name__ == "__main__":
    main()
