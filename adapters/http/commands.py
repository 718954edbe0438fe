"""The routes of the commands, generated from the command classes: body in, decision, version and position out."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from adapters.http import acting, addresses, openapi
from adapters.http.answers import Nature, Standing, dumps, sees_positions
from adapters.http.door import IDS
from adapters.http.limits import read_body
from adapters.http.meters import Meters
from adapters.http.problems import Header
from adapters.http.refusals import of_body, problem_of
from adapters.system import System
from application.ports import Actor, Appended, Remarks
from application.reporters import ReceivedBefore
from domain.aggregate import State, aggregate_of
from domain.event import COMMANDS, Command, Refused
from domain.misconduct.intake import ReceiveReport
from domain.misconduct.state import REPORT

NO_STORE: Header = (b"cache-control", b"no-store")
READ_IT_OUT = (
    "Read these twelve words out to the caller, let them write them down and read them back, and write them down "
    "nowhere yourself: they are shown this once and kept nowhere. With them the caller comes back."
)
RECEIVED_BEFORE = "This report was entered when you sent it the first time. Its receipt cannot be shown again."
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]


class CommandRoute(APIRoute):
    """A route for the router and the documentation whose requests go straight to `asgi`."""

    def __init__(self, path: str, asgi: Asgi, **documentation: Any) -> None:
        super().__init__(path, _documented, methods=["POST"], **documentation)
        self.app = asgi


class CommandRoutes(BaseRoute):
    """One route per command class, found by the last part of its path: to try one after the other would take longer
    than to find out who asks."""

    def __init__(self, system: System, nature: Nature, meters: Meters) -> None:
        self._by_slug = {
            addresses.slug(command): CommandRoute(
                addresses.template(command), CommandDoor(system, nature, meters, command), **openapi.of_command(command)
            )
            for command in COMMANDS.values()
        }
        self.routes = [*self._by_slug.values()]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As the router asks it."""
        route = self._by_slug.get(scope["path"].rpartition("/")[2])
        return (Match.NONE, {}) if route is None else route.matches(scope)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As the router asks it: by the route that matched."""
        await scope["route"].handle(scope, receive, send)


class CommandDoor:
    """Reads, checks and handles the requests of one command."""

    def __init__(self, system: System, nature: Nature, meters: Meters, command: type[Command[Any]]) -> None:
        self._system, self._nature, self._meters, self._command = system, nature, meters, command
        self._validate = command.__pydantic_validator__.validate_json
        self._opens, self._aggregate = command.opens, aggregate_of(command)
        self._status = 201 if command.opens else 200

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; raises what `problem_of` turns into a problem."""
        try:
            actor = acting.actor_of(self._system.tokens, dict(scope["headers"]))
            done = await self._handle(actor, scope, receive)
        except ReceivedBefore:
            await _send(send, 200, dumps({"receipt": None, "what_to_do": RECEIVED_BEFORE}), [NO_STORE])
            return
        except Exception as error:
            self._count(problem_of(error).slug.replace("-", "_"))
            raise
        self._count("accepted")
        await self._answer(actor, done, send)

    def _count(self, verdict: str) -> None:
        if not self._command.by_reporter:  # a counter that moves tells when
            self._meters.command(self._command.__name__, verdict)

    async def _handle(self, actor: Actor, scope: Scope, receive: Receive) -> Appended:
        headers = dict[bytes, bytes](scope["headers"])
        system, command = self._system, self._command
        system.policy.role_for_command(actor, command)
        stream = self._stream(scope)
        acting.must_be_json(headers)
        expected = 0 if command.opens else acting.expected_version(headers)
        body = await read_body(headers, receive)
        try:
            wish = self._validate(body)
        except ValidationError as error:
            raise of_body(error) from None
        if self._nature.synthetic is None:
            await run_in_threadpool(self._nature.known)
        asked = b"\0".join((command.__name__.encode(), b"" if command.opens else stream.encode(), body))
        try:
            if isinstance(wish, ReceiveReport):
                intake = await run_in_threadpool(lambda: system.intake)
                key = acting.key_of(headers)
                whose = f"{actor.force}/{actor.id}/".encode()
                repeated = None if key is None else intake.receipts.repeated(whose + key, asked)
                return await intake.take_down(wish, actor, system.handler, repeated)
            return await system.handler.handle(
                wish,
                actor,
                stream=stream,
                expected=expected,
                correlation=scope[IDS].correlation,
                request=acting.sent_before(headers, actor, asked),
            )
        except Refused as refused:
            allowed = refused.allowed or await self._open_moves(stream)
            raise Refused(refused.rule, allowed, refused.there_are) from refused

    def _stream(self, scope: Scope) -> str:
        if self._opens:
            return f"{self._aggregate.prefix}{uuid4()}"
        return addresses.stream_of(self._aggregate, scope["path_params"][addresses.parameter(self._aggregate)])

    async def _open_moves(self, stream: str) -> tuple[str, ...]:
        """The commands that may be sent to it as it is."""
        state: State = self._aggregate.replay(await self._system.store.aio.load(stream))
        return tuple(move.__name__ for move in state.allowed)

    async def _answer(self, actor: Actor, done: Appended, send: Send) -> None:
        remarks, synthetic = done.remarks, self._nature.known()
        # Nothing in the body depends on when it is said, so that a request sent again has the same answer to the byte.
        standing = Standing(done.position, 0.0, synthetic) if sees_positions(actor) else Standing.untold(synthetic)
        trouble = self._nature.trouble.seen_by(actor, of_reports=self._aggregate is REPORT)
        body = dumps(
            {
                self._aggregate.name: done.stream,
                "version": done.version,
                "written_at": done.written_at,
                **(
                    {"reference": remarks.reference, "possible_duplicates": _links(remarks)}
                    if remarks.reference
                    else {}
                ),
                **({"receipt": remarks.receipt, "what_to_do": READ_IT_OUT} if remarks.receipt else {}),
                **standing.members(),
            }
        )
        headers = [
            *([NO_STORE] if remarks.receipt else []),
            (b"etag", b'"%d"' % done.version),
            (b"location", addresses.one(done.stream).encode()),
            *standing.raw_headers(),
            *trouble.raw_headers(),
        ]
        await _send(send, self._status, body, headers)


async def _send(send: Send, status: int, body: bytes, more: list[Header]) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _links(remarks: Remarks) -> list[dict[str, str]]:
    return [{"case": case, "href": addresses.case(case)} for case in remarks.possible_duplicates]


async def _documented(request: Request) -> Response:
    """Never called: `CommandRoute` answers itself. FastAPI reads the signature."""
    raise NotImplementedError
