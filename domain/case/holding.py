"""Holding: while other cases are counted under a case, it cannot leave the count itself."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from domain.event import Act, Broken, Rule, broken

if TYPE_CHECKING:
    from domain.case.state import Case

PART_FIRST = Rule(
    "linked_cases_are_parted_first",
    "Other cases are counted under this one; part them first (`UnlinkCase` in each), so that none of them vanishes.",
    "Home Office Counting Rules: one crime is counted once, and it is counted",
)


def holds_none(state: "Case", act: Act) -> Iterator[Broken]:
    """Broken if other cases are counted under this one, which would vanish with it."""
    yield from broken(PART_FIRST, when=act.at_the_live_door and bool(state.link.holds))
