"""A force at the live door, in memory: several people send commands to several cases, as the handler takes them.

Rules can be left out (`Force(without={…})`), to see where the same commands lead if nobody asks for them.
"""

from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any, NamedTuple

from scenario import FORCE, RECEIVED, RECORDER, entry, fact

from domain.case.correction import CorrectedFacts, CorrectFact
from domain.case.recording import ReportCrime
from domain.case.state import Case, replay
from domain.event import Act, Broken, Command, Elsewhere, Event, RecordedEvent, Refused, Role, Rule, decided
from domain.rules import rule_book
from domain.values import Moment, instant

ONE, TWO, THREE = (f"case-00000000-0000-4000-8000-00000000000{number}" for number in (1, 2, 3))


class Person(NamedTuple):
    """Somebody of the force, in one of their roles."""

    id: str
    role: Role

    def acting_as(self, role: Role) -> "Person":
        """The same person in another role."""
        return self._replace(role=role)


ADA = Person(RECORDER, Role.RECORDER)  # who records in these tests
BEN = Person("staff-2", Role.RECORDER)
OFFICER = Person("officer-7", Role.INVESTIGATOR)
SUPERVISOR = Person("staff-4", Role.SUPERVISOR)
DECISION_MAKER = Person("staff-5", Role.DESIGNATED_DECISION_MAKER)
REGISTRAR = Person("staff-6", Role.FORCE_CRIME_REGISTRAR)


class Force:
    """The cases of a force, and its clock, which goes on by a minute with each command unless it is set."""

    def __init__(self, without: Collection[Rule] = ()) -> None:
        self.without = without
        self.now = Moment.of(RECEIVED).earliest
        self.histories: dict[str, list[RecordedEvent]] = {}
        self.refused: list[Rule] = []

    def at(self, time: str) -> "Force":
        """The clock shows this time."""
        self.now = Moment.of(time).earliest
        return self

    def case(self, case: str = ONE) -> Case:
        """The case as it stands."""
        return replay(self.histories.get(case, []))

    def events(self, case: str = ONE) -> list[Event]:
        """What was written about the case."""
        return [entry.event for entry in self.histories.get(case, [])]

    def sends(self, who: Person, *commands: Command[Any], to: str = ONE) -> "Force":
        """Somebody sends commands, one after another; `Refused` at the first broken rule that is not left out."""
        for command in commands:
            self.now += timedelta(minutes=1)
            facts, elsewhere = self._decided(command, self.case(to), self._act(who, command, to))
            for stream, event in [*((to, event) for event in facts), *elsewhere]:
                self._write(stream, event, who)
        return self

    def corrects(self, who: Person, number: int, to: str = ONE, **facts: Any) -> "Force":
        """Somebody corrects facts of the nth event of the case."""
        stated = CorrectedFacts.model_validate(facts)
        return self.sends(who, CorrectFact(corrects=fact(number), facts=stated, because="a slip"), to=to)

    def takes_down(self, *, to: str = ONE, who: Person = ADA, received_at: str = RECEIVED, **facts: Any) -> "Force":
        """Somebody takes down a report."""
        given = {"received_at": received_at, "route": "control_room", "reporter_role": "victim", **facts}
        return self.sends(who, ReportCrime.model_validate(given), to=to)

    def reads(self, *entries: RecordedEvent, case: str = ONE) -> "Force":
        """A file tells of the case."""
        self.histories[case] = [told._replace(stream=case) for told in entries]
        return self

    def _act(self, who: Person, command: Command[Any], case: str) -> Act:
        known = [other for other in command.concerns(self.case(case)) if other in self.histories]
        others = {other: self.case(other) for other in known}
        return Act(who.id, who.role, FORCE, command.purpose, self.now, rule_book(), others=others)

    def _decided(self, command: Command[Any], case: Case, act: Act) -> tuple[Iterable[Event], Iterable[Elsewhere]]:
        if not self.without:
            return decided(command, case, act)
        facts: list[Event] = []
        elsewhere: list[Elsewhere] = []
        for step in command.decide(case, act):
            match step:
                case Broken(rule=rule) if rule in self.without:
                    self.refused.append(rule)
                case Broken():
                    raise Refused(step.rule, step.allowed)
                case Elsewhere():
                    elsewhere.append(step)
                case _:
                    facts.append(step)
        return facts, elsewhere

    def _write(self, case: str, event: Event, who: Person) -> None:
        history = self.histories.setdefault(case, [])
        told = entry(len(history) + 1, event, instant(self.now), by=who.id)
        history.append(told._replace(stream=case, role=who.role))
