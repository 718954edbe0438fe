"""What an inspection is drawn from: the frame against a naive count of the raw events, the digest of the log."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from random import Random
from uuid import UUID, uuid4

import pytest
from projected import project

from adapters.postgres import inspecting
from adapters.system import System
from application.ports import Append, Appended, NewEvent, StoreUnavailable
from domain.case.correction import CorrectedFacts, FactCorrected
from domain.case.linking import CaseLinked, LinkKind
from domain.case.recording import CrimeRecorded, CrimeReported, Receipt, ReporterRole, Route
from domain.case.testimony import CrimeRecordEvidenced
from domain.event import Event, Purpose, RecordedEvent, Role
from domain.inspection import draw
from domain.inspection.sampling import Frame, FrameAt
from domain.inspection.seeding import DigestAt
from domain.rules import rule_book
from domain.values import LONDON, Moment, instant
from projections.case_facts import case_facts

SINCE, UNTIL = date(2026, 1, 1), date(2026, 3, 1)
OFFENCES = ("8N", "19C", "28E", "51", None)
FORCES = ("kent", "essex")


def written(system: System, stream: str, version: int, event: Event, force: str) -> int:
    """The position of the event, once it is written."""
    new = NewEvent(uuid4(), event, instant(datetime.now(UTC)), "staff-1", Role.RECORDER, Purpose.CRIME_RECORDING)
    [done] = system.store.append_many([Append(stream, version, force, (new,))])
    assert isinstance(done, Appended)
    return done.position


def reported(at: datetime, alleged: str | None) -> CrimeReported:
    return CrimeReported(
        received_at=instant(at),
        reported_at=instant(at),
        receipt=Receipt.ESTABLISHED,
        route=Route.CONTROL_ROOM,
        reporter_role=ReporterRole.VICTIM,
        alleged=alleged,
        record_by=instant(at + timedelta(hours=24)),
        rule_set="recording-2015",
    )


def told(system: System, seed: int, cases: int = 60) -> list[str]:
    """Random cases of two forces around the audit period, some reclassified, corrected or linked; their ids."""
    draw_ = Random(seed)
    ids: list[str] = []
    for _ in range(cases):
        case, force = f"case-{uuid4()}", draw_.choice(FORCES)
        at = datetime(2025, 12, 1, tzinfo=UTC) + timedelta(minutes=draw_.randrange(60 * 24 * 120))
        if draw_.random() < 0.1:
            written(system, case, 0, CrimeRecordEvidenced(recorded=Moment.of("2026-01"), category="Burglary"), force)
            ids.append(case)
            continue
        written(system, case, 0, reported(at, draw_.choice(OFFENCES)), force)
        version = 1
        if draw_.random() < 0.4:
            written(system, case, version, CrimeRecorded(offence=draw_.choice(OFFENCES[:3]) or "8N"), force)
            version += 1
        if draw_.random() < 0.2:
            wrong = system.store.load(case)[0].event_id
            facts = CorrectedFacts(received_at=instant(at + timedelta(days=draw_.randrange(-40, 40))))
            written(system, case, version, FactCorrected(corrects=wrong, facts=facts), force)
            version += 1
        if ids and draw_.random() < 0.1:
            under = draw_.choice(ids)
            written(system, case, version, CaseLinked(under=under, kind=LinkKind.DUPLICATE), force)
        ids.append(case)
    return ids


def naive(entries: Sequence[RecordedEvent], upto: int, force: str) -> dict[str, set[str]]:
    """The frame from the raw events, case by case."""
    rules, found = rule_book(), {"violent": set[str](), "sexual": set[str](), "other": set[str]()}
    streams = dict.fromkeys(e.stream for e in entries if e.stream.startswith("case-"))
    for stream in streams:
        own = [entry for entry in entries if entry.stream == stream and entry.position <= upto]
        first = next((entry for entry in own if isinstance(entry.event, CrimeReported)), None)
        if first is None or first.force != force or any(isinstance(entry.event, CaseLinked) for entry in own):
            continue
        assert isinstance(first.event, CrimeReported)
        received, offence = first.event.received_at, first.event.alleged
        for entry in own:
            if isinstance(entry.event, FactCorrected):
                received = entry.event.facts.received_at or received
            if isinstance(entry.event, CrimeRecorded):
                offence = entry.event.offence
        if not SINCE <= received.earliest.astimezone(LONDON).date() < UNTIL:
            continue
        stratum = rules.offences[offence].stratum if offence else "other"
        if stratum != "fraud":
            found[stratum].add(stream)
    return found


def differs(frame: Frame, expected: dict[str, set[str]]) -> bool:
    return {name: set(cases) for name, cases in frame.strata.items()} != expected


def test_the_frame_is_what_a_naive_count_of_the_events_finds(system: System) -> None:
    told(system, 1)
    then = system.store.head().position
    told(system, 2)
    project(system, case_facts)
    entries = system.store.read_log(0, 10_000)
    now = system.store.head().position
    for force in FORCES:
        for position in (then, now):
            frame = system.inspecting.frame(FrameAt(force, SINCE, UNTIL, position))
            expected = naive(entries, position, force)
            assert not differs(frame, expected), (force, position)
            assert sum(map(len, expected.values())) > 5
    # Planted: the frame of another moment, another force or another period is noticed.
    frame = system.inspecting.frame(FrameAt("kent", SINCE, UNTIL, now))
    assert differs(frame, naive(entries, then, "kent"))
    assert differs(frame, naive(entries, now, "essex"))
    assert differs(system.inspecting.frame(FrameAt("kent", SINCE, date(2026, 2, 1), now)), naive(entries, now, "kent"))


def test_what_happens_after_the_opening_changes_nothing_in_the_frame(system: System) -> None:
    told(system, 3)
    opening = system.store.head().position
    project(system, case_facts)
    asked = FrameAt("kent", SINCE, UNTIL, opening)
    before = system.inspecting.frame(asked)
    for case in before.strata["other"]:  # the force puts everything right
        version = system.store.load(case)[-1].version
        written(system, case, version, CrimeRecorded(offence="8N"), "kent")
    told(system, 4)
    project(system, case_facts)
    after = system.inspecting.frame(asked)
    assert after == before
    assert draw.frame_digest(after.strata) == draw.frame_digest(before.strata)
    assert system.inspecting.frame(asked._replace(position=system.store.head().position)) != before


def test_the_days_of_the_audit_period_are_those_of_london(system: System) -> None:
    summer = {"2026-06-30T22:59:59Z": True, "2026-06-30T23:00:00Z": False, "2026-05-31T23:00:00Z": True}
    for at in summer:
        written(system, f"case-{uuid4()}", 0, reported(Moment.of(at).earliest, "8N"), "kent")
    project(system, case_facts)
    asked = FrameAt("kent", date(2026, 6, 1), date(2026, 7, 1), system.store.head().position)
    assert len(system.inspecting.frame(asked).strata["violent"]) == sum(summer.values())


def by_hand(entries: Sequence[RecordedEvent]) -> str:
    digest = "0" * 64
    for e in entries:
        at = e.written_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        text = f"{e.position}|{e.stream}|{e.version}|{e.event.NAME}|{e.event_id}|{at}"
        leaf = sha256(text.encode()).hexdigest()
        digest = sha256((digest + leaf).encode()).hexdigest()
    return digest


def test_the_digest_is_that_of_every_event_before(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    told(system, 5, cases=30)
    entries = system.store.read_log(0, 10_000)
    for page in (20_000, 7):  # however it is read
        monkeypatch.setattr(inspecting, "PAGE", page)
        for position in (1, 10, len(entries)):
            assert system.inspecting.digest(position) == by_hand(entries[:position])
    found = system.inspecting.leaves(0, 1_000)
    assert [each.leaf for each in found] == [
        draw.leaf(e.position, e.stream, e.version, e.event.NAME, e.event_id, e.written_at) for e in entries
    ]
    altered = [*entries[:3], entries[3]._replace(event_id=UUID(int=7)), *entries[4:]]
    assert system.inspecting.digest(len(entries)) != by_hand(altered)


def test_a_position_that_is_not_there_yet_has_no_digest(system: System) -> None:
    end = system.store.head().position
    assert asyncio.run(system.inspecting.find(DigestAt(end))) is not None
    assert asyncio.run(system.inspecting.find(DigestAt(end + 1))) is None
    with pytest.raises(TypeError, match="nobody can find"):
        asyncio.run(system.inspecting.find("the truth"))


def test_a_frame_that_the_read_model_has_not_reached_is_not_made_up(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspecting, "WAIT", 0.05)
    told(system, 6, cases=3)
    asked = FrameAt("kent", SINCE, UNTIL, system.store.head().position)
    with pytest.raises(StoreUnavailable, match="cannot be drawn yet"):
        system.inspecting.frame(asked)
    project(system, case_facts)
    system.inspecting.frame(asked)
    told(system, 7, cases=3)
    with pytest.raises(StoreUnavailable, match="cannot be drawn yet"):
        system.inspecting.frame(asked._replace(position=system.store.head().position))
