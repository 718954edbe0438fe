"""The state machine of `live_case`, and for each of its claims a planted defect that it catches."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from live_case import LiveCase

from domain import replaying
from domain.case import cancellation, classification, closure, correction, duties, linking, moves, outcome, state
from domain.case.closure import CaseClosed
from domain.case.linking import Link
from domain.case.ownership import Ownership
from domain.case.recording import RecordingStatus
from domain.case.state import Case
from domain.case.victim import NeedsAssessed, Victim
from domain.event import Act, Broken, Event, RecordedEvent

Plant = Callable[[pytest.MonkeyPatch], None]
SETTINGS = settings(stateful_step_count=16, max_examples=2000, deadline=None)


@pytest.mark.timeout(300)
def test_a_case_at_the_live_door() -> None:
    run_state_machine_as_test(LiveCase, settings=SETTINGS)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_long_lives_at_the_live_door() -> None:
    run_state_machine_as_test(LiveCase, settings=settings(SETTINGS, stateful_step_count=50, max_examples=10_000))


def nothing_broken(*_: Any, **__: Any) -> Iterator[Broken]:
    return iter(())


def a_cancellation_that_needs_no_evidence(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(cancellation, "_evidence", nothing_broken)


def a_cancellation_by_anybody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(cancellation, "_decision_maker", nothing_broken)


def a_rape_like_any_other_crime(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(cancellation, "_is_rape", lambda case, rules: False)


def a_cancellation_by_one_person(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(cancellation, "_requesters", lambda case: set())


def an_officer_who_hands_the_case_on(patch: pytest.MonkeyPatch) -> None:
    now = lambda actor, case: actor in (case.recording.recorded_by, case.investigation.officer)  # noqa: E731
    patch.setattr(cancellation, "is_involved", now)


def a_case_closed_over_the_head_of_the_victim(patch: pytest.MonkeyPatch) -> None:
    real = closure.CloseCase.decide

    def decide(command: Any, case: Case, act: Act) -> Iterator[Event | Broken]:
        return real(command, replace(case, victim=replace(case.victim, owed=())), act)

    patch.setattr(closure.CloseCase, "decide", decide)


def a_closed_case_that_stays_closed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(cancellation, "reopened", nothing_broken)
    patch.setattr(closure, "reopened", nothing_broken)


def a_notice_that_stands_for_all(patch: pytest.MonkeyPatch) -> None:
    real = Victim._told
    patch.setattr(Victim, "_told", lambda victim, about, of_event: real(victim, about, None))


def a_case_closed_without_an_outcome(patch: pytest.MonkeyPatch) -> None:
    def decide(command: Any, case: Case, act: Act) -> Iterator[Event | Broken]:
        yield from case.allows(command)
        yield from (Broken(closure.VICTIM_IS_TOLD_FIRST) for _ in case.victim.owed)
        yield CaseClosed()

    patch.setattr(closure.CloseCase, "decide", decide)


def words_put_into_a_mouth(patch: pytest.MonkeyPatch) -> None:
    real = Victim.evolve

    def evolve(victim: Victim, event: Any) -> Victim:
        after = real(victim, event)
        return replace(after, supports=False, ever_declined=True) if isinstance(event, NeedsAssessed) else after

    patch.setattr(Victim, "evolve", evolve)


def corrections_that_nobody_checks(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Case, "stands", nothing_broken)


def a_report_closed_undecided(patch: pytest.MonkeyPatch) -> None:
    closing = replace(moves.MOVES[closure.CloseCase], recording=frozenset(RecordingStatus) - {RecordingStatus.NONE})
    table = MappingProxyType({**moves.MOVES, closure.CloseCase: closing})
    patch.setattr(moves, "MOVES", table)
    patch.setattr(state, "MOVES", table)


def a_link_for_ever(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(duties, "CaseUnlinked", linking.LinkCase)


def a_link_that_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Link, "evolve", lambda link, event: link)


def a_pause_that_adds_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(duties, "_resumed", lambda duty, at: duty._replace(paused_at=None))


def a_case_that_belongs_to_nobody(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(state, "Ownership", lambda *_: Ownership())


def type_19_for_everything(patch: pytest.MonkeyPatch) -> None:
    for module in (outcome, state, classification, correction):
        patch.setattr(module, "fits_offence", nothing_broken)


def outcome_types_of_all_times(patch: pytest.MonkeyPatch) -> None:
    for module in (outcome, correction):
        patch.setattr(module, "in_force", nothing_broken)


def a_move_that_nobody_checks(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Case, "allows", nothing_broken)


def an_outcome_that_grows_with_each_reading(patch: pytest.MonkeyPatch) -> None:
    real = state.replay

    def hasty(entries: list[RecordedEvent], as_of: Any = None) -> Case:
        found = real(entries, as_of)
        return replace(found, references=replace(found.references, own=str(len(entries))))

    patch.setattr(state, "replay", hasty)


def corrections_that_are_only_kept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(replaying, "restate", lambda history: [e for e in history if not correction.restates(e.event)])


def an_as_of_that_is_ignored(patch: pytest.MonkeyPatch) -> None:
    real = state.replay
    patch.setattr(state, "replay", lambda entries, as_of=None: real(entries))


PLANTED: list[tuple[Plant, str]] = [
    (a_cancellation_that_needs_no_evidence, "cancelled without the evidence"),
    (a_cancellation_by_anybody, "cancelled by a person without the authority"),
    (a_rape_like_any_other_crime, "cancelled by a person without the authority"),
    (a_cancellation_by_one_person, "cancelled by the person who asked for it"),
    (an_officer_who_hands_the_case_on, "cancelled by a person who recorded or investigated it"),
    (a_case_closed_over_the_head_of_the_victim, "closed, and the victim was not told"),
    (a_closed_case_that_stays_closed, "closed, and the victim was not told"),
    (a_notice_that_stands_for_all, "closed, and the victim was not told"),
    (a_case_closed_without_an_outcome, "closed without an outcome"),
    (words_put_into_a_mouth, "14 or 16 without a statement"),
    (
        corrections_that_nobody_checks,
        "a case that breaks a rule|without a statement|without the evidence|was not told|without the authority"
        "|a corrected history differs",
    ),
    (a_report_closed_undecided, "closed, and nobody decided on the report"),
    (a_link_for_ever, "a report whose clock does not tell|the duties differ from the oracle's"),
    (a_link_that_is_forgotten, "a report whose clock does not tell|the duties differ from the oracle's"),
    (a_pause_that_adds_nothing, "the duties differ from the oracle's"),
    (a_case_that_belongs_to_nobody, "a case that nobody owns"),
    (type_19_for_everything, "type 19 for what is no fraud"),
    (outcome_types_of_all_times, "an outcome type before its time"),
    (a_move_that_nobody_checks, "a forbidden move (went through|was refused for another reason)"),
    (an_outcome_that_grows_with_each_reading, "replay differs from evolve"),
    (corrections_that_are_only_kept, "a corrected history differs|as_of shows another case"),
    (an_as_of_that_is_ignored, "as_of shows another case"),
]


RARE = {
    a_closed_case_that_stays_closed,
    corrections_that_nobody_checks,
    a_link_for_ever,
    a_rape_like_any_other_crime,
    a_cancellation_that_needs_no_evidence,
    type_19_for_everything,
    a_case_closed_without_an_outcome,
    outcome_types_of_all_times,
}
"""What takes the machine many lives to come across; the rules themselves have tests of their own."""


def planted() -> Iterator[Any]:
    for plant, caught in PLANTED:
        yield pytest.param(plant, caught, marks=[pytest.mark.soak] if plant in RARE else [])


@pytest.mark.parametrize(("plant", "caught"), list(planted()), ids=lambda value: getattr(value, "__name__", ""))
def test_the_machine_catches(plant: Plant, caught: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    quick = settings(SETTINGS, phases=[Phase.generate], database=None, derandomize=True, max_examples=3000)
    with pytest.raises(AssertionError, match=caught):
        run_state_machine_as_test(LiveCase, settings=quick)
