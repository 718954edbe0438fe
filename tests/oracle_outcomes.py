"""What the oracle of the cases says of outcomes, referrals and declined reports; and where a crime is, and its flag."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from duty_oracle import last_instant, london_day

if TYPE_CHECKING:
    from oracle import Case, Fact, Span

ELSEWHERE = "excluded: counted with the case it is linked to"
UNDECIDED = "excluded: precision of the times cannot decide it"


def area(facts: "Sequence[Fact]") -> str | None:
    """The place code of the report; else the census area of what was published for the latest month."""
    codes = [fact.data.get("place_code") for fact in facts if fact.name == "crime_reported.v1"]
    if any(codes):
        return [code for code in codes if code][-1]
    published = [
        (fact.data.get("recorded") or "", fact.data["place"]["lsoa_code"])
        for fact in facts
        if fact.name in ("crime_record_evidenced.v1", "incident_registered.v1")
        and (fact.data.get("place") or {}).get("lsoa_code")
    ]
    return max(published)[1] if published else None


def flag(facts: "Sequence[Fact]") -> str | None:
    """What was said last of whether it is domestic abuse."""
    said: str | None = None
    for fact in facts:
        if fact.name in ("crime_flagged.v1", "crime_unflagged.v1") and fact.data["flag"] == "domestic_abuse":
            said = "yes" if fact.name == "crime_flagged.v1" else "no"
    return said


def _to_the_month(*spans: "Span | None") -> bool:
    return any(one is not None and one.exact == "month" for one in spans)


def _left(case: "Case") -> str | None:
    if case.approval is not None:
        return "excluded: cancelled since (C2 to C5): no longer a recorded crime"
    return "excluded: transferred to another force (C1)" if case.transferred else None


def _outcome_is(number: int, case: "Case") -> str:
    if case.outcome is None:
        return "out"
    if case.linked:
        return ELSEWHERE
    gone, found = _left(case), case.outcome.data.get("outcome")
    if gone is not None:
        return gone
    if found is None:
        return "excluded: type of the outcome not published"
    return "counted" if found == number else "not_counted"


def outcome16_share(case: "Case", moment: datetime) -> str:
    return _outcome_is(16, case)


def outcome16_share_domestic_abuse(case: "Case", moment: datetime) -> str:
    return _outcome_is(16, case) if case.domestic_abuse == "yes" else "out"


def charge_share_of_outcomes(case: "Case", moment: datetime) -> str:
    return _outcome_is(1, case)


def _not_dated(case: "Case") -> str:
    if not case.is_crime:
        return "out"
    return ELSEWHERE if case.linked else "excluded: date of recording not published"


def charge_rate(case: "Case", moment: datetime) -> str:
    if case.recorded is None:
        return _not_dated(case)
    if case.linked:
        return ELSEWHERE
    if not case.shows_everything and case.last("crime_recorded.v1") is None:
        return "excluded: source shows recorded crimes only"
    return _left(case) or ("not_counted" if case.outcome is None else _outcome_is(1, case))


def days_to_outcome(case: "Case", moment: datetime) -> str:
    if case.recorded is None:
        return _not_dated(case)
    if case.linked:
        return ELSEWHERE
    if _to_the_month(case.recorded, case.outcome_at, case.left_at):
        return "excluded: time known only to the month"
    if case.outcome_at is not None:
        return "recorded"
    return "open" if case.left_at is None else "competing"


def declined_decision_delay(case: "Case", moment: datetime) -> str:
    if case.declined_at is None:
        return "out"
    if case.linked:
        return ELSEWHERE
    if case.received is None:
        return "excluded: time of receipt not known"
    for when in (case.received, case.declined_at):
        if when.exact in ("day", "month"):
            return f"excluded: time known only to the {when.exact}"
    return "recorded"


def support_referral_within_2wd(case: "Case", moment: datetime) -> str:
    referrals = [fact.at for fact in case.facts if fact.name == "support_referral_made.v1"]
    none = case.last("support_referral_declined.v1")
    if case.recorded is None:
        return _not_dated(case)
    nobody = not referrals and none is not None and none.data["reason"] in ("no_victim", "not_eligible")
    if nobody and case.received is not None:
        return "out"
    if case.linked:
        return ELSEWHERE
    if case.received is None:
        what = "source shows recorded crimes only" if not case.shows_everything else "time of receipt not known"
        return f"excluded: {what}"
    due = last_instant(london_day(case.received.last), 2)
    if not referrals and none is not None and none.at.first <= due:
        return "excluded: victim did not want it or had support already"
    if not referrals and case.left_at is not None and case.left_at.first <= due:
        return "excluded: no longer recorded here when the time had run"
    if due >= moment:
        return "excluded: time allowed has not yet run"
    if not referrals or min(referrals).first > due:
        return "not_counted"
    return "counted" if min(referrals).last <= due else UNDECIDED


VERDICTS = {
    "outcome16_share": (outcome16_share, "outcome_at"),
    "outcome16_share_domestic_abuse": (outcome16_share_domestic_abuse, "outcome_at"),
    "charge_rate": (charge_rate, "recorded"),
    "charge_share_of_outcomes": (charge_share_of_outcomes, "outcome_at"),
    "days_to_outcome": (days_to_outcome, "recorded"),
    "declined_decision_delay": (declined_decision_delay, "declined_at"),
    "support_referral_within_2wd": (support_referral_within_2wd, "recorded"),
}
