"""The rows of the missed deadlines: the same in PostgreSQL, in memory and after a rebuild."""

from uuid import uuid4

import pytest
from asking import projecting
from histories import log
from log_entries import appends
from read_tables import faults, tables

from adapters.postgres import projecting as running
from adapters.system import System
from domain.case.duties import DeadlineMissed, DutyKind, MissEscalated
from domain.case.notices import About
from domain.event import Role
from domain.values import Moment
from projections.missed_deadlines import MissedDeadline, missed_deadlines
from projections.projection import Replica

CASE = f"case-{uuid4()}"
DUE = Moment.of("2024-03-08T23:59:59.999999Z")


def miss(kind: DutyKind = DutyKind.RECORDING, about: About | None = None) -> DeadlineMissed:
    return DeadlineMissed(case=CASE, duty=kind, about=about, opened_by=uuid4(), due=DUE, rule_set="duties-2021")


def raised(system: System) -> tuple[str, str]:
    """Two misses among other events, one of them brought to a role; their streams."""
    first, second = (f"duty-{uuid4().hex}" for _ in range(2))
    system.store.append(appends(first, 0, miss(DutyKind.VICTIM_TOLD, About.OUTCOME), MissEscalated(to=Role.SUPERVISOR)))
    system.store.append(appends(f"case-{uuid4()}", 0))
    system.store.append(appends(second, 0, miss()))
    return first, second


def must_agree(system: System, page: int) -> None:
    with projecting(system, missed_deadlines) as projector:
        while projector.step(page).events:
            pass
        projector.promote()
    replica: Replica[MissedDeadline] = Replica(missed_deadlines)
    replica.follow(log(system))
    assert tables(system, missed_deadlines)[0] == replica.rows
    assert not faults(system, missed_deadlines)


@pytest.mark.parametrize("page", [1, 5000])
def test_postgresql_and_memory_agree_and_a_rebuild_with_both(system: System, page: int) -> None:
    first, second = raised(system)
    must_agree(system, page)
    rows = tables(system, missed_deadlines)[0]
    assert rows.keys() == {first, second}
    one = rows[first]
    assert (one.case_id, one.kind, one.about, one.due) == (CASE, "victim_told", "outcome", DUE)
    assert (one.rule_set, one.escalated_to, rows[second].escalated_to) == ("duties-2021", "supervisor", None)
    assert one.raised_in == log(system)[[entry.stream for entry in log(system)].index(first)].position
    with projecting(system, missed_deadlines) as projector:
        assert running.rebuild_and_compare(system.conninfo("candour_projector"), projector).agrees


def test_an_interpreter_that_forgets_is_noticed(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: one that replays the log and leaves rows out differs from one that follows it."""
    raised(system)
    must_agree(system, 5000)
    monkeypatch.setattr(missed_deadlines, "fold", lambda entries: None)
    with pytest.raises(AssertionError):
        must_agree(system, 5000)
