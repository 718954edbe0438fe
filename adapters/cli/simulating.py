"""`candour simulate`: histories made through the domain's own commands, into a synthetic store."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from adapters.cli.output import AsJson, print_json, progress, say
from adapters.simulator import write
from adapters.system import NotMigrated, now, open_system
from application.simulation import Plan, World
from domain.values import LONDON

WORLD = World()


def simulate(
    force: Annotated[list[str], typer.Option(help="A force, by its code; give several for several.")],
    reports: Annotated[int, typer.Option(help="Reports per force.")],
    seed: Annotated[int, typer.Option(help="The same seed makes the same history.")],
    truth: Annotated[Path, typer.Option(help="Where to write what was planted (JSON).")],
    months: Annotated[int, typer.Option(help="How many months the history spans.")] = 24,
    end: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The London day it ends on.")] = None,
    conduct: Annotated[int, typer.Option(help="Reports of misconduct per force.")] = 0,
    contacts: Annotated[int, typer.Option(help="Contacts with the support line per force, at most.")] = 0,
    world: Annotated[bool, typer.Option("--world", help="Plant exact rates, the same in each force.")] = False,
    unrecorded: Annotated[float, typer.Option(help="World: share of the crimes never recorded.")] = WORLD.unrecorded,
    undecided: Annotated[float, typer.Option(help="World: share of those never decided on.")] = WORLD.undecided,
    wrongly_cancelled: Annotated[
        float, typer.Option(help="World: share of the recorded crimes that are wrongly cancelled.")
    ] = WORLD.wrongly_cancelled,
    late: Annotated[float, typer.Option(help="World: share of the recorded crimes that are late.")] = WORLD.late,
    json: AsJson = False,
) -> None:
    """Simulate case histories and write down what was planted in them."""
    last = end.date() if end else now().astimezone(LONDON).date()
    planted = World(unrecorded, wrongly_cancelled, late, undecided) if world else None
    plan = Plan(
        forces=tuple(force),
        reports=reports,
        seed=seed,
        end=last,
        months=months,
        world=planted,
        conduct=conduct,
        contacts=contacts,
    )
    with open_system() as system:
        try:
            system.facts()
        except NotMigrated:
            system.migrate(synthetic=True)
        with progress("simulate", reports * len(force)) as advance:
            done = 0

            def report(so_far: int, _: int) -> None:
                nonlocal done
                advance(so_far - done)
                done = so_far

            written = write(system, plan, truth, report)
    if json:
        print_json(asdict(written) | {"truth": str(truth)})
    else:
        say(f"{written.events:,} events of {written.reports:,} reports in {written.seconds:.1f} s; truth: {truth}")
