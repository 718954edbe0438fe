"""The log holds what is needed to find a fault, as JSON, and never what a person wrote or carries."""

import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import structlog
from api import Api

from adapters import logs
from adapters.system import System
from application.ports import Append

SECRET = "Jane Example of 12 Elm Row"
REPORT = {"received_at": "2026-03-02", "route": "online", "reporter_role": "victim", "summary": SECRET}


@pytest.fixture
def out() -> Iterator[StringIO]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = StringIO()
    logs.configure(json=True, to=stream)
    yield stream
    structlog.reset_defaults()
    root.handlers[:], root.level = before[0], before[1]


def lines(out: StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_is_json_with_the_ids_of_its_request(out: StringIO) -> None:
    logs.bind(logs.Ids("request-7", "correlation-9"))
    logs.logger().info("state_read", stream="case-1", status=3)
    (line,) = lines(out)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "state_read",
        "level": "info",
        "stream": "case-1",
        "status": 3,
        "request_id": "request-7",
        "correlation_id": "correlation-9",
    }


@pytest.mark.parametrize("key", ["summary", "name", "token", "authorization", "body", "reporter", "headers", "x"])
def test_a_key_that_is_not_on_the_list_is_dropped(out: StringIO, key: str) -> None:
    logs.logger().warning("something", **{key: SECRET}, status=200)
    assert SECRET not in out.getvalue()
    assert lines(out)[0]["status"] == 200


def test_the_check_would_find_a_secret_under_an_allowed_key(out: StringIO) -> None:
    logs.logger().warning("something", route=SECRET)
    assert SECRET in out.getvalue()


def test_an_exception_is_logged_by_class_and_frames_without_its_message(out: StringIO) -> None:
    with suppress(ValueError):
        try:
            raise ValueError(SECRET)
        except ValueError:
            logs.logger().exception("failed")
            raise
    (line,) = lines(out)
    assert line["exception"] == "ValueError"
    assert "test_logs.py" in line["traceback"][0]
    assert SECRET not in out.getvalue()


def test_a_long_value_is_cut(out: StringIO) -> None:
    logs.logger().info("something", route="x" * 5000)
    assert len(lines(out)[0]["route"]) == logs.LONGEST


def test_the_server_logs_through_the_same_list(out: StringIO) -> None:
    logging.getLogger("uvicorn.error").info("Started server process [%d]", 7, extra={"secret": SECRET})
    (line,) = lines(out)
    assert line["event"] == "Started server process [7]"
    assert SECRET not in out.getvalue()


def test_a_terminal_gets_text_to_read() -> None:
    stream = StringIO()
    logs.configure(json=False, to=stream)
    logs.logger().info("state_read", stream="case-1")
    structlog.reset_defaults()
    logging.getLogger().handlers.clear()
    with pytest.raises(json.JSONDecodeError):
        json.loads(stream.getvalue())
    assert "state_read" in stream.getvalue()
    assert "case-1" in stream.getvalue()


def test_a_fault_is_logged_under_the_id_that_the_caller_was_given(
    out: StringIO, serve: Callable[[System], Api], system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(item: Append) -> None:
        raise RuntimeError(SECRET)

    api = serve(system)
    monkeypatch.setattr(system.store.aio, "append", broken)
    answer = api.post("/v1/cases/report-crime", REPORT, correlation_id="intake-1")
    (line,) = [line for line in lines(out) if line["event"] == "request_failed"]
    assert line["request_id"] == answer.json()["request_id"]
    assert line["correlation_id"] == "intake-1"
    assert (line["level"], line["exception"], line["problem"]) == ("error", "RuntimeError", "internal-error")
    assert line["route"] == "/v1/cases/report-crime"
    assert any("command_handler.py" in frame for frame in line["traceback"])


def test_no_body_no_token_and_no_name_reaches_the_log(
    out: StringIO, serve: Callable[[System], Api], system: System
) -> None:
    api = serve(system)
    case = api.report(summary=SECRET, reporter={"subject": "person-0a1b2c3d", "value": SECRET})
    api.get(f"/v1/cases/{case}/history", purpose="audit")
    api.post("/v1/cases/report-crime", {"received_at": SECRET})
    api.client.get("/v1/events", headers={"authorization": f"Bearer {SECRET}"})
    text = out.getvalue()
    assert "Jane" not in text
    assert "Bearer" not in text
    opened = next(line for line in lines(out) if line["event"] == "history_opened")
    assert (opened["actor"], opened["purpose"], opened["stream"]) == ("recorder-1", "audit", case)


CALLS = re.compile(
    r"""(?:\blog(?:ger\([^)]*\))?(?:\.(?:info|warning|error))?|\b_note)\(\s*f?"([^"]+)"(?: if \w+ else "([^"]+)")?"""
)


def logged() -> tuple[set[str], set[str]]:
    """The names and the keys that the code logs, as far as they stand in it as text."""
    folder = Path(logs.__file__).parent
    texts = [path.read_text() for path in folder.rglob("*.py") if path.name != "logs.py"]
    found = {name for text in texts for names in CALLS.findall(text.replace("_log.", "log.")) for name in names if name}
    keys = {
        key
        for text in texts
        for arguments in re.findall(
            r"(?:\blog\.(?:info|warning|error)|\)\.warning|\blog)\((?=f?\"|event,)(.*)\)\n",
            text.replace("_log.", "log."),
        )
        for key in re.findall(r"\b(\w+)=", arguments)
    }
    return found, keys


def test_every_name_and_key_that_is_logged_is_documented_and_the_other_way_round() -> None:
    names, keys = logged()
    children = {"{self._child.name}_ended", "{self._child.name}_hangs"}
    assert names - children | {"worker_ended", "worker_hangs", "projector_ended"} == set(logs.EVENTS)
    assert children <= names
    by_the_library = {"event", "level", "timestamp", "request_id", "correlation_id", "exception", "traceback"}
    assert keys - {"exc_info"} | by_the_library == set(logs.KEYS)
