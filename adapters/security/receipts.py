"""Receipts: twelve words for a reporter, of which only a keyed hash is kept."""

import hmac
import re
import secrets
from hashlib import sha256

from mnemonic import Mnemonic

BITS = 128
LONGEST = 400
_WORDS = Mnemonic("english")
_LETTERS = re.compile(r"[a-z]+")


class Receipts:
    """Makes receipts and hashes them under a key of 32 bytes; its fingerprint may be stored, the key never is."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.fingerprint = sha256(b"candour receipt key" + key).hexdigest()[:32]

    def make(self) -> str:
        """Twelve words of the English list of BIP-39, for 128 random bits."""
        return _WORDS.to_mnemonic(secrets.token_bytes(BITS // 8))

    def digest(self, words: str) -> bytes:
        """HMAC-SHA-256 of the words as they are compared. The same work for words that are none."""
        return self._hmac(b"receipt", canonical(words).encode())

    def repeated(self, key: bytes, body: bytes) -> bytes:
        """HMAC-SHA-256 of a request: its idempotency key and its body."""
        return self._hmac(b"request", sha256(key).digest() + sha256(body).digest())

    def _hmac(self, what: bytes, message: bytes) -> bytes:
        return hmac.digest(self._key, what + b"\0" + message, "sha256")


def canonical(words: str) -> str:
    """As words are compared: the first four letters of each, which no two words of the list share."""
    return " ".join(word[:4] for word in _LETTERS.findall(words[:LONGEST].casefold()))
