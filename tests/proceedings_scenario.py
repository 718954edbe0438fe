"""A misconduct report on one subject, investigated to the end, and the proceedings held against them."""

from report_scenario import AT_THE_FORCE, FORCE, INVESTIGATOR, Given, assessed, given, happened, received

from domain.event import Event
from domain.misconduct.allegations import AllegationMade
from domain.misconduct.determination import DealtWith, MisconductCaseDetermined
from domain.misconduct.investigation import InvestigationReported, MisconductInvestigationStarted
from domain.misconduct.proceedings import (
    AllegationFinding,
    Chair,
    Finding,
    ProceedingsHeld,
    ProceedingsNotified,
)
from domain.misconduct.schedule3 import ConductMatterRecorded
from domain.misconduct.severity import Severity, SeverityAssessed
from domain.misconduct.subjects import PersonKind, SubjectIdentified, SubjectNoted

OFFICER, SPECIAL, FORMER = PersonKind.OFFICER, PersonKind.SPECIAL, PersonKind.FORMER
STAFF, VOLUNTEER, CONTRACTOR = PersonKind.STAFF, PersonKind.VOLUNTEER, PersonKind.CONTRACTOR
MEETING, HEARING, ACCELERATED = DealtWith.MEETING, DealtWith.HEARING, DealtWith.ACCELERATED_HEARING
MISCONDUCT, GROSS, NOT_PROVEN = Finding.MISCONDUCT, Finding.GROSS_MISCONDUCT, Finding.NOT_PROVEN
BEFORE, SINCE = "2024-06-03T10:00:00Z", "2025-06-02T10:00:00Z"


def investigated(kind: PersonKind = OFFICER, *, live: bool = False, force: str = FORCE, allegations: int = 2) -> Given:
    """A report on one subject of that kind, investigated to the end."""
    facts: list[Event] = [
        *AT_THE_FORCE,
        SubjectNoted(subject=1),
        SubjectIdentified(subject=1, person_kind=kind, force=force),
        *(AllegationMade(allegation=n, category="G", subjects=(1,)) for n in range(1, allegations + 1)),
        assessed(),
        ConductMatterRecorded(),
        MisconductInvestigationStarted(investigator=INVESTIGATOR),
        SeverityAssessed(subject=1, severity=Severity.GROSS_MISCONDUCT, final_warning_live=live),
        InvestigationReported(opinions=()),
    ]
    return given(received(), *facts)


def held(
    kind: PersonKind = OFFICER,
    form: DealtWith = HEARING,
    finding: Finding = GROSS,
    *,
    live: bool = False,
    separate: bool = False,
    at: str = BEFORE,
    force: str = FORCE,
) -> Given:
    """The same, and the proceedings held that day, with that as the gravest finding."""
    findings = (AllegationFinding(allegation=1, finding=finding), AllegationFinding(allegation=2, finding=NOT_PROVEN))
    facts = [
        MisconductCaseDetermined(subject=1, by=form, rule_set="proceedings-2020"),
        ProceedingsNotified(subject=1, form=form),
        ProceedingsHeld(
            subject=1,
            form=form,
            chair=Chair.CHIEF_OFFICER,
            findings=findings,
            separate_incidents=separate,
            rule_set="proceedings-2020",
        ),
    ]
    return investigated(kind, live=live, force=force).and_then(*(happened(each, at) for each in facts))
