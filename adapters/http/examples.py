"""An example body for every command, made from its schema: a new command has one without a word here."""

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

TEXT = "The caller gave an account that was checked against the incident log."

# Texts whose form a schema cannot show by itself, by the name of the field. A field's own `examples` come first.
BY_NAME: dict[str, Any] = {
    "alleged": "19C",
    "offence": "8N",
    "crime_reference": "CR/2026/000123",
    "incident": "INC/2026/000456",
    "place_code": "E01024000",
    "system": "STORM",
    "reference": "KENT-20260302-0456",
    "facts": {"principal": False},
}


def example(schema: Schema, schemas: Mapping[str, Schema]) -> dict[str, Any]:
    """A body that fits the schema; `schemas` resolves its references."""
    body: dict[str, Any] = {}
    required = schema.get("required", ())
    for name, field in schema["properties"].items():
        made = _value(field, schemas, needed=name in required)
        value = made if field.get("examples") else BY_NAME.get(name, made)
        if value is not None:
            body[name] = value
    return body


def _value(field: Schema, schemas: Mapping[str, Schema], *, needed: bool) -> Any:
    if "anyOf" in field:
        field = next(option for option in field["anyOf"] if option.get("type") != "null") | _described(field)
    if "$ref" in field:
        field = {**schemas[field["$ref"].rsplit("/", 1)[1]], **_described(field)}
    for given in ("default", "const"):
        if field.get(given) is not None:
            return field[given]
    if field.get("examples"):
        return field["examples"][0]
    match field.get("type"):
        case "string":
            return field["enum"][0] if "enum" in field else _text(field)
        case "integer" | "number":
            return field.get("minimum", 1)
        case "boolean":
            return False
        case "object" if needed:
            return example(field, schemas)
        case "array" if needed:
            return [_value(field["items"], schemas, needed=True)]
        case _:
            return None


def _text(field: Schema) -> str | None:
    if field.get("format") == "uuid":
        return "0b7c9b1e-4f7e-4f0e-9d6a-2f1f6c1f8a11"
    return None if "pattern" in field else TEXT


def _described(field: Schema) -> Schema:
    return {key: field[key] for key in ("default", "examples") if key in field}
