import re

from api import Api

from domain.event import Role


def sample(text: str, name: str, **labels: str) -> float:
    """The value of a sample of Prometheus's text format; 0 if there is none."""
    for line in text.splitlines():
        found = re.fullmatch(rf"{name}(?:\{{(.*)\}})? (\S+)", line)
        if found and dict(re.findall(r'(\w+)="([^"]*)"', found[1] or "")) == labels:
            return float(found[2])
    return 0.0


def test_a_process_that_lives_and_can_work(api: Api) -> None:
    assert api.client.get("/health/live").json() == {"status": "live"}
    ready = api.client.get("/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    assert ready.json()["position"] == api.system.store.head().position


def test_prometheus_counts_requests_and_commands(api: Api) -> None:
    case = api.recorded()
    api.send("RegisterIncident", case, 2)
    api.send("AssignOutcome", case, 1)
    api.post("/v1/cases/report-crime", {}, role=Role.ANALYST)
    api.client.get("/no/such/address")
    answer = api.client.get("/metrics")
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


def test_no_case_and_no_person_is_a_label(api: Api) -> None:
    case = api.recorded()
    api.get(f"/v1/cases/{case}")
    text = api.client.get("/metrics").text
    assert case not in text
    assert "recorder-1" not in text
