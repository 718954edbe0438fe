"""The support line: what is escalated to the force, by whom, and how much of it turns out to be recorded late."""

from domain.support_contact.escalation import EscalationResult, EscalationStatus
from domain.support_contact.opening import ContactGround
from projections.escalation_facts import EscalationFacts
from projections.metrics.kinds import Mix, Share

OVER = "escalation_facts"
ESCALATION_DIMENSIONS = ("force", "ground", "channel", "month")
SOURCE = "Natural extension; GMCA, Crime Support Line (December 2020)"
UNSEEN = "Contacts that led to no escalation are not counted: the force does not see them."
FLOOR = (
    "A floor of what went unrecorded: only what a caller brought to the line and agreed to pass on. Whether it was "
    "recorded late is what the force said last; the live door accepts it only of a crime that is in the register and "
    "was late."
)


def _all(row: EscalationFacts) -> bool:
    return True


def _nothing(row: EscalationFacts) -> None:
    return None


def _resolved(row: EscalationFacts) -> bool:
    return row.status == EscalationStatus.RESOLVED


def _late(row: EscalationFacts) -> bool:
    return row.result == EscalationResult.RECORDED_LATE


support_line_contacts = Mix(
    name="support_line_contacts",
    question="On what grounds did the support line escalate matters to the force in the period?",
    unit="escalation (a contact may have several)",
    cohort="raised_at",
    of=_all,
    excluded_because=_nothing,
    parts=lambda row: (row.ground,),
    known=lambda: tuple(ground.value for ground in ContactGround),
    beside="support_line_contacts_anonymous",
    dimensions=ESCALATION_DIMENSIONS,
    rule_sets=(),
    source=SOURCE,
    note=UNSEEN,
    over=OVER,
)

support_line_contacts_anonymous = Share(
    name="support_line_contacts_anonymous",
    question="Of the escalations of the support line raised in the period, how many are of anonymous callers?",
    unit="escalation (a contact may have several)",
    cohort="raised_at",
    of=_all,
    counts=lambda row: row.anonymous,
    excluded_because=_nothing,
    dimensions=ESCALATION_DIMENSIONS,
    rule_sets=(),
    source=SOURCE,
    note=UNSEEN,
    over=OVER,
)

support_line_recorded_late = Share(
    name="support_line_recorded_late",
    question="Of the escalations of the support line resolved in the period, on whatever ground, how many ended with a "
    "crime that was recorded late?",
    unit="escalation (a contact may have several)",
    cohort="resolved_at",
    of=_resolved,
    counts=_late,
    excluded_because=_nothing,
    dimensions=ESCALATION_DIMENSIONS,
    rule_sets=(),
    source=SOURCE,
    note=FLOOR,
    over=OVER,
)

late_recorded_after_escalation = Share(
    name="late_recorded_after_escalation",
    question="Of the escalations about a crime not recorded that were resolved in the period, how many ended with the "
    "crime recorded late?",
    unit="escalation (a contact may have several)",
    cohort="resolved_at",
    of=lambda row: _resolved(row) and row.ground == ContactGround.UNRECORDED,
    counts=_late,
    excluded_because=_nothing,
    beside="support_line_recorded_late",
    dimensions=("force", "channel", "month"),
    rule_sets=(),
    source=SOURCE,
    note=FLOOR,
    over=OVER,
)
