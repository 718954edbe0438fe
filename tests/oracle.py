"""A naive oracle for every metric: raw rows of the log, plain JSON, loops. It shares no code with what it judges.

`answer(events, "recorded_within_24h", force=…, since=…, until=…, by=…, as_of=…, known_at=…)` gives the figure that the
definition asks for. `events` come from `read`. `known_at` is a position or an instant; it is always given, for without
it nothing is reproducible.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import oracle_outcomes
from duty_oracle import last_instant, london_day
from oracle_waits import STATES, Course, delay

LONDON = ZoneInfo("Europe/London")
RULES = Path(__file__).parent.parent / "domain" / "rules"
HOURS_24 = timedelta(hours=24)
BANDS = [
    ("up to 24 hours", timedelta(hours=24)),
    ("1 to 3 days", timedelta(days=3)),
    ("3 to 7 days", timedelta(days=7)),
    ("7 to 28 days", timedelta(days=28)),
    ("28 to 90 days", timedelta(days=90)),
]
OLDEST = "over 90 days"
QUERY = (
    "SELECT position, written_at, stream_id, version, name, event_id, force, state FROM candour.events"
    " ORDER BY position"
)
DECISIONS = {"crime_recorded.v1": "recorded", "recording_declined.v1": "declined", "n100_recorded.v1": "n100"}
# Whoever asks for a crime to leave the register, or decides on it, says that it was in there.
LEAVING = {
    "cancellation_requested.v1": False,
    "cancellation_approved.v1": True,
    "cancellation_refused.v1": False,
    "cancellation_reversed.v1": False,
    "transfer_requested.v1": False,
    "transfer_accepted.v1": False,
    "transfer_refused.v1": False,
}
STATUSES = {
    "crime_reported.v1",
    "incident_registered.v1",
    "crime_record_evidenced.v1",
    *DECISIONS,
    *LEAVING,
}
# Whoever does one of these has investigated the crime.
INVESTIGATING = {
    "investigation_started.v1",
    "investigation_updated.v1",
    "investigation_suspended.v1",
    "investigation_resumed.v1",
    "file_submitted.v1",
    "investigation_finished.v1",
}
ELSEWHERE = "excluded: counted with the case it is linked to"

OFFENCES = tomllib.loads((RULES / "offences.toml").read_text())["offence"]
CATEGORIES = tomllib.loads((RULES / "categories.toml").read_text())["category"]
TOLERANCE = timedelta(minutes=tomllib.loads((RULES / "recording.toml").read_text())["back_dating"]["tolerance_minutes"])


class Raw(NamedTuple):
    """One row of candour.events, its state parsed."""

    position: int
    written_at: datetime
    stream: str
    version: int
    name: str
    id: str
    force: str
    state: dict[str, Any]


class Span(NamedTuple):
    """The first and the last instant that a written time can mean, and how exactly it is written."""

    first: datetime
    last: datetime
    exact: str


def read(connection: Any) -> list[Raw]:
    """The whole log."""
    return [
        Raw(position, at.astimezone(UTC), stream, version, name, str(event_id), force, json.loads(state))
        for position, at, stream, version, name, event_id, force, state in connection.execute(QUERY).fetchall()
    ]


def span(text: str | None) -> Span | None:
    """What a written time can mean."""
    if text is None:
        return None
    if re.fullmatch(r"\d{4}-\d{2}", text):
        year, month = int(text[:4]), int(text[5:])
        after = date(year + 1, 1, 1) if month == 12 else date(year, month + 1, 1)
        return Span(midnight(date(year, month, 1)), midnight(after) - timedelta(microseconds=1), "month")
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        day = date.fromisoformat(text)
        return Span(midnight(day), midnight(day + timedelta(days=1)) - timedelta(microseconds=1), "day")
    at = datetime.fromisoformat(text).astimezone(UTC)
    if re.search(r"T\d{2}:\d{2}:\d{2}", text):
        return Span(at, at, "instant")
    return Span(at, at + timedelta(seconds=59, microseconds=999999), "minute")


def midnight(day: date) -> datetime:
    """When a London day begins."""
    return datetime.combine(day, time(0, 0), LONDON).astimezone(UTC)


class Fact(NamedTuple):
    """An event as it now stands."""

    name: str
    at: Span
    written_at: datetime
    force: str
    imported: bool
    data: dict[str, Any]
    id: str
    actor: str | None
    role: str
    unit: str | None


def as_it_stands(events: Sequence[Raw]) -> list[Fact]:
    """One stream: without what was withdrawn, and with what was corrected."""
    withdrawn: list[str] = []
    for event in events:
        if event.name == "source_row_withdrawn.v1":
            withdrawn += event.state["data"]["withdraws"]
    facts: list[Fact] = []
    for event in events:
        if event.id in withdrawn or event.name in ("source_row_withdrawn.v1", "fact_corrected.v1"):
            continue
        data, at = dict(event.state["data"]), event.state["at"]
        for other in events:
            named = other.name == "fact_corrected.v1" and other.state["data"]["corrects"] == event.id
            if named and other.id not in withdrawn:
                corrected = dict(other.state["data"]["facts"])
                at = corrected.pop("at", None) or at
                data.update(corrected)
        found = span(at)
        assert found is not None
        imported, role = bool(event.state.get("source")), event.state["role"]
        actor = None if role == "importer" else event.state["actor"].lower()
        who = (actor, role, event.state.get("unit"))
        facts.append(Fact(event.name, found, event.written_at, event.force, imported, data, event.id, *who))
    return facts


class Case:
    """What the metrics ask of a case."""

    def __init__(self, stream: str, facts: Sequence[Fact], testimony: Sequence[Raw]) -> None:
        self.stream, self.facts = stream, facts
        self.testified = self.cancelled_at = self.declined_at = self.outcome_at = None
        self.broken = any(event.state.get("broken") for event in testimony)
        if testimony:
            self.testified = Span(testimony[0].written_at, testimony[0].written_at, "instant")
        stands = self._standing()
        self.approval = stands if stands and stands.name == "cancellation_approved.v1" else None
        self.transferred = bool(stands and stands.name == "transfer_accepted.v1")
        self.cancelled_at = self.approval and self.approval.at
        self.left_at = stands.at if stands and (self.approval or self.transferred) else None
        self.decline = self.last("recording_declined.v1")
        self.declined_at = self.decline and self.decline.at
        outcomes = [fact for fact in facts if fact.name == "outcome_assigned.v2"]
        self.outcome = max(outcomes, default=None, key=_outcome_order)
        self.outcome_at = self.outcome and self.outcome.at
        self.force = facts[0].force
        self.shows_everything = not facts[0].imported
        self.area, self.offence, self.reporter_role = oracle_outcomes.area(facts), None, None
        self.domestic_abuse, self.decided_by_unit = oracle_outcomes.flag(facts), None
        self.is_crime = False
        self.received = self.record_by = self.registered = self.recorded = self.decided = self.before = None
        self.decided_written: datetime | None = None
        self.route = self.offence_group = self.receipt = self.linked = None
        self.stratum = "undecidable"
        self.cancelled = in_register = by_offence = False
        published: tuple[Any, ...] = ()
        for fact in facts:
            data = fact.data
            if fact.name == "crime_reported.v1":
                self.shows_everything, self.is_crime, self.cancelled = True, False, False
                self.received, self.record_by = span(data["received_at"]), span(data["record_by"])
                self.route, self.receipt = data["route"], data.get("receipt") or "established"
                self.reporter_role = data["reporter_role"]
                self._classify(data.get("alleged"))
            elif fact.name == "incident_registered.v1":
                self.registered, self.is_crime, self.cancelled = fact.at, False, False
            elif fact.name in DECISIONS:
                self.is_crime, self.cancelled = DECISIONS[fact.name] == "recorded", False
                if self.decided is None:
                    self.decided, self.decided_written = fact.at, fact.written_at
                    self.decided_by_unit = fact.unit
                if self.is_crime:
                    self.offence = data["offence"]
                    self._classify(data["offence"])
                    self.recorded = self.recorded if in_register else fact.at
                    in_register = by_offence = True
            elif fact.name in LEAVING:
                self.is_crime, self.cancelled = True, LEAVING[fact.name]
            elif fact.name == "crime_reclassified.v1":
                self.offence = data["offence"]
                self._classify(data["offence"])
                by_offence = True
            elif fact.name == "receipt_established.v1":
                self.received, self.record_by = span(data["received_at"]), span(data["record_by"])
                self.receipt = "established"
            elif fact.name == "case_linked.v1":
                self.linked = data["under"]
            elif fact.name == "case_unlinked.v1":
                self.linked = None
            elif fact.name == "crime_record_evidenced.v1":
                if not self._gone(fact):
                    self.is_crime, self.cancelled = True, False
                before, recorded = span(data.get("before")), span(data.get("recorded"))
                if before is not None and (self.before is None or before < self.before):
                    self.before = before
                statement = (recorded, data.get("category") or "", data.get("last_outcome") or "")
                if recorded is not None and not in_register and (not published or statement > published):
                    published, self.recorded = statement, recorded
                    if not by_offence:
                        category = CATEGORIES.get(data.get("category"), {})
                        self.stratum = category.get("stratum", "undecidable")
                        self.offence_group = category.get("group")

    def earlier(self, one: Fact) -> Sequence[Fact]:
        """What was written before a fact."""
        return self.facts[: [fact.id for fact in self.facts].index(one.id)]

    def _gone(self, fact: Fact) -> bool:
        """Whether the crime had left the register: what is published does not bring it back."""
        moves = [one.name for one in self.earlier(fact) if one.name in STATUSES]
        moves = [name for name in moves if name != "crime_record_evidenced.v1"]
        return bool(moves) and moves[-1] in ("transfer_accepted.v1", "cancellation_approved.v1")

    def _standing(self) -> Fact | None:
        """The fact from which the case has its status."""
        for fact in reversed(self.facts):
            if fact.name in STATUSES and not (fact.name == "crime_record_evidenced.v1" and self._gone(fact)):
                return fact
        return None

    def last(self, *names: str, before: Fact | None = None) -> Fact | None:
        """The last fact of these names."""
        facts = self.facts if before is None else self.earlier(before)
        return next((fact for fact in reversed(facts) if fact.name in names), None)

    def _classify(self, code: str | None) -> None:
        offence = OFFENCES.get(code)
        self.offence_group = offence["group"] if offence else None
        self.stratum = offence["stratum"] if offence else "undecidable"


def _outcome_order(fact: Fact) -> Any:
    return fact.at.first, fact.at.last, fact.data.get("outcome") or 0, fact.data.get("category") or ""


def cases(events: Iterable[Raw]) -> list[Case]:
    """Every case of the log, as its events have it."""
    streams: dict[str, list[Raw]] = {}
    for event in events:
        if event.stream.startswith("case-"):
            streams.setdefault(event.stream, []).append(event)
    found: list[Case] = []
    for stream, of_stream in streams.items():
        facts = as_it_stands(of_stream)
        withdrawn = [e.state["data"]["withdraws"] for e in of_stream if e.name == "source_row_withdrawn.v1"]
        testimony = [
            event
            for event in of_stream
            if (event.state.get("source") or event.state.get("broken"))
            and event.name != "source_row_withdrawn.v1"
            and not any(event.id in ids for ids in withdrawn)
        ]
        if facts:
            found.append(Case(stream, facts, testimony))
    return found


_last: list[Any] = [None, -1, []]


def _cases_of(events: Sequence[Raw], known: Sequence[Raw]) -> list[Case]:
    """The same as `cases(known)`, kept for the next question about the same part of the same log."""
    if _last[0] is not events or _last[1] != len(known):
        _last[:] = [events, len(known), cases(known)]
    return _last[2]


def in_time(case: Case, done: Span | None) -> str:
    """By the limit that the report itself carries; undecidable where the precision leaves it open."""
    if case.received is None or case.record_by is None:
        return "excluded: precision of the times cannot decide it"
    if done is None:
        return "not_counted"
    limit = case.record_by.last - case.received.last
    shortest, longest = done.first - case.received.last, done.last - case.received.first
    if longest <= limit:
        return "counted"
    return "not_counted" if shortest > limit else "excluded: precision of the times cannot decide it"


def published_only(when: Span | None) -> str:
    """Why a crime that only a publication shows has no hours."""
    if when is None:
        return "excluded: date of recording not published"
    if when.exact == "month":
        return "excluded: time known only to the month"
    if when.exact == "day":
        return "excluded: time known only to the day"
    return "excluded: precision of the times cannot decide it"


def recorded_within_24h(case: Case, moment: datetime) -> str:
    if case.is_crime and case.received is None:
        return ELSEWHERE if case.linked else published_only(case.recorded)
    if case.recorded is None:
        return "out"
    return ELSEWHERE if case.linked else in_time(case, case.recorded)


def decided_within_24h(case: Case, moment: datetime) -> str:
    if case.linked and (case.received is not None or not case.shows_everything):
        return ELSEWHERE
    if not case.shows_everything:
        return "excluded: source shows recorded crimes only"
    if case.received is None:
        return "out"
    if case.record_by.first >= moment:
        return "excluded: time allowed has not yet run"
    return in_time(case, case.decided)


def incident_to_crime_conversion(case: Case, moment: datetime) -> str:
    if not case.shows_everything:
        return ELSEWHERE if case.linked else "excluded: source shows recorded crimes only"
    if case.registered is None or case.received is None:
        return "out"
    if case.linked:
        return ELSEWHERE
    return "counted" if case.recorded is not None and not case.cancelled else "not_counted"


def back_dating(case: Case, moment: datetime) -> str:
    if case.decided is None and not case.is_crime:
        return "out"
    if case.linked:
        return ELSEWHERE
    if case.decided is None:
        return published_only(case.recorded)
    least, most = case.decided_written - case.decided.last, case.decided_written - case.decided.first
    if least > TOLERANCE:
        return "counted"
    return "not_counted" if most <= TOLERANCE else "excluded: precision of the times cannot decide it"


def recording_delay(case: Case, moment: datetime) -> str:
    if not case.shows_everything:
        return ELSEWHERE if case.linked else "excluded: source shows recorded crimes only"
    if case.received is None:
        return "out"
    if case.linked:
        return ELSEWHERE
    for when in (case.received, case.recorded, case.decided):
        if when is not None and when.exact in ("day", "month"):
            return f"excluded: time known only to the {when.exact}"
    if case.recorded is not None:
        return "recorded"
    return "open" if case.decided is None else "competing"


def unrecorded_backlog(case: Case, moment: datetime) -> str:
    """`moment` is as_of here."""
    unknown = None if case.shows_everything else "excluded: source shows recorded crimes only"
    if unknown is None and case.is_crime and case.decided is None and case.received is not None:
        unknown = published_only(case.recorded)
    if unknown is not None and (case.linked is None or case.received is None):
        for when in (case.received, case.registered, case.recorded, case.before):
            if when is not None:
                return (ELSEWHERE if case.linked else unknown) if when.first <= moment else "out"
        return "out"
    if case.received is None or case.received.first > moment:
        return "out"
    if case.decided is not None and case.decided.first <= moment:
        return "out"
    return ELSEWHERE if case.linked else "counted"


def cancellation_rate(case: Case, moment: datetime) -> str:
    if case.recorded is None and not case.is_crime:
        return "out"
    if case.linked:
        return ELSEWHERE
    if case.recorded is None:
        return "excluded: date of recording not published"
    if not case.shows_everything and case.last("crime_recorded.v1") is None:
        return "excluded: source shows recorded crimes only"
    if case.stratum == "fraud":
        return "excluded: fraud is not part of crime data integrity"
    if case.transferred:
        return "excluded: transferred to another force (C1)"
    return "counted" if case.cancelled else "not_counted"


def unauthorised_cancellation(case: Case, moment: datetime) -> str:
    if case.approval is None:
        return "out"
    if case.linked:
        return ELSEWHERE
    if case.stratum == "fraud":
        return "excluded: fraud is not part of crime data integrity"
    approver = case.approval.actor
    if approver is None:
        return "excluded: who approved it is not stated"
    if case.approval.role not in ("designated_decision_maker", "force_crime_registrar"):
        return "counted"
    requests = ("cancellation_requested.v1", "transfer_requested.v1")
    for fact in case.earlier(case.approval):
        if fact.actor == approver and fact.name in (*requests, "crime_recorded.v1", *INVESTIGATING):
            return "counted"
        if fact.name == "investigation_allocated.v1" and fact.data["officer"].lower() == approver:
            return "counted"
        if fact.name == "owner_assigned.v1" and fact.data["owner"].lower() == approver:
            return "counted"
    codes = {f.data["offence"] for f in case.facts if f.name in ("crime_recorded.v1", "crime_reclassified.v1")}
    registrar = case.approval.role == "force_crime_registrar"
    if not registrar and any(OFFENCES[code].get("rape") for code in codes):
        return "counted"
    ends = ("cancellation_refused.v1", "cancellation_reversed.v1", "transfer_refused.v1")
    asked = case.last(*requests, *ends, before=case.approval)
    if asked is None or asked.name in ends or asked.actor is None:
        return "excluded: who asked for it is not stated"
    if not registrar and not codes:
        return "excluded: whether it was a rape is not stated"
    return "not_counted"


def victim_told_not_recorded(case: Case, moment: datetime) -> str:
    decline = case.decline
    if decline is None:
        return "out"
    told, waived = False, None
    for fact in case.facts:
        if fact.name == "victim_informed.v1" and fact.data["about"] == "not_recorded":
            names, of = fact.data.get("of_event"), case.last("recording_declined.v1", before=fact)
            told = told or (names in (None, of and of.id) and fact.at.last >= decline.at.first)
        if fact.name == "victim_notice_waived.v1" and fact.data["about"] == "not_recorded":
            waived = fact.data["reason"] if fact.at.last >= decline.at.first else None
    nobody = waived in ("no_victim", "untraceable") or decline.data["reason"] == "victim_untraced"
    if not told and nobody:
        return "out"
    if case.linked:
        return ELSEWHERE
    if not told and waived is not None:
        return "excluded: not told for a reason that the rules accept"
    assessed = case.last("needs_assessed.v1", before=decline)
    days = 1 if assessed is not None and assessed.data["grounds"] else 5
    if last_instant(decline.at.last.astimezone(LONDON).date(), days) >= moment:
        return "excluded: time allowed has not yet run"
    return "counted" if told else "not_counted"


def evidence_of_victim_wish(case: Case, moment: datetime) -> str:
    if case.outcome is None:
        return "out"
    number = case.outcome.data.get("outcome")
    if number not in (None, 14, 16):
        return "out"
    if case.linked:
        return ELSEWHERE
    if number is None:
        return "excluded: type of the outcome not published"
    possible = _wishes(case.outcome.at, [f for f in case.facts if f.name == "victim_statement_recorded.v1"])
    if len(possible) > 1:
        return "excluded: precision of the times cannot decide it"
    return "counted" if possible == {True} else "not_counted"


def _wishes(outcome: Span, statements: Sequence[Fact]) -> set[bool]:
    """Whether the last statement up to the outcome says no: tried with every time that each could have had."""
    spans = [outcome, *(fact.at for fact in statements)]
    ends = {end for one in spans for end in (one.first, one.last)}
    possible: set[bool] = set()
    for decided, *times in product(*[{end for end in ends if one.first <= end <= one.last} for one in spans]):
        before = [(at, fact) for at, fact in zip(times, statements, strict=True) if at <= decided]
        latest = max((at for at, _ in before), default=None)
        possible |= {fact.data["supports"] is False for at, fact in before if at == latest}
        if not before:
            possible.add(False)
    return possible


def testimony_breaking_rules(case: Case, moment: datetime) -> str:
    if case.testified is None:
        return "out"
    if case.linked:
        return ELSEWHERE
    return "counted" if case.broken else "not_counted"


VERDICTS = {
    "recorded_within_24h": (recorded_within_24h, "recorded"),
    "decided_within_24h": (decided_within_24h, "received"),
    "recording_delay": (recording_delay, "received"),
    "incident_to_crime_conversion": (incident_to_crime_conversion, "received"),
    "unrecorded_backlog": (unrecorded_backlog, "received"),
    "back_dating": (back_dating, "decided"),
    "cancellation_rate": (cancellation_rate, "recorded"),
    "unauthorised_cancellation": (unauthorised_cancellation, "cancelled_at"),
    "victim_told_not_recorded": (victim_told_not_recorded, "declined_at"),
    "evidence_of_victim_wish": (evidence_of_victim_wish, "outcome_at"),
    "testimony_breaking_rules": (testimony_breaking_rules, "testified"),
    **oracle_outcomes.VERDICTS,
}


class Counted(NamedTuple):
    """A case with its verdict and its group."""

    case: Case
    verdict: str
    group: str


def verdicts(
    events: Sequence[Raw],
    name: str,
    *,
    known_at: int | datetime,
    force: str | None = None,
    since: date | None = None,
    until: date | None = None,
    by: str | None = None,
    as_of: datetime | None = None,
) -> tuple[list[Counted], datetime]:
    """The cases that concern a figure, and the moment of its knowledge."""
    if isinstance(known_at, datetime):
        known, moment = [event for event in events if event.written_at <= known_at], known_at
    else:
        known = [event for event in events if event.position <= known_at]
        moment = known[-1].written_at if known else datetime.min.replace(tzinfo=UTC)
    judge, cohort = VERDICTS[name]
    found: list[Counted] = []
    for case in _cases_of(events, known):
        if force is not None and case.force != force:
            continue
        verdict = judge(case, (as_of or moment) if name == "unrecorded_backlog" else moment)
        when = getattr(case, cohort) or case.registered or case.recorded
        if verdict == "out" or not _falls(when, case.before, since, until):
            continue
        group = when.first.astimezone(LONDON).strftime("%Y-%m") if when else None
        group = group if by == "month" else getattr(case, by) if by else None
        found.append(Counted(case, verdict, group or "unknown"))
    return found, moment


def _falls(when: Span | None, before: Span | None, since: date | None, until: date | None) -> bool:
    """Dates are London's, half open; a case without a date is left out only if it is certainly earlier."""
    if when is None:
        return since is None or before is None or before.last >= midnight(since)
    return (since is None or when.first >= midnight(since)) and (until is None or when.first < midnight(until))


