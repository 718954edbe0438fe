"""Over an empty folder, with real processes: a case worker, an analyst and an auditor at work, door by door."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx
import pytest
from processes import Place, Running, only_where_proc_is

from projections.metrics import ALL

pytestmark = only_where_proc_is

NOT_COMPARED = ("age", "lag")


@dataclass
class Desk:
    """Somebody with a token from `candour token`."""

    client: httpx.Client

    def get(self, path: str, status: int = 200, **headers: str) -> httpx.Response:
        answer = self.client.get(path, headers=headers)
        assert answer.status_code == status, answer.text
        return answer

    def send(self, path: str, version: int | None, body: dict[str, Any], status: int = 200) -> httpx.Response:
        headers = {} if version is None else {"if-match": f'"{version}"'}
        answer = self.client.post(f"/v1/cases/{path}", json=body, headers=headers)
        assert answer.status_code == status, answer.text
        if status < 300:
            assert answer.headers["etag"] == f'"{answer.json()["version"]}"'
            assert "position" not in answer.json(), "for oversight only"
        return answer


@pytest.fixture(scope="module")
def serving(shared_place: Place) -> Iterator[Running]:
    running = shared_place.start("serve").ready()
    yield running
    assert running.interrupt() == 130
    shared_place.must_be_quiet()
    assert "Traceback" not in running.output()


@pytest.fixture(scope="module")
def desk(shared_place: Place, serving: Running) -> Iterator[Any]:
    clients: list[httpx.Client] = []

    @cache
    def make(role: str, force: str) -> Desk:
        issued = shared_place.run("token", "--role", role, "--force", force, "--staff-id", f"{role}-1")
        assert issued.code == 0, issued
        token = issued.out.strip()
        clients.append(httpx.Client(base_url=serving.url, headers={"authorization": f"Bearer {token}"}, timeout=30))
        return Desk(clients[-1])

    yield make
    for client in clients:
        client.close()


@dataclass
class Walk:
    """What the case worker did: four cases, and the last position."""

    recorded: str
    incident: str
    declined: str
    rape: str
    position: int
    after_recording: int


@pytest.fixture(scope="module")
def walk(desk: Any) -> Walk:
    worker: Desk = desk("recorder", "kent")
    registrar: Desk = desk("force_crime_registrar", "kent")

    def report(alleged: str) -> str:
        received = (datetime.now(UTC) - timedelta(hours=2)).isoformat(timespec="minutes")
        body = {"received_at": received, "route": "online", "reporter_role": "victim", "alleged": alleged}
        answer = worker.send("report-crime", None, body, 201).json()
        assert answer["version"] == 1
        return answer["case"]

    recorded = report("105A")
    incident = worker.send(f"{recorded}/register-incident", 1, {"incident": "INC/2026/000456"}).json()
    assert incident["version"] == 2
    done = worker.send(f"{recorded}/record-crime", 2, {"offence": "105A"}).json()
    assert done["version"] == 3
    overseer: Desk = desk("auditor", "*")
    after_recording = overseer.get(f"/v1/cases/{recorded}/history").json()["events"][-1]["position"]
    # Whoever decided on an older version is told so, and nothing is written.
    stale = worker.send(f"{recorded}/assign-outcome", 2, {"outcome": 18}, 412)
    assert stale.headers["etag"] == '"3"'
    worker.send(f"{recorded}/assign-outcome", None, {"outcome": 18}, 428)
    assert worker.send(f"{recorded}/assign-outcome", 3, {"outcome": 18}).json()["version"] == 4
    history = worker.get(f"/v1/cases/{recorded}/history").json()["events"]
    wrong = next(event for event in history if event["name"].startswith("crime_recorded"))
    correction = {
        "corrects": wrong["event_id"],
        "facts": {"offence": "8N"},
        "because": "The injury had been overlooked.",
    }
    assert registrar.send(f"{recorded}/correct-fact", 4, correction).json()["version"] == 5

    declined = report("104")
    refusal = worker.send(f"{declined}/decline-recording", 1, {"rationale": "No reason was chosen."}, 422)
    assert "reason" in refusal.json()["detail"]
    reason = {"reason": "no_crime_in_law", "rationale": "The camera shows that nobody was there."}
    decision = registrar.client.post(
        f"/v1/cases/{declined}/decline-recording", json=reason, headers={"if-match": '"1"'}
    )
    assert decision.status_code == 200, decision.text

    rape = report("19C")
    body = {"sub_code": 1, "rationale": "Credible evidence to the contrary was found."}
    assert worker.send(f"{rape}/record-n100", 1, body).json()["version"] == 2
    no_rape = report("104")
    refused = worker.send(f"{no_rape}/record-n100", 1, body, 409).json()
    assert refused["rule"]["source"]
    assert refused["allowed"]
    last = worker.send(f"{no_rape}/register-incident", 1, {}).json()
    end = overseer.get(f"/v1/cases/{no_rape}/history").json()["events"][-1]
    assert end["written_at"] == last["written_at"]
    return Walk(recorded, no_rape, declined, rape, end["position"], after_recording)


def test_the_case_worker_finds_the_case_as_it_was_left(desk: Any, walk: Walk) -> None:
    answer = desk("recorder", "kent").get(f"/v1/cases/{walk.recorded}")
    assert answer.headers["etag"] == '"5"'
    assert answer.json()["status"] == "recorded"
    assert answer.json()["recording"]["offence"] == "8N"
    assert answer.json()["outcome"]["type"] == 18


# Nobody on this walk cancels a crime, flags one, says what they wish, brings a file, or reports misconduct.
NOTHING_OF_IT = {"unauthorised_cancellation", "evidence_of_victim_wish", "testimony_breaking_rules"}
NOTHING_OF_IT |= {"outcome16_share_domestic_abuse"}
NOTHING_OF_IT |= {metric.name for metric in ALL if metric.over != "case_facts"}


@pytest.mark.parametrize("metric", [metric.name for metric in ALL])
def test_the_command_line_gives_the_figure_of_the_api(shared_place: Place, desk: Any, walk: Walk, metric: str) -> None:
    path = f"/v1/metrics/{metric}?force=kent&by=force&known_at={walk.position}"
    over_http = desk("analyst", "*").get(path, prefer="wait=10").json()
    asked = ("metrics", metric, "--force", "kent", "--by", "force", "--known-at", str(walk.position))
    on_the_command_line = shared_place.run(*asked, "--json").json
    assert without(over_http) == without(on_the_command_line)
    assert over_http["position"] == walk.position
    assert over_http["metric"] == metric
    assert len(over_http["series"]) == (metric not in NOTHING_OF_IT)


def test_csv_too_is_the_same_at_both_doors(shared_place: Place, desk: Any, walk: Walk) -> None:
    known_at = str(walk.position)
    path = f"/v1/metrics/unrecorded_backlog?by=stratum&known_at={known_at}&format=csv"
    over_http = desk("analyst", "*").get(path, prefer="wait=10")
    assert over_http.headers["content-type"].startswith("text/csv")
    asked = ("metrics", "unrecorded_backlog", "--by", "stratum", "--known-at", known_at, "--csv")
    assert over_http.text.replace("\r\n", "\n") == shared_place.run(*asked).out
    rows = list(csv.DictReader(io.StringIO(over_http.text)))
    assert {row["metric"] for row in rows} == {"unrecorded_backlog"}
    assert {row["position"] for row in rows} == {known_at}


def without(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name not in NOT_COMPARED}


def test_another_question_has_another_figure(shared_place: Place, walk: Walk) -> None:
    """The negative control of the comparison: what was known earlier is not the same."""
    asked = ("metrics", "recorded_within_24h", "--json", "--known-at")
    early = shared_place.run(*asked, str(walk.after_recording - 1)).json
    late = shared_place.run(*asked, str(walk.position)).json
    assert without(early) != without(late)


def test_the_catalogue_is_open_to_all_and_the_same_at_both_doors(shared_place: Place, serving: Running) -> None:
    over_http = httpx.get(f"{serving.url}/v1/metrics")
    assert over_http.status_code == 200
    assert over_http.json() == shared_place.run("metrics", "--json").json
    assert httpx.get(f"{serving.url}/v1/metrics/recorded_within_24h").status_code == 401


def test_the_auditor_reads_the_history_and_replay_prints_the_same(shared_place: Place, desk: Any, walk: Walk) -> None:
    auditor: Desk = desk("auditor", "*")
    over_http = auditor.get(f"/v1/cases/{walk.recorded}/history").json()["events"]
    replayed = shared_place.run("replay", walk.recorded, "--json").json
    assert [event["event_id"] for event in over_http] == [event["event_id"] for event in replayed["events"]]
    assert [event["version"] for event in replayed["events"]] == [1, 2, 3, 4, 5]
    assert replayed["events"][4]["data"]["because"] == over_http[4]["data"]["because"]
    opened = auditor.get(f"/v1/cases/{walk.recorded}/history", purpose="audit").json()["events"]
    assert opened[4]["data"]["because"] == "The injury had been overlooked."
    unsealed = shared_place.run("replay", walk.recorded, "--unseal", "--json").json
    assert unsealed["events"][4]["data"]["because"] == "The injury had been overlooked."
    assert "The injury" not in shared_place.run("replay", walk.recorded).out


def test_the_auditor_sees_the_case_as_it_was_known(shared_place: Place, desk: Any, walk: Walk) -> None:
    auditor: Desk = desk("auditor", "*")
    path = f"/v1/cases/{walk.recorded}?known_at={walk.after_recording}"
    known = auditor.get(path).json()
    assert (known["version"], known["recording"]["offence"]) == (3, "105A")
    assert auditor.get(f"/v1/cases/{walk.recorded}").json()["version"] == 5
    replayed = shared_place.run("replay", walk.recorded, "--known-at", str(walk.after_recording), "--json").json
    assert (replayed["version"], replayed["recording"]["offence"]) == (3, "105A")
    history = auditor.get(f"/v1/cases/{walk.recorded}/history").json()["events"]
    before = auditor.get(f"/v1/cases/{walk.recorded}", 200).json()
    assert before["status"] == "recorded"
    moment = history[1]["written_at"]
    then = auditor.get(f"/v1/cases/{walk.recorded}?as_of={moment}").json()
    assert then["status"] != "recorded"
    assert shared_place.run("replay", walk.recorded, "--as-of", moment, "--json").json["status"] == then["status"]


def test_the_pages_of_the_log_make_the_whole_log(desk: Any, walk: Walk) -> None:
    auditor: Desk = desk("auditor", "*")
    whole = auditor.get("/v1/events?after=0&limit=1000").json()["events"]
    assert [event["position"] for event in whole] == list(range(1, walk.position + 1))
    paged: list[dict[str, Any]] = []
    path: str | None = "/v1/events?after=0&limit=4"
    while path is not None:
        page = auditor.get(path).json()
        assert len(page["events"]) <= 4
        paged += page["events"]
        path = page["next"]
    assert paged == whole


def test_a_foreign_force_sees_none_of_it(desk: Any, walk: Walk) -> None:
    other: Desk = desk("force_crime_registrar", "essex")
    other.get(f"/v1/cases/{walk.recorded}", 404)
    assert other.get("/v1/events").json()["events"] == []


def test_the_command_line_works_beside_the_server(shared_place: Place, serving: Running, walk: Walk) -> None:
    """It uses the same PostgreSQL, and leaves it running."""
    postmaster = shared_place.postmaster
    assert shared_place.run("replay", walk.declined).code == 0
    assert shared_place.run("migrate", "--json").json["steps"] == []
    assert shared_place.postmaster == postmaster
    assert httpx.get(f"{serving.url}/health/ready").status_code == 200
