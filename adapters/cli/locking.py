"""One `serve` for one data directory."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class InUse(Exception):
    """Another process serves from this data directory."""


@contextmanager
def serving(data_dir: Path) -> Iterator[None]:
    """Hold the directory as its only server; raises `InUse` with the process that has it."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "serve.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            process = file.read().strip() or "unknown"
            raise InUse(
                f"the data directory {data_dir} is in use by another server (process {process}); stop that, "
                "or set CANDOUR_DATA_DIR to another folder"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