def answer(events: Sequence[Raw], name: str, **question: Any) -> dict[str, Any]:
    """The figure; with `by` also `series`, a list of (group, figure)."""
    found, moment = verdicts(events, name, **question)
    figure = _figure(name, found, moment, question.get("as_of"))
    if question.get("by"):
        groups = sorted({counted.group for counted in found})
        figure["series"] = [
            (group, _figure(name, [c for c in found if c.group == group], moment, question.get("as_of")))
            for group in groups
        ]
    return figure


def _figure(name: str, found: Sequence[Counted], moment: datetime, as_of: datetime | None) -> dict[str, Any]:
    excluded: dict[str, int] = {}
    for counted in found:
        if counted.verdict.startswith("excluded: "):
            reason = counted.verdict[len("excluded: ") :]
            excluded[reason] = excluded.get(reason, 0) + 1
    if name in WAITS:
        return _delay(name, found, moment) | {"excluded": excluded}
    yes = [counted for counted in found if counted.verdict == "counted"]
    if name == "unrecorded_backlog":
        bands = dict.fromkeys([band for band, _ in BANDS] + [OLDEST], 0)
        for counted in yes:
            age = (as_of or moment) - counted.case.received.first
            bands[next((band for band, most in BANDS if age <= most), OLDEST)] += 1
        return {"value": len(yes), "numerator": len(yes), "denominator": None, "bands": bands, "excluded": excluded}
    all_of_them = len(yes) + sum(counted.verdict == "not_counted" for counted in found)
    value = round(len(yes) / all_of_them, 6) if all_of_them else None
    return {"value": value, "numerator": len(yes), "denominator": all_of_them, "excluded": excluded}


# From when, in what unit, and until when by the verdict.
WAITS: dict[str, tuple[str, str, dict[str, str]]] = {
    "recording_delay": ("received", "hours", {"recorded": "recorded", "competing": "decided"}),
    "declined_decision_delay": ("received", "hours", {"recorded": "declined_at"}),
    "days_to_outcome": ("recorded", "days", {"recorded": "outcome_at", "competing": "left_at"}),
}


def _delay(name: str, found: Sequence[Counted], moment: datetime) -> dict[str, Any]:
    begins, unit, ends = WAITS[name]
    courses: list[Course] = []
    for case, verdict, _ in found:
        if verdict in STATES:
            start, end = (
                getattr(case, begins).first,
                moment if verdict == "open" else getattr(case, ends[verdict]).first,
            )
            if unit == "days":
                waited = Fraction((london_day(end) - london_day(start)).days)
            else:
                waited = Fraction((end - start) // timedelta(microseconds=1), 3_600_000_000)
            courses.append((waited, verdict))
    return delay(courses)
