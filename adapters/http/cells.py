"""What is behind a figure or a cell of it: each row with its verdict and the events that it is made of."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from adapters.drill_through import cases_behind
from adapters.http import addresses, openapi
from adapters.http.acting import Acting, TheSystem
from adapters.http.answers import Answer
from adapters.http.metrics import PROBLEMS, MinPosition, asked_of, named, problem
from adapters.postgres.metric_reader import stream_of
from adapters.postgres.question import BadQuestion
from adapters.postgres.readers import NotReady
from adapters.questions import WHOLE
from adapters.system import System
from application.ports import Actor
from projections.metrics.misconduct import is_misconduct

router = APIRouter(prefix="/v1/metrics", tags=["metrics"])

MOST_CASES = 1000
After = Annotated[str, Query(max_length=120, description="Only those after this one: `next_after` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=MOST_CASES)]
Verdict = Literal["counted", "not_counted", "excluded", "recorded", "competing", "open"] | None
ASKED = openapi.of_question("force", "since", "until", "as_of", "known_at")
OfCell = Annotated[str, Path(description="Members of dimensions, such as `month=2026-03/force=kent`; `all`.")]


@router.get("/{name}/cases", summary="The cases behind a figure", responses=PROBLEMS, openapi_extra=ASKED)
def read_cases(
    request: Request,
    name: str,
    system: TheSystem,
    actor: Acting,
    verdict: Verdict = "counted",
    after: After = "",
    limit: Limit = 100,
    min_position: MinPosition = 0,
) -> Response:
    """The cases that a figure counts, does not count, or excludes, in the order in which they entered the log.

    It takes the parameters of the figure itself; with the figure's `known_at` it lists exactly its cases, each with the
    events of its history and the address of that. `verdicts` says how many there are of each. Of a figure about
    misconduct these are reports, allegations, people or steps of reports, by number, and for auditors only. What the
    reader may not open is not named: `withheld` counts it, so that the figure can be added up.
    """
    return _behind(request, name, system, actor, WHOLE, verdict, after, limit, min_position)


@router.get(
    "/{name}/cells/{cell:path}", summary="What is behind a cell of a figure", responses=PROBLEMS, openapi_extra=ASKED
)
def read_cell(
    request: Request,
    name: str,
    cell: OfCell,
    system: TheSystem,
    actor: Acting,
    verdict: Verdict = None,
    after: After = "",
    limit: Limit = 100,
    min_position: MinPosition = 0,
) -> Response:
    """One cell of a figure that is broken down: its own figure, and all rows of it with their verdicts and events.

    `verdicts` says how many rows there are of each verdict: the list of a verdict is as long as that, and together they
    are the cell. Without `verdict`, the rows of all of them.
    """
    return _behind(request, name, system, actor, cell, verdict, after, limit, min_position)


def _behind(
    request: Request,
    name: str,
    system: System,
    actor: Actor,
    cell: str,
    verdict: str | None,
    after: str,
    limit: int,
    min_position: int,
) -> Response:
    metric = named(name, actor)
    system.policy.role_for_read(actor, "misconduct_cases" if is_misconduct(metric) else "metric_cases")
    asked = asked_of(request, name, system, actor, min_position, cell)
    try:
        found, more = cases_behind(system, actor, asked, verdict, after, limit)
    except (BadQuestion, NotReady) as error:
        raise problem(error) from error
    page = found["cases"]
    for case in page:
        case["history"] = _history(case["case"])
    trouble = request.app.state.nature.trouble.seen_by(actor)
    told = {"cell": cell} if asked.cell else {}
    body = found | told | {"next_after": page[-1]["case"] if more else None} | trouble.members()
    return Answer(body, headers=trouble.headers())


def _history(key: str) -> str:
    """Where the history of what a figure counts is read."""
    return addresses.history(stream_of(key))
