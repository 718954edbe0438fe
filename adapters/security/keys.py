"""The master key and the token key, each in a file that only its owner can read."""

import os
import secrets
from pathlib import Path


class BadKey(Exception):
    """A key file cannot be used; the message says what to do."""


def read_or_make(path: Path) -> bytes:
    """The 32 bytes kept as hex in `path`; made on first use. Raises `BadKey`."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
                file.write(secrets.token_hex(32) + "\n")
        except FileExistsError:
            pass
        text = path.read_text().strip()
    except OSError as error:
        raise BadKey(f"the key file {path} cannot be read or made: {error.strerror}") from error
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise BadKey(f"the key file {path} must hold 64 hexadecimal digits")
    return key
