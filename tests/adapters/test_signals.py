"""A signal ends a command whenever it comes: also where Python swallows exceptions, as while a validator is built."""

import subprocess
import sys

import pytest

SWALLOWS = """
import os, signal, sys
from adapters.cli import signals

class Swallows:
    def __del__(self):
        os.kill(os.getpid(), getattr(signal, sys.argv[1]))
        sum(range(1000))  # the handler runs here, where an exception is lost

"""


def run(script: str, name: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-c", SWALLOWS + script, name], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(("name", "code", "said"), [("SIGTERM", 143, ""), ("SIGINT", 130, "candour: stopped\n")])
def test_while_modules_are_read_a_signal_ends_the_process_on_the_spot(name: str, code: int, said: str) -> None:
    ended = run("signals.go_at_once(); Swallows(); print('alive')", name)
    assert (ended.returncode, ended.stdout, ended.stderr) == (code, "", said)


def test_an_exception_there_would_be_lost() -> None:
    """The negative control: what clears up raises, and raised there it is swallowed."""
    ended = run("signals.go_at_once(); signals.clear_up(); Swallows(); print('alive')", "SIGTERM")
    assert (ended.returncode, ended.stdout) == (0, "alive\n")
    assert "Exception ignored" in ended.stderr


def test_modules_read_late_are_not_disturbed_and_the_signal_is_heeded_after_them() -> None:
    script = """
signals.go_at_once()
signals.clear_up()
try:
    with signals.undisturbed():
        Swallows()
        print('read')
    print('alive')
finally:
    print('cleared up')
"""
    ended = run(script, "SIGTERM")
    assert (ended.returncode, ended.stdout, ended.stderr) == (143, "read\ncleared up\n", "")


def test_signals_that_follow_soon_do_not_disturb_the_clearing_up_but_later_ones_are_heeded() -> None:
    script = """
signals.go_at_once()
signals.clear_up()
try:
    signal.raise_signal(signal.SIGTERM)
finally:
    signal.raise_signal(signal.SIGTERM)
    print('cleared up')
    signals.CLEARING_UP_SECONDS = 0
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        print('heeded')
"""
    ended = run(script, "SIGTERM")
    assert (ended.returncode, ended.stdout) == (143, "cleared up\nheeded\n")
