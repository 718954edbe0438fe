"""What stands in a cell: white space, null markers, spreadsheet errors, HTML and value tables."""

import html
import re
import unicodedata
from collections.abc import Iterable

_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9]*(?:\s[^<>]*)?/?>|<!--.*?-->", re.DOTALL)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_ERROR = re.compile(
    r"#(?:VALUE!|REF!|NAME\?|DIV/0!|NUM!|NULL!|N/A|SPILL!|CALC!|GETTING_DATA|FIELD!|BLOCKED!|FORMULA!|#+)"
)
_USUAL = re.compile(r"[A-Za-z0-9]+(?:[ /:.,+_-][A-Za-z0-9]+)*")
"""Words, numbers and times, which mean what they look like."""
LONGEST = 4000


class Unreadable(Exception):
    """Why a row is set aside."""


def clean(text: str) -> str:
    """The text without what nobody sees: runs of white space become one space, invisible characters go."""
    if text.isascii() and text.isprintable():
        if "  " in text:
            return " ".join(text.split())
        return text.strip()
    return " ".join(unicodedata.normalize("NFC", text.translate(_INVISIBLE)).split())


class Cleaner:
    """Makes of a raw cell its meaning as text; empty where it says nothing."""

    def __init__(self, nulls: Iterable[str], *, html_is_text: bool) -> None:
        self._nulls = frozenset(clean(null).casefold() for null in nulls)
        self._html_is_text = html_is_text

    def __call__(self, column: str, raw: str) -> str:
        """The text of the cell; `Unreadable` if it cannot be a value."""
        if _USUAL.fullmatch(raw) and len(raw) <= LONGEST:
            return "" if raw.casefold() in self._nulls else raw
        if not raw.isprintable() and _CONTROL.search(raw):
            raise Unreadable(f"“{column}” holds a control character")
        text = clean(raw)
        if text.casefold() in self._nulls:
            return ""
        if ("<" in text and _TAG.search(text)) or ("&" in text and _ENTITY.search(text)):
            if not self._html_is_text:
                raise Unreadable(f"“{column}” holds HTML")
            text = clean(html.unescape(_TAG.sub(" ", text)))
            if text.casefold() in self._nulls:
                return ""
        if text[:1] == "#" and _ERROR.fullmatch(text.upper()):
            raise Unreadable(f"“{column}” holds an error of a spreadsheet")
        if "\ufffd" in text:
            raise Unreadable(f"“{column}” holds a character that was lost before")
        if len(text) > LONGEST:
            raise Unreadable(f"“{column}” is longer than {LONGEST:,} characters")
        return text


def excerpt(text: str) -> str:
    """The beginning of a cell, for a message."""
    return text if len(text) <= 40 else f"{text[:39]}…"
