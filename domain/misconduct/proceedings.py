"""Proceedings: notice of a meeting or hearing, what it finds on each allegation, its report, and who is told."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from domain.event import Act, Broken, Command, Decision, Event, Fact, Purpose, RecordedEvent, Rule, broken
from domain.misconduct.allegations import AllegationNumber
from domain.misconduct.determination import PROCEEDINGS, DealtWith, MisconductCaseDetermined, determined
from domain.misconduct.investigation import Told
from domain.misconduct.subjects import SubjectNumber, has_subject
from domain.replacing import replace
from domain.rules import RuleBook
from domain.rules.misconduct_proceedings import ProceedingsRules
from domain.rules.working_days import end_of_working_day
from domain.values import FreeText, SealedText, instant

if TYPE_CHECKING:
    from domain.misconduct.state import Report


class Finding(StrEnum):
    """What proceedings find on an allegation."""

    NOT_PROVEN = "not_proven"
    MISCONDUCT = "misconduct"
    GROSS_MISCONDUCT = "gross_misconduct"


class Chair(StrEnum):
    """Who chaired the proceedings."""

    MANAGER = "manager"
    LEGALLY_QUALIFIED_CHAIR = "legally_qualified_chair"
    CHIEF_OFFICER = "chief_officer"


class AllegationFinding(Fact):
    """The finding on one allegation against the subject."""

    allegation: AllegationNumber
    finding: Finding


class ProceedingsNotified(Event, name="proceedings_notified.v1"):
    """A subject was given notice of a meeting or hearing; from then on its date is due."""

    subject: SubjectNumber
    form: DealtWith


class ProceedingsHeld(Event, name="proceedings_held.v1"):
    """The meeting or hearing of a subject came to its end. `separate_incidents`: several, and not connected."""

    subject: SubjectNumber
    form: DealtWith
    chair: Chair
    findings: tuple[AllegationFinding, ...]
    separate_incidents: bool = False
    rule_set: str
    rationale: SealedText | None = None


class ProceedingsReported(Event, name="proceedings_reported.v1"):
    """The report on the proceedings went to the appropriate authority."""

    subject: SubjectNumber


class FindingSetAside(Event, name="finding_set_aside.v1"):
    """What was found against a subject no longer holds, nor does the sanction, as was decided on appeal."""

    subject: SubjectNumber


class ProceedingsRemitted(Event, name="proceedings_remitted.v1"):
    """The proceedings against a subject are to be held again, as was decided on appeal."""

    subject: SubjectNumber


ProceedingsEvent = ProceedingsNotified | ProceedingsHeld | ProceedingsReported | FindingSetAside | ProceedingsRemitted

_CONDUCT = "The Police (Conduct) Regulations 2020 (SI 2020/4)"

PROCEEDINGS_ARE_DETERMINED = Rule(
    "proceedings_are_determined",
    "It was not determined that this subject goes to a meeting or hearing, or notice of it was given already.",
    f"{_CONDUCT}: proceedings follow the determination",
)
NOTICE_COMES_FIRST = Rule(
    "notice_of_proceedings_comes_first",
    "No notice of proceedings was given to this subject, or they have been held (`GiveNoticeOfProceedings`).",
    f"{_CONDUCT}: notice of proceedings",
)
FINDS_ON_EACH = Rule(
    "finding_on_each_allegation",
    "Give one finding, and only one, on each allegation against this subject that was not withdrawn.",
    f"{_CONDUCT}: findings (that each allegation has one is a policy of this system)",
)
FORM_CAN_FIND = Rule(
    "meeting_finds_no_gross_misconduct",
    "A meeting does not find gross misconduct; only a hearing does.",
    f"{_CONDUCT}, regulation 42",
)
CHAIR_FITS = Rule(
    "hearing_is_chaired_as_on_its_day",
    "Hearings are chaired by the chief officer or a delegate from 7 May 2024, by a legally qualified chair before.",
    "Changes of 7 May 2024 (that the day of the notice decides is unconfirmed)",
)
ACCELERATED_IS_NOT_EARLY = Rule(
    "accelerated_hearing_is_not_early",
    "An accelerated hearing is held no earlier than the tenth working day after its notice.",
    "SI 2020/4, regulation 52",
)
SEPARATE_ARE_SEVERAL = Rule(
    "separate_incidents_are_several",
    "Unconnected incidents are at least two allegations that were found to be misconduct.",
    f"{_CONDUCT}, regulation 42",
)
REPORTED_ONCE_HELD = Rule(
    "proceedings_are_reported_once_held",
    "The proceedings against this subject have not been held, or their report was submitted already.",
    f"{_CONDUCT}, regulation 42: the report to the appropriate authority",
)


@dataclass(frozen=True, slots=True)
class Proceeding:
    """The meeting or hearing of one subject as it stands."""

    subject: int
    form: DealtWith
    notified: Told
    held: Told | None = None
    findings: tuple[tuple[int, Finding], ...] = ()
    separate_incidents: bool = False
    reported: Told | None = None
    set_aside: bool = False
    remitted: bool = False

    @property
    def finding(self) -> Finding | None:
        """The gravest finding; None: not held."""
        found = {finding for _, finding in self.findings}
        return next((each for each in reversed(tuple(Finding)) if each in found), None)

    @property
    def proven(self) -> bool:
        """Whether misconduct or gross misconduct was found, and that stands."""
        return not self.set_aside and self.finding in (Finding.MISCONDUCT, Finding.GROSS_MISCONDUCT)


Proceedings = tuple[Proceeding, ...]


def evolve(
    proceedings: Proceedings, entry: RecordedEvent, event: ProceedingsEvent | MisconductCaseDetermined
) -> Proceedings:
    """The proceedings after one more fact. Those that were not held lapse when it is determined anew."""
    told = Told(entry.event_id, entry.at)
    match event:
        case ProceedingsNotified():
            others = (each for each in proceedings if each.subject != event.subject)
            return (*others, Proceeding(event.subject, event.form, told))
        case ProceedingsHeld():
            findings = tuple((each.allegation, each.finding) for each in event.findings)
            return _with(
                proceedings,
                event.subject,
                lambda each: replace(
                    each, held=told, findings=findings, separate_incidents=event.separate_incidents, remitted=False
                ),
            )
        case ProceedingsReported():
            return _with(proceedings, event.subject, lambda each: replace(each, reported=told))
        case MisconductCaseDetermined():
            return tuple(each for each in proceedings if each.subject != event.subject or each.held is not None)
        case FindingSetAside():
            return _with(proceedings, event.subject, lambda each: replace(each, set_aside=True))
        case ProceedingsRemitted():
            return _with(
                proceedings,
                event.subject,
                lambda each: Proceeding(each.subject, each.form, each.notified, remitted=True),
            )


def _with(proceedings: Proceedings, subject: int, change: Callable[[Proceeding], Proceeding]) -> Proceedings:
    return tuple(change(each) if each.subject == subject else each for each in proceedings)


def proceeding_of(state: "Report", subject: int) -> Proceeding | None:
    """The meeting or hearing of a subject, if notice of one was given."""
    return next((each for each in state.proceedings if each.subject == subject), None)


def rules_of(proceeding: Proceeding, rules: RuleBook) -> ProceedingsRules:
    """The set in force on the day of the notice (which day decides is unconfirmed)."""
    return rules.proceedings_rules(proceeding.notified.at)


def _is_early(proceeding: Proceeding, rules: ProceedingsRules, act: Act) -> bool:
    fewest = rules.clocks[proceeding.form].not_before
    notified = proceeding.notified.at.latest_london_date
    return fewest > 0 and act.at <= end_of_working_day(notified, fewest - 1)


class GiveNoticeOfProceedings(Command["Report"]):
    """Note that a subject was given notice of the meeting or hearing that was determined."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    subject: SubjectNumber

    def decide(self, state: "Report", act: Act) -> Decision:
        """The clock of its date starts."""
        yield from state.allows(self)
        yield from has_subject(self.subject, state)
        determination = determined(state, self.subject)
        awaited = determination is not None and determination.by in PROCEEDINGS
        awaited = awaited and proceeding_of(state, self.subject) is None
        yield from broken(PROCEEDINGS_ARE_DETERMINED, when=not awaited)
        form = determination.by if determination is not None else DealtWith.MEETING
        yield ProceedingsNotified(subject=self.subject, form=form)


