"""Which rules a fact breaks: the import door testifies, so they are kept with the fact and refuse nothing."""

from collections.abc import Callable
from dataclasses import replace
from difflib import SequenceMatcher
from functools import cache
from typing import Any, cast

from adapters.importers.table.acting import Who
from adapters.importers.table.life import is_decision
from adapters.importers.table.meaning import DERIVED, EVENTS, with_values
from domain.case.correction import CorrectedFacts, CorrectFact, FactCorrected
from domain.case.recording import RecordingStatus
from domain.case.state import Case
from domain.event import COMMANDS, Act, Command, Event, Purpose, Role
from domain.misconduct.proceedings import FindingSetAside, ProceedingsRemitted
from domain.misconduct.sanctions import SanctionReplaced
from domain.rules import rule_book
from domain.values import Moment

FOLLOWS: frozenset[type[Event]] = frozenset({FindingSetAside, ProceedingsRemitted, SanctionReplaced})
Build = Callable[[Event], Command[Any]]


class Judge:
    """Judges facts as the live door would have, had they come there."""

    def __init__(self, actor: str, *, recorded_only: bool) -> None:
        self._file, self._recorded_only, self._book = Who(actor, Role.IMPORTER), recorded_only, rule_book()
        self._commands: dict[type[Event], tuple[Build, frozenset[str]] | None] = {}

    def rules_broken(self, state: Any, event: Event, force: str, at: Moment, who: Who | None = None) -> tuple[str, ...]:
        """The ids of the rules that the fact breaks in that state of the case, report or contact.

        A source that shows recorded crimes only cannot show the report that came before: its absence breaks nothing.
        """
        kind = type(event)
        if isinstance(event, FactCorrected) and not isinstance(state, Case):
            return ()
        if isinstance(event, FactCorrected):
            command, lacking = _correction(event), frozenset[str]()
        else:
            if kind not in self._commands:
                self._commands[kind] = _like(kind)
            known = self._commands[kind]
            command = known[0](event) if known is not None else None
            lacking = known[1] if known is not None else frozenset[str]()
        if command is None:
            return ()
        if self._recorded_only and isinstance(state, Case):
            state = _as_recorded(state, event)
        actor, role, unit = who or self._file
        act = Act(actor, role, force, Purpose.IMPORT, at.earliest, self._book, unit)
        found: list[str] = []
        try:
            for step in command.refusals(state, act):
                if step.rule.id not in found:
                    found.append(step.rule.id)
        except (KeyError, TypeError, AttributeError, ValueError):
            # A row may say less than the command needs; then what hangs on it cannot be judged.
            if all(getattr(event, name, None) is not None for name in lacking):
                raise
        return tuple(found)


def _as_recorded(case: Case, event: Event) -> Case:
    status = case.recording.status
    if status in (RecordingStatus.NONE, RecordingStatus.REPORTED):
        status = RecordingStatus.REPORTED if is_decision(type(event)) else RecordingStatus.RECORDED
    return case if status is case.recording.status else replace(case, recording=replace(case.recording, status=status))


def _like(kind: type[Event]) -> tuple[Build, frozenset[str]] | None:
    """The command that would have led to the event, with what the event says, and the fields that it needs."""
    command = command_for(kind)
    if command is None:
        return None
    names = command.model_fields.keys() & kind.model_fields.keys()
    needed = frozenset(name for name, field in command.model_fields.items() if field.is_required())
    template = command.model_construct(**dict.fromkeys(needed))

    def build(event: Event) -> Command[Any]:
        said = event.__dict__
        return with_values(template, {name: said[name] for name in names})

    return build, needed


@cache
def command_for(kind: type[Event]) -> type[Command[Any]] | None:
    """The command whose decision states such an event, and as few others as possible; None: only files state it.

    What follows from another event of the same decision is judged with that.
    """
    if kind in FOLLOWS:
        return None
    kinds = EVENTS.keys()
    found: list[tuple[int, float, type[Command[Any]]]] = []
    for command in COMMANDS.values():
        states = kinds & frozenset(command.decide.__code__.co_names)
        if kind.__name__ in states:
            found.append((len(states), -_likeness(command.__name__, kind.__name__), command))
    return min(found, key=lambda one: one[:2])[2] if found else None


@cache
def by_reporter(kind: type[Event]) -> bool:
    """Whether the event is what a reporter of misconduct does: its time is kept to the day, and no further."""
    command = command_for(kind)
    return command is not None and command.by_reporter


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, sorted(one.lower()), sorted(other.lower())).ratio()


def _correction(event: FactCorrected) -> Command[Any] | None:
    named = event.facts.model_fields_set - DERIVED
    if not named:
        return None
    facts = CorrectedFacts(**{name: getattr(event.facts, name) for name in named})
    return cast(Command[Any], CorrectFact.model_construct(corrects=event.corrects, facts=facts, because=None))
