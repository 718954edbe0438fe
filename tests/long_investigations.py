"""Histories of long investigations, seeded: early or late, standing, ended and begun again, with statements or not."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import NamedTuple

from report_scenario import COMPLAINT, Given, given, happened, received

from domain.misconduct.delay import DelayStatementSent, Item, Rests
from domain.misconduct.intake import ReportChannel
from domain.misconduct.investigation import InvestigationDiscontinued, MisconductInvestigationStarted
from domain.misconduct.sub_judice import SubJudiceResumed, SubJudiceSuspended
from domain.values import Moment, instant

STARTED = MisconductInvestigationStarted(investigator="psd-1")


class Life(NamedTuple):
    """An investigation as it was: all times are instants (UTC); `attention` is a day where it is one of the public."""

    attention: datetime | date
    spans: list[tuple[datetime, datetime | None]]
    pauses: list[tuple[datetime, datetime]]
    sent: list[datetime]


HARD = [
    date(2020, 2, 29),
    date(2024, 2, 29),
    date(2023, 8, 31),
    date(2021, 8, 29),
    date(2022, 12, 25),
    date(2024, 3, 31),
]
HORIZON = datetime(2033, 1, 1, 12, tzinfo=UTC)


def lives(count: int, seed: int = 19) -> Iterator[Life]:
    """Investigations that begin early or late, stand, end, begin again, with statements early, late or never."""
    random = Random(seed)
    for number in range(count):
        day = HARD[number % len(HARD)] if number % 3 == 0 else date(2020, 2, 1) + timedelta(random.randrange(2500))
        near_midnight = random.choice([0, 15, 22 * 60 + 30, 23 * 60, 23 * 60 + 45, 12 * 60])
        came = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=near_midnight)
        start = came + timedelta(days=random.choice([1, 20, 200, 364, 400, 600]), hours=random.randrange(24))
        end = start + timedelta(days=random.choice([30, 300, 700, 1300, 2000]), minutes=random.randrange(1440))
        spans: list[tuple[datetime, datetime | None]] = [(start, end)]
        if random.random() < 0.2:
            spans = [(start, None)]
        elif random.random() < 0.3:
            spans.append((end + timedelta(days=random.choice([3, 100, 250])), None))
        pauses = [(start + timedelta(days=5), start + timedelta(days=25))] if random.random() < 0.4 else []
        moments = [start + timedelta(days=random.randrange(1, 1500), minutes=random.randrange(1440)) for _ in range(4)]
        sent = sorted(moments[: random.randrange(5)])
        sent = [at for at in sent if any(since < at and (until is None or at < until) for since, until in spans)]
        yield Life(day if number % 5 == 0 else came, spans, pauses, sent)


def history_of(life: Life) -> Given:
    """The events of that investigation, in the order in which they happened."""
    told = [happened(STARTED, str(instant(since))) for since, _ in life.spans]
    told += [happened(InvestigationDiscontinued(), str(instant(until))) for _, until in life.spans if until]
    for since, until in life.pauses:
        told += [happened(SubJudiceSuspended(), str(instant(since))), happened(SubJudiceResumed(), str(instant(until)))]
    rests = (Rests(item=Item.ATTENTION, events=()),)
    statement = DelayStatementSent(due=Moment.of("2025-01-01"), rests_on=rests, rule_set="proceedings-2020")
    told += [happened(statement, str(instant(at))) for at in life.sent]
    if isinstance(life.attention, datetime):
        at = str(instant(life.attention))
        begun = given(happened(received(), at), *(happened(each, at) for each in COMPLAINT))
    else:
        day = str(life.attention)
        begun = given(
            happened(received(channel=ReportChannel.PUBLIC, received=day), day),
            *(happened(each, day) for each in COMPLAINT[2:]),
        )
    return begun.and_then(*sorted(told, key=lambda each: Moment.of(each.at or "").earliest))
