"""A file read once into an unnamed temporary file, so that what is checked is what is imported."""

import gzip
import os
import tempfile
import zlib
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from adapters.importers.reading import MOST_BYTES, PIECE, ImportFailed, Progress


def spooled(path: Path, progress: Progress) -> tuple[IO[bytes], str]:
    """The bytes, decompressed if they are gzip, and their SHA-256. The caller closes the file.

    Raises `ImportFailed` if it cannot be read as a whole, or changes while it is read.
    """
    name = path.name
    spool: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  (the caller closes it)
    try:
        with path.open("rb") as raw:
            before = os.fstat(raw.fileno())
            digest = _copy(raw, spool, path, before.st_size, progress)
            after = os.fstat(raw.fileno())
        now = path.stat()
        for later in (after, now):
            if (before.st_ino, before.st_size, before.st_mtime_ns) != (later.st_ino, later.st_size, later.st_mtime_ns):
                raise _changed(path)
    except EOFError as error:
        spool.close()
        raise ImportFailed(f"{name} is cut off: its gzip data ends too early; get it again") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        spool.close()
        raise ImportFailed(f"{name} is damaged: its gzip data cannot be read; get it again") from error
    except OSError as error:
        spool.close()
        raise ImportFailed(f"{name} cannot be read: {error.strerror or error}") from error
    except BaseException:
        spool.close()
        raise
    spool.seek(0)
    return spool, digest


def _copy(raw: IO[bytes], spool: IO[bytes], path: Path, size: int, progress: Progress) -> str:
    compressed = raw.read(2) == b"\x1f\x8b"
    raw.seek(0)
    source: Any = gzip.GzipFile(fileobj=raw) if compressed else raw
    digest, copied = sha256(), 0
    while piece := source.read(PIECE):
        copied += len(piece)
        if raw.tell() > size:
            raise _changed(path)
        if copied > MOST_BYTES:
            raise ImportFailed(f"{path.name} holds more than {MOST_BYTES >> 20} MB; import it in parts")
        digest.update(piece)
        spool.write(piece)
        progress("reading", raw.tell(), size)
    if not copied:
        raise ImportFailed(f"{path.name} is empty; get it again")
    return digest.hexdigest()


def _changed(path: Path) -> ImportFailed:
    return ImportFailed(f"{path.name} changed while it was being read; import it again once it is complete")
