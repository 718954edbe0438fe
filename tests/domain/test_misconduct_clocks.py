"""All that is owed in a report is foreseen, whenever somebody looks; what a file shows already over is not owed."""

from datetime import datetime, timedelta

import pytest
from long_investigations import STARTED, history_of, lives
from report_scenario import COMPLAINT, Given, given, happened, received

from domain.event import SourceRow
from domain.misconduct import clocks
from domain.misconduct.clocks import all_owed, clocked
from domain.misconduct.duties import OwedKind
from domain.misconduct.state import replay
from domain.rules import rule_book

YEAR = timedelta(days=365)
SOURCE = SourceRow("batch", 1, "content", "key")


def missed_by_one_who_looks_each_month(history: Given) -> set[str]:
    """The delay statements whose deadline had gone by at some look, in the nine years after the last event."""
    state, at, found = history.state, history.entries[0].at.earliest, set[str]()
    while at < history.entries[-1].at.earliest + 9 * YEAR:
        found |= {owed.stream("report-1") for owed in clocked(state, rule_book(), at) if owed.was_missed(at)}
        at += timedelta(days=30)
    return found


def all_are_foreseen(count: int) -> int:
    found = 0
    for life in lives(count):
        history = history_of(life)
        foreseen = {owed.stream("report-1") for owed in all_owed(history.state, rule_book())}
        missed = missed_by_one_who_looks_each_month(history)
        assert missed <= foreseen, life
        found += len(missed)
    return found


def test_every_deadline_that_somebody_could_miss_is_foreseen_years_ahead() -> None:
    assert all_are_foreseen(40) > 200


def test_one_who_does_not_look_ahead_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "AHEAD", timedelta(days=400))
    with pytest.raises(AssertionError):
        all_are_foreseen(40)


def imported(history: Given, written: str) -> Given:
    """The same, read from a file at that time."""
    at = datetime.fromisoformat(written)
    return Given(tuple(entry._replace(source=SOURCE, written_at=at) for entry in history.entries))


def owed_of(history: Given, kind: OwedKind) -> list[datetime]:
    return [owed.due for owed in all_owed(replay(history.entries), rule_book()) if owed.kind is kind]


def test_what_a_file_shows_already_over_is_not_owed() -> None:
    history = given(received(), *COMPLAINT, happened(STARTED, "2024-05-01T10:00:00Z"))
    written = "2025-09-01T10:00:00+00:00"
    assert owed_of(history, OwedKind.INVESTIGATION_UPDATE)
    assert not owed_of(imported(history, written), OwedKind.INVESTIGATION_UPDATE)
    statements = owed_of(imported(history, written), OwedKind.DELAY_STATEMENT)
    still = [due for due in owed_of(history, OwedKind.DELAY_STATEMENT) if due > datetime.fromisoformat(written)]
    assert statements == still
    assert len(statements) < len(owed_of(history, OwedKind.DELAY_STATEMENT))


def test_a_file_that_owes_what_is_long_over_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "_over_already", lambda report, owed: False)
    with pytest.raises(AssertionError):
        test_what_a_file_shows_already_over_is_not_owed()
