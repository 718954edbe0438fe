"""The mailbox of a reporter: they come back with their words, in the body of a request and never in an address."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from adapters.http.public import MAILBOX, PublicBody, answer, documented, plainly, read
from application.mailbox import Letter, Letterbox, Mailbox
from domain.event import Command
from domain.misconduct.identity import DiscloseIdentity, WithdrawDisclosure
from domain.misconduct.mailbox import AnswerAsReporter, QuestionNumber
from domain.misconduct.telling import WORDS
from domain.values import ActorId, FreeText, PersonalData

router = APIRouter(prefix=MAILBOX, tags=["reporters"])

LATE = "That day is over: we did not keep what we promised."
WORDS_OF = {"receipt": "abandon ability able about above absent absorb abstract absurd abuse access accident"}


class Opening(PublicBody):
    """The twelve words of a receipt."""

    receipt: Annotated[str, Field(description="The twelve words. Case and blanks do not matter.")]


class Answering(Opening):
    """An answer to a question by its number, or (none) something that the reporter adds."""

    question: QuestionNumber | None = None
    text: FreeText


class Disclosing(Opening):
    """Who the reporter is, for one person only: their id, as the unit wrote it."""

    recipient: ActorId
    details: FreeText


@router.post("", summary="Open the mailbox", **documented(Opening, WORDS_OF, 404))
async def open_mailbox(request: Request) -> Response:
    """How the report stands, by when the reporter hears more, and all that was asked and said, for ever.

    Words that open nothing are answered alike, whatever is wrong with them.
    """
    body, _ = await read(request, Opening)
    with plainly():
        return _shown(await (await _mailbox(request)).read(body.receipt))


@router.post(
    "/answer",
    summary="Answer, or add something",
    **documented(Answering, WORDS_OF | {"text": "It was dark."}, 404, 409),
)
async def answer_as_reporter(request: Request) -> Response:
    """At any time, also after the report was closed; a question can be answered again."""
    body, _ = await read(request, Answering)
    return await _sent(request, body.receipt, lambda: AnswerAsReporter(question=body.question, text=body.text))


@router.post(
    "/disclose-identity",
    summary="Say who you are",
    **documented(
        Disclosing, WORDS_OF | {"recipient": "psd-0001", "details": "A name, and how to be reached."}, 404, 409
    ),
)
async def disclose_identity(request: Request) -> Response:
    """To one named person, who reads it once a second person has released it. Until then it can be taken back."""
    body, _ = await read(request, Disclosing)
    return await _sent(request, body.receipt, lambda: _disclosure(body))


@router.post("/withdraw-disclosure", summary="Take back who you are", **documented(Opening, WORDS_OF, 404, 409))
async def withdraw_disclosure(request: Request) -> Response:
    """Until it was released."""
    body, _ = await read(request, Opening)
    return await _sent(request, body.receipt, WithdrawDisclosure)


def _disclosure(body: Disclosing) -> DiscloseIdentity:
    person = PersonalData(subject=f"person-{uuid4().hex}", value=body.details)
    return DiscloseIdentity(recipient=body.recipient, reporter=person)


async def _sent(request: Request, receipt: str, command: Callable[[], Command[Any]]) -> Response:
    with plainly():
        return _shown(await (await _mailbox(request)).send(receipt, command()))


async def _mailbox(request: Request) -> Mailbox:
    system = request.app.state.system
    return await run_in_threadpool(lambda: system.mailbox)


def _shown(box: Letterbox) -> Response:
    return answer(
        {
            "status": box.status,
            "in_words": f"{WORDS[box.status]} {LATE}" if box.is_late else WORDS[box.status],
            "next_by": box.next_by,
            "unanswered": box.unanswered,
            "identity": box.identity,
            "letters": [_letter(each) for each in box.letters],
        }
    )


def _letter(letter: Letter) -> dict[str, object]:
    told: dict[str, object] = {
        "question": letter.question,
        "text": letter.text,
        "status": letter.status,
        "next_by": letter.next_by,
    }
    sender = "reporter" if letter.by_reporter else "unit"
    return {"day": letter.day, "from": sender, **{name: value for name, value in told.items() if value is not None}}
