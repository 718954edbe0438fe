"""Testimony: what the history that was imported says against those who wrote it."""

from projections.case_row import CaseFacts
from projections.metrics.kinds import Share


def _nothing(row: CaseFacts) -> None:
    return None


testimony_breaking_rules = Share(
    name="testimony_breaking_rules",
    question="Of the cases that an import first told of in the period, in how many does it break a rule?",
    unit="case",
    cohort="testified_at",
    of=lambda row: row.testified_at is not None,
    counts=lambda row: bool(row.broken),
    excluded_because=_nothing,
    rule_sets=("recording", "outcomes-2019", "cancellation-1"),
    source="A policy of this system: what the live door would refuse is stored as testimony, with the rules it breaks",
    note="By the date of import. What came in through the import door is testimony. A rule counts as broken if it was "
    "when the event came in, also where the fact was corrected since; what its source has withdrawn does not count. A "
    "file that says little breaks few rules.",
)
