"""A page of the reference: what reporters send without an account, what they are answered, and the limits."""

from collections.abc import Callable, Iterable, Sequence

from pydantic import BaseModel

from adapters.http.intake import NewReport
from adapters.http.mailbox import Answering, Disclosing, Opening
from adapters.http.public import INTAKE, MAILBOX, SHORT
from adapters.postgres.reporters import KEPT_DAYS
from adapters.settings import LIMITS, Limits
from domain.misconduct.telling import WORDS

Table = Callable[[Sequence[str], Iterable[Sequence[str]]], str]
DOORS: dict[str, tuple[type[BaseModel], str]] = {
    f"{INTAKE}`, `{SHORT}": (NewReport, "report; the answer (201) holds the twelve words, once"),
    MAILBOX: (Opening, "read how it stands, by when more is heard, and what was asked and said"),
    f"{MAILBOX}/answer": (Answering, "answer a question, or add something"),
    f"{MAILBOX}/disclose-identity": (Disclosing, "say who you are, to one person"),
    f"{MAILBOX}/withdraw-disclosure": (Opening, "take that back, until it was released"),
}
COUNTED = {
    "reports_a_minute": "reports in any minute, over all processes",
    "reports_a_day": "reports on a London day, with those that operators take down",
    "wrong_receipts_a_minute": "wrong receipts in any minute, over all processes; the right ones are always let in",
    "letters_a_day": "entries of its reporter in one report on a London day",
}


def reporters(table: Table, note: str) -> str:
    """What is sent to the doors for reporters, what is answered, and how much of it is taken."""
    doors = [
        (f"`POST {path}`", ", ".join(f"`{name}`" for name in body.model_fields), what)
        for path, (body, what) in DOORS.items()
    ]
    limits = [
        (f"`{setting}`", str(getattr(Limits, name)), f"{most:,}", COUNTED[name])
        for name, (setting, most) in LIMITS.items()
    ]
    return "\n\n".join(
        [
            "# Reporters",
            note,
            "These addresses take no token and no cookie. Why they keep what they keep, and what they cannot protect: "
            "[intake](../explanation/intake.md).",
            table(("address", "body", "to"), doors),
            "Bodies have 64 KiB at most, and texts 4,000 characters. Words that open nothing are answered 404, "
            "whatever is wrong with them; the first four letters of each word count, and neither case nor blanks do.",
            "## Limits",
            "For all together: who sends is not known. Beyond them the answer is 429 with `Retry-After`.",
            table(("setting", "default", "at most", "what is counted"), limits),
            f"The keyed hash of a request with an `Idempotency-Key` is kept for its London day and {KEPT_DAYS} more, "
            "and so is the number of reports of a day.",
            "## What a reporter is told",
            table(("status", "in words"), [(f"`{status}`", words) for status, words in WORDS.items()]),
        ]
    )
