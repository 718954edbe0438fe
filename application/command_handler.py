"""Load, decide, append. The only write path of the live door."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from application.once import once
from application.ports import (
    AccessPolicy,
    Actor,
    Append,
    Appended,
    AsyncEventStore,
    ByReporter,
    Clock,
    Conflict,
    Forbidden,
    Lookup,
    NewId,
    NotFound,
    ReferenceNumbers,
    Register,
    Remarks,
    Request,
    new_events,
)
from domain.aggregate import State, aggregate_of, replay_of
from domain.case.recording import ReportCrime
from domain.event import Act, Command, RecordedEvent, Role, decided, enforce
from domain.misconduct.parallel import EscalateReport
from domain.misconduct.state import REPORT
from domain.misconduct.walls import is_walled
from domain.rules import RuleBook
from domain.values import Moment, Precision, instant, london_midnight

RETRIES = 3


@dataclass(frozen=True, slots=True)
class CommandHandler:
    """Handles commands over the aggregates for the live door."""

    store: AsyncEventStore
    policy: AccessPolicy
    rules: RuleBook
    clock: Clock
    new_id: NewId
    numbers: ReferenceNumbers
    register: Register
    lookup: Lookup

    async def handle(
        self,
        command: Command[Any],
        actor: Actor,
        *,
        stream: str,
        expected: int,
        correlation: str | None = None,
        request: Request | None = None,
        by_reporter: ByReporter | None = None,
    ) -> Appended:
        """Decide over the aggregate at version `expected` and append; a request that was answered is not repeated.

        Raises `Forbidden`, `NotFound`, `Conflict` (it has moved on) or `Refused` (a rule is broken), and with a
        `request` also `KeyReused` or `RequestUnderWay`.
        """
        if command.by_reporter:
            # Nothing is kept that ties what a reporter does to a request.
            return await self._handle(command, actor, stream, expected, None, None, by_reporter or ByReporter())
        if request is None:
            return await self._handle(command, actor, stream, expected, correlation, None)
        if is_walled(stream) and not command.opens:
            await self._seen(actor, stream, command)  # nor does what was answered once show behind a wall
        return await once(
            self.store, request, lambda: self._handle(command, actor, stream, expected, correlation, request)
        )

    async def _handle(
        self,
        command: Command[Any],
        actor: Actor,
        stream: str,
        expected: int,
        correlation: str | None,
        request: Request | None,
        by_reporter: ByReporter | None = None,
    ) -> Appended:
        role = self.policy.role_for_command(actor, type(command))
        if actor.force == "*":
            if command.on_behalf is None:
                raise Forbidden("Commands are given on behalf of one force; use a token of that force.")
            actor = replace(actor, force=command.on_behalf)
        remarks = await self._remarks(command, actor, role)
        request = request and request._replace(remarks=remarks)
        for attempt in range(RETRIES):
            state = await self._state(command, actor, stream, expected)
            others = {other: await self._load(actor, other) for other in command.concerns(state)}
            asked = command.asks(state)
            found = None if asked is None else await self.lookup.find(asked)
            at = self.clock()
            act = Act(
                actor.id,
                role,
                actor.force,
                command.purpose,
                at,
                self.rules,
                actor.unit,
                remarks.reference,
                others,
                found,
            )
            facts, elsewhere = decided(command, state, act)
            events, *more = (
                new_events(each, act, self.new_id, at=when(command, act.at), correlation=correlation)
                for each in (facts, *((other.event,) for other in elsewhere))
            )
            provided = tuple((other, found.version) for other, found in others.items())
            also = tuple(
                Append(other.stream, others[other.stream].version, actor.force, new)
                for other, new in zip(elsewhere, more, strict=True)
            )
            item = Append(stream, expected, actor.force, events, request, provided, by_reporter, also)
            try:
                done = await self.store.append(item)
                return done._replace(remarks=remarks)
            except Conflict as conflict:
                if is_walled(stream) and not command.opens:
                    await self._seen(actor, stream, command)  # what came first may be that they were named
                # An equal version means that only the sealing key was new to us, or that another stream which the
                # decision concerns has moved: load again and decide anew.
                if conflict.current != expected or attempt == RETRIES - 1:
                    raise
        raise AssertionError("unreachable")

    async def _remarks(self, command: Command[Any], actor: Actor, role: Role) -> Remarks:
        """For a report: the number of its case, and the cases that may be the same. Raises `Refused`."""
        if not isinstance(command, ReportCrime):
            return Remarks()
        # Decided once without a number: a report that is refused uses up none.
        act = Act(actor.id, role, actor.force, command.purpose, self.clock(), self.rules, actor.unit)
        enforce(command, aggregate_of(type(command)).replay(()), act)
        same: tuple[str, ...] = ()
        day = command.received_at.london_date
        if command.alleged is not None and command.place_code is not None:
            same = await self.register.same_report(actor.force, command.alleged, day, command.place_code)
        year = instant(act.at).london_date.year
        return Remarks(await self.numbers.next(actor.force, year), same)

    async def _state(self, command: Command[Any], actor: Actor, stream: str, expected: int) -> State:
        aggregate = aggregate_of(type(command))
        if command.opens:
            return aggregate.replay(())
        state: State = aggregate.replay(await self._seen(actor, stream, command))
        if state.version != expected:
            raise Conflict(stream, expected, state.version)
        return state

    async def _seen(self, actor: Actor, stream: str, command: Command[Any]) -> list[RecordedEvent]:
        """The history, if it is for the actor's eyes; else `NotFound`, as if there were none.

        Whoever passed a report on follows it, and can escalate it.
        """
        entries = await self.store.load(stream)
        follows = isinstance(command, EscalateReport) and self.policy.follows(actor, entries)
        if not follows and not self.policy.sees(actor, entries):
            raise NotFound(stream)
        return entries

    async def _load(self, actor: Actor, stream: str) -> State:
        entries = await self.store.load(stream)
        hidden = stream.startswith(REPORT.prefix) and not self.policy.sees(actor, entries)
        return replay_of(stream)(() if hidden else entries)


def when(command: Command[Any], at: datetime) -> Moment:
    """The moment of the act: of what a reporter of misconduct does, only the London day."""
    return Moment(london_midnight(instant(at).london_date), Precision.DAY) if command.by_reporter else instant(at)
