"""Import throughput of tables: synthetic reports through a mapping, against a bare COPY of the same events.

Run `python -m benchmarks.import_table [--json] [--rows N] [--rounds R] [--memory ROWS]`. Each round makes a new
database, imports a table of N rows, and then copies the very rows that this wrote into a table with the same columns,
indexes and checks, in one COPY. `--memory` measures the memory of one import instead.
"""

import argparse
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from rich.console import Console
from rich.table import Table

from adapters.importers.table.importing import import_table
from adapters.postgres.embedded import EmbeddedPostgres
from adapters.system import now
from benchmarks import bench
from benchmarks.import_police_uk import Round, copy_bare, figures, most_memory

LEAST = 0.2
MAPPING = """
source = "bench"
coverage = "full"
key = "Crime No"
force = { constant = "kent" }
[time]
formats = ["%d/%m/%Y %H:%M"]
[columns.How]
values = { Phone = "control_room", Web = "online" }
[[event]]
name = "CrimeReported"
at = "Received"
fields = { route = "How", reporter_role = { constant = "victim" }, alleged = "Offence" }
[[event]]
name = "CrimeRecorded"
at = "Recorded"
fields = { offence = "Offence", crime_reference = "Crime No" }
[[event]]
name = "OutcomeAssigned"
at = "Closed"
fields = { outcome = "Outcome" }
"""


def rows(number: int, seed: int) -> Iterator[str]:
    """A table of reports: four in five are recorded, two in five have an outcome."""
    draw = random.Random(seed)
    yield "Crime No,Received,How,Offence,Recorded,Closed,Outcome"
    for each in range(number):
        day, hour, minute = draw.randint(1, 20), draw.randrange(24), draw.randrange(60)
        month = draw.randint(1, 9)
        recorded = f"{day + 1:02}/{month:02}/2023 {hour:02}:{minute:02}" if each % 5 else ""
        closed = f"{day:02}/{month + 3:02}/2023 {hour:02}:{minute:02}" if each % 5 in (1, 2) else ""
        yield (
            f"K{seed}/{each},{day:02}/{month:02}/2023 {hour:02}:{minute:02},{draw.choice(('Phone', 'Web'))},"
            f"{draw.choice(('8N', '28E', '53C'))},{recorded},{closed},{14 if closed else ''}"
        )


def one_round(server: EmbeddedPostgres, folder: Path, number: int, size: int) -> Round:
    """Import into a new database, then copy what came of it."""
    path, mapping = _files(folder, size, number)
    name = f"bench_{number}"
    system = bench.new_system(server, name)
    try:
        began = perf_counter()
        events = import_table(system.store, path, mapping, clock=now, settings=system.settings).account.events_appended
        imported = perf_counter() - began
        copied = copy_bare(system, events)
    finally:
        system.close()
        bench.execute(server, f"DROP DATABASE {name} WITH (FORCE)")
    return Round(events, imported, copied)


def import_memory(server: EmbeddedPostgres, folder: Path, size: int) -> dict[str, float]:
    """Highest memory in MB of the one or two processes of an import of so many rows, and the seconds it took."""
    path, mapping = _files(folder, size, 0)
    system = bench.new_system(server, "bench_memory")
    try:
        began = perf_counter()
        import_table(system.store, path, mapping, clock=now, settings=system.settings)
        took = perf_counter() - began
    finally:
        system.close()
    return {"rows": size, "most_mb": most_memory(), "seconds": round(took, 1)}


def _files(folder: Path, size: int, seed: int) -> tuple[Path, Path]:
    path, mapping = folder / f"table-{seed}.csv", folder / "mapping.toml"
    mapping.write_text(MAPPING)
    with path.open("w") as file:
        file.writelines(f"{line}\n" for line in rows(size, seed))
    return path, mapping


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.import_table", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON on standard output")
    parser.add_argument("--rows", type=int, default=20_000, help="rows of the table (default 20,000)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds, of which the medians are taken (default 5)")
    parser.add_argument("--memory", type=int, metavar="ROWS", help="measure the memory of one import of ROWS instead")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, bench.own_server() as server:
        folder = Path(temporary)
        if given.memory:
            found = import_memory(server, folder, given.memory)
        else:
            rounds: list[Round] = []
            for number in range(1, given.rounds + 1):
                rounds.append(took := one_round(server, folder, number, given.rows))
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
        bench.show_bars([bench.Bar("table import × bare COPY of the same events", found["ratio"], LEAST)])


if __name__ == "__main__":
    main()
