"""Rows of a series: which are known, which are new, which correct one of a lower rank, which are gone."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from adapters.importers.planning import NO_ROW, Plan
from adapters.importers.table.histories import Row
from adapters.importers.table.kinds import kind_of
from adapters.importers.table.mapping import Mapping
from adapters.importers.table.meaning import EVENTS
from adapters.importers.table.publishing import prefix_of
from adapters.importers.table.slots import Facts, Slot, StandingRow, difference, standing
from application.ports import NewEvent, NewId
from domain.case.correction import CorrectedFacts, FactCorrected
from domain.case.testimony import SourceRowWithdrawn
from domain.event import Event, Purpose, RecordedEvent, Role, SourceRow
from domain.values import Moment

ANEW = ""
"""The content of a row that is taken back only to be said again in its rank."""


class Group(NamedTuple):
    """All rows of a file for one stream. `parts` are those the file is the whole of; only there can rows be gone."""

    stream: str
    force: str
    rows: tuple[Row, ...]
    parts: tuple[str, ...]


@dataclass(slots=True)
class RankedPlanner:
    """Plans the groups of one batch of a series. Pure, but for the ids it asks for."""

    batch: str
    mapping: Mapping
    new_id: NewId
    actor: str = field(init=False)
    _rows: str = field(init=False)
    _whole_case: bool = field(init=False)
    _provisional: dict[type[Event], tuple[str, frozenset[str]]] = field(init=False)

    def __post_init__(self) -> None:
        kind = kind_of(self.mapping)
        assert kind is not None, "the mapping is of no series"
        self.actor = f"import:{self.mapping.source}"
        self._rows, self._whole_case = f"{prefix_of(self.mapping)}{kind.name}/", kind.rules.one_fact == "case"
        self._provisional = {
            EVENTS[rules.name]: (rules.provisional.field, frozenset(rules.provisional.values))
            for rules in self.mapping.event
            if rules.provisional is not None
        }

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
            slots = standing(entries, self._slot_of)
            parts: dict[str, list[str]] = {}
            for part in dict.fromkeys((*group.parts, *(row.part for row in group.rows))):
                parts.setdefault(self._slot_of(f"{part}/") or part, []).append(part)
            for name, its in parts.items():
                self._settle(plan, slots.setdefault(name, Slot()), its, group)
        plan.appended = len(plan.events)
        return plan

    def forget(self, people: frozenset[str]) -> bool:
        """A series names nobody."""
        return False

    def _slot_of(self, key: str) -> str | None:
        """The slot of a row of this kind: one for all periods, or one for each."""
        if not key.startswith(self._rows):
            return None
        return self._rows if self._whole_case else key[: key.index("/", len(self._rows))]

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
        before = {type(old[0]): (event_id, old) for event_id, old in zip(slot.stated, slot.current(), strict=True)}
        for event, at in facts:
            known = before.get(type(event))
            if known is None:  # an earlier mapping did not state it
                self._append(plan, slot, event, at, source)
            elif change := difference(known[1], (event, at)):
                corrected = FactCorrected(corrects=known[0], facts=CorrectedFacts(**change))
                self._append(plan, slot, corrected, at, source)

    def _append(self, plan: Plan, slot: Slot | None, event: Event, at: Moment, source: SourceRow) -> None:
        event_id = self.new_id()
        plan.events.append(NewEvent(event_id, event, at, self.actor, Role.IMPORTER, Purpose.IMPORT, None, source))
        if slot is not None:
            slot.add(event_id, event, at, source)

    def _rank(self, facts: Facts) -> tuple[str, bool, str]:
        """The later period, then what is not provisional any more, then an arbitrary but fixed order."""
        event, at = facts[-1]
        settled = False
        if (rules := self._provisional.get(type(event))) is not None:
            name, values = rules
            said = getattr(event, name)
            settled = said is not None and str(said) not in values
        return str(at), settled, "".join(e.model_dump_json() for e, _ in facts)


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
