"""Examples of the events of a misconduct investigation and what follows it, for the samples that are kept for ever."""

from uuid import UUID

from domain.event import Event
from domain.misconduct.appeals import AppealDecided, AppealLodged, AppealResult, AppealTo
from domain.misconduct.barred_list import BarredListNotified
from domain.misconduct.delay import DelayStatementSent, Item, Rests
from domain.misconduct.delay_facts import DelayExplained, ProgressNoted, StepsPlanned
from domain.misconduct.determination import DealtWith, MisconductCaseDetermined
from domain.misconduct.estimate import EstimateGiven
from domain.misconduct.investigation import (
    Informed,
    InvestigationDiscontinued,
    InvestigationReported,
    InvestigatorAppointed,
    MisconductInvestigationStarted,
    MisconductUpdateSent,
    Opinion,
    SubjectOpinion,
)
from domain.misconduct.notice import LikelyForm, MisconductNoticeServed
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
from domain.misconduct.sanctions import Sanction, SanctionImposed, SanctionReplaced
from domain.misconduct.severity import Severity, SeverityAssessed, SeverityRevised
from domain.misconduct.sub_judice import SubJudiceResumed, SubJudiceSuspended
from domain.misconduct.withdrawal import ComplaintWithdrawn
from domain.values import Moment

RULES = "proceedings-2024"


def of_the_proceedings(text: str) -> tuple[Event, ...]:
    """One of each, with that sealed text."""
    return (
        MisconductInvestigationStarted(investigator="psd-0001"),
        InvestigatorAppointed(investigator="psd-0002", because=text),
        MisconductUpdateSent(to=Informed.INTERESTED_PERSON),
        SeverityAssessed(
            subject=2,
            severity=Severity.MISCONDUCT,
            final_warning_live=True,
            indictable_conviction=True,
            rationale=text,
        ),
        SeverityRevised(subject=2, severity=Severity.GROSS_MISCONDUCT, because=text),
        MisconductNoticeServed(subject=2, likely=LikelyForm.HEARING, barred_list_warning=True),
        SubJudiceSuspended(because=text),
        SubJudiceResumed(because=text),
        ProgressNoted(progress=text),
        EstimateGiven(ends=Moment.of("2025-06-01"), reports=Moment.of("2025-07")),
        DelayExplained(because=text),
        StepsPlanned(steps=text),
        DelayStatementSent(
            due=Moment.of("2025-03-01"),
            rests_on=(
                Rests(item=Item.ATTENTION, events=(UUID(int=1),)),
                Rests(item=Item.NOTICE, events=(UUID(int=2), UUID(int=3))),
            ),
            rule_set=RULES,
            copied=False,
            withheld_because=text,
        ),
        InvestigationReported(
            opinions=(
                SubjectOpinion(subject=1, opinion=Opinion.NO_CASE),
                SubjectOpinion(subject=2, opinion=Opinion.CASE_FOR_GROSS_MISCONDUCT),
            ),
            summary=text,
        ),
        InvestigationDiscontinued(because=text),
        ComplaintWithdrawn(goes_on=True, because=text),
        MisconductCaseDetermined(
            subject=2,
            by=DealtWith.ACCELERATED_HEARING,
            strong_evidence=True,
            public_interest=True,
            rule_set=RULES,
            presumption_rebutted=text,
            rationale=text,
        ),
        ProceedingsNotified(subject=2, form=DealtWith.HEARING),
        ProceedingsHeld(
            subject=2,
            form=DealtWith.HEARING,
            chair=Chair.CHIEF_OFFICER,
            findings=(
                AllegationFinding(allegation=1, finding=Finding.NOT_PROVEN),
                AllegationFinding(allegation=2, finding=Finding.GROSS_MISCONDUCT),
            ),
            separate_incidents=True,
            rule_set=RULES,
            rationale=text,
        ),
        ProceedingsReported(subject=2),
        SanctionImposed(
            subject=2,
            sanction=Sanction.FINAL_WRITTEN_WARNING,
            expires=Moment.of("2026-06-01"),
            rule_set=RULES,
            presumption_rebutted=text,
            rationale=text,
        ),
        SanctionReplaced(subject=2, sanction=Sanction.WRITTEN_WARNING, expires=Moment.of("2025-12-01"), rule_set=RULES),
        AppealLodged(subject=2, to=AppealTo.POLICE_APPEALS_TRIBUNAL, grounds=text),
        AppealDecided(subject=2, result=AppealResult.SANCTION_REPLACED, rationale=text),
        FindingSetAside(subject=2),
        ProceedingsRemitted(subject=2),
        BarredListNotified(subject=2),
    )
