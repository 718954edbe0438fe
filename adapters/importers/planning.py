"""What is to be appended for a group of rows."""

from dataclasses import dataclass, field

from application.ports import NewEvent

NO_ROW = 0
"""The line that is named where no row of the file speaks: a row that is gone, a row restated from another file."""


@dataclass(slots=True)
class Plan:
    """What is to be appended for a group, and what became of its rows."""

    events: list[NewEvent] = field(default_factory=list[NewEvent])
    appended: int = 0
    applied: int = 0
    corrected: int = 0
    withdrawn: int = 0
