from datetime import datetime, timedelta
from typing import Any

import pytest
from api import Api, is_problem, names, tells_no_position

from adapters.system import now
from domain.case.state import replay
from domain.event import Role

REPORTER = {"subject": "person-0a1b2c3d", "value": "Jane Example"}


def carries_its_standing(answer: Any, position: int) -> None:
    body = answer.json()
    assert body["position"] == int(answer.headers["candour-position"]) == position
    assert body["age"] == float(answer.headers["candour-age"]) >= 0
    assert body["lag"] == int(answer.headers["candour-lag"]) == 0
    assert body["synthetic"] is False
    assert answer.headers["candour-synthetic"] == "false"


def test_the_state_of_a_case_and_what_may_be_done_next(api: Api) -> None:
    case = api.recorded()
    carries_its_standing(api.get(f"/v1/cases/{case}", Role.AUDITOR, "*"), api.system.store.head().position)
    answer = api.get(f"/v1/cases/{case}")
    assert tells_no_position(answer)
    body = answer.json()
    assert (body["case"], body["version"], body["status"], body["force"]) == (case, 2, "recorded", "kent")
    assert answer.headers["etag"] == '"2"'
    assert body["recording"]["offence"] == "8N"
    moves = {move["command"]: move for move in body["allowed"]}
    assert moves.keys() == {move.__name__ for move in replay(api.system.store.load(case)).allowed}
    assert "RegisterIncident" not in moves
    href = f"/v1/cases/{case}/assign-outcome"
    assert moves["AssignOutcome"] == {
        "command": "AssignOutcome",
        "method": "POST",
        "href": href,
        "permitted": True,
    }
    assert not moves["WaiveVictimNotice"]["permitted"], "a recorder may not"
    assert [(duty["kind"], duty["about"], duty["status"]) for duty in body["duties"]] == [
        ("recording", None, "met"),
        ("victim_told", "recorded", "open"),
        ("support_referral", None, "open"),
    ]
    assert body["breaks"] == []
    assert api.client.get(body["history"], headers=api.headers()).status_code == 200


def test_what_was_known_at_a_position(api: Api) -> None:
    case = api.recorded()
    history = api.get(f"/v1/cases/{case}/history", Role.AUDITOR, "*").json()["events"]
    first, second = (entry["position"] for entry in history)
    for position, status in ((first, "reported"), (second, "recorded")):
        answer = api.get(f"/v1/cases/{case}?known_at={position}", Role.AUDITOR, "*")
        assert (answer.json()["status"], answer.json()["known_at"]) == (status, str(position))
        assert "etag" not in answer.headers, "a past state is not one to decide on"
    assert len(api.get(f"/v1/cases/{case}/history?known_at={first}", Role.AUDITOR, "*").json()["events"]) == 1
    is_problem(api.get(f"/v1/cases/{case}?known_at={first - 1}", Role.AUDITOR, "*"), 404, "not-found")


def test_members_of_a_force_name_instants_and_not_positions(api: Api) -> None:
    case = api.recorded()
    problem = is_problem(api.get(f"/v1/cases/{case}?known_at=1"), 422, "invalid-content")
    assert "positions of the log are for oversight" in problem["detail"]
    first, second = api.get(f"/v1/cases/{case}/history").json()["events"]
    assert "position" not in first
    assert first["written_at"] < second["written_at"], "it grows from event to event"
    answer = api.get(f"/v1/cases/{case}").json()
    assert answer["known_at"] == second["written_at"], "what else was written does not show"
    assert api.get(f"/v1/cases/{case}?known_at={first['written_at']}").json()["status"] == "reported"


def test_what_was_known_at_an_instant(shared: Api) -> None:
    case = shared.report()
    written = shared.send("RecordCrime", case, 1).json()["written_at"]
    before = (datetime.fromisoformat(written) - timedelta(microseconds=1)).isoformat().replace("+", "%2B")
    assert shared.get(f"/v1/cases/{case}?known_at={written}").json()["status"] == "recorded"
    assert shared.get(f"/v1/cases/{case}?known_at={before}").json()["status"] == "reported"
    yesterday = (now() - timedelta(days=1)).date()
    is_problem(shared.get(f"/v1/cases/{case}?known_at={yesterday}"), 404, "not-found")


