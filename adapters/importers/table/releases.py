"""Releases: what a row means is compared with what earlier releases of its source said, and only the rest is new."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from adapters.importers.matching import NO_ROW, Plan
from adapters.importers.table.histories import Row, in_order
from adapters.importers.table.judging import Judge
from adapters.importers.table.meaning import ANY_ORDER, DERIVED, GIVEN_BY_CANDOUR, correctable, sealed_of, stage, track
from adapters.importers.table.standing import (
    Fact,
    alike,
    counterpart,
    difference,
    key_of,
    owner_of,
    standing,
    values_of,
)
from adapters.importers.table.telling import Statement
from application.ports import NewEvent, NewId
from domain.case.attestation import FactAttested
from domain.case.correction import CorrectedFacts, FactCorrected
from domain.case.state import Case, replay
from domain.case.testimony import SourceRowWithdrawn
from domain.event import Event, Purpose, RecordedEvent, Role, SourceRow
from domain.values import Erased, Moment, PersonalData

MOST_DISAGREEMENTS = 1000


class Group(NamedTuple):
    """The rows of one key. `row` is the one that counts; None: the key is gone from this release."""

    stream: str
    force: str
    owner: str
    rows: tuple[Row, ...]
    row: Row | None


class Disagreement(NamedTuple):
    """Two sources say different things about one field of one fact. Both are kept."""

    case: str
    fact: str
    field: str
    source: str
    says: str
    other: str
    other_says: str
    line: int


@dataclass(slots=True)
class _Draft:
    """What is to be appended to one stream, in order, and the case as it then is."""

    case: Case
    entries: list[RecordedEvent]
    events: list[NewEvent] = field(default_factory=list[NewEvent])


@dataclass(slots=True)
class Planner:
    """Plans the groups of one batch. Pure, but for the ids it asks for and the disagreements that it collects."""

    batch: str
    source: str
    recorded_only: bool
    new_id: NewId
    now: datetime
    disagreements: dict[tuple[str, str, str, str], Disagreement] = field(
        default_factory=dict[tuple[str, str, str, str], Disagreement]
    )
    disagreed: int = 0
    actor: str = field(init=False)
    own: str = field(init=False)
    judge: Judge = field(init=False)

    def __post_init__(self) -> None:
        self.actor, self.own = f"import:{self.source}", f"table:{self.source}/"
        self.judge = Judge(self.actor, recorded_only=self.recorded_only)

    def plan(self, group: Group, entries: Sequence[RecordedEvent]) -> Plan:
        """The events that bring the stream from what stands in it to what the row means."""
        if not entries and group.row is not None:
            return self._first(group.row)
        own = [entry for entry in entries if self._wrote(entry, group)]
        if own:
            return _done_before(own)
        plan = Plan()
        draft = _Draft(replay(entries), list(entries))
        facts = standing(entries)
        mine = {fact.label: fact for fact in facts.values() if fact.owner == group.owner}
        siblings = [fact for fact in facts.values() if fact.owner != group.owner and fact.owner.startswith(self.own)]
        others = [fact for fact in facts.values() if not fact.owner.startswith(self.own)]
        if group.row is None:
            if mine:
                ids = tuple(fact.event_id for fact in mine.values())
                first = next(iter(mine.values()))
                source = SourceRow(self.batch, NO_ROW, first.source.content if first.source else "", group.owner)
                self._add(draft, group.force, SourceRowWithdrawn(withdraws=ids), first.values["at"], source)
                plan.withdrawn = 1
        else:
            self._state(draft, group.row, mine, siblings, others)
            plan.applied = 1 if draft.events else 0
            plan.corrected = 1 if any(_takes_back(new.event) for new in draft.events) else 0
        plan.events = draft.events
        plan.appended = len(draft.events)
        return plan

    def _first(self, row: Row) -> Plan:
        """The case is not known yet: all that the row says is new."""
        case, source = Case(), SourceRow(self.batch, row.line, row.content, row.key)
        plan = Plan(applied=1)
        events, last, actor = plan.events, len(row.statements) - 1, self.actor
        for number, (label, event, at, *_) in enumerate(row.statements):
            key = key_of(row.key, label, event)
            own = source if key == row.key else source._replace(key=key)
            broken = self.judge.rules_broken(case, event, row.force, at)
            new = NewEvent(
                self.new_id(), event, at, actor, Role.IMPORTER, Purpose.IMPORT, None, own, None, None, broken
            )
            events.append(new)
            if number < last:
                case = case.evolve(_entry(new, row.force, self.now))
        if not row.statements:
            plan.applied = 0
        plan.appended = len(plan.events)
        return plan

    def _wrote(self, entry: RecordedEvent, group: Group) -> bool:
        """Whether this batch wrote the entry when it came to the group, before it was interrupted."""
        source = entry.source
        if source is None or source.batch != self.batch or owner_of(source) != group.owner:
            return False
        return (source.row == NO_ROW) == (group.row is None)

    def _state(self, draft: _Draft, row: Row, mine: dict[str, Fact], siblings: list[Fact], others: list[Fact]) -> None:
        source = SourceRow(self.batch, row.line, row.content, row.key)
        told = {statement.label for statement in row.statements}
        gone = [fact for label, fact in mine.items() if label not in told and label not in row.silent]
        new: list[Statement] = []
        corrections: list[tuple[FactCorrected, Moment]] = []
        # Even where what was erased stands no more: its key is gone, and nothing can be sealed under it again.
        erased = any(_is_erased(value) for entry in draft.entries for value in vars(entry.event).values())
        for statement in row.statements:
            stated = counterpart(others, statement)
            self._compare(row, statement, alike(others, statement))
            fact = mine.get(statement.label)
            if fact is None:
                new.append(statement)
                continue
            changes = difference(fact, _said(statement), _ignored(fact, statement))
            if fact.event is None and stated is None:
                gone.append(fact)
                new.append(statement)
            elif all(correctable(name, value) for name, value in changes.items()):
                if changes:
                    corrected = FactCorrected(corrects=fact.event_id, facts=CorrectedFacts.model_construct(**changes))
                    corrections.append((corrected, statement.at))
            else:
                gone.append(fact)
                new.append(_completed(statement, fact))
        moved = _out_of_order(new, gone, (*mine.values(), *siblings), others)
        for corrected, at in corrections:
            self._add(draft, row.force, corrected, at, source)
        if gone or moved:
            ids = tuple(fact.event_id for fact in (*gone, *moved))
            at = (*gone, *moved)[0].values["at"]
            self._add(draft, row.force, SourceRowWithdrawn(withdraws=ids), at, source)
        self._append_new(draft, row, source, new, moved, others, erased=erased)

    def _append_new(
        self,
        draft: _Draft,
        row: Row,
        source: SourceRow,
        new: list[Statement],
        moved: list[Fact],
        others: list[Fact],
        *,
        erased: bool,
    ) -> None:
        coming: list[Statement] = []
        sources: dict[int, SourceRow] = {}
        for statement in new:
            stated = counterpart(others, statement)
            event = _without_text(statement.event) if erased else statement.event
            if stated is not None:
                attested = FactAttested(attests=stated.event_id, facts=_attestable(event, statement))
                key = f"{row.key}␟{statement.label}"
                self._add(draft, row.force, attested, statement.at, source._replace(key=key))
            else:
                key = key_of(row.key, statement.label, event)
                coming.append(statement._replace(event=event))
                sources[id(event)] = source._replace(key=key) if key != row.key else source
        for fact in moved:
            event, at = fact.restated()
            owned = fact.source
            assert owned is not None
            event = _without_text(event) if erased else event
            coming.append(Statement(fact.label, event, at, stage(type(event))))
            line = row.line if owned.key.partition("␟")[0] == row.key else NO_ROW
            sources[id(event)] = SourceRow(self.batch, line, *owned[2:])
        for statement in in_order(coming):
            self._add(draft, row.force, statement.event, statement.at, sources[id(statement.event)])

    def _add(self, draft: _Draft, force: str, event: Event, at: Moment, source: SourceRow) -> None:
        broken: tuple[str, ...] = ()
        if not isinstance(event, SourceRowWithdrawn | FactAttested):
            broken = self.judge.rules_broken(draft.case, event, force, at)
        new = NewEvent(
            self.new_id(), event, at, self.actor, Role.IMPORTER, Purpose.IMPORT, None, source, None, None, broken
        )
        draft.events.append(new)
        entry = _entry(new, force, self.now)
        draft.entries.append(entry)
        draft.case = replay(draft.entries) if _takes_back(event) else draft.case.evolve(entry)

    def _compare(self, row: Row, statement: Statement, others: Iterable[Fact]) -> None:
        said = _said(statement)
        for fact in others:
            current = fact.current
            text = sealed_of(type(statement.event))
            for name, value in said.items():
                skipped = name in statement.unknown or name in text or name in DERIVED or name not in current
                if skipped or current[name] == value:
                    continue
                key = (row.stream, statement.label, name, fact.owner)
                if key in self.disagreements:
                    continue
                self.disagreed += 1
                if len(self.disagreements) < MOST_DISAGREEMENTS:
                    self.disagreements[key] = Disagreement(
                        row.stream, statement.label, name, self.source, _plain(value), _source_of(fact),
                        _plain(current[name]), row.line,
                    )  # fmt: skip


def _entry(new: NewEvent, force: str, now: datetime) -> RecordedEvent:
    """The event as it will be read; where in the log is not known yet."""
    return RecordedEvent(
        "", 0, 0, now, new.event_id, force, new.at, new.actor, new.role, new.purpose, new.event, None,
        new.source,
    )  # fmt: skip


def _said(statement: Statement) -> dict[str, Any]:
    return {
        name: value
        for name, value in values_of(statement.event, statement.at).items()
        if name not in statement.unknown and name not in GIVEN_BY_CANDOUR
    }


def _ignored(fact: Fact, statement: Statement) -> frozenset[str]:
    """Text that was erased stays erased: it differs from nothing."""
    return frozenset(name for name, value in fact.values.items() if _is_erased(value))


def _is_erased(value: object) -> bool:
    return isinstance(value, Erased) or (isinstance(value, PersonalData) and isinstance(value.value, Erased))


def _completed(statement: Statement, fact: Fact) -> Statement:
    """What the row does not know stays as it was."""
    kept = {name: fact.values[name] for name in statement.unknown if name in fact.values}
    return statement._replace(event=statement.event.model_copy(update=kept)) if kept else statement


def _attestable(event: Event, statement: Statement) -> CorrectedFacts:
    given = {
        name: value
        for name, value in event.__dict__.items()
        if name not in statement.unknown and name not in DERIVED and name != "place" and correctable(name, value)
    }
    return CorrectedFacts.model_construct(**given, at=statement.at)


def _out_of_order(
    new: Iterable[Statement], gone: Sequence[Fact], mine: Iterable[Fact], others: Sequence[Fact]
) -> list[Fact]:
    """The facts that stand and follow on one that is new: they are withdrawn and stated again after it."""
    coming = [one for one in new if counterpart(others, one) is None and type(one.event) not in ANY_ORDER]
    taken = {fact.event_id for fact in gone}
    return [
        fact
        for fact in (*mine, *others)
        if fact.event is not None
        and type(fact.event) not in ANY_ORDER
        and fact.event_id not in taken
        and fact.source is not None
        and not fact.others
        and any(_follows(fact, one) for one in coming)
    ]


def _follows(fact: Fact, new: Statement) -> bool:
    """Whether the fact comes later in the same track of a case: by its stage where both have one, else by its time.

    Where the times leave it open, the report and the decision on it come first.
    """
    if fact.event is None or track(type(fact.event)) != track(type(new.event)):
        return False
    place = stage(type(fact.event))
    if place is not None and new.stage is not None:
        return place > new.stage
    at: Moment = fact.current["at"]
    return at.earliest > new.at.latest or (place is None and new.stage is not None and at.latest >= new.at.earliest)


def _without_text(event: Event) -> Event:
    texts = {name: None for name in sealed_of(type(event)) if getattr(event, name) is not None}
    return event.model_copy(update=texts) if texts else event


def _takes_back(event: Event) -> bool:
    return isinstance(event, FactCorrected | SourceRowWithdrawn)


def _source_of(fact: Fact) -> str:
    return fact.owner.removeprefix("table:").partition("/")[0] or "entered by hand"


def _plain(value: object) -> str:
    return "" if value is None else str(value)


def _done_before(own: Sequence[RecordedEvent]) -> Plan:
    """What this batch did to the stream before it was interrupted."""
    plan = Plan(appended=len(own))
    lines = [(entry.source.row, entry.event) for entry in own if entry.source is not None]
    plan.applied = 1 if any(line != NO_ROW for line, _ in lines) else 0
    plan.withdrawn = 0 if plan.applied else 1
    plan.corrected = 1 if any(line != NO_ROW and _takes_back(event) for line, event in lines) else 0
    return plan
