"""The mailbox of a reporter: opened by their receipt, for ever, in both directions."""

import asyncio
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from application.command_handler import RETRIES, CommandHandler
from application.ports import Clock, Conflict, EventStore
from application.reporters import REPORTER, Limit, ReceiptBook, Receipts, TooMany, UnknownReceipt, left_of_the_day
from domain.aggregate import aggregate_named
from domain.event import Command, RecordedEvent, Role
from domain.misconduct.identity import IdentityStatus
from domain.misconduct.mailbox import PlainStatus, QuestionAsked, ReporterAnswered, StatusTold
from domain.misconduct.state import Report
from domain.misconduct.telling import promised_by, status_told
from domain.rules import RuleBook
from domain.values import instant

A_MINUTE = 60


class Letter(NamedTuple):
    """One thing said in a mailbox, on a London day. `question` is its number, or that of what it answers."""

    day: date
    by_reporter: bool
    text: str | None
    question: int | None = None
    status: PlainStatus | None = None
    next_by: date | None = None


class Letterbox(NamedTuple):
    """What a reporter reads: how the report stands, by when they hear more, what was asked and said."""

    status: PlainStatus
    next_by: date | None
    is_late: bool
    unanswered: tuple[int, ...]
    identity: IdentityStatus
    letters: tuple[Letter, ...]


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Opens mailboxes. Words that open none are counted by `limit`; the right ones never are.

    A report takes `most_a_day` entries of its reporter on one London day.
    """

    handler: CommandHandler
    store: EventStore
    receipts: Receipts
    book: ReceiptBook
    limit: Limit
    most_a_day: int
    rules: RuleBook
    clock: Clock

    async def read(self, words: str) -> Letterbox:
        """What stands in the mailbox. Raises `UnknownReceipt`, or `TooMany` for wrong words beyond the limit."""
        return await self._read(await self._open(words))

    async def send(self, words: str, command: Command[Any]) -> Letterbox:
        """Do what a reporter may, whatever came to the report meanwhile. Raises as `read`, `Refused`, and `TooMany`."""
        stream = await self._open(words)
        for attempt in range(RETRIES):
            entries = await self.handler.store.load(stream)
            self._must_leave_room(entries)
            try:
                await self.handler.handle(command, REPORTER, stream=stream, expected=entries[-1].version)
                break
            except Conflict:
                if attempt == RETRIES - 1:
                    raise
        return await self._read(stream)

    async def _open(self, words: str) -> str:
        # One keyed hash and one look-up whatever the words are: there is nothing to be learnt from how long it takes.
        stream = await self.book.report_of(self.receipts.digest(words))
        if stream is None:
            raise UnknownReceipt if await self.limit.take() else TooMany(A_MINUTE)
        return stream

    def _must_leave_room(self, entries: list[RecordedEvent]) -> None:
        now = self.clock()
        today = instant(now).london_date
        own = sum(entry.role is Role.REPORTER and entry.at.london_date == today for entry in entries)
        if own >= self.most_a_day:
            raise TooMany(left_of_the_day(now))

    async def _read(self, stream: str) -> Letterbox:
        entries = await self.handler.store.load(stream)
        report: Report = aggregate_named(stream).replay(entries)
        sealed = [entry for entry in entries if isinstance(entry.event, QuestionAsked | ReporterAnswered | StatusTold)]
        opened = await asyncio.to_thread(self.store.reveal, sealed)
        next_by = promised_by(report, self.rules)
        return Letterbox(
            status_told(report),
            next_by,
            next_by is not None and next_by < instant(self.clock()).london_date,
            report.mailbox.unanswered,
            report.identity.status,
            tuple(map(_letter, opened)),
        )


def _letter(entry: RecordedEvent) -> Letter:
    day, event = entry.at.latest_london_date, entry.event
    match event:
        case QuestionAsked():
            return Letter(day, False, event.text, event.question)
        case ReporterAnswered():
            return Letter(day, True, event.text, event.question)
        case StatusTold():
            return Letter(day, False, event.note, None, event.status, event.next_by)
        case _:
            raise TypeError(f"{event.NAME} is not said in a mailbox")
