"""The cases behind a figure, for the eyes of whoever asks: what is not for them is counted, and not named."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from adapters.postgres.metric_reader import stream_of
from adapters.postgres.question import Question
from adapters.system import System
from application.known_at import KnownAt
from application.ports import Actor
from domain.misconduct.walls import is_walled

PAGE = 500


def cases_behind(
    system: System, actor: Actor, question: Question, verdict: str | None, after: str, limit: int
) -> tuple[dict[str, Any], bool]:
    """A page of at most `limit` cases that the actor may open, and whether there are more.

    `withheld` counts those left out on the way: over all pages, what was shown and what was withheld are as many as the
    figure counts. Raises `BadQuestion` or `NotReady`.
    """
    size = limit + 1
    found = system.metrics.cases(question, verdict, after, size)
    behind: list[dict[str, Any]] = found["cases"]
    same = replace(question, known_at=KnownAt(instant=datetime.fromisoformat(found["known_at"])))
    shown: list[dict[str, Any]] = []
    withheld = since = 0
    while True:
        hidden = _hidden(system, actor, [_stream(case) for case in behind])
        for case in behind:
            if _stream(case) in hidden:
                since += 1
            elif len(shown) == limit:
                return found | {"cases": shown, "withheld": withheld}, True
            else:
                shown.append(case)
                withheld, since = withheld + since, 0
        if len(behind) < size:
            return found | {"cases": shown, "withheld": withheld + since}, False
        size, last = PAGE, behind[-1]["case"]
        behind = system.metrics.cases(same, verdict, last, size)["cases"]


def _stream(case: dict[str, Any]) -> str:
    return stream_of(str(case["case"]))


def _hidden(system: System, actor: Actor, streams: Sequence[str]) -> set[str]:
    """Those of the reports that are not for the actor's eyes, as they stand now."""
    walled = sorted({stream for stream in streams if is_walled(stream)})
    histories = system.store.load_many(walled) if walled else {}
    return {stream for stream in walled if not system.policy.sees(actor, histories.get(stream, ()))}
