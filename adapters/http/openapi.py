"""OpenAPI text for what FastAPI does not see: command bodies with examples, problems, the headers of an answer."""

from collections.abc import Sequence
from functools import cache
from inspect import cleandoc
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema
from starlette.routing import BaseRoute

from adapters.eventstore.requests import KEPT_DAYS
from adapters.guards import guards_of
from adapters.http import addresses, examples
from adapters.http import problems as problem_table
from adapters.questions import PARAMETERS
from domain.aggregate import Aggregate, aggregate_of
from domain.event import COMMANDS, Command

REFERENCE = "#/components/schemas/{model}"
PROBLEM = {"application/problem+json": {"schema": {"$ref": REFERENCE.format(model="Problem")}}}
TEXT = {
    400: "The body or a header cannot be read.",
    401: "No valid token.",
    403: "The role may not do that.",
    404: "Not here, or not for these eyes.",
    409: "A rule stands in the way.",
    412: "It has moved on.",
    413: "The body is too large.",
    415: "The body is not declared as JSON.",
    422: "The content does not fit.",
    428: "If-Match is missing.",
    429: "More was sent than is taken at a time.",
    503: "The event store is unavailable.",
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The version that was decided on, in quotes: the ETag of the case or contact.",
    "schema": {"type": "string", "pattern": '^"[0-9]{1,9}"$'},
    "example": '"1"',
}
CORRELATION = {
    "name": "Correlation-Id",
    "in": "header",
    "required": False,
    "description": "Follows the request into the log and the events; no personal data.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A key of your own for this one request, so that it can be sent again without being done again: "
    f"the same key and body give the same answer for {KEPT_DAYS} days. Refusals are not kept.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
}

IDEMPOTENCY_KEY_OF_A_REPORTER = {
    **IDEMPOTENCY_KEY,
    "description": "A key of your own, at random, for this one report, so that it can be sent again without a second "
    "one: the same key and body are answered without the receipt, on this day and the next. Only a keyed hash is kept.",
}


def id_of(aggregate: Aggregate) -> dict[str, Any]:
    """The path parameter with the id of an aggregate."""
    return {
        "name": addresses.parameter(aggregate),
        "in": "path",
        "required": True,
        "schema": {"type": "string", "pattern": f"^{aggregate.prefix}{addresses.STREAM}$"},
    }


def of_question(*names: str) -> dict[str, Any]:
    """The parameters of a question about a metric. They are documented here and read by `question`: FastAPI, asked to
    read them, takes longer than the counting of many figures."""
    return {
        "parameters": [
            {
                "name": name,
                "in": "query",
                "required": False,
                "description": PARAMETERS[name],
                "schema": {"type": "string"},
            }
            for name in names
        ]
    }


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problem answers of a route."""
    return {status: {"description": TEXT[status], "content": PROBLEM} for status in statuses}


def of_command(command: type[Command[Any]]) -> dict[str, Any]:
    """The documentation of a command's route."""
    existing = (404, 412, 428)
    statuses = [400, 401, 403, 409, 413, 415, 422, 503, *(() if command.opens else existing)]
    status = 201 if command.opens else 200
    return {
        "name": command.__name__,
        "operation_id": command.__name__,
        "summary": addresses.slug(command).replace("-", " ").capitalize(),
        "description": text_of(command),
        "tags": ["commands"],
        "status_code": status,
        "responses": problems(*statuses) | {status: _accepted(), 409: _refusals(command)},
        "openapi_extra": {
            **guards(command),
            "parameters": [
                *(() if command.opens else (id_of(aggregate_of(command)), IF_MATCH)),
                *_key_of(command),
                CORRELATION,
            ],
            "security": [{"token": []}],
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {"$ref": REFERENCE.format(model=command.__name__)},
                        "example": example_of(command),
                    }
                },
            },
        },
    }


def _key_of(command: type[Command[Any]]) -> tuple[dict[str, Any], ...]:
    """The idempotency key that it takes: what a reporter does is tied to none, but for the report itself."""
    if not command.by_reporter:
        return (IDEMPOTENCY_KEY,)
    return (IDEMPOTENCY_KEY_OF_A_REPORTER,) if command.opens else ()


