"""Matching: which rows are known, which are new, which correct an earlier one, which are gone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from adapters.importers.categories import Categories
from adapters.importers.rows import Facts, Row
from adapters.importers.standing import Slot, StandingRow, difference, slot_of, standing
from application.ports import NewEvent, NewId
from domain.case.correction import CorrectedFacts, FactCorrected
from domain.case.outcome import OutcomeAssigned
from domain.case.testimony import CrimeRecordEvidenced, SourceRowWithdrawn
from domain.event import Event, Purpose, RecordedEvent, Role, SourceRow
from domain.values import Moment

ACTOR = "import:police-uk"
NO_ROW = 0
"""The line that is named where no row of the file speaks: a row that is gone, a row restated from another file."""


class Group(NamedTuple):
    """All rows of a file for one stream. `parts` are those the file is the whole of; only there can rows be gone."""

    stream: str
    force: str
    rows: tuple[Row, ...]
    parts: tuple[str, ...]


@dataclass(slots=True)
class Plan:
    """What is to be appended for a group, and what became of its rows."""

    events: list[NewEvent] = field(default_factory=list[NewEvent])
    appended: int = 0
    applied: int = 0
    corrected: int = 0
    withdrawn: int = 0


@dataclass(frozen=True, slots=True)
class Matcher:
    """Matches the groups of one batch with what stands in their streams. Pure, but for the ids it asks for."""

    batch: str
    categories: Categories
    new_id: NewId

    def plan(self, group: Group, entries: Sequence[RecordedEvent]) -> Plan:
        """The events that bring the stream from what stands in it to what the file says."""
        plan = Plan()
        if not entries and len(group.rows) == 1:
            self._state(plan, None, group.rows[0], group.rows[0].key)
        elif own := [entry for entry in entries if entry.source and entry.source.batch == self.batch]:
            _count(plan, own)
            return plan
        else:
            slots = standing(entries)
            parts = dict.fromkeys((*group.parts, *(row.part for row in group.rows)))
            for part in parts:
                slot = slots.setdefault(slot_of(f"{part}/"), Slot())
                rows = [row for row in group.rows if row.part == part]
                self._settle(plan, slot, part, rows, whole=part in group.parts)
        plan.appended = len(plan.events)
        return plan

    def _settle(self, plan: Plan, slot: Slot, part: str, rows: Iterable[Row], *, whole: bool) -> None:
        left = {key: row for key, row in slot.rows.items() if key.startswith(f"{part}/")}
        if not (fresh := _unknown(rows, left)) and not left:
            return
        if len(fresh) > 1:
            fresh.sort(key=lambda row: self._rank(row.facts))
        gone = sorted(left)
        if whole:
            for key in gone[len(fresh) :]:
                self._withdraw(plan, slot, key)
        for number, row in enumerate(fresh):
            self._state(plan, slot, row, gone[number] if number < len(gone) else _free(slot, row.key))
        if len(slot.rows) > 1 or left:
            self._restate(plan, slot)

    def _state(self, plan: Plan, slot: Slot | None, row: Row, key: str) -> None:
        """The row states its facts where nothing is stated yet, and corrects them elsewhere."""
        source = SourceRow(self.batch, row.line, row.content, key)
        if slot is None or not slot.stated:
            for event, at in row.facts:
                self._append(plan, slot, event, at, source)
        elif self._correct(plan, slot, row.facts, source):
            plan.corrected += 1
        plan.applied += 1

    def _restate(self, plan: Plan, slot: Slot) -> None:
        """Which row of a slot stands does not depend on the order in which files or lines were read."""
        if not slot.rows:
            return
        key, row = max(slot.rows.items(), key=lambda item: self._rank(item[1].facts))
        if slot.current() != row.facts:
            self._correct(plan, slot, row.facts, SourceRow(self.batch, NO_ROW, row.content, key))

    def _correct(self, plan: Plan, slot: Slot, facts: Facts, source: SourceRow) -> bool:
        before = zip(list(slot.stated), slot.current(), facts, strict=True)
        changes = [(event_id, difference(old, new), new[1]) for event_id, old, new in before]
        for event_id, change, at in changes:
            if change:
                corrected = FactCorrected(corrects=event_id, facts=CorrectedFacts(**change))
                self._append(plan, slot, corrected, at, source)
        return any(change for _, change, _ in changes)

    def _withdraw(self, plan: Plan, slot: Slot, key: str) -> None:
        """Facts that another row still corrects go only with the last row that stands on them."""
        row = slot.rows[key]
        events = [event_id for event_id, correction in slot.corrections.items() if correction.key == key]
        if len(slot.rows) == 1:
            events = [*slot.stated, *slot.corrections]
        source = SourceRow(self.batch, NO_ROW, row.content, key)
        self._append(plan, slot, SourceRowWithdrawn(withdraws=tuple(events)), row.facts[0][1], source)
        plan.withdrawn += 1

    def _append(self, plan: Plan, slot: Slot | None, event: Event, at: Moment, source: SourceRow) -> None:
        event_id = self.new_id()
        plan.events.append(NewEvent(event_id, event, at, ACTOR, Role.IMPORTER, Purpose.IMPORT, None, source))
        if slot is not None:
            slot.add(event_id, event, at, source)

    def _rank(self, facts: Facts) -> tuple[str, bool, str]:
        """The later month, then what is not pending any more, then an arbitrary but fixed order."""
        event, at = facts[-1]
        category = None
        if isinstance(event, CrimeRecordEvidenced):
            category = event.last_outcome
        elif isinstance(event, OutcomeAssigned):
            category = event.category
        known = self.categories.outcomes.get(category or "")
        return str(at), known is not None and not known.pending, "".join(e.model_dump_json() for e, _ in facts)


def _unknown(rows: Iterable[Row], left: dict[str, StandingRow]) -> list[Row]:
    """The rows that say something new, one of each; takes the standing rows that are said again out of `left`."""
    contents = {row.content: row for row in reversed(list(rows))}
    said = list(left.values())
    for key, known in list(left.items()):
        if contents.pop(known.content, None):
            del left[key]
    fresh: list[Row] = []
    for row in sorted(contents.values(), key=lambda row: row.line):
        if any(row.facts == known.facts for known in (*said, *fresh)):
            again = next((key for key, known in left.items() if known.facts == row.facts), None)
            left.pop(again or "", None)
        else:
            fresh.append(row)
    return fresh


def _free(slot: Slot, key: str) -> str:
    number = 1
    while (name := key if number == 1 else f"{key}/{number}") in slot.rows:
        number += 1
    return name


def _count(plan: Plan, own: Sequence[RecordedEvent]) -> None:
    """What this batch did to the stream before it was interrupted."""
    plan.appended = len(own)
    plan.withdrawn = sum(isinstance(entry.event, SourceRowWithdrawn) for entry in own)
    rows = [(entry.source.row, entry.event) for entry in own if entry.source and entry.source.row != NO_ROW]
    plan.applied = len({row for row, _ in rows})
    plan.corrected = len({row for row, event in rows if isinstance(event, FactCorrected)})
