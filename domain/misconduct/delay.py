"""A long investigation: when the allegation came to attention, what was said since, and which statements were sent."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from domain.event import Event, Fact, RecordedEvent
from domain.misconduct.delay_facts import DelayExplained, DelayFact, ProgressNoted, StepsPlanned
from domain.misconduct.estimate import EstimateGiven
from domain.misconduct.intake import ReportReceived
from domain.misconduct.investigation import Told
from domain.misconduct.passing import OWN_CHANNELS, ReportPassed
from domain.replacing import replace
from domain.values import Moment, SealedText


class Item(StrEnum):
    """What the statement must state, as the regulation numbers it."""

    ATTENTION = "a"
    NOTICE = "b"
    PROGRESS = "c"
    ESTIMATE = "d"
    REASONS = "e"
    STEPS = "f"


class Rests(Fact):
    """The events on which an item of the statement rests."""

    item: Item
    events: tuple[UUID, ...]


class DelayStatementSent(Event, name="delay_statement_sent.v1"):
    """The statement was sent to the local policing body; `copied`: to those concerned too. `due`: when it was owed."""

    due: Moment
    rests_on: tuple[Rests, ...]
    rule_set: str
    copied: bool = True
    withheld_because: SealedText | None = None


DelayEvent = DelayFact | DelayStatementSent


@dataclass(frozen=True, slots=True)
class Delay:
    """What the next statement can rest on, each said since the last one; `sent`: the statements."""

    attention: Told | None = None
    authority: str | None = None
    progress: UUID | None = None
    estimate: UUID | None = None
    reasons: UUID | None = None
    steps: UUID | None = None
    sent: tuple[Told, ...] = ()

    def evolve(self, entry: RecordedEvent, event: DelayEvent) -> "Delay":
        """The track after one more fact."""
        match event:
            case ProgressNoted():
                return replace(self, progress=entry.event_id)
            case EstimateGiven():
                return replace(self, estimate=entry.event_id)
            case DelayExplained():
                return replace(self, reasons=entry.event_id)
            case StepsPlanned():
                return replace(self, steps=entry.event_id)
            case DelayStatementSent():
                told = Told(entry.event_id, entry.at)
                return Delay(self.attention, self.authority, sent=(*self.sent, told))

    def noticed(self, entry: RecordedEvent, event: ReportReceived | ReportPassed) -> "Delay":
        """The track once the allegation may have come to an authority's attention: by its own ways, or passed to it."""
        match event:
            case ReportReceived() if event.channel in OWN_CHANNELS:
                return replace(self, attention=Told(entry.event_id, event.received), authority=entry.force)
            case ReportPassed() if event.force != self.authority:
                return replace(self, attention=Told(entry.event_id, entry.at), authority=event.force)
            case _:
                return self
