"""Metrics of cancellation, victims, outcomes and testimony against the oracle, over many single cases in memory."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import oracle
import pytest
from histories import Told, conduct, histories, recorded
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from domain.case.victim import VictimInformed
from domain.event import RecordedEvent
from projections.case_facts import case_facts
from projections.case_row import CaseFacts
from projections.metrics import CATALOGUE
from projections.metrics.kinds import COUNTED, EXCLUDED, NOT_COUNTED, NOT_DECIDABLE, NOT_DUE, Share

AFTER = timedelta(days=4)
HAPPENS = {
    "cancellation_rate": ("record", "ask", "approve", "transfer", "leave", "evidence"),
    "unauthorised_cancellation": ("record", "ask", "ask", "approve", "approve", "work", "reclassify"),
    "victim_told_not_recorded": ("decline", "victim", "victim", "waive", "link"),
    "evidence_of_victim_wish": ("wish", "say", "outcome"),
    "support_referral_within_2wd": ("record", "refer", "refer", "approve", "establish", "correct"),
    "outcome16_share": ("record", "outcome", "wish", "approve"),
    "outcome16_share_domestic_abuse": ("record", "outcome", "wish", "flag", "flag"),
    "charge_rate": ("record", "charge", "outcome", "approve", "evidence"),
    "charge_share_of_outcomes": ("record", "charge", "outcome"),
    "testimony_breaking_rules": ("record", "work", "correct", "withdraw", "link"),
}


def lives(name: str) -> st.SearchStrategy[list[Told]]:
    """What the metric is about, and anything else."""
    about_it = conduct(*HAPPENS[name])
    return st.integers(0, 3).flatmap(lambda which: about_it if which else histories(most=2))


def raw(entry: RecordedEvent) -> oracle.Raw:
    """The entry as a row of the log."""
    state: dict[str, Any] = {"at": str(entry.at), "actor": entry.actor, "role": entry.role.value}
    state |= {"source": {"batch": "batch"}} if entry.source else {}
    state |= {"broken": list(entry.broken)} if entry.broken else {}
    state["data"] = entry.event.model_dump(mode="json")
    envelope = (entry.position, entry.written_at, entry.stream, entry.version, entry.event.NAME)
    return oracle.Raw(*envelope, str(entry.event_id), entry.force, state)


def verdict_of(metric: Share, row: CaseFacts, moment: Any) -> str:
    """As the query has it: what is not due yet is not judged."""
    verdict, due = metric.verdict(row), getattr(row, metric.due or "case_id")
    judged = verdict in (COUNTED, NOT_COUNTED, EXCLUDED + NOT_DECIDABLE)
    return EXCLUDED + NOT_DUE if metric.due and judged and due >= moment else verdict


def judged(told: Sequence[Told], name: str) -> list[tuple[str, str, str]]:
    """For each case: its id, the verdict of the metric, that of the oracle."""
    entries = recorded(told)
    metric = CATALOGUE[name]
    assert isinstance(metric, Share)
    moment = max((entry.written_at for entry in entries), default=None)
    if moment is None:
        return []
    moment += AFTER
    streams: dict[str, list[RecordedEvent]] = {}
    for entry in entries:
        streams.setdefault(entry.stream, []).append(entry)
    rows = {stream: case_facts.fold(of_stream) for stream, of_stream in streams.items()}
    found, _ = oracle.verdicts([raw(entry) for entry in entries], name, known_at=moment)
    expected = {one.case.stream: one.verdict for one in found}
    return [
        (stream, verdict_of(metric, row, moment), expected.get(stream, "out"))
        for stream, row in rows.items()
        if row is not None
    ]


def differs(told: Sequence[Told], name: str) -> bool:
    return any(given != expected for _, given, expected in judged(told, name))


@pytest.mark.parametrize("name", HAPPENS)
@settings(max_examples=250)
@given(data=st.data())
def test_the_verdict_is_that_of_the_oracle(name: str, data: st.DataObject) -> None:
    told = data.draw(lives(name))
    assert [one for one in judged(told, name) if one[1] != one[2]] == []


def found(name: str, predicate: Callable[[list[Told]], bool]) -> bool:
    """Whether some history shows it."""
    settled = settings(max_examples=4000, phases=(Phase.generate,), database=None, derandomize=True)
    return bool(find(lives(name), predicate, settings=settled))


EVERY = {
    "cancellation_rate": {
        "counted",
        "not_counted",
        "excluded: date of recording not published",
        "excluded: fraud is not part of crime data integrity",
        "excluded: transferred to another force (C1)",
    },
    "unauthorised_cancellation": {
        "counted",
        "not_counted",
        "excluded: who approved it is not stated",
        "excluded: who asked for it is not stated",
        "excluded: whether it was a rape is not stated",
    },
    "victim_told_not_recorded": {
        "counted",
        "not_counted",
        "out",
        "excluded: not told for a reason that the rules accept",
        "excluded: time allowed has not yet run",
    },
    "evidence_of_victim_wish": {
        "counted",
        "not_counted",
        "excluded: type of the outcome not published",
        "excluded: precision of the times cannot decide it",
    },
    "support_referral_within_2wd": {
        "counted",
        "not_counted",
        "out",
        "excluded: victim did not want it or had support already",
        "excluded: no longer recorded here when the time had run",
        "excluded: time allowed has not yet run",
        "excluded: source shows recorded crimes only",
    },
    "outcome16_share": {"counted", "not_counted", "excluded: type of the outcome not published"},
    "outcome16_share_domestic_abuse": {"counted", "not_counted", "out"},
    "charge_rate": {"counted", "not_counted", "excluded: source shows recorded crimes only"},
    "testimony_breaking_rules": {"counted", "not_counted", "out"},
}


@pytest.mark.parametrize(("name", "verdict"), [(name, verdict) for name in EVERY for verdict in sorted(EVERY[name])])
def test_the_histories_lead_to_every_verdict(name: str, verdict: str) -> None:
    assert found(name, lambda told: any(given == verdict for _, given, _ in judged(told, name)))


def _defects() -> dict[str, tuple[str, Callable[[Any], Any]]]:
    """What is planted in which metric."""

    def cancelled_or_gone(metric: Any) -> Any:
        return replace(metric, counts=lambda row: row.cancelled_at is not None or row.asked_as is not None)

    def role_alone(metric: Any) -> Any:
        return replace(metric, counts=lambda row: row.approved_as == "recorder")

    def told_of_anything(metric: Any) -> Any:
        return replace(metric, counts=lambda row: row.told_declined_at is not None)

    def not_due(metric: Any) -> Any:
        return replace(metric, due=None)

    def any_statement(metric: Any) -> Any:
        return replace(metric, counts=lambda row: bool(row.victim_said))

    def any_case(metric: Any) -> Any:
        return replace(metric, of=lambda row: row.broken != "")

    def ever_referred(metric: Any) -> Any:
        return replace(metric, counts=lambda row: row.referred_at is not None)

    def flagged_or_unknown(metric: Any) -> Any:
        return replace(metric, of=lambda row: row.outcome_at is not None and row.domestic_abuse != "no")

    def any_outcome(metric: Any) -> Any:
        return replace(metric, counts=lambda row: row.outcome is not None)

    def unpublished_is_uncharged(metric: Any) -> Any:
        return replace(metric, excluded_because=lambda row: None)

    return {
        "referred late is referred in time": ("support_referral_within_2wd", ever_referred),
        "unknown is domestic abuse": ("outcome16_share_domestic_abuse", flagged_or_unknown),
        "any outcome is of type 16": ("outcome16_share", any_outcome),
        "any outcome is a charge": ("charge_share_of_outcomes", any_outcome),
        "what is not published did not happen": ("charge_rate", unpublished_is_uncharged),
        "a request counts as a cancellation": ("cancellation_rate", cancelled_or_gone),
        "the role alone gives authority": ("unauthorised_cancellation", role_alone),
        "told of an earlier decision": ("victim_told_not_recorded", told_of_anything),
        "judged before its time": ("victim_told_not_recorded", not_due),
        "any statement will do": ("evidence_of_victim_wish", any_statement),
        "only what breaks a rule is testimony": ("testimony_breaking_rules", any_case),
    }


@pytest.mark.parametrize("defect", _defects())
def test_a_wrong_definition_is_noticed(defect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control of the first test."""
    name, planted = _defects()[defect]
    monkeypatch.setitem(CATALOGUE, name, planted(CATALOGUE[name]))
    assert found(name, lambda told: differs(told, name))


def test_a_wrong_handler_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: the projection does not look at what the victim was told of."""
    sound = case_facts._handlers[VictimInformed]

    def wrong(row: CaseFacts, entry: RecordedEvent, event: VictimInformed) -> Any:
        return sound(row, entry, event.model_copy(update={"of_event": None}))

    monkeypatch.setitem(case_facts._handlers, VictimInformed, wrong)
    name = "victim_told_not_recorded"
    assert found(name, lambda told: differs(told, name))
