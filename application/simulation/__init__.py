"""Simulation: histories made through the domain's own commands, with planted wrongs, the same for the same seed."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from heapq import heappop, heappush, merge
from random import Random

from application.ports import Append
from application.simulation import conduct, contacts
from application.simulation import fates as fates_of_cases
from application.simulation.case import Life, Neighbour, SimulatedStream, new_id
from application.simulation.force import Profile, pick, receipts, staff
from application.simulation.matter import SimulatedMatter
from application.simulation.plan import BadPlan, Plan
from application.simulation.story import tell
from application.simulation.truth import Truth
from application.simulation.world import SETTLES, Fate, World
from application.simulation.wrongs import FACTUALLY_WRONG, UNAUTHORISED
from domain.case.codes import IN_THE_REGISTER, UNDECIDED
from domain.event import Role
from domain.rules import RuleBook
from domain.values import london_midnight

__all__ = [
    "BadPlan",
    "Fate",
    "Plan",
    "Simulated",
    "SimulatedMatter",
    "SimulatedStream",
    "Truth",
    "World",
    "everything",
    "in_order_of_writing",
    "simulate",
    "written_at",
]

Simulated = SimulatedStream | SimulatedMatter
LAST_REPORT = timedelta(hours=1)
SAME_EVENT = 0.03  # the share of reports that are of the event of the report before


def simulate(plan: Plan, rules: RuleBook) -> Iterator[SimulatedStream]:
    """The cases of all forces in order of receipt, made as they are asked for. Raises `BadPlan`."""
    plan.check(rules)
    return merge(
        *(_cases(plan, number, force, rules) for number, force in enumerate(plan.forces)),
        key=lambda stream: stream.opens,
    )


def everything(plan: Plan, rules: RuleBook) -> Iterator[Simulated]:
    """The cases, and what the plan has beside them: contacts about them, reports of misconduct. Raises `BadPlan`."""
    plan.check(rules)
    return merge(
        *(_with_contacts(plan, number, force, rules) for number, force in enumerate(plan.forces)),
        *(_conduct(plan, number, force, rules) for number, force in enumerate(plan.forces)),
        key=lambda stream: stream.opens,
    )


def _with_contacts(plan: Plan, number: int, force: str, rules: RuleBook) -> Iterator[Simulated]:
    draw, end = Random(f"candour contacts {plan.seed} {number} {force}"), london_midnight(plan.end)
    line = contacts.Line(draw, staff(number), rules, end, plan.contacts, plan.reports)
    for stream in _cases(plan, number, force, rules):
        yield stream
        contact = line.about(stream)
        if contact is not None:
            yield contact


def _conduct(plan: Plan, number: int, force: str, rules: RuleBook) -> Iterator[Simulated]:
    draw = Random(f"candour conduct {plan.seed} {number} {force}")
    return conduct.tell_all(draw, number, force, rules, (plan.start, plan.end), plan.conduct)


def in_order_of_writing(streams: Iterable[Simulated]) -> Iterator[Append]:
    """The acts of all streams, one append each, in the order in which they are written. Streams come by `opens`."""
    waiting: list[tuple[datetime, int, Append]] = []
    number = 0
    for stream in streams:
        while waiting and waiting[0][0] <= stream.opens:
            yield heappop(waiting)[2]
        for append in stream.appends:
            number += 1
            heappush(waiting, (written_at(append), number, append))
    while waiting:
        yield heappop(waiting)[2]


def written_at(append: Append) -> datetime:
    """When the events of one simulated act are written (UTC)."""
    moment = append.events[0].written_at
    assert moment is not None
    return moment


def _cases(plan: Plan, number: int, force: str, rules: RuleBook) -> Iterator[SimulatedStream]:
    draw = Random(f"candour {plan.seed} {number} {force}")
    start, end = london_midnight(plan.start), london_midnight(plan.end)
    if plan.world is not None:
        yield from _world(plan, plan.world, draw, staff(number), force, rules)
        return
    people, profile = staff(number), plan.profile(force)
    before: Neighbour | None = None
    for received in receipts(draw, start, end - LAST_REPORT, plan.reports):
        life = Life(f"case-{new_id(draw)}", force, received, start, end, people, rules, draw)
        if before is not None:
            life.others = {before.stream: before.state}
        twice = draw.random() < SAME_EVENT
        tell(life, profile, _planned_wrong(draw, plan, profile), before if twice else None)
        stream = life.finished()
        if not twice and stream.state.recording.status in IN_THE_REGISTER | UNDECIDED:
            before = Neighbour(stream.stream, written_at(stream.appends[0]), stream.state)
        yield stream


def _world(
    plan: Plan, world: World, draw: Random, people: Mapping[Role, tuple[str, ...]], force: str, rules: RuleBook
) -> Iterator[SimulatedStream]:
    start, end = london_midnight(plan.start), london_midnight(plan.end)
    fates = world.fates(draw, plan.reports)
    for received, fate in zip(receipts(draw, start, end - SETTLES, plan.reports), fates, strict=True):
        life = Life(f"case-{new_id(draw)}", force, received, start, end, people, rules, draw)
        fates_of_cases.tell(life, fate)
        yield life.finished()


def _planned_wrong(draw: Random, plan: Plan, profile: Profile) -> str | None:
    chance = draw.random() / profile.wrongs
    if chance < plan.unauthorised:
        return pick(draw, UNAUTHORISED)
    if chance < plan.unauthorised + plan.factually_wrong:
        return pick(draw, FACTUALLY_WRONG)
    return None
