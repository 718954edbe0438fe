"""Severity: what the conduct of each subject would be if it were proved."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from domain.event import Act, Broken, Command, Decision, Event, Purpose, RecordedEvent, Rule, broken
from domain.misconduct.investigation import Told
from domain.misconduct.notice import MisconductNoticeServed
from domain.misconduct.subjects import SubjectNumber, has_subject
from domain.replacing import replace
from domain.values import FreeText, SealedText, instant

if TYPE_CHECKING:
    from domain.misconduct.state import Report


class Severity(StrEnum):
    """What the conduct would be if it were proved."""

    GROSS_MISCONDUCT = "gross_misconduct"
    MISCONDUCT = "misconduct"
    NEITHER = "neither"


class SeverityAssessed(Event, name="severity_assessed.v1"):
    """What the conduct of a subject would be, if proved. `final_warning_live`: such a warning was live then."""

    subject: SubjectNumber
    severity: Severity
    final_warning_live: bool = False
    indictable_conviction: bool = False
    rationale: SealedText | None = None


class SeverityRevised(Event, name="severity_revised.v1"):
    """The severity of the conduct of a subject was assessed again, with another result."""

    subject: SubjectNumber
    severity: Severity
    because: SealedText | None = None


SeverityEvent = SeverityAssessed | SeverityRevised | MisconductNoticeServed

_CONDUCT = "The Police (Conduct) Regulations 2020 (SI 2020/4)"

SEVERITY_IS_ASSESSED_ONCE = Rule(
    "severity_is_assessed_once",
    "The severity was assessed for this subject already; if it looks different now, revise it (`ReviseSeverity`).",
    f"{_CONDUCT}: severity assessment and its revision (that the first one stays is a policy of this system)",
)
SEVERITY_CHANGES = Rule(
    "severity_revision_changes_it",
    "There is no assessment of this subject to revise, or it has this result already.",
    f"{_CONDUCT}: severity assessment and its revision",
)
INDICTABLE_IS_GROSS = Rule(
    "indictable_conviction_is_gross",
    "A conviction for an offence that is indictable only is gross misconduct.",
    "SI 2025/558, since 28 May 2025",
)


@dataclass(frozen=True, slots=True)
class SubjectSeverity:
    """The severity assessment of one subject: the first result and the one that stands, and the notices served."""

    subject: int
    first: Severity
    severity: Severity
    final_warning_live: bool = False
    indictable_conviction: bool = False
    notices: tuple[Told, ...] = ()


Severities = tuple[SubjectSeverity, ...]


def evolve(severities: Severities, entry: RecordedEvent, event: SeverityEvent) -> Severities:
    """The assessments after one more fact."""
    match event:
        case SeverityAssessed():
            flags = (event.final_warning_live, event.indictable_conviction)
            new = SubjectSeverity(event.subject, event.severity, event.severity, *flags)
            return (*(each for each in severities if each.subject != event.subject), new)
        case SeverityRevised():
            return _with(severities, event.subject, lambda each: replace(each, severity=event.severity))
        case MisconductNoticeServed():
            told = Told(entry.event_id, entry.at)
            return _with(severities, event.subject, lambda each: replace(each, notices=(*each.notices, told)))


def _with(severities: Severities, subject: int, change: Callable[[SubjectSeverity], SubjectSeverity]) -> Severities:
    return tuple(change(each) if each.subject == subject else each for each in severities)


def assessed(severities: Severities, subject: int) -> SubjectSeverity | None:
    """The assessment of a subject, if there is one."""
    return next((each for each in severities if each.subject == subject), None)


def _is_gross_if_convicted(severity: Severity, act: Act, *, convicted: bool) -> Iterable[Broken]:
    always = act.rules.proceedings_rules(instant(act.at)).indictable_conviction_is_gross
    milder = severity is not Severity.GROSS_MISCONDUCT
    return broken(INDICTABLE_IS_GROSS, when=always and convicted and milder)


class AssessSeverity(Command["Report"]):
    """Say what the conduct of a subject would be if it were proved."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"

    subject: SubjectNumber
    severity: Severity
    final_warning_live: bool = False
    indictable_conviction: bool = False
    rationale: FreeText

    def decide(self, state: "Report", act: Act) -> Decision:
        """Whether a final written warning is live at this moment widens what may be imposed later."""
        yield from state.allows(self)
        yield from has_subject(self.subject, state)
        yield from broken(SEVERITY_IS_ASSESSED_ONCE, when=assessed(state.severities, self.subject) is not None)
        yield from _is_gross_if_convicted(self.severity, act, convicted=self.indictable_conviction)
        yield SeverityAssessed(**{name: getattr(self, name) for name in SeverityAssessed.model_fields})


class ReviseSeverity(Command["Report"]):
    """Assess the severity for a subject again, and say why it is another now."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"
    example: ClassVar[Mapping[str, Any]] = {"severity": "misconduct"}

    subject: SubjectNumber
    severity: Severity
    because: FreeText

    def decide(self, state: "Report", act: Act) -> Decision:
        """As often as it changes; the first assessment stays on the record."""
        yield from state.allows(self)
        held = assessed(state.severities, self.subject)
        yield from broken(SEVERITY_CHANGES, when=held is None or held.severity is self.severity)
        convicted = held is not None and held.indictable_conviction
        yield from _is_gross_if_convicted(self.severity, act, convicted=convicted)
        yield SeverityRevised(subject=self.subject, severity=self.severity, because=self.because)
