"""Each command as its documented example has it, over real HTTP."""

from datetime import datetime, timedelta

import pytest
from api import Api, is_problem, names, tells_no_position
from sending import BEFORE, force_of, send_as_documented, sender

from adapters.http import addresses, openapi
from domain.event import COMMANDS
from domain.inspection.scope import INSPECTORATE
from domain.values import Precision

TELLS_THE_OTHER_CASE = {"LinkCase", "UnlinkCase"}  # in the same commit, an instant later


@pytest.mark.parametrize("name", BEFORE)
def test_the_example_of_each_command_is_accepted_and_written(api: Api, name: str) -> None:
    of, case, version = COMMANDS[name].aggregate, None, 0
    for before in BEFORE[name]:
        answer = send_as_documented(api, before, case, version or None)
        assert answer.status_code in (200, 201), answer.text
        case, version = answer.json()[of], answer.json()["version"]

    answer = send_as_documented(api, name, case, version or None)

    assert answer.status_code == (201 if COMMANDS[name].opens else 200), answer.text
    done = answer.json()
    elsewhere = name in TELLS_THE_OTHER_CASE
    head = api.system.store.head()
    assert done["version"] == version + 1
    assert head.written_at is not None
    assert datetime.fromisoformat(done["written_at"]) == head.written_at - timedelta(microseconds=elsewhere)
    assert answer.headers["etag"] == f'"{done["version"]}"'
    assert answer.headers["location"] == addresses.one(done[of])
    assert tells_no_position(answer) is (force_of(sender(name)) != "*")
    assert (answer.headers["candour-synthetic"], done["synthetic"]) == ("false", False)
    entry = api.system.store.load(done[of])[-1]
    role = sender(name)
    assert (entry.position, entry.actor, entry.role, entry.force) == (
        head.position - elsewhere,
        f"{role}-1",
        role,
        INSPECTORATE if force_of(role) == "*" else force_of(role),
    )
    assert entry.purpose is COMMANDS[name].purpose
    if COMMANDS[name].by_reporter:
        assert (entry.correlation, entry.at.precision) == (None, Precision.DAY), (
            "nothing ties it to a request or an hour"
        )
    else:
        assert entry.correlation == answer.headers["correlation-id"] == answer.headers["request-id"]


def test_every_command_has_a_case_in_this_test() -> None:
    assert BEFORE.keys() == COMMANDS.keys()


def test_the_routes_are_the_names_of_the_commands() -> None:
    assert addresses.template(COMMANDS["ReportCrime"]) == "/v1/cases/report-crime"
    assert addresses.template(COMMANDS["RecordN100"]) == "/v1/cases/{case_id}/record-n100"


def test_a_case_id_tells_nothing(api: Api) -> None:
    first, second = api.report(), api.report()
    assert {case.split("-")[3][0] for case in (first, second)} == {"4"}, "UUID version 4: no time in it"
    assert first != second


def test_one_command_may_write_two_events(api: Api) -> None:
    case = api.report()
    answer = api.send("DeclineRecording", case, 1)
    assert answer.json()["version"] == 3
    history = api.get(f"/v1/cases/{case}/history").json()["events"]
    assert names(history) == ["crime_reported.v1", "incident_registered.v1", "recording_declined.v1"]


def test_a_correlation_id_goes_into_the_events(api: Api) -> None:
    answer = api.post(
        "/v1/cases/report-crime", openapi.example_of(COMMANDS["ReportCrime"]), correlation_id="intake-2026.1"
    )
    assert answer.headers["correlation-id"] == "intake-2026.1"
    assert answer.headers["request-id"] != "intake-2026.1"
    assert api.system.store.load(answer.json()["case"])[0].correlation == "intake-2026.1"


def test_a_correlation_id_that_could_hold_a_sentence_is_refused(api: Api) -> None:
    answer = api.get("/health/live", correlation_id="called by Jane Example")
    problem = is_problem(answer, 400, "malformed-request")
    assert "Jane" not in answer.text
    assert problem["detail"].startswith("Correlation-Id takes")


def test_free_text_and_names_are_sealed_on_disk(api: Api) -> None:
    reporter = {"subject": "person-0a1b2c3d", "value": "Jane Example"}
    case = api.report(summary="She saw a red van.", reporter=reporter)
    stored = api.system.store.load(case)[0].event.model_dump_json()
    assert "Jane" not in stored
    assert "red van" not in stored
