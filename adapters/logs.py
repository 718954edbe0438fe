"""Logs: one JSON object per line when serving, readable in a terminal; only keys and values that are safe to keep."""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from contextvars import ContextVar
from traceback import extract_tb
from types import TracebackType
from typing import Any, NamedTuple, TextIO

import orjson
import structlog
from structlog.typing import Processor

ALLOWED = frozenset(
    {"event", "level", "timestamp", "logger", "request_id", "correlation_id", "method", "route", "status", "problem"}
    | {"duration_ms", "exception", "traceback", "actor", "role", "force", "purpose", "command", "verdict", "rule"}
    | {"case", "version", "position", "projection", "metric", "rows", "batch", "lag", "address", "location"}
)
LONGEST = 200


class Ids(NamedTuple):
    """The ids that follow one request through the log and into the events."""

    request: str
    correlation: str


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
