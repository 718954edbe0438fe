"""The cases behind a figure, for the eyes of whoever asks: what is not for them is counted, and not named."""

from collections.abc import Collection
from typing import Any

from adapters.postgres.question import Question
from adapters.system import System
from application.ports import Actor
from domain.misconduct.walls import is_walled


def cases_behind(
    system: System, actor: Actor, question: Question, verdict: str | None, after: str, limit: int
) -> tuple[dict[str, Any], bool]:
    """A page of at most `limit` cases that the actor may open, and whether there are more.

    `withheld` counts those left out on the way: over all pages, what was shown and what was withheld are as many as the
    figure counts. Raises `BadQuestion` or `NotReady`.
    """

    def hidden(streams: Collection[str]) -> Collection[str]:
        """Those of the reports that are not for the actor's eyes, as they stand now."""
        walled = [stream for stream in streams if is_walled(stream)]
        if not walled:
            return ()
        admitted, undecided = system.reports.admitted(actor, walled)
        histories = system.store.load_many(sorted(undecided)) if undecided else {}
        seen = {stream for stream, entries in histories.items() if system.policy.sees(actor, entries)}
        return set(walled) - admitted - seen

    return system.metrics.cases(question, verdict, after, limit, hidden)
