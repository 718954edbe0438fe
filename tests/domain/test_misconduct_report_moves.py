"""Every command of a report, from intake to review, in every state: the closed are refused, the open leave no gap.

The commands of the investigation and of what follows it are walked on a page of their own.
"""

from collections.abc import Callable, Iterator
from itertools import product
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
from report_scenario import (
    AT_THE_FORCE,
    FORCE,
    INVESTIGATOR,
    NAME,
    PASSED,
    SUBJECT,
    Given,
    assessed,
    fact,
    given,
    nothing,
    received,
)

from domain.event import Act, Command, Event, Refused, Role, enforce
from domain.misconduct import state as report_state
from domain.misconduct.allegations import MakeAllegation, WithdrawAllegation
from domain.misconduct.assessment import AssessReport, Disposition, Handling, NoteRecordingTest, RecordingTest
from domain.misconduct.closure import CloseMatter, MatterClosed, MatterOutcome, OutcomeSent, SendOutcome
from domain.misconduct.correction import CorrectReport, ReportFacts
from domain.misconduct.identity import (
    DiscloseIdentity,
    IdentityReleased,
    IdentityRequested,
    IdentityStatus,
    ReleaseIdentity,
    ReporterDisclosed,
    RequestIdentity,
    WithdrawDisclosure,
)
from domain.misconduct.intake import Anonymity, Employed, ReceiveReport, ReportChannel
from domain.misconduct.investigation import (
    InvestigationDiscontinued,
    InvestigationReported,
    MisconductInvestigationStarted,
    SubJudiceSuspended,
)
from domain.misconduct.mailbox import AnswerAsReporter, AskReporter, PlainStatus, TellStatus
from domain.misconduct.moves import MOVES, Where
from domain.misconduct.parallel import (
    CompleteSafeguarding,
    EscalatedTo,
    EscalateReport,
    EscalationGround,
    IntelligenceRecorded,
    RecordIntelligence,
    SafeguardingStarted,
    StartSafeguarding,
)
from domain.misconduct.passing import (
    AcknowledgeReport,
    ForceUnit,
    NotOurs,
    PassReport,
    ReportSignposted,
    SignpostReport,
    Stage,
)
from domain.misconduct.referral import (
    DecideMode,
    IdentifyCriterion,
    MandatoryCriterionIdentified,
    Mode,
    ModeDecided,
    NoteCallIn,
    RecordNoReferral,
    ReferralKind,
    ReferredToIopc,
    ReferToIopc,
)
from domain.misconduct.review import (
    AcknowledgeReview,
    ComplaintReviewDecided,
    DecideComplaintReview,
    MatterStatus,
    NoteReviewApplication,
    ReviewAcknowledged,
    ReviewApplied,
    ReviewBody,
    ReviewFinding,
)
from domain.misconduct.schedule3 import (
    ComplaintRecorded,
    HandleOutsideSch3,
    HandlingOutsideSch3Decided,
    LocalHandlingStarted,
    RecordComplaint,
    RecordConductMatter,
    RecordDsiMatter,
    StartLocalHandling,
)
from domain.misconduct.state import REPORT_MOVE_IS_OPEN, Report
from domain.misconduct.subjects import IdentifySubject, NoteSubject, PersonKind
from domain.misconduct.withdrawal import ComplaintWithdrawn
from domain.rules import rule_book
from domain.values import Moment

LATER, UNTIL = Moment.of("2024-07-01T12:00:00Z"), Moment.of("2099-12-31")
DSI, RECORD = RecordingTest.DEATH_OR_SERIOUS_INJURY, Disposition.RECORD
VOLUNTARY, MANDATORY = ReferralKind.VOLUNTARY, ReferralKind.MANDATORY
DAY = Moment.of("2024-05-01")


class Shape(NamedTuple):
    """How each track of a report stands, in the words of this page."""

    stage: str = "none"
    handling: str = "unassessed"
    referral: str = "none"
    inquiry: str = "not_started"
    matter: str = "open"
    identity: str = "untold"
    safeguarding: bool = False


