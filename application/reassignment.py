"""Reassignment: everything that somebody owns passes to somebody else, so that no case is nobody's when they leave."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from application.command_handler import CommandHandler
from application.ports import Actor, AsyncEventStore, Conflict
from domain.case.ownership import AssignOwner
from domain.case.state import replay
from domain.event import Refused

TRIES = 3


class Owned(Protocol):
    """Finds what somebody owns, as far as the read model has come."""

    async def owned_by(self, force: str, owner: str, after: str, limit: int) -> Sequence[str]:
        """The ids of their open cases, in order, after that id; at most `limit`."""
        ...


class Reassigned(NamedTuple):
    """What became of a caseload: cases that passed on, cases that were no longer theirs, and whether there are more."""

    passed_on: tuple[str, ...]
    not_theirs: tuple[str, ...]
    next_after: str | None


@dataclass(frozen=True, slots=True)
class Reassignment:
    """Passes a caseload on, case by case; each is an event of its own, and what was done stays done."""

    handler: CommandHandler
    store: AsyncEventStore
    owned: Owned

    async def pass_on(
        self, owner: str, command: AssignOwner, actor: Actor, *, after: str = "", limit: int = 500
    ) -> Reassigned:
        """At most `limit` open cases of `owner`, from after that id on. Raises what the handler raises."""
        found = await self.owned.owned_by(actor.force, owner, after, limit + 1)
        passed: list[str] = []
        not_theirs: list[str] = []
        for case in found[:limit]:
            (passed if await self._one(case, owner, command, actor) else not_theirs).append(case)
        more = len(found) > limit
        return Reassigned(tuple(passed), tuple(not_theirs), found[limit - 1] if more else None)

    async def _one(self, case: str, owner: str, command: AssignOwner, actor: Actor) -> bool:
        for attempt in range(TRIES):
            state = replay(await self.store.load(case))
            if state.ownership.owner != owner:
                return False
            try:
                await self.handler.handle(command, actor, stream=case, expected=state.version)
            except Conflict:
                if attempt == TRIES - 1:
                    raise
            except Refused:
                return False
            else:
                return True
        raise AssertionError("unreachable")
