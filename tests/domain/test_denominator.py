"""The denominators of a force: adopted from outside, corrected by a later adoption, and which one is for a period."""

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from domain.denominator.adopting import (
    DENOMINATOR_FORCE_IS_LISTED,
    DENOMINATOR_IS_KEPT_OUTSIDE,
    DENOMINATOR_MOVE_IS_OPEN,
    FIGURE_FITS_ITS_KIND,
    OVERSIGHT_BODY,
    AdoptForceFigure,
    DenominatorOpened,
    OpenDenominator,
)
from domain.denominator.state import DENOMINATOR, Denominator, figure_for, replay
from domain.event import Act, Command, Event, Purpose, RecordedEvent, Refused, Role, Rule, enforce
from domain.inspection.scope import INSPECTORATE
from domain.reference_figure import FigureKind, ReferenceFigureAdopted
from domain.rules import rule_book
from domain.values import Moment, instant

NOW = Moment.of("2026-07-10T10:00:00Z").earliest
OPENED = DenominatorOpened(of="kent")


def figure(value: int = 6_800, kind: FigureKind = FigureKind.HEADCOUNT, **days: date) -> ReferenceFigureAdopted:
    period = {"since": date(2025, 3, 31), "until": date(2026, 3, 31), **days}
    return ReferenceFigureAdopted(kind=kind, value=value, source="Police workforce", **period)


def history(*facts: Event) -> Denominator:
    def entry(number: int, fact: Event) -> RecordedEvent:
        at: datetime = NOW - timedelta(days=30 - number)
        envelope = (at, UUID(int=number), OVERSIGHT_BODY, instant(at), "analyst-1", Role.INSPECTOR, Purpose.OVERSIGHT)
        return RecordedEvent("denominator-1", number, number, *envelope, fact)

    return replay([entry(number, fact) for number, fact in enumerate(facts, start=1)])


def facts(command: Command[Denominator], state: Denominator, force: str = OVERSIGHT_BODY) -> tuple[Event, ...]:
    return enforce(command, state, Act("analyst-1", Role.INSPECTOR, force, command.purpose, NOW, rule_book()))


def refused(rule: Rule, command: Command[Denominator], state: Denominator, force: str = OVERSIGHT_BODY) -> None:
    with pytest.raises(Refused) as refusal:
        facts(command, state, force)
    assert refusal.value.rule == rule


def test_figures_of_a_force_are_adopted_and_stay_on_the_record() -> None:
    assert facts(OpenDenominator(of="kent"), history()) == (OPENED,)
    adopt = AdoptForceFigure(**dict(figure()))
    assert facts(adopt, history(OPENED)) == (figure(),)
    state = history(OPENED, figure(), figure(7_000))
    assert (state.of, [each.value for each in state.figures]) == ("kent", [6_800, 7_000])
    assert DENOMINATOR.tracks(state, NOW)["of"] == "kent"


def test_denominator_is_kept_outside() -> None:
    assert OVERSIGHT_BODY == INSPECTORATE
    refused(DENOMINATOR_IS_KEPT_OUTSIDE, OpenDenominator(of="kent"), history(), force="kent")
    refused(DENOMINATOR_IS_KEPT_OUTSIDE, AdoptForceFigure(**dict(figure())), history(OPENED), force="kent")


def test_denominator_force_is_listed() -> None:
    refused(DENOMINATOR_FORCE_IS_LISTED, OpenDenominator(of="nowhere"), history())


def test_denominator_move_is_open() -> None:
    refused(DENOMINATOR_MOVE_IS_OPEN, OpenDenominator(of="kent"), history(OPENED))
    refused(DENOMINATOR_MOVE_IS_OPEN, AdoptForceFigure(**dict(figure())), history())


def test_figure_fits_its_kind() -> None:
    crime = {"kind": FigureKind.RECORDED_CRIME_12_MONTHS}
    for fits in (figure(), figure(**crime), figure(since=date(2023, 2, 28), until=date(2024, 2, 29), **crime)):
        facts(AdoptForceFigure(**dict(fits)), history(OPENED))
    for wrong in (figure(until=date(2025, 3, 31)), figure(until=date(2026, 3, 30), **crime)):
        refused(FIGURE_FITS_ITS_KIND, AdoptForceFigure(**dict(wrong)), history(OPENED))


def chosen(*figures: ReferenceFigureAdopted, since: date | None = None, until: date | None = None) -> int | None:
    found = figure_for(figures, FigureKind.HEADCOUNT, since, until)
    return found and found.value


def test_of_the_figures_that_hold_on_a_day_of_the_period_the_one_that_begins_last_counts() -> None:
    before = figure(1, since=date(2024, 3, 31), until=date(2025, 3, 31))
    assert chosen(figure(2), before) == 2
    assert chosen(figure(2), before, until=date(2025, 3, 31)) == 1
    assert chosen(figure(2), before, until=date(2025, 4, 1)) == 2
    assert chosen(figure(2), before, since=date(2026, 3, 30)) == 2
    assert chosen(figure(2), before, since=date(2026, 3, 31)) is None
    assert chosen(figure(3, FigureKind.RECORDED_CRIME_12_MONTHS)) is None


def test_a_later_adoption_corrects_an_earlier_one() -> None:
    assert chosen(figure(68), figure(6_800)) == 6_800
    assert chosen(figure(6_800), figure(68)) == 68
