"""Reassignment: everything that somebody owns passes to somebody else, so that no case is nobody's when they leave."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from application.command_handler import CommandHandler
from application.ports import Actor, AsyncEventStore, Conflict
from domain.case.ownership import AssignOwner
from domain.case.state import replay
from domain.event import Refused

TRIES = 3
LOOK_AGAIN = 0.1  # seconds


class Caseload(NamedTuple):
    """Whose cases: of a force and an owner (None: of nobody), open or closed or both (None), from after an id on."""

    force: str
    owner: str | None
    closure: str | None = None
    after: str = ""
    limit: int = 500


class Cases(NamedTuple):
    """The ids of cases, in order, and the position of the log that the read model covered."""

    ids: Sequence[str]
    position: int


class Owned(Protocol):
    """Finds what somebody owns, as far as the read model has come."""

    async def owned(self, wanted: Caseload) -> Cases:
        """At most `wanted.limit` of the cases."""
        ...


class Reassigned(NamedTuple):
    """What became of a caseload: cases that passed on, that were no longer theirs, that could not be passed on (with
    the rule), and after which there are more. `position`: up to where the log was looked through."""

    passed_on: tuple[str, ...]
    not_theirs: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]
    next_after: str | None
    position: int


@dataclass(frozen=True, slots=True)
class Reassignment:
    """Passes a caseload on, case by case; each is an event of its own, and what was done stays done.

    `patience`: for how long (seconds) the read model is waited for.
    """

    handler: CommandHandler
    store: AsyncEventStore
    register: Owned
    patience: float = 5.0

    async def pass_on(self, wanted: Caseload, command: AssignOwner, actor: Actor, covering: int) -> Reassigned:
        """The cases that the log has up to the position `covering`, at most `wanted.limit`. Raises as the handler.

        A `position` below `covering` says that the read model did not get there in time: there may be more.
        """
        found = await self._found(wanted._replace(limit=wanted.limit + 1), covering)
        passed: list[str] = []
        not_theirs: list[str] = []
        refused: list[tuple[str, str]] = []
        page = found.ids[: wanted.limit]
        for case in page:
            try:
                (passed if await self._one(case, wanted.owner, command, actor) else not_theirs).append(case)
            except Refused as error:
                refused.append((case, error.rule.id))
        more = len(found.ids) > wanted.limit
        return Reassigned(tuple(passed), tuple(not_theirs), tuple(refused), page[-1] if more else None, found.position)

    async def _found(self, wanted: Caseload, covering: int) -> Cases:
        found = await self.register.owned(wanted)
        for _ in range(int(self.patience / LOOK_AGAIN)):
            if found.position >= covering:
                break
            await asyncio.sleep(LOOK_AGAIN)
            found = await self.register.owned(wanted)
        return found

    async def _one(self, case: str, owner: str | None, command: AssignOwner, actor: Actor) -> bool:
        for attempt in range(TRIES):
            state = replay(await self.store.load(case))
            if state.ownership.owner != owner:
                return False
            try:
                await self.handler.handle(command, actor, stream=case, expected=state.version)
            except Conflict:
                if attempt == TRIES - 1:
                    raise
            else:
                return True
        raise AssertionError("unreachable")
