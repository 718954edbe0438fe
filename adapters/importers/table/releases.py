"""Releases: what a row means is compared with what earlier releases of its source said, and only the rest is new."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from adapters.importers.planning import NO_ROW, Plan
from adapters.importers.table.acting import UNSAID, Who, same
from adapters.importers.table.changes import (
    attestable,
    changed_by,
    completed,
    ignored,
    is_erased,
    without_people,
    without_text,
)
from adapters.importers.table.disagreeing import Disagreements
from adapters.importers.table.histories import Row, in_order
from adapters.importers.table.ids import CASE
from adapters.importers.table.judging import Judge
from adapters.importers.table.life import ANY_ORDER, of_different_things, stage, track
from adapters.importers.table.meaning import correctable
from adapters.importers.table.standing import Fact, alike, counterpart, difference, key_of, owner_of, said_by, standing
from adapters.importers.table.succession import successors
from adapters.importers.table.telling import Statement
from application.ports import NewEvent, NewId
from domain.aggregate import AGGREGATES, Replay
from domain.case.attestation import FactAttested
from domain.case.correction import FactCorrected
from domain.case.testimony import SourceRowWithdrawn
from domain.event import Event, Purpose, RecordedEvent, Role, SourceRow
from domain.values import Moment


class Group(NamedTuple):
    """The rows of one key. `row` is the one that counts; None: the key is gone from this release."""

    stream: str
    force: str
    owner: str
    rows: tuple[Row, ...]
    row: Row | None


@dataclass(slots=True)
class Draft:
    """What is to be appended to one stream, in order, and the case, report or contact as it then is."""

    state: Any
    entries: list[RecordedEvent]
    events: list[NewEvent] = field(default_factory=list[NewEvent])
    erased: bool | None = None


@dataclass(slots=True)
class Planner:
    """Plans the groups of one batch. Pure, but for the ids it asks for and the disagreements that it collects."""

    batch: str
    source: str
    recorded_only: bool
    new_id: NewId
    now: datetime
    aggregate: str = CASE
    replay: Replay = field(init=False)
    disagreements: Disagreements = field(init=False)
    erased: set[str] = field(default_factory=set[str])
    actor: str = field(init=False)
    own: str = field(init=False)
    judge: Judge = field(init=False)

    def __post_init__(self) -> None:
        self.actor, self.own = f"import:{self.source}", f"table:{self.source}/"
        self.disagreements = Disagreements(self.source)
        self.replay = AGGREGATES[self.aggregate].replay
        self.judge = Judge(self.actor, recorded_only=self.recorded_only)

    def plan(self, group: Group, entries: Sequence[RecordedEvent]) -> Plan:
        """The events that bring the stream from what stands in it to what the row means."""
        if self.erased and group.row is not None:
            group = group._replace(row=without_people(self.erased, group.row))
        if not entries and group.row is not None:
            return self._first(group.row)
        own = [entry for entry in entries if self._wrote(entry, group)]
        if own:
            return _done_before(own)
        plan = Plan()
        draft = Draft(self.replay(entries), list(entries))
        facts = standing(entries)
        mine = {fact.label: fact for fact in facts.values() if fact.owner == group.owner}
        siblings = [fact for fact in facts.values() if fact.owner != group.owner and fact.owner.startswith(self.own)]
        others = [fact for fact in facts.values() if not fact.owner.startswith(self.own)]
        if group.row is None:
            if mine:
                first = next(iter(mine.values()))
                content = first.source.content if first.source else ""
                gone = Row(NO_ROW, group.stream, group.force, group.owner, content, ())
                for fact in mine.values():
                    self.disagreements.gone(gone, fact)
                self.follow(draft, gone, [], list(mine.values()), siblings, others, [], erased=anything_erased(draft))
                plan.withdrawn = 1
        else:
            self.state_row(draft, group.row, mine, siblings, others)
            plan.applied = 1 if draft.events else 0
            plan.corrected = 1 if any(takes_back(new.event) for new in draft.events) else 0
        plan.events = draft.events
        plan.appended = len(draft.events)
        return plan

    def forget(self, people: frozenset[str]) -> bool:
        """Nothing is said any more of these people, who were erased."""
        known = len(self.erased)
        self.erased |= people
        return len(self.erased) > known

    def _first(self, row: Row) -> Plan:
        """The case is not known yet: all that the row says is new."""
        state, source = self.replay(()), SourceRow(self.batch, row.line, row.content, row.key)
        plan = Plan(applied=1)
        events, last, actor = plan.events, len(row.statements) - 1, self.actor
        entries: list[RecordedEvent] = []
        for number, (label, event, at, _, _, who, _) in enumerate(row.statements):
            key = key_of(row.key, label, event)
            own = source if key == row.key else source._replace(key=key)
            if who is None:
                broken = self.judge.rules_broken(state, event, row.force, at)
                new = NewEvent(
                    self.new_id(), event, at, actor, Role.IMPORTER, Purpose.IMPORT, None, own, None, None, broken
                )
            else:  # what somebody may do hangs on what they did before
                broken = self.judge.rules_broken(self.replay(entries), event, row.force, at, who)
                new = NewEvent(
                    self.new_id(), event, at, who.actor, who.role, Purpose.IMPORT, who.unit, own, None, None, broken
                )
            events.append(new)
            if number < last:
                entry = entry_of(new, row.force, self.now)
                entries.append(entry)
                state = state.evolve(entry)
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

    def state_row(
        self, draft: Draft, row: Row, mine: dict[str, Fact], siblings: list[Fact], others: list[Fact]
    ) -> None:
        """Bring what stands of a row to what it states; `siblings` are facts of other rows of its source."""
        told = {statement.label for statement in row.statements}
        gone = [fact for label, fact in mine.items() if label not in told and label not in row.silent]
        for fact in gone:
            self.disagreements.gone(row, fact)
        new: list[Statement] = []
        changed: list[tuple[Event, Moment]] = []
        for statement in row.statements:
            stated = counterpart(others, statement)
            self.disagreements.compare(row, statement, alike(others, statement))
            fact = mine.get(statement.label)
            if fact is None:
                new.append(statement)
                continue
            self.disagreements.compare_with_people(row, statement, fact)
            changes = difference(fact, said_by(statement), ignored(fact, statement))
            kind = type(statement.event)
            if fact.event is None and stated is None:
                gone.append(fact)
                new.append(statement)
            elif fact.others or (
                _by_the_same(fact, statement) and all(correctable(kind, name, told) for name, told in changes.items())
            ):
                changed += [(event, statement.at) for event in changed_by(fact, changes)]
            else:
                gone.append(fact)
                new.append(completed(statement, fact))
        self.follow(draft, row, new, gone, [*mine.values(), *siblings], others, changed, erased=anything_erased(draft))

    def follow(
        self,
        draft: Draft,
        row: Row,
        new: list[Statement],
        gone: list[Fact],
        ours: Sequence[Fact],
        others: list[Fact],
        changed: Sequence[tuple[Event, Moment]],
        *,
        erased: bool,
    ) -> None:
        """Change what is to be changed, take back what is gone or in the way, and state what is new, in order."""
        source = SourceRow(self.batch, row.line, row.content, row.key)
        again = {statement.label for statement in new}
        succeeding = successors([fact for fact in gone if fact.label not in again], others)
        coming: list[Statement] = []
        sources: dict[int, SourceRow] = {}

        def comes(statement: Statement, from_row: SourceRow) -> None:
            event = without_text(statement.event) if erased else statement.event
            coming.append(statement._replace(event=event))
            sources[id(event)] = from_row

        for statement in new:
            if counterpart(others, statement) is None:
                key = key_of(row.key, statement.label, statement.event)
                comes(statement, source if key == row.key else source._replace(key=key))
        for statement, fact in succeeding:
            comes(statement, self._again(fact, key_of(fact.owner, fact.label, statement.event)))
        moved = _out_of_order(coming, gone, ours, others)
        for event, at in changed:
            self._add(draft, row.force, event, at, source)
        if back := [*gone, *(fact for _, fact in succeeding), *moved]:
            ids = tuple(fact.event_id for fact in back)
            self._add(draft, row.force, SourceRowWithdrawn(withdraws=ids), back[0].values["at"], source)
        for statement in new:
            if (stated := counterpart(others, statement)) is not None:
                event = without_text(statement.event) if erased else statement.event
                attested = FactAttested(attests=stated.event_id, facts=attestable(event, statement))
                key = f"{row.key}␟{statement.label}"
                self._add(draft, row.force, attested, statement.at, source._replace(key=key))
        for fact in moved:
            event, at = fact.restated()
            line = row.line if fact.owner == row.key else NO_ROW
            again_by = Statement(fact.label, event, at, stage(type(event)), who=fact.who)
            comes(again_by, self._again(fact)._replace(row=line))
        for statement in in_order(coming):
            event = statement.event
            self._add(draft, row.force, event, statement.at, sources[id(event)], statement.who)

    def _again(self, fact: Fact, key: str | None = None) -> SourceRow:
        """The row that states a fact again which it stated before."""
        owned = fact.source
        assert owned is not None
        return SourceRow(self.batch, NO_ROW, owned.content, key or owned.key)

    def _add(
        self, draft: Draft, force: str, event: Event, at: Moment, source: SourceRow, who: Who | None = None
    ) -> None:
        broken: tuple[str, ...] = ()
        if not isinstance(event, SourceRowWithdrawn | FactAttested):
            state = draft.state if who is None else self.replay(draft.entries)
            broken = self.judge.rules_broken(state, event, force, at, who)
        actor, role, unit = who or Who(self.actor, Role.IMPORTER)
        new = NewEvent(self.new_id(), event, at, actor, role, Purpose.IMPORT, unit, source, None, None, broken)
        draft.events.append(new)
        entry = entry_of(new, force, self.now)
        draft.entries.append(entry)
        draft.state = self.replay(draft.entries) if takes_back(event) else draft.state.evolve(entry)


def _by_the_same(fact: Fact, statement: Statement) -> bool:
    """Whether the row says that the same person acted, or does not say who; who attested something is not kept."""
    return fact.event is None or UNSAID in statement.unknown or same(fact.who, statement.who)


def entry_of(new: NewEvent, force: str, now: datetime) -> RecordedEvent:
    """The event as it will be read; where in the log is not known yet."""
    return RecordedEvent(
        "", 0, 0, now, new.event_id, force, new.at, new.actor, new.role, new.purpose, new.event,
        new.unit, new.source,
    )  # fmt: skip


def anything_erased(draft: Draft) -> bool:
    """Even where what was erased stands no more: its key is gone, and nothing can be sealed under it again."""
    if draft.erased is None:  # what is appended now is not erased
        draft.erased = any(is_erased(value) for entry in draft.entries for value in vars(entry.event).values())
    return draft.erased


def _out_of_order(
    new: Iterable[Statement], gone: Sequence[Fact], mine: Iterable[Fact], others: Sequence[Fact]
) -> list[Fact]:
    """The facts that stand and follow on one that is new: they are withdrawn and stated again after it."""
    coming = [one for one in new if type(one.event) not in ANY_ORDER]
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
    if of_different_things(fact.event, new.event):
        return False
    place = stage(type(fact.event))
    if place is not None and new.stage is not None:
        return place > new.stage
    at: Moment = fact.current["at"]
    return at.earliest > new.at.latest or (place is None and new.stage is not None and at.latest >= new.at.earliest)


def takes_back(event: Event) -> bool:
    """Whether it changes what stands in the stream already."""
    return isinstance(event, FactCorrected | SourceRowWithdrawn)


def _done_before(own: Sequence[RecordedEvent]) -> Plan:
    """What this batch did to the stream before it was interrupted."""
    plan = Plan(appended=len(own))
    lines = [(entry.source.row, entry.event) for entry in own if entry.source is not None]
    plan.applied = 1 if any(line != NO_ROW for line, _ in lines) else 0
    plan.withdrawn = 0 if plan.applied else 1
    plan.corrected = 1 if any(line != NO_ROW and takes_back(event) for line, event in lines) else 0
    return plan
