"""The commands of `candour`, by name."""

import typer

from adapters.cli import (
    demonstrate,
    doctor,
    figures,
    history,
    importing,
    projecting,
    projections,
    publishing,
    serving,
    simulating,
    tokens,
    watching,
)
from adapters.cli.exits import EXITS

app = typer.Typer(
    name="candour",
    help="Crime reports as an immutable history, and figures that open to their events.",
    epilog="Exit codes: " + "; ".join(f"{code} {meaning}" for code, meaning in EXITS.items()),
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("demo")(demonstrate.demo)
app.command("serve")(serving.serve)
app.command("project")(projecting.project)
app.command("watch")(watching.watch)
app.command("migrate")(serving.migrate)
app.command("simulate")(simulating.simulate)
app.command("metrics")(figures.metrics)
app.command("publish")(publishing.publish)
app.command("publications")(publishing.publications)
app.command("replay")(history.replay)
app.command("token")(tokens.token)
app.command("doctor")(doctor.doctor)
app.add_typer(importing.app, name="import")
app.add_typer(projections.app, name="projections")
