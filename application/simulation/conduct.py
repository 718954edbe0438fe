"""How simulated reports of misconduct go, with known times, from intake to review; what that adds to figures."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from random import Random

from application.simulation import lasting, proceedings
from application.simulation.case import new_id
from application.simulation.complaint import (
    AUTHORITY,
    PSD,
    SCH3,
    alleges,
    assesses,
    closes,
    complaint,
    later,
    text,
    working_days,
)
from application.simulation.force import receipts
from application.simulation.matter import Matter, SimulatedMatter
from application.simulation.pace import DAY, HOUR
from domain.event import Role
from domain.misconduct.assessment import Disposition, RecordingTest
from domain.misconduct.closure import MatterOutcome, SendOutcome
from domain.misconduct.intake import SERVICE, Anonymity, ReceiveReport, ReportChannel
from domain.misconduct.investigation import (
    Informed,
    Opinion,
    SendMisconductUpdate,
    StartMisconductInvestigation,
    SubjectOpinion,
    SubmitInvestigationReport,
)
from domain.misconduct.notice import LikelyForm, ServeMisconductNotice
from domain.misconduct.parallel import RecordIntelligence, StartSafeguarding
from domain.misconduct.passing import AcknowledgeReport, ForceUnit, NotOurs, PassReport, SignpostReport
from domain.misconduct.referral import DecideMode, IdentifyCriterion, Mode, ReferralKind, ReferToIopc
from domain.misconduct.review import (
    DecideComplaintReview,
    NoteReviewApplication,
    ReturnsTo,
    ReviewFinding,
    review_body,
)
from domain.misconduct.schedule3 import HandleOutsideSch3, RecordComplaint, RecordConductMatter, StartLocalHandling
from domain.misconduct.severity import AssessSeverity, Severity
from domain.misconduct.sub_judice import ResumeSubJudice, SuspendSubJudice
from domain.misconduct.subjects import PersonKind
from domain.rules import RuleBook
from domain.values import Moment, instant, london_midnight

SETTLES = 450
"""Days that a report needs at most until all of it has come to pass."""
OUTSIDE, LOCAL, INVESTIGATED, REFERRED = "outside", "local", "investigated", "referred"
INTELLIGENCE, SIGNPOSTED, WAITING, LONG = "intelligence", "signposted", "waiting", "long"
COURSES: Mapping[str, int] = {
    OUTSIDE: 32,
    LOCAL: 22,
    INVESTIGATED: 14,
    REFERRED: 18,
    INTELLIGENCE: 7,
    SIGNPOSTED: 4,
    WAITING: 3,
    LONG: 4,
}
OPERATOR = Role.INTAKE_OPERATOR
PEOPLE: Mapping[Role, int] = {PSD: 8, AUTHORITY: 2, OPERATOR: 3}
ANONYMITY = {Anonymity.ANONYMOUS: 50, Anonymity.CONFIDENTIAL: 30, Anonymity.NAMED: 20}
UPDATE_EVERY, UPDATE_LATE = 24, 35  # days


def tell_all(
    draw: Random, number: int, force: str, rules: RuleBook, period: tuple[date, date], reports: int
) -> Iterator[SimulatedMatter]:
    """So many reports of the force with that number, in order of receipt; their courses are allotted exactly."""
    start, end = (london_midnight(day) for day in period)
    people = {
        role: tuple(f"conduct-{number:02d}-{role.value[:3]}-{post}" for post in range(1, posts + 1))
        for role, posts in PEOPLE.items()
    }
    courses = allotted(draw, COURSES, reports)
    for place, (received, course) in enumerate(
        zip(receipts(draw, start, end - SETTLES * DAY, reports), courses, strict=True)
    ):
        matter = Matter(f"report-{new_id(draw)}", force, received, end, people, rules, draw)
        _TELL[course](matter, place)
        yield matter.finished()


def allotted(draw: Random, weights: Mapping[str, int], number: int) -> list[str]:
    """So many of the keys, each as often as its weight says, to the whole; in an order from the seed."""
    total, given, found = sum(weights.values()), 0, list[str]()
    for key, weight in weights.items():
        given += weight
        found += [key] * (round(number * given / total) - len(found))
    draw.shuffle(found)
    return found


def _outside(matter: Matter, place: int) -> None:
    """A complaint that is handled outside Schedule 3, and closed."""
    complaint(matter)
    assesses(matter, Disposition.OUTSIDE_SCH3)
    matter.mixes("triage_mix", "none_of_these")
    matter.does(HandleOutsideSch3(rationale=text(matter)), AUTHORITY, later(matter, 0.1, 1))
    matter.adds("sch3_share", 0)
    matter.now = later(matter, 3, 20)
    closes(matter, MatterOutcome.RESOLVED, ("days_to_finalise_outside",))
    matter.does(SendOutcome(), PSD, later(matter, 0.2, 5))


def _local(matter: Matter, place: int) -> None:
    """A recorded complaint that is handled locally; of every three, one goes to a review, every second is upheld."""
    complaint(matter)
    assesses(matter, Disposition.RECORD, (RecordingTest.COMPLAINANT_WANTS_IT,))
    matter.mixes("triage_mix", "none_of_these")
    matter.does(RecordComplaint(), AUTHORITY, later(matter, 0.1, 1))
    matter.adds("sch3_share", 1)
    matter.does(StartLocalHandling(rationale=text(matter)), AUTHORITY, later(matter, 0.1, 3))
    matter.now = later(matter, 20, 80)
    reviewed = place % 3 == 0
    upheld = reviewed and place % 6 == 0
    closes(matter, MatterOutcome.SERVICE_ACCEPTABLE, () if upheld else SCH3)
    matter.does(SendOutcome(), PSD, later(matter, 0.2, 4))
    if reviewed:
        _review(matter, upheld)


def _review(matter: Matter, upheld: bool) -> None:
    asked = later(matter, 2, 20)
    on = Moment.of(instant(asked).london_date.isoformat())
    matter.does(NoteReviewApplication(on=on, body=review_body(matter.state)), PSD, asked + 20 * HOUR)
    finding = ReviewFinding.UPHELD if upheld else ReviewFinding.NOT_UPHELD
    returns = ReturnsTo.LOCAL_HANDLING if upheld else None
    command = DecideComplaintReview(finding=finding, returns_to=returns, rationale=text(matter))
    matter.does(command, AUTHORITY, later(matter, 8, 40))
    matter.adds("review_upheld_rate", upheld)
    matter.adds("review_days", working_days(asked, matter.now))
    if upheld:
        closes(matter, MatterOutcome.SERVICE_NOT_ACCEPTABLE, SCH3)


def _investigates(matter: Matter, missed: bool, to: Informed, opinion: Opinion, suspends: bool) -> int:
    """The investigation with its updates, of which one is sent too late if planned; days of a suspension."""
    draw = matter.draw
    investigator = draw.choice(matter.people[PSD])
    matter.does(StartMisconductInvestigation(investigator=investigator), AUTHORITY, later(matter, 0.2, 2))
    severity = Severity.NEITHER if opinion is Opinion.NO_CASE else Severity.MISCONDUCT
    severity = Severity.GROSS_MISCONDUCT if opinion is Opinion.CASE_FOR_GROSS_MISCONDUCT else severity
    began, last = matter.now, matter.now
    assess = AssessSeverity(subject=1, severity=severity, rationale=text(matter))
    matter.does(assess, PSD, later(matter, 0.5, 3), by=investigator)
    stands = 0
    if severity is not Severity.NEITHER:
        likely = LikelyForm.HEARING if severity is Severity.GROSS_MISCONDUCT else LikelyForm.MEETING
        matter.does(ServeMisconductNotice(subject=1, likely=likely), PSD, later(matter, 0.1, 1), by=investigator)
    rounds = draw.choice((1, 2, 3))
    for update in range(rounds):
        if suspends and update == 0:
            matter.does(SuspendSubJudice(because=text(matter)), AUTHORITY, later(matter, 0.5, 2))
            since = matter.now
            matter.does(ResumeSubJudice(because=text(matter)), AUTHORITY, later(matter, 8, 12))
            stands = working_days(since, matter.now)
        late = missed and update == rounds - 1
        matter.does(SendMisconductUpdate(to=to), PSD, last + (UPDATE_LATE if late else UPDATE_EVERY) * DAY)
        matter.adds("update_28d_compliance", not late)
        last = matter.now
    report = SubmitInvestigationReport(opinions=(SubjectOpinion(subject=1, opinion=opinion),), summary=text(matter))
    matter.does(report, PSD, last + draw.uniform(3, 20) * DAY, by=investigator)
    matter.adds("case_to_answer_rate", opinion is not Opinion.NO_CASE)
    assert matter.now - began < timedelta(days=200)
    return stands


def _investigated(matter: Matter, place: int) -> None:
    """A recorded complaint that is investigated, with a case to answer for every third."""
    complaint(matter)
    assesses(matter, Disposition.RECORD, (RecordingTest.CRIME_OR_DISCIPLINARY,))
    matter.mixes("triage_mix", "investigation")
    matter.does(RecordComplaint(), AUTHORITY, later(matter, 0.1, 1))
    matter.adds("sch3_share", 1)
    answers = place % 3 == 0
    opinion = Opinion.CASE_FOR_MISCONDUCT if answers else Opinion.NO_CASE
    stands = _investigates(matter, place % 4 == 0, Informed.COMPLAINANT, opinion, place % 5 == 0)
    if answers:
        proceedings.meeting(matter, proven=place % 2 == 0)
    else:
        proceedings.no_case(matter)
    outcome = MatterOutcome.CASE_ANSWERED if answers else MatterOutcome.NO_CASE_TO_ANSWER
    closes(matter, outcome, SCH3, stands)
    matter.does(SendOutcome(), PSD, later(matter, 0.2, 4))


def _passed(matter: Matter, unit: ForceUnit = ForceUnit.CCU) -> None:
    """Somebody tells the reporting service, which passes it to the force."""
    draw = matter.draw
    anonymity = draw.choices(tuple(ANONYMITY), tuple(ANONYMITY.values()))[0]
    categories = tuple(sorted(matter.rules.misconduct.report_categories(instant(matter.opens).london_date)))
    category = (draw.choice(categories),) if categories else ()
    command = ReceiveReport(
        channel=ReportChannel.CRIMESTOPPERS,
        anonymity=anonymity,
        received=Moment.of(instant(matter.opens).london_date.isoformat()),
        categories=category,
        about_force=matter.force,
        by_operator=True,
        read_back=True,
        agreed=True,
        summary=text(matter),
    )
    matter.does(command, OPERATOR, matter.opens, force=SERVICE)
    if category:
        matter.mixes("corruption_reports", *category)
        matter.adds("corruption_reports_anonymous", anonymity is Anonymity.ANONYMOUS)
    matter.does(PassReport(force=matter.force, unit=unit), OPERATOR, later(matter, 0.2, 2), force=SERVICE)


def _referred(matter: Matter, place: int) -> None:
    """A conduct matter that must be referred: in time, or for every fourth too late; then investigated, and heard."""
    _passed(matter)
    matter.does(AcknowledgeReport(), PSD, later(matter, 0.2, 4))
    alleges(matter, PersonKind.FORMER if place % 7 == 0 else PersonKind.OFFICER)
    assesses(matter, Disposition.RECORD)
    matter.mixes("triage_mix", "investigation")
    matter.does(RecordConductMatter(), AUTHORITY, later(matter, 0.1, 1))
    late = place % 4 == 0
    clear = instant(matter.now)
    criterion = IdentifyCriterion(criterion="serious_corruption", clear_at=clear, because=text(matter))
    matter.does(criterion, AUTHORITY, matter.now + HOUR / 2)
    refer = ReferToIopc(kind=ReferralKind.MANDATORY, because=text(matter))
    matter.does(refer, AUTHORITY, matter.now + (_days(matter, 3, 9) if late else timedelta(hours=1)))
    matter.adds("referral_on_time", not late)
    mode = (Mode.LOCAL, Mode.DIRECTED, Mode.LOCAL, Mode.INDEPENDENT)[place % 4]
    matter.does(DecideMode(mode=mode), AUTHORITY, later(matter, 3, 15))
    matter.mixes("mode_mix", mode.value)
    gross = place % 3 != 0
    opinion = Opinion.CASE_FOR_GROSS_MISCONDUCT if gross else Opinion.NO_CASE
    _investigates(matter, place % 5 == 0, Informed.INTERESTED_PERSON, opinion, place % 6 == 0)
    if gross:
        proceedings.hearing(matter, accelerated=place % 5 == 0, proven=place % 8 != 0, dismissed=place % 2 == 0)
    else:
        proceedings.no_case(matter)
    outcome = MatterOutcome.CASE_ANSWERED if gross else MatterOutcome.NO_CASE_TO_ANSWER
    closes(matter, outcome, ())


def _days(matter: Matter, least: float, most: float) -> timedelta:
    return matter.draw.uniform(least, most) * DAY


def _intelligence(matter: Matter, place: int) -> None:
    """It is kept as intelligence; for every second somebody is protected beside that."""
    _passed(matter)
    matter.does(AcknowledgeReport(), PSD, later(matter, 0.2, 4))
    protects = place % 2 == 0
    if protects:
        matter.does(StartSafeguarding(because=text(matter)), PSD, later(matter, 0.1, 1))
    assesses(matter, Disposition.INTELLIGENCE_ONLY)
    matter.mixes("triage_mix", "intelligence", *(("safeguarding",) if protects else ()))
    matter.does(RecordIntelligence(grade="2BP", text=text(matter)), PSD, later(matter, 0.1, 2))
    closes(matter, MatterOutcome.NO_FURTHER_ACTION, ())


def _signposted(matter: Matter, place: int) -> None:
    """It is passed on, and is then found not to be about the police."""
    _passed(matter, ForceUnit.PSD)
    command = SignpostReport(to="101", because=NotOurs.NOT_POLICE)
    matter.does(command, OPERATOR, later(matter, 0.5, 4), force=SERVICE)


def _waiting(matter: Matter, place: int) -> None:
    """It is passed on, and nobody ever looks at it."""
    _passed(matter)


_TELL: Mapping[str, Callable[[Matter, int], None]] = {
    OUTSIDE: _outside,
    LOCAL: _local,
    INVESTIGATED: _investigated,
    REFERRED: _referred,
    INTELLIGENCE: _intelligence,
    SIGNPOSTED: _signposted,
    WAITING: _waiting,
    LONG: lasting.tell,
}
