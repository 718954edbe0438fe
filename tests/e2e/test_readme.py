"""The commands of the README, run as they stand against `candour demo`."""

import re
import subprocess
from pathlib import Path

import pytest
from processes import Place, only_where_proc_is

pytestmark = only_where_proc_is

ROOT = Path(__file__).parent.parent.parent


def blocks(text: str) -> list[str]:
    """The shell blocks of a page that are for the second terminal."""
    return [block for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) if "make " not in block]


@pytest.fixture(scope="module")
def ran(shared_place: Place) -> list[tuple[str, str]]:
    """Each command line with what it printed, all in one shell, as a reader would paste them."""
    demo = shared_place.start("demo").ready()
    output = demo.wait_for("Ctrl-C stops everything.")
    variables = [line for line in output.splitlines() if re.match(r"[A-Z_]+=\S+$", line)]
    script = "".join(f"{block}\n" for block in blocks((ROOT / "README.md").read_text()))
    commands = [line for line in re.sub(r"\\\n\s*", "", script).splitlines() if line]
    marked = [part for number, line in enumerate(commands) for part in (f"echo; echo '<<{number}>>'", line)]
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join([*variables, *marked])],
        cwd=ROOT,
        env=shared_place.environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    demo.interrupt()
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    answers = re.split(r"\n<<\d+>>\n", done.stdout)[1:]
    return list(zip(commands, answers, strict=True))


def test_every_command_answers(ran: list[tuple[str, str]]) -> None:
    assert len(ran) >= 10
    silent = [command for command, answer in ran if not answer.strip() and not command.startswith("CASE=")]
    assert silent == []
    assert [command for command, answer in ran if "/problems/" in answer] == []


def test_they_show_what_the_page_says(ran: list[tuple[str, str]]) -> None:
    said = "\n".join(answer for _, answer in ran)
    for expected in ("greater-manchester", "decided_within_24h", "over 90 days", "crime_recorded.v1", '"p90"'):
        assert expected in said


def test_a_command_that_fails_would_be_noticed() -> None:
    assert blocks("```sh\nmake demo\n```\n```sh\nfalse\n```") == ["false\n"]
