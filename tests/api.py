"""The app behind a real server on a free port of the loopback, and people who knock on it."""

import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from adapters.http import addresses, openapi
from adapters.system import System, now
from domain.event import COMMANDS, Role


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """The address of the app while it is served."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            app, loop="uvloop", http="httptools", log_config=None, access_log=False, date_header=False
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@dataclass
class Api:
    """A served system, and requests to it by people of a role and a force."""

    system: System
    url: str
    client: httpx.Client

    def headers(
        self, role: Role = Role.RECORDER, force: str = "kent", by: str | None = None, **more: str
    ) -> dict[str, str]:
        token = self.system.tokens.issue(by or f"{role}-1", [role], force)
        return {"authorization": f"Bearer {token}"} | {name.replace("_", "-"): value for name, value in more.items()}

    def get(self, path: str, role: Role = Role.RECORDER, force: str = "kent", **more: str) -> httpx.Response:
        return self.client.get(path, headers=self.headers(role, force, **more))

    def post(
        self,
        path: str,
        body: Any,
        version: int | None = None,
        role: Role = Role.RECORDER,
        force: str = "kent",
        by: str | None = None,
        **more: str,
    ) -> httpx.Response:
        headers = self.headers(role, force, by, **more)
        if version is not None:
            headers["if-match"] = f'"{version}"'
        return self.client.post(path, json=body, headers=headers)

    def send(
        self,
        name: str,
        stream: str | None = None,
        version: int | None = None,
        role: Role = Role.RECORDER,
        acting_for: str = "kent",
        who: str | None = None,
        **body: Any,
    ) -> httpx.Response:
        """A command as its example has it, with other values for some fields."""
        command, path = COMMANDS[name], addresses.move(COMMANDS[name], stream)["href"]
        return self.post(path, openapi.example_of(command) | body, version, role, acting_for, who)

    def report(self, **body: Any) -> str:
        """The id of a case that was reported just now."""
        received = now().isoformat()
        answer = self.send("ReportCrime", received_at=received, reported_at=received, **body)
        assert answer.status_code == 201, answer.text
        return answer.json()["case"]

    def recorded(self) -> str:
        """The id of a recorded case, at version 2."""
        case = self.report()
        assert self.send("RecordCrime", case, 1).status_code == 200
        return case


def is_problem(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    """The problem, once it has every member that is promised."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == f"/problems/{slug}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"].endswith((".", "`", "more in `errors`)"))
    assert problem["instance"] == answer.request.url.path
    assert problem["request_id"] == answer.headers["request-id"]
    return problem


def tells_no_position(answer: httpx.Response) -> bool:
    """Whether neither headers nor body say where the log stands."""
    told = {"position", "age", "lag"} & answer.json().keys()
    return not told and not any(name in answer.headers for name in ("candour-position", "candour-age", "candour-lag"))


def names(entries: Iterable[dict[str, Any]]) -> list[str]:
    return [entry["name"] for entry in entries]