def test_the_state_as_of_a_moment(shared: Api) -> None:
    case = shared.report()
    acted = shared.send("RecordCrime", case, 1)
    act = shared.get(f"/v1/cases/{case}/history").json()["events"][1]["at"]
    assert acted.status_code == 200
    before = (datetime.fromisoformat(act) - timedelta(microseconds=1)).isoformat().replace("+", "%2B")
    assert shared.get(f"/v1/cases/{case}?as_of={act}").json()["status"] == "recorded"
    assert shared.get(f"/v1/cases/{case}?as_of={before}").json()["status"] == "reported"


@pytest.mark.parametrize("name", ["known_at", "as_of"])
@pytest.mark.parametrize(
    ("given", "because"),
    [
        ("2026-03-02T09:14:00", "without a zone"),
        ("2026-03", "a month is too wide"),
        ("yesterday", "not a time"),
        ("2999-01-01", "not over yet"),
        ("2999-01-01T00:00:00Z", "in the future"),
        ("", "not a time"),
    ],
)
def test_a_moment_that_cannot_be_answered_is_refused_with_the_fix(
    shared: Api, name: str, given: str, because: str
) -> None:
    answer = shared.get(f"/v1/cases/{shared.report()}?{name}={given}")
    (error,) = is_problem(answer, 422, "invalid-content")["errors"]
    assert error["where"] == name
    assert because in error["problem"]
    assert "2026-03-02T09:14:00Z" in error["problem"]


def test_a_position_that_is_not_written_yet(api: Api) -> None:
    case = api.report()
    position = api.system.store.head().position + 1
    answer = api.get(f"/v1/cases/{case}/history?known_at={position}", Role.AUDITOR, "*")
    assert f"ends at position {position - 1}" in is_problem(answer, 422, "invalid-content")["detail"]


def test_a_history_shows_the_whole_envelope(api: Api) -> None:
    case = api.report()
    answer = api.get(f"/v1/cases/{case}/history", Role.AUDITOR, "*")
    carries_its_standing(answer, api.system.store.head().position)
    (entry,) = answer.json()["events"]
    stored = api.system.store.load(case)[0]
    expected = {
        "position": stored.position,
        "stream": case,
        "version": 1,
        "name": "crime_reported.v1",
        "event_id": str(stored.event_id),
        "force": "kent",
        "at": str(stored.at),
        "at_precision": "instant",
        "actor": "recorder-1",
        "role": "recorder",
        "unit": None,
        "purpose": "crime_recording",
        "source": None,
        "correlation": stored.correlation,
        "causation": None,
        "broken": [],
    }
    assert {key: entry[key] for key in expected} == expected
    assert datetime.fromisoformat(entry["written_at"]) == stored.written_at


def test_sealed_text_is_opened_only_for_a_stated_purpose(shared: Api) -> None:
    case = shared.report(summary="She saw a red van.", reporter=REPORTER)
    path = f"/v1/cases/{case}/history"

    closed = shared.get(path)
    data = closed.json()["events"][0]["data"]
    assert (data["summary"], data["reporter"]) == ("[sealed]", {"subject": "person-0a1b2c3d", "value": "[sealed]"})
    assert "Purpose" in closed.json()["sealed"]["how_to_open"]
    assert closed.headers["candour-sealed"].startswith("closed")
    assert "sealed:1:" not in closed.text, "not even the ciphertext"

    opened = shared.get(path, purpose="crime_recording")
    data = opened.json()["events"][0]["data"]
    assert (data["summary"], data["reporter"]["value"]) == ("She saw a red van.", "Jane Example")
    assert opened.headers["candour-sealed"] == "opened"


