"""Figures beside others, as tables on the terminal."""

from typing import Any

from rich.table import Table

from adapters.cli.output import console, plain

DAY = len("2026-03-01")
PLACES = {"inside": "", "beyond_warning": "beyond 1.96", "beyond_action": "beyond 3.09"}


def show_triangle(found: dict[str, Any]) -> None:
    """A row for each period, a column for each moment at which it was known."""
    values = {(row["period"], row["known_at"]): row["value"] for row in found["revisions"]}
    table = Table(found["by"], *(f"known {known[:DAY]}" for known in found["known"]))
    for period in found["periods"]:
        shown = [plain(values[period, at]) if (period, at) in values else "" for at in found["known"]]
        table.add_row(period, *shown)
    out = console()
    out.print(found["question"], style="bold")
    out.print(table)


def show_comparison(found: dict[str, Any]) -> None:
    """The force, its year before, similar forces and all; then the funnel."""
    out = console()
    out.print(found["question"], style="bold")
    rows = [
        (found["parameters"]["force"], found),
        ("the year before", found["year_before"]),
        *((each["force"], each) for each in found["similar"] or ()),
        ("all forces", found["all_forces"]),
    ]
    table = Table("", "value", "numerator", "denominator")
    for name, row in rows:
        table.add_row(name, *(plain(row.get(part)) for part in ("value", "numerator", "denominator")))
    out.print(table)
    if found["similar_because"]:
        out.print(found["similar_because"], style="italic")
    if not found["funnel"]:
        return
    limits = ("action_low", "warning_low", "warning_high", "action_high")
    funnel = Table("force", "value", "n", *(name.replace("_", " ") for name in limits), "")
    for row in found["funnel"]:
        funnel.add_row(
            row["force"],
            plain(row["value"]),
            plain(row["denominator"]),
            *(plain(row[name]) for name in limits),
            PLACES[row["place"]],
        )
    out.print(funnel)
