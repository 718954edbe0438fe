"""A deadline watch in a process of its own, so that it can be killed; and a seeded store with the misses it owes."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

from asking import projecting
from scenario import reported

from adapters.postgres import projecting as running
from adapters.settings import Settings
from adapters.system import System, now
from application.deadline_watch import DeadlineWatch, Raised
from application.ports import Append, NewEvent
from domain.case.duties import DeadlineMissed
from domain.case.notices import About
from domain.case.recording import CrimeRecorded
from domain.case.victim import SupportReferralMade, VictimInformed
from domain.event import Event, Purpose, Role
from domain.values import instant
from projections.duties import duties

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
Miss = tuple[str, str, str | None, UUID]


def append(case: str, expected: int, *facts: tuple[Event, datetime]) -> Append:
    """Facts of a case, each with the time of its act."""
    envelope = ("staff-1", Role.RECORDER, Purpose.CRIME_RECORDING)
    return Append(case, expected, "kent", tuple(NewEvent(uuid4(), fact, instant(at), *envelope) for fact, at in facts))


def received(at: datetime) -> tuple[Event, datetime]:
    """A report of that time."""
    return reported(str(instant(at))), at


def seeded(misses: int, upto: datetime) -> Iterator[tuple[Append, list[Miss]]]:
    """Cases with exactly so many missed deadlines between them, and each case's misses as they were planted."""
    planted = number = 0
    while planted < misses:
        number += 1
        case, at = f"case-{uuid4()}", upto - timedelta(days=30 + number % 300, minutes=number)
        report, recorded = received(at), (CrimeRecorded(offence="8N"), at + 20 * MINUTE)
        told = (VictimInformed(about=About.RECORDED), at + 30 * MINUTE)
        referred = (SupportReferralMade(), at + 30 * MINUTE)
        shape = number % 4 if misses - planted >= 2 else 0
        facts = [
            [report],
            [report, recorded],
            [report, recorded, told, referred],
            [report, (recorded[0], at + 2 * DAY)],
        ]
        item = append(case, 0, *facts[shape])
        ids = [new.event_id for new in item.events]
        owed: list[list[Miss]] = [
            [(case, "recording", None, ids[0])],
            [(case, "victim_told", "recorded", ids[-1]), (case, "support_referral", None, ids[-1])],
            [],
            [
                (case, "recording", None, ids[0]),
                (case, "victim_told", "recorded", ids[-1]),
                (case, "support_referral", None, ids[-1]),
            ],
        ]
        if len(owed[shape]) > misses - planted:
            continue
        planted += len(owed[shape])
        yield item, owed[shape]


def seed(system: System, misses: int) -> Counter[Miss]:
    """Write such cases and project them; what the watch has to raise."""
    owed: Counter[Miss] = Counter()
    items: list[Append] = []
    for item, planted in seeded(misses, now()):
        items.append(item)
        owed.update(planted)
    for first in range(0, len(items), 500):
        system.store.append_many(items[first : first + 500])
    project_duties(system)
    return owed


def project_duties(system: System) -> None:
    """Bring the read model of the duties to the end of the log."""
    with projecting(system, duties) as projector:
        running.catch_up(system.conninfo("candour_projector"), projector)


def raised(system: System) -> Counter[Miss]:
    """What was raised, read from all events that say so, in whatever stream they stand."""
    found: Counter[Miss] = Counter()
    position = 0
    while page := system.store.read_log(position, 5000):
        position = page[-1].position
        for entry in page:
            if isinstance(entry.event, DeadlineMissed):
                miss = entry.event
                found[miss.case, miss.duty.value, miss.about and miss.about.value, miss.opened_by] += 1
    return found


def watch(url: str, folder: str, batch: int, ready: Any, *, forgetful: bool = False) -> None:
    """Look once, in small batches. `forgetful` plants a defect: each miss is raised in a stream of its own making."""
    system = System(Settings(url, Path(folder)), None)
    looking: DeadlineWatch = system.deadline_watch
    if forgetful:
        sound = DeadlineWatch._told

        def anywhere(self: DeadlineWatch, miss: Any) -> Append:
            return sound(self, miss)._replace(stream=f"duty-{uuid4().hex}")

        patch.object(DeadlineWatch, "_told", anywhere).start()

    def first_batch(_: Raised) -> None:
        ready.set()

    looking.look(first_batch, batch=batch)
    ready.set()
