"""The master key and the token key, each in a file that only its owner can read."""

import os
import secrets
from contextlib import suppress
from pathlib import Path


class BadKey(Exception):
    """A key file cannot be used; the message says what to do."""


def read_or_make(path: Path) -> bytes:
    """The 32 bytes kept as hex in `path`; made on first use, by one process if many ask at once. Raises `BadKey`."""
    try:
        if not path.exists():
            _make(path)
    except OSError as error:
        raise BadKey(f"the key file {path} cannot be made: {error.strerror}") from error
    return read(path)


def read(path: Path) -> bytes:
    """The 32 bytes kept as hex in `path`. Raises `BadKey`."""
    try:
        text = path.read_text(errors="replace").strip()
    except FileNotFoundError as error:
        raise BadKey(f"the key file {path} is missing; put it back, from your backup of it") from error
    except OSError as error:
        raise BadKey(f"the key file {path} cannot be read: {error.strerror}") from error
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise BadKey(f"the key file {path} must hold 64 hexadecimal digits; put it back, from your backup of it")
    return key


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_hex(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)  # whole at once, and never over a key that is there
    finally:
        draft.unlink(missing_ok=True)
