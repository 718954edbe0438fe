"""Asking a system for its figures, and comparing them with the oracle's."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

import oracle
from hypothesis import HealthCheck, Phase, settings

from adapters.postgres.projector import Projector
from adapters.postgres.question import Question
from adapters.system import System
from application.known_at import KnownAt
from projections.case_facts import case_facts
from projections.metrics import CATALOGUE
from projections.metrics.kinds import Backlog

OWN = ("value", "median", "p90", "numerator", "denominator", "competing", "open", "bands", "excluded")
CHANGING = ("age", "lag")
OF_CASES = {name: metric for name, metric in CATALOGUE.items() if metric.over == case_facts.name}
Asked = dict[str, Any]


# An example over a database takes a while: a failing one is shown as drawn, for to shrink it would take minutes.
UNSHRUNK = settings(phases=(Phase.explicit, Phase.reuse, Phase.generate), suppress_health_check=list(HealthCheck))
EMPTY = """
DO $$ DECLARE gone text; BEGIN
    ALTER TABLE candour.events DISABLE TRIGGER USER;
    DELETE FROM candour.events WHERE stream_id LIKE ANY ('{case-%,report-%,inspection-%,denominator-%,contact-%}');
    ALTER TABLE candour.events ENABLE TRIGGER USER;
    DELETE FROM candour.keys;
    DELETE FROM candour.read_models;
    DELETE FROM candour.log_sums;
    FOR gone IN SELECT tablename FROM pg_tables WHERE schemaname = 'candour_read' LOOP
        EXECUTE format('DROP TABLE candour_read.%I', gone);
    END LOOP;
END $$"""


@contextmanager
def fresh(new_system: Callable[..., System]) -> Iterator[System]:
    """A synthetic system for one example: what the examples before it have written is gone, as if it had never been."""
    used: list[System] = new_system.__dict__.setdefault("used", [])
    system = used.pop() if used else new_system(synthetic=True)
    try:
        yield system
    finally:
        system.close()
        with system.connect("admin") as admin:
            admin.execute(EMPTY)
        used.append(system)


@contextmanager
def projecting(system: System, projection: Any = case_facts) -> Iterator[Projector]:
    """A projector that holds the lock and has chosen its build."""
    projector = system.projector(projection)
    with projector.connection:
        projector.lock()
        projector.prepare()
        yield projector


def project(system: System, page: int = 5000) -> int:
    """Catch up in pages of that size, and promote; the position reached."""
    with projecting(system) as projector:
        while projector.step(page).events:
            pass
        return projector.catch_up()


def raw(system: System) -> list[oracle.Raw]:
    """The log as the oracle reads it."""
    with system.connect("candour_reader") as reader:
        return oracle.read(reader)


def ask(system: System, name: str, known_at: int | datetime | str | None = None, **asked: Any) -> dict[str, Any]:
    """The answer of the read model; `known_at` may be a position, an instant or what an answer printed."""
    if isinstance(known_at, str):
        known_at = datetime.fromisoformat(known_at)
    known = None
    if known_at is not None:
        known = KnownAt(position=known_at) if isinstance(known_at, int) else KnownAt(instant=known_at)
    return system.metrics.answer(Question(CATALOGUE[name], known_at=known, **asked))


def settled(answer: dict[str, Any]) -> dict[str, Any]:
    """All of an answer that must never change."""
    return {name: value for name, value in answer.items() if name not in CHANGING}


def own(figure: dict[str, Any]) -> dict[str, Any]:
    """The part of a figure that the oracle gives too."""
    return {name: figure[name] for name in OWN if name in figure}


def differences(system: System, events: Sequence[oracle.Raw], asked: Iterable[tuple[str, Asked]]) -> list[str]:
    """Where the answers are not those of the oracle over these events."""
    found: list[str] = []
    for name, question in asked:
        known_at, as_of = question.get("known_at"), question.get("as_of")
        known = events[known_at - 1].written_at if isinstance(known_at, int) else known_at
        if as_of is not None and known is not None and as_of > known:
            continue
        answer = ask(system, name, **question)
        expected = oracle.answer(events, name, **question | {"known_at": known_at or instant_of(answer["known_at"])})
        given = own(answer)
        if question.get("by"):
            by = question["by"]
            given["series"] = [(part[by], own(part)) for part in answer["series"]]
        if given != expected:
            found.append(f"{name} {question}:\n  given    {given}\n  expected {expected}")
    return found


def listed(system: System, name: str, verdict: str, page: int = 1000, **asked: Any) -> list[str]:
    """The ids of all cases behind a figure, read page by page; in order of id."""
    found: list[str] = []
    while True:
        after = found[-1] if found else ""
        cases = system.metrics.cases(Question(CATALOGUE[name], **asked), verdict, after, page)[0]["cases"]
        found += [case["case"] for case in cases]
        if len(cases) < page:
            return sorted(found)


def instant_of(text: str) -> datetime:
    """What an answer prints as an instant."""
    return datetime.fromisoformat(text).astimezone(UTC)


def questions(
    *,
    days: Sequence[date],
    moments: Sequence[int | datetime | None],
    force: str,
    as_of: Sequence[datetime] = (),
    turn: int = 0,
    turns: int | None = None,
) -> Iterator[tuple[str, Asked]]:
    """Every metric as known at these moments: by its dimensions and between these days, which take turns.

    With as many `turns` as moments each is asked once.
    """
    turns = turns or len(moments)
    for name, metric in OF_CASES.items():
        for number, moment in enumerate(moments, start=turn):
            known = {} if moment is None else {"known_at": moment}
            for by in metric.dimensions[number % turns :: turns]:
                yield name, known | {"by": by}
            yield name, known | {"force": force}
            if isinstance(metric, Backlog):
                for at in as_of:
                    yield name, known | {"as_of": at, "by": "force"}
                continue
            for day in days[number % turns :: turns]:
                yield name, known | {"since": day, "by": "month"}
                yield name, known | {"until": day, "force": force}
            for since, until in list(pairwise(days))[number % turns :: turns]:
                yield name, known | {"since": since, "until": until, "by": "stratum"}
