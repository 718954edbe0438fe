"""Publications: figures that were released, for everybody with a token; members of a force read misconduct here."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from adapters import publishing
from adapters.http import openapi
from adapters.http.acting import Acting, TheSystem, sent_before
from adapters.http.answers import Answer
from adapters.http.problems import Problem, invalid
from adapters.postgres.question import BadQuestion
from adapters.postgres.readers import NotReady
from adapters.system import System, now
from application.once import once
from application.ports import Actor, Appended
from application.ports import Request as SentBefore

router = APIRouter(prefix="/v1/publications", tags=["publications"])
_PROBLEMS: Any = openapi.problems(401, 403, 404, 422, 503)


class Publish(BaseModel):
    """What is to be published; without `known_at`, as it is known now; without `metrics`, all about misconduct."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, Field(min_length=1, max_length=publishing.LONGEST_TITLE, examples=["2024/25"])]
    since: Annotated[date, Field(description="First London day of the period.", examples=["2024-04-01"])]
    until: Annotated[date, Field(description="First London day after it.", examples=["2025-04-01"])]
    known_at: AwareDatetime | None = None
    metrics: Annotated[tuple[str, ...], Field(max_length=100, examples=[["sch3_share"]])] = ()


@router.get("", summary="What was published", responses=_PROBLEMS)
def find_publications(system: TheSystem, actor: Acting) -> Response:
    """All publications, oldest first. They are the same for everybody."""
    system.policy.role_for_read(actor, "publications")
    return Answer({"publications": [publishing.summary(entry) for entry in publishing.publications(system)]})


@router.get("/{publication}", summary="A publication", responses=_PROBLEMS)
def read_publication(system: TheSystem, actor: Acting, publication: str) -> Response:
    """Its tables, as they were published: for all forces together, and for each whose numbers are not too small.

    `digest` is the SHA-256 of the text that a table was published as (`candour publications` checks it).
    """
    system.policy.role_for_read(actor, "publications")
    return Answer(publishing.shown(publishing.publication(system, publication)))


@router.post(
    "",
    summary="Publish figures",
    status_code=201,
    responses=openapi.problems(400, 401, 403, 404, 409, 422, 503),
    openapi_extra={"parameters": [openapi.IDEMPOTENCY_KEY]},
)
async def publish_figures(given: Request, system: TheSystem, actor: Acting, wanted: Publish) -> Response:
    """Release figures by force as they were known at one moment. It takes an administrator with an oversight token.

    What was published is never changed: to say something else, publish again.
    """
    asked = publishing.Wanted(wanted.title, wanted.since, wanted.until, wanted.known_at, wanted.metrics)
    sent = sent_before(dict(given.headers.raw), actor, b"\0".join((b"publish", await given.body())))

    async def work() -> Appended:
        return await run_in_threadpool(_published, system, asked, actor, sent)

    done = await (work() if sent is None else once(system.store.aio, sent, work))
    entry = await run_in_threadpool(publishing.publication, system, done.stream)
    answer = Answer(publishing.shown(entry), headers={"location": f"/v1/publications/{entry.stream}"})
    answer.status_code = 201
    return answer


def _published(system: System, asked: publishing.Wanted, actor: Actor, sent: SentBefore | None) -> Appended:
    try:
        return publishing.publish(system, asked, actor, now, sent)
    except BadQuestion as error:
        where, colon, problem = str(error).partition(": ")
        raise (invalid(where, problem) if colon else invalid("since", str(error))) from error
    except NotReady as error:
        raise Problem(
            "figures-not-ready", "The figures are not that far yet.", headers=[(b"retry-after", b"1")]
        ) from error
