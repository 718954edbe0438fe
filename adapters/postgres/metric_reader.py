"""Answers questions about metrics from the promoted read model, reproducibly."""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple

import psycopg

from adapters.postgres.column_store import ColumnStore
from adapters.postgres.columns import View
from adapters.postgres.counting import tallies, tallies_of
from adapters.postgres.denominators import headcounts
from adapters.postgres.question import BadQuestion, Question
from adapters.postgres.readers import NotReady, Readers
from adapters.postgres.selecting import Listed, Scope, listed, select, verdicts
from adapters.postgres.snapshots import Standing, begin, covered, ended, position_at
from projections.fact_tables import TABLES
from projections.metrics import CATALOGUE
from projections.metrics.answer import Tally, figure, series
from projections.metrics.kinds import Metric, PerStaff, Stock

EVENTS = (
    "SELECT stream_id, version, name, position FROM candour.events WHERE stream_id = ANY (%s) AND position <= %s"
    " ORDER BY stream_id, version"
)
MOST_AT_ONCE = 2000
AGAIN = "ask again in a moment, or allow time with Prefer: wait=5"


class Reading(NamedTuple):
    """What is read from: a connection, the rows that concern the question, and what identifies its answer."""

    connection: "psycopg.Connection[Any]"
    scope: Scope
    identity: dict[str, Any]
    view: Callable[[Metric], View]

    def at(self, scope: Scope) -> "Reading":
        """The same, of another scope that the view covers."""
        return self._replace(scope=scope)

    def tallies(self, metric: Metric, by: Sequence[str] = ()) -> list[Tally]:
        """The rows of a metric over the same table, counted in the scope of the question."""
        scope = self.scope if isinstance(metric, Stock) else self.scope._replace(as_of=None)
        return tallies(self.view(metric), metric, scope, by)


class Page(NamedTuple):
    """Rows of a list that may be shown, how many on the way may not, and whether there are more that may."""

    shown: list[Listed]
    withheld: int
    more: bool


Hidden = Callable[[Collection[str]], Collection[str]]


def nothing(_: Collection[str]) -> Collection[str]:
    """Hides nothing."""
    return ()


