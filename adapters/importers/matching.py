"""Matching: which rows are known, which are new, which correct an earlier one, which are gone."""

from collections.abc import Collection, Iterable, Sequence
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


ANEW = ""


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
            row = group.rows[0]
            self._state(plan, None, row.facts, SourceRow(self.batch, row.line, row.content, row.key))
            plan.applied = 1
        elif own := [entry for entry in entries if entry.source and entry.source.batch == self.batch]:
            _count(plan, own)
            return plan
        else:
            slots = standing(entries)
            parts: dict[str, list[str]] = {}
            for part in dict.fromkeys((*group.parts, *(row.part for row in group.rows))):
                parts.setdefault(slot_of(f"{part}/"), []).append(part)
            for name, its in parts.items():
                self._settle(plan, slots.setdefault(name, Slot()), its, group)
        plan.appended = len(plan.events)
        return plan

    def forget(self, people: frozenset[str]) -> bool:
        """The files name nobody."""
        return False

    def _settle(self, plan: Plan, slot: Slot, parts: Iterable[str], group: Group) -> None:
        """Bring the rows of a slot to what the file says of these parts of it.

        The rows of a slot stand in order of rank: the first states the facts, each later one corrects them. So what
        they amount to, and which of them stand, does not depend on the order in which files or lines were read.
        """
        kept, new, gone = dict(slot.rows), dict[str, Row](), list[str]()
        for part in parts:
            left = {key: row for key, row in slot.rows.items() if key.startswith(f"{part}/")}
            fresh = _unknown((row for row in group.rows if row.part == part), left)
            silent = sorted(left)
            replaced, more = silent[: len(fresh)], silent[len(fresh) :] if part in group.parts else []
            for number, row in enumerate(sorted(fresh, key=lambda row: self._rank(row.facts))):
                free = replaced[number] if number < len(replaced) else _free(kept.keys() | new.keys(), row.key)
                new[free] = row
            for key in (*replaced, *more):
                del kept[key]
            gone += more
        if not new and not gone:
            return
        plan.applied += len(new)
        plan.withdrawn += len(gone)
        lowest = max((self._rank(row.facts) for row in kept.values()), default=("", False, ""))
        on_top = len(kept) == len(slot.rows) and all(self._rank(row.facts) > lowest for row in new.values())
        if on_top or (len(slot.rows) == len(new) == 1 and not kept):
            kept = {}  # what stands, stands as it is
        else:
            self._clear(plan, slot, gone)
        said = [(row.facts, SourceRow(self.batch, NO_ROW, row.content, key)) for key, row in kept.items()]
        said += [(row.facts, SourceRow(self.batch, row.line, row.content, key)) for key, row in new.items()]
        for facts, source in sorted(said, key=lambda each: self._rank(each[0])):
            self._state(plan, slot, facts, source)

    def _state(self, plan: Plan, slot: Slot | None, facts: Facts, source: SourceRow) -> None:
        """The row states its facts where nothing is stated yet, and corrects them elsewhere."""
        if slot is None or not slot.stated:
            for event, at in facts:
                self._append(plan, slot, event, at, source)
        else:
            self._correct(plan, slot, facts, source)
            plan.corrected += source.row != NO_ROW

    def _clear(self, plan: Plan, slot: Slot, gone: Sequence[str]) -> None:
        """Take back all that stands, under the rows that are gone; `ANEW` if none is, and all will be said again."""
        events = (*slot.stated, *slot.corrections)
        at = next(iter(slot.stated.values()))[1]
        taken_back = [(key, slot.rows[key].content) for key in gone] or [(next(iter(slot.rows)), ANEW)]
        for key, content in taken_back:
            source = SourceRow(self.batch, NO_ROW, content, key)
            self._append(plan, slot, SourceRowWithdrawn(withdraws=events), at, source)
            events = ()

    def _correct(self, plan: Plan, slot: Slot, facts: Facts, source: SourceRow) -> None:
        before = zip(list(slot.stated), slot.current(), facts, strict=True)
        changes = [(event_id, difference(old, new), new[1]) for event_id, old, new in before]
        for event_id, change, at in changes:
            if change:
                corrected = FactCorrected(corrects=event_id, facts=CorrectedFacts(**change))
                self._append(plan, slot, corrected, at, source)

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


def _free(taken: Collection[str], key: str) -> str:
    number = 1
    while (name := key if number == 1 else f"{key}/{number}") in taken:
        number += 1
    return name


def _count(plan: Plan, own: Sequence[RecordedEvent]) -> None:
    """What this batch did to the stream before it was interrupted."""
    plan.appended = len(own)
    plan.withdrawn = sum(
        isinstance(entry.event, SourceRowWithdrawn) for entry in own if entry.source and entry.source.content != ANEW
    )
    rows = [(entry.source.row, entry.event) for entry in own if entry.source and entry.source.row != NO_ROW]
    plan.applied = len({row for row, _ in rows})
    plan.corrected = len({row for row, event in rows if isinstance(event, FactCorrected)})
