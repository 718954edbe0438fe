"""A load generator for HTTP: keep-alive connections over raw sockets, each in a closed loop, in its own process."""

import asyncio
import json
import sys
from collections.abc import Iterator
from time import perf_counter

import uvloop


class Connection(asyncio.Protocol):
    """Sends a request, waits for the whole answer, sends the next."""

    def __init__(self, requests: Iterator[bytes], taken: list[tuple[float, float]], over: asyncio.Event) -> None:
        self._requests, self._taken, self._over = requests, taken, over
        self._buffer, self._need, self._began = b"", 0, 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._send()

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        if not self._need:
            head, separator, _ = self._buffer.partition(b"\r\n\r\n")
            if not separator:
                return
            if head[9:10] != b"2":
                print(self._buffer.decode(), file=sys.stderr)
                self._over.set()
                return
            lower = head.lower()
            start = lower.index(b"content-length:") + 15
            end = lower.find(b"\r\n", start)
            self._need = len(head) + 4 + int(lower[start : end if end > 0 else None])
        if len(self._buffer) >= self._need:
            now = perf_counter()
            self._taken.append((now, now - self._began))
            self._buffer, self._need = b"", 0
            if not self._over.is_set():
                self._send()

    def _send(self) -> None:
        request = next(self._requests, None)
        if request is None:
            print("the prepared requests have run out", file=sys.stderr)
            self._over.set()
            return
        self._began = perf_counter()
        self._transport.write(request)


async def run(
    port: int, requests: Iterator[bytes], connections: int, seconds: float, warm_up: float
) -> dict[str, float]:
    """Rate and 99th percentile of the answers after the warm-up."""
    taken: list[tuple[float, float]] = []
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    began = perf_counter() + warm_up
    for _ in range(connections):
        await loop.create_connection(lambda: Connection(requests, taken, over), "127.0.0.1", port)
    try:
        await asyncio.wait_for(over.wait(), warm_up + seconds)
    except TimeoutError:
        over.set()
    else:
        raise SystemExit(1)
    ended = perf_counter()
    counted = sorted(duration for at, duration in taken if at >= began)
    if not counted:
        raise SystemExit("not one answer came in that time")
    p99 = counted[min(len(counted) - 1, len(counted) * 99 // 100)]
    return {"rate": len(counted) / (ended - began), "p99_ms": p99 * 1000}


def main() -> None:
    """Read `{port, connections, seconds, warm_up, head, body, lines}` from standard input; print the figures."""
    job = json.load(sys.stdin)
    body = job["body"].encode()
    tail = f"\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body
    lines = (f"POST {line} HTTP/1.1\r\n{job['head']}".encode() + tail for line in job["lines"])
    if job["repeat"]:
        only = next(lines)
        lines = iter(lambda: only, None)
    print(json.dumps(uvloop.run(run(job["port"], lines, job["connections"], job["seconds"], job["warm_up"]))))


if __name__ == "__main__":
    main()
