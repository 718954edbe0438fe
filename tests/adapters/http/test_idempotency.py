"""A request sent again under its key is answered again, and done once."""

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import psycopg
import pytest
from api import Api, is_problem

from adapters.eventstore.requests import expire
from adapters.system import System
from domain.event import Role

REPORT = {"received_at": "2026-03-02T09:14:00Z", "route": "online", "reporter_role": "victim", "alleged": "8N"}
LOCK = "SELECT pg_advisory_lock(hashtextextended(%s || chr(31) || %s, 4707))"
APPENDS = "hashtext('candour.events')"
# Readers of figures share the lock of appends, and the server reads some when it has just begun.
WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND mode = 'ExclusiveLock'"


def report(api: Api, key: str, **more: str) -> httpx.Response:
    return api.post("/v1/cases/report-crime", REPORT | more, idempotency_key=key)


def insist(api: Api, key: str) -> httpx.Response:
    """As a client does: again, as long as the request is under way."""
    for _ in range(200):
        answer = report(api, key)
        if answer.status_code != 409:
            return answer
        assert answer.json()["type"].endswith("request-under-way")
        time.sleep(0.02)
    raise AssertionError("the request is under way for ever")


def reports(api: Api) -> int:
    return sum(entry.stream.startswith("case-") for entry in api.system.store.read_log(0, 10_000))


def same(first: httpx.Response, again: httpx.Response) -> bool:
    kept = ("etag", "location", "candour-synthetic")
    return (first.status_code, first.content, [first.headers[name] for name in kept]) == (
        again.status_code,
        again.content,
        [again.headers[name] for name in kept],
    )


def test_the_same_request_has_the_same_answer_to_the_byte_also_from_another_process(
    api: Api, serve: Callable[[System], Api]
) -> None:
    key = uuid4().hex
    first = report(api, key)
    assert first.status_code == 201
    assert same(first, report(api, key))
    elsewhere = serve(System(api.system.settings, None))  # its own connections, as after a restart
    assert same(first, report(elsewhere, key))
    elsewhere.system.close()
    assert reports(api) == 1
    assert not same(first, report(api, uuid4().hex)), "the comparison would let a second effect pass"


def test_a_command_to_a_case_is_done_once_and_its_version_does_not_matter_any_more(api: Api) -> None:
    case = report(api, uuid4().hex).json()["case"]
    path, body, key = f"/v1/cases/{case}/record-crime", {"offence": "8N", "late_because": "queue"}, uuid4().hex
    first = api.post(path, body, 1, idempotency_key=key)
    assert first.json()["version"] == 2
    assert same(first, api.post(path, body, 1, idempotency_key=key))
    is_problem(api.post(path, body, 1), 412, "stale-version")


def test_a_command_that_writes_to_two_cases_is_done_once_in_both(api: Api) -> None:
    case, other = (report(api, uuid4().hex).json()["case"] for _ in range(2))
    path, body, key = (
        f"/v1/cases/{case}/link-case",
        {"under": other, "kind": "duplicate", "because": "The same."},
        uuid4().hex,
    )
    first = api.post(path, body, 1, idempotency_key=key)
    assert first.status_code == 200, first.text
    assert same(first, api.post(path, body, 1, idempotency_key=key))
    assert [len(api.system.store.load(each)) for each in (case, other)] == [2, 2]


def test_another_body_case_or_command_under_the_same_key_is_refused(api: Api) -> None:
    key = uuid4().hex
    case = report(api, key).json()["case"]
    is_problem(report(api, key, route="front_counter"), 422, "key-reused")
    is_problem(api.post(f"/v1/cases/{case}/register-incident", REPORT, 1, idempotency_key=key), 422, "invalid-content")
    is_problem(api.post(f"/v1/cases/{case}/register-incident", {}, 1, idempotency_key=key), 422, "key-reused")
    assert reports(api) == 1


@pytest.mark.parametrize(("staff", "force"), [("somebody-else", "kent"), ("recorder-1", "essex")])
def test_a_key_belongs_to_its_sender_and_their_force(api: Api, staff: str, force: str) -> None:
    key = uuid4().hex
    token = api.system.tokens.issue(staff, [Role.RECORDER], force)
    others = {"authorization": f"Bearer {token}", "idempotency-key": key}
    mine, theirs = report(api, key), api.client.post("/v1/cases/report-crime", json=REPORT, headers=others)
    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert mine.json()["case"] != theirs.json()["case"]
    assert {entry.force for entry in api.system.store.load(theirs.json()["case"])} == {force}
    assert reports(api) == 2
    assert same(mine, report(api, key)), "each still has their own answer"
    assert same(theirs, api.client.post("/v1/cases/report-crime", json=REPORT, headers=others))


def test_an_oversight_token_does_not_hear_what_a_force_was_answered(api: Api) -> None:
    key = uuid4().hex
    assert report(api, key).status_code == 201
    token = api.system.tokens.issue("recorder-1", [Role.RECORDER], "*")
    headers = {"authorization": f"Bearer {token}", "idempotency-key": key}
    is_problem(api.client.post("/v1/cases/report-crime", json=REPORT, headers=headers), 403, "not-permitted")


