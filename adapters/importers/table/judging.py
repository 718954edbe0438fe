"""Which rules a fact breaks: the import door testifies, so they are kept with the fact and refuse nothing."""

from collections.abc import Callable
from datetime import datetime
from difflib import SequenceMatcher
from functools import cache
from typing import Any, cast

from adapters.importers.table.acting import Who
from adapters.importers.table.life import is_decision
from adapters.importers.table.meaning import DERIVED, EVENTS, made_of
from domain.case.correction import CorrectedFacts, CorrectFact, FactCorrected
from domain.case.recording import RecordingStatus
from domain.case.state import Case
from domain.event import COMMANDS, Act, Command, Event, Purpose, Role
from domain.misconduct.proceedings import FindingSetAside, ProceedingsRemitted
from domain.misconduct.sanctions import SanctionReplaced
from domain.replacing import replace
from domain.rules import RuleBook, rule_book
from domain.values import Moment

FOLLOWS: frozenset[type[Event]] = frozenset({FindingSetAside, ProceedingsRemitted, SanctionReplaced})
Build = Callable[[Event], Command[Any] | None]


class Judge:
    """Judges facts as the live door would have, had they come there."""

    def __init__(self, actor: str, *, recorded_only: bool) -> None:
        self._file, self._recorded_only, self._book = Who(actor, Role.IMPORTER), recorded_only, rule_book()
        self._commands: dict[type[Event], tuple[Build, frozenset[str]]] = {}
        self._acts: dict[str, Act] = {}

    def rules_broken(self, state: Any, event: Event, force: str, at: Moment, who: Who | None = None) -> tuple[str, ...]:
        """The ids of the rules that the fact breaks in that state of the case, report or contact.

        A source that shows recorded crimes only cannot show the report that came before: its absence breaks nothing.
        """
        kind = type(event)
        if isinstance(event, FactCorrected):
            command = _correction(event) if isinstance(state, Case) else None
            lacking = frozenset[str]()
        else:
            known = self._commands.get(kind) or self._commands.setdefault(kind, _like(kind))
            command, lacking = known[0](event), known[1]
        if command is None:
            return ()
        if self._recorded_only and isinstance(state, Case):
            state = _as_recorded(state, event)
        act = self._act_of_file(force, at.earliest) if who is None else _act(who, force, at.earliest, self._book)
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

    def _act_of_file(self, force: str, at: datetime) -> Act:
        like = self._acts.get(force)
        if like is None:
            like = self._acts[force] = _act(self._file, force, at, self._book)
        return replace(like, at=at)


def _act(who: Who, force: str, at: datetime, book: RuleBook) -> Act:
    return Act(who.actor, who.role, force, Purpose.IMPORT, at, book, who.unit)


def _as_recorded(case: Case, event: Event) -> Case:
    status = case.recording.status
    if status in (RecordingStatus.NONE, RecordingStatus.REPORTED):
        status = RecordingStatus.REPORTED if is_decision(type(event)) else RecordingStatus.RECORDED
    return case if status is case.recording.status else replace(case, recording=replace(case.recording, status=status))


def _like(kind: type[Event]) -> tuple[Build, frozenset[str]]:
    """The command that would have led to the event, with what the event says, and the fields that it needs."""
    command = command_for(kind)
    if command is None:
        return lambda _: None, frozenset()
    names = [name for name in command.model_fields if name in kind.model_fields]
    needed = frozenset(name for name, field in command.model_fields.items() if field.is_required())
    template = command.model_construct(**dict.fromkeys(needed)).__dict__
    named = {*needed, *names}

    def build(event: Event) -> Command[Any]:
        said = event.__dict__
        values = {**template}
        for name in names:
            values[name] = said[name]
        return made_of(command, values, named)

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
