"""The life of a misconduct report as a state machine, checked against the raw events."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from claims_of_a_report import Claims, london, shown
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
)
from report_scenario import FORCE, NAME, TOLD, entry

from domain.event import Act, Command, Event, RecordedEvent, Refused, Role, enforce
from domain.misconduct import (
    state,
)
from domain.misconduct.allegations import MakeAllegation, WithdrawAllegation
from domain.misconduct.assessment import (
    AssessReport,
    Disposition,
    NoteRecordingTest,
    RecordingTest,
)
from domain.misconduct.closure import CloseMatter, MatterOutcome, OutcomeSent, SendOutcome
from domain.misconduct.identity import (
    DiscloseIdentity,
    ReleaseIdentity,
    RequestIdentity,
    WithdrawDisclosure,
)
from domain.misconduct.intake import Anonymity, Employed, ReceiveReport, ReportChannel
from domain.misconduct.investigation import (
    DiscontinueInvestigation,
    StartMisconductInvestigation,
)
from domain.misconduct.mailbox import (
    AnswerAsReporter,
    AskReporter,
    PlainStatus,
    TellStatus,
)
from domain.misconduct.parallel import (
    CompleteSafeguarding,
    EscalatedTo,
    EscalateReport,
    EscalationGround,
    RecordIntelligence,
    StartSafeguarding,
)
from domain.misconduct.passing import (
    AcknowledgeReport,
    ForceUnit,
    NotOurs,
    PassReport,
    SignpostReport,
)
from domain.misconduct.referral import (
    DecideMode,
    IdentifyCriterion,
    Mode,
    NoteCallIn,
    RecordNoReferral,
    ReferralKind,
    ReferToIopc,
)
from domain.misconduct.review import (
    AcknowledgeReview,
    DecideComplaintReview,
    NoteReviewApplication,
    ReturnsTo,
    ReviewApplied,
    ReviewBody,
    ReviewFinding,
)
from domain.misconduct.schedule3 import (
    HandleOutsideSch3,
    RecordComplaint,
    RecordConductMatter,
    RecordDsiMatter,
    StartLocalHandling,
)
from domain.misconduct.state import Report
from domain.misconduct.subjects import (
    IdentifySubject,
    NoteSubject,
    PersonKind,
    Seniority,
)
from domain.rules import rule_book
from domain.values import Moment, instant

LONDON = ZoneInfo("Europe/London")
PEOPLE = ("psd-1", "psd-2")
OUTSIDE_FORCES = {"police-scotland", "northern-ireland"}
FORCES = st.sampled_from([FORCE, FORCE, "essex", "btp", "police-scotland", "northern-ireland", "ruritania"])
OUTCOMES = [*[MatterOutcome.RESOLVED] * 8, *MatterOutcome]
NUMBERS, NAMES, BY = st.integers(1, 3), st.sampled_from([None, NAME]), st.sampled_from(PEOPLE)
TESTS = st.lists(st.sampled_from(RecordingTest), max_size=2, unique=True).map(tuple)
ANY_FIELDS = ("received", "summary", "reporter", "address")


class LifeOfAReport(Claims, RuleBasedStateMachine):
    """`entries` is the raw history; what must hold is read from it without the state."""

    def __init__(self) -> None:
        super().__init__()
        self.now = TOLD.earliest
        self.entries: list[RecordedEvent] = []
        self.report = state.replay(())

    def send(self, command: Command[Report], by: str = "psd-1") -> bool:
        act = Act(by, Role.PSD_INVESTIGATOR, FORCE, command.purpose, self.now, rule_book())
        allowed = self.report.allowed
        try:
            events = enforce(command, self.report, act)
        except Refused:
            return False
        except Exception as error:
            raise AssertionError("a decision raised something else than Refused") from error
        assert type(command) in allowed, "a command went through that was not listed"
        for event in events:
            self.write(event, by)
        return True

    def write(self, event: Event, by: str) -> None:
        stored = type(event).model_validate_json(event.model_dump_json())
        assert stored == event, "a fact is read back as another"
        written = entry(len(self.entries) + 1, stored, instant(self.now), by)
        before, self.entries = self.report, [*self.entries, written]
        self.report = state.replay(self.entries)
        if before.version:
            after = before.evolve(written)
            assert shown(after) == shown(self.report), "replay differs from evolve"

    @initialize(
        channel=st.sampled_from([ReportChannel.PUBLIC, ReportChannel.CRIMESTOPPERS, *ReportChannel]),
        anonymity=st.sampled_from(Anonymity),
        reporter=NAMES,
        employed=st.sampled_from(Employed),
        test=st.none() | st.sampled_from(RecordingTest),
        force=st.sampled_from([FORCE, FORCE, FORCE, "police-scotland"]),
        how=st.sampled_from(["complaint", "complaint", "conduct", "outside"]),
        tells=st.booleans(),
        steps=st.sampled_from([11, 9, 7, 11, 7, 6, 5, 4, 2, 0]),
    )
    def tell(
        self,
        channel: ReportChannel,
        anonymity: Anonymity,
        reporter: Any,
        employed: Employed,
        test: RecordingTest | None,
        force: str,
        how: str,
        tells: bool,
        steps: int,
    ) -> None:
        """A report that has come some way: passed on, acknowledged, about somebody, assessed, handled, closed."""
        report = ReceiveReport(
            channel=channel,
            anonymity=anonymity,
            received=Moment.of("2024-05-01"),
            about_force=FORCE,
            currently_employed=employed,
            reporter=reporter,
            summary="He sells it.",
        )
        if not self.send(report):
            assert self.send(report.model_copy(update={"reporter": None}))
        disposition = Disposition.OUTSIDE_SCH3 if how == "outside" else Disposition.RECORD
        kinds: dict[str, Command[Report]] = {
            "complaint": RecordComplaint(complainant=reporter),
            "conduct": RecordConductMatter(),
            "outside": HandleOutsideSch3(rationale="So."),
        }
        today = Moment.of("2024-05-01")
        so_far: list[Command[Report]] = [
            PassReport(force=force, unit=ForceUnit.PSD),
            AcknowledgeReport(),
            NoteSubject(description="The tall one."),
            MakeAllegation(category="G", subjects=(1,), text="So."),
            AssessReport(disposition=disposition, tests=(test,) if test else (), rationale="So."),
            kinds[how],
            StartLocalHandling(rationale="So."),
            CloseMatter(outcome=MatterOutcome.RESOLVED, because="So."),
            SendOutcome(),
            NoteReviewApplication(on=today, body=ReviewBody.LOCAL_POLICING_BODY),
            NoteReviewApplication(on=today, body=ReviewBody.IOPC),
        ]
        for command in so_far[:steps]:
            if not self.send(command) and isinstance(command, RecordComplaint):
                self.send(RecordComplaint())
        if tells:
            self.send(DiscloseIdentity(recipient="psd-1", reporter=NAME))
            for by in ("psd-2", "psd-1"):
                self.send(RequestIdentity(until=Moment.of("2024-12-31"), because="To ask her."), by)

    @rule(recipient=BY)
    def disclose(self, recipient: str) -> None:
        self.send(DiscloseIdentity(recipient=recipient, reporter=NAME))

    @rule()
    def take_back(self) -> None:
        self.send(WithdrawDisclosure())

    @rule(by=BY, days=st.sampled_from([-1, 1, 1, 30]))
    def ask_who(self, by: str, days: int) -> None:
        until = Moment.of((self.now + timedelta(days=days)).date().isoformat())
        self.send(RequestIdentity(until=until, because="To ask her."), by)

    @rule(by=BY)
    def release(self, by: str) -> None:
        self.send(ReleaseIdentity(), by)

    @rule(question=st.none() | NUMBERS, asks=st.booleans())
    def write_to_and_fro(self, question: int | None, asks: bool) -> None:
        if asks:
            assert self.send(AskReporter(text="Which car?")), "the mailbox is closed"
        self.send(AnswerAsReporter(question=question, text="The grey one."))

    @rule(days=st.none() | st.integers(-2, 30))
    def tell_status(self, days: int | None) -> None:
        next_by = None if days is None else london(self.now) + timedelta(days=days)
        self.send(TellStatus(status=PlainStatus.BEING_LOOKED_AT, next_by=next_by))

    @rule(because=st.sampled_from(NotOurs))
    @precondition(lambda self: len(self.entries) > 2)
    def signpost(self, because: NotOurs) -> None:
        self.send(SignpostReport(to="101", because=because))

    @rule(force=FORCES, fields=st.lists(st.sampled_from(ANY_FIELDS), max_size=2).map(tuple))
    def pass_on(self, force: str, fields: tuple[str, ...]) -> None:
        self.send(PassReport(force=force, unit=ForceUnit.CCU, fields=fields))

    @rule()
    def acknowledge(self) -> None:
        self.send(AcknowledgeReport())

    @rule(done=st.booleans())
    def safeguard(self, done: bool) -> None:
        self.send(CompleteSafeguarding() if done else StartSafeguarding(because="At risk."))

    @rule(grade=st.sampled_from(["2BP", "9ZZ"]))
    def note_intelligence(self, grade: str) -> None:
        self.send(RecordIntelligence(grade=grade, text="So."))

    @rule()
    def escalate(self) -> None:
        self.send(EscalateReport(ground=EscalationGround.OVERDUE, to=EscalatedTo.IOPC, because="So."))

    @rule(subject=NUMBERS, kind=st.sampled_from(PersonKind), seniority=st.sampled_from(Seniority), notes=st.booleans())
    def say_who(self, subject: int, kind: PersonKind, seniority: Seniority, notes: bool) -> None:
        if notes:
            self.send(NoteSubject(description="Another one."))
        self.send(IdentifySubject(subject=subject, person_kind=kind, force=FORCE, seniority=seniority))

    @rule(category=st.sampled_from(["G", "I"]), against=st.lists(NUMBERS, min_size=1, max_size=2).map(tuple))
    def allege(self, category: str, against: tuple[int, ...]) -> None:
        self.send(MakeAllegation(category=category, subjects=against, text="So."))

    @rule(number=NUMBERS)
    def withdraw(self, number: int) -> None:
        self.send(WithdrawAllegation(allegation=number, because="So."))

    @rule(disposition=st.sampled_from(Disposition), tests=TESTS)
    def assess(self, disposition: Disposition, tests: tuple[RecordingTest, ...]) -> None:
        self.send(AssessReport(disposition=disposition, tests=tests, rationale="So."))

    @rule(test=st.sampled_from(RecordingTest))
    def note_test(self, test: RecordingTest) -> None:
        self.send(NoteRecordingTest(test=test, because="So."))

    @rule(how=st.sampled_from(["complaint", "conduct", "dsi", "outside", "local"]), complainant=NAMES)
    def handle(self, how: str, complainant: Any) -> None:
        commands: dict[str, Command[Report]] = {
            "complaint": RecordComplaint(complainant=complainant),
            "conduct": RecordConductMatter(),
            "dsi": RecordDsiMatter(),
            "outside": HandleOutsideSch3(rationale="So."),
            "local": StartLocalHandling(rationale="So."),
        }
        self.send(commands[how])

    @rule(criterion=st.sampled_from(["serious_assault", "serious_corruption", "rudeness"]), hours=st.integers(-30, 60))
    def identify(self, criterion: str, hours: int) -> None:
        clear = instant(self.now - timedelta(hours=hours))
        self.send(IdentifyCriterion(criterion=criterion, clear_at=clear, because="So."))

    @rule(hours=st.integers(-3, 30))
    def call_in(self, hours: int) -> None:
        self.send(NoteCallIn(notified_at=instant(self.now - timedelta(hours=hours))))

    @rule(kind=st.sampled_from(ReferralKind), mode=st.none() | st.sampled_from(Mode))
    def refer(self, kind: ReferralKind, mode: Mode | None) -> None:
        self.refer_as(kind, mode)

    def refer_as(self, kind: ReferralKind, mode: Mode | None) -> None:
        self.send(ReferToIopc(kind=kind, because="So."))
        if mode is not None:
            self.send(DecideMode(mode=mode))

    @rule()
    def do_not_refer(self) -> None:
        self.send(RecordNoReferral(because="So."))

    @rule(ends=st.booleans())
    def investigate(self, ends: bool) -> None:
        self.send(StartMisconductInvestigation(investigator="psd-1"))
        if ends:
            self.send(DiscontinueInvestigation(because="So."))

    @rule(outcome=st.sampled_from(OUTCOMES), mode=st.none() | st.sampled_from(Mode), first=st.integers(0, 2))
    def close(self, outcome: MatterOutcome, mode: Mode | None, first: int) -> None:
        if mode is not None:
            self.refer_as(ReferralKind.VOLUNTARY, mode)
        if first == 1:
            self.send(IdentifyCriterion(criterion="serious_assault", clear_at=instant(self.now), because="So."))
        if first == 2:
            self.send(StartMisconductInvestigation(investigator="psd-1"))
        self.send(CloseMatter(outcome=outcome, because="So."))

    @rule()
    def send_outcome(self) -> None:
        self.send(SendOutcome())

    @rule(days=st.sampled_from([29, -1, 0, 28, 30]), body=st.sampled_from(ReviewBody))
    @precondition(lambda self: any(isinstance(each.event, OutcomeSent) for each in self.entries))
    def apply_for_review(self, days: int, body: ReviewBody) -> None:
        sent = [each for each in self.entries if isinstance(each.event, OutcomeSent)][-1]
        self.now = max(self.now, sent.at.earliest + timedelta(days=29))
        on = Moment.of((sent.at.london_date + timedelta(days=days)).isoformat())
        other = next(each for each in ReviewBody if each is not body)
        if not self.send(NoteReviewApplication(on=on, body=body)):
            self.send(NoteReviewApplication(on=on, body=other))

    @rule(finding=st.sampled_from(ReviewFinding), to=st.none() | st.sampled_from(ReturnsTo), answers=st.integers(0, 2))
    @precondition(lambda self: any(isinstance(each.event, ReviewApplied) for each in self.entries))
    def decide_review(self, finding: ReviewFinding, to: ReturnsTo | None, answers: int) -> None:
        for _ in range(answers):
            self.send(AcknowledgeReview())
        self.send(DecideComplaintReview(finding=finding, returns_to=to, rationale="So."))

    @rule(hours=st.integers(1, 300))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
