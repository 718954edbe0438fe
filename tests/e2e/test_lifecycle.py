"""`candour serve` among processes: what is killed is started again or ends by itself; what is shared is said."""

import fcntl
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from overseeing import end_of_log, overseer
from processes import Place, Running, only_where_proc_is, wait_until

pytestmark = only_where_proc_is

REPORT = {"route": "online", "reporter_role": "victim", "alleged": "104"}


@pytest.fixture(scope="module")
def headers(shared_place: Place) -> dict[str, str]:
    """Of a recorder. Issued before there is any database."""
    issued = shared_place.run("token", "--role", "recorder", "--force", "kent", "--staff-id", "r-1")
    return {"authorization": f"Bearer {issued.out.strip()}"}


@pytest.fixture(scope="module")
def overseeing(shared_place: Place) -> dict[str, str]:
    """Of somebody who is told positions, and may read figures."""
    return overseer(shared_place)


@pytest.fixture
def serve(shared_place: Place) -> Iterator[Any]:
    """Starts `candour serve` over the module's folder, and leaves nothing of it."""

    def start() -> Running:
        return shared_place.start("serve").ready()

    yield start
    for running in shared_place.running:
        if running.process.poll() is None:
            running.interrupt()
    shared_place.must_be_quiet()


def report(running: Running, headers: dict[str, str]) -> httpx.Response:
    body = REPORT | {"received_at": datetime.now(UTC).isoformat()}
    return httpx.post(f"{running.url}/v1/cases/report-crime", json=body, headers=headers, timeout=30)


def reported(running: Running, headers: dict[str, str], overseeing: dict[str, str]) -> int:
    """The position that a new report has in the log."""
    answer = report(running, headers)
    assert answer.status_code == 201, answer.text
    history = httpx.get(f"{running.url}{answer.headers['location']}/history", headers=overseeing, timeout=30)
    return history.raise_for_status().json()["events"][-1]["position"]


def figure(running: Running, overseeing: dict[str, str], position: int) -> httpx.Response:
    path = f"/v1/metrics/recorded_within_24h?min_position={position}"
    return httpx.get(running.url + path, headers=overseeing | {"prefer": "wait=25"}, timeout=30)


def test_a_killed_projector_is_started_again_and_catches_up(
    shared_place: Place, serve: Any, headers: dict[str, str], overseeing: dict[str, str]
) -> None:
    running = serve()
    first = reported(running, headers, overseeing)
    assert figure(running, overseeing, first).status_code == 200
    killed = shared_place.projector()
    os.kill(killed, signal.SIGKILL)
    position = reported(running, headers, overseeing)
    answer = figure(running, overseeing, position)
    assert answer.status_code == 200
    assert answer.json()["position"] == position
    assert shared_place.projector() != killed
    assert '"event":"projector_ended"' in running.output()
    # Beside it: a second server over the same folder, or on the same port, is refused.
    shared_place.run("serve").is_one_line(5, f"in use by another server (process {running.pid})")
    elsewhere = {"CANDOUR_DATA_DIR": str(shared_place.folder / "other")}
    shared_place.run("serve", **elsewhere).is_one_line(5, "set CANDOUR_PORT to another port")
    assert not (shared_place.folder / "other" / "postgres").exists()
    shared_place.run("project").is_one_line(5, "another process runs the projection")
    assert running.interrupt() == 130
    shared_place.must_be_quiet()


def test_after_a_killed_server_all_ends_by_itself_and_the_next_start_has_everything(
    shared_place: Place, serve: Any, headers: dict[str, str], overseeing: dict[str, str]
) -> None:
    running = serve()
    position = reported(running, headers, overseeing)
    shared_place.projector()
    assert running.end(signal.SIGKILL) == -signal.SIGKILL
    # The projector sees that its server has gone, and as the last user it stops PostgreSQL.
    shared_place.must_be_quiet(20)
    again = serve()
    assert figure(again, overseeing, position).json()["position"] == position


def test_postgresql_left_alone_is_used_again(
    shared_place: Place, serve: Any, headers: dict[str, str], overseeing: dict[str, str]
) -> None:
    running = serve()
    position = reported(running, headers, overseeing)
    projector, server = shared_place.projector(), shared_place.postmaster
    os.kill(projector, signal.SIGSTOP)  # so that it does not clear up
    running.end(signal.SIGKILL)
    os.kill(projector, signal.SIGKILL)
    wait_until(lambda: projector not in shared_place.processes(), 10)
    assert server in shared_place.processes()
    again = serve()
    assert shared_place.postmaster == server
    assert figure(again, overseeing, position).json()["position"] == position
    assert again.end(signal.SIGTERM) == 143
    shared_place.must_be_quiet()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT], ids=["killed", "shut down"])
