"""`candour demo`: one command to a served, filled store; Ctrl-C stops all of it; a second start is quick."""

import re
import signal
import subprocess
from dataclasses import dataclass

import httpx
import orjson
import pytest
from overseeing import end_of_log
from processes import Done, Place, Running, only_where_proc_is

pytestmark = only_where_proc_is

TOKENS = ["CASE_WORKER", "REGISTRAR", "ANALYST", "AUDITOR"]


@dataclass
class FirstStart:
    """What the first start printed and answered, and what Ctrl-C left."""

    place: Place
    output: str
    seconds: float
    answers: list[Done]
    code: int
    after: str


@pytest.fixture(scope="module")
def first(shared_place: Place) -> FirstStart:
    running = shared_place.start("demo").ready()
    seconds = running.worked()
    output = running.wait_for("Ctrl-C stops everything.")
    answers = [as_printed(output, number) for number in (1, 2, 3)]
    code = running.interrupt(times=3)  # as somebody in a hurry does
    shared_place.must_be_quiet()
    return FirstStart(shared_place, output, seconds, answers, code, running.output())


def tokens_of(output: str) -> dict[str, str]:
    return dict(re.findall(r"^([A-Z_]+)=(\S+)$", output, re.MULTILINE))


def as_printed(output: str, number: int) -> Done:
    """Paste the address, the tokens and one of the three commands into bash."""
    lines = output.splitlines()
    settings = [line for line in lines if re.match(r"[A-Z_]+=", line)]
    [command] = [line for line in lines if line.startswith(f"{number}. ")]
    script = "\n".join([*settings, command.split(":  ", 1)[1]])
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=30, check=False)
    return Done(done.returncode, done.stdout, done.stderr)


def log_of(running: Running, output: str) -> int:
    """Where the log ends, as an auditor of all forces is told it."""
    return end_of_log(running, {"authorization": f"Bearer {tokens_of(output)['AUDITOR']}"})


def test_it_prints_the_address_a_token_per_role_and_three_commands(first: FirstStart) -> None:
    assert f"Candour serves http://127.0.0.1:{first.place.port} over " in first.output
    assert str(first.place.data) in first.output
    assert list(tokens_of(first.output)) == ["CANDOUR", *TOKENS]
    assert len(re.findall(r"^[123]\. .*curl ", first.output, re.MULTILINE)) == 3


def test_it_holds_three_forces_twenty_four_months_and_twenty_thousand_events(first: FirstStart) -> None:
    [events] = re.findall(r"over ([\d,]+) synthetic events", first.output)
    assert int(events.replace(",", "")) >= 20_000
    answer = first.place.run("metrics", "recorded_within_24h", "--by", "force", "--json").json
    assert len(answer["series"]) == 3
    by_month = first.place.run("metrics", "recorded_within_24h", "--by", "month", "--json").json["series"]
    assert 24 <= len(by_month) <= 25


def test_long_steps_show_how_far_they_are(first: FirstStart) -> None:
    assert "Simulating 3 forces over 24 months (reports): 2,700 done" in first.output
    assert re.search(r"Projecting case_facts \(events\): [\d,]+ done", first.output)


def test_the_first_figure_comes_within_a_minute_of_work(first: FirstStart) -> None:
    assert 0 < first.seconds <= 60


def test_the_first_command_answers_with_a_figure(first: FirstStart) -> None:
    figure = first.answers[0].json
    assert figure["metric"] == "recorded_within_24h"
    assert figure["synthetic"] is True
    assert 0 < figure["value"] < 1
    assert {part["force"] for part in figure["series"]} == {"greater-manchester", "thames-valley", "kent"}


def test_the_second_command_answers_with_events_of_the_log(first: FirstStart) -> None:
    page = first.answers[1].json
    assert [event["position"] for event in page["events"]] == [1001, 1002, 1003]


def test_the_third_command_reports_a_crime(first: FirstStart) -> None:
    answer = first.answers[2].json
    assert answer["version"] == 1
    assert answer["case"].startswith("case-")
    replayed = first.place.run("replay", answer["case"], "--json").json
    assert replayed["events"][0]["name"] == "crime_reported.v1"


def test_ctrl_c_stops_all_of_it(first: FirstStart) -> None:
    # `must_be_quiet` has looked: no process, no open port.
    assert first.code == 130
    assert "Stopped, PostgreSQL too." in first.after
    assert "Traceback" not in first.after
    assert not (first.place.data / "postgres" / "postmaster.pid").exists()


def test_something_left_running_would_be_seen(place: Place) -> None:
    """The negative control of `must_be_quiet`: a process of this data directory is found."""
    left = subprocess.Popen(["sleep", "30"], env=place.environment())
    try:
        with pytest.raises(AssertionError):
            place.must_be_quiet(seconds=0.2)
    finally:
        left.kill()
        left.wait()


def test_a_second_start_reuses_the_data_and_sigterm_stops_it_too(first: FirstStart) -> None:
    running = first.place.start("demo").ready()
    seconds = running.worked()
    output = running.wait_for("Ctrl-C stops everything.")
    assert "Simulating" not in output
    # Only what the deadline watch wrote last, if anything: the log has tens of thousands of events.
    assert all(
        int(events.replace(",", "")) < 1000
        for events in re.findall(r"Projecting \w+ \(events\): ([\d,]+) done", output)
    )
    assert 0 < seconds <= 10
    replayed = first.place.run("replay", first.answers[2].json["case"], "--json").json
    # The deadline watch has begun to raise misses.
    assert log_of(running, first.output) >= replayed["events"][-1]["position"]
    old = tokens_of(first.output)["ANALYST"]
    figure = httpx.get(f"{running.url}/v1/metrics/back_dating", headers={"authorization": f"Bearer {old}"})
    assert figure.status_code == 200  # the tokens printed the first time still work
    assert running.end(signal.SIGTERM) == 143
    first.place.must_be_quiet()
    assert "Traceback" not in running.output()


def test_an_interrupted_first_start_goes_on_the_next_time(place: Place) -> None:
    running = place.start("demo")
    running.wait_for("Simulating 3 forces over 24 months (reports): ")
    assert running.interrupt() == 130
    place.must_be_quiet()
    assert "Traceback" not in running.output()
    [plan] = place.data.glob("demo-*-plan.json")
    assert orjson.loads(plan.read_bytes())["end"]
    assert not list(place.data.glob("demo-*-truth.json"))
    before = plan.read_bytes()
    running = place.start("demo").ready()
    assert "Simulating" in running.wait_for("Ctrl-C stops everything.")
    assert plan.read_bytes() == before
    assert log_of(running, running.output()) > 20_000
    assert running.interrupt() == 130
    place.must_be_quiet()