STAGES: dict[str, tuple[Event, ...]] = {
    "received": (),
    "signposted": (ReportSignposted(to="101", because=NotOurs.NOT_POLICE),),
    "passed": (PASSED,),
    "acknowledged": AT_THE_FORCE,
}
RECORDED = (assessed(RECORD, DSI), ComplaintRecorded())
OUTSIDE = assessed(Disposition.OUTSIDE_SCH3)
HANDLING: dict[str, tuple[Event, ...]] = {
    "unassessed": (),
    "to_record": (assessed(RECORD, DSI),),
    "to_keep_outside": (OUTSIDE,),
    "intelligence_only": (assessed(Disposition.INTELLIGENCE_ONLY),),
    "outside": (OUTSIDE, HandlingOutsideSch3Decided()),
    "recorded": RECORDED,
    "local": (*RECORDED, LocalHandlingStarted()),
}
REFERRED = ReferredToIopc(kind=VOLUNTARY)
REFERRAL: dict[str, tuple[Event, ...]] = {
    "none": (),
    "due": (MandatoryCriterionIdentified(criterion="serious_corruption", clear_at=DAY),),
    "referred": (REFERRED,),
    "mode_decided": (REFERRED, ModeDecided(mode=Mode.LOCAL)),
}
STARTED = MisconductInvestigationStarted(investigator=INVESTIGATOR)
INQUIRY: dict[str, tuple[Event, ...]] = {
    "not_started": (),
    "under_way": (STARTED,),
    "suspended": (STARTED, SubJudiceSuspended()),
    "reported": (STARTED, InvestigationReported(opinions=())),
    "discontinued": (STARTED, InvestigationDiscontinued()),
    "withdrawn": (STARTED, ComplaintWithdrawn()),
}
CLOSED = MatterClosed(outcome=MatterOutcome.RESOLVED)
APPLIED = ReviewApplied(on=Moment.of("2024-05-20"), body=ReviewBody.IOPC)
MATTER: dict[str, tuple[Event, ...]] = {
    "open": (),
    "closed": (CLOSED,),
    "sent": (CLOSED, OutcomeSent()),
    "under_review": (CLOSED, OutcomeSent(), APPLIED),
    "review_acknowledged": (CLOSED, OutcomeSent(), APPLIED, ReviewAcknowledged()),
    "reviewed": (CLOSED, OutcomeSent(), APPLIED, ComplaintReviewDecided(finding=ReviewFinding.NOT_UPHELD)),
}
DISCLOSED = ReporterDisclosed(recipient=INVESTIGATOR, reporter=NAME)
ASKED = (DISCLOSED, IdentityRequested(until=UNTIL))
RELEASED = (*ASKED, IdentityReleased(recipient=INVESTIGATOR, until=UNTIL))
IDENTITY: dict[str, tuple[Event, ...]] = {
    "untold": (),
    "disclosed": (DISCLOSED,),
    "requested": ASKED,
    "released": RELEASED,
    "told_another": (*RELEASED, ReporterDisclosed(recipient="psd-9", reporter=NAME)),
    "requested_again": (*RELEASED, IdentityRequested(until=UNTIL)),
}
IN_HAND = ("recorded", "local")
BESIDE = list(product(IDENTITY, (False, True)))
AGAIN = ("told_another", "requested_again")  # walked beside one course, and not beside all


def courses() -> Iterator[Shape]:
    """Every course that a report can have taken, without what goes on beside it."""
    for stage in STAGES:
        if stage != "acknowledged":
            yield Shape(stage)
    for handling, referral, matter in product(HANDLING, REFERRAL, MATTER):
        for inquiry in INQUIRY if handling in IN_HAND else ("not_started",):
            yield Shape("acknowledged", handling, referral, inquiry, matter)


FEW = [Shape(), *courses(), *(Shape("acknowledged", "recorded", identity=i, safeguarding=s) for i, s in BESIDE)]
SHAPES = [
    Shape(),
    *(course._replace(identity=i, safeguarding=s) for course in courses() for i, s in BESIDE if i not in AGAIN),
    *(shape for shape in FEW if shape.identity in AGAIN),
]


