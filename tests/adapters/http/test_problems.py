"""Every error is a problem that says what to do, and nothing is written."""

import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from api import Api, is_problem

from adapters.http.problems import KINDS
from adapters.settings import Settings
from adapters.system import System
from application.ports import Append
from domain.event import Role

NOWHERE = "case-0b7c9b1e-4f7e-4f0e-9d6a-2f1f6c1f8a11"
REPORT = "/v1/cases/report-crime"


def raw(api: Api, body: bytes, path: str = REPORT, **headers: str) -> Any:
    return api.client.post(path, content=body, headers=api.headers(content_type="application/json") | headers)


def test_no_token(shared: Api) -> None:
    for answer in (
        shared.client.get(f"/v1/cases/{NOWHERE}"),
        shared.client.post(REPORT, json={}),
        shared.client.get("/v1/events", headers={"authorization": "Basic abc"}),
    ):
        is_problem(answer, 401, "not-authenticated")
        assert answer.headers["www-authenticate"] == 'Bearer realm="candour"'


def test_a_token_from_elsewhere(shared: Api) -> None:
    answer = shared.client.post(REPORT, json={}, headers={"authorization": "Bearer abc.def.ghi"})
    is_problem(answer, 401, "not-authenticated")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_a_role_that_may_not(shared: Api) -> None:
    answer = shared.post(REPORT, {}, role=Role.ANALYST)
    assert "recorder" in is_problem(answer, 403, "not-permitted")["detail"]
    is_problem(shared.get("/v1/events", Role.RECORDER), 403, "not-permitted")


def test_a_command_for_all_forces(shared: Api) -> None:
    answer = shared.post(REPORT, {"received_at": "2026-03-02", "route": "online", "reporter_role": "victim"}, force="*")
    assert "one force" in is_problem(answer, 403, "not-permitted")["detail"]


@pytest.mark.parametrize("case", [NOWHERE, "7", "case-7", "ruleset-recording-2015", NOWHERE.upper(), "case-%00"])
@pytest.mark.parametrize("path", ["/v1/cases/{}", "/v1/cases/{}/history"])
def test_no_such_case(shared: Api, case: str, path: str) -> None:
    is_problem(shared.get(path.format(case)), 404, "not-found")


def test_a_command_to_no_such_case(shared: Api) -> None:
    is_problem(shared.send("RecordCrime", NOWHERE, 1), 404, "not-found")
    is_problem(shared.send("RecordCrime", "case-7", 1), 404, "not-found")


def test_no_such_address(shared: Api) -> None:
    is_problem(shared.get("/v1/crimes"), 404, "not-found")
    is_problem(shared.post(f"/v1/cases/{NOWHERE}/solve-crime", {}), 404, "not-found")


def test_the_wrong_method(shared: Api) -> None:
    answer = shared.get(f"/v1/cases/{NOWHERE}/record-crime")
    is_problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "POST"
    is_problem(shared.client.delete(f"/v1/cases/{NOWHERE}"), 405, "method-not-allowed")


def test_a_rule_is_broken(shared: Api) -> None:
    case = shared.recorded()
    problem = is_problem(shared.send("RegisterIncident", case, 2), 409, "rule-broken")
    assert problem["detail"] == problem["rule"]["sentence"]
    assert problem["rule"]["id"] == "move_is_open"
    assert problem["rule"]["source"]
    hrefs = {move["href"] for move in problem["allowed"]}
    assert {f"/v1/cases/{case}/{slug}" for slug in ("assign-outcome", "add-reference", "correct-fact")} <= hrefs
    assert f"/v1/cases/{case}/register-incident" not in hrefs
    assert len(shared.system.store.load(case)) == 2


def test_a_broken_rule_of_another_kind_names_the_moves_too(shared: Api) -> None:
    case = shared.report(alleged="8N")
    problem = is_problem(shared.send("RecordN100", case, 1), 409, "rule-broken")
    assert problem["rule"]["id"] == "n100_is_for_rape"
    assert f"/v1/cases/{case}/decline-recording" in {move["href"] for move in problem["allowed"]}
    rules = shared.client.get("/v1/reference/rules").json()["rules"]
    assert problem["rule"]["href"].endswith(f"#{problem['rule']['id']}")
    assert problem["rule"]["id"] in {rule["id"] for rule in rules}


