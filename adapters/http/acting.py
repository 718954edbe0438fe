"""Who acts, for what purpose, and on which version: read from the headers of a request."""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from adapters.http.problems import Problem, invalid
from adapters.http.refusals import NO_TOKEN
from adapters.security.tokens import BadToken, Tokens
from adapters.system import System
from application.ports import Actor
from application.ports import Request as SentBefore
from domain.event import Purpose

Headers = Mapping[bytes, bytes]

_VERSION = re.compile(rb'"(\d{1,9})"', re.ASCII)
_KEY = re.compile(rb"[!-~]{1,200}")
_JSON = re.compile(rb"application/([\w.-]+\+)?json\s*(;.*)?", re.ASCII | re.IGNORECASE)
_scheme = HTTPBearer(auto_error=False, scheme_name="token", description="A token from `candour token`.")


def actor_of(tokens: Tokens, headers: Headers) -> Actor:
    """Who holds the bearer token; raises `BadToken`."""
    scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
    if not token or scheme.lower() != b"bearer":
        raise BadToken(NO_TOKEN)
    return tokens.verify(token.strip().decode("latin-1"))


def expected_version(headers: Headers) -> int:
    """The version in `If-Match`; a `Problem` if it is missing (428) or not one version in quotes (400)."""
    given = headers.get(b"if-match")
    if given is None:
        raise Problem(
            "version-required",
            'Say which version of the case you decided on, for example If-Match: "3". The `ETag` of the case has it.',
        )
    found = _VERSION.fullmatch(given.strip())
    if found is None:
        raise Problem(
            "malformed-request", 'If-Match must be one version in quotes, for example If-Match: "3"; no list, no star.'
        )
    return int(found[1])


def sent_before(headers: Headers, actor: Actor, asked: bytes) -> SentBefore | None:
    """The request under its `Idempotency-Key`, if it has one; a `Problem` (400) if that is not printable ASCII.

    `asked` is all that makes the request what it is: its command, its case and its body. A key belongs to its sender in
    that force: ids of people are those of their force, and another may have the same.
    """
    key = key_of(headers)
    return None if key is None else SentBefore(f"{actor.force}/{actor.id}", key.decode(), sha256(asked).digest())


def key_of(headers: Headers) -> bytes | None:
    """The `Idempotency-Key`, if there is one; a `Problem` (400) if that is not printable ASCII."""
    key = headers.get(b"idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise Problem(
            "malformed-request",
            "Idempotency-Key must be 1 to 200 printable ASCII characters without blanks, such as a UUID.",
        )
    return key


def must_be_json(headers: Headers) -> None:
    """A `Problem` (415) unless the body is declared as JSON."""
    given = headers.get(b"content-type", b"")
    if given != b"application/json" and not _JSON.fullmatch(given):
        raise Problem("unsupported-media-type", "Send the command as JSON, with Content-Type: application/json.")


def system_of(request: Request) -> System:
    """The system that the app was made over."""
    return request.app.state.system


async def _the_system(request: Request) -> System:
    return system_of(request)


async def acting(
    request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Security(_scheme)] = None
) -> Actor:
    """Dependency: who reads."""
    return actor_of(system_of(request).tokens, dict(request.headers.raw))


async def stated_purpose(request: Request) -> Purpose | None:
    """Dependency: the `Purpose` header, if there is one; a `Problem` (422) if it is not a purpose."""
    given = request.headers.get("purpose")
    if given is None:
        return None
    try:
        return Purpose(given.strip())
    except ValueError as error:
        raise invalid("Purpose", f"must be one of {', '.join(Purpose)}") from error


Acting = Annotated[Actor, Depends(acting)]
StatedPurpose = Annotated[Purpose | None, Depends(stated_purpose)]
TheSystem = Annotated[System, Depends(_the_system)]
