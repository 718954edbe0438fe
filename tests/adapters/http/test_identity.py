"""Who a reporter is: released to one person, by a second one, until a day, and each reading is an event."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from api import Api, is_problem, names
from reporters import mailbox, receipt_of, stream_of, today

from domain.event import Role

PSD, AUTHORITY, OPERATOR = Role.PSD_INVESTIGATOR, Role.APPROPRIATE_AUTHORITY, Role.INTAKE_OPERATOR
RECIPIENT = "psd_investigator-1"
Send = Callable[..., httpx.Response]


@pytest.fixture
def send(api: Api) -> Send:
    """Send a command to a report by its name, as somebody of Kent's or of the service."""

    def make(stream: str, name: str, role: Role = PSD, force: str = "kent", **body: Any) -> httpx.Response:
        version = len(api.system.store.load(stream))
        return api.post(f"/v1/reports/{stream}/{name}", body, version, role, force)

    return make


def to_kent(api: Api, send: Send, stream: str) -> None:
    body = {"force": "kent", "unit": "psd", "fields": ["received", "summary"]}
    version = len(api.system.store.load(stream))
    told = api.post(f"/v1/reports/{stream}/pass-report", body, version, OPERATOR, "reporting-service")
    assert told.status_code == 200, told.text
    assert send(stream, "acknowledge-report").status_code == 200


def read(api: Api, stream: str, role: Role = PSD, **more: str) -> httpx.Response:
    return api.get(f"/v1/reports/{stream}/identity", role, "kent", **({"purpose": "misconduct"} | more))


@pytest.mark.parametrize("kind", ["kept apart", "disclosed"])
def test_it_is_read_by_one_person_once_another_has_released_it(api: Api, send: Send, kind: str) -> None:
    left = {"anonymity": "confidential", "details": "A Name"} if kind == "kept apart" else {}
    words = receipt_of(api.client, **left)
    stream = stream_of(api, words)
    to_kent(api, send, stream)
    if kind == "disclosed":
        mailbox(api.client, words, "/disclose-identity", recipient=RECIPIENT, details="A Name")
    is_problem(read(api, stream), 403, "not-permitted")
    until = (today() + timedelta(days=3)).isoformat()
    assert send(stream, "request-identity", until=until, because="To ask them.").status_code == 200
    is_problem(read(api, stream), 403, "not-permitted")
    assert send(stream, "release-identity", AUTHORITY).status_code == 200
    is_problem(read(api, stream, AUTHORITY), 403, "not-permitted")
    is_problem(api.get(f"/v1/reports/{stream}/identity", PSD, "kent"), 422, "invalid-content")
    is_problem(api.get(f"/v1/reports/{stream}/identity", PSD, "essex", purpose="misconduct"), 404, "not-found")
    told = read(api, stream)
    assert told.status_code == 200, told.text
    assert told.json() == {"report": stream, "reporter": "A Name"}
    assert told.headers["cache-control"] == "no-store"
    [kept] = {entry.stream for entry in api.system.store.read_category("identity-")}
    entries = api.system.store.load(kept)
    expected = ["identity_kept.v1", "identity_read.v1"] if kind == "kept apart" else ["identity_read.v1"]
    assert names([{"name": entry.event.NAME} for entry in entries]) == expected
    assert (entries[-1].actor, entries[-1].purpose, entries[-1].force) == (RECIPIENT, "misconduct", "reporting-service")


def test_it_is_released_to_a_second_person_and_the_first_keeps_theirs(api: Api, send: Send) -> None:
    stream = stream_of(api, receipt_of(api.client, anonymity="confidential", details="A Name"))
    to_kent(api, send, stream)
    until = (today() + timedelta(days=3)).isoformat()
    for asks, approves in ((PSD, AUTHORITY), (AUTHORITY, PSD)):
        assert send(stream, "request-identity", asks, until=until, because="To ask them.").status_code == 200
        is_problem(read(api, stream, AUTHORITY), 403, "not-permitted")
        assert send(stream, "release-identity", approves).status_code == 200
    for role in (PSD, AUTHORITY):
        assert read(api, stream, role).json()["reporter"] == "A Name"
    assert send(stream, "request-identity", until=until, because="Once more.").status_code == 200
    assert read(api, stream).status_code == 200, "what was released stays so while it is asked for again"


def test_a_second_disclosure_is_for_another_and_leaves_the_first_as_it_was(api: Api, send: Send) -> None:
    words = receipt_of(api.client)
    stream = stream_of(api, words)
    to_kent(api, send, stream)
    until = (today() + timedelta(days=3)).isoformat()
    others = {PSD: (RECIPIENT, AUTHORITY), AUTHORITY: ("appropriate_authority-1", PSD)}
    for role, (recipient, second) in others.items():
        mailbox(api.client, words, "/disclose-identity", recipient=recipient, details=f"What {recipient} may know")
        assert send(stream, "request-identity", role, until=until, because="To ask them.").status_code == 200
        assert send(stream, "release-identity", second).status_code == 200
    for role, (recipient, _) in others.items():
        assert read(api, stream, role).json()["reporter"] == f"What {recipient} may know"


def test_no_history_shows_it(api: Api, send: Send) -> None:
    stream = stream_of(api, receipt_of(api.client, anonymity="confidential", details="A Name"))
    to_kent(api, send, stream)
    told = api.get(f"/v1/reports/{stream}/history", PSD, "kent", purpose="misconduct")
    assert "What I saw." in told.text
    assert "A Name" not in told.text


def test_a_release_that_has_ended_is_none(api: Api, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    words = receipt_of(api.client, anonymity="confidential", details="A Name")
    stream = stream_of(api, words)
    to_kent(api, send, stream)
    until = (today() + timedelta(days=1)).isoformat()
    assert send(stream, "request-identity", until=until, because="To ask them.").status_code == 200
    assert send(stream, "release-identity", AUTHORITY).status_code == 200
    assert read(api, stream).status_code == 200
    found = api.system.identities
    later = lambda: found.clock() + timedelta(days=3)  # noqa: E731
    api.system.__dict__["identities"] = type(found)(found.store, found.policy, later)
    is_problem(read(api, stream), 403, "not-permitted")
    refused = mailbox(api.client, words, "/withdraw-disclosure")
    is_problem(refused, 409, "rule-broken")


def test_an_anonymous_report_takes_no_identity_until_it_was_released(api: Api, send: Send) -> None:
    words = receipt_of(api.client)
    stream = stream_of(api, words)
    to_kent(api, send, stream)
    assessed = send(stream, "assess-report", disposition="record", rationale="It must be.")
    assert assessed.status_code == 200, assessed.text
    person = {"subject": "person-00c0ffee", "value": "A Name"}
    before = len(api.system.store.load(stream))
    refused = send(stream, "record-complaint", complainant=person)
    assert is_problem(refused, 409, "rule-broken")["rule"]["id"] == "reporter_stays_unknown"
    mailbox(api.client, words, "/disclose-identity", recipient=RECIPIENT, details="A Name")
    assert send(stream, "record-complaint", complainant=person).status_code == 409, "disclosed is not released"
    assert len(api.system.store.load(stream)) == before + 1
    assert send(stream, "record-complaint").status_code == 200, "without a name it can be recorded"
