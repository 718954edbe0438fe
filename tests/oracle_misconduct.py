"""What a naive reader counts in reports of misconduct: raw rows of the log, plain JSON, loops, one event at a time.

It shares no code with what it judges. `units(events)` gives every report, allegation, person, investigation, review and
thing owed, each as a dictionary with the names of its times and codes.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from duty_oracle import is_working_day, london_day
from oracle import Fact, Raw, Span, as_it_stands, midnight, span

Unit = dict[str, Any]
DAY = timedelta(days=1)
OWN_WAYS = {"public", "internal", "audit"}
MATTERS = {
    "complaint_recorded.v1": "complaint",
    "conduct_matter_recorded.v1": "conduct",
    "dsi_matter_recorded.v1": "dsi",
}
HANDLED = {
    "handling_outside_sch3_decided.v1": "outside_sch3",
    "local_handling_started.v1": "local_handling",
    **dict.fromkeys(MATTERS, "recorded"),
}
STARTED = "misconduct_investigation_started.v1"
UPDATED = "misconduct_update_sent.v1"
GRAVEST = ["not_proven", "misconduct", "gross_misconduct"]


def working_days(start: Span, end: Span) -> int:
    """Walked day by day: how many working days come after the one until the other is over."""
    day, last, found = london_day(start.first), london_day(end.first), 0
    while day < last:
        day += DAY
        found += is_working_day(day)
    return found


def end_of(day: date) -> datetime:
    """The last instant of a London day."""
    return midnight(day + DAY) - timedelta(microseconds=1)


def months_on(day: date, months: int) -> date:
    """The same day of a later month, or the last there is."""
    year, month = day.year + (day.month - 1 + months) // 12, (day.month - 1 + months) % 12 + 1
    for number in (day.day, 30, 29, 28):
        try:
            return date(year, month, number)
        except ValueError:
            continue
    raise AssertionError


def units(known: Sequence[Raw]) -> list[Unit]:
    """Everything that is counted, of all reports."""
    streams: dict[str, list[Raw]] = {}
    for event in known:
        if event.stream.startswith("report-"):
            streams.setdefault(event.stream, []).append(event)
    return [unit for stream, events in streams.items() for unit in _of_one(stream, events)]


def _of_one(stream: str, events: Sequence[Raw]) -> Iterator[Unit]:
    facts = as_it_stands(events)
    about: Unit = {"stream": stream, "force": _force(events[0].force, facts)}
    report = _report(facts)
    complaint = report is not None and report["complaint"]
    if report is not None:
        yield about | report | {"unit": "report", "key": stream}
    yield from (about | each | {"complaint": complaint} for each in _allegations(stream, facts))
    yield from (about | each for each in _people(stream, facts))
    reviews = list(_reviews(facts))
    answers = (each["acknowledged"] for each in reviews if each["body"] == "local_policing_body")
    for steps in (
        _investigations(facts),
        reviews,
        answers,
        _referrals(facts),
        _updates(facts),
        _statements(facts),
    ):
        for number, step in enumerate(steps, start=1):
            yield about | step | {"key": f"{stream}/{step['unit']}/{number}"}


def _said(facts: Sequence[Fact], *names: str) -> list[Fact]:
    return [fact for fact in facts if fact.name in names]


def _last(facts: Sequence[Fact], *names: str) -> Fact | None:
    return (_said(facts, *names) or [None])[-1]


def _force(first: str, facts: Sequence[Fact]) -> str:
    passed, told = _last(facts, "report_passed.v1"), _last(facts, "report_received.v1")
    if passed is not None:
        return passed.data["force"]
    return (told is not None and told.data["about_force"]) or first


def _attention(facts: Sequence[Fact]) -> Span | None:
    """When the allegation came to the attention of the authority that has it."""
    at, authority = None, None
    for fact in _said(facts, "report_received.v1", "report_passed.v1"):
        if fact.name == "report_received.v1" and fact.data["channel"] in OWN_WAYS:
            at, authority = span(fact.data["received"]), fact.force
        elif fact.name == "report_passed.v1" and fact.data["force"] != authority:
            at, authority = fact.at, fact.data["force"]
    return at


def _report(facts: Sequence[Fact]) -> Unit | None:
    told = _last(facts, "report_received.v1")
    if told is None:
        return None
    contacts = [
        fact.at
        for fact in facts
        if fact.name in ("question_asked.v1", "status_told.v1", "outcome_sent.v1")
        or (fact.name == UPDATED and fact.data["to"] == "complainant")
    ]
    passed = _last(facts, "report_passed.v1")
    stage = _last(facts, "report_received.v1", "report_passed.v1", "report_signposted.v1", "report_acknowledged.v1")
    assert stage is not None
    assessed, mode = _said(facts, "report_assessed.v1"), _last(facts, "mode_decided.v1")
    matter, handling = None, "unassessed"
    for fact in facts:
        if fact.name in MATTERS:
            matter = MATTERS[fact.name]
        if fact.name in HANDLED:
            handling = HANDLED[fact.name]
        if fact.name == "report_assessed.v1":
            handling = "intelligence_only" if fact.data["disposition"] == "intelligence_only" else "assessed"
        if fact.name == "complaint_review_decided.v1" and fact.data["returns_to"]:
            handling = "local_handling" if fact.data["returns_to"] == "local_handling" else "recorded"
    gone = stage.name == "report_signposted.v1" or handling == "intelligence_only"
    outside = bool(_said(facts, "handling_outside_sch3_decided.v1"))
    complaint = outside or (told.data["channel"] in ("public", "support_line") and not gone)
    closed, outcome = _closed(facts)
    cci = [fact.data["cci_category"] for fact in assessed if fact.data["cci_category"]]
    signposted = _last(facts, "report_signposted.v1")
    led_to = {
        "investigation": bool(_said(facts, STARTED)),
        "safeguarding": bool(_said(facts, "safeguarding_started.v1")),
        "intelligence": bool(_said(facts, "intelligence_recorded.v1")) or handling == "intelligence_only",
    }
    return {
        "channel": told.data["channel"],
        "anonymity": told.data["anonymity"],
        "psd": passed.data["unit"] if passed else None,
        "matter": matter,
        "complaint": matter == "complaint" if matter else complaint,
        "received": span(told.data["received"]),
        "logged": _attention(facts),
        "passed": passed.at if passed else None,
        "signposted": signposted.at if signposted else None,
        "assessed": assessed[0].at if assessed else None,
        "contacted": min(contacts, key=lambda at: (at.first, at.exact)) if contacts else None,
        "closed": closed,
        "withdrawn": outcome == "withdrawn" or _inquiry(facts)[1] == "withdrawn",
        "suspended": _suspended(facts),
        "categories": sorted(set(told.data["categories"])),
        "cci": cci[-1] if cci else None,
        "allegations": len(_said(facts, "allegation_made.v1")),
        "mode": mode.data["mode"] if mode else None,
        "mode_decided": mode.at if mode else None,
        "led_to": [part for part, was in led_to.items() if was] or ["none_of_these"],
    }


def _closed(facts: Sequence[Fact]) -> tuple[Span | None, str | None]:
    at, outcome = None, None
    for fact in facts:
        if fact.name == "matter_closed.v1":
            at, outcome = fact.at, fact.data["outcome"]
        if fact.name == "complaint_review_decided.v1" and fact.data["finding"] == "upheld":
            at, outcome = None, None
    return at, outcome


def _inquiry(facts: Sequence[Fact]) -> tuple[list[Unit], str | None]:
    """Every time for which it was investigated, and how the last end came about."""
    times: list[Unit] = []
    over = None
    for fact in facts:
        if fact.name == STARTED:
            times.append({"since": fact.at, "until": None, "ended_by": None})
            over = None
        ended = {"investigation_reported.v1": "reported", "investigation_discontinued.v1": "discontinued"}.get(
            fact.name
        )
        if fact.name == "complaint_withdrawn.v1" and not fact.data["goes_on"] and over is None:
            ended = "withdrawn"
        if ended is not None:
            over = ended
            for time in times:
                if time["until"] is None:
                    time["until"], time["ended_by"] = fact.at, fact
        elif fact.name in ("sub_judice_suspended.v1", "sub_judice_resumed.v1"):
            over = None
    return times, over


def _suspended(facts: Sequence[Fact]) -> int:
    """Working days of the suspensions that came to an end."""
    open_since: list[Span] = []
    days, over = 0, None
    for fact in facts:
        ends = fact.name in ("sub_judice_resumed.v1", "investigation_reported.v1", "investigation_discontinued.v1")
        if fact.name == "complaint_withdrawn.v1" and not fact.data["goes_on"] and over is None:
            ends = True
        if fact.name == "sub_judice_suspended.v1":
            open_since.append(fact.at)
        if ends:
            days += sum(working_days(since, fact.at) for since in open_since)
            open_since = []
        over = _over_after(fact, over)
    return days


def _over_after(fact: Fact, over: str | None) -> str | None:
    """Whether the investigation is over after that."""
    if fact.name in (STARTED, "sub_judice_suspended.v1", "sub_judice_resumed.v1"):
        return None
    if fact.name in ("investigation_reported.v1", "investigation_discontinued.v1"):
        return fact.name
    if fact.name == "complaint_withdrawn.v1" and not fact.data["goes_on"]:
        return over or fact.name
    return over


def _allegations(stream: str, facts: Sequence[Fact]) -> Iterator[Unit]:
    made = _said(facts, "allegation_made.v1")
    for number in sorted({fact.data["allegation"] for fact in made}):
        same = [fact for fact in made if fact.data["allegation"] == number]
        yield {
            "unit": "allegation",
            "key": f"{stream}/{number}",
            "category": same[-1].data["category"],
            "alleged": same[0].at,
        }


def _people(stream: str, facts: Sequence[Fact]) -> Iterator[Unit]:
    for number in sorted({fact.data["subject"] for fact in _said(facts, "subject_noted.v1")}):
        yield _person(number, facts) | {"unit": "person", "key": f"{stream}/{number}"}


def _person(number: int, facts: Sequence[Fact]) -> Unit:
    kind = form = held = finding = sanction = barred = None
    noted = notified = aside = False
    for fact in facts:
        if fact.data.get("subject") != number:
            continue
        match fact.name:
            case "subject_noted.v1":
                noted = True
                kind = None  # the number is given to somebody new
            case "subject_identified.v1" | "subject_identified.v2" if noted:
                kind = fact.data["person_kind"]
            case "misconduct_case_determined.v1" if held is None:
                notified, form, finding, aside = False, None, None, False
            case "proceedings_notified.v1":
                notified, form, held, finding, aside = True, fact.data["form"], None, None, False
            case "proceedings_held.v1" if notified:
                held = fact.at
                found = [each["finding"] for each in fact.data["findings"]]
                finding = max(found, key=GRAVEST.index) if found else None
            case "finding_set_aside.v1":
                aside, sanction = aside or notified, None
            case "proceedings_remitted.v1":
                held, finding, aside, sanction = None, None, False, None
            case "sanction_imposed.v1" | "sanction_replaced.v1":
                sanction = fact.data["sanction"]
            case "barred_list_notified.v1":
                barred = barred or fact.at
            case _:
                pass
    return {
        "person_kind": kind,
        "form": form,
        "held": held,
        "finding": finding,
        "proven": finding in GRAVEST[1:] and not aside,
        "sanction": sanction,
        "barred": barred,
    }


def _investigations(facts: Sequence[Fact]) -> Iterator[Unit]:
    attention = _attention(facts)
    for time in _inquiry(facts)[0]:
        ended: Fact | None = time["ended_by"]
        case = None
        if ended is not None and ended.name == "investigation_reported.v1":
            opinions = [each["opinion"] for each in ended.data["opinions"]]
            case = any(opinion != "no_case" for opinion in opinions) if opinions else "unknown"
        due = end_of(months_on(london_day(attention.first), 12)) if attention else None
        yield {"unit": "investigation", "since": time["since"], "until": time["until"], "due": due, "case": case}


def _reviews(facts: Sequence[Fact]) -> Iterator[Unit]:
    waiting: Unit | None = None
    for fact in facts:
        if fact.name == "review_applied.v1":
            if waiting is not None:
                yield waiting
            applied = span(fact.data["on"])
            waiting = {"unit": "review", "since": applied, "until": None, "body": fact.data["body"], "finding": None}
            day, left = london_day(applied.last), 5
            while left:
                day += DAY
                left -= is_working_day(day)
            waiting["acknowledged"] = {
                "unit": "review_acknowledgement",
                "since": applied,
                "due": end_of(day),
                "until": None,
                "done": False,
            }
        elif fact.name == "review_acknowledged.v1" and waiting is not None and waiting["until"] is None:
            if not waiting["acknowledged"]["done"]:
                waiting["acknowledged"] |= {"until": fact.at, "done": True}
        elif fact.name == "complaint_review_decided.v1" and waiting is not None and waiting["until"] is None:
            waiting |= {"until": fact.at, "finding": fact.data["finding"]}
            if not waiting["acknowledged"]["done"]:
                waiting["acknowledged"]["until"] = fact.at
    if waiting is not None:
        yield waiting


def _referrals(facts: Sequence[Fact]) -> Iterator[Unit]:
    for number, fact in enumerate(facts):
        if fact.name != "mandatory_criterion_identified.v1":
            continue
        clear = span(fact.data["clear_at"])
        assert clear is not None
        answer = next(iter(_said(facts[number:], "referred_to_iopc.v1", "referral_not_made.v1")), None)
        yield {
            "unit": "referral",
            "since": clear,
            "due": end_of(london_day(clear.last) + DAY),
            "until": answer and answer.at,
            "done": answer is not None and answer.name == "referred_to_iopc.v1",
        }


def _updates(facts: Sequence[Fact]) -> Iterator[Unit]:
    """Each gap that begins with a start or an update, and how it ended."""
    if not _said(facts, STARTED):
        return
    times = _inquiry(facts)[0]
    told = _said(facts, STARTED, UPDATED)
    for number, fact in enumerate(told):
        after = told[number + 1] if number + 1 < len(told) else None
        begun = sum(each.name == STARTED for each in told[: number + 1])
        done = after is not None and after.name == UPDATED
        end = times[begun - 1]["until"] if begun else None
        yield {
            "unit": "investigation_update",
            "since": fact.at,
            "due": end_of(london_day(fact.at.last) + 28 * DAY),
            "until": after.at if done and after is not None else end,
            "done": done,
        }


def _statements(facts: Sequence[Fact]) -> Iterator[Unit]:
    attention, times = _attention(facts), _inquiry(facts)[0]
    if attention is None or not times:
        return
    first = london_day(attention.first)
    sent = _said(facts, "delay_statement_sent.v1")
    for number in range(40):
        day = months_on(first, 12 + 6 * number)
        live = any(
            london_day(time["since"].first) <= day and (time["until"] is None or london_day(time["until"].first) > day)
            for time in times
        )
        ended = any(time["until"] is not None and london_day(time["until"].first) <= day for time in times)
        if (ended and not live) or end_of(day) > attention.first + 3653 * DAY:
            continue
        answer = next((one for one in sent if london_day(one.at.first) + 28 * DAY >= day), None)
        yield {
            "unit": "delay_statement",
            "since": attention,
            "due": end_of(day),
            "until": answer.at if answer else times[-1]["until"],
            "done": answer is not None,
        }
