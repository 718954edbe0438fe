"""The figures of complaints and misconduct as a naive reader works them out from what it counts, one unit at a time.

`answer(events, "sch3_share", force=…, since=…, until=…, by=…, as_of=…, known_at=…)`, as in the oracle of the cases.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any, NamedTuple

from duty_oracle import LONDON, london_day
from oracle import RULES, Raw, Span, midnight, tomllib
from oracle_misconduct import Unit, units, working_days
from oracle_waits import STATES, delay

LISTS = tomllib.loads((RULES / "misconduct.toml").read_text())
MONTH = "excluded: time known only to the month"
UNDECIDED = "excluded: precision of the times cannot decide it"
NO_MATTER: tuple[str, ...] = ()


class Judged(NamedTuple):
    """A verdict with the number or the parts that go with it; `open` has the day since when."""

    verdict: str
    number: int = 0
    parts: Sequence[str] = ()


OUT = Judged("out")
Judge = Callable[[Unit, datetime], Judged]


def _coarse(*spans: Span | None) -> bool:
    return any(span is not None and span.exact == "month" for span in spans)


def _yes(holds: bool) -> Judged:
    return Judged("counted" if holds else "not_counted")


def _only(unit: str, *, needs: str, complaint: bool = False) -> Callable[[Unit], bool]:
    return lambda u: u["unit"] == unit and u[needs] is not None and (not complaint or u["complaint"])


_logged = _only("report", needs="logged", complaint=True)
_assessed = _only("report", needs="assessed")


def _first_contact(u: Unit, moment: datetime) -> Judged:
    if u["unit"] != "report" or not u["complaint"] or u["contacted"] is None:
        return OUT
    if _coarse(u["received"], u["contacted"]):
        return Judged(MONTH)
    return Judged("counted", working_days(u["received"], u["contacted"]))


def _contact_wait(u: Unit, moment: datetime) -> Judged:
    if u["unit"] != "report" or not u["complaint"]:
        return OUT
    if _coarse(u["received"], u["contacted"]):
        return Judged(MONTH)
    if u["contacted"] is None:
        return Judged("open", working_days(u["received"], Span(moment, moment, "instant")))
    return Judged("recorded", working_days(u["received"], u["contacted"]))


def _finalised(recorded: bool, net: bool = False) -> Judge:
    def judge(u: Unit, moment: datetime) -> Judged:
        if not _logged(u) or u["closed"] is None or (u["matter"] is not None) is not recorded:
            return OUT
        if _coarse(u["logged"], u["closed"]):
            return Judged(MONTH)
        days = working_days(u["logged"], u["closed"])
        return Judged("counted", max(days - u["suspended"], 0) if net else days)

    return judge


def _finalisation_wait(u: Unit, moment: datetime) -> Judged:
    if not _logged(u):
        return OUT
    if _coarse(u["logged"], u["closed"]):
        return Judged(MONTH)
    if u["closed"] is None:
        return Judged("open", working_days(u["logged"], Span(moment, moment, "instant")))
    return Judged("competing" if u["withdrawn"] else "recorded", working_days(u["logged"], u["closed"]))


def _triage_time(u: Unit, moment: datetime) -> Judged:
    if u["unit"] != "report" or u["passed"] is None:
        return OUT
    if _coarse(u["passed"], u["assessed"], u["signposted"]):
        return Judged(MONTH)
    for end, verdict in ((u["assessed"], "recorded"), (u["signposted"], "competing")):
        if end is not None:
            return Judged(verdict, max((london_day(end.first) - london_day(u["passed"].first)).days, 0))
    return Judged("open", (london_day(moment) - london_day(u["passed"].first)).days)


def _owed(kind: str) -> Judge:
    def judge(u: Unit, moment: datetime) -> Judged:
        if u["unit"] != kind or u["due"] >= moment:
            return OUT
        until: Span | None = u["until"]
        if until is None or until.first > u["due"]:
            verdict = _yes(False)
        elif until.last > u["due"]:
            verdict = Judged(UNDECIDED)
        else:
            verdict = _yes(True) if u["done"] else Judged("excluded: no longer owed when the time had run")
        why = verdict.verdict == "excluded: no longer owed when the time had run"
        return Judged(MONTH) if _coarse(u["since"]) and not why else verdict

    return judge


def _long(u: Unit, at: datetime) -> Judged:
    if u["unit"] != "investigation" or u["since"].first > at or (u["until"] is not None and u["until"].first <= at):
        return OUT if not (u["unit"] == "investigation" and u["due"] is None and u["since"].first <= at) else NO_DAY
    return NO_DAY if u["due"] is None else _yes(u["due"] < at)


NO_DAY = Judged("excluded: when it came to attention is not known")


def _case_to_answer(u: Unit, moment: datetime) -> Judged:
    if u["unit"] != "investigation" or u["case"] is None:
        return OUT
    return Judged("excluded: the report states no opinion") if u["case"] == "unknown" else _yes(u["case"])


def _proven(form: str) -> Judge:
    def judge(u: Unit, moment: datetime) -> Judged:
        if u["unit"] != "person" or u["held"] is None or u["form"] != form:
            return OUT
        return Judged("excluded: the finding is not stated") if u["finding"] is None else _yes(u["proven"])

    return judge


def _dismissed(u: Unit, moment: datetime) -> Judged:
    if u["unit"] != "person" or u["held"] is None or not u["proven"] or u["finding"] != "gross_misconduct":
        return OUT
    if u["sanction"] is None:
        return Judged("excluded: no sanction has been imposed so far")
    return _yes(u["sanction"] in ("dismissal", "would_have_been_dismissed"))


def _review_days(u: Unit, moment: datetime) -> Judged:
    if u["unit"] != "review" or u["until"] is None:
        return OUT
    return Judged(MONTH) if _coarse(u["since"], u["until"]) else Judged("counted", working_days(u["since"], u["until"]))


def _review_wait(u: Unit, moment: datetime) -> Judged:
    if u["unit"] != "review":
        return OUT
    if _coarse(u["since"], u["until"]):
        return Judged(MONTH)
    end = u["until"] or Span(moment, moment, "instant")
    return Judged("recorded" if u["until"] else "open", working_days(u["since"], end))


def _if(applies: Callable[[Unit], bool], then: Callable[[Unit], Judged]) -> Judge:
    return lambda u, moment: then(u) if applies(u) else OUT


def _parts(name: str) -> Callable[[Unit], Judged]:
    return lambda u: Judged("counted", parts=u[name] if isinstance(u[name], list) else [u[name]])


def _is(unit: str) -> Callable[[Unit], bool]:
    return lambda u: u["unit"] == unit


def _categorised(u: Unit) -> bool:
    return u["unit"] == "report" and bool(u["categories"])


_COUNTED = Judged("counted")
# What judges a unit, the time that puts it into a period, what kind of figure it is, and the parts that always show.
FIGURES: dict[str, tuple[Judge, str, str, Sequence[str]]] = {
    "complaints_logged": (_if(_logged, lambda u: _COUNTED), "logged", "count", ()),
    "allegations_per_complaint": (
        _if(_logged, lambda u: Judged("counted", u["allegations"])), "logged", "mean", (),
    ),
    "allegation_mix": (
        _if(_only("allegation", needs="alleged", complaint=True), _parts("category")),
        "alleged", "mix", [each["code"] for each in LISTS["allegation"]],
    ),
    "sch3_share": (_if(_logged, lambda u: _yes(u["matter"] is not None)), "logged", "share", ()),
    "days_to_first_contact": (_first_contact, "contacted", "mean", ()),
    "first_contact_wait": (_contact_wait, "received", "delay", ()),
    "days_to_finalise_outside": (_finalised(recorded=False), "closed", "mean", ()),
    "days_to_finalise_sch3_incl": (_finalised(recorded=True), "closed", "mean", ()),
    "days_to_finalise_sch3_excl": (_finalised(recorded=True, net=True), "closed", "mean", ()),
    "finalisation_wait": (_finalisation_wait, "logged", "delay", ()),
    "update_28d_compliance": (_owed("investigation_update"), "due", "share", ()),
    "referral_on_time": (_owed("referral"), "since", "share", ()),
    "mode_mix": (
        _if(_only("report", needs="mode_decided"), _parts("mode")), "mode_decided", "mix",
        ["independent", "directed", "local", "no_investigation"],
    ),
    "over_12_months": (_long, "since", "stock", ()),
    "delay_report_sent": (_owed("delay_statement"), "due", "share", ()),
    "case_to_answer_rate": (_case_to_answer, "until", "share", ()),
    "proceedings_mix": (
        _if(_only("person", needs="held"), _parts("form")), "held", "mix",
        ["meeting", "hearing", "accelerated_hearing"],
    ),
    "proven_rate_meeting": (_proven("meeting"), "held", "share", ()),
    "proven_rate_hearing": (_proven("hearing"), "held", "share", ()),
    "proven_rate_accelerated": (_proven("accelerated_hearing"), "held", "share", ()),
    "dismissal_rate_of_gross": (_dismissed, "held", "share", ()),
    "review_upheld_rate": (
        _if(_only("review", needs="until"), lambda u: _yes(u["finding"] == "upheld")), "until", "share", (),
    ),
    "review_acknowledged_5wd": (_owed("review_acknowledgement"), "since", "share", ()),
    "review_days": (_review_days, "until", "mean", ()),
    "review_wait": (_review_wait, "since", "delay", ()),
    "corruption_reports": (
        _if(_categorised, _parts("categories")), "received", "mix", [each["code"] for each in LISTS["report_category"]],
    ),
    "corruption_reports_anonymous": (
        _if(_categorised, lambda u: _yes(u["anonymity"] == "anonymous")), "received", "share", (),
    ),
    "corruption_intelligence": (
        _if(lambda u: _assessed(u) and u["cci"] is not None, _parts("cci")),
        "assessed", "mix", [each["code"] for each in LISTS["counter_corruption"]],
    ),
    "triage_time": (_triage_time, "passed", "delay", ()),
    "triage_mix": (
        _if(_assessed, _parts("led_to")), "assessed", "mix",
        ["investigation", "safeguarding", "intelligence", "none_of_these"],
    ),
    "barred_list_notifications": (
        _if(_only("person", needs="barred"), lambda u: _COUNTED), "barred", "count", (),
    ),
}  # fmt: skip


class Counted(NamedTuple):
    """A unit with its verdict and its group."""

    unit: Unit
    judged: Judged
    group: str


def judged(
    events: Sequence[Raw],
    name: str,
    *,
    known_at: int | datetime,
    force: str | None = None,
    since: date | None = None,
    until: date | None = None,
    by: str | None = None,
    as_of: datetime | None = None,
) -> list[Counted]:
    """The units that concern a figure."""
    if isinstance(known_at, datetime):
        known, moment = [event for event in events if event.written_at <= known_at], known_at
    else:
        known = [event for event in events if event.position <= known_at]
        moment = known[-1].written_at if known else datetime.min.replace(tzinfo=UTC)
    judge, cohort, kind, _ = FIGURES[name]
    found: list[Counted] = []
    for unit in units(known):
        if force is not None and unit["force"] != force:
            continue
        verdict = judge(unit, (as_of or moment) if kind == "stock" else moment)
        if verdict is OUT:
            continue
        when = unit[cohort]
        first = when.first if isinstance(when, Span) else when
        if kind != "stock" and not _falls(first, since, until):
            continue
        group = first.astimezone(LONDON).strftime("%Y-%m") if by == "month" else unit[NAMES.get(by, by)] if by else None
        found.append(Counted(unit, verdict, group or "unknown"))
    return found


NAMES: dict[str | None, str] = {"unit": "psd"}


def _falls(when: datetime, since: date | None, until: date | None) -> bool:
    return (since is None or when >= midnight(since)) and (until is None or when < midnight(until))


def answer(events: Sequence[Raw], name: str, **question: Any) -> dict[str, Any]:
    """The figure; with `by` also `series`, a list of (group, figure)."""
    found = judged(events, name, **question)
    figure = _figure(name, found)
    if question.get("by"):
        groups = sorted({counted.group for counted in found})
        figure["series"] = [(group, _figure(name, [c for c in found if c.group == group])) for group in groups]
    return figure


def _figure(name: str, found: Sequence[Counted]) -> dict[str, Any]:
    excluded: dict[str, int] = {}
    for counted in found:
        if counted.judged.verdict.startswith("excluded: "):
            reason = counted.judged.verdict[len("excluded: ") :]
            excluded[reason] = excluded.get(reason, 0) + 1
    kind, shown = FIGURES[name][2], FIGURES[name][3]
    yes = [counted.judged for counted in found if counted.judged.verdict == "counted"]
    figure: dict[str, Any]
    match kind:
        case "count":
            figure = {"value": len(yes), "numerator": len(yes), "denominator": None}
        case "mean":
            total = sum(each.number for each in yes)
            value = float(round(Fraction(total, len(yes)), 4)) if yes else None
            figure = {"value": value, "numerator": total, "denominator": len(yes)}
        case "mix":
            parts = dict.fromkeys(shown, 0)
            for each in yes:
                for part in each.parts:
                    parts[part] = parts.get(part, 0) + 1
            shares = {part: round(rows / len(yes), 6) if yes else None for part, rows in parts.items()}
            whole = dict.fromkeys(("value", "numerator", "denominator"), len(yes))
            figure = {**whole, "parts": parts, "shares": shares}
        case "delay":
            judged = [counted.judged for counted in found]
            figure = delay([(Fraction(each.number), each.verdict) for each in judged if each.verdict in STATES])
        case _:
            of = len(yes) + sum(counted.judged.verdict == "not_counted" for counted in found)
            figure = {"value": round(len(yes) / of, 6) if of else None, "numerator": len(yes), "denominator": of}
    return figure | {"excluded": excluded}
