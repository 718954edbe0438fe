"""Intake: a report comes in, and whoever brings it is given a receipt, once."""

from dataclasses import dataclass
from datetime import date

from application.command_handler import RETRIES, CommandHandler
from application.ports import Actor, Appended, ByReporter, Clock, Conflict, NewId
from application.reporters import REPORTER, Limit, ReceiptBook, Receipts, ReceivedBefore, TooMany, left_of_the_day
from domain.misconduct.intake import ReceiveReport
from domain.misconduct.telling import first_promise
from domain.rules import RuleBook
from domain.values import instant

A_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Intake:
    """Receives reports: at most `most_a_day` by the public door, and as many a minute as `limit` allows."""

    handler: CommandHandler
    receipts: Receipts
    book: ReceiptBook
    limit: Limit
    most_a_day: int
    rules: RuleBook
    clock: Clock
    new_id: NewId

    async def receive(self, command: ReceiveReport, repeated: bytes | None = None) -> str:
        """Take in a report by the public door; the words of its receipt.

        `repeated` is the keyed hash of a request with an idempotency key. Raises `Refused`, `TooMany` and, if that
        request led to a report before, `ReceivedBefore`.
        """
        await self._must_be_new(repeated)
        if not await self.limit.take():
            raise TooMany(A_MINUTE)
        if await self.book.today() >= self.most_a_day:
            raise TooMany(left_of_the_day(self.clock()))
        words = self.receipts.make()
        await self._handle(command, REPORTER, self._stream(), ByReporter(self.receipts.digest(words), repeated))
        return words

    async def take_down(
        self, command: ReceiveReport, actor: Actor, handler: CommandHandler, repeated: bytes | None = None
    ) -> Appended:
        """Enter a report under somebody's token; for a caller whom an operator speaks to, the words of its receipt too.

        Raises as `CommandHandler.handle`, and `ReceivedBefore`.
        """
        await self._must_be_new(repeated)
        words = self.receipts.make() if command.by_operator else None
        by = ByReporter(None if words is None else self.receipts.digest(words), repeated)
        done = await self._handle(command, actor, self._stream(), by, handler)
        return done._replace(remarks=done.remarks._replace(receipt=words))

    def next_by(self) -> date:
        """The day by which who reports now hears more."""
        return first_promise(instant(self.clock()).london_date, self.rules)

    def _stream(self) -> str:
        return f"report-{self.new_id()}"

    async def _must_be_new(self, repeated: bytes | None) -> None:
        if repeated is not None and await self.book.repeated(repeated):
            raise ReceivedBefore

    async def _handle(
        self,
        command: ReceiveReport,
        actor: Actor,
        stream: str,
        by_reporter: ByReporter,
        handler: CommandHandler | None = None,
    ) -> Appended:
        for attempt in range(RETRIES):
            try:
                return await (handler or self.handler).handle(
                    command, actor, stream=stream, expected=0, by_reporter=by_reporter
                )
            except Conflict:  # the same request at the same moment was quicker, or a sealing key was new to us
                await self._must_be_new(by_reporter.repeated)
                if attempt == RETRIES - 1:
                    raise
        raise AssertionError("unreachable")
