"""`candour metrics`: the catalogue, or one figure."""

import sys
from typing import Annotated, Any

import typer
from rich.table import Table

from adapters.cli.beside import show_comparison, show_triangle
from adapters.cli.output import AsJson, console, plain, print_json
from adapters.cli.serving import must_be_migrated
from adapters.cli.tokens import OPERATOR
from adapters.questions import PARAMETERS, describe, metric_named, question
from adapters.system import now, open_system
from adapters.tables import FIGURES, to_csv
from projections.metrics import ALL

Name = Annotated[str | None, typer.Argument(help="The metric; without it, the catalogue.")]
Text = str | None
LONGEST_WAIT = 600


def metrics(
    name: Name = None,
    force: Annotated[Text, typer.Option(help=PARAMETERS["force"])] = None,
    since: Annotated[Text, typer.Option(help=PARAMETERS["since"])] = None,
    until: Annotated[Text, typer.Option(help=PARAMETERS["until"])] = None,
    by: Annotated[Text, typer.Option(help=PARAMETERS["by"])] = None,
    revised: Annotated[
        bool, typer.Option("--revisions", help="Each period as it was known at the end of each since (--by month).")
    ] = False,
    compared: Annotated[
        bool, typer.Option("--compare", help="One force beside its year before, similar forces and all of them.")
    ] = False,
    others: Annotated[Text, typer.Option("--with", help="The similar forces, with commas: essex,sussex.")] = None,
    as_of: Annotated[Text, typer.Option(help=PARAMETERS["as_of"])] = None,
    known_at: Annotated[Text, typer.Option(help=PARAMETERS["known_at"])] = None,
    min_position: Annotated[int, typer.Option(help="Answer only once the figures cover this position.")] = 0,
    wait: Annotated[float, typer.Option(help="Seconds to wait for that.")] = 5.0,
    csv: Annotated[bool, typer.Option("--csv", help="Answer with CSV.")] = False,
    json: AsJson = False,
) -> None:
    """A figure with its numerator, denominator, exclusions and identity; or the catalogue."""
    if name is None:
        return _catalogue(json)
    metric = metric_named(name)
    given = {"force": force, "since": since, "until": until, "by": by, "as_of": as_of, "known_at": known_at}
    if not 0 <= wait <= LONGEST_WAIT:
        raise typer.BadParameter(f"--wait takes 0 to {LONGEST_WAIT} seconds")
    if csv and json:
        raise typer.BadParameter("--csv or --json, not both")
    if sum((revised, compared, csv)) > 1:
        raise typer.BadParameter("--revisions, --compare or --csv, not several")
    if others and not compared:
        raise typer.BadParameter("--with goes with --compare")
    asked = question(
        metric, given | ({"by": None} if revised else {}), OPERATOR, now(), min_position=min_position, wait=wait
    )
    with open_system() as system:
        must_be_migrated(system)
        if revised:
            from adapters.postgres.revisions import revisions  # late, as in `System.metrics`

            triangle = revisions(system.metrics, asked, by or "month")
            return print_json(triangle) if json else show_triangle(triangle)
        if compared:
            from adapters.comparing import compare, similar_forces

            named = similar_forces(system.settings.similar_forces_file).get(force or "", ())
            found = compare(system.metrics, asked, tuple(others.split(",")) if others else named)
            return print_json(found) if json else show_comparison(found)
        answer = system.metrics.answer(asked)
    if json:
        print_json(answer)
    elif csv:
        sys.stdout.write(to_csv(answer))
    else:
        _show(answer)
    return None


def _catalogue(json: bool) -> None:
    described = [describe(metric) for metric in ALL]
    if json:
        print_json({"metrics": described})
        return
    table = Table("metric", "kind", "question")
    for entry in described:
        table.add_row(entry["name"], entry["kind"], entry["question"])
    console().print(table)


def _show(answer: dict[str, Any]) -> None:
    out = console()
    out.print(answer["question"], style="bold")
    by: str | None = answer["parameters"].get("by")
    dimensions = by.split(",") if by else []
    figures = [name for name in FIGURES if name in answer]
    bands = list(answer.get("bands", {}))
    rows: list[dict[str, Any]] = [*answer.get("series", []), answer]
    bounds = ("low", "high") if any(row.get("interval") for row in rows) else ()
    table = Table(*dimensions, *figures, *bounds, *bands, "excluded")
    for row in rows:
        first = [row.get(dimension, "all") for dimension in dimensions]
        excluded = sum(row["excluded"].values())
        table.add_row(
            *first,
            *(plain(row.get(name)) for name in figures),
            *(plain((row.get("interval") or {}).get(bound)) for bound in bounds),
            *(plain(row["bands"][band]) for band in bands),
            plain(excluded),
        )
    out.print(table)
    for reason, rows in answer["excluded"].items():
        out.print(f"excluded: {rows:,} × {reason}")
    interval = answer.get("interval")
    if interval:
        out.print(f"interval: {interval['method']}, {interval['level']:.0%}")
    beside = answer.get("beside")
    if beside:
        out.print(
            f"beside it: {beside['metric']} {plain(beside['value'])} ({beside['numerator']}/{beside['denominator']})"
        )
    because = answer.get("no_value_because")
    if because:
        out.print(f"no value: {because}")
    if answer["note"]:
        out.print(answer["note"], style="italic")
    synthetic = "; SYNTHETIC store" if answer["synthetic"] else ""
    out.print(
        f"known at {answer['known_at']} (position {answer['position']:,}, {answer['lag']} events behind), "
        f"definition {answer['definition_version']}{synthetic}"
    )
