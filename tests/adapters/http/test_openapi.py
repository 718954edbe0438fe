"""The OpenAPI document is valid, complete, and speaks of commands in their own words."""

from collections.abc import Iterator
from typing import Any

import pytest
from api import Api
from fastapi.openapi.models import OpenAPI

from adapters.http import addresses
from domain.event import COMMANDS

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture
def document(shared: Api) -> dict[str, Any]:
    return shared.client.get("/openapi.json").json()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for each in part.values():
            yield from references(each)
    elif isinstance(part, list):
        for each in part:
            yield from references(each)


def unresolved(document: dict[str, Any]) -> list[str]:
    schemas = document["components"]["schemas"]
    return [ref for ref in references(document) if ref.removeprefix("#/components/schemas/") not in schemas]


def test_it_has_the_form_of_openapi(document: dict[str, Any]) -> None:
    OpenAPI.model_validate(document)
    assert document["openapi"].startswith("3.1")
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(ids)) == len(ids)


def test_every_reference_resolves(document: dict[str, Any]) -> None:
    assert list(references(document))
    assert unresolved(document) == []
    del document["components"]["schemas"]["RecordCrime"]
    assert unresolved(document) == ["#/components/schemas/RecordCrime"], "a dangling reference is found"


def test_every_operation_says_what_it_does(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        assert operation["description"], f"{method} {path}"
        assert operation["summary"], f"{method} {path}"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_what_a_key_does_for_it(document: dict[str, Any], name: str) -> None:
    command = COMMANDS[name]
    parameters = document["paths"][addresses.template(command)]["post"]["parameters"]
    said = [each["description"] for each in parameters if each["name"] == "Idempotency-Key"]
    if not command.by_reporter:
        assert ["the same answer for 7 days" in each for each in said] == [True]
    else:  # nothing is kept of a reporter, so no answer can be given again
        assert ["without the receipt" in each for each in said] == ([True] if command.opens else [])


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_documented(document: dict[str, Any], name: str) -> None:
    command = COMMANDS[name]
    operation = document["paths"][addresses.template(command)]["post"]
    assert (command.__doc__ or "").split("\n")[0] in operation["description"]
    body = operation["requestBody"]["content"]["application/json"]
    assert body["schema"]["$ref"].endswith(f"/{name}")
    command.model_validate(body["example"])
    assert operation["security"] == [{"token": []}]
    expected = {"400", "401", "403", "409", "413", "415", "422", "503"}
    expected |= {"201"} if command.opens else {"200", "404", "412", "428"}
    assert set(operation["responses"]) == expected
    parameters = {parameter["name"] for parameter in operation["parameters"]}
    assert ("If-Match" in parameters) is not command.opens
    assert set(document["components"]["schemas"][name]["properties"]) == set(command.model_fields)


def test_every_problem_answer_has_the_media_type_of_problems(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        for status, answer in operation["responses"].items():
            if status >= "400":
                assert set(answer["content"]) == {"application/problem+json"}, f"{method} {path} {status}"


def test_reads_of_cases_take_a_bearer_token(document: dict[str, Any]) -> None:
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    for path in ("/v1/cases/{case_id}", "/v1/cases/{case_id}/history", "/v1/events"):
        assert document["paths"][path]["get"]["security"] == [{"token": []}]