def test_a_refusal_is_not_kept(api: Api) -> None:
    case, key = report(api, uuid4().hex).json()["case"], uuid4().hex
    late = {"offence": "8N"}
    is_problem(api.post(f"/v1/cases/{case}/record-crime", late, 1, idempotency_key=key), 409, "rule-broken")
    mended = late | {"late_because": "It waited in a queue."}
    assert api.post(f"/v1/cases/{case}/record-crime", mended, 1, idempotency_key=key).status_code == 200


def test_a_request_under_way_elsewhere_is_said_and_freed_when_that_process_dies(api: Api) -> None:
    key = uuid4().hex
    with psycopg.connect(api.system.conninfo("candour_writer"), autocommit=True) as other:
        other.execute(LOCK, ("kent/recorder-1", key))
        answer = report(api, key)
        is_problem(answer, 409, "request-under-way")
        assert answer.headers["retry-after"] == "1"
    assert insist(api, key).status_code == 201  # the server notices within moments that the process is gone
    assert reports(api) == 1


def test_a_request_under_way_here_is_said_too(api: Api) -> None:
    key = uuid4().hex
    with (
        ThreadPoolExecutor(2) as people,
        psycopg.connect(api.system.conninfo("candour_writer"), autocommit=True) as other,
    ):
        other.execute(f"SELECT pg_advisory_lock({APPENDS})")
        first = people.submit(report, api, key)
        while other.execute(WAITING).fetchone() == (0,):
            pass
        is_problem(report(api, key), 409, "request-under-way")
        other.execute(f"SELECT pg_advisory_unlock({APPENDS})")
        assert first.result().status_code == 201
    assert same(first.result(), report(api, key))


LOSE = """
SELECT pg_terminate_backend(pid) FROM pg_locks
 WHERE locktype = 'advisory' AND granted AND objsubid = 1
   AND (classid::bigint << 32) | objid::bigint = hashtextextended(%s || chr(31) || %s, 4707)"""


@pytest.mark.parametrize("opens", [True, False], ids=["a report", "a command to a case"])
def test_a_request_whose_lock_was_lost_meanwhile_is_done_once_and_answered_to_both(
    api: Api, serve: Callable[[System], Api], opens: bool
) -> None:
    """The connection that held the lock breaks, and another process takes the request up before the first appends."""
    elsewhere, key = serve(System(api.system.settings, None)), uuid4().hex
    case = report(api, uuid4().hex).json()["case"]
    late = {"offence": "8N", "late_because": "queue"}

    def send(door: Api) -> httpx.Response:
        if opens:
            return report(door, key)
        return door.post(f"/v1/cases/{case}/record-crime", late, 1, idempotency_key=key)

    with (
        ThreadPoolExecutor(2) as people,
        psycopg.connect(api.system.conninfo("admin"), autocommit=True) as admin,
    ):

        def appends(how_many: int) -> None:
            for _ in range(1000):
                if admin.execute(WAITING).fetchone() == (how_many,):
                    return
                time.sleep(0.01)
            raise AssertionError("they do not append")

        admin.execute(f"SELECT pg_advisory_lock({APPENDS})")
        first = people.submit(send, api)
        appends(1)
        assert admin.execute(LOSE, ("kent/recorder-1", key)).fetchall() == [(True,)]
        second = people.submit(send, elsewhere)
        appends(2)
        admin.execute(f"SELECT pg_advisory_unlock({APPENDS})")
        answers = first.result(), second.result()
    assert [answer.status_code for answer in answers] == [201 if opens else 200] * 2, answers[1].text
    assert same(*answers)
    assert same(answers[0], send(api))
    events = [e for e in api.system.store.read_log(0, 10_000) if e.stream.startswith("case-")]
    assert len(events) == 2, "done twice"
    elsewhere.system.close()


def test_what_cannot_be_a_key_is_refused(api: Api) -> None:
    for wrong in ("", "two words", "x" * 201):
        is_problem(report(api, wrong), 400, "malformed-request")


def test_answers_are_kept_for_the_days_of_the_policy(api: Api) -> None:
    key = uuid4().hex
    first = report(api, key)
    with api.system.connect("candour_projector") as housekeeper:
        assert expire(housekeeper) == 0
        assert same(first, report(api, key))
        assert expire(housekeeper, days=0) == 1
    assert not same(first, report(api, key)), "a key that is forgotten is a new one"


def test_retries_at_random_leave_one_effect_for_each_request(api: Api) -> None:
    rng = random.Random(8)
    keys = [uuid4().hex for _ in range(40)]
    sent = [key for key in keys for _ in range(rng.randint(1, 4))]
    rng.shuffle(sent)

    with ThreadPoolExecutor(8) as people:
        answers = set(people.map(lambda key: (key, insist(api, key).content), sent))
    assert len(answers) == len(keys), "one answer for each key, whoever asks"
    assert reports(api) == len(keys)
