"""Histories in which much is owed, as hypothesis draws them: duties opened, met, paused, lifted, and corrected."""

from collections.abc import Sequence
from uuid import UUID

from histories import BASES, DELAYS, FORCES, PRECISIONS, SOURCE, STEPS, Told, rounded
from hypothesis import strategies as st
from scenario import reported

from domain.case.attestation import FactAttested
from domain.case.cancellation import CancellationApproved, CancellationReversed, TransferAccepted
from domain.case.classification import CrimeReclassified, ReceiptEstablished
from domain.case.closure import ReviewDecided, ReviewOf, ReviewRequested, ReviewResult
from domain.case.correction import CorrectedFacts, FactCorrected
from domain.case.duties import DutyKind, DutyPaused, DutyResumed
from domain.case.investigation import InvestigationDeclined, InvestigationUpdated, KeyEvent
from domain.case.linking import CaseLinked, CaseUnlinked, LinkKind
from domain.case.notices import About
from domain.case.outcome import OutcomeAssigned
from domain.case.ownership import OwnerAssigned
from domain.case.recording import CrimeRecorded, CrimeReported, DeclineReason, IncidentRegistered, RecordingDeclined
from domain.case.testimony import CrimeRecordEvidenced, SourceRowWithdrawn
from domain.case.victim import (
    EntitlementGround,
    NeedsAssessed,
    NoNotice,
    NoReferral,
    SupportReferralDeclined,
    SupportReferralMade,
    VictimInformed,
    VictimNoticeWaived,
)
from domain.event import Event
from domain.values import Moment

OTHER = "case-00000000-0000-4000-8000-000000000000"
FACTS: list[Event] = [
    IncidentRegistered(),
    CrimeRecorded(offence="8N"),
    CrimeRecorded(offence="19C"),
    RecordingDeclined(reason=DeclineReason.OTHER_FORCE),
    CrimeReclassified(offence="53"),
    OutcomeAssigned(outcome=18),
    NeedsAssessed(grounds=(EntitlementGround.MOST_SERIOUS_CRIME,)),
    NeedsAssessed(),
    SupportReferralMade(),
    SupportReferralDeclined(reason=NoReferral.NOT_WANTED),
    InvestigationUpdated(what=KeyEvent.ARREST),
    InvestigationUpdated(what=KeyEvent.OTHER),
    InvestigationDeclined(),
    *(VictimInformed(about=about) for about in About),
    VictimNoticeWaived(about=About.RECORDED, reason=NoNotice.NO_VICTIM),
    ReviewRequested(of=ReviewOf.RECORDING),
    ReviewDecided(result=ReviewResult.UPHELD),
    CancellationApproved(),
    CancellationReversed(),
    TransferAccepted(their_reference="THEIRS-1"),
    CaseLinked(under=OTHER, kind=LinkKind.DUPLICATE),
    CaseUnlinked(under=OTHER),
    OwnerAssigned(owner="staff-2"),
    OwnerAssigned(owner="staff-3", unit="burglary"),
    *(DutyPaused(duty=kind) for kind in DutyKind),
    *(DutyResumed(duty=kind) for kind in DutyKind),
    CrimeRecordEvidenced(),
]


@st.composite
def cases(draw: st.DrawFn, number: int) -> list[Told]:
    """One case. A fact in six comes from a file, one in six is a correction or takes a row back."""
    force, at = draw(st.sampled_from(FORCES)), draw(st.sampled_from(BASES))
    stream = f"case-{number:x}0{draw(st.integers(0, 15)):x}"
    told: list[Told] = []

    def tell(event: Event, moment: Moment, *, imported: bool = False) -> None:
        written = max(moment.latest + draw(st.sampled_from(DELAYS)), told[-1].written_at if told else moment.earliest)
        event_id = UUID(int=(number << 64) + len(told), version=4)
        told.append(Told(stream, force, event, moment, written, event_id, SOURCE if imported else None))

    received = rounded(at, draw(st.sampled_from(PRECISIONS)))
    tell(reported(str(received)), rounded(at, draw(st.sampled_from(PRECISIONS))), imported=draw(st.booleans()))
    for _ in range(draw(st.integers(0, 8))):
        at += draw(st.sampled_from(STEPS))
        event = _restating(draw, told) if draw(st.integers(0, 5)) == 0 else draw(st.sampled_from(FACTS))
        tell(event, rounded(at, draw(st.sampled_from(PRECISIONS))), imported=draw(st.integers(0, 5)) == 0)
    return told


def _restating(draw: st.DrawFn, told: Sequence[Told]) -> Event:
    facts = [one for one in told if not isinstance(one.event, FactCorrected | SourceRowWithdrawn | FactAttested)]
    target = draw(st.sampled_from(facts))
    when = rounded(
        target.at.earliest + draw(st.sampled_from([-1, 1])) * draw(st.sampled_from(STEPS)), target.at.precision
    )
    if isinstance(target.event, CrimeReported):
        right = reported(str(when))
        facts_of = CorrectedFacts(received_at=when, record_by=right.record_by, rule_set=right.rule_set)
        return draw(
            st.sampled_from(
                [
                    FactCorrected(corrects=target.event_id, facts=facts_of),
                    ReceiptEstablished(received_at=when, record_by=right.record_by, rule_set=right.rule_set),
                ]
            )
        )
    if isinstance(target.event, InvestigationUpdated):
        return FactCorrected(corrects=target.event_id, facts=CorrectedFacts(what=draw(st.sampled_from(KeyEvent))))
    if draw(st.booleans()):
        return SourceRowWithdrawn(withdraws=(target.event_id,))
    return FactCorrected(corrects=target.event_id, facts=CorrectedFacts(at=when))


@st.composite
def owing(draw: st.DrawFn, *, most: int = 5) -> list[Told]:
    """Several cases in the order in which they were written."""
    told = [one for number in range(draw(st.integers(1, most))) for one in draw(cases(number))]
    return sorted(told, key=lambda one: one.written_at)
