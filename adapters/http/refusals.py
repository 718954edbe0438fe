"""From the exceptions of the inside to problems: one place, one `match`."""

import re
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from adapters.http import addresses
from adapters.http.plain_words import in_plain_words
from adapters.http.problems import KINDS, Problem
from adapters.security.tokens import BadToken
from application.ports import Conflict, Forbidden, KeyReused, NotFound, RequestUnderWay, StoreUnavailable
from domain.aggregate import AGGREGATES
from domain.event import Refused, Rule

RETRY_AFTER = b"2"
MOST_ERRORS = 20
NO_TOKEN = "the request carries no token; send `Authorization: Bearer <token>`"
_PLACE = re.compile(r"^(?P<what>.*?) at line (?P<line>\d+) column (?P<column>\d+)$", re.DOTALL)


def problem_of(error: Exception, stream: str | None = None) -> Problem:
    """The problem that an exception stands for; `stream` is what the request was about, if anything."""
    match error:
        case Problem():
            return error
        case Refused():
            return _refused(error, stream)
        case Conflict():
            return Problem(
                "stale-version",
                f"The {_noun(error.stream)} is at version {error.current}, not {error.expected}. Read it again and "
                "decide anew.",
                headers=[(b"etag", b'"%d"' % error.current)],
                current_version=error.current,
            )
        case RequestUnderWay():
            return Problem("request-under-way", _sentence(str(error)), headers=[(b"retry-after", b"1")])
        case KeyReused():
            return Problem("key-reused", _sentence(str(error)))
        case NotFound():
            return Problem("not-found", f"There is no such {_noun(str(error))} among those you may see. Check the id.")
        case Forbidden():
            return Problem("not-permitted", str(error))
        case BadToken():
            challenge = b'Bearer realm="candour"' + (b', error="invalid_token"' if str(error) != NO_TOKEN else b"")
            return Problem("not-authenticated", _sentence(str(error)), headers=[(b"www-authenticate", challenge)])
        case StoreUnavailable():
            return Problem("store-unavailable", _sentence(str(error)), headers=[(b"retry-after", RETRY_AFTER)])
        case RequestValidationError():
            return _invalid(list(error.errors()))
        case HTTPException():
            return _of_the_router(error)
        case _:
            return Problem(
                "internal-error", "Something went wrong on our side. Give the request id to your administrator."
            )


def _noun(stream: str) -> str:
    kind = stream.partition("-")[0]
    return kind if kind in AGGREGATES else "case"


def of_body(error: ValidationError) -> Problem:
    """The problem of a body that is not JSON (400) or does not fit its command (422)."""
    return _invalid(error.errors(include_url=False))


def _refused(error: Refused, stream: str | None) -> Problem:
    rule = error.rule
    more: dict[str, Any] = {}
    if error.allowed:
        more["allowed"] = addresses.moves(error.allowed, stream)
    if error.there_are:
        more["there_are"] = error.there_are
    return Problem("rule-broken", rule.sentence, rule=of_rule(rule), **more)


def of_rule(rule: Rule) -> dict[str, str]:
    """A rule as problems name it."""
    return {"id": rule.id, "sentence": rule.sentence, "source": rule.source, "href": addresses.rule(rule.id)}


def _invalid(errors: list[Any]) -> Problem:
    if errors and errors[0]["type"] == "json_invalid":
        return _not_json(str(errors[0].get("ctx", {}).get("error", "")))
    named = [in_plain_words(error) for error in errors[:MOST_ERRORS]]
    first = named[0]
    others = f" ({len(errors) - 1} more in `errors`)" if len(errors) > 1 else ""
    return Problem("invalid-content", f"{first['where']}: {first['problem']}.{others}", errors=named)


def _not_json(text: str) -> Problem:
    found = _PLACE.match(text)
    if found is None:
        return Problem("malformed-request", "The body is not JSON. Send a JSON object.")
    line, column = int(found["line"]), int(found["column"])
    if (line, column) == (1, 0):
        return Problem("malformed-request", "The body is empty. Send a JSON object, at least {}.")
    return Problem(
        "malformed-request",
        f"The body is not JSON: {found['what']} at line {line}, column {column}.",
        line=line,
        column=column,
    )


def _of_the_router(error: HTTPException) -> Problem:
    headers = [(name.lower().encode(), value.encode()) for name, value in (error.headers or {}).items()]
    if error.status_code == 404:
        return Problem("not-found", "There is no such address. The addresses are listed in /openapi.json.")
    if error.status_code == 405:
        allowed = ", ".join(value.decode() for name, value in headers if name == b"allow")
        return Problem("method-not-allowed", f"This address takes {allowed} only.", headers=headers)
    slug = next((slug for slug, kind in KINDS.items() if kind.status == error.status_code), "request-refused")
    return Problem(slug, _sentence(str(error.detail)), status=error.status_code, headers=headers)


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "`")) else text + "."
