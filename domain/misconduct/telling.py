"""What a reporter is told of how their report stands: little that was not said to them on purpose."""

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType

from domain.misconduct.duties import OwedKind
from domain.misconduct.mailbox import PlainStatus
from domain.misconduct.passing import Stage
from domain.misconduct.review import MatterStatus
from domain.misconduct.state import Report
from domain.rules import RuleBook
from domain.values import instant

WORDS: Mapping[PlainStatus, str] = MappingProxyType(
    {
        PlainStatus.RECEIVED: "We have your report, and somebody will read it.",
        PlainStatus.WITH_THE_FORCE: "Your report is with the people at the force who deal with such matters.",
        PlainStatus.BEING_LOOKED_AT: "Somebody is looking at your report.",
        PlainStatus.UNDER_INVESTIGATION: "What you reported is being investigated.",
        PlainStatus.ACTION_TAKEN: "Something was done because of your report.",
        PlainStatus.NO_FURTHER_ACTION: "Nothing more will be done about your report.",
        PlainStatus.CLOSED: "The work on your report has ended. You can still write to us here.",
    }
)
_DERIVED: Mapping[Stage, PlainStatus] = MappingProxyType(
    {
        Stage.PASSED: PlainStatus.WITH_THE_FORCE,
        Stage.ACKNOWLEDGED: PlainStatus.WITH_THE_FORCE,
        Stage.SIGNPOSTED: PlainStatus.NO_FURTHER_ACTION,
    }
)


def status_told(report: Report) -> PlainStatus:
    """What was told last; before anything was, only how far the report was passed on, or that its matter is closed.

    An investigation is never derived: whoever holds a receipt may be the person whom it must not warn.
    """
    if report.mailbox.told is not None:
        return report.mailbox.told
    if report.closure.status is MatterStatus.CLOSED:
        return PlainStatus.CLOSED
    return _DERIVED.get(report.passing.stage, PlainStatus.RECEIVED)


def promised_by(report: Report, rules: RuleBook) -> date | None:
    """The London day by which the reporter hears more, which may be over; None: nothing is promised at present.

    What was promised last; else the day by which the report must be acknowledged.
    """
    if report.mailbox.told is not None:
        return report.mailbox.next_by
    waits = [each.due for each in report.owed if each.kind is OwedKind.ACKNOWLEDGEMENT and each.is_open]
    if waits:
        return _day(min(waits))
    received = report.intake.received
    awaited = report.passing.stage is Stage.RECEIVED and received is not None
    return first_promise(received.latest_london_date, rules) if awaited and received else None


def first_promise(received: date, rules: RuleBook) -> date:
    """The London day by which a report of that day is acknowledged: the clock that runs when it is passed on."""
    return _day(rules.misconduct.clock(OwedKind.ACKNOWLEDGEMENT, received).due(received))


def _day(due: datetime) -> date:
    return instant(due).london_date
