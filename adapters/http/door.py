"""The outermost layer: ids for every request, every exception as a problem, every answer counted. Plain ASGI."""

import re
from email.utils import formatdate
from time import perf_counter
from uuid import uuid4

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters import logs
from adapters.http.meters import Meters
from adapters.http.problems import MEDIA_TYPE, Problem
from adapters.http.public import instance_of, is_by_reporter
from adapters.http.refusals import problem_of

IDS = "candour.ids"
METHODS = frozenset(("GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"))
_CORRELATION = re.compile(rb"[A-Za-z0-9._-]{1,64}", re.ASCII)
_log = logs.logger("candour.http")


class Door:
    """Wraps an ASGI app. The correlation id is the caller's `Correlation-Id`, else the request's own id.

    Of what a reporter does nothing is counted, nothing that the caller gave is kept, and the answer has no `Date`.
    """

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self._app, self._meters = app, meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; nothing is raised to the server."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = perf_counter(), 0
        request_id = uuid4().hex
        by_reporter = is_by_reporter(scope)
        given = None if by_reporter else next((v for name, v in scope["headers"] if name == b"correlation-id"), None)
        fits = given is None or _CORRELATION.fullmatch(given) is not None
        correlation = given.decode("ascii") if given is not None and fits else request_id
        ids = scope[IDS] = logs.Ids(request_id, correlation, by_reporter)
        logs.bind(ids)
        own = [(b"request-id", request_id.encode()), (b"correlation-id", correlation.encode())]
        if not by_reporter:
            own.append((b"date", formatdate(usegmt=True).encode()))

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *own]
            await send(message)

        try:
            if not fits:
                raise Problem(
                    "malformed-request", "Correlation-Id takes up to 64 letters, digits, dots, dashes or underscores."
                )
            await self._app(scope, receive, answer)
        except ClientDisconnect:
            pass
        except Exception as error:
            if status:
                _log.error("answer_broken_off", method=scope["method"], route=_route(scope), exc_info=error)
                raise
            await send_problem(scope, answer, error)
        finally:
            if not by_reporter:  # a counter that moves tells when
                method = scope["method"] if scope["method"] in METHODS else "OTHER"
                self._meters.request(method, _route(scope), status or 499, perf_counter() - started)


async def send_problem(scope: Scope, send: Send, error: Exception) -> None:
    """Answer with the problem that the exception stands for; log what is a fault of ours, or a closed door."""
    problem = problem_of(error, next(iter(scope.get("path_params", {}).values()), None))
    if problem.status >= 500:
        _log.error("request_failed", method=scope["method"], route=_route(scope), problem=problem.slug, exc_info=error)
    elif problem.status in (401, 403):
        _log.info("request_refused", method=scope["method"], route=_route(scope), problem=problem.slug)
    body = problem.body(instance_of(scope), scope[IDS].request)
    headers = [(b"content-type", MEDIA_TYPE), (b"content-length", b"%d" % len(body)), *problem.headers]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _route(scope: Scope) -> str:
    """The template of the address, never the address itself: it would make a label per case."""
    return getattr(scope.get("route"), "path", None) or "none"
