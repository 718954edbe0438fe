"""Histories of misconduct reports as hypothesis draws them: several reports, with every event the figures read.

A history need not be sensible: what the import door accepts as testimony must be counted too. Times crowd around the
changes of the clock, bank holidays, a leap day, and the limits of 28 days and of 12 months.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from histories import SOURCE, Told, rounded
from hypothesis import strategies as st
from report_scenario import received

from domain.case.correction import CorrectedFacts, FactCorrected
from domain.case.testimony import SourceRowWithdrawn
from domain.event import Event, Role
from domain.misconduct.allegations import AllegationMade, AllegationWithdrawn
from domain.misconduct.appeals import AppealDecided, AppealLodged, AppealResult, AppealTo
from domain.misconduct.assessment import Disposition, RecordingTest, RecordingTestMet, ReportAssessed
from domain.misconduct.barred_list import BarredListNotified
from domain.misconduct.closure import MatterClosed, MatterOutcome, OutcomeSent
from domain.misconduct.delay import DelayStatementSent
from domain.misconduct.determination import DealtWith, MisconductCaseDetermined
from domain.misconduct.intake import Anonymity, ReportChannel
from domain.misconduct.investigation import (
    Informed,
    InvestigationDiscontinued,
    InvestigationReported,
    MisconductInvestigationStarted,
    MisconductUpdateSent,
    Opinion,
    SubjectOpinion,
)
from domain.misconduct.mailbox import PlainStatus, QuestionAsked, ReporterAnswered, StatusTold
from domain.misconduct.parallel import IntelligenceRecorded, SafeguardingCompleted, SafeguardingStarted
from domain.misconduct.passing import ForceUnit, NotOurs, ReportAcknowledged, ReportPassed, ReportSignposted
from domain.misconduct.proceedings import (
    AllegationFinding,
    Chair,
    Finding,
    FindingSetAside,
    ProceedingsHeld,
    ProceedingsNotified,
    ProceedingsRemitted,
    ProceedingsReported,
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
from domain.misconduct.sanctions import Sanction, SanctionImposed, SanctionReplaced
from domain.misconduct.schedule3 import (
    ComplaintRecorded,
    ConductMatterRecorded,
    DsiMatterRecorded,
    HandlingOutsideSch3Decided,
    LocalHandlingStarted,
)
from domain.misconduct.sub_judice import SubJudiceResumed, SubJudiceSuspended
from domain.misconduct.subjects import PersonKind, SubjectIdentified, SubjectNoted
from domain.misconduct.withdrawal import ComplaintWithdrawn
from domain.values import Moment, Precision, instant

FORCES = ("kent", "essex", "police-scotland")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
BASES = [
    datetime(2022, 5, 27, 9, 30, tzinfo=UTC),
    datetime(2023, 2, 28, 23, 30, tzinfo=UTC),
    datetime(2023, 3, 26, 0, 30, tzinfo=UTC),
    datetime(2024, 2, 29, 12, tzinfo=UTC),
    datetime(2024, 10, 26, 22, 45, tzinfo=UTC),
]
STEPS = [
    HOUR,
    5 * HOUR,
    DAY - HOUR,
    2 * DAY,
    3 * DAY,
    9 * DAY,
    27 * DAY,
    28 * DAY,
    29 * DAY,
    100 * DAY,
    350 * DAY,
    366 * DAY,
]
DELAYS = [timedelta(0)] * 5 + [HOUR, 40 * DAY]
RULE_SET = "proceedings-2020"
# What a correction may set another time for. Of an investigation it may not: in which order its parts came is read from
# the order in which they were written.
TIMED = (
    MatterClosed, ReportAssessed, StatusTold, OutcomeSent, ReportPassed, ModeDecided, ReferredToIopc, ProceedingsHeld,
    BarredListNotified, ComplaintReviewDecided, AllegationMade, ReviewAcknowledged,
)  # fmt: skip
NUMBERS = st.integers(1, 2)
CODES = ["money_or_favours", "sexual_purpose", "personal_advantage", "of_old"]

Drawn = Callable[[st.DrawFn], list[Event]]


def _pass(draw: st.DrawFn) -> list[Event]:
    passed = ReportPassed(force=draw(st.sampled_from(FORCES)), unit=draw(st.sampled_from(ForceUnit)), fields=())
    return [passed, ReportAcknowledged()][: draw(st.integers(1, 2))]


def _people(draw: st.DrawFn) -> list[Event]:
    number = draw(NUMBERS)
    who = SubjectIdentified(subject=number, person_kind=draw(st.sampled_from(PersonKind)), force="kent")
    return [SubjectNoted(subject=number), who][: draw(st.integers(1, 2))]


def _allege(draw: st.DrawFn) -> list[Event]:
    made = AllegationMade(allegation=draw(NUMBERS), category=draw(st.sampled_from("AGHZ")), subjects=(1,))
    return [made, AllegationWithdrawn(allegation=1)][: draw(st.integers(1, 2))]


def _assess(draw: st.DrawFn) -> list[Event]:
    category = draw(st.sampled_from([None, None, "infiltration", "other", "of_old"]))
    return [ReportAssessed(disposition=draw(st.sampled_from(Disposition)), cci_category=category)]


def _handle(draw: st.DrawFn) -> list[Event]:
    recorded: list[Event] = [ComplaintRecorded(), ComplaintRecorded(), ConductMatterRecorded(), DsiMatterRecorded()]
    others: list[Event] = [
        HandlingOutsideSch3Decided(),
        LocalHandlingStarted(),
        RecordingTestMet(test=RecordingTest.ARTICLE_2_OR_3),
    ]
    return [draw(st.sampled_from(recorded + others))]


def _refer(draw: st.DrawFn) -> list[Event]:
    events: list[Event] = [
        ReferredToIopc(kind=draw(st.sampled_from(ReferralKind))),
        ReferralNotMade(),
        ModeDecided(mode=draw(st.sampled_from(Mode))),
        CalledInByIopc(notified_at=Moment.of("2024-03-01")),
    ]
    return [draw(st.sampled_from(events))]


def _investigate(draw: st.DrawFn) -> list[Event]:
    return [MisconductInvestigationStarted(investigator="psd-1")]


def _inside(draw: st.DrawFn) -> list[Event]:
    sent = DelayStatementSent(due=Moment.of("2024-03-01"), rests_on=(), rule_set=RULE_SET)
    update = MisconductUpdateSent(to=draw(st.sampled_from(Informed)))
    return [draw(st.sampled_from([update, update, update, sent, SubJudiceSuspended(), SubJudiceResumed()]))]


def _statement(draw: st.DrawFn) -> list[Event]:
    return [DelayStatementSent(due=Moment.of("2024-03-01"), rests_on=(), rule_set=RULE_SET)]


def _end(draw: st.DrawFn) -> list[Event]:
    opinions = tuple(
        SubjectOpinion(subject=n + 1, opinion=o) for n, o in enumerate(draw(st.lists(_OPINIONS, max_size=2)))
    )
    reported = InvestigationReported(opinions=opinions)
    withdrawn = ComplaintWithdrawn(goes_on=draw(st.booleans()))
    return [draw(st.sampled_from([reported, reported, reported, InvestigationDiscontinued(), withdrawn]))]


_OPINIONS = st.sampled_from(Opinion)


def _proceed(draw: st.DrawFn) -> list[Event]:
    subject = draw(NUMBERS)
    form = draw(
        st.sampled_from([DealtWith.MEETING, DealtWith.HEARING, DealtWith.HEARING, DealtWith.ACCELERATED_HEARING])
    )
    found = draw(st.lists(st.sampled_from(Finding), min_size=draw(st.sampled_from([0, 1, 1, 1])), max_size=2))
    findings = tuple(AllegationFinding(allegation=n + 1, finding=each) for n, each in enumerate(found))
    held = ProceedingsHeld(subject=subject, form=form, chair=Chair.CHIEF_OFFICER, findings=findings, rule_set=RULE_SET)
    whole: list[Event] = [
        MisconductCaseDetermined(subject=subject, by=form, rule_set=RULE_SET),
        ProceedingsNotified(subject=subject, form=form),
        held,
        SanctionImposed(subject=subject, sanction=draw(st.sampled_from(Sanction)), rule_set=RULE_SET),
    ]
    return whole[draw(st.sampled_from([0, 0, 0, 1])) : draw(st.sampled_from([4, 3, 3, 4, 1]))]


def _afterwards(draw: st.DrawFn) -> list[Event]:
    subject = draw(NUMBERS)
    appeal: list[Event] = [
        AppealLodged(subject=subject, to=AppealTo.APPEAL_MEETING),
        AppealDecided(subject=subject, result=AppealResult.DISMISSED),
        FindingSetAside(subject=subject),
        ProceedingsRemitted(subject=subject),
        SanctionReplaced(subject=subject, sanction=draw(st.sampled_from(Sanction)), rule_set=RULE_SET),
        MisconductCaseDetermined(subject=subject, by=DealtWith.NO_CASE, rule_set=RULE_SET),
        ProceedingsReported(subject=subject),
        BarredListNotified(subject=subject),
        BarredListNotified(subject=subject),
    ]
    return [draw(st.sampled_from(appeal))]


def _close(draw: st.DrawFn) -> list[Event]:
    closed = MatterClosed(outcome=draw(st.sampled_from([MatterOutcome.RESOLVED, *MatterOutcome])))
    return [closed, OutcomeSent()][: draw(st.integers(1, 2))]


def _decide_review(draw: st.DrawFn) -> list[Event]:
    finding, to = draw(st.sampled_from(ReviewFinding)), draw(st.sampled_from([None, *ReturnsTo]))
    return [ComplaintReviewDecided(finding=finding, returns_to=to)]


def _acknowledge_review(draw: st.DrawFn) -> list[Event]:
    return [ReviewAcknowledged()]


def _beside(draw: st.DrawFn) -> list[Event]:
    events: list[Event] = [
        QuestionAsked(question=1),
        ReporterAnswered(question=1),
        StatusTold(status=PlainStatus.BEING_LOOKED_AT, next_by=date(2024, 6, 1)),
        SafeguardingStarted(),
        SafeguardingCompleted(),
        IntelligenceRecorded(grade="2BP"),
        ReportSignposted(to="101", because=NotOurs.NOT_POLICE),
    ]
    return [draw(st.sampled_from(events))]


PARTS: dict[str, Drawn] = {
    "pass": _pass,
    "people": _people,
    "allege": _allege,
    "assess": _assess,
    "handle": _handle,
    "refer": _refer,
    "investigate": _investigate,
    "inside": _inside,
    "end": _end,
    "proceed": _proceed,
    "afterwards": _afterwards,
    "close": _close,
    "decide review": _decide_review,
    "answer": _acknowledge_review,
    "beside": _beside,
    "statement": _statement,
    "signpost": lambda draw: [ReportSignposted(to="101", because=NotOurs.NOT_POLICE)],
}
TIMES = ("criterion", "apply")  # what is told with a time of its own
REPAIRS = ("correct", "withdraw")
COURSES = (
    ("pass", "people", "allege", "assess", "handle", "investigate", "inside", "inside", "end", "proceed", "close"),
    ("pass", "assess", "handle", "criterion", "refer", "refer", "investigate", "inside", "inside", "inside", "end"),
    (
        "assess",
        "handle",
        "beside",
        "close",
        "apply",
        "answer",
        "decide review",
        "investigate",
        "inside",
        "end",
        "close",
    ),
    ("people", "proceed", "afterwards", "proceed", "afterwards", "afterwards"),
    ("pass", "investigate", "statement", "statement", "end"),
    ("pass", "signpost", "criterion", "refer"),
)


@st.composite
def lives(draw: st.DrawFn, number: int) -> list[Told]:
    """One report, and what became of it: along a course, with some of it left out and other things in between."""
    force, at, stream = draw(st.sampled_from(FORCES[:2])), draw(st.sampled_from(BASES)), _stream(draw, number)
    told: list[Told] = []

    def tell(event: Event) -> None:
        before = told[-1].at.latest_london_date if told else date.min
        exact = instant(at).london_date <= before or isinstance(event, MisconductUpdateSent)
        moment = rounded(at, Precision.INSTANT if exact else draw(st.sampled_from([Precision.INSTANT, Precision.DAY])))
        if isinstance(event, TIMED) and draw(st.integers(0, 4 if isinstance(event, ReferredToIopc) else 9)) == 0:
            moment = rounded(at, Precision.MONTH)
        written = max(moment.latest + draw(st.sampled_from(DELAYS)), told[-1].written_at if told else moment.earliest)
        source = SOURCE if draw(st.integers(0, 9)) == 0 else None
        told.append(Told(stream, force, event, moment, written, _id(number, len(told)), source, "psd-1", Role.RECORDER))

    day = draw(st.sampled_from([str(instant(at).london_date)] * 6 + [str(instant(at).london_date)[:7]]))
    about = draw(st.sampled_from([None, *FORCES]))
    categories = tuple(draw(st.lists(st.sampled_from(CODES), max_size=2)))
    channel = draw(st.sampled_from([ReportChannel.PUBLIC, ReportChannel.PUBLIC, *ReportChannel]))
    anonymity = draw(st.sampled_from(Anonymity))
    tell(received(anonymity, channel=channel, received=day, about_force=about, categories=categories))
    for what in draw(_courses()):
        if what not in ("proceed", "close") or draw(st.booleans()):
            at += draw(st.sampled_from(STEPS))
        else:
            at += HOUR
        for event in _events(draw, what, at, told):
            tell(event)
            at += draw(st.sampled_from([HOUR, 5 * HOUR, 3 * DAY]))
    return told


@st.composite
def _courses(draw: st.DrawFn) -> list[str]:
    course = [what for what in draw(st.sampled_from(COURSES)) if draw(st.integers(0, 7))]
    more = st.sampled_from([*PARTS, *TIMES, *REPAIRS])
    for what in draw(st.lists(more, max_size=4)):
        course.insert(draw(st.integers(0, len(course))), what)
    return course


def _events(draw: st.DrawFn, what: str, at: datetime, told: list[Told]) -> list[Event]:
    match what:
        case "criterion":
            earlier = at - draw(st.sampled_from([HOUR, DAY, 2 * DAY, 40 * DAY]))
            clear = rounded(earlier, draw(st.sampled_from([Precision.INSTANT, Precision.DAY, Precision.MONTH])))
            code = draw(st.sampled_from(["serious_assault", "serious_corruption"]))
            answers: list[Event] = [ReferredToIopc(kind=ReferralKind.MANDATORY), ReferralNotMade()]
            answer = [answers[draw(st.sampled_from([0, 0, 1]))]][: draw(st.integers(0, 1))]
            return [MandatoryCriterionIdentified(criterion=code, clear_at=clear), *answer]
        case "apply":
            on = rounded(
                at - draw(st.sampled_from([HOUR, 2 * DAY])),
                draw(st.sampled_from([*[Precision.DAY] * 4, Precision.MONTH])),
            )
            return [ReviewApplied(on=on, body=draw(st.sampled_from(ReviewBody)))]
        case "correct":
            return _correction(draw, at, told)
        case "withdraw":
            rows = [one.event_id for one in told if not isinstance(one.event, FactCorrected | SourceRowWithdrawn)]
            return [SourceRowWithdrawn(withdraws=(draw(st.sampled_from(rows)),))]
        case _:
            return PARTS[what](draw)


def _correction(draw: st.DrawFn, at: datetime, told: list[Told]) -> list[Event]:
    found = [one for one in told if isinstance(one.event, TIMED)]
    if not found:
        return []
    target = draw(st.sampled_from(found))
    right = rounded(
        target.at.earliest + draw(st.sampled_from([-2 * DAY, -HOUR, HOUR, 9 * DAY])),
        draw(st.sampled_from([Precision.INSTANT, Precision.DAY, Precision.MONTH])),
    )
    return [FactCorrected(corrects=target.event_id, facts=CorrectedFacts(at=right), because="A slip.")]


def _stream(draw: st.DrawFn, number: int) -> str:
    return f"report-{number:08x}-0000-4000-8000-{draw(st.integers(0, 15)):012x}"


def _id(number: int, count: int) -> UUID:
    return UUID(int=((number + 900) << 64) + count, version=4)


@st.composite
def histories(draw: st.DrawFn, *, least: int = 1, most: int = 6) -> list[Told]:
    """Several reports in the order in which they were written."""
    told = [one for number in range(draw(st.integers(least, most))) for one in draw(lives(number))]
    return sorted(told, key=lambda one: one.written_at)
