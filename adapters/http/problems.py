"""Every error as a problem (RFC 9457): one table, which is also the documentation that `type` leads to."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

MEDIA_TYPE = b"application/problem+json"
Header = tuple[bytes, bytes]


class Kind(NamedTuple):
    """A kind of problem: its status, its title, and what a caller can do about it."""

    status: int
    title: str
    help: str


KINDS: dict[str, Kind] = {
    "malformed-request": Kind(
        400, "The request cannot be read", "Correct the body or the header that `detail` names, and send it again."
    ),
    "not-authenticated": Kind(
        401,
        "No valid token",
        "Send `Authorization: Bearer <token>`. Tokens expire; your administrator gives a new one.",
    ),
    "not-permitted": Kind(
        403, "This role may not do that", "`detail` names the roles that may. Ask one of them, or use a token with it."
    ),
    "not-found": Kind(
        404,
        "Nothing here",
        "Check the address and the id. A case of another force reads as if it did not exist.",
    ),
    "method-not-allowed": Kind(405, "Wrong method", "Use one of the methods in the `Allow` header."),
    "rule-broken": Kind(
        409,
        "A rule stands in the way",
        "`rule` is the rule with its source, and `detail` says what to change. `allowed`, where given, lists the "
        "commands that may be sent now. Nothing was written.",
    ),
    "stale-version": Kind(
        412,
        "The case has moved on",
        "Someone wrote to the case after you read it. Read it again, and send the command with the new version "
        "(`current_version`) in `If-Match` if it still fits. Nothing was written.",
    ),
    "body-too-large": Kind(413, "The body is too large", "A command has at most 64 KiB. Send less text."),
    "unsupported-media-type": Kind(
        415, "The body is not declared as JSON", "Send `Content-Type: application/json`, and JSON."
    ),
    "invalid-content": Kind(
        422,
        "The content does not fit",
        "`errors` names each place and what is wrong there. The expected shape and an example are in /openapi.json.",
    ),
    "receipt-unknown": Kind(
        404,
        "No report has these words",
        "Check the twelve words and their order. Nothing tells which of them is wrong, or whether any is.",
    ),
    "too-many-requests": Kind(
        429,
        "More was sent than is taken at a time",
        "Wait as long as `Retry-After` says (seconds), and send it again. The limit is for all together: who sends is "
        "not known. The right words of a receipt are always let in.",
    ),
    "request-under-way": Kind(
        409,
        "The same request is being handled",
        "Wait as long as `Retry-After` says (seconds), and send it again with the same `Idempotency-Key`: it then has "
        "its answer, or is handled now if the first attempt came to nothing.",
    ),
    "key-reused": Kind(
        422,
        "The idempotency key belongs to another request",
        "A key stands for one request with one body. Use a new key for a new request; keep it when you send the same "
        "request again.",
    ),
    "version-required": Kind(
        428,
        "Say which version you saw",
        "A command to an existing case needs `If-Match` with the version you decided on, in quotes: "
        'If-Match: "3". It is the `ETag` of the case.',
    ),
    "internal-error": Kind(
        500,
        "An error of ours",
        "It was logged under `request_id`; give that to your administrator. Read the case before you send the "
        "command again: it may have been written.",
    ),
    "store-unavailable": Kind(
        503, "The event store is unavailable", "Wait as long as `Retry-After` says (seconds), and try again."
    ),
    "figures-not-ready": Kind(
        503,
        "The figures are not that far yet",
        "The figures follow the log within moments. Wait as long as `Retry-After` says (seconds), or send "
        "`Prefer: wait=5` with the request.",
    ),
    "request-refused": Kind(400, "The request was refused", "`detail` says why."),
}


class Problem(Exception):
    """An answer that is an error: `slug` names the kind, `detail` says what to do; `more` are further members."""

    def __init__(
        self,
        slug: str,
        detail: str,
        *,
        status: int | None = None,
        headers: Sequence[Header] = (),
        **more: Any,
    ) -> None:
        super().__init__(detail)
        self.slug, self.detail, self.headers, self.more = slug, detail, tuple(headers), more
        self.status = status or KINDS[slug].status

    def body(self, instance: str, request_id: str) -> bytes:
        """The problem as JSON."""
        members: Mapping[str, Any] = {
            "type": f"/problems/{self.slug}",
            "title": KINDS[self.slug].title,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
            "request_id": request_id,
            **self.more,
        }
        return orjson.dumps(members)


def invalid(where: str, problem: str) -> Problem:
    """One place whose content does not fit (422): a parameter, a header or a field."""
    return Problem("invalid-content", f"{where}: {problem}.", errors=[{"where": where, "problem": problem}])


def schema() -> dict[str, Any]:
    """The JSON schema of a problem, for OpenAPI."""
    text = {"type": "string"}
    return {
        "type": "object",
        "description": "An error: what is wrong and what to do (RFC 9457). Each `type` leads to its documentation.",
        "required": ["type", "title", "status", "detail", "instance", "request_id"],
        "properties": {
            "type": {**text, "enum": [f"/problems/{slug}" for slug in KINDS]},
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "instance": text,
            "request_id": text,
            "errors": {
                "type": "array",
                "items": {"type": "object", "properties": {"where": text, "problem": text}},
            },
            "rule": {"type": "object", "properties": {"id": text, "sentence": text, "source": text, "href": text}},
            "there_are": {
                "type": "array",
                "items": text,
                "description": "What there is to choose from, where something was named that is not there.",
            },
            "allowed": {
                "type": "array",
                "items": {"type": "object", "properties": {"command": text, "method": text, "href": text}},
            },
            "current_version": {"type": "integer"},
            "missing": {
                "type": "array",
                "items": {"type": "object", "properties": {"item": text, "rule": {"type": "object"}}},
            },
        },
    }
