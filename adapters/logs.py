"""Logs: one JSON object per line when serving, readable in a terminal; only keys and values that are safe to keep."""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from contextvars import ContextVar
from datetime import datetime
from traceback import extract_tb
from types import TracebackType
from typing import Any, NamedTuple, TextIO

import orjson
import structlog
from structlog.typing import Processor

from domain.values import LONDON

KEYS = {
    "event": "what happened: a name of the list below, or a sentence of the web server",
    "level": "`info`: worth keeping; `warning`: it mends itself; `error`: somebody should look",
    "timestamp": "when, in UTC; of what a reporter of misconduct does only the London day",
    "request_id": "the id of the request, which its answer carries as `Request-Id`",
    "correlation_id": "what the caller gave as `Correlation-Id`, else the request's own; its events carry it too",
    "method": "the HTTP method",
    "route": "the template of the address, never the address itself",
    "status": "the status of an answer, or the exit code of a process (negative: the signal that ended it)",
    "problem": "the problem that the caller was told, see the reference of errors",
    "exception": "the class of the exception; its message is left out, for it may quote data",
    "traceback": "where it was raised: file, line and function of each frame, without values",
    "actor": "the opaque id of the person or process that acted",
    "role": "the role that allowed it",
    "force": "the force that the actor belongs to",
    "purpose": "the purpose that the actor stated",
    "stream": "the id of the case or contact",
    "projection": "the projection",
    "count": "how many",
}
EVENTS = {
    "state_read": ("info", "a person read a case or contact"),
    "history_read": ("info", "a person read the history of a case or contact, with sealed text closed"),
    "history_opened": (
        "info",
        "a person read the history of a case or contact, with sealed text opened for a stated purpose",
    ),
    "identity_read": ("info", "a person read who a reporter is, which had been released to them"),
    "request_refused": ("info", "a request without a valid token, or beyond what its role may do"),
    "request_failed": (
        "error",
        "a request was answered with a fault of ours, or the database or the figures were not there",
    ),
    "answer_broken_off": ("error", "a fault while an answer was already being sent"),
    "worker_ended": ("warning", "a worker process ended; another is started"),
    "worker_hangs": ("warning", "a worker process gave no sign of life for too long; it is killed and replaced"),
    "projector_ended": ("warning", "the projector process ended; another is started"),
    "projector_lost_the_database": ("warning", "the projector connects again until the database is back"),
    "postgresql_started_again": ("warning", "the embedded PostgreSQL had ended and was started again"),
    "postgresql_not_started": (
        "error",
        "the embedded PostgreSQL had ended and did not start; tried again soon, and its `postgres.log` says why",
    ),
    "projection_stopped": ("error", "a projection cannot go on; `candour doctor` says before which event"),
    "read_model_unsound": (
        "error",
        "a read model did not apply each event once and as it is; `candour projections status` names the event",
    ),
    "completeness_not_looked_at": ("warning", "the read models were not compared with the log; tried again soon"),
    "deadlines_missed": ("info", "the deadline watch raised so many missed deadlines"),
    "watch_lost_the_database": ("warning", "the deadline watch connects again until the database is back"),
    "watch_failed": ("error", "the deadline watch could not finish a look; it tries again, and loses nothing"),
    "housekeeping_failed": ("warning", "old answers to requests were not removed; tried again in an hour"),
}
ALLOWED = frozenset(KEYS)
LONGEST = 200


class Ids(NamedTuple):
    """The ids that follow one request through the log and into the events; `coarse`: its time is kept to the day."""

    request: str
    correlation: str
    coarse: bool = False


_ids: ContextVar[Ids | None] = ContextVar("candour_ids", default=None)


def bind(ids: Ids) -> None:
    """Put the ids on every line that the present task or thread logs from now on."""
    _ids.set(ids)


def configure(*, json: bool | None = None, to: TextIO | None = None, level: int = logging.INFO) -> None:
    """Send the logs of this process and its server to `to` (standard error). `json` None: unless it is a terminal."""
    out = to or sys.stderr
    as_json = not out.isatty() if json is None else json
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_ids,
        describe_exception,
        keep_allowed,
    ]
    last: Processor = (
        structlog.processors.JSONRenderer(serializer=_dumps)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=out.isatty())
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = name != "uvicorn.access"
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def configure_if_nobody_has() -> None:
    """Never leave the library's own form in use: it prints the values of variables with a traceback."""
    if not structlog.is_configured():
        configure()


def logger(name: str = "candour") -> Any:
    """A logger; what it is given beyond the allowed keys is dropped."""
    return structlog.stdlib.get_logger(name)


def add_ids(_: object, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Add the ids of the request, if there is one."""
    ids = _ids.get()
    if ids is not None:
        line.setdefault("request_id", ids.request)
        line.setdefault("correlation_id", ids.correlation)
        if ids.coarse:
            line["timestamp"] = str(datetime.now(LONDON).date())
    return line


def describe_exception(_: object, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace `exc_info` by the exception's class and its frames. Its message may quote data, so it is left out."""
    found = line.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    error = found[1] if isinstance(found, tuple) else found  # pyright: ignore[reportUnknownVariableType]
    if isinstance(error, BaseException):
        line["exception"] = type(error).__name__
        line["traceback"] = _frames(error.__traceback__)
    return line


def keep_allowed(_: object, __: str, line: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Drop every key that is not on the list, and cut what is long."""
    # The two that begin with an underscore belong to the formatter, which removes them.
    return {
        key: value if key == "traceback" else _short(value)
        for key, value in line.items()
        if key in ALLOWED or key in ("_record", "_from_structlog")
    }


def _frames(traceback: TracebackType | None) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in extract_tb(traceback)]


def _short(value: object) -> object:
    if value is None or isinstance(value, int | float | bool | logging.LogRecord):
        return value
    return str(value)[:LONGEST]


def _dumps(line: Any, **_: Any) -> str:
    return orjson.dumps(line, default=str).decode()