def test_a_purpose_that_is_none(shared: Api) -> None:
    answer = shared.get(f"/v1/cases/{shared.report()}/history", purpose="curiosity about Jane")
    assert is_problem(answer, 422, "invalid-content")["errors"][0]["where"] == "Purpose"
    assert "Jane" not in answer.text


def test_an_erased_text_reads_as_erased(api: Api) -> None:
    case = api.report(summary="She saw a red van.", reporter=REPORTER)
    with api.system.connect("admin") as admin:
        admin.execute(
            "UPDATE candour.keys SET wrapped = NULL, destroyed_at = now() WHERE key_id = %s", (REPORTER["subject"],)
        )
    data = api.get(f"/v1/cases/{case}/history", purpose="audit").json()["events"][0]["data"]
    assert (data["summary"], data["reporter"]["value"]) == ("She saw a red van.", "[erased]")


def pages(api: Api, limit: int, **people: Any) -> list[list[dict[str, Any]]]:
    found, path = [], f"/v1/events?limit={limit}"
    while path:
        answer = api.get(path, **people)
        assert answer.status_code == 200, answer.text
        found.append(answer.json()["events"])
        path = answer.json()["next"]
        assert (f'<{path}>; rel="next"' == answer.headers.get("link")) == bool(path)
    return found


def is_the_whole_log(positions: list[int], head: int) -> bool:
    return positions == list(range(1, head + 1))


@pytest.mark.parametrize("limit", [1, 3, 1000])
def test_an_auditor_reads_the_whole_log_in_order(api: Api, limit: int) -> None:
    case = api.recorded()
    found = pages(api, limit, role=Role.AUDITOR, force="*")
    positions = [entry["position"] for page in found for entry in page]
    head = api.system.store.head().position
    assert is_the_whole_log(positions, head)
    assert not is_the_whole_log(positions[:-2] + positions[-1:], head), "a gap is found"
    assert all(len(page) == limit for page in found[:-1])
    last = found[-1][-1]
    assert (last["stream"], last["position"]) == (case, head)
    assert last["data"]["late_because"] == "[sealed]"


def test_a_page_of_the_log(api: Api) -> None:
    api.recorded()
    answer = api.get("/v1/events?after=2&upto=5", Role.AUDITOR, "*")
    carries_its_standing(answer, api.system.store.head().position)
    assert [entry["position"] for entry in answer.json()["events"]] == [3, 4, 5]
    assert (answer.json()["upto"], answer.json()["next"]) == (5, None)
    after_the_end = api.get("/v1/events?after=9000", Role.AUDITOR, "*").json()
    assert (after_the_end["events"], after_the_end["next"]) == ([], None)


@pytest.mark.parametrize(
    ("query", "where"), [("after=-1", "after"), ("limit=0", "limit"), ("limit=1001", "limit"), ("upto=x", "upto")]
)
def test_a_page_that_cannot_be(shared: Api, query: str, where: str) -> None:
    answer = shared.get(f"/v1/events?{query}", Role.AUDITOR, "*")
    assert is_problem(answer, 422, "invalid-content")["errors"][0]["where"] == where


def test_reference_data_is_open(shared: Api) -> None:
    def read(name: str) -> Any:
        return shared.client.get(f"/v1/reference/{name}").json()

    assert {"code": "8N", "rape": False}.items() <= next(
        o for o in read("offences")["offences"] if o["code"] == "8N"
    ).items()
    assert len(read("outcomes")["outcomes"]) == 22
    assert {"force": "kent", "name": "Kent Police"} in read("forces")["forces"]
    assert "late_recording_needs_a_reason" in {rule["id"] for rule in read("rules")["rules"]}
    report = next(c for c in read("commands")["commands"] if c["command"] == "ReportCrime")
    assert (report["href"], report["opens"]) == ("/v1/cases/report-crime", "case")
    assert "recorder" in report["roles"]
    assert names([{"name": report["purpose"]}]) == ["crime_recording"]
