"""`candour token`: a bearer token from the built-in issuer."""

import math
from datetime import timedelta
from typing import Annotated

import typer

from adapters.cli.output import AsJson, print_json
from adapters.postgres.embedded import make_data_dir
from adapters.settings import from_environment
from adapters.system import System
from application.ports import Actor
from domain.event import Role
from domain.misconduct.intake import SERVICE
from domain.rules import rule_book

# Whoever runs the command line holds the database and its keys: every role but that of a reviewer, who
# must not know what is in the log; all forces.
OPERATOR = Actor("operator", frozenset(Role) - {Role.INSPECTOR}, "*")


def token(
    role: Annotated[list[Role], typer.Option(help="A role; give several for several.")],
    force: Annotated[
        str, typer.Option(help="The force the person acts for; * for an oversight body; the reporting service.")
    ],
    staff_id: Annotated[str, typer.Option(help="An opaque id of the person; never a name.")],
    unit: Annotated[str | None, typer.Option(help="The unit.")] = None,
    hours: Annotated[float, typer.Option(min=0.01, max=24 * 366, help="How long the token is valid.")] = 12,
    json: AsJson = False,
) -> None:
    """Issue a bearer token for one person or process."""
    if not math.isfinite(hours):
        raise typer.BadParameter("--hours takes a number of hours")
    forces = {"*", SERVICE, *rule_book().forces, *rule_book().misconduct.forces}
    if force not in forces:
        raise typer.BadParameter(
            f"{force!r} is not a force; use its code, such as thames-valley, {SERVICE} for an operator of the service, "
            "or * for oversight"
        )
    if Role.REPORTER in role:
        raise typer.BadParameter("a reporter has no account: the words of their receipt are enough")
    settings = from_environment()
    if settings.token_key_file is None:
        make_data_dir(settings.data_dir)
    # Issuing needs the token key only, not the database.
    issued = System(settings, None).tokens.issue(staff_id, role, force, unit, timedelta(hours=hours))
    if json:
        print_json({"token": issued, "staff_id": staff_id, "roles": role, "force": force, "unit": unit, "hours": hours})
    else:
        print(issued)
