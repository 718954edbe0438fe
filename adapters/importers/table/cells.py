"""What a mapping says that the cells of a column can hold, beside what they stand for."""

import re
from collections.abc import Callable, Sequence

from adapters.importers.table.mapping import Bounds, ColumnRules
from adapters.importers.table.values import Unreadable, clean
from domain.values import Moment

Text = Callable[[str], str]
Read = Callable[[str], Moment]


def checked(name: str, rules: ColumnRules, text: Text) -> Text:
    """The reader of the texts of a column, which refuses what cannot stand there."""
    pattern = re.compile(rules.pattern) if rules.pattern is not None else None
    bounds = rules.between if rules.between is not None and not _is_of_times(rules.between) else None
    refused = {clean(given).casefold(): reason for given, reason in rules.refused.items()}
    if not (rules.lower or pattern or bounds or refused):
        return text

    def read(raw: str) -> str:
        found = text(raw)
        if not found:
            return found
        if rules.lower:
            found = found.lower()
        if pattern is not None and not pattern.fullmatch(found):
            raise Unreadable(rules.reason or f"“{name}” is not written as the mapping says")
        if bounds is not None and not _within(bounds, _number(name, found, rules.reason)):
            raise Unreadable(bounds.reason or f"“{name}” lies outside what the mapping allows")
        if (reason := refused.get(found.casefold())) is not None:
            raise Unreadable(reason)
        return found

    return read


def bounded(name: str, rules: ColumnRules, moment: Read) -> Read:
    """The reader of the times of a column, which refuses those that the mapping rules out."""
    bounds = rules.between
    if rules.reason is None and (bounds is None or not _is_of_times(bounds)):
        return moment
    of_times = bounds if bounds is not None and _is_of_times(bounds) else Bounds()
    least, most = (Moment.of(str(each)) if each is not None else None for each in (of_times.least, of_times.most))

    def read(text: str) -> Moment:
        try:
            found = moment(text)
        except Unreadable as error:
            raise Unreadable(rules.reason or str(error)) from None
        if (least is not None and found.earliest < least.earliest) or (most is not None and found.latest > most.latest):
            raise Unreadable(of_times.reason or f"“{name}” lies outside what the mapping allows")
        return found

    return read


def fault_of(rules: ColumnRules) -> tuple[str, str] | None:
    """What is wrong with such rules, and the key that says it."""
    try:
        re.compile(rules.pattern or "")
    except re.error as error:
        return "pattern", f"is no regular expression ({error})"
    bounds = rules.between
    if bounds is not None:
        given = [each for each in (bounds.least, bounds.most) if each is not None]
        if not given or len({isinstance(each, str) for each in given}) > 1:
            return "between", "needs `from` or `to`, both numbers or both times"
        try:
            ends: Sequence[object] = [Moment.of(each).earliest if isinstance(each, str) else each for each in given]
        except ValueError:
            return "between", "is no number and no time in ISO 8601"
        if len(ends) > 1 and ends[0] > ends[1]:  # type: ignore[operator]
            return "between", "ends before it begins"
    return None


def _is_of_times(bounds: Bounds) -> bool:
    return isinstance(bounds.least, str) or isinstance(bounds.most, str)


def _number(name: str, text: str, reason: str | None) -> float:
    try:
        return float(text)
    except ValueError:
        raise Unreadable(reason or f"“{name}” is not a number") from None


def _within(bounds: Bounds, value: float) -> bool:
    least, most = bounds.least, bounds.most
    above = least is None or float(least) <= value
    return above and (most is None or value <= float(most))
