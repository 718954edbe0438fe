"""Victims: are they told, and is what they are said to wish on record?"""

from datetime import datetime

from domain.case.recording import DeclineReason
from domain.case.victim import NoNotice, NoReferral
from domain.rules import rule_book
from domain.values import Moment
from projections.case_row import DOES_NOT_SUPPORT, ENTERED, CaseFacts
from projections.metrics.kinds import DATE_UNKNOWN, RECEIPT_UNKNOWN, RECORDED_ONLY, Share
from projections.metrics.outcomes import TYPE_UNKNOWN, left_at

WAIVED = "not told for a reason that the rules accept"
NOT_WANTED = "victim did not want it or had support already"
GONE_BEFORE_DUE = "no longer recorded here when the time had run"
NOBODY = frozenset({NoNotice.NO_VICTIM, NoNotice.UNTRACEABLE})


def _since(done: Moment | None, since: Moment | None) -> bool:
    """Whether it was done, and not certainly before."""
    return done is not None and since is not None and done.latest >= since.earliest


def _told(row: CaseFacts) -> bool:
    return _since(row.told_declined_at, row.declined_at)


def _waived(row: CaseFacts) -> str | None:
    return row.untold_because if _since(row.untold_at, row.declined_at) else None


def _could_be_told(row: CaseFacts) -> bool:
    nobody = row.declined_as == DeclineReason.VICTIM_UNTRACED or _waived(row) in NOBODY
    return row.declined_at is not None and (_told(row) or not nobody)


def _need_not_be_told(row: CaseFacts) -> str | None:
    waived = _waived(row)
    return WAIVED if waived is not None and waived not in NOBODY and _could_be_told(row) and not _told(row) else None


victim_told_not_recorded = Share(
    name="victim_told_not_recorded",
    question="Of the decisions of the period not to record a report as a crime, of how many was the victim told?",
    unit="decision",
    cohort="declined_at",
    of=_could_be_told,
    counts=_told,
    excluded_because=_need_not_be_told,
    due="tell_by",
    rule_sets=("duties-2015", "duties-2021"),
    source="Natural extension; Code of Practice for Victims of Crime: the right to information about the report",
    note="The last such decision of a case counts, whatever became of it since; an N100 is not one. What is not on "
    "record does not count as told, and late is told. Without a victim, or with one who cannot be traced, nobody "
    "could be told: not part of it. Decisions whose time to tell the victim has not run are excluded.",
)


def _is_wish(row: CaseFacts) -> bool:
    outcome = rule_book().outcomes.get(row.outcome or 0)
    return outcome is not None and outcome.needs_statement


def _type_unknown(row: CaseFacts) -> str | None:
    return TYPE_UNKNOWN if row.outcome_at is not None and row.outcome is None else None


def _wish_on_record(row: CaseFacts) -> bool | None:
    """Whether the last statement before the outcome says so, in every order that the precision of the times allows."""
    if row.outcome_at is None:
        return None
    by, certainly_by = row.outcome_at.latest, row.outcome_at.earliest
    said = [(Moment.of(at), what) for at, what in map(str.split, row.victim_said.splitlines())]
    earlier = [at for at, _ in said if at.latest <= certainly_by]
    last = {
        what == DOES_NOT_SUPPORT
        for at, what in said
        if at.earliest <= by and not any(other.earliest > at.latest for other in earlier)
    }
    if not earlier:
        last.add(False)
    return last.pop() if len(last) == 1 else None


evidence_of_victim_wish = Share(
    name="evidence_of_victim_wish",
    question="Of the crimes given outcome 14 or 16 in the period (the victim does not support action), in how many had "
    "the victim's statement been recorded before?",
    unit="crime",
    cohort="outcome_at",
    of=_is_wish,
    counts=_wish_on_record,
    excluded_because=_type_unknown,
    rule_sets=("outcomes-2019",),
    source="HMICFRS, Greater Manchester 2020: cases closed without evidence of the victim's wish",
    note="The outcome that stands counts. The last statement before it must say that the victim does not support "
    "action. The live door refuses these outcomes without it, so what lacks it came in as history. A published "
    "category that may mean several types is excluded.",
)


def _nobody_to_refer(row: CaseFacts) -> bool:
    return row.referred_at is None and row.not_referred_because in (NoReferral.NO_VICTIM, NoReferral.NOT_ELIGIBLE)


def _by(done: Moment | None, due: datetime | None) -> bool:
    """Whether it was done, and not certainly later."""
    return done is not None and due is not None and done.earliest <= due


def _referred(row: CaseFacts) -> bool | None:
    if row.referred_at is None or row.refer_by is None:
        return False
    if row.referred_at.latest <= row.refer_by:
        return True
    return False if row.referred_at.earliest > row.refer_by else None


def _not_to_be_referred(row: CaseFacts) -> str | None:
    if row.recorded_at is None:
        return DATE_UNKNOWN if row.status in ENTERED else None
    if row.received_at is None:
        return RECORDED_ONLY if row.coverage != "full" else RECEIPT_UNKNOWN
    if _nobody_to_refer(row) or row.referred_at is not None:
        return None
    if _by(row.not_referred_at, row.refer_by):
        return NOT_WANTED
    return GONE_BEFORE_DUE if _by(left_at(row), row.refer_by) else None


support_referral_within_2wd = Share(
    name="support_referral_within_2wd",
    question="Of the crimes recorded in the period with a victim to refer, in how many was the victim referred to a "
    "support service within two working days of receipt?",
    unit="crime",
    cohort="recorded_at",
    of=lambda row: row.recorded_at is not None and not _nobody_to_refer(row),
    counts=_referred,
    excluded_because=_not_to_be_referred,
    due="refer_by",
    rule_sets=("duties-2015", "duties-2021"),
    source="Natural extension; Code of Practice for Victims of Crime: referral to support (period unconfirmed)",
    note="The first referral counts; the clock starts at receipt by the force and is not stopped by a pause. Without a "
    "victim, or with one who is not eligible, nobody could be referred: not part of it. Where the victim did not want "
    "it and said so in time, it is excluded; later, it counts as missed. An N100 is not part of it.",
)
