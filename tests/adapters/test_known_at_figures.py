"""What was known at a position or an instant is what a system that stopped there answers, for ever."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from asking import OF_CASES, UNSHRUNK, ask, fresh, instant_of, own, project, raw, settled
from histories import Told, histories, write
from hypothesis import given, settings
from hypothesis import strategies as st
from log_entries import appends, case_id
from scenario import RECEIVED, reported

from adapters.system import System
from domain.case.recording import DeclineReason, RecordingDeclined


def series(answer: dict[str, Any]) -> Any:
    return own(answer), answer.get("series"), own(answer["beside"]) if "beside" in answer else None


def figures(system: System, known_at: int | datetime | None) -> dict[tuple[str, str | None], Any]:
    """Every metric, whole and by each dimension."""
    return {
        (name, by): series(ask(system, name, known_at, by=by))
        for name, metric in OF_CASES.items()
        for by in (None, *metric.dimensions)
    }


@settings(UNSHRUNK, max_examples=8)
@given(told=histories(least=2, most=5), data=st.data())
def test_known_at_is_a_system_that_stopped_there(
    new_system: Callable[..., System], told: list[Told], data: st.DataObject
) -> None:
    with fresh(new_system) as whole, fresh(new_system) as stopped:
        write(whole, told)
        project(whole, 3)
        log = raw(whole)
        rule_sets = len(log) - len(told)
        kept = data.draw(st.integers(0, len(told)), "events kept")
        write(stopped, told[:kept])
        project(stopped)
        assert raw(stopped)[-1].position == rule_sets + kept
        position = rule_sets + kept
        known = figures(whole, position)
        assert known == figures(stopped, position)
        assert known == figures(whole, log[position - 1].written_at)
        assert known == figures(stopped, log[position - 1].written_at)
        if kept < len(told):
            between = log[position].written_at - timedelta(microseconds=1)
            assert figures(whole, between) == figures(stopped, between)


@settings(UNSHRUNK, max_examples=6)
@given(told=histories(least=2, most=5), data=st.data())
def test_an_answer_never_changes_afterwards(
    new_system: Callable[..., System], told: list[Told], data: st.DataObject
) -> None:
    with fresh(new_system) as system:
        first = data.draw(st.integers(0, len(told)), "written before the question")
        write(system, told[:first])
        project(system)
        answers = [ask(system, name) for name in OF_CASES]
        answers += [ask(system, name, by="force") for name in OF_CASES]
        answers += [ask(system, "unrecorded_backlog", as_of=raw(system)[-1].written_at)]
        answers += [ask(system, name, raw(system)[-1].position) for name in OF_CASES]
        write(system, told[first:], after=told[:first])
        project(system, 2)
        for answer in answers:
            asked = {"by": answer["parameters"]["by"]} if "by" in answer["parameters"] else {}
            if "as_of" in answer["parameters"]:
                asked["as_of"] = instant_of(answer["parameters"]["as_of"])
            again = ask(system, answer["metric"], answer["known_at"], **asked)
            assert settled(again) == settled(answer)
            if answer["known_at"] == printed(raw(system)[answer["position"] - 1].written_at):
                assert settled(ask(system, answer["metric"], answer["position"], **asked)) == settled(answer)


def printed(at: datetime) -> str:
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def test_a_live_answer_never_changes_afterwards(system: System) -> None:
    system.store.append_many([appends(case_id(), 0, reported(RECEIVED)) for _ in range(3)])
    project(system)
    stream = case_id()
    system.store.append(appends(stream, 0, reported(RECEIVED)))
    behind = [ask(system, name) for name in OF_CASES]
    project(system)
    level = [ask(system, name) for name in OF_CASES]
    assert {answer["lag"] for answer in behind} == {1}
    declined = RecordingDeclined(reason=DeclineReason.OTHER_FORCE, rationale="Theirs.")
    system.store.append(appends(stream, 1, declined))
    project(system)
    for answer in behind + level:
        assert settled(ask(system, answer["metric"], answer["known_at"])) == settled(answer)
    # Negative control: what is known now is something else.
    assert [ask(system, name)["numerator"] for name in OF_CASES] != [answer["numerator"] for answer in level]


def test_nothing_was_known_before_the_first_event(system: System) -> None:
    system.store.append(appends(case_id(), 0, reported(RECEIVED)))
    project(system)
    answer = ask(system, "unrecorded_backlog", 0)
    assert (answer["value"], answer["position"]) == (0, 0)
    assert settled(ask(system, "unrecorded_backlog", answer["known_at"])) == settled(answer)
    assert ask(system, "unrecorded_backlog")["value"] == 1


def test_known_at_of_the_wrong_position_is_noticed(synthetic: System) -> None:
    """Negative control of the comparison with a system that stopped."""
    synthetic.store.append_many([appends(case_id(), 0, reported(RECEIVED)) for _ in range(2)])
    project(synthetic)
    last = raw(synthetic)[-1].position
    assert figures(synthetic, last) != figures(synthetic, last - 1)
