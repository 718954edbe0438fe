import re

import httpx
from api import Api, is_problem

from adapters.http import meters
from domain.event import Role
from projections import ALL


def sample(text: str, name: str, **labels: str) -> float:
    """The value of a sample of Prometheus's text format; 0 if there is none."""
    for line in text.splitlines():
        found = re.fullmatch(rf"{name}(?:\{{(.*)\}})? (\S+)", line)
        if found and dict(re.findall(r'(\w+)="([^"]*)"', found[1] or "")) == labels:
            return float(found[2])
    return 0.0


def scraped(api: Api) -> httpx.Response:
    return api.get("/metrics", Role.ADMINISTRATOR, "*")


def test_a_process_that_lives_and_can_work(api: Api) -> None:
    assert api.client.get("/health/live").json() == {"status": "live"}
    ready = api.client.get("/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    assert ready.json().keys() == {"status", "synthetic"}, "whoever asks without a token is told nothing that moves"


def test_prometheus_takes_the_token_of_an_administrator_for_all_forces(api: Api) -> None:
    is_problem(api.client.get("/metrics"), 401, "not-authenticated")
    is_problem(api.get("/metrics", Role.AUDITOR, "*"), 403, "not-permitted")
    is_problem(api.get("/metrics", Role.ADMINISTRATOR, "kent"), 403, "not-permitted")


def test_prometheus_counts_requests_and_commands(api: Api) -> None:
    case = api.recorded()
    api.send("RegisterIncident", case, 2)
    api.send("AssignOutcome", case, 1)
    api.post("/v1/cases/report-crime", {}, role=Role.ANALYST)
    api.client.get("/no/such/address")
    answer = scraped(api)
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    text = answer.text
    for command, verdict in (
        ("RecordCrime", "accepted"),
        ("RegisterIncident", "rule_broken"),
        ("AssignOutcome", "stale_version"),
        ("ReportCrime", "not_permitted"),
    ):
        assert sample(text, "candour_commands_total", command=command, verdict=verdict) == 1
    route = "/v1/cases/{case_id}/record-crime"
    assert sample(text, "candour_request_seconds_count", method="POST", route=route, status="2xx") == 1
    assert sample(text, "candour_request_seconds_count", method="GET", route="none", status="4xx") == 1
    assert sample(text, "candour_log_position") == api.system.store.head().position


def test_prometheus_sees_commits_and_where_the_figures_stand(api: Api) -> None:
    before = scraped(api).text
    api.recorded()
    text = scraped(api).text
    assert sample(text, "candour_append_batch_size_count") == 2
    assert sample(text, "candour_append_batch_size_sum") == 2
    head = api.system.store.head().position
    for projection in ALL:
        assert sample(before, "candour_projection_failed", projection=projection.name) == 0
        assert sample(text, "candour_projection_lag_events", projection=projection.name) == head
    followed = api.system.projector(ALL[0])
    with followed.connection as connection:
        followed.prepare()
        followed.catch_up()
        text = scraped(api).text
        assert sample(text, "candour_projection_lag_events", projection=ALL[0].name) == 0
        assert sample(text, "candour_projection_position", projection=ALL[0].name) == head
        connection.execute("UPDATE candour.read_models SET failed = 'position 7: planted'")
        text = scraped(api).text
        assert sample(text, "candour_projection_failed", projection=ALL[0].name) == 1


def test_what_is_documented_is_what_is_shown(api: Api) -> None:
    api.recorded()
    shown = set(re.findall(r"^# TYPE (\S+) (\S+)", scraped(api).text, re.MULTILINE))
    told = {(meter.name, meter.kind) for meter in meters.ALL}
    assert shown == told
    assert {(name, kind) for name, kind in shown if name != "candour_log_position"} != told, "one left out is noticed"


def test_no_case_and_no_person_is_a_label(api: Api) -> None:
    case = api.recorded()
    api.get(f"/v1/cases/{case}")
    text = scraped(api).text
    assert case not in text
    assert "recorder-1" not in text
