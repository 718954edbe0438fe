"""How much of a body is read: up to 64 KiB, whether its length is declared or it comes in chunks."""

from collections.abc import Mapping

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from adapters.http.problems import Problem

MOST = 64 * 1024


async def read_body(headers: Mapping[bytes, bytes], receive: Receive) -> bytes:
    """The body; a `Problem` (413) as soon as it is known to be too large, before the rest is read."""
    declared = headers.get(b"content-length", b"")
    if declared.isdigit() and int(declared) > MOST:
        raise _too_large()
    message = await receive()
    body: bytes = message.get("body", b"")
    if message.get("more_body"):
        chunks, size = [body], len(body)
        while message.get("more_body") and size <= MOST:
            message = await receive()
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
        body = b"".join(chunks)
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    if len(body) > MOST:
        raise _too_large()
    return body


def _too_large() -> Problem:
    return Problem(
        "body-too-large",
        "The body has more than 65,536 bytes, the most that is read. Send less text.",
        headers=[(b"connection", b"close")],
    )
