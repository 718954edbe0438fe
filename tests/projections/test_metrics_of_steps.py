"""The metrics of steps and escalations against their oracle, over many single cases and contacts in memory."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import oracle
import oracle_steps
import pytest
from contact_histories import contacts
from histories import Told, conduct, recorded
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from domain.event import RecordedEvent
from projections import case_steps as module
from projections.fact_tables import TABLES
from projections.metrics import CATALOGUE
from projections.metrics.kinds import (
    COMPETING,
    COUNTED,
    EXCLUDED,
    NOT_COUNTED,
    NOT_DECIDABLE,
    NOT_DUE,
    Course,
    Delay,
)

AFTER = timedelta(days=4)
HAPPENS = {
    "update_in_time": ("record", "key", "key", "tell", "tell", "assess", "approve", "correct"),
    "victim_told_of_cancellation": ("record", "approve", "move", "tell", "tell", "assess", "link"),
    "transfer_confirmed_rate": ("record", "move", "move", "move", "correct", "link"),
    "transfer_acceptance_delay": ("record", "move", "move", "move", "correct"),
    "support_line_contacts": (),
    "support_line_contacts_anonymous": (),
    "support_line_recorded_late": (),
    "late_recorded_after_escalation": (),
}


def lives(name: str) -> st.SearchStrategy[list[Told]]:
    return conduct(*HAPPENS[name]) if HAPPENS[name] else contacts(0)


def raw(entry: RecordedEvent) -> oracle.Raw:
    """The entry as a row of the log."""
    state: dict[str, Any] = {"at": str(entry.at), "actor": entry.actor, "role": entry.role.value}
    state |= {"source": {"batch": "batch"}} if entry.source else {}
    state["data"] = entry.event.model_dump(mode="json")
    envelope = (entry.position, entry.written_at, entry.stream, entry.version, entry.event.NAME)
    return oracle.Raw(*envelope, str(entry.event_id), entry.force, state)


def verdict_of(metric: Any, row: Any, moment: Any) -> str:
    """As the query has it: what is not due yet is not judged."""
    if isinstance(metric, Delay):
        return metric.of(row).state
    verdict, due = metric.verdict(row), getattr(metric, "due", None)
    judged = verdict in (COUNTED, NOT_COUNTED, EXCLUDED + NOT_DECIDABLE)
    return EXCLUDED + NOT_DUE if due and judged and getattr(row, due) >= moment else verdict


def judged(told: Sequence[Told], name: str) -> tuple["Counter[str]", "Counter[str]"]:
    """How many steps have which verdict: of the metric, of the oracle."""
    entries, metric = recorded(told), CATALOGUE[name]
    if not entries:
        return Counter(), Counter()
    moment = max(entry.written_at for entry in entries) + AFTER
    rows = TABLES[metric.over].projection.rows_of(entries).values()
    given = Counter(verdict_of(metric, row, moment) for row in rows)
    units = oracle_steps.units([raw(entry) for entry in entries])
    expected = Counter(oracle_steps.FIGURES[name][0](unit, moment) for unit in units)
    for found in (given, expected):
        del found["out"]
    return given, expected


def differs(told: Sequence[Told], name: str) -> bool:
    given, expected = judged(told, name)
    return given != expected


@pytest.mark.parametrize("name", HAPPENS)
@settings(max_examples=200)
@given(data=st.data())
def test_the_verdicts_are_those_of_the_oracle(name: str, data: st.DataObject) -> None:
    given, expected = judged(data.draw(lives(name)), name)
    assert given == expected


def found(name: str, predicate: Callable[[list[Told]], bool]) -> bool:
    """Whether some history shows it."""
    settled = settings(max_examples=4000, phases=(Phase.generate,), database=None, derandomize=True)
    return bool(find(lives(name), predicate, settings=settled))


WAIVED = "excluded: not told for a reason that the rules accept"
EVERY = {
    "update_in_time": (
        "counted",
        "not_counted",
        WAIVED,
        "excluded: no longer recorded here when the time had run",
        "excluded: time allowed has not yet run",
        "excluded: precision of the times cannot decide it",
    ),
    "victim_told_of_cancellation": ("counted", "not_counted", WAIVED, "excluded: time allowed has not yet run"),
    "transfer_confirmed_rate": ("counted", "not_counted", "excluded: not answered so far"),
    "transfer_acceptance_delay": ("recorded", "competing", "open", "excluded: time known only to the day"),
    "support_line_contacts": ("counted",),
    "support_line_contacts_anonymous": ("counted", "not_counted"),
    "support_line_recorded_late": ("counted", "not_counted"),
    "late_recorded_after_escalation": ("counted", "not_counted"),
}


@pytest.mark.parametrize(("name", "verdict"), [(name, verdict) for name in EVERY for verdict in EVERY[name]])
def test_the_histories_lead_to_every_verdict(name: str, verdict: str) -> None:
    assert found(name, lambda told: judged(told, name)[0][verdict] > 0)


def _refused_recorded(metric: Any) -> Any:
    def course(row: Any) -> Course:
        right = metric.course(row)
        return right._replace(state="recorded") if right.state == COMPETING else right

    return replace(metric, course=course)


DEFECTS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "told late is told in time": ("update_in_time", lambda m: replace(m, counts=lambda row: row.done_at is not None)),
    "judged before its time": ("update_in_time", lambda m: replace(m, due=None)),
    "a reason given late excuses": (
        "update_in_time",
        lambda m: replace(m, excluded_because=lambda row: "w" if row.waived_because and row.done_at is None else None),
    ),
    "updates are cancellations": (
        "victim_told_of_cancellation",
        lambda m: replace(m, of=lambda row: row.kind != "transfer"),
    ),
    "an answer is a yes": ("transfer_confirmed_rate", lambda m: replace(m, counts=lambda row: row.result is not None)),
    "what waits is a no": ("transfer_confirmed_rate", lambda m: replace(m, excluded_because=lambda row: None)),
    "a refusal is an end like another": ("transfer_acceptance_delay", _refused_recorded),
    "only named callers": ("support_line_contacts", lambda m: replace(m, of=lambda row: not row.anonymous)),
    "anybody is anonymous": ("support_line_contacts_anonymous", lambda m: replace(m, counts=lambda row: True)),
    "whatever was upheld was late": (
        "support_line_recorded_late",
        lambda m: replace(m, counts=lambda row: row.result in ("recorded_late", "upheld")),
    ),
    "on any ground": ("late_recorded_after_escalation", lambda m: replace(m, of=lambda row: row.result is not None)),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_wrong_definition_is_noticed(defect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control of the first test."""
    name, planted = DEFECTS[defect]
    monkeypatch.setitem(CATALOGUE, name, planted(CATALOGUE[name]))
    assert found(name, lambda told: differs(told, name))


def test_a_victim_whose_needs_are_overlooked_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: the projection gives everybody five working days."""
    sound = module._begun  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(module, "_begun", lambda entry, *, enhanced: sound(entry, enhanced=False))
    assert found("update_in_time", lambda told: differs(told, "update_in_time"))
