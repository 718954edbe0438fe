"""What is wrong with the read models, told with every answer for as long as it is.

Asked of the database each second, so that no answer waits for it. The answers themselves are not refused: one skipped
event is one case amiss, and a register that answers nothing would stop the work on all the others. Whoever publishes a
figure sees that it cannot be trusted, and `candour projections status` names the event.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from starlette.concurrency import run_in_threadpool

from adapters.http.problems import Header
from adapters.postgres.readers import NotReady
from adapters.postgres.standing import Standing
from application.ports import Actor, StoreUnavailable
from domain.misconduct.state import REPORT
from projections import ALL

EVERY_SECONDS = 1.0
OF_REPORTS = frozenset(each.name for each in ALL if each.of == REPORT.prefix)


class Trouble(NamedTuple):
    """The read models that stopped before an event, and those that did not apply each event once and as it is."""

    failed: tuple[str, ...] = ()
    unsound: tuple[str, ...] = ()

    @classmethod
    def of(cls, found: Sequence[Standing]) -> "Trouble":
        """What these standings tell."""
        return cls(
            tuple(each.projection for each in found if each.failed is not None),
            tuple(each.projection for each in found if each.unsound is not None),
        )

    def seen_by(self, actor: Actor, *, of_reports: bool = False) -> "Trouble":
        """What the actor is told: members of a force nothing of reports of misconduct, unless they read of reports."""
        if of_reports or actor.force == "*":
            return self
        return Trouble(*(tuple(name for name in names if name not in OF_REPORTS) for names in self))

    def members(self) -> dict[str, Any]:
        """As members of the body of an answer; none while all is well."""
        return {name: names for name, names in self._asdict().items() if names}

    def headers(self) -> dict[str, str]:
        """As headers of an answer, as text."""
        return {name.decode(): value.decode() for name, value in self.raw_headers()}

    def raw_headers(self) -> list[Header]:
        """As headers of an answer; none while all is well."""
        return [(f"candour-{name}".encode(), ", ".join(names).encode()) for name, names in self.members().items()]


NO_TROUBLE = Trouble()


async def watch(standings: Callable[[], Sequence[Standing]], tell: Callable[[Trouble], None]) -> None:
    """Ask each second and tell, until cancelled; while the database is away, what was last told holds."""
    while True:
        with suppress(StoreUnavailable, NotReady):
            tell(Trouble.of(await run_in_threadpool(standings)))
        await asyncio.sleep(EVERY_SECONDS)
