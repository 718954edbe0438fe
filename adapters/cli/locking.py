"""One `serve` for one data directory."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from adapters.postgres.embedded import EmbeddedFailed, make_data_dir


class InUse(Exception):
    """Another process serves from this data directory."""


@contextmanager
def serving(data_dir: Path) -> Iterator[None]:
    """Hold the directory as its only server; raises `InUse` with the process that has it."""
    make_data_dir(data_dir)
    with _opened(data_dir / "serve.lock") as file:
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


def _opened(path: Path) -> IO[str]:
    try:
        return path.open("a+")
    except OSError as error:
        raise EmbeddedFailed(
            f"{path} cannot be written ({error.strerror}); set CANDOUR_DATA_DIR to a folder of yours"
        ) from error
