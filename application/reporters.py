"""What the doors for reporters need from the outside, and what they answer when they cannot do what is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from application.ports import Actor, Forbidden
from domain.event import Command, RecordedEvent, Role
from domain.misconduct.intake import SERVICE
from domain.values import end_of_day, instant

REPORTER = Actor("reporter", frozenset({Role.REPORTER}), SERVICE)
"""Whoever reports: the same for all, so that it tells them apart no more than it says who they are."""


class UnknownReceipt(Exception):
    """No report has these words."""


class TooMany(Exception):
    """A quota is used up; `seconds` until it is worth while to try again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"try again in {seconds} seconds")
        self.seconds = seconds


def left_of_the_day(now: datetime) -> int:
    """Seconds until the next London day begins."""
    return int((end_of_day(instant(now).london_date) - now).total_seconds()) + 1


class ReceivedBefore(Exception):
    """The same request led to a report before; its receipt was shown then and is not known any more."""


class Receipts(Protocol):
    """Makes receipts, and the keyed hashes under which they are known."""

    def make(self) -> str:
        """New words, for 128 random bits."""
        ...

    def digest(self, words: str) -> bytes:
        """Their keyed hash (32 bytes); for any text, with the same work."""
        ...

    def repeated(self, key: bytes, body: bytes) -> bytes:
        """The keyed hash (32 bytes) of a request."""
        ...


class ReceiptBook(Protocol):
    """Looks up what is kept for reporters."""

    async def report_of(self, digest: bytes) -> str | None:
        """The report that a receipt opens."""
        ...

    async def repeated(self, digest: bytes) -> bool:
        """Whether a request led to a report before."""
        ...

    async def today(self) -> int:
        """How many reports came in by receipt on this London day."""
        ...


class Limit(Protocol):
    """So many in any minute, over all processes."""

    async def take(self) -> bool:
        """Whether there was one left."""
        ...


@dataclass(frozen=True, slots=True)
class ReportersPolicy:
    """Access by receipt: what a reporter does, and nothing else; whoever has the receipt sees the report."""

    def role_for_command(self, actor: Actor, command: type[Command[object]]) -> Role:
        """Always the reporter's; `Forbidden` for what is not theirs to do."""
        if not command.by_reporter:
            raise Forbidden("A reporter may not do that.")
        return Role.REPORTER

    def sees(self, actor: Actor, entries: Sequence[RecordedEvent]) -> bool:
        """Whether there is anything."""
        return bool(entries)

    def follows(self, actor: Actor, entries: Sequence[RecordedEvent]) -> bool:
        """No: a reporter sees their report, or nothing."""
        return False
