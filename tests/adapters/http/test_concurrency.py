"""Fifty writers on one case over real HTTP: one winner per version, and no acknowledged event is lost."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

import httpx
from api import Api

from domain.event import RecordedEvent
from domain.values import instant

WRITERS, ROUNDS = 50, 4


class Accepted(NamedTuple):
    version: int
    written_at: str
    request: str


async def race(api: Api, case: str) -> tuple[list[Accepted], list[int]]:
    """What was acknowledged, and the other statuses, when all send the version that they last heard of."""
    accepted: list[Accepted] = []
    others: list[int] = []
    headers = api.headers()
    limits = httpx.Limits(max_connections=WRITERS)
    async with httpx.AsyncClient(base_url=api.url, timeout=60, limits=limits) as client:

        async def write(outcome: int) -> None:
            version = 2
            for _ in range(ROUNDS):
                answer = await client.post(
                    f"/v1/cases/{case}/assign-outcome",
                    json={"outcome": outcome},
                    headers=headers | {"if-match": f'"{version}"'},
                )
                version = int(answer.headers["etag"].strip('"'))
                if answer.status_code == 200:
                    body = answer.json()
                    accepted.append(Accepted(body["version"], body["written_at"], answer.headers["request-id"]))
                else:
                    others.append(answer.status_code)

        await asyncio.gather(*(write(1 + number % 8) for number in range(WRITERS)))
    return accepted, others


def wrongs(accepted: Sequence[Accepted], log: Sequence[RecordedEvent]) -> list[str]:
    """What is wrong with the log, given what was acknowledged."""
    found: list[str] = []
    versions = [each.version for each in accepted]
    if len(set(versions)) != len(versions):
        found.append("a version was won twice")
    written = {(entry.version, str(instant(entry.written_at)), entry.correlation) for entry in log}
    found += [f"acknowledged and lost: version {each.version}" for each in accepted if each not in written]
    if [entry.version for entry in log] != list(range(1, len(log) + 1)):
        found.append("the versions have a gap")
    if len(log) != len(accepted) + 2:
        found.append("the log holds more, or less, than was acknowledged")
    return found


def test_one_winner_per_version_and_nothing_is_lost(api: Api) -> None:
    case = api.recorded()
    accepted, others = asyncio.run(race(api, case))
    log = api.system.store.load(case)

    assert wrongs(accepted, log) == []
    assert len(accepted) >= ROUNDS
    assert len(accepted) + len(others) == WRITERS * ROUNDS
    assert set(others) == {412}

    # The same check finds an event that was lost, and one that two were told they had won.
    assert "acknowledged and lost: version 3" in wrongs(accepted, [entry for entry in log if entry.version != 3])
    assert "a version was won twice" in wrongs([*accepted, accepted[0]], log)


def test_writers_of_different_cases_do_not_disturb_each_other(api: Api) -> None:
    async def write(client: httpx.AsyncClient, case: str) -> int:
        headers = api.headers() | {"if-match": '"1"'}
        return (
            await client.post(f"/v1/cases/{case}/record-crime", json={"offence": "8N"}, headers=headers)
        ).status_code

    async def all_at_once(cases: list[str]) -> list[int]:
        async with httpx.AsyncClient(base_url=api.url, timeout=60) as client:
            return await asyncio.gather(*(write(client, case) for case in cases))

    cases = [api.report() for _ in range(30)]
    assert asyncio.run(all_at_once(cases)) == [200] * 30
    entries = api.system.store.read_log(0, 1000)
    assert [entry.position for entry in entries] == list(range(1, len(entries) + 1))
