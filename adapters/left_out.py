"""What a figure leaves out for whoever asks: the reports that wall them off, as if these did not exist."""

from dataclasses import replace

from adapters.postgres.question import Question
from adapters.system import System
from application.ports import Actor
from domain.misconduct.state import REPORT
from domain.misconduct.walls import visibility
from projections.metrics.misconduct import is_misconduct


def without_reports_about(system: System, actor: Actor, question: Question) -> Question:
    """The question, without the reports whose subject the actor is, or in whose line; raises `StoreUnavailable`.

    Judged by the reports as they stand now, whatever the question says about what was known.
    """
    if not is_misconduct(question.metric):
        return question
    named, unsettled = system.reports.about(actor.id)
    histories = system.store.load_many(sorted(unsettled)) if unsettled else {}
    also = {stream for stream, entries in histories.items() if actor.id in visibility(REPORT.replay(entries)).staff}
    return replace(question, besides=named | also)
