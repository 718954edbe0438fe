"""What Prometheus reads at /metrics: what this API counts, and where the log and the figures stand.

With several workers each counts in a file of its own, in the folder that `PROMETHEUS_MULTIPROC_DIR` names; whoever is
asked answers for all of them, and for those that have ended.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from adapters.postgres.readers import NotReady
from adapters.postgres.standing import Standing
from application.ports import Head, StoreUnavailable

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
SIZES = (1, 2, 4, 8, 16, 32, 64)


disable_created_metrics()  # several workers cannot tell them, and the catalogue is all that there is


class Meter(NamedTuple):
    """One metric as it is documented. `watch` says what an operator looks for in it."""

    name: str
    kind: str
    labels: tuple[str, ...]
    help: str
    watch: str


REQUESTS = Meter(
    "candour_request_seconds",
    "histogram",
    ("method", "route", "status"),
    "Requests by method, route and class of status.",
    "The share of `5xx`, and the 95th percentile of commands and reads.",
)
COMMANDS = Meter(
    "candour_commands_total",
    "counter",
    ("command", "verdict"),
    "Commands by name and verdict: accepted, or the problem that the caller was told.",
    "A sudden share of `stale_version` (two people on one case) or `rule_broken` (a screen that lets people err).",
)
APPENDS = Meter(
    "candour_append_batch_size",
    "histogram",
    (),
    "Commands that were written in one commit.",
    "Near 1 the database keeps up; near 64 commands wait for it.",
)
LOG_POSITION = Meter(
    "candour_log_position",
    "gauge",
    (),
    "Position of the last event.",
    "Its rate is the events per second; a fall is a disaster: the log never shrinks.",
)
LOG_WRITTEN = Meter(
    "candour_log_written_at_seconds",
    "gauge",
    (),
    "When the last event was written (Unix time).",
    "`time()` minus this: how long nothing has been written.",
)
POSITION = Meter(
    "candour_projection_position",
    "gauge",
    ("projection",),
    "Position up to which the figures in use cover the log.",
    "It stands still while the log grows: no projector runs, or it has failed.",
)
LAG = Meter(
    "candour_projection_lag_events",
    "gauge",
    ("projection",),
    "Events of the log that the figures in use do not cover yet.",
    "More than some thousands for more than a minute.",
)
FAILED = Meter(
    "candour_projection_failed",
    "gauge",
    ("projection",),
    "1 while an event cannot be applied, else 0.",
    "Anything but 0; `candour doctor` says which event and why.",
)
UNSOUND = Meter(
    "candour_projection_unsound",
    "gauge",
    ("projection",),
    "1 while the figures in use did not apply each event once and as it is, else 0.",
    "Anything but 0, even at lag 0; `candour projections status` names the event.",
)
ALL = (REQUESTS, COMMANDS, APPENDS, LOG_POSITION, LOG_WRITTEN, POSITION, LAG, FAILED, UNSOUND)


class Meters:
    """The counters of one app. Children are kept, so that counting costs a look-up and an addition."""

    def __init__(self, head: Callable[[], Head], standings: Callable[[], Sequence[Standing]]) -> None:
        own = CollectorRegistry()
        self._requests = Histogram(*_of(REQUESTS), buckets=SECONDS, registry=own)
        self._commands = Counter(*_of(COMMANDS), registry=own)
        self._appends = Histogram(*_of(APPENDS), buckets=SIZES, registry=own)
        self._of_request: dict[tuple[str, str, int], Histogram] = {}
        self._of_command: dict[tuple[str, str], Counter] = {}
        self.registry = CollectorRegistry() if "PROMETHEUS_MULTIPROC_DIR" in os.environ else own
        if self.registry is not own:
            MultiProcessCollector(self.registry)
        self.registry.register(_Store(head, standings))

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

    def appended(self, commands: int) -> None:
        """Count one commit, and the commands in it."""
        self._appends.observe(commands)

    def text(self) -> bytes:
        """All of it, in the text format of Prometheus."""
        return generate_latest(self.registry)


class _Store(Collector):
    """Asked at each scrape; left out while the database is away."""

    def __init__(self, head: Callable[[], Head], standings: Callable[[], Sequence[Standing]]) -> None:
        self._head, self._standings = head, standings

    def describe(self) -> Iterator[GaugeMetricFamily]:
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            head, standings = self._head(), self._standings()
        except (StoreUnavailable, NotReady):
            return
        yield GaugeMetricFamily(LOG_POSITION.name, LOG_POSITION.help, value=head.position)
        if head.written_at is not None:
            yield GaugeMetricFamily(LOG_WRITTEN.name, LOG_WRITTEN.help, value=head.written_at.timestamp())
        yield _each(POSITION, [(each.projection, each.position) for each in standings])
        yield _each(LAG, [(each.projection, max(0, head.position - each.position)) for each in standings])
        yield _each(FAILED, [(each.projection, each.failed is not None) for each in standings])
        yield _each(UNSOUND, [(each.projection, each.unsound is not None) for each in standings])


def _of(meter: Meter) -> tuple[str, str, tuple[str, ...]]:
    return meter.name, meter.help, meter.labels


def _each(meter: Meter, values: Sequence[tuple[str, float]]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(meter.name, meter.help, labels=meter.labels)
    for projection, value in values:
        family.add_metric([projection], value)
    return family