class HoldProceedings(Command["Report"]):
    """Note that the meeting or hearing of a subject came to its end, and what it found."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    subject: SubjectNumber
    chair: Annotated[Chair, Field(examples=["chief_officer"])]
    findings: Annotated[
        tuple[AllegationFinding, ...],
        Field(min_length=1, max_length=50, examples=[[{"allegation": 1, "finding": "gross_misconduct"}]]),
    ]
    separate_incidents: bool = False
    rationale: FreeText

    def decide(self, state: "Report", act: Act) -> Decision:
        """One finding on each allegation against the subject. A meeting is chaired as the force likes."""
        yield from state.allows(self)
        yield from has_subject(self.subject, state)
        held = proceeding_of(state, self.subject)
        yield from broken(NOTICE_COMES_FIRST, when=held is None or held.held is not None)
        yield from self._finds(state, held.form if held is not None else None)
        rules = rules_of(held, act.rules) if held is not None else act.rules.proceedings_rules(instant(act.at))
        yield from broken(ACCELERATED_IS_NOT_EARLY, when=held is not None and _is_early(held, rules, act))
        at_hearing = held is not None and held.form is not DealtWith.MEETING
        yield from broken(CHAIR_FITS, when=at_hearing and self.chair != rules.hearing_chair)
        yield ProceedingsHeld(
            subject=self.subject,
            form=held.form if held is not None else DealtWith.MEETING,
            chair=self.chair,
            findings=self.findings,
            separate_incidents=self.separate_incidents,
            rule_set=rules.id,
            rationale=self.rationale,
        )

    def _finds(self, state: "Report", form: DealtWith | None) -> Iterable[Broken]:
        found = [each.allegation for each in self.findings]
        against = [a.number for a in state.allegations if self.subject in a.subjects and not a.withdrawn]
        yield from broken(FINDS_ON_EACH, when=sorted(found) != sorted(against))
        proven = [each.finding for each in self.findings if each.finding is not Finding.NOT_PROVEN]
        gross = Finding.GROSS_MISCONDUCT in proven
        yield from broken(FORM_CAN_FIND, when=form is DealtWith.MEETING and gross)
        yield from broken(SEPARATE_ARE_SEVERAL, when=self.separate_incidents and len(proven) <= 1)


class SubmitProceedingsReport(Command["Report"]):
    """Submit the report on the proceedings against a subject to the appropriate authority."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    subject: SubjectNumber

    def decide(self, state: "Report", act: Act) -> Decision:
        """Due 5 working days after they ended."""
        yield from state.allows(self)
        yield from has_subject(self.subject, state)
        held = proceeding_of(state, self.subject)
        waiting = held is not None and held.held is not None and held.reported is None
        yield from broken(REPORTED_ONCE_HELD, when=not waiting)
        yield ProceedingsReported(subject=self.subject)
