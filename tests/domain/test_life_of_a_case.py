"""The state machine of `life_of_a_case`, and for each of its claims a planted defect that it catches."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from life_of_a_case import LifeOfACase

from domain import replaying
from domain.case import correction, outcome, recording, state
from domain.case.recording import RecordingStatus
from domain.case.state import MOVE_IS_OPEN, Case, replay
from domain.event import Broken, RecordedEvent
from domain.values import Moment

Plant = Callable[[pytest.MonkeyPatch], None]
SETTINGS = settings(stateful_step_count=20, max_examples=200)


def test_the_life_of_a_case() -> None:
    run_state_machine_as_test(LifeOfACase, settings=SETTINGS)


def a_dead_end(patch: pytest.MonkeyPatch) -> None:
    real = Case.is_open
    dead = RecordingStatus.RECORDED
    patch.setattr(Case, "is_open", lambda case, command: case.recording.status is not dead and real(case, command))


def a_move_that_nobody_checks(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Case, "allows", lambda case, command: iter(()))


def a_refusal_that_names_no_way_out(patch: pytest.MonkeyPatch) -> None:
    def allows(case: Case, command: object) -> Iterable[Broken]:
        return () if type(command) in case.allowed else (Broken(MOVE_IS_OPEN),)

    patch.setattr(Case, "allows", allows)


def a_rule_that_is_checked_before_the_move(patch: pytest.MonkeyPatch) -> None:
    real = Case.allows

    def allows(case: Case, command: Any) -> Iterable[Broken]:
        yield Broken(outcome.OUTCOME_IN_FORCE) if type(command) not in case.allowed else next(real(case, command), None)

    patch.setattr(Case, "allows", lambda case, command: (broken for broken in allows(case, command) if broken))


def a_replay_that_merges_facts_of_one_moment(patch: pytest.MonkeyPatch) -> None:
    real = replaying.restate
    patch.setattr(replaying, "restate", lambda history: list({entry.at: entry for entry in real(history)}.values()))


def corrections_that_are_only_kept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(replaying, "restate", list)


def a_corrected_time_that_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    real = correction._amended
    patch.setattr(correction, "_amended", lambda entry, changes: real(entry, changes)._replace(at=entry.at))


def a_clock_that_a_correction_does_not_start_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(correction, "deadline", lambda *_: Moment.of("2015-03-01T00:00:00Z"))


def a_fact_corrected_to_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(correction, "_empty", lambda given: set())
    patch.setattr(correction, "_has_form", lambda target, given: True)


def a_fact_overwritten_by_its_correction(patch: pytest.MonkeyPatch) -> None:
    def forgetful(entries: Iterable[RecordedEvent], as_of: datetime | None = None) -> Case:
        return replay(correction.restate(entries), as_of)

    patch.setattr(state, "replay", forgetful)


def a_decision_that_trips(patch: pytest.MonkeyPatch) -> None:
    def deadline(received: Moment, *_: object) -> Moment:
        return {"instant": received}[received.precision]

    patch.setattr(recording, "deadline", deadline)


def a_fact_that_cannot_be_read_back(patch: pytest.MonkeyPatch) -> None:
    def decide(command: Any, case: Case, act: Any) -> Iterable[Any]:
        yield from case.allows(command)
        yield recording.N100Recorded.model_construct(sub_code=9)

    patch.setattr(recording.DeclineRecording, "decide", decide)


def a_move_that_leads_elsewhere(patch: pytest.MonkeyPatch) -> None:
    def decide(command: Any, case: Case, act: Any) -> Iterable[Any]:
        yield from case.allows(command)
        yield recording.CrimeRecorded(offence="19C")

    patch.setattr(recording.RecordN100, "decide", decide)


def an_as_of_that_is_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(state, "replay", lambda entries, as_of=None: replay(entries))


def a_history_remembered_by_its_first_event(patch: pytest.MonkeyPatch) -> None:
    seen: dict[object, Case] = {}

    def hasty(entries: list[RecordedEvent], as_of: datetime | None = None) -> Case:
        if not entries:
            seen.clear()
        now = replay(entries, as_of)
        longest = seen.get(entries[0].event if entries else None)
        if entries and as_of is None and (longest is None or longest.version < now.version):
            seen[entries[0].event] = now
        return longest if longest is not None and longest.version > now.version and as_of is None else now

    patch.setattr(state, "replay", hasty)


PLANTED: list[tuple[Plant, str]] = [
    (a_dead_end, "nothing is allowed"),
    (a_move_that_nobody_checks, "a forbidden move went through"),
    (a_refusal_that_names_no_way_out, "the open moves are not named"),
    (a_rule_that_is_checked_before_the_move, "refused for another reason"),
    (a_replay_that_merges_facts_of_one_moment, "replay differs from evolve|a corrected history differs"),
    (corrections_that_are_only_kept, "a corrected history differs|as_of shows another case"),
    (a_corrected_time_that_is_forgotten, "a corrected history differs|as_of shows another case"),
    (a_clock_that_a_correction_does_not_start_again, "a corrected history differs"),
    (a_fact_corrected_to_nothing, "a decision raised|validation error"),
    (a_fact_overwritten_by_its_correction, "a fact as written is gone"),
    (a_decision_that_trips, "a decision raised something else than Refused"),
    (a_fact_that_cannot_be_read_back, "a fact that cannot be read back"),
    (a_move_that_leads_elsewhere, "the move led elsewhere"),
    (an_as_of_that_is_ignored, "as_of shows another case"),
    (a_history_remembered_by_its_first_event, "known_at differs|as_of shows another case|a corrected history differs"),
]


@pytest.mark.parametrize(("plant", "caught"), PLANTED, ids=lambda value: getattr(value, "__name__", ""))
def test_the_machine_catches(plant: Plant, caught: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    quick = settings(SETTINGS, phases=[Phase.generate], database=None, derandomize=True, max_examples=400)
    with pytest.raises((AssertionError, ValueError), match=caught):
        run_state_machine_as_test(LifeOfACase, settings=quick)
