"""`candour metrics`: the catalogue, or one figure."""

import sys
from typing import Annotated, Any

import typer
from rich.table import Table

from adapters.cli.output import AsJson, console, plain, print_json
from adapters.cli.serving import must_be_migrated
from adapters.cli.tokens import OPERATOR
from adapters.questions import describe, metric_named, question
from adapters.system import now, open_system
from adapters.tables import to_csv
from projections.metrics import ALL

Name = Annotated[str | None, typer.Argument(help="The metric; without it, the catalogue.")]
Text = str | None
LONGEST_WAIT = 600


def metrics(
    name: Name = None,
    force: Annotated[Text, typer.Option(help="One force, by its code (thames-valley).")] = None,
    since: Annotated[Text, typer.Option(help="First London day of the period (2026-03-01).")] = None,
    until: Annotated[Text, typer.Option(help="First London day after the period.")] = None,
    by: Annotated[
        Text, typer.Option(help="Break down by force, stratum, offence_group, route, receipt or month.")
    ] = None,
    as_of: Annotated[Text, typer.Option(help="For stocks: the moment of the stock.")] = None,
    known_at: Annotated[Text, typer.Option(help="As known at a position, an instant or the end of a day.")] = None,
    min_position: Annotated[int, typer.Option(help="Answer only once the figures cover this position.")] = 0,
    wait: Annotated[float, typer.Option(help="Seconds to wait for that.")] = 5.0,
    csv: Annotated[bool, typer.Option("--csv", help="Answer with CSV.")] = False,
    json: AsJson = False,
) -> None:
    """A figure with its numerator, denominator, exclusions and identity; or the catalogue."""
    if name is None:
        _catalogue(json)
        return
    metric = metric_named(name)
    given = {"force": force, "since": since, "until": until, "by": by, "as_of": as_of, "known_at": known_at}
    if not 0 <= wait <= LONGEST_WAIT:
        raise typer.BadParameter(f"--wait takes 0 to {LONGEST_WAIT} seconds")
    if csv and json:
        raise typer.BadParameter("--csv or --json, not both")
    asked = question(metric, given, OPERATOR, now(), min_position=min_position, wait=wait)
    with open_system() as system:
        must_be_migrated(system)
        answer = system.metrics.answer(asked)
    if json:
        print_json(answer)
    elif csv:
        sys.stdout.write(to_csv(answer))
    else:
        _show(answer)


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
    by = answer["parameters"].get("by")
    figures = [name for name in ("value", "median", "p90", "numerator", "denominator", "open") if name in answer]
    bands = list(answer.get("bands", {}))
    rows: list[dict[str, Any]] = [*answer.get("series", []), answer]
    bounds = ("low", "high") if any(row.get("interval") for row in rows) else ()
    table = Table(*([by] if by else []), *figures, *bounds, *bands, "excluded")
    for row in rows:
        first = [row.get(by, "all")] if by else []
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