class MetricReader:
    """Reads metrics as the role `candour_reader`. Threads may share it."""

    def __init__(self, conninfo: str, *, synthetic: bool, size: int = 4) -> None:
        self._readers = Readers(conninfo, size)
        self._synthetic = synthetic
        self._columns = ColumnStore()

    def close(self) -> None:
        """Give the connections back."""
        self._readers.close()

    def answer(self, question: Question) -> dict[str, Any]:
        """The figure with everything that identifies it. Raises `NotReady`, `BadQuestion`, `StoreUnavailable`."""
        with self.reading(question) as reading:
            metric = question.metric
            staff = reading.scope.staff
            counted = reading.tallies(metric, question.dimensions)
            found = figure(metric, counted, staff)
            answer = found | reading.identity | {"interval": found.get("interval")}
            if question.by is not None:
                answer["series"] = [
                    {**dict(zip(question.dimensions, members, strict=True)), **part}
                    for members, part in series(metric, counted, staff, question.dimensions)
                ]
            if metric.beside:
                other = CATALOGUE[metric.beside]
                beside = figure(other, reading.tallies(other))
                answer["beside"] = {"metric": other.name, "question": other.question, **beside}
        return answer

    def cases(
        self, question: Question, verdict: str | None, after: str, limit: int, hidden: Hidden = nothing
    ) -> tuple[dict[str, Any], bool]:
        """A figure, how many rows there are behind it of each verdict, and a page of them, those first that came first;
        and whether there are more.

        `verdict`: only those `counted`, `not_counted`, `excluded`, `recorded`, `competing` or `open`. Each comes with
        the events of its history that were known. `hidden` says which of some streams are not shown: over all pages,
        what was shown and what was `withheld` are as many as the figure counts.
        """
        with self.reading(question) as reading:
            metric, view, scope = question.metric, reading.view(question.metric), reading.scope
            if after and after not in view.number:
                raise BadQuestion("after: give `next_after` of the page before, or leave it out to begin")
            selected = select(view, metric, scope)
            own = figure(metric, tallies_of(view, metric, scope, selected), scope.staff)
            page = _page(lambda last, size: listed(view, selected, verdict, last, size), after, limit, hidden)
            events = _events_of(reading.connection, {stream_of(each.key) for each in page.shown}, scope.position)
        rows = [
            {"case": each.key, "verdict": each.verdict, "events": _told(events[stream_of(each.key)], question)}
            for each in page.shown
        ]
        found = {"figure": own, "verdict": verdict, "verdicts": verdicts(selected), "cases": rows}
        return reading.identity | found | {"withheld": page.withheld}, page.more

    def warm(self) -> None:
        """Read the columns of all metrics, so that the first question does not wait for it."""
        self._columns.everything = True
        for metric in {metric.over: metric for metric in CATALOGUE.values()}.values():
            with suppress(NotReady), self.reading(Question(metric)) as reading:
                reading.view(metric)

    @contextmanager
    def reading(self, question: Question) -> Iterator[Reading]:
        """A snapshot in which the question can be answered, and only there. Raises as `answer` does."""
        with self._standing(question) as (connection, standing):
            scope = self._scope(connection, question, standing)

            def view(metric: Metric) -> View:
                return self._columns.upto(connection, metric, standing.build, standing.build_id, standing.position)

            yield Reading(connection, scope, self._identity(question, scope, standing), view)

    def standing(self, over: str = "case_facts") -> Standing:
        """How far the read model of a fact table is. Raises `NotReady`, `StoreUnavailable`."""
        with self._readers.connection() as connection, ended(connection):
            return begin(connection, over)

    @contextmanager
    def _standing(self, question: Question) -> Iterator[tuple["psycopg.Connection[Any]", Standing]]:
        """A snapshot in which the read model is far enough for the question."""
        deadline = time.monotonic() + question.wait
        while True:
            with self._readers.connection() as connection, ended(connection):
                try:
                    standing = begin(connection, question.metric.over, question.known_at)
                except NotReady:
                    if time.monotonic() >= deadline:
                        raise
                    standing = None
                if standing is not None and standing.position >= self._needed(connection, question, standing):
                    yield connection, standing
                    return
            if standing is not None and time.monotonic() >= deadline:
                if not question.positions:
                    raise NotReady(f"the figures do not cover that yet; {AGAIN}")
                raise NotReady(
                    f"the figures have reached position {standing.position}, the log {standing.head}; {AGAIN}"
                )
            time.sleep(0.005)

    def _needed(self, connection: "psycopg.Connection[Any]", question: Question, standing: Standing) -> int:
        known_at, named = question.known_at, 0
        if known_at is not None and known_at.instant is not None and not question.positions:
            named = position_at(connection, known_at.instant, _of(question))
        elif known_at is not None:
            named, _ = standing.known(known_at)
        needed = max(question.min_position, named)
        if needed > standing.head:
            raise BadQuestion(f"the log ends at position {standing.head}; {needed} has not been written yet")
        return needed

    def _scope(self, connection: "psycopg.Connection[Any]", question: Question, standing: Standing) -> Scope:
        known_at = question.known_at
        position, moment = standing.position, standing.now
        if known_at is not None and (known_at.position is not None or known_at.instant is not None):
            position, moment = standing.known(known_at)
        elif not question.positions:
            moment = covered(connection, standing, _of(question), synthetic=self._synthetic)
        elif (standing.lag or self._synthetic) and standing.written_at is not None:
            # In a synthetic store the next event may have been written at any time after the last one.
            moment = standing.written_at
        if question.as_of is not None and question.as_of > moment:
            raise BadQuestion(f"as_of lies after known_at, {written(moment)}; nothing can be known of it")
        return Scope(
            build=standing.build,
            position=position,
            current=position == standing.position,
            moment=moment,
            force=question.force,
            since=question.since,
            until=question.until,
            as_of=question.as_of,
            cell=question.cell,
            besides=question.besides,
            staff=staff_of(connection, question, position),
        )

    def _identity(self, question: Question, scope: Scope, standing: Standing) -> dict[str, Any]:
        metric = question.metric
        parameters = {
            "force": question.force,
            "since": question.since.isoformat() if question.since else None,
            "until": question.until.isoformat() if question.until else None,
            "by": question.by,
            "as_of": written(scope.as_of or scope.moment) if isinstance(metric, Stock) else None,
        }
        age = (standing.now - standing.written_at).total_seconds() if standing.written_at else None
        told = {
            "position": scope.position,
            "age": None if age is None else round(max(age, 0.0), 3),
            "lag": standing.lag,
        }
        return {
            "metric": metric.name,
            "question": metric.question,
            "unit": metric.unit,
            "interval": None,
            "parameters": {name: value for name, value in parameters.items() if value is not None},
            "definition_version": metric.definition_version,
            "known_at": written(scope.moment),
            **(told if question.positions else {}),
            "synthetic": self._synthetic,
            "note": metric.note,
        }


def staff_of(connection: "psycopg.Connection[Any]", question: Question, position: int) -> dict[str, int]:
    """The headcount of each force that the question is about, where it is one per head."""
    if not isinstance(question.metric, PerStaff):
        return {}
    known = headcounts(connection, position, question.since, question.until)
    forces = {question.force, *(member for dimension, member in question.cell if dimension == "force")} - {None}
    return {force: staff for force, staff in known.items() if not forces or forces == {force}}


def _page(listing: Callable[[str, int], list[Listed]], after: str, limit: int, hidden: Hidden) -> Page:
    """At most `limit` rows that are not hidden, of a listing of so many rows after a key."""
    shown: list[Listed] = []
    withheld = since = 0
    size = limit + 1
    while behind := listing(after, size):
        unseen = hidden({stream_of(each.key) for each in behind})
        for each in behind:
            if stream_of(each.key) in unseen:
                since += 1
            elif len(shown) == limit:
                return Page(shown, withheld, True)
            else:
                shown.append(each)
                withheld, since = withheld + since, 0
        if len(behind) < size:
            break
        size, after = MOST_AT_ONCE, behind[-1].key
    return Page(shown, withheld + since, False)


def stream_of(key: str) -> str:
    """The stream whose history a row is made of; the key of a part begins with that of the whole."""
    return key.partition("/")[0]


def _events_of(
    connection: "psycopg.Connection[Any]", streams: Collection[str], position: int
) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {stream: [] for stream in streams}
    rows = connection.execute(EVENTS, (sorted(streams), position)).fetchall()
    for stream, version, name, at in rows:
        found[stream].append({"version": version, "name": name, "position": at})
    return found


def _told(events: list[dict[str, Any]], question: Question) -> list[dict[str, Any]]:
    if question.positions:
        return events
    return [{"version": event["version"], "name": event["name"]} for event in events]


def _of(question: Question) -> str:
    """What the ids of the streams begin with that the metric counts."""
    return TABLES[question.metric.over].projection.of


def written(at: datetime) -> str:
    """As answers print an instant."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
