"""The deadline watch over a real store: each miss once, whoever is killed and however many watch."""

import os
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from random import Random
from uuid import uuid4

import pytest
import watching
from crawling import killed, started
from log_entries import in_threads
from processes import CANDOUR, Done
from scenario import reported
from watching import DAY, MINUTE, append, project_duties, raised, received, seed

from adapters.postgres.readers import NotReady
from adapters.system import System, now
from adapters.watching import watch_for_ever
from application.deadline_watch import GRACE, DeadlineWatch, Raised
from domain.case.correction import CorrectedFacts, FactCorrected
from domain.case.duties import DeadlineMissed, DutyKind, DutyPaused, DutyResumed, MissEscalated
from domain.case.recording import CrimeRecorded, IncidentRegistered
from domain.event import Purpose, Role, SourceRow
from domain.values import instant

BATCH = 25
GENEROUS = 60.0


def fresh_watch(system: System) -> DeadlineWatch:
    """A watch that has seen nothing yet, as after a restart."""
    return DeadlineWatch(system.store, system.overdue, now, uuid4)


def raise_all_under_fire(system: System, kills: int, *, batch: int = BATCH, forgetful: bool = False) -> int:
    """Kill one watch after another at work, then let one finish; how many were killed at work."""
    draw = Random(kills)
    at_work = 0
    for _ in range(kills):
        process = started(watching.watch, system, batch, forgetful=forgetful)
        at_work += killed(process, draw.uniform(0, 0.08))
    if not forgetful:
        fresh_watch(system).look()
    return at_work


def test_each_miss_is_raised_once_whoever_is_killed(system: System) -> None:
    owed = seed(system, 1000)
    assert raise_all_under_fire(system, 5) >= 3, "too few were killed at work"
    assert raised(system) == owed
    assert set(raised(system).values()) == {1}
    assert fresh_watch(system).look() == Raised()


@pytest.mark.soak
def test_ten_thousand_misses_are_raised_once_with_the_watch_killed_twenty_times(system: System) -> None:
    owed = seed(system, 10_000)
    assert owed.total() == 10_000
    assert raise_all_under_fire(system, 20, batch=100) >= 18, "too few were killed at work"
    assert raised(system) == owed
    assert fresh_watch(system).look() == Raised()


def test_a_watch_that_makes_up_its_streams_is_noticed(system: System) -> None:
    """Negative control: without the stream that follows from the duty, every restart raises the same again."""
    owed = seed(system, 200)
    raise_all_under_fire(system, 3, forgetful=True)
    found = raised(system)
    assert found.keys() <= owed.keys()
    assert max(found.values()) > 1


def test_two_watches_at_once_raise_each_miss_once(system: System) -> None:
    owed = seed(system, 400)
    looks = in_threads(2, lambda _: fresh_watch(system).look(batch=BATCH))
    assert raised(system) == owed
    assert sum(look.missed for look in looks) == 400


def test_a_miss_says_what_was_owed_and_who_hears_of_it(system: System) -> None:
    case, at = f"case-{uuid4()}", now() - 3 * DAY
    item = append(case, 0, received(at))
    system.store.append(item)
    project_duties(system)
    before = now()
    assert fresh_watch(system).look() == Raised(missed=1)
    [first, second] = [entry for entry in system.store.read_log(0, 1000) if entry.stream.startswith("duty-")]
    assert first.event == DeadlineMissed(
        case=case,
        duty=DutyKind.RECORDING,
        opened_by=item.events[0].event_id,
        due=instant(at + DAY),
        rule_set="recording-2015",
    )
    assert second.event == MissEscalated(to=Role.FORCE_CRIME_REGISTRAR)
    for entry, version, causation in ((first, 1, item.events[0].event_id), (second, 2, first.event_id)):
        assert (entry.force, entry.version, entry.causation) == ("kent", version, causation)
        assert (entry.actor, entry.role, entry.purpose) == ("deadline-watch", Role.DEADLINE_WATCH, Purpose.OVERSIGHT)
        assert before <= entry.at.earliest <= now()
    assert system.store.load(case)[-1].version == 1  # the case worker's version is left alone


