"""A page of the reference: where each command of an inspection is open, and what it may be about."""

from collections.abc import Callable, Iterable, Sequence

from domain.inspection.moves import MOVES
from domain.inspection.scope import InspectionStatus
from domain.inspection.statistics import unrecorded
from domain.rules import rule_book

Table = Callable[[Sequence[str], Iterable[Sequence[str]]], str]


def inspection(table: Table, note: str) -> str:
    """The moves of an inspection, its strata, elements and formulas."""
    rules = rule_book().inspection
    rows = [
        (
            f"`{command.__name__}`",
            *("yes" if status in where.status else "" for status in InspectionStatus),
            f"an open {where.needs}" if where.needs else "",
        )
        for command, where in MOVES.items()
    ]
    strata = [(f"`{offence}`", f"`{stratum}`") for offence, stratum in rules.strata.items()]
    elements = [(f"`{code}`", title) for code, title in rules.elements.items()]
    return "\n\n".join(
        [
            "# Inspections: moves, strata, elements, formulas",
            note,
            "A command that is not open is refused (409), and the answer names those that are.",
            table(("command", *(status.value for status in InspectionStatus), "and"), rows),
            "## Strata",
            f"By the stratum of the offence; fraud is in none. Rule set `{rules.id}`, from {rules.effective}: "
            f"{rules.standing}. The overall rate weighs strata by their share of the {rules.weights}; intervals are of "
            f"{rules.level:.0%}; a target interval is planned for a rate of {rules.expected_rate}.",
            table(("of the offence", "of the inspection"), strata),
            "## Elements",
            "What a cause of concern or a recommendation is about.",
            table(("code", "title"), elements),
            "## Formulas",
            f"- {unrecorded.NOTE}\n- {unrecorded.ADDITIONAL_NOTE}",
        ]
    )
