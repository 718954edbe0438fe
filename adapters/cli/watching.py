"""`candour watch`: raise the deadlines that were missed, once or for as long as it runs."""

import time
from typing import Annotated

import typer

from adapters import logs
from adapters.cli.output import AsJson, print_json, progress, say
from adapters.cli.signals import Told
from adapters.system import System, open_system
from adapters.watching import watch_for_ever
from application.deadline_watch import Raised

Once = Annotated[bool, typer.Option("--once", help="Look once, and end.")]


def watch(once: Once = False, json: AsJson = False) -> int:
    """Raise each missed deadline once. `serve` and `project --follow` do it too; one process at a time is at work."""
    if json and not once:
        raise typer.BadParameter("--json needs --once; without it the watch goes on for ever")
    with open_system() as system:
        system.check()
        if not once:
            return _for_ever(system)
        began = time.perf_counter()
        raised = _look(system)
    if json:
        print_json(raised._asdict() | {"seconds": round(time.perf_counter() - began, 3)})
    else:
        say(f"{raised.missed:,} missed deadlines raised in {time.perf_counter() - began:.1f} s")
    return 0


def _look(system: System) -> Raised:
    with progress("Missed deadlines", None) as advance:
        return system.deadline_watch.look(lambda raised: advance(raised.missed))


def _for_ever(system: System) -> int:
    told = Told()
    logs.configure()
    watch_for_ever(
        lambda: system.connect("candour_projector"),
        lambda: system.deadline_watch,
        told.to_stop.is_set,
        logs.logger("candour.watch"),
    )
    return told.code
