"""What an examination of an installation found, and what to do about it."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    """How it stands: good; worth knowing; figures behind or stopped; wrong."""

    GOOD = "good"
    NOTE = "note"
    BEHIND = "behind"
    WRONG = "wrong"


class Finding(NamedTuple):
    """One thing looked at: what was found, and, unless it is good, a sentence that says what to do."""

    check: str
    state: State
    found: str
    advice: str = ""


def good(check: str, found: str) -> Finding:
    """All is well."""
    return Finding(check, State.GOOD, found)


def note(check: str, found: str, advice: str) -> Finding:
    """Works, but should be known."""
    return Finding(check, State.NOTE, found, advice)


def behind(check: str, found: str, advice: str) -> Finding:
    """Figures do not cover the log."""
    return Finding(check, State.BEHIND, found, advice)


def wrong(check: str, found: str, advice: str) -> Finding:
    """Must be put right."""
    return Finding(check, State.WRONG, found, advice)


def worst(findings: Iterable[Finding]) -> State:
    """The state of the whole."""
    order = list(State)
    return max((finding.state for finding in findings), key=order.index, default=State.GOOD)
