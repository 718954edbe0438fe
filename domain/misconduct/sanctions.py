"""Sanctions: what proceedings impose on a subject, none harsher than the table allows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from domain.event import Act, Command, Decision, Event, Purpose, RecordedEvent, Rule, broken
from domain.misconduct.calendar import months_after, on_day
from domain.misconduct.determination import identified, subject_of
from domain.misconduct.investigation import Told
from domain.misconduct.proceedings import (
    Finding,
    FindingSetAside,
    Proceeding,
    ProceedingsRemitted,
    proceeding_of,
    rules_of,
)
from domain.misconduct.severity import assessed
from domain.misconduct.subjects import SubjectNumber
from domain.rules.misconduct_proceedings import ProceedingsRules
from domain.values import FreeText, Moment, SealedText, instant

if TYPE_CHECKING:
    from domain.misconduct.state import Report


class Sanction(StrEnum):
    """What may be imposed."""

    WRITTEN_WARNING = "written_warning"
    FINAL_WRITTEN_WARNING = "final_written_warning"
    REDUCTION_IN_RANK = "reduction_in_rank"
    DISMISSAL = "dismissal"
    WOULD_HAVE_BEEN_DISMISSED = "would_have_been_dismissed"
    ENGAGEMENT_ENDED = "engagement_ended"


class SanctionImposed(Event, name="sanction_imposed.v1"):
    """A sanction was imposed on a subject; `expires`: the day on which a warning lapses."""

    subject: SubjectNumber
    sanction: Sanction
    expires: Moment | None = None
    rule_set: str
    presumption_rebutted: SealedText | None = None
    rationale: SealedText | None = None


class SanctionReplaced(Event, name="sanction_replaced.v1"):
    """Another sanction took the place of the one imposed, as was decided on appeal."""

    subject: SubjectNumber
    sanction: Sanction
    expires: Moment | None = None
    rule_set: str


SanctionEvent = SanctionImposed | SanctionReplaced

_REG_42 = "SI 2020/4, regulation 42"

SANCTION_FOLLOWS_FINDING = Rule(
    "sanction_follows_a_finding",
    "No misconduct was found against this subject, or a sanction was imposed already.",
    _REG_42,
)
SANCTION_IS_IN_TABLE = Rule(
    "sanction_is_in_the_table",
    "The table does not allow this sanction for what this person is, at these proceedings, with this finding "
    "(rule sets proceedings-2020 to proceedings-2025).",
    f"{_REG_42} and schedule 1 (for staff, volunteers and contractors: unconfirmed)",
)
DISMISSAL_IS_PRESUMED = Rule(
    "dismissal_is_presumed",
    "Gross misconduct is presumed to end in dismissal; say in `presumption_rebutted` why it does not here.",
    "SI 2025/558, since 28 May 2025 (that the reason is recorded is a policy of this system)",
)


@dataclass(frozen=True, slots=True)
class Imposed:
    """The sanction on one subject that stands; `expires`: the day on which a warning lapses."""

    subject: int
    sanction: Sanction
    imposed: Told
    expires: Moment | None = None

    def live(self, day: date) -> bool:
        """Whether a warning still counts on that London day."""
        return self.expires is not None and day < self.expires.london_date


Sanctions = tuple[Imposed, ...]


def imposed_on(sanctions: Sanctions, subject: int) -> Imposed | None:
    """The sanction on a subject that stands."""
    return next((each for each in sanctions if each.subject == subject), None)


def evolve(
    sanctions: Sanctions, entry: RecordedEvent, event: SanctionEvent | FindingSetAside | ProceedingsRemitted
) -> Sanctions:
    """The sanctions that stand after one more fact."""
    others = tuple(each for each in sanctions if each.subject != event.subject)
    match event:
        case SanctionImposed() | SanctionReplaced():
            told = Told(entry.event_id, entry.at)
            return (*others, Imposed(event.subject, event.sanction, told, event.expires))
        case FindingSetAside() | ProceedingsRemitted():
            return others


def allowed_sanctions(report: "Report", proceeding: Proceeding, rules: ProceedingsRules) -> frozenset[str]:
    """What the table allows for a subject after these proceedings; nothing unless misconduct was proven."""
    subject, severity = subject_of(report, proceeding.subject), assessed(report.severities, proceeding.subject)
    if subject is None or subject.kind is None or proceeding.finding is None:
        return frozenset()
    live = severity is not None and severity.final_warning_live
    aggravated = live or proceeding.separate_incidents
    return rules.allowed(subject.kind, proceeding.form, proceeding.finding, aggravated=aggravated)


def expiry(sanction: Sanction, rules: ProceedingsRules, act: Act) -> Moment | None:
    """The day on which a warning given now lapses; None for what does not lapse."""
    months = rules.warning_months.get(sanction)
    return on_day(months_after(instant(act.at).london_date, months)) if months is not None else None


class ImposeSanction(Command["Report"]):
    """Impose a sanction on a subject against whom misconduct was found."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"
    example: ClassVar[Mapping[str, Any]] = {"presumption_rebutted": None}

    subject: SubjectNumber
    sanction: Annotated[Sanction, Field(examples=["dismissal"])]
    presumption_rebutted: FreeText | None = None
    rationale: FreeText

    def decide(self, state: "Report", act: Act) -> Decision:
        """One that the table allows, and none harsher. A warning lapses on a day that is set here."""
        yield from state.allows(self)
        yield from identified(state, self.subject)
        held = proceeding_of(state, self.subject)
        waiting = held is not None and held.proven and imposed_on(state.sanctions, self.subject) is None
        yield from broken(SANCTION_FOLLOWS_FINDING, when=not waiting)
        rules = rules_of(held, act.rules) if held is not None else act.rules.proceedings_rules(instant(act.at))
        allowed = allowed_sanctions(state, held, rules) if held is not None else frozenset[str]()
        yield from broken(SANCTION_IS_IN_TABLE, when=self.sanction not in allowed)
        gross = held is not None and held.finding is Finding.GROSS_MISCONDUCT
        presumed = rules.dismissal_presumed and gross and Sanction.DISMISSAL in allowed
        milder = self.sanction is not Sanction.DISMISSAL and self.presumption_rebutted is None
        yield from broken(DISMISSAL_IS_PRESUMED, when=presumed and milder)
        yield SanctionImposed(
            subject=self.subject,
            sanction=self.sanction,
            expires=expiry(self.sanction, rules, act),
            rule_set=rules.id,
            presumption_rebutted=self.presumption_rebutted,
            rationale=self.rationale,
        )