def history(shape: Shape) -> Given:
    """A report in that state."""
    if shape.stage == "none":
        return nothing
    beside: tuple[Event, ...] = (IntelligenceRecorded(grade="2BP"), *IDENTITY[shape.identity])
    return given(
        received(),
        *SUBJECT,
        *beside,
        *([SafeguardingStarted()] if shape.safeguarding else []),
        *STAGES[shape.stage],
        *HANDLING[shape.handling],
        *REFERRAL[shape.referral],
        *INQUIRY[shape.inquiry],
        *MATTER[shape.matter],
    )


def sendable(shape: Shape) -> Iterator[Command[Report]]:
    """A body for every command of this page."""
    yield ReceiveReport(
        channel=ReportChannel.PUBLIC, anonymity=Anonymity.ANONYMOUS, received=DAY, summary="He sells it."
    )
    yield AskReporter(text="Which car?")
    yield AnswerAsReporter(text="The grey one.")
    yield TellStatus(status=PlainStatus.RECEIVED)
    yield DiscloseIdentity(recipient=INVESTIGATOR, reporter=NAME)
    yield WithdrawDisclosure()
    yield RequestIdentity(until=UNTIL, because="To ask her.")
    yield ReleaseIdentity()
    yield SignpostReport(to="101", because=NotOurs.NOT_POLICE)
    yield PassReport(force=FORCE, unit=ForceUnit.PSD)
    yield AcknowledgeReport()
    yield StartSafeguarding(because="She is at risk.")
    yield CompleteSafeguarding()
    yield RecordIntelligence(grade="2BP", text="So.")
    yield EscalateReport(ground=EscalationGround.OVERDUE, to=EscalatedTo.IOPC, because="So.")
    yield NoteSubject(description="The other one.")
    yield IdentifySubject(subject=1, person_kind=PersonKind.STAFF, force=FORCE)
    yield MakeAllegation(category="G", subjects=(1,), text="So.")
    yield WithdrawAllegation(allegation=1, because="So.")
    yield AssessReport(disposition=RECORD, rationale="So.")
    yield NoteRecordingTest(test=RecordingTest.ARTICLE_2_OR_3, because="So.")
    yield RecordComplaint()
    yield RecordConductMatter()
    yield RecordDsiMatter()
    yield HandleOutsideSch3(rationale="She agrees.")
    yield StartLocalHandling(rationale="She agrees.")
    yield IdentifyCriterion(criterion="serious_assault", clear_at=DAY, because="So.")
    yield NoteCallIn(notified_at=DAY)
    yield ReferToIopc(kind=MANDATORY if shape.referral == "due" else VOLUNTARY, because="So.")
    yield RecordNoReferral(because="So.")
    yield DecideMode(mode=Mode.NO_INVESTIGATION)
    yield CloseMatter(outcome=MatterOutcome.RESOLVED, because="So.")
    yield SendOutcome()
    yield NoteReviewApplication(on=Moment.of("2024-05-20"), body=ReviewBody.IOPC)
    yield AcknowledgeReview()
    yield CorrectReport(corrects=fact(1), facts=ReportFacts(currently_employed=Employed.YES), because="A slip.")
    yield DecideComplaintReview(finding=ReviewFinding.NOT_UPHELD, rationale="So.")


COMMANDS = [type(command) for command in sendable(Shape())]
Test = Callable[[Shape], bool]


def at_any_time(shape: Shape) -> bool:
    return shape.stage != "none"


def while_open(shape: Shape) -> bool:
    return shape.stage in ("received", "passed", "acknowledged") and shape.matter == "open"


def at_the_force(shape: Shape) -> bool:
    return shape.stage == "acknowledged" and shape.matter == "open"


def before_assessment(shape: Shape) -> bool:
    return while_open(shape) and shape.handling == "unassessed"


def to_be_recorded(shape: Shape) -> bool:
    return at_the_force(shape) and shape.handling in ("to_record", "to_keep_outside", "intelligence_only", "outside")


