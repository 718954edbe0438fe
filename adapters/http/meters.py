"""What Prometheus reads at /metrics: requests, commands and the end of the log, in a registry of its own."""

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from application.ports import Head, StoreUnavailable

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Meters:
    """The counters of one app. Children are kept, so that counting costs a look-up and an addition."""

    def __init__(self, head: Callable[[], Head]) -> None:
        self.registry = CollectorRegistry()
        self._requests = Histogram(
            "candour_request_seconds",
            "Requests by method, route and class of status.",
            ("method", "route", "status"),
            buckets=SECONDS,
            registry=self.registry,
        )
        self._commands = Counter(
            "candour_commands", "Commands by name and verdict.", ("command", "verdict"), registry=self.registry
        )
        self._of_request: dict[tuple[str, str, int], Histogram] = {}
        self._of_command: dict[tuple[str, str], Counter] = {}
        self.registry.register(_EndOfLog(head))

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        key = (method, route, status // 100)
        found = self._of_request.get(key)
        if found is None:
            found = self._of_request[key] = self._requests.labels(method, route, f"{key[2]}xx")
        found.observe(seconds)

    def command(self, name: str, verdict: str) -> None:
        """Count one command."""
        found = self._of_command.get((name, verdict))
        if found is None:
            found = self._of_command[name, verdict] = self._commands.labels(name, verdict)
        found.inc()

    def text(self) -> bytes:
        """All of it, in the text format of Prometheus."""
        return generate_latest(self.registry)


class _EndOfLog(Collector):
    """Asked at each scrape; left out while the database is away."""

    def __init__(self, head: Callable[[], Head]) -> None:
        self._head = head

    def describe(self) -> Iterator[GaugeMetricFamily]:
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            head = self._head()
        except StoreUnavailable:
            return
        yield GaugeMetricFamily("candour_log_position", "Position of the last event.", value=head.position)
        if head.written_at is not None:
            yield GaugeMetricFamily(
                "candour_log_written_at_seconds", "When the last event was written.", value=head.written_at.timestamp()
            )