def test_what_was_done_in_time_is_not_raised_though_the_read_model_is_behind(system: System) -> None:
    case, at = f"case-{uuid4()}", now() - 3 * DAY
    system.store.append(append(case, 0, received(at)))
    project_duties(system)
    system.store.append(append(case, 1, (CrimeRecorded(offence="8N"), at + 20 * MINUTE)))
    watch = fresh_watch(system)
    assert watch.look() == Raised(not_missed=1)
    assert raised(system).total() == 0
    project_duties(system)
    watch.look()
    assert not [duty for _, duty, *_ in raised(system) if duty == "recording"]


def test_nothing_is_raised_in_the_grace_that_a_command_under_way_may_need(system: System) -> None:
    due_ago = GRACE - timedelta(seconds=20)
    system.store.append(append(f"case-{uuid4()}", 0, received(now() - DAY - due_ago)))
    system.store.append(append(f"case-{uuid4()}", 0, received(now() - DAY - GRACE - timedelta(seconds=1))))
    project_duties(system)
    assert fresh_watch(system).look() == Raised(missed=1)
    later = DeadlineWatch(system.store, system.overdue, lambda: now() + GRACE, uuid4)
    assert later.look() == Raised(missed=1)


def test_after_a_week_away_all_is_raised_that_would_have_been(system: System) -> None:
    """Met too late, called off too late or stopped too late while nobody watched: the deadline was missed."""
    week = now() - 10 * DAY
    cases = [f"case-{uuid4()}" for _ in range(4)]
    for number, case in enumerate(cases):
        system.store.append(append(case, 0, received(week + number * MINUTE)))
    system.store.append(append(cases[0], 1, (CrimeRecorded(offence="8N"), week + 5 * DAY)))
    system.store.append(append(cases[1], 1, (CrimeRecorded(offence="8N"), week + 20 * MINUTE)))
    system.store.append(append(cases[2], 1, (IncidentRegistered(), week + 20 * MINUTE)))
    project_duties(system)
    fresh_watch(system).look()
    found = {case for case, duty, _, _ in raised(system) if duty == "recording"}
    assert found == {cases[0], cases[2], cases[3]}


def test_a_clock_that_stands_is_not_overdue_and_one_that_runs_again_is(system: System) -> None:
    case, at = f"case-{uuid4()}", now() - 60 * DAY
    told = DutyKind.VICTIM_TOLD, DutyKind.SUPPORT_REFERRAL
    paused = [(DutyPaused(duty=duty), at + 2 * MINUTE) for duty in told]
    system.store.append(append(case, 0, received(at), (CrimeRecorded(offence="8N"), at + MINUTE), *paused))
    project_duties(system)
    watch = fresh_watch(system)
    assert watch.look() == Raised()
    resumed = [(DutyResumed(duty=duty), at + 20 * DAY) for duty in told]
    system.store.append(append(case, 4, *resumed))
    assert watch.look() == Raised(), "the read model does not know yet"
    project_duties(system)
    assert watch.look() == Raised(missed=2)


def test_a_watch_sees_what_appears_later_with_a_deadline_long_past(system: System) -> None:
    project_duties(system)
    watch = fresh_watch(system)
    assert watch.look() == Raised()
    for number in range(1, 4):
        system.store.append(append(f"case-{uuid4()}", 0, received(now() - number * 40 * DAY)))
        project_duties(system)
        assert watch.look() == Raised(missed=1)
        assert watch.look() == Raised()


def test_a_corrected_receipt_moves_the_deadline_and_a_miss_is_not_raised_again(system: System) -> None:
    early, late = f"case-{uuid4()}", f"case-{uuid4()}"
    at = now() - 3 * DAY
    items = {case: append(case, 0, received(at)) for case in (early, late)}
    system.store.append_many(list(items.values()))

    def correct(case: str, version: int, when: int) -> None:
        right = reported(str(instant(now() - when * DAY)))
        facts = CorrectedFacts(received_at=right.received_at, record_by=right.record_by, rule_set=right.rule_set)
        fact = FactCorrected(corrects=items[case].events[0].event_id, facts=facts)
        system.store.append(append(case, version, (fact, now())))

    correct(early, 1, 0)
    project_duties(system)
    watch = fresh_watch(system)
    assert watch.look() == Raised(missed=1)
    assert {case for case, *_ in raised(system)} == {late}
    correct(early, 2, 2)  # the first correction was wrong too: it was received two days ago
    correct(late, 1, 2)  # raised already; it stays raised, once
    project_duties(system)
    assert watch.look() == Raised(missed=1)
    assert fresh_watch(system).look() == Raised()
    assert raised(system) == Counter({(case, "recording", None, items[case].events[0].event_id): 1 for case in items})


