"""Seeded wrongful cancellations: refused without exception at the live door, stored as testimony at the import door."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from tables import Desk

from adapters.system import System, now
from application.ports import Actor, Append, new_events
from domain import event
from domain.case import cancellation, transfer
from domain.case.cancellation import (
    ApproveCancellation,
    CancellationCode,
    RefuseCancellation,
    RequestCancellation,
    ReverseCancellation,
)
from domain.case.investigation import AllocateInvestigation
from domain.case.recording import RecordCrime, ReportCrime, ReporterRole, Route
from domain.case.state import replay
from domain.case.transfer import AcceptTransfer, RequestTransfer
from domain.event import Act, Command, Purpose, RecordedEvent, Refused, Role, Rule, SourceRow
from domain.rules import rule_book
from domain.values import instant

FORCE, SEED, EACH = "kent", 80_100, 12
SOURCE = SourceRow("batch", 1, "content", "key")
DECIDER = ("decider-1", Role.DESIGNATED_DECISION_MAKER)
OTHER_DECIDER = ("decider-2", Role.DESIGNATED_DECISION_MAKER)
REGISTRAR = ("registrar-1", Role.FORCE_CRIME_REGISTRAR)
RECORDER, INVESTIGATOR = ("recorder-1", Role.RECORDER), ("officer-1", Role.INVESTIGATOR)
SUPERVISOR, OTHER_RECORDER = ("supervisor-1", Role.SUPERVISOR), ("recorder-2", Role.RECORDER)

Person = tuple[str, Role]
Step = tuple[Command[Any], Person]
CODE = CancellationCode
APPROVE = ApproveCancellation(rationale="As was asked for.")
REVERSE = ReverseCancellation(because="It was a crime.")
ERROR = RequestCancellation(code=CODE.C4, error="Entered twice.")
TO_ESSEX = RequestTransfer(to_force="essex", because="It happened there.")
ACCEPT = AcceptTransfer(their_reference="E/1")
ITSELF, NOBODYS = (f"case-00000000-0000-4000-8000-00000000000{number}" for number in (0, 1))


class Wrongful(NamedTuple):
    """What was done before by the rules, what is done against them, and the rules that this breaks."""

    which: str
    before: tuple[Step, ...]
    wrong: Step
    rules: frozenset[str]


def report(offence: str) -> Step:
    received = instant(now() - timedelta(minutes=30))
    victim = ReporterRole.VICTIM
    return ReportCrime(received_at=received, route=Route.ONLINE, reporter_role=victim, alleged=offence), RECORDER


def wrongful(draw: Random) -> list[Wrongful]:
    """So many of each kind."""
    found: list[Wrongful] = []
    for number in range(EACH):
        offence = draw.choice(("8N", "28E", "45", "58C", "30C"))
        crime = f"K/{number}"
        listed = draw.choice(sorted(rule_book().cancellation.self_defence_offences))

        def recorded(offence: str = offence, by: Person = RECORDER, crime: str = crime) -> tuple[Step, ...]:
            return report(offence), (RecordCrime(offence=offence, crime_reference=crime), by)

        def add(which: str, before: Sequence[Step], wrong: Command[Any], by: Person, *rules: str) -> None:
            found.append(Wrongful(which, tuple(before), (wrong, by), frozenset(rules)))

        asked = (*recorded(), (ERROR, INVESTIGATOR))
        allocated = (AllocateInvestigation(officer=DECIDER[0]), SUPERVISOR)
        handed_on = (AllocateInvestigation(officer=INVESTIGATOR[0]), SUPERVISOR)
        evidence = {CODE.C2: "verifiable_information", CODE.C3: "surviving", CODE.C5: "self_defence"}

        add("asked and approved", (*recorded(), (ERROR, DECIDER)), APPROVE, DECIDER, "requester_does_not_approve")
        own = (*recorded(by=DECIDER), (ERROR, INVESTIGATOR))
        add("recorded and approved", own, APPROVE, DECIDER, "recorder_does_not_cancel")
        officer = (*recorded(), allocated, (ERROR, INVESTIGATOR))
        add("investigates and approves", officer, APPROVE, DECIDER, "recorder_does_not_cancel")
        former = (*recorded(), allocated, handed_on, (ERROR, SUPERVISOR))
        add("investigated and approved", former, APPROVE, DECIDER, "recorder_does_not_cancel")
        add("approved by a supervisor", asked, APPROVE, SUPERVISOR, "cancellation_by_decision_maker")
        add("approved by a recorder", asked, APPROVE, OTHER_RECORDER, "cancellation_by_decision_maker")
        both = ("cancellation_by_decision_maker", "recorder_does_not_cancel")
        add("approved by its recorder", asked, APPROVE, RECORDER, *both)
        rape = (*recorded("19C"), (ERROR, INVESTIGATOR))
        add("a rape, not by the registrar", rape, APPROVE, OTHER_DECIDER, "registrar_cancels_rape")
        refuse = RefuseCancellation(because="It was a crime.")
        add("refused by a supervisor", asked, refuse, SUPERVISOR, "cancellation_by_decision_maker")
        gone = (*asked, (APPROVE, OTHER_DECIDER))
        add("reversed by a decision maker", gone, REVERSE, DECIDER, "reversal_by_registrar_or_audit")
        add("approved, never asked for", recorded(), APPROVE, REGISTRAR, "move_is_open")
        add("asked for, never recorded", recorded()[:1], ERROR, INVESTIGATOR, "move_is_open")
        add("approved twice", gone, APPROVE, REGISTRAR, "move_is_open")
        needs = {
            CODE.C2: "c2_needs_verifiable_information",
            CODE.C3: "c3_needs_the_surviving_crime",
            CODE.C4: "c4_needs_the_error",
            CODE.C5: "c5_needs_self_defence",
        }
        for code, rule in needs.items():
            # Evidence of another code is none of this one.
            beside = {name: "Something else." for other, name in evidence.items() if other is not code}
            beside.pop("surviving", None)
            bare = RequestCancellation(code=code, **(beside if draw.random() < 0.5 else {}))
            before = recorded(listed) if code is CODE.C5 else recorded()
            add(f"{code} without evidence", before, bare, INVESTIGATOR, rule)
        itself, nobodys = (RequestCancellation(code=CODE.C3, surviving=case) for case in (ITSELF, NOBODYS))
        another = ("surviving_crime_is_another", "surviving_crime_is_recorded")
        add("survived by itself", recorded(), itself, INVESTIGATOR, *another)
        add("survived by none", recorded(), nobodys, INVESTIGATOR, "surviving_crime_is_recorded")
        claim = RequestCancellation(code=CODE.C5, self_defence="He was attacked.")
        add("self-defence in a theft", recorded("45"), claim, INVESTIGATOR, "c5_needs_self_defence")
        home = RequestTransfer(to_force=FORCE, because="It is theirs.")
        add("transferred to itself", recorded(), home, SUPERVISOR, "transfer_to_another_force")
        moving = (*recorded(), (TO_ESSEX, INVESTIGATOR))
        add("accepted by a supervisor", moving, ACCEPT, SUPERVISOR, "cancellation_by_decision_maker")
        add("accepted by its recorder", moving, ACCEPT, RECORDER, *both)
        wanted = (*recorded(), (TO_ESSEX, DECIDER))
        add("asked and accepted", wanted, ACCEPT, DECIDER, "requester_does_not_approve")
        rape = (*recorded("19C"), (TO_ESSEX, INVESTIGATOR))
        add("a rape, accepted not by the registrar", rape, ACCEPT, DECIDER, "registrar_cancels_rape")
        ours = AcceptTransfer(their_reference=crime)
        add("accepted under our reference", moving, ours, DECIDER, "their_reference_is_theirs")
    return found


def addressed(command: Command[Any], stream: str) -> Command[Any]:
    """The command as it is sent to that case, which it may name."""
    names_itself = isinstance(command, RequestCancellation) and command.surviving == ITSELF
    return command.model_copy(update={"surviving": stream}) if names_itself else command


class Doors:
    """The live door, and the import door for rows that say who acted."""

    def __init__(self, system: System) -> None:
        self.system = system

    async def sends(self, stream: str, version: int, step: Step) -> int:
        command, (name, role) = step
        actor = Actor(name, frozenset({role}), FORCE)
        sent = addressed(command, stream)
        done = await self.system.handler.handle(sent, actor, stream=stream, expected=version)
        return done.version

    async def lives(self, before: Sequence[Step]) -> tuple[str, int]:
        stream, version = f"case-{uuid4()}", 0
        for step in before:
            version = await self.sends(stream, version, step)
        return stream, version

    def testifies(self, before: Sequence[Step], wrong: Step) -> list[RecordedEvent]:
        """The history as a file has it; what the store then holds of it."""
        stream = f"case-{uuid4()}"
        for command, (name, role) in (*before, wrong):
            held = self.system.store.load(stream)
            act = Act(name, role, FORCE, Purpose.IMPORT, now(), rule_book())
            facts, rules = event.testify(addressed(command, stream), replay(held), act)
            events = new_events(facts, act, uuid4, at=instant(act.at), broken=rules, source=SOURCE)
            self.system.store.append(Append(stream, len(held), FORCE, events))
        return self.system.store.load(stream)


def sources() -> dict[str, str]:
    """The source that each rule of the modules names."""
    rules = [value for module in (cancellation, transfer) for value in vars(module).values() if isinstance(value, Rule)]
    return {rule.id: rule.source for rule in rules}


async def refusals(doors: Doors, all_of_them: Sequence[Wrongful]) -> list[str]:
    """What the live door let through, or refused for another reason."""
    found: list[str] = []
    for which, before, wrong, rules in all_of_them:
        stream, version = await doors.lives(before)
        try:
            await doors.sends(stream, version, wrong)
        except Refused as refusal:
            if refusal.rule.id not in rules or not refusal.rule.source or not refusal.rule.sentence:
                found.append(f"{which}: refused by {refusal.rule.id}")
        else:
            found.append(f"{which}: let through")
        if len(doors.system.store.load(stream)) != version:
            found.append(f"{which}: something was written")
    return found


def test_the_live_door_refuses_every_wrongful_cancellation_with_the_rule_and_its_source(system: System) -> None:
    seeded = wrongful(Random(SEED))
    assert len(seeded) == len(Counter(one.which for one in seeded)) * EACH >= 200
    assert asyncio.run(refusals(Doors(system), seeded)) == []
    assert all(sources().values())


OF_ANOTHER_CASE = frozenset({"surviving_crime_is_recorded"})
"""What a file says of a case is judged by itself: the surviving crime may stand in the next row, or in no file."""


def test_the_import_door_stores_every_wrongful_cancellation_with_the_rule_named(system: System) -> None:
    doors = Doors(system)
    for which, before, wrong, rules in wrongful(Random(SEED)):
        held = doors.testifies(before, wrong)
        assert set(held[-1].broken) == rules - OF_ANOTHER_CASE, which
        assert held[-1].source is not None
        assert not any(entry.broken for entry in held[:-1]), which


@pytest.mark.parametrize("kept", ["by_authority", "_decision_maker", "_evidence", "_survivor"])
def test_a_guard_that_is_missing_is_noticed(system: System, kept: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: without one of its guards the live door lets some through."""
    monkeypatch.setattr(cancellation, kept, lambda *_: iter(()))
    some = wrongful(Random(SEED))[: len(wrongful(Random(SEED))) // EACH]
    through = asyncio.run(refusals(Doors(system), some))
    assert any(fault.endswith("let through") for fault in through)


MAPPING = """
source = "kentrms"
coverage = "full"
key = "No"
force = { constant = "kent" }

[time]
zone = "Europe/London"
formats = ["%d/%m/%Y %H:%M"]

[[event]]
name = "CrimeReported"
at = "Received"
fields = { route = { constant = "online" }, reporter_role = { constant = "victim" } }

[[event]]
name = "CrimeRecorded"
at = "Recorded"
fields = { offence = "Offence", crime_reference = "No" }

[[event]]
name = "CancellationRequested"
at = "Asked"
fields = { code = "Code", surviving = "Surviving", verifiable_information = "Information", self_defence = "Claim" }

[[event]]
name = "CancellationApproved"
at = "Cancelled"
"""
COLUMNS = ("No", "Received", "Recorded", "Offence", "Asked", "Code", "Surviving", "Information", "Claim", "Cancelled")
ROWS = {
    "c2_needs_verifiable_information": {"Code": "C2"},
    "c3_needs_the_surviving_crime": {"Code": "C3"},
    "surviving_crime_is_another": {"Code": "C3", "Surviving": "K/{}"},
    "c4_needs_the_error": {"Code": "C4"},
    "c5_needs_self_defence": {"Code": "C5", "Claim": "He was attacked."},
    "move_is_open": {"Asked": ""},
}


def test_an_extract_of_a_force_is_loaded_with_its_wrongful_cancellations_named(tmp_path: Path, system: System) -> None:
    times = {"Received": "01/03/2024 09:00", "Recorded": "01/03/2024 11:00", "Offence": "45"}
    times |= {"Asked": "04/03/2024 09:00", "Cancelled": "05/03/2024 09:00"}
    lines, expected = [",".join(COLUMNS)], list[str]()
    for number in range(60):
        rule, wrong = list(ROWS.items())[number % len(ROWS)]
        row = times | {"No": f"K/{number}"} | {name: text.format(number) for name, text in wrong.items()}
        lines.append(",".join(row.get(column, "") for column in COLUMNS))
        expected.append(rule)
    right = {"No": "K/60", "Code": "C2", "Information": "The footage shows it."}
    lines.append(",".join((times | right).get(column, "") for column in COLUMNS))
    desk = Desk(tmp_path, system, MAPPING)
    result = desk.take("\r\n".join(lines) + "\r\n")
    assert (result.account.rows_applied, result.account.rows_quarantined) == (61, 0)
    found = {
        replay(entries).recording.crime_reference: {rule for entry in entries for rule in entry.broken}
        for entries in desk.history().values()
    }
    assert found == {f"K/{number}": {rule} for number, rule in enumerate(expected)} | {"K/60": set()}
