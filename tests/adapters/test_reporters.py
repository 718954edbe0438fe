"""What is kept for reporters: allowances that leave no trace, days that end, streams written together or not at all."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from log_entries import appends
from reporters import today

from adapters import logs
from adapters.http.intake import NewReport
from adapters.http.public import is_by_reporter
from adapters.postgres import reporters
from adapters.postgres.allowance import Allowance, Allowances
from adapters.security.receipts import Receipts, canonical
from adapters.system import System
from application.ports import Append, Appended, ByReporter, Conflict
from domain.values import LONDON

RECEIPTS = Receipts(bytes(range(32)))


def report() -> str:
    return f"report-{uuid4()}"


def test_an_allowance_comes_back_after_its_time(system: System) -> None:
    async def taken() -> list[bool]:
        allowances = Allowances(system.conninfo("candour_writer"), seconds=0.3)
        try:
            limit = allowances.limit(Allowance(7, 2))
            first = [await limit.take() for _ in range(3)]
            other = await allowances.limit(Allowance(8, 2)).take()
            await asyncio.sleep(0.6)
            return [*first, other, *[await limit.take() for _ in range(3)]]
        finally:
            allowances.close()

    assert asyncio.run(taken()) == [True, True, False, True, True, True, False]


def test_an_allowance_leaves_nothing_behind(system: System) -> None:
    def content() -> list[Any]:
        tables = (
            "SELECT c.oid::regclass FROM pg_class c WHERE relkind = 'r' AND relnamespace::regnamespace::text LIKE %s"
        )
        with system.connect("admin") as admin:
            names = [name for (name,) in admin.execute(tables, ("candour%",)).fetchall()]
            return [admin.execute(f"SELECT t.*, t.xmin FROM {name} t").fetchall() for name in names]  # pyright: ignore

    async def take() -> None:
        allowances = Allowances(system.conninfo("candour_writer"))
        for _ in range(5):
            await allowances.limit(Allowance(7, 9)).take()
        with system.connect("admin") as admin:
            held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7 AND objsubid = 2"
            assert admin.execute(held).fetchone() == (5,)
        allowances.close()

    before = content()
    asyncio.run(take())
    assert content() == before
    system.store.append(appends(report(), 0)._replace(by_reporter=ByReporter(bytes(32))))
    assert content() != before, "what is written is noticed"


def test_what_is_kept_of_a_day_goes_with_the_next_but_one(system: System) -> None:
    item = appends(report(), 0)._replace(by_reporter=ByReporter(bytes(32), bytes([1] * 32)))
    system.store.append(item)
    with system.connect("admin") as admin, system.connect("candour_projector") as projector:
        assert reporters.expire(projector) == 0
        for table in reporters.TABLES:
            admin.execute(f"UPDATE {table} SET day = day - 1")  # pyright: ignore
        assert reporters.expire(projector) == 0, "a request may be sent again on the next day"
        for table in reporters.TABLES:
            admin.execute(f"UPDATE {table} SET day = day - 1")  # pyright: ignore
        assert reporters.expire(projector) == 2
        assert admin.execute("SELECT count(*) FROM candour.receipts").fetchone() == (1,)


def test_the_keys_of_a_report_are_of_its_day(system: System) -> None:
    words = asyncio.run(_received(system))
    assert len(words.split()) == 12
    with system.connect("admin") as admin:
        found = admin.execute("SELECT key_id, created_at FROM candour.keys").fetchall()
    assert len(found) == 2
    for _, created in found:
        assert isinstance(created, datetime)
        local = created.astimezone(LONDON)
        assert (local.date(), local.time().isoformat()) == (today(), "00:00:00")


async def _received(system: System) -> str:
    body = {"anonymity": "confidential", "summary": "What I saw.", "details": "A Name"}
    return await system.intake.receive(NewReport.model_validate(body).command())


def test_streams_are_written_together_or_not_at_all(system: System) -> None:
    mine, other = report(), f"identity-{uuid4().hex}"
    provided = ((other, 0),)

    def both(expected: int) -> Append:
        also = (appends(other, expected),)
        return appends(mine, 0)._replace(by_reporter=ByReporter(), provided=provided, also=also)

    assert isinstance(system.store.append(both(0)), Appended)
    again = both(0)._replace(stream=report())
    with pytest.raises(Conflict):
        system.store.append(again)
    assert system.store.load(again.stream) == []


def test_a_receipt_is_as_it_is_compared() -> None:
    words = RECEIPTS.make()
    assert RECEIPTS.digest(words) == RECEIPTS.digest(words.upper().replace(" ", "\n"))
    assert RECEIPTS.digest(words) != RECEIPTS.digest(" ".join(reversed(words.split())))
    assert canonical("Abandon, ABILITY  ablé act") == "aban abil abl act"
    assert RECEIPTS.repeated(b"a", b"bc") != RECEIPTS.repeated(b"ab", b"c")
    assert len({RECEIPTS.digest("some"), RECEIPTS.repeated(b"", b"some"), RECEIPTS.repeated(b"some", b"")}) == 3


@pytest.mark.parametrize("coarse", [True, False])
def test_a_line_of_a_reporters_request_has_the_day(coarse: bool) -> None:
    logs.bind(logs.Ids("r", "c", coarse))
    line = dict(logs.add_ids(None, "", {"timestamp": "2026-03-02T10:11:12.131415Z"}))
    assert line["timestamp"] == (str(today()) if coarse else "2026-03-02T10:11:12.131415Z")
    assert is_by_reporter({"method": "POST", "path": "/v1/reports"})
