"""A projector in a process of its own, so that it can be killed."""

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from adapters import promoting
from adapters.postgres import projecting
from adapters.postgres.projector import Busy, Projector
from adapters.settings import Settings
from adapters.system import System
from projections.case_facts import case_facts

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["adapters.system", "adapters.postgres.projecting", "adapters.promoting"])
PATIENCE = 30.0


@contextmanager
def _locked(url: str, folder: str) -> Iterator[tuple[System, Projector]]:
    system = System(Settings(url, Path(folder)), None)
    found = system.projector(case_facts)
    while True:
        try:
            found.lock()
        except Busy:  # the backend of one that was killed has not yet noticed
            time.sleep(0.01)
        else:
            break
    found.prepare()
    yield system, found


def crawl(url: str, folder: str, page: int, ready: Any, *, atomic: bool = True, die_at: int | None = None) -> None:
    """Catch up in small pages. `die_at`: kill oneself in that page, between the position and the rows."""
    with _locked(url, folder) as (_, found):
        if not atomic:
            found.connection.transaction = nullcontext  # type: ignore[assignment,method-assign]
        sound, pages = found._apply, 0

        def apply(*given: Any, **named: Any) -> None:
            nonlocal pages
            pages += 1
            if pages == die_at:
                os.kill(os.getpid(), signal.SIGKILL)
            sound(*given, **named)

        found._apply = apply  # type: ignore[method-assign]
        ready.set()
        while found.step(page).events:
            pass
        found.promote()


def rebuild(url: str, folder: str, ready: Any) -> None:
    """Build again, compare and promote."""
    with _locked(url, folder) as (system, found):
        ready.set()
        projecting.rebuild_and_compare(system.conninfo("candour_projector"), found)


def started(target: Any, system: System, *args: Any, **kwargs: Any) -> BaseProcess:
    """The process, once it holds the lock."""
    ready = PROCESSES.Event()
    url = system.settings.database_url
    process = PROCESSES.Process(
        target=target, args=(url, str(system.settings.data_dir), *args, ready), kwargs=kwargs, daemon=True
    )
    process.start()
    assert ready.wait(PATIENCE)
    return process


def killed(process: BaseProcess, after: float) -> bool:
    """Kill -9 after so many seconds; whether it was still at work."""
    process.join(after)
    process.kill()
    process.join(PATIENCE)
    return process.exitcode == -signal.SIGKILL


def promote(url: str, folder: str, reason: str, ready: Any) -> None:
    """Promote the build that waits, with a reason."""
    system = System(Settings(url, Path(folder)), None)
    system.store.head()
    ready.set()
    promoting.promote(system, case_facts, reason, "staff-1")
