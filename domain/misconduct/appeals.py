"""Appeals: a subject appeals against what the proceedings came to, and what the appeal comes to."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from domain.event import Act, Command, Decision, Event, Purpose, RecordedEvent, Rule, broken
from domain.misconduct.determination import DealtWith, identified, subject_of
from domain.misconduct.investigation import Told
from domain.misconduct.proceedings import FindingSetAside, ProceedingsRemitted, proceeding_of, rules_of
from domain.misconduct.sanctions import (
    SANCTION_IS_IN_TABLE,
    Sanction,
    SanctionReplaced,
    allowed_sanctions,
    expiry,
    imposed_on,
)
from domain.misconduct.subjects import SubjectNumber
from domain.replacing import replace
from domain.values import FreeText, SealedText, instant

if TYPE_CHECKING:
    from domain.misconduct.state import Report


class AppealTo(StrEnum):
    """Who decides an appeal."""

    APPEAL_MEETING = "appeal_meeting"
    POLICE_APPEALS_TRIBUNAL = "police_appeals_tribunal"


class AppealResult(StrEnum):
    """What an appeal comes to."""

    DISMISSED = "dismissed"
    SANCTION_REPLACED = "sanction_replaced"
    FINDING_SET_ASIDE = "finding_set_aside"
    REMITTED = "remitted"


class AppealLodged(Event, name="appeal_lodged.v1"):
    """A subject appealed against what the proceedings came to."""

    subject: SubjectNumber
    to: AppealTo
    grounds: SealedText | None = None


class AppealDecided(Event, name="appeal_decided.v1"):
    """The appeal of a subject was decided."""

    subject: SubjectNumber
    result: AppealResult
    rationale: SealedText | None = None


AppealEvent = AppealLodged | AppealDecided

_APPEALS = "SI 2020/4 (appeal meetings); SI 2020/1, The Police Appeals Tribunals Rules 2020"

APPEAL_NEEDS_A_SANCTION = Rule(
    "appeal_needs_a_sanction",
    "No sanction stands against this subject, or there was an appeal against it already.",
    f"{_APPEALS} (that there is one appeal is a policy of this system)",
)
APPEAL_GOES_TO = Rule(
    "appeal_goes_to_its_body",
    "From a hearing of an officer, special constable or former officer the appeal goes to the Police Appeals Tribunal, "
    "otherwise to an appeal meeting.",
    f"{_APPEALS} (for staff, volunteers and contractors: unconfirmed)",
)
APPEAL_IS_OPEN = Rule(
    "appeal_is_open",
    "There is no appeal of this subject that waits for a decision.",
    _APPEALS,
)
REPLACED_BY_ONE = Rule(
    "replaced_sanction_is_named",
    "Name in `sanction` what takes the place of the sanction if, and only if, the result is `sanction_replaced`.",
    f"{_APPEALS} (policy of this system)",
)


@dataclass(frozen=True, slots=True)
class Appeal:
    """The appeal of one subject as it stands; `result` None: not decided."""

    subject: int
    to: AppealTo
    lodged: Told
    result: AppealResult | None = None


Appeals = tuple[Appeal, ...]


def evolve(appeals: Appeals, entry: RecordedEvent, event: AppealEvent | ProceedingsRemitted) -> Appeals:
    """The appeals after one more fact. Once proceedings are remitted, what they come to can be appealed again."""
    others = tuple(each for each in appeals if each.subject != event.subject)
    match event:
        case AppealLodged():
            return (*others, Appeal(event.subject, event.to, Told(entry.event_id, entry.at)))
        case AppealDecided():
            return tuple(
                replace(each, result=event.result) if each.subject == event.subject else each for each in appeals
            )
        case ProceedingsRemitted():
            return others


def appeal_of(state: "Report", subject: int) -> Appeal | None:
    """The appeal of a subject, if there is one."""
    return next((each for each in state.appeals if each.subject == subject), None)


class LodgeAppeal(Command["Report"]):
    """Note that a subject appeals against what the proceedings came to."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    subject: SubjectNumber
    to: Annotated[AppealTo, Field(examples=["police_appeals_tribunal"])]
    grounds: FreeText

    def decide(self, state: "Report", act: Act) -> Decision:
        """To the body that the proceedings and the person have."""
        yield from state.allows(self)
        yield from identified(state, self.subject)
        standing = imposed_on(state.sanctions, self.subject) is not None and appeal_of(state, self.subject) is None
        yield from broken(APPEAL_NEEDS_A_SANCTION, when=not standing)
        held, subject = proceeding_of(state, self.subject), subject_of(state, self.subject)
        bound = subject is not None and subject.kind in act.rules.proceedings_rules(instant(act.at)).bound
        tribunal = bound and held is not None and held.form is not DealtWith.MEETING
        to = AppealTo.POLICE_APPEALS_TRIBUNAL if tribunal else AppealTo.APPEAL_MEETING
        yield from broken(APPEAL_GOES_TO, when=self.to is not to)
        yield AppealLodged(subject=self.subject, to=self.to, grounds=self.grounds)


class DecideAppeal(Command["Report"]):
    """Say what the appeal of a subject comes to."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"
    example: ClassVar[Mapping[str, Any]] = {"sanction": None}

    subject: SubjectNumber
    result: AppealResult
    sanction: Sanction | None = None
    rationale: FreeText

    def decide(self, state: "Report", act: Act) -> Decision:
        """A sanction may be replaced by one that the table allows, the finding set aside, or all of it held anew."""
        yield from state.allows(self)
        yield from identified(state, self.subject)
        appeal, held = appeal_of(state, self.subject), proceeding_of(state, self.subject)
        yield from broken(APPEAL_IS_OPEN, when=appeal is None or appeal.result is not None)
        replaces = self.result is AppealResult.SANCTION_REPLACED
        yield from broken(REPLACED_BY_ONE, when=replaces is not (self.sanction is not None))
        rules = rules_of(held, act.rules) if held is not None else act.rules.proceedings_rules(instant(act.at))
        allowed = allowed_sanctions(state, held, rules) if held is not None else frozenset[str]()
        yield from broken(SANCTION_IS_IN_TABLE, when=self.sanction is not None and self.sanction not in allowed)
        yield AppealDecided(subject=self.subject, result=self.result, rationale=self.rationale)
        if self.sanction is not None:
            expires = expiry(self.sanction, rules, act)
            yield SanctionReplaced(subject=self.subject, sanction=self.sanction, expires=expires, rule_set=rules.id)
        elif self.result is AppealResult.FINDING_SET_ASIDE:
            yield FindingSetAside(subject=self.subject)
        elif self.result is AppealResult.REMITTED:
            yield ProceedingsRemitted(subject=self.subject)
