"""Case steps: one row per thing in a case that must be done after an event: a victim told, a transfer answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domain.case.cancellation import CancellationApproved, TransferAccepted, TransferRefused, TransferRequested
from domain.case.correction import restate
from domain.case.duties import DutyKind
from domain.case.notices import About, notice_of
from domain.case.victim import VictimInformed, VictimNoticeWaived
from domain.event import RecordedEvent
from domain.rules import rule_book
from domain.rules.working_days import end_of_working_day
from domain.values import Moment
from projections.case_changes import beginning_of
from projections.case_facts import case_facts
from projections.case_row import CaseFacts
from projections.projection import Fan

TRANSFER = "transfer"
ACCEPTED, REFUSED = "accepted", "refused"
COUNTED_ABOUT = (About.UPDATE, About.CANCELLED, About.TRANSFERRED)


class CaseStep(NamedTuple):
    """A step of a case, with what the case is counted by. `kind`: a `transfer`, or what the victim must be told of: an
    `update` (a key event of the investigation), `cancelled` or `transferred`.

    `since`: when it happened or was asked for; `due`: the last instant to tell the victim, no pause added; `done_at`:
    when they were first told, or the transfer was answered (`result`). `waived_at`: when it was last decided not to
    tell them. `left_at`: when the crime first left the register after that.
    """

    step_id: str
    case_id: str
    force: str
    area: str | None
    stratum: str
    offence_group: str | None
    offence: str | None
    route: str | None
    reporter_role: str | None
    domestic_abuse: str | None
    linked_under: str | None
    kind: str
    since: Moment
    due: datetime | None
    done_at: Moment | None
    result: str | None
    waived_at: Moment | None
    waived_because: str | None
    left_at: Moment | None


class Step(NamedTuple):
    """A step apart from its case; `of` is the event that began it."""

    of: UUID
    kind: str
    since: Moment
    due: datetime | None = None
    done_at: Moment | None = None
    result: str | None = None
    waived_at: Moment | None = None
    waived_because: str | None = None
    left_at: Moment | None = None


@dataclass(frozen=True, slots=True)
class Steps:
    """A case with its steps."""

    case: CaseFacts | None = None
    steps: tuple[Step, ...] = ()

    def evolve(self, entry: RecordedEvent) -> "Steps":
        """The steps after one more fact that restates nothing."""
        steps = _moved(self.steps, entry)
        enhanced = self.case is not None and self.case.enhanced
        return Steps(case_facts.apply(self.case, entry), (*steps, *_begun(entry, enhanced=enhanced)))


def _begun(entry: RecordedEvent, *, enhanced: bool) -> Sequence[Step]:
    if isinstance(entry.event, TransferRequested):
        return (Step(entry.event_id, TRANSFER, entry.at),)
    about = notice_of(entry.event)
    if about is None or about not in COUNTED_ABOUT:
        return ()
    kind = DutyKind.UPDATE if about is About.UPDATE else DutyKind.VICTIM_TOLD
    days = rule_book().duty_rules(entry.at).duties[kind].days(enhanced=enhanced)
    return (Step(entry.event_id, about.value, entry.at, end_of_working_day(entry.at.latest_london_date, days)),)


def _moved(steps: tuple[Step, ...], entry: RecordedEvent) -> tuple[Step, ...]:
    event, at = entry.event, entry.at
    if not steps:
        return steps
    match event:
        case VictimInformed():
            return tuple(
                step._replace(done_at=min(filter(None, (step.done_at, at)), key=beginning_of))
                if step.kind == event.about and event.of_event in (None, step.of) and _not_before(step, at)
                else step
                for step in steps
            )
        case VictimNoticeWaived():
            return tuple(
                step._replace(waived_at=at, waived_because=event.reason.value)
                if step.kind == event.about and _not_before(step, at)
                else step
                for step in steps
            )
        case TransferRefused():
            return _answered(steps, at, REFUSED)
        case TransferAccepted():
            return _left(_answered(steps, at, ACCEPTED), at)
        case CancellationApproved():
            return _left(steps, at)
        case _:
            return steps


def _answered(steps: tuple[Step, ...], at: Moment, result: str) -> tuple[Step, ...]:
    """The transfer asked for last is answered, if it has not been."""
    place = next((n for n, step in reversed(list(enumerate(steps))) if step.kind == TRANSFER), None)
    if place is None or steps[place].result is not None:
        return steps
    return (*steps[:place], steps[place]._replace(done_at=at, result=result), *steps[place + 1 :])


def _left(steps: tuple[Step, ...], at: Moment) -> tuple[Step, ...]:
    return tuple(
        step._replace(left_at=at) if step.left_at is None and _not_before(step, at) else step for step in steps
    )


def _not_before(step: Step, at: Moment) -> bool:
    return at.latest >= step.since.earliest


def replay(entries: Sequence[RecordedEvent]) -> Steps:
    """The steps of a case as its events have them."""
    steps = Steps()
    for entry in restate(entries):
        steps = steps.evolve(entry)
    return steps


def _rows(stream: str, steps: Steps) -> Sequence[CaseStep]:
    case = steps.case
    if case is None:
        return ()
    return [
        CaseStep(
            step_id=f"{stream}/{step.of}",
            case_id=stream,
            force=case.force,
            area=case.area,
            stratum=case.stratum,
            offence_group=case.offence_group,
            offence=case.offence,
            route=case.route,
            reporter_role=case.reporter_role,
            domestic_abuse=case.domestic_abuse,
            linked_under=case.linked_under,
            kind=step.kind,
            since=step.since,
            due=step.due,
            done_at=step.done_at,
            result=step.result,
            waived_at=step.waived_at,
            waived_because=step.waived_because,
            left_at=step.left_at,
        )
        for step in steps.steps
    ]


case_steps = Fan(
    "case_steps",
    row=CaseStep,
    version=1,
    of="case-",
    replay=replay,
    evolve=Steps.evolve,
    rows=_rows,
)
