"""`candour projections`: how the read models stand, build them again, see a difference, promote with a reason."""

import getpass
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from adapters.cli.output import AsJson, console, plain, print_json, progress, say
from adapters.cli.projecting import rebuilt
from adapters.cli.serving import must_be_migrated
from adapters.postgres import builds, completeness
from adapters.postgres.builds import Build
from adapters.postgres.checkup import is_followed
from adapters.postgres.completeness import Fault
from adapters.postgres.difference import Difference, difference
from adapters.postgres.read_model import is_of
from adapters.promoting import promote as promoting
from adapters.system import System, open_system
from application.ports import NotFound
from projections import ALL
from projections.projection import Keyed

UNLIKE = 6
ALTERED = 5

app = typer.Typer(help="The read models: how they stand, built again, compared, promoted.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The projection, as `candour projections status` lists it.")]


@app.command()
def status(
    check: Annotated[
        bool, typer.Option("--check", help="Compare each with the whole log, event by event, and keep what is found.")
    ] = False,
    json: AsJson = False,
) -> int:
    """Where each read model stands, and whether it holds each event once and as it is. Exit code 6: one does not."""
    with open_system() as system:
        must_be_migrated(system)
        altered = _checked(system) if check else []
        with system.connect("candour_reader") as connection:
            found = builds.builds(connection, *(each.name for each in ALL))
            followed = {each.name: is_followed(connection, each.name) for each in ALL}
        head = system.store.head().position
    rows = [_row(each, [one for one in found if one.projection == each.name], head) for each in ALL]
    wrong = any(row["failed"] or row["unsound"] or row["state"] != "in use" for row in rows)
    code = ALTERED if altered else UNLIKE if wrong else 0
    if json:
        rows = [row | {"followed": followed[row["projection"]]} for row in rows]
        print_json({"head": head, "log": [str(fault) for fault in altered], "projections": rows, "exit_code": code})
        return code
    table = Table("projection", "build", "position", "lag", "state", "what is wrong", box=None, pad_edge=False)
    for row in rows:
        told = "; ".join(f"{name}: {row[name]}" for name in ("failed", "unsound", "waits") if row[name])
        state = row["state"] if followed[row["projection"]] else f"{row['state']}, not followed"
        cells = (row["projection"], row["build"] or "–", plain(row["position"]), plain(row["lag"]), state)
        table.add_row(*cells, Text(told, "bold red"))
    console().print(table)
    for fault in altered:
        say(f"the log: {fault}")
    return code


@app.command()
def rebuild(
    names: Annotated[list[str] | None, typer.Argument(help="The projections; all, if none is named.")] = None,
    json: AsJson = False,
) -> int:
    """Build read models again beside those in use, compare, and promote those that agree. Exit code 6: one differs."""
    chosen = [named(name) for name in names] if names else list(ALL)
    with open_system() as system:
        must_be_migrated(system)
        results = [rebuilt(system, projection) for projection in chosen]
    if json:
        print_json(results)
    return UNLIKE if any(result["agrees"] is False for result in results) else 0


@app.command()
def diff(
    name: Name,
    sample: Annotated[int, typer.Option(min=1, max=10_000, help="How many rows and versions to show of each.")] = 10,
    json: AsJson = False,
) -> int:
    """How the build that waits differs from the one in use: counts, and a sample of rows. Exit code 6: it does."""
    projection = named(name)
    with open_system() as system:
        must_be_migrated(system)
        with system.connect("candour_reader") as connection, progress(f"compare {name}", None):
            found = builds.builds(connection, name)
            used, waits = builds.in_use(found), builds.waiting(projection, found)
            if used is None or waits is None:
                raise NotFound(f"no build of {name} waits beside the one in use; `candour projections rebuild {name}`")
            differs = difference(connection, name, used.name, waits.name, sample)
            faults = completeness.look(connection, keep=False)
    events = {build.name: [str(fault) for fault in faults.get(build, [])] for build in (used, waits)}
    if json:
        print_json(told(differs) | {"events": events})
    else:
        _show(differs, events)
    return 0 if differs.agrees else UNLIKE


