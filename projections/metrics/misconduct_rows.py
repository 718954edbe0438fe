"""What the metrics of misconduct have in common: their dimensions, the lists of their parts, why a row is left out."""

from domain.rules import rule_book

REPORT_DIMENSIONS = ("force", "channel", "anonymity", "unit", "month")
COMPLAINT_DIMENSIONS = ("force", "channel", "matter", "month")
PERSON_DIMENSIONS = ("force", "person_kind", "form", "month")
STEP_DIMENSIONS = ("force", "month")
REVIEW_DIMENSIONS = ("force", "body", "month")

RULES = ("misconduct-1",)
CLOCKS = ("misconduct-1", "proceedings-2020", "proceedings-2024", "proceedings-2025")
IOPC = "IOPC, police complaints statistics"
HOME_OFFICE = "Home Office, police misconduct statistics"
CASE_WEIGHTED = "The mean is over cases: a force with ten times the cases weighs ten times as much."


def listed(name: str) -> tuple[str, ...]:
    """The codes of a list of the rule set misconduct-1, whenever they are in use."""
    return tuple(dict.fromkeys(each.code for each in rule_book().misconduct.lists[name]))


def nothing(row: object) -> None:
    """No row is left out."""
    return
