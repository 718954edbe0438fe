"""Simulated investigations of misconduct that last more than a year: statements on the delay, sent or not."""

from datetime import datetime, timedelta

from application.simulation import proceedings
from application.simulation.complaint import AUTHORITY, PSD, SCH3, assesses, closes, complaint, later, text
from application.simulation.matter import Matter
from application.simulation.pace import DAY
from domain.misconduct.assessment import Disposition, RecordingTest
from domain.misconduct.calendar import months_after
from domain.misconduct.closure import MatterOutcome, SendOutcome
from domain.misconduct.delay_facts import ExplainDelay, NoteProgress, PlanSteps
from domain.misconduct.delay_statement import SendDelayStatement
from domain.misconduct.estimate import GiveEstimate
from domain.misconduct.investigation import (
    Informed,
    Opinion,
    SendMisconductUpdate,
    StartMisconductInvestigation,
    SubjectOpinion,
    SubmitInvestigationReport,
)
from domain.misconduct.notice import LikelyForm, ServeMisconductNotice
from domain.misconduct.schedule3 import RecordComplaint
from domain.misconduct.severity import AssessSeverity, Severity
from domain.values import Moment, end_of_day, instant

EVERY = 25 * DAY
QUIET = timedelta(days=60)
"""Before the period ends no clock of an open investigation runs out: the log may end before the period does."""
LAST_UPDATE = QUIET + timedelta(days=30)
"""Before the period ends, of an open investigation; the next one is then overdue."""
FIRST, THEN = 12, 6  # months until a statement is due


def tell(matter: Matter, place: int) -> None:
    """A complaint; every second investigation is not over yet, of the others every second sends its statement."""
    complaint(matter)
    assesses(matter, Disposition.RECORD, (RecordingTest.CRIME_OR_DISCIPLINARY,))
    matter.mixes("triage_mix", "investigation")
    matter.does(RecordComplaint(), AUTHORITY, later(matter, 0.1, 1))
    matter.adds("sch3_share", 1)
    investigator = matter.draw.choice(matter.people[PSD])
    matter.does(StartMisconductInvestigation(investigator=investigator), AUTHORITY, later(matter, 0.2, 2))
    began = matter.now
    assess = AssessSeverity(subject=1, severity=Severity.MISCONDUCT, rationale=text(matter))
    matter.does(assess, PSD, later(matter, 0.5, 3), by=investigator)
    notice = ServeMisconductNotice(subject=1, likely=LikelyForm.MEETING)
    matter.does(notice, PSD, later(matter, 0.1, 1), by=investigator)
    due = [end_of_day(months_after(instant(matter.opens).london_date, FIRST + THEN * n)) for n in range(40)]
    ambiguous = any(abs(matter.end - each) < QUIET for each in due)
    if place % 2 == 0 and not ambiguous:
        _updates(matter, began, matter.end - LAST_UPDATE)
        matter.adds("update_28d_compliance", 0)
        matter.adds("delay_report_sent", 0, sum(each < matter.end for each in due))
        matter.adds("over_12_months", 1)
        return
    sends = place % 4 == 1
    told = _updates(matter, began, due[0] - 20 * DAY)
    if sends:
        _states(matter, due[0] - 20 * DAY)
    _updates(matter, told, due[0] + 10 * DAY)
    matter.adds("delay_report_sent", sends)
    opinion = SubjectOpinion(subject=1, opinion=Opinion.NO_CASE)
    report = SubmitInvestigationReport(opinions=(opinion,), summary=text(matter))
    matter.does(report, PSD, due[0] + matter.draw.uniform(10.5, 11.5) * DAY, by=investigator)
    matter.adds("case_to_answer_rate", 0)
    proceedings.no_case(matter)
    closes(matter, MatterOutcome.NO_CASE_TO_ANSWER, SCH3)
    matter.does(SendOutcome(), PSD, later(matter, 0.2, 4))


def _updates(matter: Matter, since: datetime, until: datetime) -> datetime:
    """The complainant hears in time how it is going, until then; the last time that they did."""
    while since + EVERY < until:
        matter.does(SendMisconductUpdate(to=Informed.COMPLAINANT), PSD, since + EVERY)
        matter.adds("update_28d_compliance", 1)
        since = matter.now
    return since


def _states(matter: Matter, at: datetime) -> None:
    """The statement is prepared, and sent before it is due."""
    matter.does(NoteProgress(progress=text(matter)), PSD, at)
    ends, reports = (instant(at).london_date + timedelta(days=days) for days in (60, 90))
    estimate = GiveEstimate(ends=Moment.of(ends.isoformat()), reports=Moment.of(reports.isoformat()))
    matter.does(estimate, PSD, matter.now)
    matter.does(ExplainDelay(because=text(matter)), PSD, matter.now)
    matter.does(PlanSteps(steps=text(matter)), PSD, matter.now)
    matter.does(SendDelayStatement(), AUTHORITY, later(matter, 0.1, 1))