# Written out by hand, against the table: what may be done when.
OPEN_IN: dict[type[Command[Any]], Test] = {
    ReceiveReport: lambda shape: shape.stage == "none",
    CorrectReport: at_any_time,
    AskReporter: at_any_time,
    AnswerAsReporter: at_any_time,
    TellStatus: at_any_time,
    DiscloseIdentity: lambda shape: at_any_time(shape) and shape.identity in ("untold", "released"),
    WithdrawDisclosure: lambda shape: shape.identity not in ("untold", "released"),
    RequestIdentity: lambda shape: shape.identity != "untold",
    ReleaseIdentity: lambda shape: shape.identity in ("requested", "requested_again"),
    SignpostReport: before_assessment,
    PassReport: before_assessment,
    AcknowledgeReport: lambda shape: shape.stage in ("received", "passed"),
    StartSafeguarding: lambda shape: at_any_time(shape) and not shape.safeguarding,
    CompleteSafeguarding: lambda shape: shape.safeguarding,
    RecordIntelligence: at_any_time,
    EscalateReport: while_open,
    NoteSubject: while_open,
    IdentifySubject: while_open,
    MakeAllegation: while_open,
    WithdrawAllegation: while_open,
    AssessReport: lambda shape: at_the_force(shape) and shape.handling not in ("outside", "recorded", "local"),
    NoteRecordingTest: at_the_force,
    RecordComplaint: to_be_recorded,
    RecordConductMatter: to_be_recorded,
    RecordDsiMatter: to_be_recorded,
    HandleOutsideSch3: lambda shape: at_the_force(shape) and shape.handling in ("to_record", "to_keep_outside"),
    StartLocalHandling: lambda shape: (
        at_the_force(shape)
        and shape.handling == "recorded"
        and shape.referral in ("none", "mode_decided")
        and shape.inquiry not in ("under_way", "suspended")
    ),
    IdentifyCriterion: at_the_force,
    NoteCallIn: lambda shape: at_the_force(shape) and shape.referral != "referred",
    ReferToIopc: lambda shape: at_the_force(shape) and shape.referral != "referred",
    RecordNoReferral: lambda shape: at_the_force(shape) and shape.referral == "due",
    DecideMode: lambda shape: at_the_force(shape) and shape.referral in ("referred", "mode_decided"),
    CloseMatter: at_the_force,
    SendOutcome: lambda shape: shape.matter in ("closed", "sent"),
    NoteReviewApplication: lambda shape: shape.matter in ("closed", "sent"),
    AcknowledgeReview: lambda shape: shape.matter == "under_review",
    DecideComplaintReview: lambda shape: shape.matter in ("under_review", "review_acknowledged"),
}


def may_be_closed(shape: Shape) -> bool:
    if shape.referral == "due" or shape.inquiry in ("under_way", "suspended", "reported"):
        return False
    if shape.handling == "recorded":
        return shape.inquiry in ("discontinued", "withdrawn")
    return shape.handling in ("intelligence_only", "outside", "local")


# Where more than the state stands in the way of a command that is open.
GOES_THROUGH: dict[type[Command[Any]], Test] = {
    RequestIdentity: lambda shape: shape.identity in ("disclosed", "released"),
    WithdrawDisclosure: lambda shape: shape.identity != "requested_again",
    AcknowledgeReport: lambda shape: shape.stage == "passed",
    RecordComplaint: lambda shape: shape.handling == "to_record",
    RecordConductMatter: lambda shape: shape.handling == "to_record",
    RecordDsiMatter: lambda shape: shape.handling == "to_record",
    HandleOutsideSch3: lambda shape: shape.handling == "to_keep_outside",
    CloseMatter: may_be_closed,
    SendOutcome: lambda shape: shape.matter == "closed" and shape.handling in ("outside", "recorded", "local"),
    NoteReviewApplication: lambda shape: shape.matter == "sent" and shape.handling in ("recorded", "local"),
}


def goes_through(command: type[Command[Any]], shape: Shape) -> bool:
    return GOES_THROUGH.get(command, lambda shape: True)(shape)


