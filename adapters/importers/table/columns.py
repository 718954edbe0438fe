"""One column of a table, read by the rules that the mapping has for it."""

from collections import Counter
from collections.abc import Callable
from copy import copy
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

from adapters.importers.table.cells import Read, bounded, checked
from adapters.importers.table.mapping import ColumnRules, Mapping
from adapters.importers.table.moments import MomentReader, ends_with_a_clock
from adapters.importers.table.values import Cleaner, Unreadable, clean
from domain.values import Moment

CELLS_KEPT = 10_000
V = TypeVar("V")


class Kept(dict[str, V]):
    """What was read out of texts, by text. What is read once only, as keys are, costs less here than in `lru_cache`."""

    def __init__(self, read: Callable[[str], V]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, raw: str) -> V:
        found = self._read(raw)
        if len(self) >= CELLS_KEPT:
            self.clear()
        self[raw] = found
        return found


class Column:
    """One column: `text` makes of a raw cell what it says (empty: nothing), `value` and `moment` what that means.

    `untranslated` counts the texts that its value table does not have.
    """

    def __init__(self, name: str, place: int, rules: ColumnRules, mapping: Mapping) -> None:
        self.name, self.place, self.rules, self.blank = name, place, rules, rules.blank
        nulls = mapping.file.nulls if rules.nulls is None else rules.nulls
        cleaner = Cleaner(nulls, html_is_text=mapping.file.html == "text")
        cleaned = partial(cleaner, name)
        read = checked(name, rules, cleaned)
        as_it_is = read is cleaned
        self.text: Callable[[str], str] = Kept(read).__getitem__
        self.values = None if rules.values is None else {clean(text).casefold(): v for text, v in rules.values.items()}
        formats = rules.formats or mapping.time.formats
        workbook = ("iso",) if mapping.file.format == "xlsx" else ()
        moment = MomentReader(
            name, (*formats, *workbook), ZoneInfo(mapping.time.zone), mapping.time.fold, rules.precision
        )
        self.moment: Read = bounded(name, rules, moment)
        as_usual = self.moment is moment and as_it_is and not any(ends_with_a_clock(clean(null)) for null in nulls)
        self.soon: Callable[[str], Moment | None] | None = moment.soon if as_usual else None
        """Reads most times without a look at their text, where nothing but the time itself is asked of it."""
        self.reason = rules.reason or f"“{name}” holds a value that the mapping does not translate"
        self.untranslated: Counter[str] = Counter()

    @property
    def as_printed(self) -> "Column":
        """The same column, read as it is written, whatever its values stand for."""
        made = copy(self)
        made.values = None
        return made

    def value(self, text: str) -> object:
        """The text as the value table has it; `Unreadable` if it does not."""
        if self.values is None:
            return text
        try:
            return self.values[text.casefold()]
        except KeyError:
            self.untranslated[text] += 1
            raise Unreadable(self.reason) from None
