"""The HTTP door: one FastAPI app over one system. Made by `create_app`; there is none at import."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response

from adapters import logs
from adapters.http import (
    audit,
    beside,
    caseload,
    cells,
    commands,
    contacts,
    denominators,
    duties,
    health,
    identity,
    inspections,
    intake,
    ledger,
    mailbox,
    manual,
    metrics,
    missed,
    openapi,
    publications,
    reading,
    reference,
    register,
    report_timeline,
    reports,
    trouble,
)
from adapters.http.answers import Nature
from adapters.http.door import IDS, Door
from adapters.http.meters import Meters
from adapters.http.problems import MEDIA_TYPE
from adapters.http.public import instance_of
from adapters.http.refusals import problem_of
from adapters.system import System
from application.ports import StoreUnavailable

TEXT = """Crime reports as an immutable history, and figures that open to their events.

Commands go to `/v1/cases/…` with `If-Match`. An oversight token (`*`) is told the position of the log that an answer
covers; members of a force name instants instead: the `written_at` of an event, as `known_at`, names it and all before.
Errors are problems (RFC 9457) whose `type` leads to its documentation on this server."""


def create_app(system: System, warmed: Callable[[], None] | None = None) -> FastAPI:
    """The app over that system, which it does not close; `warmed` is called once its columns are in memory."""
    logs.configure_if_nobody_has()
    meters, nature = Meters(lambda: system.store.head(), lambda: system.standings.now()), Nature(system)
    system.appended = meters.appended
    app = FastAPI(
        title="Candour",
        version="0.1.0",
        description=TEXT,
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
        middleware=[Middleware(Door, meters=meters)],
        exception_handlers={HTTPException: _problem, RequestValidationError: _problem},
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.system, app.state.meters, app.state.nature, app.state.warmed = system, meters, nature, warmed
    app.router.routes.append(of_commands := commands.CommandRoutes(system, nature, meters))
    for module in (metrics, cells, beside):
        app.include_router(module.router)
    app.include_router(register.router)
    app.include_router(caseload.router)
    app.include_router(contacts.router)
    app.include_router(reports.router)
    app.include_router(report_timeline.router)
    for router in reading.routers():
        app.include_router(router)
    for module in (
        intake,
        mailbox,
        identity,
        duties,
        missed,
        inspections,
        denominators,
        ledger,
        audit,
        publications,
        reference,
        health,
        manual,
    ):
        app.include_router(module.router)
    openapi.install(app, of_commands.routes)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    with suppress(StoreUnavailable):  # a database that comes up later is asked again at the first request
        await run_in_threadpool(app.state.nature.known)
    nature: Nature = app.state.nature
    watching = asyncio.create_task(
        trouble.watch(app.state.system.standings.now, lambda now: setattr(nature, "trouble", now))
    )
    warming = asyncio.create_task(run_in_threadpool(_warm, app))
    with suppress(asyncio.CancelledError):  # told to stop twice, it does not wait for the end, which is no error
        yield
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    with suppress(asyncio.CancelledError):
        await warming


def _warm(app: FastAPI) -> None:
    """Have the columns of the figures at hand; what cannot be read yet is read with the first question."""
    with suppress(StoreUnavailable):
        app.state.system.metrics.warm()
        if app.state.warmed is not None:
            app.state.warmed()


async def _problem(request: Request, error: Exception) -> Response:
    """What the router and the parameters raise never reaches the outermost layer, so it is answered here."""
    problem = problem_of(error)
    body = problem.body(instance_of(request.scope), request.scope[IDS].request)
    headers = {name.decode(): value.decode() for name, value in problem.headers}
    return Response(body, problem.status, headers, media_type=MEDIA_TYPE.decode())
