"""The columns by which a row about a report is shown to some and does not exist for others."""

from typing import Any

from domain.misconduct.state import Report
from domain.misconduct.walls import visibility


def walls(report: Report) -> dict[str, Any]:
    """The fields of `Visibility`, as rows keep them."""
    found = visibility(report)
    return found._asdict() | {"staff": tuple(sorted(found.staff)), "units": tuple(sorted(found.units))}