def text_of(command: type[Command[Any]]) -> str:
    """What the command does, the conditions under which it is decided, and the duties that it opens."""
    texts = [cleandoc(command.__doc__ or ""), cleandoc(command.decide.__doc__ or "")]
    duties = guards_of(command).duties
    if duties:
        texts.append(f"Opens the duties: {', '.join(duty.replace('_', ' ') for duty in duties)}.")
    return "\n\n".join(filter(None, texts))


def guards(command: type[Command[Any]]) -> dict[str, Any]:
    """The rules that can refuse the command (409), and what it writes and opens, for programs."""
    found = guards_of(command)
    return {
        "x-rules": [{"id": rule.id, "sentence": rule.sentence, "source": rule.source} for rule in found.rules],
        "x-events": [event.NAME for event in found.events],
        "x-duties": list(found.duties),
    }


def example_of(command: type[Command[Any]]) -> dict[str, Any]:
    """A body that the command accepts."""
    body = examples.example(_schemas()[command.__name__], _schemas()) | dict(command.example)
    return {name: value for name, value in body.items() if value is not None}


def install(app: FastAPI, of_commands: Sequence[BaseRoute]) -> None:
    """Make `app.openapi()` tell of the commands and problems too."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=[*of_commands, *app.routes],
                tags=app.openapi_tags,
            )
            schemas = made.setdefault("components", {}).setdefault("schemas", {})
            schemas |= _schemas() | {"Problem": problem_table.schema(), "Accepted": ACCEPTED}
            _speak_of_problems(made["paths"])
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = document


ACCEPTED: dict[str, Any] = {
    "type": "object",
    "description": "The command was accepted: what it changed, its new version, and when it was written.",
    "required": ["version", "written_at", "synthetic"],
    "properties": {
        "case": {"type": "string", "description": "The id of the case, where it went to one."},
        "contact": {"type": "string", "description": "The id of the contact, where it went to one."},
        "version": {"type": "integer", "description": "For the next If-Match."},
        "written_at": {
            "type": "string",
            "format": "date-time",
            "description": "Of the last event written. It grows from event to event: as `known_at` it names this one.",
        },
        "reference": {"type": ["string", "null"], "description": "Of a case just opened: its number, for people."},
        "possible_duplicates": {
            "type": "array",
            "description": "Of a case just opened: cases with the same force, offence, day of receipt and place.",
            "items": {"type": "object", "properties": {"case": {"type": "string"}, "href": {"type": "string"}}},
        },
        "position": {"type": "integer", "description": "Of the last event written. Oversight tokens (`*`) only."},
        "age": {"type": "number", "description": "Seconds since that event was written: none. Oversight only."},
        "lag": {"type": "integer", "description": "Events between the answer and the log: none. Oversight only."},
        "synthetic": {"type": "boolean", "description": "Whether the store holds invented data."},
    },
}


def _speak_of_problems(paths: dict[str, dict[str, Any]]) -> None:
    """FastAPI documents its own form of a validation error wherever a route has parameters; ours is a problem."""
    for item in paths.values():
        for operation in item.values():
            if "422" in operation["responses"]:
                operation["responses"]["422"] = problems(422)[422]


def _refusals(command: type[Command[Any]]) -> dict[str, Any]:
    told = "\n".join(f"- `{rule.id}`: {rule.sentence}" for rule in guards_of(command).rules)
    return {"description": f"{TEXT[409]}\n\n{told}", "content": PROBLEM}


def _accepted() -> dict[str, Any]:
    text = {"schema": {"type": "string"}}
    return {
        "description": "Accepted and written.",
        "headers": {
            "ETag": {"description": "The new version, in quotes.", **text},
            "Location": {"description": "What it changed.", **text},
        },
        "content": {"application/json": {"schema": {"$ref": REFERENCE.format(model="Accepted")}}},
    }


@cache
def _schemas() -> dict[str, Any]:
    commands = [(command, "validation") for command in COMMANDS.values()]
    _, document = models_json_schema(commands, ref_template=REFERENCE)  # pyright: ignore[reportArgumentType]
    return document["$defs"]
