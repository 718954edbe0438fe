"""Intake without an account: a receipt shown once, nothing kept of who sent it, and limits for all together."""

import json
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from io import StringIO
from typing import Any

import pytest
import structlog
from api import Api, is_problem, names
from mnemonic import Mnemonic
from reporters import REPORT, mailbox, receipt_of, send_report, stream_of, today

from adapters import logs
from domain.event import Role


def rows(api: Api, query: str) -> list[tuple[Any, ...]]:
    with api.system.connect("admin") as admin:
        return admin.execute(query).fetchall()  # pyright: ignore[reportArgumentType,reportCallIssue]


@pytest.mark.parametrize("path", ["/v1/reports", "/reports"])
def test_a_report_without_an_account_is_answered_with_a_receipt(api: Api, path: str) -> None:
    answer = api.client.post(path, json=REPORT)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert told.keys() == {"receipt", "what_to_do", "next_by"}
    assert len(told["receipt"].split()) == 12
    assert Mnemonic("english").check(told["receipt"]), "128 random bits and their checksum"
    assert date.fromisoformat(told["next_by"]) > today()
    assert answer.headers["cache-control"] == "no-store"
    assert not {"location", "etag", "candour-position", "set-cookie"} & set(answer.headers)
    [entry] = api.system.store.load(stream_of(api, told["receipt"]))
    envelope = (entry.force, entry.actor, entry.role, str(entry.at), entry.correlation)
    assert envelope == ("reporting-service", "reporter", Role.REPORTER, today().isoformat(), None)
    assert "report-" not in answer.text, "no id of the stream"


def test_no_two_receipts_are_alike(api: Api) -> None:
    assert len({receipt_of(api.client) for _ in range(20)}) == 20


def test_of_a_receipt_only_a_keyed_hash_is_kept(api: Api) -> None:
    words = receipt_of(api.client)
    [(digest,)] = rows(api, "SELECT digest FROM candour.receipts")
    assert digest == api.system.receipts.digest(words)
    other = type(api.system.receipts)(bytes(32))
    assert digest != other.digest(words), "under a key"


