"""The life of a misconduct report as the figures need it: its state, and what the state does not keep of its way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from domain.case.correction import restate
from domain.event import RecordedEvent
from domain.misconduct import state
from domain.misconduct.allegations import AllegationMade
from domain.misconduct.assessment import ReportAssessed
from domain.misconduct.barred_list import BarredListNotified
from domain.misconduct.closure import OutcomeSent
from domain.misconduct.investigation import Informed, InvestigationReported, MisconductUpdateSent, Opinion
from domain.misconduct.mailbox import QuestionAsked, StatusTold
from domain.misconduct.parallel import SafeguardingStarted
from domain.misconduct.passing import ReportSignposted
from domain.misconduct.referral import MandatoryCriterionIdentified, ReferralNotMade, ReferredToIopc
from domain.misconduct.review import ComplaintReviewDecided, ReviewAcknowledged, ReviewApplied
from domain.misconduct.schedule3 import HandlingOutsideSch3Decided
from domain.misconduct.state import Report
from domain.replacing import replace
from domain.rules import rule_book
from domain.values import Moment

LONG_INVESTIGATION = timedelta(days=3653)  # how far ahead statements on a long investigation are looked for
CONTACTS = (QuestionAsked, StatusTold, OutcomeSent)


class Review(NamedTuple):
    """A review that was asked for, whether the body acknowledged that, and what it came to."""

    body: str
    applied: Moment
    acknowledged: Moment | None = None
    decided: Moment | None = None
    finding: str | None = None


class Criterion(NamedTuple):
    """A criterion of mandatory referral with its clock. `met`: referred; `lifted`: recorded why it is not."""

    code: str
    clear_at: Moment
    due: datetime
    met: Moment | None = None
    lifted: Moment | None = None

    @property
    def is_open(self) -> bool:
        """Whether it waits to be referred."""
        return self.met is None and self.lifted is None


@dataclass(frozen=True, slots=True)
class Life:
    """A report with what happened on its way. `opinions`: whether each report on an investigation finds a case."""

    report: Report = Report()
    contacted: Moment | None = None
    assessed: Moment | None = None
    signposted: Moment | None = None
    outside: bool = False
    safeguarded: bool = False
    alleged: tuple[tuple[int, Moment], ...] = ()
    reviews: tuple[Review, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    barred: tuple[tuple[int, Moment], ...] = ()
    opinions: tuple[tuple[UUID, bool | None], ...] = ()

    def evolve(self, entry: RecordedEvent) -> "Life":
        """The life after one more fact."""
        return replace(self._gone_on(entry), report=self.report.evolve(entry))

    def _gone_on(self, entry: RecordedEvent) -> "Life":
        event = entry.event
        match event:
            case MisconductUpdateSent():
                return self._contacted(entry) if event.to is Informed.COMPLAINANT else self
            case QuestionAsked() | StatusTold() | OutcomeSent():
                return self._contacted(entry)
            case ReportAssessed():
                return replace(self, assessed=self.assessed or entry.at)
            case ReportSignposted():
                return replace(self, signposted=entry.at)
            case HandlingOutsideSch3Decided():
                return replace(self, outside=True)
            case SafeguardingStarted():
                return replace(self, safeguarded=True)
            case AllegationMade():
                return replace(self, alleged=(*self.alleged, (event.allegation, entry.at)))
            case BarredListNotified():
                return replace(self, barred=(*self.barred, (event.subject, entry.at)))
            case InvestigationReported():
                found = any(each.opinion is not Opinion.NO_CASE for each in event.opinions) if event.opinions else None
                return replace(self, opinions=(*self.opinions, (entry.event_id, found)))
            case ReviewApplied():
                return replace(self, reviews=(*self.reviews, Review(event.body.value, event.on)))
            case ReviewAcknowledged():
                return replace(self, reviews=_acknowledged(self.reviews, entry.at))
            case ComplaintReviewDecided():
                return replace(self, reviews=_decided(self.reviews, entry.at, event.finding.value))
            case MandatoryCriterionIdentified():
                return replace(self, criteria=(*self.criteria, _criterion(event)))
            case ReferredToIopc():
                met = (each._replace(met=entry.at) if each.is_open else each for each in self.criteria)
                return replace(self, criteria=tuple(met))
            case ReferralNotMade():
                lifted = (each._replace(lifted=entry.at) if each.is_open else each for each in self.criteria)
                return replace(self, criteria=tuple(lifted))
            case _:
                return self

    def _contacted(self, entry: RecordedEvent) -> "Life":
        return replace(self, contacted=min(filter(None, (self.contacted, entry.at))))


def replay(entries: Sequence[RecordedEvent]) -> Life:
    """The life of a report as its events have it."""
    life = Life()
    for entry in restate(entries):
        life = life._gone_on(entry)  # pyright: ignore[reportPrivateUsage]
    return replace(life, report=state.replay(entries))


def _criterion(event: MandatoryCriterionIdentified) -> Criterion:
    day = event.clear_at.latest_london_date
    return Criterion(event.criterion, event.clear_at, rule_book().misconduct.clock("referral", day).due(day))


def _acknowledged(reviews: tuple[Review, ...], at: Moment) -> tuple[Review, ...]:
    if not reviews or reviews[-1].decided is not None or reviews[-1].acknowledged is not None:
        return reviews
    return (*reviews[:-1], reviews[-1]._replace(acknowledged=at))


def _decided(reviews: tuple[Review, ...], at: Moment, finding: str) -> tuple[Review, ...]:
    if not reviews or reviews[-1].decided is not None:
        return reviews
    return (*reviews[:-1], reviews[-1]._replace(decided=at, finding=finding))
