"""The statement on a long investigation: due after 12 months and every 6 from then on, drafted from the events."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple
from uuid import UUID

from domain.event import Act, Broken, Command, Decision, Event, Purpose, Rule, broken
from domain.misconduct.calendar import on_day
from domain.misconduct.delay import DelayStatementSent, Item, Rests
from domain.misconduct.delay_due import CLOCK, next_due
from domain.misconduct.delay_facts import DelayExplained, ProgressNoted, StepsPlanned
from domain.misconduct.estimate import EstimateGiven
from domain.misconduct.investigation import Told
from domain.misconduct.severity import Severity
from domain.values import FreeText, instant

if TYPE_CHECKING:
    from domain.misconduct.state import Report


_LAW = "SI 2020/4, regulation 19; SI 2020/2, regulation 13"

STATES_ATTENTION = Rule(
    "delay_statement_states_attention",
    "Item (a) is missing: no event shows when the allegation came to the attention of the appropriate authority.",
    _LAW,
)
STATES_NOTICE = Rule(
    "delay_statement_states_notice",
    "Item (b) is missing: written notice was not served on everybody concerned (`ServeMisconductNotice`).",
    _LAW,
)
STATES_PROGRESS = Rule(
    "delay_statement_states_progress",
    "Item (c) is missing: note the progress since the last statement (`NoteProgress`).",
    _LAW,
)
STATES_ESTIMATE = Rule(
    "delay_statement_states_estimate",
    "Item (d) is missing: estimate anew when the investigation ends and when its report is due (`GiveEstimate`).",
    _LAW,
)
STATES_REASONS = Rule(
    "delay_statement_states_reasons",
    "Item (e) is missing: explain why it takes this long (`ExplainDelay`).",
    _LAW,
)
STATES_STEPS = Rule(
    "delay_statement_states_steps",
    "Item (f) is missing: say which steps are planned (`PlanSteps`).",
    _LAW,
)
STATEMENT_IS_DUE = Rule(
    "delay_statement_is_due",
    "No statement is due yet, nor within the next weeks in which one may go out early.",
    f"{_LAW} (how early one may go out is a policy of this system)",
)
COPY_OR_REASON = Rule(
    "statement_is_copied_or_withheld",
    "Say in `withheld_because` what harm a copy would do if, and only if, it is not `copied`.",
    "SI 2020/4, regulation 19: a copy for the officer, subject to the harm test",
)
MISSING: Mapping[Item, Rule] = {
    Item.ATTENTION: STATES_ATTENTION,
    Item.NOTICE: STATES_NOTICE,
    Item.PROGRESS: STATES_PROGRESS,
    Item.ESTIMATE: STATES_ESTIMATE,
    Item.REASONS: STATES_REASONS,
    Item.STEPS: STATES_STEPS,
}


class Draft(NamedTuple):
    """The statement as the events have it; `missing`: the items without an event."""

    attention: date | None
    notices: tuple[tuple[int, date], ...]
    progress: str | None
    estimate: EstimateGiven | None
    reasons: str | None
    steps: str | None
    rests_on: tuple[Rests, ...]

    @property
    def missing(self) -> tuple[Item, ...]:
        """The items that rest on no event."""
        held = {each.item for each in self.rests_on}
        return tuple(item for item in Item if item not in held)


def draft_delay_statement(report: "Report") -> Draft:
    """The next statement, from the events of the report: what each item says, and the events it rests on."""
    delay = report.delay
    notices = _notices(report)
    progress, reasons, steps = (_said(report, event) for event in (delay.progress, delay.reasons, delay.steps))
    estimate = _said(report, delay.estimate)
    rests: dict[Item, tuple[UUID, ...]] = {
        Item.ATTENTION: (delay.attention.event,) if delay.attention is not None else (),
        Item.NOTICE: tuple(told.event for _, told in notices),
        Item.PROGRESS: _known(delay.progress),
        Item.ESTIMATE: _known(delay.estimate),
        Item.REASONS: _known(delay.reasons),
        Item.STEPS: _known(delay.steps),
    }
    return Draft(
        attention=delay.attention.at.london_date if delay.attention is not None else None,
        notices=tuple((subject, told.at.london_date) for subject, told in notices),
        progress=progress.progress if isinstance(progress, ProgressNoted) else None,
        estimate=estimate if isinstance(estimate, EstimateGiven) else None,
        reasons=reasons.because if isinstance(reasons, DelayExplained) else None,
        steps=steps.steps if isinstance(steps, StepsPlanned) else None,
        rests_on=tuple(Rests(item=item, events=events) for item, events in rests.items() if events),
    )


def _known(event: UUID | None) -> tuple[UUID, ...]:
    return (event,) if event is not None else ()


def _said(report: "Report", event: UUID | None) -> Event | None:
    return report.facts[event].event if event is not None else None


def _notices(report: "Report") -> list[tuple[int, Told]]:
    """The first notice of each subject; none at all if somebody who may have misconducted themselves has none."""
    held = [each for each in report.severities if each.notices or each.severity is not Severity.NEITHER]
    return [(each.subject, each.notices[0]) for each in held] if all(each.notices for each in held) else []


class SendDelayStatement(Command["Report"]):
    """Send the statement on a long investigation, as drafted from the events, to the local policing body."""

    purpose: ClassVar[Purpose] = Purpose.MISCONDUCT
    aggregate: ClassVar[str] = "report"
    example: ClassVar[Mapping[str, Any]] = {"withheld_because": None}

    copied: bool = True
    withheld_because: FreeText | None = None

    def decide(self, state: "Report", act: Act) -> Decision:
        """Refused while an item is missing. It answers every statement due by now, and one due in the next weeks."""
        yield from state.allows(self)
        yield from broken(COPY_OR_REASON, when=self.copied is (self.withheld_because is not None))
        draft = draft_delay_statement(state)
        yield from _whole(draft)
        since = state.delay.attention.at if state.delay.attention is not None else instant(act.at)
        rules = act.rules.proceedings_rules(since)
        due = next_due(state.delay, rules.clocks[CLOCK]) or instant(act.at).london_date
        early = timedelta(days=rules.clocks[CLOCK].lead_days)
        yield from broken(STATEMENT_IS_DUE, when=due > instant(act.at).london_date + early)
        yield DelayStatementSent(
            due=on_day(due),
            rests_on=draft.rests_on,
            rule_set=rules.id,
            copied=self.copied,
            withheld_because=self.withheld_because,
        )


def _whole(draft: Draft) -> Iterable[Broken]:
    return (Broken(MISSING[item]) for item in draft.missing)
