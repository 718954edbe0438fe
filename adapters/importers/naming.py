"""What cases are called: every file finds the stream of a case by the key that it has there."""

from hashlib import sha1
from uuid import UUID

NAMESPACE = UUID("8f6f2f8e-6c0c-5f0e-9a53-3c1d0f5f7a11")
EVERYWHERE = "*"
"""The namespace of keys that mean the same case wherever they stand."""

_SEED = sha1(NAMESPACE.bytes, usedforsecurity=False)
_VARIANT = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))


def crime_stream(force: str, crime: str) -> str:
    """The stream of a crime: derived from the force and its published id."""
    return _stream(f"{force}|{crime}")


def case_stream(force: str, namespace: str, key: str) -> str:
    """The stream of a case: derived from force and key, so that every source that shares them finds it."""
    return _stream(f"{force}|{key}" if namespace == EVERYWHERE else f"{force}|{namespace}|{key}")


def _stream(name: str) -> str:
    """`case-` and the version 5 UUID of the name, written out here because it is made for every row."""
    digest = _SEED.copy()
    digest.update(name.encode())
    h = digest.hexdigest()
    return f"case-{h[:8]}-{h[8:12]}-5{h[13:16]}-{_VARIANT[h[16]]}{h[17:20]}-{h[20:32]}"
