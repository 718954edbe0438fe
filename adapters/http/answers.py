"""What answers carry: for oversight, how far the log had come, how old that is, how far the answer lags behind it.

Members of a force are told none of it: whatever moves with the log tells them that something was written, and when.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, NamedTuple

import orjson
from fastapi import Depends, Request
from starlette.responses import Response

from adapters.http import addresses
from adapters.http.acting import Acting, system_of
from adapters.http.problems import Header
from adapters.http.trouble import NO_TROUBLE, Trouble
from adapters.plain import plain
from adapters.system import System, now
from application.ports import Actor, Head
from domain.misconduct.state import REPORT

REPORTS = addresses.collection(REPORT)
OPTIONS = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


class Standing(NamedTuple):
    """Where the log stood: last position, age of its last event (seconds; None when empty), lag (events).

    `position` None: not for these eyes; then only `synthetic` is told, and which read models are in trouble.
    """

    position: int | None
    age: float | None
    synthetic: bool
    lag: int = 0
    trouble: Trouble = NO_TROUBLE

    @classmethod
    def untold(cls, synthetic: bool, trouble: Trouble = NO_TROUBLE) -> "Standing":
        """What members of a force are told."""
        return cls(None, None, synthetic, trouble=trouble)

    @classmethod
    def at(cls, head: Head, synthetic: bool, lag: int = 0, trouble: Trouble = NO_TROUBLE) -> "Standing":
        """The standing now, for a log that ends at `head`."""
        return cls(head.position, age(head.written_at), synthetic, lag, trouble)

    def covering(self, position: int) -> "Standing":
        """That of an answer from a read model which has come so far."""
        if self.position is None:
            return self
        return self._replace(position=position, lag=max(0, self.position - position))

    def members(self) -> dict[str, Any]:
        """As members of the body of an answer."""
        told = {"position": self.position, "age": self.age, "synthetic": self.synthetic, "lag": self.lag}
        return ({"synthetic": self.synthetic} if self.position is None else told) | self.trouble.members()

    def headers(self) -> dict[str, str]:
        """As headers of an answer."""
        return {name.decode(): value.decode() for name, value in self.raw_headers()}

    def raw_headers(self) -> list[Header]:
        """As headers of an answer, in the form that a server takes."""
        always = [(b"candour-synthetic", b"true" if self.synthetic else b"false"), *self.trouble.raw_headers()]
        if self.position is None:
            return always
        return [
            (b"candour-position", b"%d" % self.position),
            (b"candour-age", b"" if self.age is None else b"%.3f" % self.age),
            (b"candour-lag", b"%d" % self.lag),
            *always,
        ]


@dataclass(slots=True)
class Nature:
    """Whether the store is synthetic: asked once, for it never changes. Asking also makes the write path ready."""

    system: System
    synthetic: bool | None = None
    trouble: Trouble = field(default_factory=Trouble)
    """Of the read models, as it was a second ago at most."""

    def known(self) -> bool:
        """True for a synthetic store; raises `StoreUnavailable`."""
        if self.synthetic is None:
            _ = self.system.handler  # made here, where waiting for the database holds up no event loop
            self.synthetic = self.system.facts().synthetic
        return self.synthetic


def age(written_at: datetime | None) -> float | None:
    """Seconds since then."""
    return None if written_at is None else round(max(0.0, (now() - written_at).total_seconds()), 3)


def dumps(content: object) -> bytes:
    """JSON, with our own values as they are written on disk."""
    return orjson.dumps(content, default=plain, option=OPTIONS)


class Answer(Response):
    """A JSON answer; give it the standing, and its members come first in the body and in the headers."""

    media_type = "application/json"

    def __init__(
        self, content: dict[str, Any], standing: Standing | None = None, *, headers: dict[str, str] | None = None
    ) -> None:
        if standing is not None:
            content = content | standing.members()
            headers = standing.headers() | (headers or {})
        super().__init__(dumps(content), headers=headers)


def sees_positions(actor: Actor) -> bool:
    """Whether the actor is told positions of the log: with an oversight token. Others name instants instead."""
    return actor.force == "*"


def standing_now(request: Request, actor: Acting) -> Standing:
    """Dependency: where the log stands. Taken before the read, so that the answer holds at least that much."""
    nature: Nature = request.app.state.nature
    synthetic = nature.known()
    if sees_positions(actor):
        return Standing.at(system_of(request).store.head(), synthetic, trouble=nature.trouble)
    of_reports = request.url.path.startswith(REPORTS)
    return Standing.untold(synthetic, nature.trouble.seen_by(actor, of_reports=of_reports))


TheStanding = Annotated[Standing, Depends(standing_now)]
