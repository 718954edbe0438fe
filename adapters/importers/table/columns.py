"""One column of a table, read by the rules that the mapping has for it."""

from collections import Counter
from collections.abc import Callable
from copy import copy
from functools import lru_cache, partial
from zoneinfo import ZoneInfo

from adapters.importers.table.cells import Read, bounded, checked
from adapters.importers.table.mapping import ColumnRules, Mapping
from adapters.importers.table.moments import MomentReader
from adapters.importers.table.values import Cleaner, Unreadable, clean

CELLS_KEPT = 10_000


class Column:
    """One column: `text` makes of a raw cell what it says (empty: nothing), `value` and `moment` what that means.

    `untranslated` counts the texts that its value table does not have.
    """

    def __init__(self, name: str, place: int, rules: ColumnRules, mapping: Mapping) -> None:
        self.name, self.place, self.rules, self.blank = name, place, rules, rules.blank
        nulls = mapping.file.nulls if rules.nulls is None else rules.nulls
        cleaner = Cleaner(nulls, html_is_text=mapping.file.html == "text")
        self.text: Callable[[str], str] = lru_cache(maxsize=CELLS_KEPT)(checked(name, rules, partial(cleaner, name)))
        self.values = None if rules.values is None else {clean(text).casefold(): v for text, v in rules.values.items()}
        formats = rules.formats or mapping.time.formats
        workbook = ("iso",) if mapping.file.format == "xlsx" else ()
        moment = MomentReader(
            name, (*formats, *workbook), ZoneInfo(mapping.time.zone), mapping.time.fold, rules.precision
        )
        self.moment: Read = bounded(name, rules, moment)
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
