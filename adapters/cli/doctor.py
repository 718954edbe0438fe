"""`candour doctor`: everything that must be right, what is not, and what to do."""

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from adapters.checkup import check_projections, check_up
from adapters.cli.output import AsJson, console, print_json
from adapters.finding import State, worst
from adapters.settings import from_environment

EXIT = {State.GOOD: 0, State.NOTE: 0, State.BEHIND: 6, State.WRONG: 5}
STYLE = {State.GOOD: "green", State.NOTE: "yellow", State.BEHIND: "yellow", State.WRONG: "bold red"}


def doctor(
    projections: Annotated[
        bool, typer.Option("--projections", help="Only whether the projections are run by a process and up to date.")
    ] = False,
    json: AsJson = False,
) -> int:
    """Examine this installation: versions, keys, roles, clock, settings, log, figures. Changes nothing."""
    findings = check_projections(from_environment()) if projections else check_up(from_environment())
    state = worst(findings)
    if json:
        print_json({"state": state, "exit_code": EXIT[state], "findings": [found._asdict() for found in findings]})
        return EXIT[state]
    table = Table("check", "state", "found and what to do", box=None, pad_edge=False)
    for found in findings:
        words = Text(found.found if not found.advice else f"{found.found.rstrip('.')}. {found.advice}")
        table.add_row(found.check, Text(found.state, STYLE[found.state]), words)
    console().print(table)
    return EXIT[state]
