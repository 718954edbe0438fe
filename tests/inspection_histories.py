"""Random histories of inspections and of adopted figures, written as their events would be: `told(seed)`.

Several inspections of a few forces, some after one another, some abandoned or under way; small samples, strata that
are not audited, verdicts that leave questions open, differences that were resolved, figures adopted more than once.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

from histories import Told, recorded
from inspection_scenario import cases
from report_scenario import received

from domain.denominator.adopting import DenominatorOpened
from domain.event import Act, Event, Purpose, Role, enforce
from domain.inspection.concerns import CauseOfConcernRaised
from domain.inspection.conclusion import ConcludeInspection, InspectionAbandoned
from domain.inspection.judging import CrimeOf, DisagreementResolved, ItemJudged, Verdict
from domain.inspection.sampling import SampleDrawn, StratumDrawn
from domain.inspection.scope import INSPECTORATE, InspectionOpened, Stratum, StratumPlan
from domain.inspection.seeding import NonceRevealed
from domain.inspection.state import Inspection, replay
from domain.inspection.statistics.proportion import Method
from domain.reference_figure import FigureKind, ReferenceFigureAdopted
from domain.rules import rule_book
from domain.values import Moment, instant

FORCES = ("kent", "essex", "thames-valley")
HALVES = (date(2022, 1, 1), date(2022, 7, 1), date(2023, 1, 1), date(2023, 7, 1), date(2024, 1, 1))
BEGAN = datetime.fromisoformat("2024-02-01T09:00:00+00:00")
ANSWERS = (True, True, True, False)


class History:
    """The log as it grows, a minute from event to event, one stream after the other or in turn."""

    def __init__(self, seed: int) -> None:
        self.draw, self.told, self.number = Random(seed), list[Told](), 0
        self.concluded: list[Inspection] = []

    def id(self) -> UUID:
        self.number += 1
        return UUID(int=self.number, version=4)

    def write(self, stream: str, event: Event, force: str, at: Moment | None = None, actor: str = "reviewer-1") -> None:
        written = BEGAN + timedelta(minutes=len(self.told))
        self.told.append(Told(stream, force, event, at or instant(written), written, self.id(), None, actor))

    def state(self, stream: str) -> Inspection:
        return replay(recorded([one for one in self.told if one.stream == stream]))

    def verdict(self) -> Verdict:
        draw = self.draw
        should, was = draw.random() < 0.85, draw.random() < 0.75
        of_record = (draw.choice(ANSWERS), draw.choice(ANSWERS)) if was else (None, None)
        if was and not should and draw.random() < 0.5:
            of_record = (None, None)
        crime = draw.choice((None, *CrimeOf, CrimeOf.RAPE))
        return Verdict(
            should_be_recorded=should,
            recorded=was,
            right_class=of_record[0],
            in_time=of_record[1],
            cancelled_rightly=draw.choice((None, True, False)) if was else None,
            victim_told=draw.choice((None, True, False)),
            crime=crime,
            domestic_abuse=draw.choice((None, True, True, False)),
            n100_correct=draw.choice((None, True, False)) if crime is CrimeOf.RAPE else None,
        )

    def inspection(self) -> Iterator[None]:
        """An inspection, step by step."""
        draw, stream = self.draw, f"inspection-{self.id()}"
        half = draw.randrange(len(HALVES) - 1)
        since, until, force = HALVES[half], HALVES[half + 1], draw.choice(FORCES)
        frames = {stratum: draw.choice((0, 3, 4, 7, 12, 30)) for stratum in Stratum}
        sizes = {s: min(n, draw.choice((0, 3, 4, 6))) if draw.random() < 0.25 else min(n, 5) for s, n in frames.items()}
        if not any(sizes.values()):
            frames[Stratum.VIOLENT], sizes[Stratum.VIOLENT] = 7, 5
        plans = tuple(StratumPlan(stratum=stratum, sample=size) for stratum, size in sizes.items() if size)
        opened = InspectionOpened(
            inspected=force, since=since, until=until, strata=plans, commitment="a" * 64, rule_set="inspection-2"
        )
        self.write(stream, opened, INSPECTORATE)
        yield
        nonce = NonceRevealed(nonce="b" * 64, position=1, log_digest="c" * 64, seed="d" * 64, method="sha256-rank.1")
        self.write(stream, nonce, INSPECTORATE)
        first = 1_000 * self.number
        drawn = tuple(
            StratumDrawn(stratum=s, frame=n, cases=cases(first + 100 * place, sizes[s]))
            for place, (s, n) in enumerate(frames.items())
        )
        sample = SampleDrawn(known_at=1, frame_digest="c" * 64, definition="case_facts_4", strata=drawn)
        self.write(stream, sample, INSPECTORATE)
        yield
        for value in draw.choice(((), (40_000,), (70_000,), (999, 80_000))):
            year = {"since": until.replace(year=until.year - 1), "until": until}
            crime = ReferenceFigureAdopted(
                kind=FigureKind.RECORDED_CRIME_12_MONTHS, value=value, source="As published", **year
            )
            self.write(stream, crime, INSPECTORATE)
        yield from self.judged(stream, [case for each in drawn for case in each.cases])
        end = draw.random()
        if end < 0.15:
            self.write(stream, InspectionAbandoned(), INSPECTORATE)
        if end < 0.25:
            return
        self.conclude(stream)
        yield
        self.write(stream, CauseOfConcernRaised(number=1, element="timeliness"), INSPECTORATE)

    def judged(self, stream: str, items: list[str]) -> Iterator[None]:
        for item in items:
            one = self.verdict()
            other = one if self.draw.random() < 0.7 else self.verdict()
            for actor, verdict in (("reviewer-1", one), ("reviewer-2", other)):
                self.write(stream, ItemJudged(case=item, verdict=verdict), INSPECTORATE, actor=actor)
            if one != other:
                final = DisagreementResolved(case=item, verdict=self.verdict())
                self.write(stream, final, INSPECTORATE, actor="reviewer-3")
        yield

    def conclude(self, stream: str) -> None:
        """As the command concludes it, with an inspection before it where there is one."""
        state, draw = self.state(stream), self.draw
        before = [
            each
            for each in self.concluded
            if each.scope.inspected == state.scope.inspected and each.scope.until <= state.scope.since  # type: ignore[operator]
        ]
        previous = draw.choice(before) if before and draw.random() < 0.8 else None
        command = ConcludeInspection(printed=draw.choice(tuple(Method)), previous=previous.id if previous else None)
        others = {previous.id or "": previous} if previous else {}
        act = Act("reviewer-1", Role.INSPECTOR, INSPECTORATE, Purpose.OVERSIGHT, BEGAN, rule_book(), others=others)
        [concluded] = enforce(command, state, act)
        self.write(stream, concluded, INSPECTORATE)
        self.concluded.append(self.state(stream))

    def denominator(self) -> Iterator[None]:
        """Figures of a force; several for the same days, or for the days after."""
        draw, stream = self.draw, f"denominator-{self.id()}"
        self.write(stream, DenominatorOpened(of=draw.choice(FORCES)), INSPECTORATE)
        yield
        for _ in range(draw.randrange(4)):
            since = date(draw.choice((2021, 2022, 2023)), 3, 31)
            figure = ReferenceFigureAdopted(
                kind=draw.choice((FigureKind.HEADCOUNT, FigureKind.HEADCOUNT, FigureKind.RECORDED_CRIME_12_MONTHS)),
                value=draw.choice((4, 40, 1_500, 6_800)),
                since=since,
                until=since.replace(year=since.year + draw.choice((1, 1, 2))),
                source="Home Office, police workforce",
            )
            self.write(stream, figure, INSPECTORATE)
            yield

    def report(self) -> Iterator[None]:
        """A complaint, or a matter that may not be one."""
        day = date(self.draw.choice((2022, 2023)), self.draw.choice((3, 4, 7)), self.draw.choice((1, 30)))
        at = Moment.of(day.isoformat())
        event = received(channel=self.draw.choice(("public", "public", "internal")))
        self.write(f"report-{self.id()}", event, self.draw.choice((*FORCES, "surrey")), at)
        yield


def told(seed: int) -> list[Told]:
    """A history: several streams, their events in turn."""
    history = History(seed)
    draw = history.draw
    streams = [history.inspection() for _ in range(draw.randrange(1, 5))]
    streams += [history.denominator() for _ in range(draw.randrange(4))]
    streams += [history.report() for _ in range(draw.randrange(9))]
    while streams:
        stream = draw.choice(streams)
        if next(stream, "over") == "over":
            streams.remove(stream)
    return history.told
