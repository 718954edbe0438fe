"""What is wrong with a field, in words for a case worker; never the submitted value."""

from collections.abc import Callable, Mapping
from typing import Any

Context = Mapping[str, Any]

WORDS: dict[str, str | Callable[[Context], str]] = {
    "missing": "is required",
    "extra_forbidden": "is not a field that is known here; leave it out",
    "enum": lambda c: f"must be one of {c['expected']}",
    "literal_error": lambda c: f"must be one of {c['expected']}",
    "string_type": "must be text",
    "string_too_short": lambda c: f"must have at least {_many(c['min_length'], 'character')}",
    "string_too_long": lambda c: f"must have at most {_many(c['max_length'], 'character')}",
    "string_pattern_mismatch": "does not have the form that is expected here; /openapi.json has an example",
    "string_unicode": "holds characters that are not Unicode text",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing_size": "is too large a number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "greater_than": lambda c: f"must be more than {c['gt']}",
    "greater_than_equal": lambda c: f"must be at least {c['ge']}",
    "less_than": lambda c: f"must be less than {c['lt']}",
    "less_than_equal": lambda c: f"must be at most {c['le']}",
    "uuid_type": "must be an id such as 0b7c9b1e-4f7e-4f0e-9d6a-2f1f6c1f8a11",
    "uuid_parsing": "must be an id such as 0b7c9b1e-4f7e-4f0e-9d6a-2f1f6c1f8a11",
    "date_type": "must be a day such as 2026-03-02",
    "date_parsing": "must be a day such as 2026-03-02",
    "date_from_datetime_parsing": "must be a day such as 2026-03-02",
    "model_type": "must be a JSON object",
    "model_attributes_type": "must be a JSON object",
    "dict_type": "must be a JSON object",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "too_short": lambda c: f"must have at least {_many(c['min_length'], 'entry')}",
    "too_long": lambda c: f"must have at most {_many(c['max_length'], 'entry')}",
}
LONGEST_NAME = 64


def in_plain_words(error: Mapping[str, Any]) -> dict[str, str]:
    """`{where, problem}` for one error of a validation."""
    path = [str(part)[:LONGEST_NAME] for part in error["loc"] if part not in ("body", "query", "path", "header")]
    return {"where": ".".join(path) or "body", "problem": _problem(error)}


def _problem(error: Mapping[str, Any]) -> str:
    kind, context = str(error["type"]), error.get("ctx", {})
    if kind in ("value_error", "assertion_error"):
        return _without(str(context.get("error", "")), error.get("input")) or "does not fit"
    words = WORDS.get(kind, "does not fit; /openapi.json has the expected form and an example")
    return words if isinstance(words, str) else words(context)


def _without(message: str, value: object) -> str:
    """The message of one of our own checks, with the value that it quotes taken out."""
    for quoted in (repr(value), str(value)):
        if isinstance(value, str) and len(value) > 2:
            message = message.replace(quoted, "this")
    return message


def _many(number: int, noun: str) -> str:
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{number} {noun if number == 1 else plural}"
