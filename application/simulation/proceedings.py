"""How simulated proceedings go: determined, notified, held, sanctioned; with what that adds to figures."""

from datetime import datetime

from application.simulation.matter import Matter
from application.simulation.pace import DAY
from domain.event import Role
from domain.misconduct.barred_list import NotifyBarredList
from domain.misconduct.determination import DealtWith, DetermineCase
from domain.misconduct.proceedings import (
    AllegationFinding,
    Chair,
    Finding,
    GiveNoticeOfProceedings,
    HoldProceedings,
    SubmitProceedingsReport,
)
from domain.misconduct.sanctions import ImposeSanction, Sanction
from domain.misconduct.subjects import PersonKind
from domain.values import instant

AUTHORITY = Role.APPROPRIATE_AUTHORITY
WHY = "Set out in the written decision."


def no_case(matter: Matter) -> None:
    """There is no case to answer."""
    _determined(matter, DealtWith.NO_CASE)


def meeting(matter: Matter, *, proven: bool) -> None:
    """A misconduct meeting, and a written warning if it is proven."""
    _determined(matter, DealtWith.MEETING)
    _held(matter, DealtWith.MEETING, Finding.MISCONDUCT if proven else Finding.NOT_PROVEN)
    if proven:
        _sanctioned(matter, Sanction.WRITTEN_WARNING)


def hearing(matter: Matter, *, accelerated: bool, proven: bool, dismissed: bool) -> None:
    """A hearing for gross misconduct; a former officer is dismissed, or would have been, if it is proven."""
    form = DealtWith.ACCELERATED_HEARING if accelerated else DealtWith.HEARING
    _determined(matter, form)
    _held(matter, form, Finding.GROSS_MISCONDUCT if proven else Finding.NOT_PROVEN)
    if not proven:
        return
    former = matter.state.subjects[0].kind is PersonKind.FORMER
    sanction = Sanction.DISMISSAL if dismissed else Sanction.FINAL_WRITTEN_WARNING
    _sanctioned(matter, Sanction.WOULD_HAVE_BEEN_DISMISSED if former else sanction)
    matter.adds("dismissal_rate_of_gross", former or dismissed)
    if former or dismissed:
        matter.does(NotifyBarredList(subject=1), AUTHORITY, _after(matter, 1, 5))
        matter.adds("barred_list_notifications", 1, 0)


def _after(matter: Matter, least: float, most: float) -> datetime:
    return matter.now + matter.draw.uniform(least, most) * DAY


def _determined(matter: Matter, by: DealtWith) -> None:
    accelerated = by is DealtWith.ACCELERATED_HEARING
    command = DetermineCase(
        subject=1,
        by=by,
        strong_evidence=accelerated,
        public_interest=accelerated,
        presumption_rebutted=WHY if by in (DealtWith.HEARING, DealtWith.MEETING) else None,
        rationale=WHY,
    )
    matter.does(command, AUTHORITY, _after(matter, 1, 10))


def _held(matter: Matter, form: DealtWith, finding: Finding) -> None:
    matter.does(GiveNoticeOfProceedings(subject=1), AUTHORITY, _after(matter, 1, 8))
    # An accelerated hearing may not be held before the tenth working day.
    waits = (22, 24) if form is DealtWith.ACCELERATED_HEARING else (10, 25)
    standing = [each.number for each in matter.state.allegations if not each.withdrawn]
    findings = tuple(AllegationFinding(allegation=number, finding=finding) for number in standing)
    rules = matter.rules.proceedings_rules(instant(matter.now))
    chair = Chair.MANAGER if form is DealtWith.MEETING else Chair(rules.hearing_chair)
    command = HoldProceedings(subject=1, chair=chair, findings=findings, rationale=WHY)
    matter.does(command, AUTHORITY, _after(matter, *waits))
    proven = finding is not Finding.NOT_PROVEN
    matter.mixes("proceedings_mix", form.value)
    matter.adds(f"proven_rate_{form.value.removesuffix('_hearing')}", proven)
    matter.does(SubmitProceedingsReport(subject=1), AUTHORITY, _after(matter, 1, 3))


def _sanctioned(matter: Matter, sanction: Sanction) -> None:
    rebutted = None if sanction is Sanction.DISMISSAL else WHY
    command = ImposeSanction(subject=1, sanction=sanction, presumption_rebutted=rebutted, rationale=WHY)
    matter.does(command, AUTHORITY, _after(matter, 0.2, 2))
