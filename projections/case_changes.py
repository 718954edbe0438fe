"""What an event changes in the row of case facts, where several events change the same."""

from datetime import datetime

from domain.case.cancellation import CancellationEvent, status_after
from domain.case.duties import DutyKind
from domain.case.flags import CrimeFlag
from domain.event import RecordedEvent, Role
from domain.rules import rule_book
from domain.rules.working_days import end_of_working_day
from domain.values import Moment, Place
from projections.case_row import NO_STRATUM, CaseFacts


def may_leave(
    row: CaseFacts, entry: RecordedEvent, event: CancellationEvent, *, asked_as: str | None, by: str | None = None
) -> dict[str, object]:
    """The crime may leave the register (`asked_as`), or stays in it: none left before."""
    after: dict[str, object] = {"status": status_after(event).value, "asked_as": asked_as, "asked_by": by}
    after |= dict.fromkeys(("cancelled_as", "cancelled_at", "approved_by", "approved_as"))
    after["approver_had_part"] = False
    return {**after, **had_part(row, by), **as_testimony(row, entry)}


def has_left(row: CaseFacts, entry: RecordedEvent, event: CancellationEvent, code: str | None) -> dict[str, object]:
    """The crime has left the register."""
    status = status_after(event).value
    return {"status": status, "cancelled_as": code, "cancelled_at": entry.at, **as_testimony(row, entry)}


def end_of(moment: Moment) -> tuple[datetime, datetime]:
    """By its last instant, then its first."""
    return moment.latest, moment.earliest


def beginning_of(moment: Moment) -> tuple[datetime, datetime]:
    """By its first instant, then its last."""
    return moment.earliest, moment.latest


def actor_of(entry: RecordedEvent) -> str | None:
    """Who acted, if that is known: a file may not say."""
    return None if entry.role is Role.IMPORTER else entry.actor.casefold()


def had_part(row: CaseFacts, person: str | None) -> dict[str, object]:
    """One more person who had a part in the crime."""
    return {"had_part": with_line(row.had_part, person.casefold())} if person is not None else {}


def with_line(lines: str, line: str) -> str:
    """The lines with one more, in order, each once."""
    return "\n".join(sorted({*lines.splitlines(), line}))


def order_of_statement(recorded: Moment | None, category: str | None, last_outcome: str | None) -> tuple[str, str, str]:
    """By the month that a source states; in a fixed order among equals."""
    if recorded is None:
        return "", "", ""
    return f"{recorded.earliest.isoformat()} {recorded}", category or "", last_outcome or ""


def outcome_rank(at: Moment, outcome: int | None, category: str | None) -> tuple[datetime, datetime, int, str]:
    """By when it was assigned; in a fixed order among equals."""
    return at.earliest, at.latest, outcome or 0, category or ""


def classified(code: str | None) -> dict[str, object]:
    """The group and the stratum of an offence."""
    offence = rule_book().offences.get(code or "")
    return {
        "offence_group": offence.group if offence else None,
        "stratum": offence.stratum if offence else NO_STRATUM,
    }


def recorded_as(row: CaseFacts, code: str) -> dict[str, object]:
    """The offence under which the crime is recorded, and whether that was ever a rape."""
    offence = rule_book().offences.get(code)
    return {"offence": code, "was_rape": row.was_rape or (offence is not None and offence.rape), **classified(code)}


def first_decision(row: CaseFacts, entry: RecordedEvent, decision: str) -> dict[str, object]:
    """The first recording decision, and the unit of whoever took it."""
    if row.decided_at is not None:
        return {}
    return {
        "decision": decision,
        "decided_at": entry.at,
        "decided_written_at": entry.written_at,
        "decided_by_unit": entry.unit,
    }


def as_testimony(row: CaseFacts, entry: RecordedEvent) -> dict[str, object]:
    """That it is testimony (what breaks a rule cannot be anything else), and which rules it breaks."""
    if not entry.broken and (entry.source is None or row.testified_at is not None):
        return {}
    broken = " ".join(sorted({*row.broken.split(), *entry.broken}))
    return {"testified_at": row.testified_at or entry.written_at, "broken": broken}


def received(at: Moment) -> dict[str, object]:
    """The receipt by the force, and the last instant to refer the victim to a support service."""
    days = rule_book().duty_rules(at).duties[DutyKind.SUPPORT_REFERRAL].days(enhanced=False)
    return {"received_at": at, "refer_by": end_of_working_day(at.latest_london_date, days)}


def placed(row: CaseFacts, place: Place | None, month: Moment | None = None) -> dict[str, object]:
    """The area as published: the source that states the latest month, whatever the order of arrival."""
    if place is None or place.lsoa_code is None:
        return {}
    states = f"{'' if month is None else month.earliest.isoformat()} {place.lsoa_code}"
    if row.own_area or states <= row.placed:  # what the force itself states stands against anything published about it
        return {}
    return {"area": place.lsoa_code, "placed": states}


def flagged(flag: CrimeFlag, applies: str) -> dict[str, object]:
    """Whether the crime is domestic abuse; no other flag is counted."""
    return {"domestic_abuse": applies} if flag is CrimeFlag.DOMESTIC_ABUSE else {}
