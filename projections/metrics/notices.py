"""Steps of a case: are victims told of key events and of cancellations, and do other forces take crimes over?"""

from domain.case.notices import About
from projections.case_steps import ACCEPTED, REFUSED, TRANSFER, CaseStep
from projections.metrics.kinds import COMPETING, EXCLUDED, OPEN, OUT, RECORDED, Course, Delay, Share, exactness
from projections.metrics.victims import GONE_BEFORE_DUE, NOBODY, WAIVED

OVER = "case_steps"
STEP_DIMENSIONS = (
    "force",
    "area",
    "stratum",
    "offence_group",
    "offence",
    "route",
    "reporter_role",
    "domestic_abuse",
    "month",
)
DUTIES = ("duties-2015", "duties-2021")
NOT_ANSWERED = "not answered so far"


def _nobody(row: CaseStep) -> bool:
    return row.done_at is None and row.waived_because in NOBODY


def _is_update(row: CaseStep) -> bool:
    return row.kind == About.UPDATE and not _nobody(row)


def _in_time(row: CaseStep) -> bool | None:
    if row.done_at is None or row.due is None:
        return False
    if row.done_at.latest <= row.due:
        return True
    return False if row.done_at.earliest > row.due else None


def _not_owed(row: CaseStep) -> str | None:
    if not _is_update(row) or row.done_at is not None or row.due is None:
        return None
    if row.waived_at is not None and row.waived_at.earliest <= row.due:
        return WAIVED
    return GONE_BEFORE_DUE if row.left_at is not None and row.left_at.earliest <= row.due else None


update_in_time = Share(
    name="update_in_time",
    question="Of the key events of investigations in the period (arrest, bail, release, charge, no further action), of "
    "how many was the victim told within five working days (one with an enhanced entitlement)?",
    unit="key event (several in a case)",
    cohort="since",
    of=_is_update,
    counts=_in_time,
    excluded_because=_not_owed,
    due="due",
    dimensions=STEP_DIMENSIONS,
    rule_sets=DUTIES,
    source="Natural extension; Code of Practice for Victims of Crime: updates on key events",
    note="The first time that the victim was told counts, and what is not on record was not told. Pausing the clock "
    "does not lengthen the time here. With no victim, or one who cannot be traced, nobody could be told: not part of "
    "it. A reason not to tell them, or a cancellation or transfer, excludes it if it came in time. Key events whose "
    "time has not run are excluded.",
    over=OVER,
)


def _is_leaving(row: CaseStep) -> bool:
    return row.kind in (About.CANCELLED, About.TRANSFERRED) and not _nobody(row)


def _need_not_be_told(row: CaseStep) -> str | None:
    return WAIVED if _is_leaving(row) and row.done_at is None and row.waived_at is not None else None


victim_told_of_cancellation = Share(
    name="victim_told_of_cancellation",
    question="Of the cancellations (C2 to C5) and transfers (C1) of the period, of how many was the victim told?",
    unit="cancellation or transfer",
    cohort="since",
    of=_is_leaving,
    counts=lambda row: row.done_at is not None,
    excluded_because=_need_not_be_told,
    due="due",
    dimensions=("kind", *STEP_DIMENSIONS),
    rule_sets=DUTIES,
    source="HMICFRS crime data integrity programme: victims told of the cancellation of their crime",
    note="Among those who should be told: with no victim, or one who cannot be traced, it is not part of it. Late is "
    "told; what is not on record is not. One that was reversed since counts: the victim should have heard of it. Those "
    "whose time to tell the victim has not run are excluded. An inspection samples this: here every one is counted.",
    over=OVER,
)


def _asked(row: CaseStep) -> bool:
    return row.kind == TRANSFER


transfer_confirmed_rate = Share(
    name="transfer_confirmed_rate",
    question="Of the transfers (C1) asked for in the period and answered, how many did the other force accept?",
    unit="transfer asked for",
    cohort="since",
    of=_asked,
    counts=lambda row: row.result == ACCEPTED,
    excluded_because=lambda row: NOT_ANSWERED if _asked(row) and row.result is None else None,
    beside="transfer_acceptance_delay",
    dimensions=STEP_DIMENSIONS,
    rule_sets=("cancellation-1",),
    source="Natural extension; Home Office Counting Rules: cancelled records, transfer to another force (C1)",
    note="Those not answered so far are excluded, and open in transfer_acceptance_delay beside it. A transfer that was "
    "reversed since counts as accepted.",
    over=OVER,
)


def _waits(row: CaseStep) -> Course:
    if not _asked(row):
        return Course(OUT)
    coarse = exactness(row, "since", "done_at")
    if coarse is not None:
        return Course(EXCLUDED + coarse)
    if row.done_at is None:
        return Course(OPEN)
    waited = max((row.done_at.earliest - row.since.earliest).total_seconds(), 0.0)
    return Course(COMPETING if row.result == REFUSED else RECORDED, waited)


transfer_acceptance_delay = Delay(
    name="transfer_acceptance_delay",
    question="How long do transfers (C1) asked for in the period wait until the other force accepts (hours; median and "
    "90th percentile of all asked for)?",
    unit="transfer asked for",
    cohort="since",
    course=_waits,
    dimensions=STEP_DIMENSIONS,
    rule_sets=("cancellation-1",),
    source="Natural extension; Home Office Counting Rules: cancelled records, transfer to another force (C1)",
    note="Cumulative incidence: a refusal is a competing event, a transfer that is not answered is censored at "
    "known_at. A quantile not reached is null.",
    over=OVER,
)
