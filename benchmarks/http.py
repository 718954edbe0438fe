"""Commands per second over HTTP: Candour against a bare FastAPI endpoint that inserts the same body.

Run `python -m benchmarks.http [--json] [--seconds S] [--rounds R]`. `ours` loads the case, decides, appends and
answers, over the app as it is served; `bare` is a FastAPI `def` endpoint that validates the same body and inserts it
with one prepared INSERT in autocommit over a psycopg pool; `empty` is an `async def` endpoint that only validates it.
One process each, the same uvicorn with uvloop and httptools; the load comes from another process. The variants take
turns within each round; rates and ratios are medians over the rounds, a ratio being taken within its round. `codes`
is a body of codes only; `sealed` one with a narrative of about 500 characters, which Candour encrypts, and whose
command writes two events.
"""

import sys
from pathlib import Path

if not __package__:  # run as a file: this very file would hide the library's own `http`
    sys.path[0] = str(Path(__file__).parents[1])

import argparse
import gc
import json
import random
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import median
from time import sleep
from typing import Any
from uuid import uuid4

import uvicorn
from fastapi import FastAPI
from psycopg_pool import ConnectionPool
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

from adapters.http.app import create_app
from adapters.postgres.embedded import EmbeddedPostgres
from adapters.settings import Settings
from adapters.system import System, now
from application.ports import Append, new_events
from benchmarks import bench
from domain.case.recording import ReportCrime
from domain.case.state import Case
from domain.event import Act, Purpose, Role, enforce
from domain.rules import rule_book

CONNECTIONS = (1, 8, 32)
LEAST, GOAL = 0.6, 1.3
MOST_PER_SECOND = 6000
WARM_UP = 0.5
NARRATIVE = "The officer who attended spoke to the person reporting and to two neighbours. " * 6
BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "codes": ("record-crime", {"offence": "8N", "crime_reference": "CR/2026/000123", "principal": True}),
    "sealed": ("decline-recording", {"reason": "balance_not_met", "rationale": NARRATIVE.strip()}),
}
VARIANTS = ("ours", "bare", "empty")
TABLE = "CREATE TABLE bare (id uuid PRIMARY KEY, at timestamptz DEFAULT now(), body text)"
INSERT = "INSERT INTO bare (id, body) VALUES (%s, %s)"


class Codes(BaseModel):
    offence: str
    crime_reference: str | None = None
    principal: bool = True


class Narrated(BaseModel):
    reason: str
    rationale: str


def bare_app(conninfo: str) -> FastAPI:
    """The endpoints that Candour is compared with."""
    app = FastAPI()
    pool = ConnectionPool(conninfo, min_size=32, max_size=32, kwargs={"autocommit": True}, open=True)
    pool.wait()

    def insert(body: BaseModel) -> dict[str, str]:
        made = uuid4()
        with pool.connection() as connection:
            connection.execute(INSERT, (made, body.model_dump_json()), prepare=True)
        return {"id": str(made)}

    @app.post("/bare/record-crime")
    def codes(body: Codes) -> dict[str, str]:
        return insert(body)

    @app.post("/bare/decline-recording")
    def sealed(body: Narrated) -> dict[str, str]:
        return insert(body)

    @app.post("/empty/record-crime")
    async def empty_codes(body: Codes) -> dict[str, str]:
        return {"id": body.offence}

    @app.post("/empty/decline-recording")
    async def empty_sealed(body: Narrated) -> dict[str, str]:
        return {"id": body.reason}

    return app


def serve(variant: str, conninfo: str, data_dir: str, port: int) -> None:
    """The server's process, as ours is served."""
    system = System(Settings(conninfo, Path(data_dir)), None)
    app = create_app(system, warmed=gc.freeze) if variant == "ours" else bare_app(conninfo)
    uvicorn.run(
        app, host="127.0.0.1", port=port, loop="uvloop", http="httptools", access_log=False, log_level="warning"
    )


