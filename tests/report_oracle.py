"""The register of reports and what is owed in them, read anew from the events: by loops, one fact at a time.

It shares no code with the state of a report nor with its projections, and reads histories without corrections.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from duty_oracle import is_working_day, london_day

from domain.event import RecordedEvent, Role
from domain.misconduct.allegations import AllegationMade, AllegationWithdrawn
from domain.misconduct.assessment import ReportAssessed
from domain.misconduct.delay import DelayStatementSent
from domain.misconduct.intake import SERVICE, ReportReceived
from domain.misconduct.investigation import (
    InvestigationDiscontinued,
    InvestigationReported,
    InvestigatorAppointed,
    MisconductInvestigationStarted,
    MisconductUpdateSent,
)
from domain.misconduct.passing import ReportAcknowledged, ReportPassed, ReportSignposted
from domain.misconduct.referral import ModeDecided, ReferredToIopc
from domain.misconduct.subjects import SubjectIdentified, SubjectNoted

ENDS = InvestigationReported | InvestigationDiscontinued


def registered(entries: Sequence[RecordedEvent]) -> dict[str, Any]:
    """Some columns of the report's row, and all by which it is hidden."""
    opened_by = entries[0].force
    row: dict[str, Any] = {
        "held_by": None if opened_by == SERVICE else opened_by,
        "service": opened_by == SERVICE,
        "corruption": entries[0].role is Role.ACU_INVESTIGATOR,
        "opened_by": opened_by,
        "owner": None,
        "unit": None,
        "cci_category": None,
        "referral_kind": None,
        "mode": None,
        "subjects": 0,
    }
    staff, units, standing = set[str](), set[str](), dict[int, str]()
    for entry in entries:
        match entry.event:
            case ReportReceived(categories=categories, channel=channel):
                row |= {"stage": "received", "categories": categories, "channel": channel.value}
            case ReportSignposted():
                row |= {"stage": "signposted"}
            case ReportPassed(force=force, unit=unit):
                # It leaves the unit that had it; only an assessment stays with it.
                corrupt = unit.value == "ccu" or row["cci_category"] is not None
                row |= {
                    "stage": "passed",
                    "held_by": force,
                    "unit": unit.value,
                    "service": False,
                    "corruption": corrupt,
                }
            case ReportAcknowledged():
                row |= {"stage": "acknowledged", "service": False}
            case ReportAssessed(disposition=disposition, cci_category=category):
                row |= {"disposition": disposition.value}
                if category is not None:
                    row |= {"cci_category": category, "corruption": True}
            case SubjectNoted():
                row["subjects"] += 1
            case SubjectIdentified(staff_id=who, unit=unit, force=force, line=line):
                staff |= {*line, *([who] if who else [])}
                units |= {f"{force}/{''.join(unit.split()).lower()}"} if unit else set()
            case AllegationMade(allegation=number, category=category):
                standing[number] = category
            case AllegationWithdrawn(allegation=number):
                standing.pop(number, None)
            case MisconductInvestigationStarted(investigator=who) | InvestigatorAppointed(investigator=who):
                row["owner"] = who
            case ReferredToIopc(kind=kind):
                row["referral_kind"] = kind.value
            case ModeDecided(mode=mode):
                row["mode"] = mode.value
            case _:
                pass
    row |= {"staff": tuple(sorted(staff)), "units": tuple(sorted(units))}
    return row | {"allegation_categories": tuple(sorted(set(standing.values()))), "allegations": len(standing)}


class Expected(NamedTuple):
    """A duty: what, by the end of which London day, and whether it is open, met or lifted."""

    kind: str
    by: date
    status: str


def owed(entries: Sequence[RecordedEvent], kinds: Sequence[str]) -> list[Expected]:
    """The acknowledgements, the updates and, over the ten years after the last step, the delay statements."""
    readers = {
        "acknowledgement": _acknowledgements,
        "investigation_update": _updates,
        "delay_statement": _statements,
    }
    return sorted(each for kind in kinds for each in readers[kind](entries))


def _acknowledgements(entries: Sequence[RecordedEvent]) -> list[Expected]:
    found: list[Expected] = []
    for number, entry in enumerate(entries):
        if isinstance(entry.event, ReportPassed):
            day, left = london_day(entry.at.latest), 5
            while left:
                day += timedelta(days=1)
                left -= is_working_day(day)
            status = "open"
            for later in entries[number + 1 :]:
                if isinstance(later.event, ReportPassed | ReportSignposted | ReportAcknowledged):
                    status = "met" if isinstance(later.event, ReportAcknowledged) else "lifted"
                    break
            found.append(Expected("acknowledgement", day, status))
    return found


def _updates(entries: Sequence[RecordedEvent]) -> list[Expected]:
    found: list[Expected] = []
    for number, entry in enumerate(entries):
        if isinstance(entry.event, MisconductInvestigationStarted | MisconductUpdateSent):
            status = "open"
            for later in entries[number + 1 :]:
                if isinstance(later.event, MisconductUpdateSent | MisconductInvestigationStarted | ENDS):
                    status = "met" if isinstance(later.event, MisconductUpdateSent) else "lifted"
                    break
            found.append(Expected("investigation_update", london_day(entry.at.latest) + timedelta(days=28), status))
    return found


def _statements(entries: Sequence[RecordedEvent]) -> list[Expected]:
    starts = [entry.at.earliest for entry in entries if isinstance(entry.event, MisconductInvestigationStarted)]
    if not starts:
        return []
    noticed, where = None, None
    for entry in entries:
        if isinstance(entry.event, ReportReceived) and entry.event.channel.value in ("internal", "public", "audit"):
            noticed, where = entry.event.received.london_date, entry.force
        if isinstance(entry.event, ReportPassed) and entry.event.force != where:
            noticed, where = london_day(entry.at.earliest), entry.event.force
    assert noticed is not None
    steps = [
        entry.at.earliest
        for entry in entries
        if isinstance(entry.event, MisconductInvestigationStarted | MisconductUpdateSent | DelayStatementSent)
    ]
    ends = [entry.at.earliest for entry in entries if isinstance(entry.event, ENDS)]
    sent = [london_day(entry.at.earliest) for entry in entries if isinstance(entry.event, DelayStatementSent)]
    until = london_day(max(steps) + timedelta(days=3653))
    found: list[Expected] = []
    months = 12
    while True:
        due = _months(noticed, months)
        months += 6
        if not _over(starts, ends, due):
            answered = any(due - day <= timedelta(days=28) for day in sent)
            over = len(ends) == len(starts)
            found.append(Expected("delay_statement", due, "met" if answered else "lifted" if over else "open"))
        if due > until:
            return found


def _over(starts: Sequence[datetime], ends: Sequence[datetime], day: date) -> bool:
    """Whether one investigation had ended by that day, and none was under way on it."""
    spans = [(london_day(start), london_day(ends[n]) if n < len(ends) else date.max) for n, start in enumerate(starts)]
    return any(end <= day for _, end in spans) and not any(start <= day < end for start, end in spans)


def _months(day: date, months: int) -> date:
    year, month = day.year + (day.month - 1 + months) // 12, (day.month - 1 + months) % 12 + 1
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError(day)
