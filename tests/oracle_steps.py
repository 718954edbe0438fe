"""The figures of what victims are told, of transfers and of escalations, as a naive reader works them out.

`answer(events, "update_in_time", force=…, since=…, until=…, by=…, known_at=…)`, as in the oracle of the cases; it
shares no code with what it judges.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

from duty_oracle import LONDON, last_instant, london_day
from oracle import Case, Fact, Raw, as_it_stands, cases, midnight
from oracle_waits import STATES, Course, delay

Unit = dict[str, Any]
ELSEWHERE = "excluded: counted with the case it is linked to"
UNDECIDED = "excluded: precision of the times cannot decide it"
NOBODY = ("no_victim", "untraceable")
OF_THE_CASE = (
    "force",
    "area",
    "stratum",
    "offence_group",
    "offence",
    "route",
    "reporter_role",
    "domestic_abuse",
    "linked",
)
TOLD_OF = {"cancellation_approved.v1": "cancelled", "transfer_accepted.v1": "transferred"}


def units(known: Sequence[Raw]) -> Iterator[Unit]:
    """Every thing that a victim must be told, every transfer that was asked for, every escalation."""
    for case in cases(known):
        about: Unit = {name: getattr(case, name) for name in OF_THE_CASE}
        for number, fact in enumerate(case.facts):
            after = case.facts[number + 1 :]
            if fact.name == "transfer_requested.v1":
                yield about | _transfer(fact, after)
            elif fact.name in TOLD_OF or (fact.name == "investigation_updated.v1" and fact.data["what"] != "other"):
                yield about | _notice(case, number, TOLD_OF.get(fact.name, "update"))
    contacts: dict[str, list[Raw]] = {}
    for event in known:
        if event.stream.startswith("contact-"):
            contacts.setdefault(event.stream, []).append(event)
    for events in contacts.values():
        yield from _escalations(events[0].force, as_it_stands(events))


def _transfer(asked: Fact, after: Sequence[Fact]) -> Unit:
    """Answered by the first answer that comes before anybody asks again."""
    for fact in after:
        if fact.name == "transfer_requested.v1":
            break
        if fact.name in ("transfer_accepted.v1", "transfer_refused.v1"):
            return {"unit": "transfer", "since": asked.at, "answer": fact.name, "answered": fact.at}
    return {"unit": "transfer", "since": asked.at, "answer": None, "answered": None}


def _notice(case: Case, number: int, kind: str) -> Unit:
    fact, after = case.facts[number], case.facts[number + 1 :]
    later = [one for one in after if one.at.last >= fact.at.first]
    told = [
        one.at
        for one in later
        if one.name == "victim_informed.v1"
        and one.data["about"] == kind
        and one.data.get("of_event") in (None, fact.id)
    ]
    waivers = [one for one in later if one.name == "victim_notice_waived.v1" and one.data["about"] == kind]
    left = [one.at for one in later if one.name in TOLD_OF]
    needs = [one.data["grounds"] for one in case.facts[:number] if one.name == "needs_assessed.v1"]
    days = 1 if needs and needs[-1] else 5
    return {
        "unit": "notice",
        "kind": kind,
        "since": fact.at,
        "due": last_instant(london_day(fact.at.last), days),
        "told": min(told, default=None),
        "waived": waivers[-1].at if waivers else None,
        "why": waivers[-1].data["reason"] if waivers else None,
        "left": left[0] if left else None,
    }


def _escalations(force: str, facts: Sequence[Fact]) -> Iterator[Unit]:
    opened = [fact for fact in facts if fact.name == "contact_opened.v1"]
    numbers = {fact.data["number"]: n for n, fact in enumerate(facts) if fact.name == "escalation_raised.v1"}
    for number, place in numbers.items():
        raised = facts[place]
        mine = [fact for fact in facts if fact.data.get("number") == number]
        answers = [fact for fact in facts[place + 1 :] if fact in mine]
        resolved = [fact for fact in mine if fact.name == "escalation_resolved.v1"]
        ended = bool(answers) and answers[-1].name == "escalation_resolved.v1"
        yield {
            "unit": "escalation",
            "force": force,
            "linked": None,
            "channel": raised.data["channel"],
            "ground": raised.data["ground"],
            "anonymous": bool(opened) and bool(opened[-1].data.get("anonymous")),
            "since": raised.at,
            "resolved": resolved[-1].at if ended else None,
            "result": answers[-1].data["result"] if ended else None,
        }


def _in_time(u: Unit) -> str:
    if u["told"] is None or u["told"].first > u["due"]:
        return "not_counted"
    return "counted" if u["told"].last <= u["due"] else UNDECIDED


def update_in_time(u: Unit, moment: datetime) -> str:
    if u["unit"] != "notice" or u["kind"] != "update" or (u["told"] is None and u["why"] in NOBODY):
        return "out"
    if u["linked"]:
        return ELSEWHERE
    if u["told"] is None and u["waived"] is not None and u["waived"].first <= u["due"]:
        return "excluded: not told for a reason that the rules accept"
    if u["told"] is None and u["left"] is not None and u["left"].first <= u["due"]:
        return "excluded: no longer recorded here when the time had run"
    return "excluded: time allowed has not yet run" if u["due"] >= moment else _in_time(u)


def victim_told_of_cancellation(u: Unit, moment: datetime) -> str:
    if u["unit"] != "notice" or u["kind"] == "update" or (u["told"] is None and u["why"] in NOBODY):
        return "out"
    if u["linked"]:
        return ELSEWHERE
    if u["told"] is None and u["why"] is not None:
        return "excluded: not told for a reason that the rules accept"
    if u["due"] >= moment:
        return "excluded: time allowed has not yet run"
    return "not_counted" if u["told"] is None else "counted"


def transfer_confirmed_rate(u: Unit, moment: datetime) -> str:
    if u["unit"] != "transfer":
        return "out"
    if u["linked"]:
        return ELSEWHERE
    if u["answer"] is None:
        return "excluded: not answered so far"
    return "counted" if u["answer"] == "transfer_accepted.v1" else "not_counted"


def transfer_acceptance_delay(u: Unit, moment: datetime) -> str:
    if u["unit"] != "transfer":
        return "out"
    if u["linked"]:
        return ELSEWHERE
    for when in (u["since"], u["answered"]):
        if when is not None and when.exact in ("day", "month"):
            return f"excluded: time known only to the {when.exact}"
    return {None: "open", "transfer_accepted.v1": "recorded"}.get(u["answer"], "competing")


def _escalated(counts: Callable[[Unit], bool], of: Callable[[Unit], bool] = lambda u: True) -> "Judge":
    def judge(u: Unit, moment: datetime) -> str:
        if u["unit"] != "escalation" or not of(u):
            return "out"
        return "counted" if counts(u) else "not_counted"

    return judge


def _late(u: Unit) -> bool:
    return u["result"] == "recorded_late"


Judge = Callable[[Unit, datetime], str]
# What judges a unit, the time that puts it into a period, and what kind of figure it is.
FIGURES: dict[str, tuple[Judge, str, str]] = {
    "update_in_time": (update_in_time, "since", "share"),
    "victim_told_of_cancellation": (victim_told_of_cancellation, "since", "share"),
    "transfer_confirmed_rate": (transfer_confirmed_rate, "since", "share"),
    "transfer_acceptance_delay": (transfer_acceptance_delay, "since", "delay"),
    "support_line_contacts": (_escalated(lambda u: True), "since", "mix"),
    "support_line_contacts_anonymous": (_escalated(lambda u: u["anonymous"]), "since", "share"),
    "support_line_recorded_late": (_escalated(_late, lambda u: u["resolved"] is not None), "resolved", "share"),
    "late_recorded_after_escalation": (
        _escalated(_late, lambda u: u["resolved"] is not None and u["ground"] == "unrecorded"),
        "resolved",
        "share",
    ),
}


class Counted(NamedTuple):
    """A unit with its verdict and its group."""

    unit: Unit
    verdict: str
    group: str


def answer(
    events: Sequence[Raw],
    name: str,
    *,
    known_at: int | datetime,
    force: str | None = None,
    since: date | None = None,
    until: date | None = None,
    by: str | None = None,
) -> dict[str, Any]:
    """The figure; with `by` also `series`, a list of (group, figure)."""
    if isinstance(known_at, datetime):
        known, moment = [event for event in events if event.written_at <= known_at], known_at
    else:
        known = [event for event in events if event.position <= known_at]
        moment = known[-1].written_at if known else datetime.min.replace(tzinfo=UTC)
    judge, cohort, _ = FIGURES[name]
    found: list[Counted] = []
    for unit in units(known):
        verdict = judge(unit, moment)
        if verdict == "out" or force not in (None, unit["force"]):
            continue
        first: datetime = unit[cohort].first
        if (since is not None and first < midnight(since)) or (until is not None and first >= midnight(until)):
            continue
        group = first.astimezone(LONDON).strftime("%Y-%m") if by == "month" else unit[by] if by else None
        found.append(Counted(unit, verdict, group or "unknown"))
    figure = _figure(name, found, moment)
    if by:
        groups = sorted({counted.group for counted in found})
        figure["series"] = [(group, _figure(name, [c for c in found if c.group == group], moment)) for group in groups]
    return figure


def _figure(name: str, found: Sequence[Counted], moment: datetime) -> dict[str, Any]:
    excluded: dict[str, int] = {}
    for counted in found:
        if counted.verdict.startswith("excluded: "):
            reason = counted.verdict[len("excluded: ") :]
            excluded[reason] = excluded.get(reason, 0) + 1
    yes = [counted.unit for counted in found if counted.verdict == "counted"]
    kind = FIGURES[name][2]
    if kind == "delay":
        return _delay(found, moment) | {"excluded": excluded}
    if kind == "mix":
        parts = {part: sum(u["ground"] == part for u in yes) for part in ("not_referred", "concern", "unrecorded")}
        shares = {part: round(rows / len(yes), 6) if yes else None for part, rows in parts.items()}
        whole = dict.fromkeys(("value", "numerator", "denominator"), len(yes))
        return {**whole, "parts": parts, "shares": shares, "excluded": excluded}
    of = len(yes) + sum(counted.verdict == "not_counted" for counted in found)
    value = round(len(yes) / of, 6) if of else None
    return {"value": value, "numerator": len(yes), "denominator": of, "excluded": excluded}


def _delay(found: Sequence[Counted], moment: datetime) -> dict[str, Any]:
    courses: list[Course] = []
    for unit, verdict, _ in found:
        if verdict in STATES:
            waited = (unit["answered"].first if unit["answered"] else moment) - unit["since"].first
            courses.append((Fraction(waited // timedelta(microseconds=1), 3_600_000_000), verdict))
    return delay(courses)
