from time import monotonic
from uuid import uuid4

import pytest

from adapters.eventstore.recorder import Datastore
from adapters.system import System, now
from application.ports import Append, NewEvent, StoreUnavailable
from domain.case.recording import IncidentRegistered
from domain.event import Purpose, Role
from domain.values import instant

END_ALL = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()"""


def item() -> Append:
    event = NewEvent(uuid4(), IncidentRegistered(), instant(now()), "a", Role.RECORDER, Purpose.CRIME_RECORDING)
    return Append(f"case-{uuid4()}", 0, "kent", (event,))


def failures_after_all_connections_end(system: System, tries: int = 6) -> list[str]:
    """The messages of the appends that failed, of several in a row after the server ended its connections."""
    system.store.append(item())
    system.store.recorder.datastore.pool.wait()
    with system.connect("admin") as admin:
        admin.execute(END_ALL)
    failed: list[str] = []
    for _ in range(tries):
        try:
            system.store.append(item())
        except StoreUnavailable as error:
            failed.append(str(error))
    return failed


def test_a_lost_connection_is_reported_once_and_replaced(system: System) -> None:
    (message,) = failures_after_all_connections_end(system)
    assert "may have been kept" in message
    positions = [entry.position for entry in system.store.read_log(0, 1000)]
    assert positions == list(range(1, len(positions) + 1))


def test_a_pool_that_keeps_dead_connections_is_noticed(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system.store.recorder.datastore.pool, "drain", lambda: None)
    assert len(failures_after_all_connections_end(system)) > 1


def test_callers_do_not_queue_up_while_the_database_is_away(tmp_path: object) -> None:
    datastore = Datastore(f"host={tmp_path} dbname=nowhere user=nobody")
    datastore.pool.timeout = 0.3
    try:
        for least, most in ((0.3, 5), (0, 0.1)):
            began = monotonic()
            with pytest.raises(StoreUnavailable, match="cannot be reached; nothing was written"), datastore.rows():
                pass
            assert least <= monotonic() - began < most
    finally:
        datastore.close()
