"""Import throughput: a synthetic month through the import door, against a bare COPY of the same events.

Run `python -m benchmarks.import_police_uk [--json] [--rows N] [--rounds R]`. Each round makes a new database, imports
a street file and an outcomes file of N rows together, and then copies the very rows that this wrote (case events,
every column) into a table with the same columns, indexes and checks, in one COPY. Medians over the rounds are compared.
"""

import argparse
import random
import resource
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from adapters.importers.police_uk import NAME, import_file
from adapters.importers.shipped import shipped
from adapters.importers.table.mapping_file import MappingFile
from adapters.postgres.embedded import EmbeddedPostgres
from adapters.system import System, now
from benchmarks import bench

LEAST = 0.2
MOST_MEMORY_MB = 300
MONTH, FORCE = "2024-03", "Kent Police"
TYPES = ("Burglary", "Vehicle crime", "Violence and sexual offences", "Other theft", "Public order", "Shoplifting")
OUTCOMES = ("Unable to prosecute suspect", "Investigation complete; no suspect identified", "Local resolution")


class Round(NamedTuple):
    """One round: events written, seconds of the import and of the COPY."""

    events: int
    imported: float
    copied: float


def street(rows: int, seed: int) -> Iterator[str]:
    """A street file: one row in ten is an incident without an id."""
    draw = random.Random(seed)
    yield _header("street")
    for number in range(rows):
        begin = _begin(draw, "" if number % 10 == 0 else _crime(seed, number))
        kind, last = ("Anti-social behaviour", "") if number % 10 == 0 else (draw.choice(TYPES), "Under investigation")
        yield f"{begin},{kind},{last},"


def outcomes(rows: int, seed: int) -> Iterator[str]:
    """An outcomes file: half of its crimes are those of the street file, half are older."""
    draw = random.Random(seed)
    yield _header("outcomes")
    for number in range(rows):
        crime = _crime(seed, number * 2 + 1 if number % 2 else -number - 1)
        yield f"{_begin(draw, crime)},{draw.choice(OUTCOMES)}"


def _header(kind: str) -> str:
    series = MappingFile(shipped(NAME)).mapping.series
    assert series is not None
    return ",".join(series.kinds[kind].columns)


def _crime(seed: int, number: int) -> str:
    return sha256(f"{seed} {number}".encode()).hexdigest()


def _begin(draw: random.Random, crime: str) -> str:
    """As many places as the real file has, where 15,691 rows stand on 7,345 published map points."""
    point = draw.randrange(7345)
    area = point // 5
    place = f"{point / 7345:.6f},{51 + point / 7345:.6f},On or near Street {point},E0100{area:04},Kent {area:04}A"
    return f"{crime},{MONTH},{FORCE},{FORCE},{place}"


def one_round(server: EmbeddedPostgres, folder: Path, number: int, rows: int) -> Round:
    """Import both files into a new database, then copy what came of them."""
    files = [folder / "street.csv", folder / "outcomes.csv"]
    for path, lines in zip(files, (street(rows // 2, number), outcomes(rows // 2, number)), strict=True):
        path.write_text("\r\n".join(lines) + "\r\n")
    name = f"bench_{number}"
    system = bench.new_system(server, name)
    try:
        began = perf_counter()
        results = [import_file(system.store, path, clock=now, settings=system.settings) for path in files]
        imported = perf_counter() - began
        events = sum(result.account.events_appended for result in results)
        copied = copy_bare(system, events)
    finally:
        system.close()
        bench.execute(server, f"DROP DATABASE {name} WITH (FORCE)")
    return Round(events, imported, copied)


def copy_bare(system: System, events: int) -> float:
    """Seconds of one COPY of all events of cases into a table like theirs."""
    with system.connect("admin") as admin:
        admin.execute("CREATE TABLE candour.bare (LIKE candour.events INCLUDING ALL)")
        rows = admin.execute("SELECT * FROM candour.events WHERE stream_id LIKE 'case-%' ORDER BY position").fetchall()
        assert len(rows) == events
        began = perf_counter()
        with admin.cursor().copy("COPY candour.bare FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return perf_counter() - began


def figures(rounds: list[Round]) -> dict[str, float]:
    """What is printed: events/s of both, their ratio, and the memory of this process at its highest."""
    ours = median(each.events / each.imported for each in rounds)
    bare = median(each.events / each.copied for each in rounds)
    return {
        "events": rounds[0].events,
        "import_rate": round(ours, 1),
        "copy_rate": round(bare, 1),
        "ratio": round(median(each.copied / each.imported for each in rounds), 3),
        "at_least": LEAST,
    }


def import_memory(server: EmbeddedPostgres, folder: Path, rows: int) -> float:
    """Highest memory in MB of the one or two processes that import a street file of so many rows."""
    path = folder / "large.csv"
    with path.open("w") as file:
        file.writelines(f"{line}\n" for line in street(rows, 0))
    system = bench.new_system(server, "bench_memory")
    try:
        import_file(system.store, path, clock=now, settings=system.settings)
    finally:
        system.close()
    return most_memory()


def most_memory() -> float:
    """Highest memory in MB of this process and of the largest that it started, together."""
    each = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return round(sum(resource.getrusage(who).ru_maxrss for who in each) / 1024, 1)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.import_police_uk", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON on standard output")
    parser.add_argument("--rows", type=int, default=40_000, help="rows of both files together (default 40,000)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds, of which the medians are taken (default 5)")
    parser.add_argument("--memory", type=int, metavar="ROWS", help="measure the memory of one import of ROWS instead")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, bench.own_server() as server:
        folder = Path(temporary)
        if given.memory:
            found = {"rows": given.memory, "most_mb": import_memory(server, folder, given.memory)}
        else:
            rounds: list[Round] = []
            for number in range(1, given.rounds + 1):
                rounds.append(one_round(server, folder, number, given.rows))
                took = rounds[-1]
                bench.progress(
                    f"round {number}/{given.rounds}  import {took.events / took.imported:7.0f}/s"
                    f"  COPY {took.events / took.copied:7.0f}/s"
                )
            found = figures(rounds)
    if given.json:
        bench.print_json(found)
        return
    table = Table("Figure", "Measured")
    for name, value in found.items():
        table.add_row(name, f"{value:,}")
    Console().print(table)
    if "ratio" in found:
        bench.show_bars([bench.Bar("import × bare COPY of the same events", found["ratio"], LEAST)])


if __name__ == "__main__":
    main()