def test_a_stale_version(shared: Api) -> None:
    case = shared.recorded()
    answer = shared.send("AssignOutcome", case, 1)
    assert is_problem(answer, 412, "stale-version")["current_version"] == 2
    assert answer.headers["etag"] == '"2"'
    is_problem(shared.send("AssignOutcome", case, 3), 412, "stale-version")
    assert shared.send("AssignOutcome", case, 2).status_code == 200


def test_the_version_is_missing(shared: Api) -> None:
    is_problem(shared.send("RecordCrime", shared.report()), 428, "version-required")


@pytest.mark.parametrize("given", ["1", "*", '"1", "2"', '"-1"', '"x"', 'W/"1"', '""', f'"{10**12}"'])
def test_a_version_that_cannot_be_read(shared: Api, given: str) -> None:
    answer = shared.post(f"/v1/cases/{NOWHERE}/record-crime", {}, if_match=given)
    is_problem(answer, 400, "malformed-request")


def test_a_body_that_is_not_json_names_line_and_column(shared: Api) -> None:
    problem = is_problem(raw(shared, b'{\n  "route": online\n}'), 400, "malformed-request")
    assert (problem["line"], problem["column"]) == (2, 12)
    assert "line 2, column 12" in problem["detail"]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe{}", b'{"route": "\xe9"}', b'{"route": "\\ud800"}', b"{} {}"])
def test_other_bodies_that_are_not_json(shared: Api, body: bytes) -> None:
    is_problem(raw(shared, body), 400, "malformed-request")


@pytest.mark.parametrize("body", [b"[]", b"3", b'"text"', b"null"])
def test_json_that_is_no_object(shared: Api, body: bytes) -> None:
    assert is_problem(raw(shared, body), 422, "invalid-content")["errors"] == [
        {"where": "body", "problem": "must be a JSON object"}
    ]


def test_deep_json_does_not_exhaust_the_stack(shared: Api) -> None:
    assert raw(shared, b'{"summary": ' + b"[" * 30000 + b"]" * 30000 + b"}").status_code in (400, 422)


GOOD = {"received_at": "2026-03-02T09:14Z", "route": "online", "reporter_role": "victim"}


@pytest.mark.parametrize(
    ("change", "where", "problem"),
    [
        ({"colour": "red"}, "colour", "is not a field that is known here; leave it out"),
        ({"route": "pigeon"}, "route", "must be one of 'control_room'"),
        ({"route": 7}, "route", "must be one of"),
        ({"anonymous": "perhaps"}, "anonymous", "must be true or false"),
        ({"received_at": "2026-03-02T09:14"}, "received_at", "has no time zone"),
        ({"received_at": "soon"}, "received_at", "is not a time"),
        ({"received_at": 20260302}, "received_at", "a time is written as text"),
        ({"alleged": "murder"}, "alleged", "does not have the form"),
        ({"summary": "x" * 4001}, "summary", "must have at most 4000 characters"),
        ({"summary": "   "}, "summary", "must have at least 1 character"),
        ({"summary": 3}, "summary", "must be text"),
        ({"reporter": {"subject": "Jane", "value": "Jane"}}, "reporter.subject", "does not have the form"),
        ({"reporter": "Jane"}, "reporter", "must be a JSON object"),
        ({"route": None}, "route", "must be one of"),
    ],
)
def test_content_that_does_not_fit(shared: Api, change: dict[str, Any], where: str, problem: str) -> None:
    before = shared.system.store.head()
    found = is_problem(shared.post(REPORT, GOOD | change), 422, "invalid-content")
    assert found["errors"][0]["where"] == where
    assert problem in found["errors"][0]["problem"]
    assert shared.system.store.head() == before


def test_required_fields_are_named(shared: Api) -> None:
    errors = is_problem(shared.post(REPORT, {}), 422, "invalid-content")["errors"]
    assert errors == [{"where": name, "problem": "is required"} for name in ("received_at", "route", "reporter_role")]


SECRET = "Jane Example of 12 Elm Row"
EVERYWHERE = {
    "received_at": SECRET,
    "receipt": SECRET,
    "reported_at": SECRET,
    "route": SECRET,
    "reporter_role": SECRET,
    "anonymous": SECRET,
    "alleged": SECRET,
    "reporter": {"subject": SECRET, "value": [SECRET]},
    "summary": [SECRET],
}


def echoes(text: str) -> bool:
    return any(word in text for word in ("Jane", "Elm", "pydantic", "errors.pydantic.dev", "ctx", "input"))


