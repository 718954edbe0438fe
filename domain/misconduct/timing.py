"""When the acts of a report took place: which times can be corrected, and within which bounds."""

from datetime import timedelta
from typing import TYPE_CHECKING

from domain.case.correction import restate
from domain.event import Act, Decision, RecordedEvent, Rule, broken
from domain.misconduct.assessment import ReportAssessed
from domain.misconduct.barred_list import BarredListNotified
from domain.misconduct.calendar import can_start_a_clock
from domain.misconduct.closure import MatterClosed, OutcomeSent
from domain.misconduct.delay import DelayStatementSent
from domain.misconduct.investigation import (
    InvestigationDiscontinued,
    InvestigationReported,
    MisconductInvestigationStarted,
    MisconductUpdateSent,
)
from domain.misconduct.mailbox import StatusTold
from domain.misconduct.notice import MisconductNoticeServed
from domain.misconduct.passing import ReportAcknowledged, ReportPassed
from domain.misconduct.proceedings import ProceedingsReported
from domain.misconduct.referral import ModeDecided, ReferralNotMade, ReferredToIopc
from domain.misconduct.review import REVIEW_IN_TIME, ComplaintReviewDecided, ReviewAcknowledged, ReviewApplied
from domain.misconduct.schedule3 import (
    ComplaintRecorded,
    ConductMatterRecorded,
    DsiMatterRecorded,
    HandlingOutsideSch3Decided,
    LocalHandlingStarted,
)
from domain.misconduct.sub_judice import SubJudiceResumed, SubJudiceSuspended
from domain.misconduct.withdrawal import ComplaintWithdrawn
from domain.values import Moment

if TYPE_CHECKING:
    from domain.misconduct.state import Report

TIMED = (
    ReportPassed
    | ReportAcknowledged
    | ReportAssessed
    | ComplaintRecorded
    | ConductMatterRecorded
    | DsiMatterRecorded
    | HandlingOutsideSch3Decided
    | LocalHandlingStarted
    | ReferredToIopc
    | ReferralNotMade
    | ModeDecided
    | MisconductInvestigationStarted
    | MisconductNoticeServed
    | SubJudiceSuspended
    | SubJudiceResumed
    | MisconductUpdateSent
    | DelayStatementSent
    | InvestigationReported
    | InvestigationDiscontinued
    | ComplaintWithdrawn
    | StatusTold
    | MatterClosed
    | OutcomeSent
    | ReviewAcknowledged
    | ComplaintReviewDecided
    | ProceedingsReported
    | BarredListNotified
)
"""The acts whose time can be corrected. Not what a reporter does, whose time is a day; and not severity, determination,
proceedings and sanctions, for which rules apply is decided by their day."""

ACTS_KEEP_THEIR_ORDER = Rule(
    "acts_keep_their_order",
    "An act took place after receipt and after the act before it in this report, before the one after it, and by now: "
    "give a time between them, or at least the day, or correct those first.",
    "SI 2020/2, regulation 44: registers (that nothing in them is edited is a policy of this system)",
)


def took_place(at: Moment, entry: RecordedEvent, state: "Report", act: Act) -> Decision:
    """What is asked of the time of an act as corrected. Coarse times are in order if they can be."""
    history = restate(state.facts.values())
    acts = [each for each in history if isinstance(each.event, TIMED) and each.event_id != entry.event_id]
    before = [each.at.earliest for each in acts if each.version < entry.version][-1:]
    after = [each.at.latest for each in acts if each.version > entry.version][:1]
    if state.intake.received is not None:
        before.append(state.intake.received.earliest)
    early = any(at.latest < other for other in before)
    late = not can_start_a_clock(at, act) or any(at.earliest > other for other in after)
    yield from broken(ACTS_KEEP_THEIR_ORDER, when=early or late)
    if isinstance(entry.event, OutcomeSent):
        days = timedelta(days=act.rules.misconduct.clock("review_application", at.london_date).calendar_days)
        asked = [e.event.on for e in history if e.version > entry.version and isinstance(e.event, ReviewApplied)][:1]
        outside = (on.latest_london_date < at.london_date or on.london_date > at.london_date + days for on in asked)
        yield from broken(REVIEW_IN_TIME, when=any(outside))
