"""Each request of a random run is sent again until it is answered, while something is killed: the log has it once."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from processes import Place, Running, only_where_proc_is, wait_until

from adapters.eventstore.requests import KEPT_DAYS
from adapters.postgres.embedded import EmbeddedPostgres

pytestmark = only_where_proc_is

PATIENCE = 120.0
SERVE = ("serve", "--no-projector")  # which has nothing to do with what is written
STARTED_AGAIN = '"event":"postgresql_started_again"'
REPORT = {"received_at": "2026-03-02T09:14:00Z", "route": "online", "reporter_role": "victim", "alleged": "8N"}


@dataclass
class Client:
    """Sends each request under its own key until it has an answer, and now and then once more."""

    place: Place
    token: str
    patience: float = PATIENCE
    attempts: int = 0
    answers: dict[str, bytes] = field(default_factory=dict)

    def send(self, rng: random.Random, path: str, body: dict[str, Any], version: int | None = None) -> dict[str, Any]:
        key = str(UUID(int=rng.getrandbits(128)))
        headers = {"authorization": f"Bearer {self.token}", "idempotency-key": key, "content-type": "application/json"}
        if version is not None:
            headers["if-match"] = f'"{version}"'
        wanted = 1 + (rng.random() < 0.4)
        deadline = time.monotonic() + self.patience
        while wanted:
            assert time.monotonic() < deadline, f"no answer to {path}"
            self.attempts += 1
            try:
                # Impatient on purpose: some answers come too late to be heard.
                status, again, content = self._post(path, body, headers, rng.choice((0.02, 0.2, 5.0)))
            except (OSError, HTTPException) as error:
                time.sleep(0.2 if isinstance(error, ConnectionRefusedError) else 0.05)
                continue
            if status in (409, 503) and again:
                time.sleep(0.05)
                continue
            assert status in (200, 201), content
            assert self.answers.setdefault(key, content) == content, "another answer the second time"
            wanted -= 1
        return json.loads(self.answers[key])

    def _post(
        self, path: str, body: dict[str, Any], headers: dict[str, str], seconds: float
    ) -> tuple[int, bool, bytes]:
        """The status, whether it may be tried again, and the body."""
        with closing(HTTPConnection("127.0.0.1", self.place.port, timeout=seconds)) as connection:
            connection.request("POST", path, json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, "retry-after" in answer.headers, answer.read()

    def life(self, seed: int) -> tuple[str, int]:
        """The life of one case; its id, and how many events it must have."""
        rng = random.Random(seed)
        opened = self.send(rng, "/v1/cases/report-crime", REPORT)
        case, version = opened["case"], opened["version"]
        for path, body in rng.choice(LIVES):
            version = self.send(rng, f"/v1/cases/{case}/{path}", body, version)["version"]
        return case, version


LIVES: tuple[tuple[tuple[str, dict[str, Any]], ...], ...] = (
    (),
    (("register-incident", {}), ("record-crime", {"offence": "8N", "late_because": "It waited."})),
    (("decline-recording", {"reason": "other_force", "rationale": "It was in Essex."}),),
    (("record-crime", {"offence": "8N", "late_because": "It waited."}), ("assign-outcome", {"outcome": 18})),
)


def kill_server(place: Place, running: list[Running]) -> None:
    """End the server and start another."""
    running[-1].process.send_signal(signal.SIGKILL)
    running[-1].process.wait(60)
    running.append(place.start(*SERVE).ready())


def kill_postgresql(place: Place, running: list[Running]) -> None:
    """End the database; the server itself has to bring it back."""
    before = running[-1].output().count(STARTED_AGAIN)
    os.kill(place.postmaster, signal.SIGKILL)
    wait_until(lambda: running[-1].output().count(STARTED_AGAIN) > before, PATIENCE)


Kill = Callable[[Place, list[Running]], None]


def run(
    place: Place, seeds: range, kill: Kill, people: int = 6, patience: float = PATIENCE
) -> tuple[Client, dict[str, int], int]:
    """The client, the cases with the events each must have, and how often something was killed."""
    running = [place.start(*SERVE).ready()]
    token = place.run("token", "--role", "recorder", "--force", "kent", "--staff-id", "recorder-1").out.strip()
    client, stopping, kills = Client(place, token, patience), threading.Event(), 0

    def go_on_killing() -> None:
        nonlocal kills
        rng = random.Random(seeds.start)
        while not stopping.is_set():
            enough = len(client.answers) + rng.choice((1, people, 2 * people))  # something comes of each start
            while len(client.answers) < enough and not stopping.wait(0.01):
                pass
            if not stopping.wait(rng.uniform(0.0, 0.1)):
                kill(place, running)
                kills += 1

    killer = threading.Thread(target=go_on_killing)
    killer.start()
    try:
        with ThreadPoolExecutor(people) as pool:
            lives = dict(pool.map(client.life, seeds))
    finally:
        stopping.set()
        killer.join()
    return client, lives, kills


def check(place: Place, client: Client, lives: dict[str, int]) -> None:
    wait_until(lambda: httpx.get(f"http://127.0.0.1:{place.port}/health/ready", timeout=30).status_code == 200, 60)
    check_log(place, lives)
    assert client.attempts > len(client.answers), "nothing was ever sent again"


def check_log(place: Place, lives: dict[str, int]) -> None:
    assert logged(place) == lives, "a request was done twice, or not at all"


def logged(place: Place) -> dict[str, int]:
    """The cases in the log, with the number of their events."""
    token = place.run("token", "--role", "auditor", "--force", "*", "--staff-id", "auditor-1").out.strip()
    seen: dict[str, int] = {}
    after: str | None = "/v1/events?limit=1000"
    while after is not None:
        page = httpx.get(f"http://127.0.0.1:{place.port}{after}", headers={"authorization": f"Bearer {token}"}).json()
        for event in page["events"]:
            if event["stream"].startswith("case-"):
                seen[event["stream"]] = seen.get(event["stream"], 0) + 1
        after = page["next"]
    return seen


@pytest.mark.parametrize(("kill", "cases"), [(kill_server, 30), (kill_postgresql, 20)])
def test_retries_while_something_is_killed_leave_one_effect_each(place: Place, kill: Kill, cases: int) -> None:
    client, lives, kills = run(place, range(cases), kill)
    assert len(lives) == cases
    assert kills >= 1
    check(place, client, lives)
    with pytest.raises(AssertionError, match="done twice"):
        check(place, client, lives | {"case-planted": 1})


EVERYTHING = 1_000_000


@contextmanager
def client_process(place: Place, token: str, seed: int, hear: int) -> "Iterator[subprocess.Popen[str]]":
    """`insistent_client.py` over eight cases; killed in the end, if it still runs."""
    given = [str(argument) for argument in (place.port, token, seed, 8, hear)]
    command = [sys.executable, str(Path(__file__).with_name("insistent_client.py")), *given]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def killed_client(place: Place, token: str, seed: int, hear: int, later: float) -> None:
    """A client that ends so many seconds after it has sent a request, and never reads the answer."""
    with client_process(place, token, seed, hear) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "sent\n"
        time.sleep(later)


def finished_client(place: Place, token: str, seed: int) -> dict[str, int]:
    """The cases, with the versions that a client was told which nobody killed."""
    with client_process(place, token, seed, EVERYTHING) as process:
        return json.loads(process.communicate(timeout=PATIENCE)[0])


def test_a_client_that_is_killed_before_it_reads_is_followed_by_one_with_the_same_keys(place: Place) -> None:
    place.start("serve", "--workers", "2").ready()
    token = place.run("token", "--role", "recorder", "--force", "kent", "--staff-id", "recorder-1").out.strip()
    killed_client(place, token, 1, 0, 0.0)
    wait_until(lambda: len(logged(place)) == 1, 10)  # done, though nobody heard of it
    rng = random.Random(5)
    for _ in range(20):
        killed_client(place, token, 1, rng.randrange(20), rng.choice((0.0, 0.002, 0.02, 0.2)))
    lives = finished_client(place, token, 1)
    assert len(lives) == 8
    check_log(place, lives)
    assert finished_client(place, token, 1) == lives
    check_log(place, lives)
    # One that forgets its keys.
    killed_client(place, token, 2, 0, 0.2)
    lives |= finished_client(place, token, 3)
    with pytest.raises(AssertionError, match="done twice"):
        check_log(place, lives)


def test_an_answer_is_forgotten_when_it_is_older_than_the_policy_and_not_before(place: Place) -> None:
    server = place.start(*SERVE).ready()
    token = place.run("token", "--role", "recorder", "--force", "kent", "--staff-id", "recorder-1").out.strip()

    def send(key: str) -> str:
        headers = {"authorization": f"Bearer {token}", "idempotency-key": key}
        answer = httpx.post(f"{server.url}/v1/cases/report-crime", json=REPORT, headers=headers, timeout=30)
        assert answer.status_code == 201, answer.text
        return answer.json()["case"]

    first = {key: send(key) for key in ("old", "young")}
    with EmbeddedPostgres(place.data) as embedded, psycopg.connect(embedded.conninfo("postgres")) as admin:
        for key, days in (("old", KEPT_DAYS + 0.1), ("young", KEPT_DAYS - 0.1)):
            admin.execute(
                "UPDATE candour.requests SET kept_at = clock_timestamp() - %s WHERE key = %s",
                (timedelta(days=days), key),
            )
    assert {key: send(key) for key in first} == first, "nothing is forgotten while no projector runs"
    place.start("project", "--follow")
    wait_until(lambda: send("old") != first["old"], 60)
    assert send("young") == first["young"]


A_SLICE = 200


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("first", range(0, 2000, A_SLICE))
def test_two_thousand_random_schedules(place: Place, first: int) -> None:
    """In slices, so that a long run can be gone on with; the server is killed in one, the database in the next."""
    kill = kill_postgresql if first // A_SLICE % 2 else kill_server
    client, lives, kills = run(place, range(first, first + A_SLICE), kill, people=50, patience=5 * PATIENCE)
    assert len(lives) == A_SLICE
    assert len(client.answers) > A_SLICE
    assert kills >= 3
    check(place, client, lives)
    print(f"{len(lives)} schedules, {len(client.answers)} requests, {client.attempts} attempts, {kills} kills")
