"""`POST /v1/reports`: anybody reports corruption or abuse by somebody who works for the police. No account, no name."""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from adapters.http import acting
from adapters.http.public import INTAKE, SHORT, PublicBody, answer, documented, plainly, read
from adapters.system import now
from application.reporters import ReceivedBefore
from domain.misconduct.intake import Anonymity, Code, Employed, ReceiveReport, ReportChannel
from domain.values import ForceCode, FreeText, Moment, PersonalData, instant

router = APIRouter(tags=["reporters"])

WHAT_TO_DO = (
    "Write these twelve words down now, on paper, and keep them where nobody looks: they are shown this once and kept "
    "nowhere. With them you come back to read how your report stands, and to answer questions. Whoever has them can do "
    "the same; without them nobody can, and neither can you."
)
RECEIVED_BEFORE = (
    "This report had arrived when you sent it the first time. Its words were shown then and cannot be shown again; if "
    "they did not reach you, send the report anew, with another key."
)


class NewReport(PublicBody):
    """A report as a reporter sends it. `details`: who they are and how to reach them, unless it is anonymous."""

    anonymity: Anonymity
    categories: Annotated[tuple[Code, ...], Field(max_length=20)] = ()
    about_force: ForceCode | None = None
    currently_employed: Employed = Employed.UNKNOWN
    summary: FreeText
    details: FreeText | None = None

    def command(self) -> ReceiveReport:
        """The report of this London day, each person under a new key of their own."""
        person = PersonalData(subject=f"person-{uuid4().hex}", value=self.details) if self.details else None
        confidential = self.anonymity is Anonymity.CONFIDENTIAL
        return ReceiveReport(
            channel=ReportChannel.PUBLIC,
            anonymity=self.anonymity,
            received=Moment.of(instant(now()).london_date.isoformat()),
            categories=self.categories,
            about_force=self.about_force,
            currently_employed=self.currently_employed,
            summary=self.summary,
            reporter=None if confidential else person,
            kept_apart=person if confidential else None,
        )


EXAMPLE = {
    "anonymity": "anonymous",
    "categories": ["money_or_favours"],
    "currently_employed": "yes",
    "summary": "What happened, where, when, and who was there.",
}


@router.post(
    INTAKE, summary="Report corruption or abuse", status_code=201, **documented(NewReport, EXAMPLE, 409, key=True)
)
async def report(request: Request) -> Response:
    """Anybody may report. The answer holds twelve words, shown once: with them the reporter comes back.

    Nothing that tells who sent it is kept, and of the time the day. With an `Idempotency-Key` the same request can be
    sent again: it is answered (200) without the words, and leads to no second report.
    """
    body, raw = await read(request, NewReport)
    system = request.app.state.system
    intake = await run_in_threadpool(lambda: system.intake)
    key = acting.key_of(dict(request.headers.raw))
    repeated = None if key is None else intake.receipts.repeated(key, raw)
    told = {"next_by": intake.next_by()}
    with plainly():
        try:
            words = await intake.receive(body.command(), repeated)
        except ReceivedBefore:
            return answer({"receipt": None, "what_to_do": RECEIVED_BEFORE, **told})
    return answer({"receipt": words, "what_to_do": WHAT_TO_DO, **told}, 201)


router.add_api_route(SHORT, report, methods=["POST"], include_in_schema=False)