def test_postgresql_that_ends_is_a_problem_until_it_is_started_again_and_no_command_is_half_done(
    shared_place: Place, serve: Any, headers: dict[str, str], overseeing: dict[str, str], how: signal.Signals
) -> None:
    running = serve()
    position = reported(running, headers, overseeing)
    assert (
        figure(running, overseeing, position).status_code == 200
    )  # a projector that just starts would bring it back too
    server = shared_place.postmaster
    os.kill(running.pid, signal.SIGSTOP)  # so that what is true meanwhile lasts for long enough to be looked at
    os.kill(server, how)
    wait_until(lambda: server not in shared_place.processes(), 20)
    with held(shared_place.data / "start.lock"):
        os.kill(running.pid, signal.SIGCONT)
        refused = report(running, headers)
        assert refused.status_code == 503
        assert refused.headers["content-type"] == "application/problem+json"
        assert int(refused.headers["retry-after"]) > 0
        assert httpx.get(f"{running.url}/health/ready", timeout=30).status_code == 503
        assert httpx.get(f"{running.url}/health/live", timeout=30).status_code == 200
    # Nobody does anything: the server brings it back, and the API and the projector find it again.
    wait_until(lambda: httpx.get(f"{running.url}/health/ready", timeout=30).status_code == 200, 30)
    assert shared_place.postmaster != server
    wait_until(lambda: accepted(report(running, headers)), 30)
    after = end_of_log(running, overseeing)
    assert after == position + 1, "nothing was half done"
    wait_until(lambda: figure(running, overseeing, after).status_code == 200, 30)
    assert figure(running, overseeing, after).json()["position"] == after
    assert running.output().count('"event":"postgresql_started_again"') == 1
    assert running.interrupt() == 130
    shared_place.must_be_quiet()
    assert "Traceback" not in running.output()


@contextmanager
def held(lock: Path) -> Iterator[None]:
    """Nobody can start or stop PostgreSQL."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def accepted(answer: httpx.Response) -> bool:
    return answer.status_code == 201


def replaced(path: Path) -> bytes:
    """Another key in its place; the old one."""
    before = path.read_bytes()
    path.write_text("ab" * 32 + "\n")
    return before


def test_a_wrong_or_missing_master_key_names_the_file(
    shared_place: Place, serve: Any, headers: dict[str, str], tmp_path: Path
) -> None:
    path = shared_place.data / "keys" / "master.key"
    kept = replaced(path)
    shared_place.run("serve").is_one_line(5, f"{path} is not the master key of the store in {shared_place.data}")
    shared_place.run("migrate").is_one_line(5, "put the right key back")
    path.write_text("nonsense\n")
    shared_place.run("serve").is_one_line(5, f"{path} must hold 64 hexadecimal digits")
    path.unlink()
    shared_place.run("serve").is_one_line(5, f"the key file {path} is missing; put it back")
    assert not path.exists()
    path.write_bytes(kept)
    assert accepted(report(serve(), headers))


def test_another_token_key_makes_old_tokens_worthless(shared_place: Place, serve: Any, headers: dict[str, str]) -> None:
    path = shared_place.data / "keys" / "token.key"
    kept = replaced(path)
    try:
        running = serve()
        refused = report(running, headers)
        assert refused.status_code == 401
        assert "candour token" in refused.json()["detail"]
    finally:
        path.write_bytes(kept)


def test_a_live_store_takes_no_demo_and_no_simulation(shared_place: Place) -> None:
    done = shared_place.run("demo")
    assert done.code == 5 if "in use" in done.err else 3
    assert done.err.splitlines()[-1] == (
        f"candour: {shared_place.data} holds a live store; set CANDOUR_DATA_DIR to another folder"
    )
    asked = ("simulate", "--force", "kent", "--reports", "5", "--seed", "1", "--truth", "truth.json")
    shared_place.run(*asked).is_one_line(3, "a live one")
    shared_place.must_be_quiet()


def test_a_cluster_of_another_version_is_named(shared_place: Place) -> None:
    version = shared_place.data / "postgres" / "PG_VERSION"
    version.write_text("15\n")
    try:
        shared_place.run("serve").is_one_line(5, "holds a PostgreSQL 15 cluster")
    finally:
        version.write_text("18\n")


@pytest.mark.skipif(os.geteuid() != 0, reason="concerns root only")
def test_a_folder_closed_to_postgresql_is_named(place: Place) -> None:
    place.folder.chmod(0o700)
    place.run("serve").is_one_line(5, f"{place.folder} is closed to the account")
    assert place.folder.stat().st_mode & 0o777 == 0o700


def test_ctrl_c_while_it_comes_up_leaves_nothing(place: Place) -> None:
    for moment in (0.5, 1.2, 2.0):
        running = place.start("serve")
        with suppress(subprocess.TimeoutExpired):
            running.process.wait(moment)
        assert running.interrupt(times=2) == 130
        place.must_be_quiet()
        assert "Traceback" not in running.output()
    place.start("serve").ready().interrupt()
    place.must_be_quiet()
