"""What a report is to whoever has it because it was passed on: what the list of that pass names, and what came after.

A pass cuts what came before it for those who could not read the report until then; to everybody else it takes nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from domain.case.attestation import FactAttested
from domain.case.correction import FactCorrected, restate
from domain.case.testimony import SourceRowWithdrawn
from domain.event import Event, RecordedEvent
from domain.misconduct.allegations import AllegationMade, AllegationWithdrawn
from domain.misconduct.identity import IdentityEvent
from domain.misconduct.intake import Intake, ReportReceived
from domain.misconduct.mailbox import Mailbox, QuestionAsked, ReporterAnswered, StatusTold
from domain.misconduct.parallel import Beside
from domain.misconduct.passing import ReportAcknowledged, ReportPassed
from domain.misconduct.state import Report
from domain.misconduct.subjects import SubjectIdentified, SubjectNoted
from domain.misconduct.testimony import FindingEvidenced
from domain.replacing import replace

Fields = frozenset[str]
Privy = Callable[[Sequence[RecordedEvent]], bool]

FIELD_OF: Mapping[type[Event], str] = {
    SubjectNoted: "subjects",
    SubjectIdentified: "subjects",
    AllegationMade: "allegations",
    AllegationWithdrawn: "allegations",
    FindingEvidenced: "allegations",
    QuestionAsked: "mailbox",
    ReporterAnswered: "mailbox",
    StatusTold: "mailbox",
}
"""By which name of the list an event is passed on. The fields of the intake go by their own names."""
ALWAYS = IdentityEvent | ReportPassed | ReportAcknowledged | SourceRowWithdrawn
"""What names nothing of the report: where it went, and by whom who reported it may be asked for."""
_INTAKE: Mapping[str, str] = {
    **{name: name for name in ("channel", "anonymity", "received", "categories", "about_force", "currently_employed")},
    "named": "reporter",
    "by_operator": "by_operator",
}


class Told(NamedTuple):
    """An event as one reader has it. `withheld`: its fields that were not passed on; None: the event was not."""

    entry: RecordedEvent
    withheld: Fields | None = frozenset()


def as_told(entries: Sequence[RecordedEvent], privy: Privy) -> list[Told]:
    """A whole history as written, for a reader; `privy` says whether they could read it when it went so far."""
    cuts = _cuts(entries, privy)
    if all(cut is None for cut in cuts):
        return [Told(entry) for entry in entries]
    of = {entry.event_id: (entry, cut) for entry, cut in zip(entries, cuts, strict=True)}
    return [Told(entry, _withheld(entry.event, cut, of)) for entry, cut in zip(entries, cuts, strict=True)]


def shown_state(report: Report, told: Sequence[Told]) -> Report:
    """The state that was read from what is told, without the fields of the intake that were not passed on."""
    lost = {name for each in told if isinstance(each.entry.event, ReportReceived) for name in each.withheld or ()}
    return replace(report, intake=_intake_without(report.intake, lost)) if lost else report


def cut(report: Report, fields: Fields) -> Report:
    """The state of a report as it is to whoever it is passed to with these fields."""
    lost = {*ReportReceived.model_fields} - fields
    return replace(
        report,
        intake=_intake_without(report.intake, lost),
        subjects=report.subjects if "subjects" in fields else (),
        allegations=report.allegations if "allegations" in fields else (),
        shown=report.shown if "allegations" in fields else (),
        mailbox=report.mailbox if "mailbox" in fields else Mailbox(),
        beside=Beside(),
    )


def _intake_without(intake: Intake, lost: set[str]) -> Intake:
    nothing = Intake()
    return replace(intake, **{name: getattr(nothing, name) for name, field in _INTAKE.items() if field in lost})


def _cuts(entries: Sequence[RecordedEvent], privy: Privy) -> list[Fields | None]:
    """For each event the fields that reached the reader of what there was by then; None: all of it did."""
    passes = {entry.event_id: entry.event for entry in restate(entries) if isinstance(entry.event, ReportPassed)}
    found: list[Fields | None] = []
    reached: Fields | None = None
    for number in range(len(entries) - 1, -1, -1):
        found.append(reached)
        passed = passes.get(entries[number].event_id)
        if passed is not None and not privy(entries[:number]):
            fields = frozenset(passed.fields)
            reached = fields if reached is None else reached & fields
    return found[::-1]


def _withheld(
    event: Event, cut: Fields | None, of: Mapping[UUID, tuple[RecordedEvent, Fields | None]]
) -> Fields | None:
    if isinstance(event, FactCorrected | FactAttested):
        target, reached = of.get(event.corrects if isinstance(event, FactCorrected) else event.attests, (None, None))
        if target is None:
            return frozenset()
        lost = _withheld(target.event, reached, of)
        return lost if lost is None else None if lost & event.facts.model_fields_set else frozenset()
    if cut is None or isinstance(event, ALWAYS):
        return frozenset()
    if isinstance(event, ReportReceived):
        return frozenset(type(event).model_fields) - cut
    return frozenset() if FIELD_OF.get(type(event)) in cut else None
