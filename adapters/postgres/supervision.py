"""The embedded server kept up while something serves: started again when it has died."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from adapters import logs
from adapters.postgres.embedded import EmbeddedFailed, EmbeddedPostgres

LOOK_SECONDS = 1.0
LONGEST_PAUSE = 30.0


@contextmanager
def kept_up(embedded: EmbeddedPostgres | None) -> Iterator[None]:
    """Start the server again whenever it has died while the body runs; None, a server of one's own, is left alone."""
    if embedded is None:
        yield
        return
    stopping = threading.Event()
    watcher = threading.Thread(target=_watch, args=(embedded, stopping), name="postgresql", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        stopping.set()
        watcher.join()


def _watch(embedded: EmbeddedPostgres, stopping: threading.Event) -> None:
    pause = LOOK_SECONDS
    while not stopping.wait(pause):
        if embedded.answers():
            pause = LOOK_SECONDS
            continue
        try:
            if embedded.revive():
                logs.logger("candour.serve").warning("postgresql_started_again")
            pause = LOOK_SECONDS
        except (EmbeddedFailed, OSError) as error:
            # At first the processes of the dead server may still be ending; later, something has to be mended.
            pause = min(pause * 2, LONGEST_PAUSE)
            logs.logger("candour.serve").error("postgresql_not_started", exception=type(error).__name__)