def test_the_same_request_leads_to_one_report_and_shows_no_receipt_again(api: Api) -> None:
    key = {"idempotency-key": "one-of-mine"}
    first, again = send_report(api.client, key), send_report(api.client, key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["receipt"] is None
    assert first.json()["receipt"] not in again.text
    assert rows(api, "SELECT count(*) FROM candour.receipts") == [(1,)]
    assert rows(api, "SELECT count(*) FROM candour.requests") == [(0,)]
    assert send_report(api.client, key, summary="Another thing.").status_code == 201, "another report"
    assert send_report(api.client).status_code == 201
    assert rows(api, "SELECT count(*) FROM candour.receipts") == [(3,)]
    [(day,), _] = rows(api, "SELECT day FROM candour.repeats")
    assert day == today()


def test_confidential_details_stand_in_a_stream_of_their_own(api: Api) -> None:
    stream = stream_of(api, receipt_of(api.client, anonymity="confidential", details="A Name"))
    entries = api.system.store.load(stream)
    assert names([{"name": entry.event.NAME} for entry in entries]) == ["report_received.v1", "identity_kept_apart.v1"]
    kept = entries[1].event.identity  # type: ignore[attr-defined]
    [entry] = api.system.store.load(kept)
    [opened] = api.system.store.reveal([entry])
    assert opened.event.reporter.value == "A Name"  # type: ignore[attr-defined]
    assert entry.written_at > entries[0].written_at
    with api.system.connect("admin") as admin:
        admin.execute("UPDATE candour.keys SET wrapped = NULL, destroyed_at = now() WHERE key_id = %s", (stream,))
    [opened] = api.system.store.reveal([entry])
    assert opened.event.reporter.value == "A Name", "the key of the report does not open it"  # type: ignore[attr-defined]


def test_details_stay_where_they_belong(api: Api) -> None:
    refused = send_report(api.client, details="A Name")
    assert is_problem(refused, 409, "rule-broken")["rule"]["id"] == "reporter_stays_unknown"
    assert "allowed" not in refused.json()
    stream = stream_of(api, receipt_of(api.client, anonymity="named", details="A Name"))
    [entry] = api.system.store.load(stream)
    assert entry.event.reporter is not None  # type: ignore[attr-defined]


def test_what_is_wrong_with_a_report_is_told_without_quoting_it(api: Api) -> None:
    wrong = api.client.post("/v1/reports", json={"canary": 1, "anonymity": "canary", "summary": ["canary"]})
    assert "canary" not in wrong.text
    assert {each["where"] for each in is_problem(wrong, 422, "invalid-content")["errors"]} >= {"anonymity", "summary"}
    broken = api.client.post("/v1/reports", content=b'{"canary', headers={"content-type": "application/json"})
    assert "canary" not in broken.text
    is_problem(broken, 400, "malformed-request")
    large = api.client.post("/v1/reports", json=REPORT | {"summary": "x" * 70_000})
    is_problem(large, 413, "body-too-large")


def test_more_reports_than_a_minute_takes_are_refused(limited: Callable[..., Api]) -> None:
    api = limited(reports_a_minute=3)
    statuses = [send_report(api.client).status_code for _ in range(5)]
    assert statuses == [201, 201, 201, 429, 429]
    refused = send_report(api.client)
    is_problem(refused, 429, "too-many-requests")
    assert refused.headers["retry-after"] == "60"


def test_more_reports_than_a_day_takes_are_refused(limited: Callable[..., Api]) -> None:
    api = limited(reports_a_day=2)
    assert [send_report(api.client).status_code for _ in range(3)] == [201, 201, 429]
    assert 0 < int(send_report(api.client).headers["retry-after"]) <= 25 * 3600


def test_a_report_is_no_commit_that_is_counted(api: Api) -> None:
    def counted() -> list[str]:
        lines = api.get("/metrics", Role.ADMINISTRATOR, "*").text.splitlines()
        return [line for line in lines if "append_batch" in line or "commands_total" in line or "reports" in line]

    before = counted()
    words = receipt_of(api.client)
    mailbox(api.client, words)
    mailbox(api.client, "wrong words")
    assert counted() == before
    assert api.report()
    assert counted() != before, "other commits are"


def test_what_an_operator_takes_down_has_a_receipt_for_the_caller(api: Api) -> None:
    body = REPORT | {"channel": "crimestoppers", "received": today().isoformat()}
    body |= {"by_operator": True, "read_back": True, "agreed": True}

    def send(**headers: str) -> Any:
        return api.post(
            "/v1/reports/receive-report", body, role=Role.INTAKE_OPERATOR, force="reporting-service", **headers
        )

    first = send(idempotency_key="call-1")
    assert first.status_code == 201, first.text
    words, stream = first.json()["receipt"], first.json()["report"]
    assert stream_of(api, words) == stream
    assert mailbox(api.client, words).json()["status"] == "received"
    again = send(idempotency_key="call-1")
    assert again.status_code == 200, again.text
    assert words not in again.text
    assert rows(api, "SELECT count(*) FROM candour.requests") == [(0,)]
    assert rows(api, "SELECT count(*) FROM candour.receipts") == [(1,)]
    body["by_operator"] = False
    assert "receipt" not in send().json(), "nobody is on the telephone"


def test_the_same_request_many_times_at_once_leads_to_one_report(api: Api) -> None:
    key = {"idempotency-key": "at-once"}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: send_report(api.client, key), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert sum(answer.json()["receipt"] is not None for answer in answers) == 1
    assert rows(api, "SELECT count(*) FROM candour.receipts") == [(1,)]


@pytest.fixture
def out() -> Iterator[StringIO]:
    """What is logged."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = StringIO()
    logs.configure(json=True, to=stream)
    yield stream
    structlog.reset_defaults()
    root.handlers[:], root.level = before


def test_a_fault_of_ours_leaves_a_line_without_words_and_time(
    api: Api, out: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:

    def fault(*_: object) -> None:
        raise RuntimeError("canary")

    monkeypatch.setattr(type(api.system.receipts), "make", fault)
    told = send_report(api.client, {"correlation-id": "canary", "user-agent": "canary"}, summary="canary")
    is_problem(told, 500, "internal-error")
    [line] = [json.loads(each) for each in out.getvalue().splitlines() if "request_failed" in each]
    assert line["timestamp"] == today().isoformat()
    assert line["route"] in ("/v1/reports", "/reports")
    assert "canary" not in out.getvalue() + told.text
    assert api.get("/v1/cases/case-1", force="kent").status_code == 404
    api.client.get("/v1/cases")
    [other] = [json.loads(each) for each in out.getvalue().splitlines() if "request_refused" in each]
    assert datetime.fromisoformat(other["timestamp"]).date(), "other lines have their time"
    assert len(other["timestamp"]) > len("2026-03-02")