def test_what_was_over_when_it_was_imported_opens_nothing(system: System) -> None:
    row = SourceRow("batch", 1, "content", "key")
    item = append(f"case-{uuid4()}", 0, received(now() - 3 * DAY))
    system.store.append(item._replace(events=tuple(new._replace(source=row) for new in item.events)))
    project_duties(system)
    assert fresh_watch(system).look() == Raised()
    system.store.append(append(f"case-{uuid4()}", 0, received(now() - 3 * DAY)))  # control: the same, told live
    project_duties(system)
    assert fresh_watch(system).look() == Raised(missed=1)


def test_without_a_read_model_the_watch_says_so(system: System) -> None:
    with pytest.raises(NotReady, match="being built"):
        fresh_watch(system).look()


class Said(list[str]):
    """What a watch that runs for ever had to say."""

    def info(self, text: str, **_: object) -> None:
        self.append(text)

    warning = error = info


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + GENEROUS
    while not holds():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.05)


def test_of_two_that_watch_for_ever_one_works_and_the_other_takes_over(system: System) -> None:
    seed(system, 3)
    stopping, said = [threading.Event(), threading.Event()], [Said(), Said()]

    def run(number: int) -> threading.Thread:
        connect, stops = (lambda: system.connect("candour_projector")), stopping[number].is_set
        thread = threading.Thread(
            target=watch_for_ever, args=(connect, lambda: fresh_watch(system), stops, said[number], 0.1)
        )
        thread.start()
        return thread

    threads = [run(0)]
    try:
        eventually(lambda: raised(system).total() == 3)
        threads.append(run(1))
        with system.connect("admin") as admin:  # whose connection is cut comes back, and never twice the same
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid::int8"
                " = hashtext('candour.deadline_watch')::int8 & 4294967295"
            )
        stopping[0].set()
        system.store.append(append(f"case-{uuid4()}", 0, received(now() - 5 * DAY)))
        project_duties(system)
        eventually(lambda: raised(system).total() == 4)
        eventually(lambda: "deadlines_missed" in said[1])
    finally:
        for each in stopping:
            each.set()
        for thread in threads:
            thread.join(GENEROUS)
    assert not any(thread.is_alive() for thread in threads)
    assert set(raised(system).values()) == {1}


def test_candour_watch_once_says_what_it_raised(candour: Callable[..., Done], system: System) -> None:
    candour("watch", "--once").is_one_line(6, "candour project")
    candour("watch", "--json").is_one_line(2, "--once")
    system.store.append(append(f"case-{uuid4()}", 0, received(now() - 3 * DAY)))
    candour("project")
    done = candour("watch", "--once", "--json")
    assert done.code == 0
    assert {name: done.json[name] for name in Raised._fields} == {"missed": 1, "known": 0, "not_missed": 0}
    again = candour("watch", "--once")
    assert (again.code, again.out) == (0, "")
    assert "0 missed deadlines raised" in again.err


@pytest.mark.parametrize(("command", "signalled"), [(("watch",), 15), (("project", "--follow"), 2)])
def test_what_follows_the_log_raises_misses_until_it_is_told_to_stop(
    system: System, command: tuple[str, ...], signalled: int
) -> None:
    owed = seed(system, 3)
    settings = {"DATABASE_URL": system.settings.database_url or "", "CANDOUR_DATA_DIR": str(system.settings.data_dir)}
    with subprocess.Popen(
        [CANDOUR, *command], env={**os.environ, **settings}, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        try:
            eventually(lambda: raised(system) == owed)
            process.send_signal(signalled)
            assert process.wait(GENEROUS) == 128 + signalled
        finally:
            process.kill()
        assert process.stderr is not None
        said = process.stderr.read().decode()
    assert "Traceback" not in said
    assert '"count":3' in said
