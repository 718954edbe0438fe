"""A question from text, and its answer as a table: what is refused, and that no figure is lost on the way."""

import csv
import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
from asking import OF_CASES, ask, project
from log_entries import appends, case_id, declined
from scenario import RECEIVED, reported

from adapters.postgres.question import BadQuestion
from adapters.questions import UnknownMetric, metric_named, question
from adapters.system import System
from adapters.tables import FIGURES, to_csv
from application.ports import Actor, Forbidden
from domain.case.cancellation import CancellationApproved, CancellationCode, CancellationRequested
from domain.case.flags import CrimeFlag, CrimeFlagged
from domain.case.outcome import OutcomeAssigned
from domain.case.recording import CrimeRecorded, IncidentRegistered
from domain.event import Role

NOW = datetime(2026, 7, 10, 12, tzinfo=UTC)
OVERSIGHT = Actor("a", frozenset({Role.ANALYST}), "*")
KENT = Actor("a", frozenset({Role.ANALYST}), "kent")
FLOW, STOCK = "recorded_within_24h", "unrecorded_backlog"


def test_what_is_given_is_what_is_asked() -> None:
    asked = question(metric_named(FLOW), {"since": "2026-01-01", "until": "2026-02-01", "by": "month"}, OVERSIGHT, NOW)
    assert (asked.since, asked.until, asked.by, asked.force) == (date(2026, 1, 1), date(2026, 2, 1), "month", None)
    assert question(metric_named(FLOW), {}, KENT, NOW).force == "kent"


@pytest.mark.parametrize(
    ("name", "given", "because"),
    [
        (FLOW, {"since": "2026-13-01"}, "since: .* is not a date"),
        (FLOW, {"since": "2026-W01-1"}, "since: .* is not a date"),
        (FLOW, {"until": "20260101"}, "until: .* is not a date"),
        (FLOW, {"until": "01/02/2026"}, "until: .* is not a date"),
        (FLOW, {"since": "2026-02-01", "until": "2026-02-01"}, "since must lie before until"),
        (FLOW, {"as_of": "2026-02-01"}, "ask with since and until, not as_of"),
        (STOCK, {"since": "2026-02-01"}, "ask with as_of"),
        (STOCK, {"by": "month"}, "not by month"),
        (FLOW, {"by": "colour"}, "not by colour"),
        (FLOW, {"force": "atlantis"}, "force: 'atlantis' is not a force"),
        (FLOW, {"known_at": "2026-07-10"}, "known_at: that day is not over yet"),
        (STOCK, {"as_of": "yesterday"}, "as_of: this is not a time"),
    ],
)
def test_what_cannot_be_asked_is_refused(name: str, given: dict[str, str], because: str) -> None:
    with pytest.raises(BadQuestion, match=because):
        question(metric_named(name), given, OVERSIGHT, NOW)


def test_figures_of_another_force_and_unknown_metrics_are_refused() -> None:
    with pytest.raises(Forbidden, match="Your token is for kent"):
        question(metric_named(FLOW), {"force": "essex"}, KENT, NOW)
    with pytest.raises(UnknownMetric, match="there are recorded_within_24h, "):
        metric_named("recorded_within_25h")


def test_a_stock_of_the_time_after_known_at_is_refused(system: System) -> None:
    project(system)
    with pytest.raises(BadQuestion, match="as_of lies after known_at"):
        ask(system, STOCK, known_at=1, as_of=datetime.now(UTC))


@pytest.mark.parametrize("name", OF_CASES)
@pytest.mark.parametrize("by", [None, "force", "route"])
def test_a_table_holds_every_figure(system: System, name: str, by: str | None) -> None:
    for force in ("kent", "essex"):
        stream = case_id()
        system.store.append(appends(stream, 0, reported(RECEIVED), IncidentRegistered(), force=force))
        system.store.append(appends(stream, 2, CrimeRecorded(offence="8N"), force=force))
        cancelled = (CancellationRequested(code=CancellationCode.C2), CancellationApproved())
        system.store.append(
            appends(
                stream,
                3,
                CrimeFlagged(flag=CrimeFlag.DOMESTIC_ABUSE),
                OutcomeAssigned(outcome=16),
                *cancelled,
                force=force,
            )
        )
        system.store.append(appends(case_id(), 0, reported(RECEIVED), force=force))
        told = appends(case_id(), 0, reported(RECEIVED), declined(), force=force)
        testimony = tuple(new._replace(broken=("move_is_open",)) for new in told.events)
        system.store.append(told._replace(events=testimony))
    project(system)
    answer = ask(system, name, by=by)
    rows = list(csv.DictReader(io.StringIO(to_csv(answer))))
    figures: list[dict[str, Any]] = answer.get("series", [answer])
    assert len(rows) == len(figures) > 0
    for row, figure in zip(rows, figures, strict=True):
        assert row["position"] == str(answer["position"])
        if by is not None:
            assert row[by] == figure[by]
        expected = {name: figure[name] for name in FIGURES if name in figure} | figure.get("bands", {})
        expected |= {f"excluded: {reason}": count for reason, count in figure["excluded"].items()}
        assert {column: row[column] for column in expected} == {
            column: "" if value is None else str(value) for column, value in expected.items()
        }
