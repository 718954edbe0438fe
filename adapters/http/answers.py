"""What every answer carries: how far the log had come, how old that is, how far the answer lags behind it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, NamedTuple

import orjson
from fastapi import Depends, Request
from starlette.responses import Response

from adapters.http.acting import system_of
from adapters.http.problems import Header
from adapters.plain import plain
from adapters.system import System, now
from application.ports import Head

OPTIONS = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


class Standing(NamedTuple):
    """Where the log stood: last position, age of its last event (seconds; None when empty), lag (events)."""

    position: int
    age: float | None
    synthetic: bool
    lag: int = 0

    @classmethod
    def at(cls, head: Head, synthetic: bool, lag: int = 0) -> "Standing":
        """The standing now, for a log that ends at `head`."""
        return cls(head.position, age(head.written_at), synthetic, lag)

    def headers(self) -> dict[str, str]:
        """As headers of an answer."""
        return {name.decode(): value.decode() for name, value in self.raw_headers()}

    def raw_headers(self) -> list[Header]:
        """As headers of an answer, in the form that a server takes."""
        return [
            (b"candour-position", b"%d" % self.position),
            (b"candour-age", b"" if self.age is None else b"%.3f" % self.age),
            (b"candour-lag", b"%d" % self.lag),
            (b"candour-synthetic", b"true" if self.synthetic else b"false"),
        ]


@dataclass(slots=True)
class Nature:
    """Whether the store is synthetic: asked once, for it never changes. Asking also makes the write path ready."""

    system: System
    synthetic: bool | None = None

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
            content = content | standing._asdict()
            headers = standing.headers() | (headers or {})
        super().__init__(dumps(content), headers=headers)


def standing_now(request: Request) -> Standing:
    """Dependency: where the log stands. Taken before the read, so that the answer holds at least that much."""
    return Standing.at(system_of(request).store.head(), request.app.state.nature.known())


TheStanding = Annotated[Standing, Depends(standing_now)]
