"""Sealing: text is encrypted under the key of its case or of its data subject; a destroyed key reads as `Erased`."""

import os
from base64 import b64decode, b64encode
from functools import cache
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel

from domain.values import Erased, PersonalData, Sealed

MARK = "sealed:1:"
NONCE = 12


class WrongMasterKey(Exception):
    """The master key does not open the keys of this store."""


class MasterKey:
    """Wraps the data keys. 32 bytes; its fingerprint may be stored, the key itself never is."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != 32:
            raise ValueError("the master key must have 32 bytes; 64 hexadecimal digits in its file")
        self._cipher = AESGCM(secret)
        self.fingerprint = sha256(b"candour master key" + secret).hexdigest()[:32]

    def new_key(self, key_id: str) -> tuple["DataKey", bytes]:
        """A fresh data key and its wrapped form."""
        secret, nonce = AESGCM.generate_key(256), os.urandom(NONCE)
        return DataKey(secret), nonce + self._cipher.encrypt(nonce, secret, key_id.encode())

    def unwrap(self, key_id: str, wrapped: bytes) -> "DataKey":
        """The data key; `WrongMasterKey` if this master key did not wrap it."""
        try:
            return DataKey(self._cipher.decrypt(wrapped[:NONCE], wrapped[NONCE:], key_id.encode()))
        except InvalidTag as error:
            raise WrongMasterKey(f"the master key does not open {key_id}; was it replaced?") from error


class DataKey:
    """Seals and opens text for one case or one person."""

    def __init__(self, secret: bytes) -> None:
        self._cipher = AESGCM(secret)

    def seal(self, text: str, bound_to: str) -> str:
        """The sealed form; it opens only in the place it was sealed for."""
        nonce = os.urandom(NONCE)
        return MARK + b64encode(nonce + self._cipher.encrypt(nonce, text.encode(), bound_to.encode())).decode()

    def open(self, sealed: str, bound_to: str) -> str:
        """The text; `InvalidTag` if it was moved or changed."""
        raw = b64decode(sealed.removeprefix(MARK))
        return self._cipher.decrypt(raw[:NONCE], raw[NONCE:], bound_to.encode()).decode()


@cache
def sealed_fields(kind: type[BaseModel]) -> tuple[tuple[str, bool], ...]:
    """The fields of an event that are sealed: (name, whether it is personal data with a subject of its own)."""
    found: list[tuple[str, bool]] = []
    for name, field in kind.model_fields.items():
        parts = _parts(field.annotation)
        marks = [*field.metadata, *(mark for part in parts for mark in getattr(part, "__metadata__", ()))]
        if any(isinstance(mark, Sealed) for mark in marks):
            found.append((name, False))
        elif PersonalData in parts:
            found.append((name, True))
    return tuple(found)


def _parts(annotation: Any) -> tuple[Any, ...]:
    return (annotation, *getattr(annotation, "__args__", ()))


def seal(data: dict[str, Any], kind: type[BaseModel], stream: str, event_id: str, keys: dict[str, DataKey]) -> None:
    """Replace each sealed field of a dumped event by its ciphertext. `keys` holds every key that is needed."""
    for name, personal in sealed_fields(kind):
        value = data.get(name)
        if value is None:
            continue
        if personal:
            value["value"] = keys[value["subject"]].seal(value["value"], f"{event_id}.{name}")
        else:
            data[name] = keys[stream].seal(value, f"{event_id}.{name}")


def key_ids(event: BaseModel, stream: str) -> set[str]:
    """The ids of the keys that an event needs."""
    return {
        value.subject if personal else stream
        for name, personal in sealed_fields(type(event))
        if (value := getattr(event, name)) is not None
    }


def reveal(event: BaseModel, stream: str, event_id: str, keys: dict[str, DataKey]) -> dict[str, Any]:
    """The opened values of the sealed fields; a key that is gone gives `Erased`."""
    opened: dict[str, Any] = {}
    for name, personal in sealed_fields(type(event)):
        value = getattr(event, name)
        if value is None:
            continue
        text = value.value if personal else value
        key = keys.get(value.subject if personal else stream)
        plain = Erased() if key is None else key.open(text, f"{event_id}.{name}")
        opened[name] = value.model_copy(update={"value": plain}) if personal else plain
    return opened
