"""The doors for reporters, who have no account: what their requests hold, and what no answer or log line repeats."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.responses import Response
from starlette.types import Scope

from adapters.http import acting, addresses, openapi
from adapters.http.answers import dumps
from adapters.http.limits import read_body
from adapters.http.plain_words import in_plain_words
from adapters.http.problems import Problem
from adapters.http.refusals import of_body, problem_of
from application.ports import Conflict
from application.reporters import TooMany, UnknownReceipt
from domain.event import COMMANDS, Refused

INTAKE, SHORT, MAILBOX = "/v1/reports", "/reports", "/v1/mailbox"
BY_REPORTERS = frozenset(addresses.slug(command) for command in COMMANDS.values() if command.by_reporter)
UNKNOWN_RECEIPT = (
    "No report has these words. Write all twelve, in their order, with blanks between them; the first four letters of "
    "each are enough."
)
TOO_MANY = "More was sent to this address than it takes at a time, by whomever. Try again later, or use the telephone."
MOVED = "Something else was written at the same moment. Nothing was kept of yours; send it again."

Body = TypeVar("Body", bound="PublicBody")


class PublicBody(BaseModel):
    """What a reporter sends: frozen, and without fields that are not known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def is_public(scope: Scope) -> bool:
    """Whether a request is, or may be, a reporter's."""
    path: str = scope["path"]
    return path.startswith((SHORT, MAILBOX)) or (path.rstrip("/") == INTAKE and scope["method"] != "GET")


def is_by_reporter(scope: Scope) -> bool:
    """Whether a request is a reporter's, or tells of what one does at that moment, as an operator's does."""
    return is_public(scope) or (scope["path"].startswith(INTAKE) and scope["path"].rpartition("/")[2] in BY_REPORTERS)


def instance_of(scope: Scope) -> str:
    """The address that an answer may name: of a reporter's request none of what they wrote into it."""
    path: str = scope["path"]
    if not is_public(scope):
        return path
    route = getattr(scope.get("route"), "path", None)
    return route or next(known for known in (SHORT, MAILBOX, INTAKE) if path.startswith(known))


async def read(request: Request, kind: type[Body]) -> tuple[Body, bytes]:
    """The body, read and checked; a `Problem` that quotes nothing of it."""
    headers = dict[bytes, bytes](request.scope["headers"])
    acting.must_be_json(headers)
    raw = await read_body(headers, request.receive)
    try:
        return kind.model_validate_json(raw), raw
    except ValidationError as error:
        raise _quoting_nothing(error, kind) from None


def _quoting_nothing(error: ValidationError, kind: type[BaseModel]) -> Problem:
    errors = error.errors(include_url=False)
    if errors[0]["type"] == "json_invalid":
        return of_body(error)
    named: list[dict[str, str]] = []
    for each in errors[:20]:
        known = bool(each["loc"]) and each["loc"][0] in kind.model_fields
        where = str(each["loc"][0]) if known else "body"
        known_words = in_plain_words({**each, "input": None, "loc": ()})["problem"]
        named.append({"where": where, "problem": known_words if known or not each["loc"] else "has a field too many"})
    return Problem("invalid-content", f"{named[0]['where']}: {named[0]['problem']}.", errors=named)


@contextmanager
def plainly() -> Iterator[None]:
    """Turns what the inside raises into problems that say nothing of the report, its address or its state."""
    try:
        yield
    except UnknownReceipt:
        raise Problem("receipt-unknown", UNKNOWN_RECEIPT) from None
    except TooMany as error:
        headers = [(b"retry-after", b"%d" % error.seconds)]
        raise Problem("too-many-requests", TOO_MANY, headers=headers) from None
    except Conflict:
        raise Problem("store-unavailable", MOVED, headers=[(b"retry-after", b"1")]) from None
    except Refused as refused:
        told = problem_of(refused)
        raise Problem(told.slug, str(told), rule=told.more["rule"]) from None


def answer(content: dict[str, Any], status: int = 200) -> Response:
    """An answer that nobody on the way shall keep."""
    return Response(dumps(content), status, {"cache-control": "no-store"}, media_type="application/json")


def documented(body: type[BaseModel], example: dict[str, Any], *statuses: int, key: bool = False) -> dict[str, Any]:
    """The documentation of a route that reads its body itself."""
    schema = body.model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs", None)
    return {
        "responses": openapi.problems(400, 413, 415, 422, 429, 503, *statuses),
        "openapi_extra": {
            "security": [],
            "parameters": [openapi.IDEMPOTENCY_KEY_OF_A_REPORTER] if key else [],
            "requestBody": {"required": True, "content": {"application/json": {"schema": schema, "example": example}}},
        },
    }
