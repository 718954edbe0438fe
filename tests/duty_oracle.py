"""What is owed and by when, reckoned anew from the rules as they are written, one duty at a time. Slow and plain.

It shares no code with domain/case/duties.py nor with its library of bank holidays, and reads histories in which every
fact is right (no corrections).
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from domain.event import Event, RecordedEvent

LONDON = ZoneInfo("Europe/London")
DAY = timedelta(days=1)
TOLD_OF = {
    "CrimeRecorded": "recorded",
    "CancellationReversed": "recorded",
    "RecordingDeclined": "not_recorded",
    "N100Recorded": "not_recorded",
    "CancellationApproved": "cancelled",
    "TransferAccepted": "transferred",
    "InvestigationDeclined": "no_investigation",
    "OutcomeAssigned": "outcome",
    "ReviewDecided": "review",
}
# One-off holidays, and the years in which a holiday was moved to another day.
EXTRA = {"1999-12-31", "2002-06-03", "2011-04-29", "2012-06-05", "2022-06-03", "2022-09-19", "2023-05-08"}
MOVED = {
    "1995-05-01": "1995-05-08",
    "2002-05-27": "2002-06-04",
    "2012-05-28": "2012-06-04",
    "2020-05-04": "2020-05-08",
    "2022-05-30": "2022-06-02",
}


def easter(year: int) -> date:
    """Easter Sunday (the anonymous Gregorian reckoning)."""
    a, (b, c) = year % 19, divmod(year, 100)
    (d, e), g = divmod(b, 4), (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    left = (32 + 2 * e + 2 * i - h - k) % 7
    month, day = divmod(h + left - 7 * ((a + 11 * h + 22 * left) // 451) + 114, 31)
    return date(year, month, day + 1)


@lru_cache
def bank_holidays(year: int) -> frozenset[date]:
    """The days of the year on which banks in England and Wales are closed, with the substitutes for weekends."""
    good_friday = easter(year) - 2 * DAY
    found = {good_friday, easter(year) + DAY}
    mondays = [date(year, 5, 1), date(year, 5, 25), date(year, 8, 25)]  # the first from that day on
    found |= {first + (-first.weekday() % 7) * DAY for first in mondays}
    found = {date.fromisoformat(MOVED.get(day.isoformat(), day.isoformat())) for day in found}
    for fixed in (date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)):
        day = fixed
        while day.weekday() >= 5 or day in found:
            day += DAY
        found |= {fixed, day}
    return frozenset(found | {date.fromisoformat(day) for day in EXTRA if day.startswith(str(year))})


def is_working_day(day: date) -> bool:
    """Neither at the weekend nor a bank holiday."""
    return day.weekday() < 5 and day not in bank_holidays(day.year)


def london_day(at: datetime) -> date:
    """The day that a London calendar shows."""
    return at.astimezone(LONDON).date()


@lru_cache(4096)
def last_instant(start: date, working_days: int) -> datetime:
    """The end of that many working days after the day."""
    day = start
    for _ in range(working_days):
        day += DAY
        while not is_working_day(day):
            day += DAY
    after = day + DAY
    return datetime(after.year, after.month, after.day, tzinfo=LONDON).astimezone(UTC) - timedelta(microseconds=1)


class Owed(NamedTuple):
    """A duty as the rules have it: what, of which event (its id), until when, under which rules, and how it stands."""

    kind: str
    about: str | None
    opened_by: object
    due: datetime
    rule_set: str
    stands: str


def owed(history: Sequence[RecordedEvent], now: datetime) -> list[Owed]:
    """Everything that was ever owed, and how it stands at `now`."""
    return [duty for number in range(len(history)) for duty in _opened(history, number, now)]


def _name(event: Event) -> str:
    return type(event).__name__


def _opened(history: Sequence[RecordedEvent], number: int, now: datetime) -> Iterator[Owed]:
    entry = history[number]
    event, name, before, after = entry.event, _name(entry.event), history[:number], history[number + 1 :]
    rules = "duties-2015" if london_day(entry.at.earliest) < date(2021, 4, 1) else "duties-2021"
    wanted: list[tuple[str, str | None, datetime, str]] = []
    if name == "CrimeReported":
        due, clock = recording_clock(event.received_at)  # type: ignore[attr-defined]
        wanted.append(("recording", None, due, clock))
    elif name == "InvestigationUpdated" and event.what != "other":  # type: ignore[attr-defined]
        wanted.append(("update", "update", last_instant(london_day(entry.at.latest), _days(before)), rules))
    elif name in TOLD_OF:
        due = last_instant(london_day(entry.at.latest), _days(before))
        wanted.append(("victim_told", TOLD_OF[name], due, rules))
    elif name == "ReviewRequested":
        wanted.append(("outcome_review", None, last_instant(london_day(entry.at.latest), 30), rules))
    referred = any(_name(e.event).startswith("SupportReferral") for e in before)
    if name in ("CrimeRecorded", "N100Recorded") and not referred and not _referral_owed(before):
        received = [e.event.received_at for e in before if _name(e.event) in ("CrimeReported", "ReceiptEstablished")]  # type: ignore[attr-defined]
        since = received[-1] if received else entry.at
        wanted.append(("support_referral", None, last_instant(london_day(since.latest), 2), rules))
    for kind, about, due, under in wanted:
        if entry.source is None or due >= entry.written_at:
            yield _fate(Owed(kind, about, entry.event_id, due, under, "open"), after, now)


def _referral_owed(before: Sequence[RecordedEvent]) -> bool:
    """Whether a referral is owed already: reported as N100 and recorded after all, it is owed once."""
    if not any(_name(e.event) in ("CrimeRecorded", "N100Recorded") for e in before):
        return False
    at = before[-1].at.latest
    return any(d.kind == "support_referral" and d.stands in ("open", "overdue", "paused") for d in owed(before, at))


def _later(due: datetime, stood: timedelta) -> datetime:
    """The end of the first working day from that many hours on; a clock that did not stand changes nothing."""
    day = london_day(due + stood)
    while not is_working_day(day):
        day += DAY
    return last_instant(day, 0) if stood > timedelta() else due


def recording_clock(received_at: object) -> tuple[datetime, str]:
    """The last instant at which recording is in time, and the rule set that says so."""
    before_2015 = london_day(received_at.earliest) < date(2015, 4, 1)  # type: ignore[attr-defined]
    hours, rules = (72, "recording-2002") if before_2015 else (24, "recording-2015")
    return received_at.latest + timedelta(hours=hours), rules  # type: ignore[attr-defined]


def _days(before: Sequence[RecordedEvent]) -> int:
    """Five working days, or one if the victim had an enhanced entitlement when it happened."""
    assessed = [e.event.grounds for e in before if _name(e.event) == "NeedsAssessed"]  # type: ignore[attr-defined]
    return 1 if assessed and assessed[-1] else 5


def _ends(duty: Owed, event: Event) -> bool:
    name = _name(event)
    if duty.kind == "recording":
        return name in ("CrimeRecorded", "RecordingDeclined", "N100Recorded")
    if duty.kind == "support_referral":
        return name.startswith("SupportReferral")
    if duty.kind == "outcome_review":
        return name == "ReviewDecided"
    if name == "VictimInformed":
        return event.about == duty.about and event.of_event in (None, duty.opened_by)  # type: ignore[attr-defined]
    return name == "VictimNoticeWaived" and event.about == duty.about  # type: ignore[attr-defined]


def _fate(duty: Owed, after: Sequence[RecordedEvent], now: datetime) -> Owed:
    due, rules, met, lifted, paused = duty.due, duty.rule_set, None, None, None
    for entry in after:
        event, name = entry.event, _name(entry.event)
        running = met is None and lifted is None
        lifts = (
            name == "CaseLinked" if duty.kind == "recording" else name in ("CancellationApproved", "TransferAccepted")
        )
        ends = met is None and _ends(duty, event)
        if name == "ReceiptEstablished" and duty.kind == "recording":
            due, rules = recording_clock(event.received_at)  # type: ignore[attr-defined]
        if name == "ReceiptEstablished" and duty.kind == "support_referral" and running and paused is None:
            due = last_instant(london_day(event.received_at.latest), 2)  # type: ignore[attr-defined]
        if name == "DutyPaused" and event.duty == duty.kind and running and paused is None:  # type: ignore[attr-defined]
            paused = entry.at.earliest
        resumes = name == "DutyResumed" and event.duty == duty.kind  # type: ignore[attr-defined]
        if paused is not None and (resumes or ends or (lifts and duty.kind != "outcome_review")):
            due, paused = _later(due, entry.at.latest - paused), None
        if ends:
            met = entry.at
        if lifts and running and not ends and duty.kind != "outcome_review":
            lifted = entry.at.earliest
        if name == "CaseUnlinked" and duty.kind == "recording":
            lifted = None
        if name == "CancellationReversed" and lifted is not None and duty.kind != "recording":
            due = _later(due, entry.at.latest - lifted) if lifted <= due else due
            lifted = None
    if lifted is not None:
        stands = "lifted"
    elif met is not None:
        stands = "met" if met.earliest <= due else "met_late"
    elif paused is not None:
        stands = "paused"
    else:
        stands = "overdue" if now > due else "open"
    return duty._replace(due=due, rule_set=rules, stands=stands)