@contextmanager
def served(variant: str, conninfo: str, data_dir: Path) -> Iterator[int]:
    """The port on which the variant is served, in a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.http", "--serve", variant, conninfo, str(data_dir), str(port)]
    process = subprocess.Popen(command)
    try:
        for _ in range(6000):  # on a machine that others use, too
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if process.poll() is not None:
                raise RuntimeError(f"the server for {variant} ended with code {process.returncode}")
            sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def reported(system: System, number: int) -> list[str]:
    """Streams of cases that were reported just now, with a summary, so that each has its key."""
    at = now()
    act = Act("staff-1", Role.RECORDER, "kent", Purpose.CRIME_RECORDING, at, rule_book())
    wish = ReportCrime.model_validate(
        {"received_at": at, "route": "online", "reporter_role": "victim", "alleged": "19C", "summary": "As told."}
    )
    items = [
        Append(f"case-{uuid4()}", 0, "kent", new_events(enforce(wish, Case(), act), act, uuid4, at=wish.received_at))
        for _ in range(number)
    ]
    for start in range(0, number, 1000):
        system.store.append_many(items[start : start + 1000])
    return [item.stream for item in items]


def load(port: int, lines: list[str], headers: list[str], body: dict[str, Any], **job: Any) -> bench.Sample:
    """The figures of one run of the load generator."""
    head = "\r\n".join(["host: 127.0.0.1", "content-type: application/json", *headers])
    given = {"port": port, "head": head, "body": json.dumps(body), "lines": lines, "warm_up": WARM_UP, **job}
    command = [sys.executable, "-m", "benchmarks.http_load"]
    done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the load generator failed: {done.stderr.strip()[-600:]}")
    return bench.Sample(**json.loads(done.stdout))


Figures = dict[str, dict[str, dict[str, dict[str, float]]]]


def measure(server: EmbeddedPostgres, *, seconds: float, rounds: int) -> tuple[Figures, list[bench.Bar]]:
    """body -> variant -> connections -> rate (commands/s) and p99_ms; and ours over bare, for each."""
    samples: dict[tuple[str, str, int], list[bench.Sample]] = {}
    with ExitStack() as stack:
        system = bench.new_system(server, "ours")
        stack.callback(system.close)
        bench.execute(server, "CREATE DATABASE bare")
        bench.execute(server, TABLE, dbname="bare")
        token = f"authorization: Bearer {system.tokens.issue('staff-1', [Role.RECORDER], 'kent')}"
        ours = stack.enter_context(served("ours", server.conninfo("postgres", "ours"), server.data_dir))
        other = stack.enter_context(served("bare", server.conninfo("postgres", "bare"), server.data_dir))
        for number in range(1, rounds + 1):
            for name, (command, body) in BODIES.items():
                for connections in CONNECTIONS:
                    for variant in random.sample(VARIANTS, len(VARIANTS)):
                        job: dict[str, Any] = {"connections": connections, "seconds": seconds}
                        if variant == "ours":
                            cases = reported(system, int((seconds + WARM_UP) * MOST_PER_SECOND))
                            lines = [f"/v1/cases/{case}/{command}" for case in cases]
                            sample = load(ours, lines, [token, 'if-match: "1"'], body, repeat=False, **job)
                        else:
                            sample = load(other, [f"/{variant}/{command}"], [token], body, repeat=True, **job)
                        samples.setdefault((name, variant, connections), []).append(sample)
                        bench.progress(
                            f"round {number}/{rounds}  {name:6}  {connections:2} connections  {variant:5}  "
                            f"{sample.rate:6.0f}/s  p99 {sample.p99_ms:.1f} ms"
                        )
    figures: Figures = {}
    for (name, variant, connections), taken in samples.items():
        figures.setdefault(name, {}).setdefault(variant, {})[str(connections)] = bench.middle(taken)
    return figures, [
        bench.Bar(f"{name}, {connections} connections: ours / bare", _ratio(samples, name, connections), LEAST)
        for name in BODIES
        for connections in CONNECTIONS
    ]


def _ratio(samples: dict[tuple[str, str, int], list[bench.Sample]], name: str, connections: int) -> float:
    pairs = zip(samples[name, "ours", connections], samples[name, "bare", connections], strict=True)
    return median(ours.rate / bare.rate for ours, bare in pairs)


def show(figures: Figures, bars: list[bench.Bar]) -> None:
    """Print the figures and the ratios."""
    table = Table("Body", "Variant", *(f"{number} connections" for number in CONNECTIONS))
    for name, by in figures.items():
        for variant, figure in by.items():
            cells = (f"{figure[str(n)]['rate']:,.0f}/s, p99 {figure[str(n)]['p99_ms']:.1f} ms" for n in CONNECTIONS)
            table.add_row(name, variant, *cells)
    Console().print(table)
    bench.show_bars(bars)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of one measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--serve", nargs=4, metavar=("VARIANT", "CONNINFO", "DATA_DIR", "PORT"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        variant, conninfo, data_dir, port = given.serve
        serve(variant, conninfo, data_dir, int(port))
        return
    with bench.own_server() as server:
        figures, bars = measure(server, seconds=given.seconds, rounds=given.rounds)
    if given.json:
        ratios = {bar.claim: round(bar.ratio, 3) for bar in bars}
        bench.print_json({"figures": figures, "ratios": ratios, "least": LEAST, "goal": GOAL})
    else:
        show(figures, bars)


if __name__ == "__main__":
    main()