def decided(command: Command[Report], before: Report) -> tuple[tuple[Event, ...], Refused | None]:
    by = "psd-2" if isinstance(command, ReleaseIdentity) else INVESTIGATOR
    act = Act(by, Role.PSD_INVESTIGATOR, FORCE, command.purpose, LATER.earliest, rule_book())
    try:
        return tuple(enforce(command, before, act)), None
    except Refused as refusal:
        return (), refusal


def walk(shapes: list[Shape]) -> int:
    """Send every command in every state; how many moves were tried."""
    tried = 0
    for shape in shapes:
        before = history(shape)
        state = before.state
        open_moves = tuple(move.__name__ for move in state.allowed)
        assert open_moves, f"a dead end: {shape}"
        for command in sendable(shape):
            tried += 1
            kind, what = type(command), f"{type(command).__name__} in {shape}"
            expected = OPEN_IN[kind](shape)
            assert (kind.__name__ in open_moves) is expected, f"wrongly listed: {what}"
            facts, refusal = decided(command, state)
            if refusal is None:
                assert expected, f"went through: {what}"
                assert goes_through(kind, shape), f"went through: {what}"
                assert facts
            elif refusal.rule is REPORT_MOVE_IS_OPEN:
                assert not expected, f"held up: {what}"
                assert refusal.allowed == open_moves, f"the open moves are not named: {what}"
            else:
                assert expected, f"refused by {refusal.rule.id}: {what}"
                assert not goes_through(kind, shape), f"refused by {refusal.rule.id}: {what}"
    return tried


def test_every_command_in_every_state() -> None:
    assert walk(SHAPES) == len(SHAPES) * len(COMMANDS) > 50_000


def test_every_state_that_a_track_can_have_is_walked() -> None:
    seen = [history(shape).state for shape in FEW]
    assert {state.passing.stage for state in seen} == set(Stage)
    assert {state.assessment.status for state in seen} == set(Handling)
    assert {state.referral.status.value for state in seen} == {"none", "due", "referred", "mode_decided"}
    assert {state.inquiry.status.value for state in seen} == set(INQUIRY)
    assert {state.identity.status for state in seen} == set(IdentityStatus)
    assert {(state.identity.status.value, bool(state.identity.releases)) for state in seen} >= {
        ("disclosed", True),
        ("requested", True),
    }
    assert {(state.closure.status.value, state.closure.review.value) for state in seen} == {
        ("open", "none"),
        ("closed", "none"),
        ("closed", "applied"),
        ("closed", "acknowledged"),
        ("closed", "decided"),
    }


# The modules whose commands are walked here.
OF_THE_REPORT = {
    "allegations",
    "assessment",
    "closure",
    "correction",
    "identity",
    "intake",
    "mailbox",
    "parallel",
    "passing",
    "referral",
    "review",
    "schedule3",
    "subjects",
}


def test_every_command_of_the_report_has_its_place_and_is_walked() -> None:
    assert set(OPEN_IN) == set(COMMANDS)
    assert set(COMMANDS) == {move for move in MOVES if move.__module__.rpartition(".")[2] in OF_THE_REPORT}


def doctored(command: type[Command[Any]], where: Where) -> MappingProxyType[type[Command[Any]], Where]:
    return MappingProxyType({**MOVES, command: where})


EVERYWHERE = Where(stage=frozenset(Stage), matter=frozenset(MatterStatus))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.__name__)
def test_a_command_in_the_wrong_place_is_noticed(command: type[Command[Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_state, "MOVES", doctored(command, EVERYWHERE))
    with pytest.raises(AssertionError, match=command.__name__):
        walk(FEW)
    monkeypatch.setattr(report_state, "MOVES", doctored(command, Where(stage=frozenset())))
    with pytest.raises(AssertionError, match=rf"a dead end|wrongly listed: {command.__name__}"):
        walk(FEW)


def test_a_move_that_nobody_checks_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Report, "allows", lambda report, command: iter(()))
    with pytest.raises(AssertionError, match=r"went through|refused by"):
        walk(FEW)