def test_what_was_submitted_is_never_sent_back(shared: Api) -> None:
    answer = shared.post(REPORT, EVERYWHERE)
    assert len(is_problem(answer, 422, "invalid-content")["errors"]) == len(EVERYWHERE) + 1
    assert not echoes(answer.text)


def test_the_check_for_echoes_finds_one() -> None:
    assert echoes(json.dumps({"detail": f"{SECRET!r} is not a time"}))


def test_a_time_in_the_future(shared: Api) -> None:
    answer = shared.post(REPORT, GOOD | {"received_at": "2999-01-01"})
    assert is_problem(answer, 409, "rule-broken")["rule"]["id"] == "not_in_the_future"


def test_a_body_of_ten_megabytes(shared: Api) -> None:
    is_problem(raw(shared, b" " * 10_000_000), 413, "body-too-large")


def test_a_body_that_comes_in_chunks_without_end(shared: Api) -> None:
    sent = 0

    def chunks() -> Iterator[bytes]:
        nonlocal sent
        while sent < 50_000_000:
            sent += 65536
            yield b" " * 65536

    answer = shared.client.post(REPORT, content=chunks(), headers=shared.headers(content_type="application/json"))
    is_problem(answer, 413, "body-too-large")
    assert sent < 50_000_000


def test_a_large_body_is_refused_before_it_is_sent(shared: Api) -> None:
    token = shared.headers()["authorization"]
    host, port = shared.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(
            f"POST {REPORT} HTTP/1.1\r\nhost: x\r\nauthorization: {token}\r\ncontent-type: application/json\r\n"
            "content-length: 65537\r\n\r\n".encode()
        )
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")


def test_the_largest_body_is_read(shared: Api) -> None:
    padded = json.dumps(GOOD).encode().ljust(65536)
    assert raw(shared, padded).status_code == 201
    is_problem(raw(shared, padded + b" "), 413, "body-too-large")


@pytest.mark.parametrize("given", ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""])
def test_a_body_that_is_not_declared_as_json(shared: Api, given: str) -> None:
    is_problem(raw(shared, b"{}", **{"content-type": given}), 415, "unsupported-media-type")


@pytest.mark.parametrize(
    "given", ["application/json; charset=utf-8", "application/vnd.candour+json", "Application/JSON"]
)
def test_json_by_other_names(shared: Api, given: str) -> None:
    assert raw(shared, json.dumps(GOOD).encode(), **{"content-type": given}).status_code == 201


def test_the_store_is_read_only(serve: Callable[[System], Api], system: System) -> None:
    with system.connect("admin") as admin:
        admin.execute(f"ALTER DATABASE {admin.info.dbname} SET default_transaction_read_only = on")
    api = serve(system)
    answer = api.post(REPORT, GOOD)
    problem = is_problem(answer, 503, "store-unavailable")
    assert problem["detail"] == "The database is read-only; nothing was written."
    assert int(answer.headers["retry-after"]) > 0


def test_the_database_is_away(serve: Callable[[System], Api], system: System) -> None:
    away = System(Settings("host=/nowhere dbname=none", system.settings.data_dir), None)
    api = serve(away)
    for answer in (api.post(REPORT, GOOD), api.get("/health/ready")):
        is_problem(answer, 503, "store-unavailable")
        assert int(answer.headers["retry-after"]) > 0
    assert api.client.get("/health/live").status_code == 200
    away.close()


def test_the_database_restarts(api: Api) -> None:
    case = api.report()
    with psycopg.connect(api.system.conninfo("admin"), autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    statuses = [api.get(f"/v1/cases/{case}").status_code for _ in range(12)]
    assert statuses[-1] == 200
    assert set(statuses) <= {200, 503}


def test_an_error_of_ours_says_nothing_of_its_cause(shared: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(item: Append) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr(shared.system.store.aio, "append", broken)
    answer = shared.post(REPORT, GOOD)
    is_problem(answer, 500, "internal-error")
    assert not echoes(answer.text)
    assert "RuntimeError" not in answer.text


@pytest.mark.parametrize("slug", KINDS)
def test_every_type_leads_to_its_documentation(shared: Api, slug: str) -> None:
    page = shared.client.get(f"/problems/{slug}")
    assert page.status_code == 200
    assert f"<h1>{KINDS[slug].title}</h1>" in page.text
    assert f'"/problems/{slug}"' in shared.client.get("/problems").text


def test_there_is_no_page_for_an_unknown_kind(shared: Api) -> None:
    is_problem(shared.client.get("/problems/bad-luck"), 404, "not-found")
