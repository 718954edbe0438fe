"""Streams: all rows of a report, contact or case are brought into its history together, with the numbers they need."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from adapters.importers.planning import NO_ROW, Plan
from adapters.importers.table.changes import without_people
from adapters.importers.table.gathering import StreamRows
from adapters.importers.table.histories import Row, content_of, in_order
from adapters.importers.table.numbering import OF, Numbering, Numbers, numbered
from adapters.importers.table.releases import Draft, Group, Planner, entry_of, takes_back
from adapters.importers.table.standing import Fact, standing
from adapters.importers.table.telling import FIRST_UNKNOWN, Statement, dated
from application.ports import NewEvent
from domain.case.attestation import FactAttested
from domain.case.correction import FactCorrected
from domain.case.testimony import SourceRowWithdrawn
from domain.event import Purpose, RecordedEvent, Role
from domain.misconduct.intake import REPORTER_STAYS_UNKNOWN
from domain.replacing import replace
from domain.values import Moment, PersonalData

AWAITED = "it has the time of another event, which its stream does not have yet"
UNKNOWN_REPORTER = "it would say who reported, and they have not said so themselves"


class _Part(NamedTuple):
    """What a row says for itself, or of something that is numbered; `things` are the names of those it speaks of."""

    row: Row
    things: tuple[str, ...]


class StreamPlanner:
    """Plans all rows of a stream, and keys that are gone. `aside` has the rows that cannot stand there, by stream."""

    def __init__(self, planner: Planner, numbering: Numbering) -> None:
        self._planner, self._numbering = planner, numbering
        self.aside: dict[str, list[tuple[Row, str]]] = {}

    def forget(self, people: frozenset[str]) -> bool:
        """Nothing is said any more of these people, who were erased."""
        return self._planner.forget(people)

    def plan(self, group: StreamRows | Group, entries: Sequence[RecordedEvent]) -> Plan:
        """The events that bring the stream from what stands in it to what the rows mean."""
        planner = self._planner
        if isinstance(group, Group):
            plan = planner.plan(group, entries)
            plan.withdrawn = 0 if OF in group.owner else plan.withdrawn
            return plan
        own = [entry for entry in entries if entry.source is not None and entry.source.batch == planner.batch]
        before = [entry for entry in entries if entry not in own] if own else entries
        parts, things = self._parts(group, before)
        if any(entry.source is not None and entry.source.row != NO_ROW for entry in own):
            return _done_before(own)
        plan, brought = Plan(), set[str]()
        draft = Draft(planner.replay(entries), list(entries))
        if not entries:
            draft.state = replace(draft.state, id=group.stream, force=group.force)
        facts = standing(draft.entries)
        for row, named in parts:
            begins = len(draft.events)
            for owner in named:
                if owner not in brought:
                    brought.add(owner)
                    facts = self._bring(draft, things[owner], facts)
            facts = self._bring(draft, row, facts)
            new = draft.events[begins:]
            plan.applied += bool(new)
            plan.corrected += any(takes_back(each.event) for each in new)
        plan.events, plan.appended = draft.events, len(draft.events)
        return plan

    def _bring(self, draft: Draft, row: Row, facts: dict[UUID, Fact]) -> dict[UUID, Fact]:
        """Bring what stands to what the row states; gives what stands then."""
        prefix = self._planner.own
        mine = {fact.label: fact for fact in facts.values() if fact.owner == row.key}
        if not mine and not row.statements:
            return facts
        siblings = [fact for fact in facts.values() if fact.owner != row.key and fact.owner.startswith(prefix)]
        others = [fact for fact in facts.values() if not fact.owner.startswith(prefix)]
        already = len(draft.entries)
        self._planner.state_row(draft, row, mine, siblings, others)
        new = draft.entries[already:]
        if any(isinstance(entry.event, FactCorrected | FactAttested | SourceRowWithdrawn) for entry in new):
            return standing(draft.entries)
        return facts | standing(new) if new else facts

    def _parts(self, group: StreamRows, entries: Sequence[RecordedEvent]) -> tuple[list[_Part], dict[str, Row]]:
        """What each row says for itself, and what they say together of each thing that is numbered, by its name."""
        planner, numbering = self._planner, self._numbering
        times = {type(fact.event).__name__: fact.current["at"] for fact in reversed(standing(entries).values())}
        numbers = Numbers(numbering, group.key, entries)
        aside = self.aside[group.stream] = []
        state = planner.replay(entries)
        parts: list[_Part] = []
        things: dict[str, Row] = {}
        for each in group.groups:
            if each.row is None:
                continue
            row = without_people(planner.erased, each.row) if planner.erased else each.row
            statements = _with_times(row.statements, times)
            reason = AWAITED if statements is None else None
            if statements is not None and self._names_the_reporter(state, statements, group.force):
                reason = UNKNOWN_REPORTER
            if statements is None or reason is not None:
                aside += [(other, reason or AWAITED) for other in each.rows]
                continue
            given = zip(numbering.names, row.names, strict=True)
            told = {FIRST_UNKNOWN + n: numbers.of(*named) for n, named in enumerate(given)}
            statements = [
                one._replace(event=numbered(one.event, numbering.into[one.label], told)) for one in statements
            ]
            owners = dict(zip(numbering.names, self._owners(group.key, row), strict=True))
            for name, owner in owners.items():
                of_it = [one for one in statements if numbering.each.get(one.label) == name]
                things[owner] = _more(things.get(owner) or row._replace(key=owner, statements=()), of_it)
            rest = tuple(in_order([one for one in statements if one.label not in numbering.each]))
            parts.append(_Part(row._replace(statements=rest), tuple(owners.values())))
        return parts, things

    def _owners(self, key: str, row: Row) -> Iterator[str]:
        for name, text in zip(self._numbering.names, row.names, strict=True):
            yield self._numbering.owner(key, name, text)

    def _names_the_reporter(self, state: object, statements: Sequence[Statement], force: str) -> bool:
        """Whether the row would bring in who reported, where that is not known; history is no way to tell it."""
        if not any(isinstance(value, PersonalData) for one in statements for value in vars(one.event).values()):
            return False
        planner, after = self._planner, state
        for one in statements:
            broken = planner.judge.rules_broken(after, one.event, force, one.at, one.who)
            if REPORTER_STAYS_UNKNOWN.id in broken:
                return True
            new = NewEvent(planner.new_id(), one.event, one.at, planner.actor, Role.IMPORTER, Purpose.IMPORT)
            after = after.evolve(entry_of(new, force, planner.now))  # type: ignore[attr-defined]
        return False


def _with_times(statements: Sequence[Statement], times: dict[str, Moment]) -> list[Statement] | None:
    """The statements, those without a time of their own with that of another event; None if there is no such event."""
    known = times | {type(one.event).__name__: one.at for one in statements if not one.of}
    if any(one.of and one.of not in known for one in statements):
        return None
    return in_order([dated(one, known[one.of]) if one.of else one for one in statements])


def _more(thing: Row, statements: Sequence[Statement]) -> Row:
    """The thing with more said of it."""
    said = {one.label for one in thing.statements}
    told = in_order([*thing.statements, *(one for one in statements if one.label not in said)])
    return thing._replace(statements=tuple(told), content=content_of(told, set()))


def _done_before(own: Sequence[RecordedEvent]) -> Plan:
    """What this batch did to the stream before it was interrupted."""
    lines = [
        (entry.source.row, entry.event) for entry in own if entry.source is not None and entry.source.row != NO_ROW
    ]
    plan = Plan(appended=len(own))
    plan.applied = len({line for line, _ in lines})
    plan.corrected = len({line for line, event in lines if takes_back(event)})
    return plan
