"""Two pages of the reference: where each command of a misconduct report is open, and its lists and clocks."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from enum import StrEnum
from typing import get_args, get_type_hints

from domain.misconduct.moves import MOVES, Where
from domain.misconduct.passing import Stage
from domain.rules import rule_book
from domain.rules.clock import Clock

Table = Callable[[Sequence[str], Iterable[Sequence[str]]], str]
BY_ITSELF = ("stage", "safeguarding", "subject")
SAFEGUARDING = {None: "", True: "under way", False: "not under way"}


def moves(table: Table, note: str) -> str:
    """In which states of its tracks each command of a misconduct report is open."""
    fields = get_type_hints(Where)
    tracks: dict[str, type[StrEnum]] = {name: get_args(fields[name])[0] for name in fields if name not in BY_ITSELF}
    by_stage = [
        (f"`{command.__name__}`", *("yes" if stage in where.stage else "" for stage in Stage))
        for command, where in MOVES.items()
    ]
    others = [
        (
            f"`{command.__name__}`",
            *(_only(getattr(where, track), of) for track, of in tracks.items()),
            SAFEGUARDING[where.safeguarding],
            ", ".join(sorted(where.subject or ())),
        )
        for command, where in MOVES.items()
    ]
    return "\n\n".join(
        [
            "# Moves of a misconduct report",
            note,
            "A command is open where every track of the report lets it through. One that is not is refused (409), and "
            "the answer names those that are.",
            "## By the stage",
            table(("command", *(stage.value for stage in Stage)), by_stage),
            "## By the other tracks",
            "An empty cell: in every status. *subject*: one of the subjects must stand so.",
            table(("command", *tracks, "safeguarding", "subject"), others),
        ]
    )


def lists(table: Table, note: str) -> str:
    """The categories, criteria and clocks of misconduct reports."""
    rules = rule_book().misconduct
    parts = [
        "# Lists and clocks of misconduct reports",
        note,
        "Each entry applies from its day on (London). *Standing*: empty where the source says so; `unconfirmed` and "
        "`policy` are data of this system, not law.",
    ]
    for name, entries in rules.lists.items():
        listed = [
            (f"`{entry.code}`", entry.title, str(entry.effective), str(entry.until or ""), entry.standing or "")
            for entry in entries
        ]
        parts += [f"## `{name}`", table(("code", "title", "from", "until", "standing"), listed)]
    # A later set of the proceedings takes over the clocks of the one before that it does not change.
    sets = rule_book().proceedings[::-1]
    ever = {replace(clock, effective=date.min): clock for one in sets for clock in one.clocks.values()}
    listed = [
        (f"`{clock.kind}`", *_clock(clock), clock.escalate_to or "", clock.standing or "", clock.source)
        for clock in (*rules.clocks, *ever.values())
    ]
    head = ("clock", "from", "how long", "a miss goes to", "standing", "source")
    return "\n\n".join([*parts, "## Clocks", table(head, listed)])


def _clock(clock: Clock) -> tuple[str, str]:
    """From which day it applies, and how long it gives."""
    lengths = (
        (clock.calendar_days, "{} calendar days"),
        (clock.working_days, "{} working days"),
        (clock.months, "{} months"),
        (clock.then_months, "then every {} months"),
        (clock.lead_days, "up to {} days early"),
        (clock.not_before, "no sooner than on working day {}"),
    )
    told = [text.format(number) for number, text in lengths if number]
    if clock.starts_with:
        told.append(f"from {_events(clock.starts_with)} to {_events((*clock.met_by, *clock.lifted_by))}")
    return str(clock.effective), ", ".join(told)


def _events(names: Sequence[str]) -> str:
    return " or ".join(f"`{name}`" for name in names)


def _only(statuses: frozenset[StrEnum], of: type[StrEnum]) -> str:
    return "" if statuses == frozenset(of) else ", ".join(status for status in of if status in statuses)
