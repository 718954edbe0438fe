"""What must hold in every history of a misconduct report, read from its raw events and not from its state."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.stateful import (
    invariant,
)
from report_scenario import FORCE, NAME

from domain.event import Event, RecordedEvent
from domain.misconduct import (
    state,
)
from domain.misconduct.allegations import AllegationMade, AllegationWithdrawn
from domain.misconduct.assessment import (
    Disposition,
    RecordingTest,
    RecordingTestMet,
    ReportAssessed,
)
from domain.misconduct.closure import MatterClosed, MatterOutcome, OutcomeSent
from domain.misconduct.duties import OwedKind
from domain.misconduct.identity import (
    DisclosureWithdrawn,
    IdentityReleased,
    IdentityRequested,
    ReporterDisclosed,
)
from domain.misconduct.intake import Anonymity, Employed, ReportChannel, ReportReceived
from domain.misconduct.investigation import (
    InvestigationDiscontinued,
    MisconductInvestigationStarted,
)
from domain.misconduct.mailbox import (
    QuestionAsked,
    ReporterAnswered,
)
from domain.misconduct.parallel import (
    IntelligenceRecorded,
    ReportEscalated,
    SafeguardingCompleted,
    SafeguardingStarted,
)
from domain.misconduct.passing import (
    NotOurs,
    ReportAcknowledged,
    ReportPassed,
    ReportSignposted,
)
from domain.misconduct.referral import (
    CalledInByIopc,
    MandatoryCriterionIdentified,
    Mode,
    ModeDecided,
    ReferralKind,
    ReferralNotMade,
    ReferredToIopc,
)
from domain.misconduct.review import (
    ComplaintReviewDecided,
    ReturnsTo,
    ReviewAcknowledged,
    ReviewApplied,
    ReviewBody,
    ReviewFinding,
)
from domain.misconduct.schedule3 import (
    ComplaintRecorded,
    ConductMatterRecorded,
    DsiMatterRecorded,
    HandlingOutsideSch3Decided,
    LocalHandlingStarted,
)
from domain.misconduct.state import Report
from domain.misconduct.subjects import (
    Seniority,
    SubjectIdentified,
    SubjectNoted,
)

LONDON = ZoneInfo("Europe/London")
PEOPLE = ("psd-1", "psd-2")
OUTSIDE_FORCES = {"police-scotland", "northern-ireland"}
FORCES = st.sampled_from([FORCE, FORCE, "essex", "btp", "police-scotland", "northern-ireland", "ruritania"])
OUTCOMES = [*[MatterOutcome.RESOLVED] * 8, *MatterOutcome]
NUMBERS, NAMES, BY = st.integers(1, 3), st.sampled_from([None, NAME]), st.sampled_from(PEOPLE)
TESTS = st.lists(st.sampled_from(RecordingTest), max_size=2, unique=True).map(tuple)
ANY_FIELDS = ("received", "summary", "reporter", "address")


class Claims:
    """Invariants over `entries`, the raw history; `report` is the state that the product has read from it."""

    entries: list[RecordedEvent]
    report: Report

    def events(self) -> list[Event]:
        return [each.event for each in self.entries]

    @invariant()
    def nobody_is_named_who_did_not_say_so(self) -> None:
        known = False
        for event in self.events():
            known = known or isinstance(event, IdentityReleased)
            if isinstance(event, ReportReceived):
                known = event.anonymity is Anonymity.NAMED
                assert known or event.reporter is None, "an unknown reporter was named"
            if isinstance(event, ComplaintRecorded):
                assert known or event.complainant is None, "an unknown reporter was named"
            if isinstance(event, ReportPassed):
                named = isinstance(self.events()[0], ReportReceived) and self.events()[0].anonymity is Anonymity.NAMED
                assert named or "reporter" not in event.fields, "a name was passed on"
                assert "address" not in event.fields, "what may not be passed on was"

    @invariant()
    def an_identity_is_released_by_two_people_to_whom_it_was_told(self) -> None:
        told: str | None = None
        asked: str | None = None
        released: set[str] = set()
        for each in self.entries:
            match each.event:
                case ReporterDisclosed():
                    told, asked = each.event.recipient, None
                case DisclosureWithdrawn():
                    assert told is not None, "taken back after it was released"
                    assert told not in released, "taken back after it was released"
                    told = asked = None
                case IdentityRequested():
                    assert each.actor == told, "somebody else asked"
                    assert each.event.until.latest > each.at.earliest, "a release that is over"
                    asked = each.actor
                case IdentityReleased():
                    assert told is not None, "released after it was taken back"
                    assert asked is not None, "nobody asked"
                    assert each.actor != asked, "one person asked and released"
                    released.add(asked)
                    asked = None
                case _:
                    pass

    @invariant()
    def what_is_numbered_is_there(self) -> None:
        noted = asked = made = 0
        gone: set[int] = set()
        for event in self.events():
            match event:
                case SubjectNoted():
                    noted += 1
                    assert event.subject == noted, "numbers have a gap"
                case SubjectIdentified():
                    assert event.subject <= noted, "nobody with that number"
                case AllegationMade():
                    made += 1
                    assert event.allegation == made, "numbers have a gap"
                    assert all(number <= noted for number in event.subjects), "nobody with that number"
                    assert len(set(event.subjects)) == len(event.subjects)
                case AllegationWithdrawn():
                    assert event.allegation <= made, "withdrawn, and never made"
                    assert event.allegation not in gone, "withdrawn twice"
                    gone.add(event.allegation)
                case QuestionAsked():
                    asked += 1
                    assert event.question == asked, "numbers have a gap"
                case ReporterAnswered():
                    assert (event.question or 0) <= asked, "answered what was not asked"
                case _:
                    pass

    @invariant()
    def only_the_force_that_has_it_deals_with_it(self) -> None:
        force, there, own = FORCE, False, False
        for event in self.events():
            match event:
                case ReportReceived():
                    force = event.about_force or FORCE
                    own = event.channel in (ReportChannel.INTERNAL, ReportChannel.PUBLIC, ReportChannel.AUDIT)
                case ReportPassed():
                    assert event.force != "ruritania", "passed to a force that is none"
                    force, there, own = event.force, False, True
                case ReportAcknowledged():
                    assert own, "acknowledged by nobody"
                    there = True
                case ReportAssessed() | MandatoryCriterionIdentified() | ReferredToIopc() | ComplaintRecorded():
                    assert there, "dealt with before it was acknowledged"
                    assert force not in OUTSIDE_FORCES, "Schedule 3 outside England and Wales"
                case _:
                    pass

    @invariant()
    def schedule_3_is_kept(self) -> None:
        tests: set[RecordingTest] = set()
        recorded: type[Event] | None = None
        within = False
        for event in self.events():
            match event:
                case ReportReceived():
                    within = event.channel in (ReportChannel.INTERNAL, ReportChannel.AUDIT)
                case ReportAssessed():
                    tests.update(event.tests)
                    assert not tests or event.disposition is Disposition.RECORD, "kept outside Schedule 3"
                case RecordingTestMet():
                    tests.add(event.test)
                case HandlingOutsideSch3Decided():
                    assert not tests, "kept outside Schedule 3"
                    assert not within, "a complaint from within"
                case ComplaintRecorded() | ConductMatterRecorded() | DsiMatterRecorded():
                    recorded = type(event)
                    assert not (within and recorded is ComplaintRecorded), "a complaint from within"
                    if recorded is DsiMatterRecorded:
                        assert RecordingTest.DEATH_OR_SERIOUS_INJURY in tests, "nobody died"
                case LocalHandlingStarted():
                    assert recorded is ComplaintRecorded, "handled locally, and no complaint"
                case MandatoryCriterionIdentified():
                    tests.add(RecordingTest.MANDATORY_REFERRAL)
                case MatterClosed():
                    assert not tests or recorded is not None, "closed outside Schedule 3"
                case _:
                    pass

    @invariant()
    def what_must_be_referred_is(self) -> None:
        waiting: set[str] = set()
        ever: set[str] = set()
        called = False
        for event in self.events():
            match event:
                case MandatoryCriterionIdentified():
                    assert event.criterion not in ever, "identified twice"
                    assert event.criterion != "rudeness", "no criterion"
                    waiting.add(event.criterion)
                    ever.add(event.criterion)
                case CalledInByIopc():
                    called = True
                case ReferredToIopc():
                    expected = {ReferralKind.MANDATORY: bool(waiting), ReferralKind.CALLED_IN: called}
                    assert expected.get(event.kind, not waiting and not called), "referred for no reason"
                    waiting, called = set(), False
                case ReferralNotMade():
                    assert not called, "a call was not answered"
                    assert waiting, "nothing waited"
                    waiting = set()
                case MatterClosed():
                    assert not waiting, "closed, and not referred"
                    assert not called, "closed, and not referred"
                case _:
                    pass
        open_ones = {each.about for each in self.report.owed if each.kind is OwedKind.REFERRAL and each.is_open}
        assert open_ones == waiting | ({"called_in"} if called else set()), "what is owed differs from what waits"

    @invariant()
    def what_is_owed_is_owed_by_its_day(self) -> None:
        clear = {
            each.event_id: each.event.clear_at if isinstance(each.event, MandatoryCriterionIdentified) else each.at
            for each in self.entries
        }
        for owed in self.report.owed:
            if owed.kind is OwedKind.REFERRAL and owed.about != "called_in":
                day = london(clear[owed.opened_by].earliest) + timedelta(days=1)
                assert owed.due == last_instant(day), "due on another day"

    @invariant()
    def it_is_closed_when_it_is_over_and_reviewed_in_time(self) -> None:
        live = closed = handled = investigated = False
        anew = False
        matter: type[Event] | None = None
        mode: Mode | None = None
        sent: date | None = None
        made, gone = 0, 0
        intelligence = 0
        grave: set[Any] = set()
        senior: dict[int, bool] = {}
        awaited = False
        for each in self.entries:
            event = each.event
            match event:
                case MisconductInvestigationStarted():
                    live = True
                case InvestigationDiscontinued():
                    live, investigated = False, True
                case AllegationMade():
                    made += 1
                case AllegationWithdrawn():
                    gone += 1
                case IntelligenceRecorded():
                    intelligence += 1
                case SubjectIdentified():
                    senior[event.subject] = event.seniority is not Seniority.OTHER
                case ComplaintRecorded() | ConductMatterRecorded() | DsiMatterRecorded():
                    matter = type(event)
                case LocalHandlingStarted():
                    handled = True
                case ModeDecided():
                    mode = event.mode
                case ReportAssessed():
                    grave.update(event.tests)
                case RecordingTestMet():
                    grave.add(event.test)
                case MandatoryCriterionIdentified() | ReferredToIopc() | CalledInByIopc():
                    grave.add("referral")
                case MatterClosed():
                    assert not closed, "closed twice"
                    assert not live, "closed while it is investigated"
                    back = mode is Mode.NO_INVESTIGATION and not anew
                    over = handled or investigated or back or made == gone > 0
                    assert matter is None or over, "closed, and never handled"
                    closed, sent = True, None
                case ReportEscalated():
                    assert not closed, "escalated after it was closed"
                case OutcomeSent():
                    assert closed, "an outcome before the end"
                    assert sent is None, "sent twice"
                    sent = london(each.at.earliest)
                case ReviewApplied():
                    assert closed, "a review before the end"
                    assert matter is ComplaintRecorded, "a review of no complaint"
                    assert mode not in (Mode.INDEPENDENT, Mode.DIRECTED), "a review of the IOPC"
                    assert sent is not None, "a review before the outcome"
                    assert 0 <= (event.on.london_date - sent).days <= 28, "a review out of time"
                    iopc = bool(grave - {RecordingTest.COMPLAINANT_WANTS_IT}) or any(senior.values())
                    assert (event.body is ReviewBody.IOPC) is iopc, "the wrong body"
                    awaited = True
                case ReviewAcknowledged():
                    assert awaited, "acknowledged twice, or nothing was asked for"
                    awaited = False
                case ComplaintReviewDecided():
                    awaited = False
                    if event.finding is ReviewFinding.UPHELD:
                        assert event.returns_to is not None, "upheld, and nothing follows"
                        closed, anew, investigated = False, True, False
                        handled = event.returns_to is ReturnsTo.LOCAL_HANDLING
                case _:
                    pass

    @invariant()
    def safeguarding_starts_before_it_ends(self) -> None:
        under_way = False
        for event in self.events():
            if isinstance(event, SafeguardingStarted | SafeguardingCompleted):
                assert under_way is isinstance(event, SafeguardingCompleted), "safeguarding out of order"
                under_way = not under_way
        assert self.report.beside.safeguarding is under_way

    @invariant()
    def signposted_reports_stay_so(self) -> None:
        out = False
        for event in self.events():
            assert not (out and isinstance(event, ReportPassed | ReportAcknowledged | ReportEscalated)), "sent back in"
            if isinstance(event, ReportSignposted):
                out = True
                first = self.events()[0]
                yes = isinstance(first, ReportReceived) and first.currently_employed is Employed.YES
                assert not (yes and event.because is NotOurs.NOT_CURRENTLY_EMPLOYED), "sent away for no reason"

    @invariant()
    def versions_have_no_gap_and_something_can_be_done(self) -> None:
        assert [each.version for each in self.entries] == list(range(1, len(self.entries) + 1))
        assert self.report.version == len(self.entries)
        assert self.report.allowed


def shown(report: Report) -> dict[str, Any]:
    return {name: getattr(report, name) for name in (*state.TRACKS, "owed")}


def london(at: datetime) -> date:
    return at.astimezone(LONDON).date()


def last_instant(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), LONDON) - timedelta(microseconds=1)