@app.command()
def promote(
    name: Name,
    reason: Annotated[
        str | None, typer.Option(help="Why readers shall see what differs; stays on record, names no person.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="An opaque id of who decides; without it the account's name.")] = None,
    json: AsJson = False,
) -> int:
    """Put the build that waits in use. If it differs from the one in use that takes a reason (exit code 3 without)."""
    projection = named(name)
    with open_system() as system:
        must_be_migrated(system)
        with progress(f"promote {name}", None):
            differs, written = promoting(system, projection, (reason or "").strip() or None, by or getpass.getuser())
    if json:
        print_json(
            {
                "projection": name,
                "difference": differs and told(differs),
                "event": written and {"stream": written.stream, "position": written.position},
            }
        )
    say(f"{name}: in use" + (f"; the reason is on record at position {written.position:,}" if written else ""))
    return 0


def named(name: str) -> Keyed[Any]:
    """The projection of that name; raises `NotFound`, which lists those that there are."""
    found = next((each for each in ALL if each.name == name), None)
    if found is None:
        raise NotFound(f"there is no projection {name!r}; there are {', '.join(each.name for each in ALL)}")
    return found


def told(found: Difference) -> dict[str, Any]:
    """The report as JSON has it."""
    return found._asdict() | {
        "agrees": found.agrees,
        "rows": found.rows._asdict(),
        "versions": found.versions._asdict(),
        "sample": [each._asdict() for each in found.sample],
    }


def _checked(system: System) -> list[Fault]:
    """Every event of the log against every build; marks what it finds. What is found of the log itself."""
    with system.connect("candour_projector") as connection:
        head = system.store.head().position
        with progress("check the read models", head) as advance:
            found = completeness.look(connection, whole=True, progress=advance)
        completeness.mark(connection, found, clear=True)
        with progress("check the log", head) as advance:
            return completeness.faults_of_the_log(connection, advance)


def _row(projection: Keyed[Any], found: list[Build], head: int) -> dict[str, Any]:
    used = builds.in_use(found)
    beside = [build for build in found if not build.promoted and is_of(projection, build.name)]
    current = used is not None and is_of(projection, used.name)
    failed = next((build.failed for build in [*([used] if used else []), *([] if current else beside)]), None)
    state = "in use" if current else "of another version" if used else "not built"
    return {
        "projection": projection.name,
        "build": used and used.name,
        "position": used.position if used else 0,
        "lag": max(0, head - (used.position if used else 0)),
        "state": state,
        "failed": failed,
        "unsound": used and used.unsound,
        "checked_from": used.summed_from + 1 if used else None,
        "waits": next((build.differs for build in beside if build.differs), None),
        "beside": [{"build": build.name, "position": build.position} for build in beside],
    }


def _show(found: Difference, events: dict[str, list[str]]) -> None:
    head = Table("as of position", f"{found.position:,}", box=None, pad_edge=False, show_header=True)
    head.add_row("in use", found.before)
    head.add_row("beside", found.after)
    head.add_row("events applied", "the same" if found.digests else "not the same")
    for build, faults in events.items():
        for fault in faults:
            head.add_row(f"events of {build}", fault)
    for side, names in found.only.items():
        if names:
            head.add_row(f"columns only {'in use' if side == 'before' else 'beside'}", ", ".join(names))
    console().print(head)
    counts = Table("", "in use", "beside", "only in use", "only beside", "not the same", box=None, pad_edge=False)
    for title, part in (("present rows", found.rows), ("versions", found.versions)):
        counts.add_row(title, *map(plain, part))
    console().print(counts)
    if found.columns:
        console().print("by column: " + ", ".join(f"{name} {count:,}" for name, count in found.columns.items()))
    if found.sample:
        rows = Table("key", "from position", "column", "in use", "beside", box=None, pad_edge=False)
        for each in found.sample:
            place = "now" if each.position is None else plain(each.position)
            rows.add_row(each.key, place, each.column or "the row", str(each.before), str(each.after))
        console().print(rows)
    say(f"{found.projection}: {found}")
