"""Two systems that differ in reports only, and somebody who asks both for everything the API document offers."""

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import chain, product
from typing import Any, NamedTuple
from uuid import UUID

import httpx
from api import Api

from adapters.http.public import SHORT
from application.ports import Actor
from domain.event import Role

LONGEST = 12  # pages that are followed
logging.getLogger("httpx").setLevel(logging.WARNING)  # a line for each of some ten thousand requests

REQUEST_ID = re.compile(r"\b[0-9a-f]{32}\b")
RECEIPT = re.compile(r'"receipt":"[a-z ]+"')
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}(:|%3A)\d{2}(:|%3A)\d{2}(\.\d+)?(Z|(\+|%2B)00(:|%3A)00)")
OWN = frozenset({"request-id", "correlation-id", "date", "content-length"})


class Asked(NamedTuple):
    """One request, without who sends it."""

    method: str
    path: str
    headers: Mapping[str, str] = {}
    json: Any = None


class Ids:
    """Ids that are the same in both systems, for they follow from what is being asked."""

    def __init__(self) -> None:
        self._seed, self._number = "", 0

    def begin(self, seed: str) -> None:
        self._seed, self._number = seed, 0

    def __call__(self) -> UUID:
        self._number += 1
        return UUID(bytes=sha256(f"{self._seed}|{self._number}".encode()).digest()[:16], version=4)


@dataclass
class Known:
    """What somebody may know, or guess, to fill parameters with: ids by the parameter, values by the name."""

    ids: Mapping[str, Sequence[str]]
    values: Mapping[str, Sequence[str]]
    secret: Mapping[str, int]
    """The hidden reports, with their versions."""
    versions: Mapping[str, int] = field(default_factory=dict)
    """The others that commands are sent to, with theirs."""


def normal(answer: httpx.Response) -> str:
    """An answer without what is of the request itself, each instant by the order in which it comes."""
    headers = sorted(f"{name}: {value}" for name, value in answer.headers.items() if name not in OWN)
    text = "\n".join([str(answer.status_code), *headers, answer.text])
    found: dict[str, str] = {}
    text = INSTANT.sub(lambda at: found.setdefault(at[0], f"<time {len(found)}>"), text)
    return REQUEST_ID.sub("<request>", RECEIPT.sub('"receipt":"<words>"', text))


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every route and method that the document offers."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def requests(document: dict[str, Any], known: Known) -> Iterator[Asked]:
    """What can be asked: each route with each id, each parameter, each form of a command, good and bad."""
    for method, path, operation in operations(document):
        for address in filled(path, known):
            if method == "GET":
                yield Asked(method, address)
                yield from (Asked(method, f"{address}?{query}") for query in _queries(operation, document, known))
                yield Asked(method, address, {"purpose": "misconduct"})
                yield Asked(method, address, {"accept": "text/csv"})
            else:
                yield from _sent(method, address, operation, known)
    for method in ("OPTIONS", "HEAD", "PUT", "DELETE", "PATCH"):
        yield from (Asked(method, path) for path in ("/v1/reports", "/v1/events", "/metrics", "/health/ready"))
    yield from (Asked("GET", path) for path in ("/openapi.json", "/v1/report", "/nothing/here"))
    yield from (Asked("POST", SHORT, {}, body) for body in ({"anonymity": "anonymous", "summary": "So."}, {}))


def filled(path: str, known: Known) -> Iterator[str]:
    """The path with each of the ids that it takes."""
    names = re.findall(r"\{(\w+)\}", path)
    assert set(names) <= known.ids.keys(), f"say what to fill into {path}"
    for values in product(*(known.ids[name] for name in names)):
        address = path
        for name, value in zip(names, values, strict=True):
            address = address.replace(f"{{{name}}}", value)
        yield address


def _queries(operation: dict[str, Any], document: dict[str, Any], known: Known) -> Iterator[str]:
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "query":
            for value in _values(parameter["name"], parameter["schema"], document, known):
                yield f"{parameter['name']}={value}"


def _values(name: str, schema: dict[str, Any], document: dict[str, Any], known: Known) -> Iterator[str]:
    yield from known.values.get(name, ())
    for part in (schema, *schema.get("anyOf", ())):
        if "$ref" in part:
            part = document["components"]["schemas"][part["$ref"].rpartition("/")[2]]
        yield from part.get("enum", ())
        match part.get("type"):
            case "boolean":
                yield from ("true", "false")
            case "integer":
                yield from ("1", "0")
            case _:
                pass


def _sent(method: str, path: str, operation: dict[str, Any], known: Known) -> Iterator[Asked]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    example = content.get("example", content.get("schema", {}).get("example", {"owner": "x", "to": "y"}))
    stream = next((part for part in path.split("/") if re.match(r"[a-z]+-[0-9a-f]{8}-", part)), None)
    if stream is None:
        yield from (Asked(method, path, {}, body) for body in (example, {}))
    elif stream in known.secret:
        yield Asked(method, path, {"if-match": f'"{known.secret[stream]}"'}, example)
        if stream != next(iter(known.secret)):
            return
        yield Asked(method, path, {"if-match": '"999"'}, example)
        yield Asked(method, path, {}, example)
        yield Asked(method, path, {"if-match": '"1"', "idempotency-key": "again"}, {"no_such_field": True})
    elif stream in known.versions:
        yield Asked(method, path, {"if-match": f'"{known.versions[stream]}"'}, example)
    elif all(_kind(stream) != _kind(other) for other in known.versions):
        yield Asked(method, path, {"if-match": '"1"'}, example)


def _kind(stream: str) -> str:
    return stream.partition("-")[0]


@dataclass
class Pair:
    """The same asked of both: what differs, and what of the reports shows in the answers of the one that has them."""

    without: Api
    with_reports: Api
    ids: Ids
    traces: Callable[[], Sequence[str]]
    asked: int = 0

    def walk(self, actor: Actor | None, known: Known, only: Callable[[Asked], bool] = lambda _: True) -> Iterator[str]:
        """All that can be asked by somebody (None: without a token); a text for each answer that tells."""
        headers = {} if actor is None else {"authorization": f"Bearer {self._token(actor)}"}
        document = self.without.client.get("/openapi.json").json()
        traces = [trace for trace in self.traces() if not any(trace in part for part in chain(*known.ids.values()))]
        for each in requests(document, known):
            if only(each):
                yield from self._differs(each, headers, traces)

    def _differs(self, asked: Asked, headers: dict[str, str], traces: Sequence[str]) -> Iterator[str]:
        both = [asked, asked]
        for _ in range(LONGEST):
            first, second = (
                self._ask(api, each, headers) for api, each in zip((self.without, self.with_reports), both, strict=True)
            )
            self.asked += 1
            shown = [trace for trace in traces if trace in second.text or trace in str(second.headers)]
            if normal(first) != normal(second) or shown:
                yield f"{asked.method} {asked.path} {dict(asked.headers)} {shown}\n{normal(first)}\n{normal(second)}"
                return
            following = [self._next(each, answer) for each, answer in zip(both, (first, second), strict=True)]
            both = [each for each in following if each is not None]
            if len(both) < 2:
                return

    def _ask(self, api: Api, asked: Asked, headers: dict[str, str]) -> httpx.Response:
        self.ids.begin(f"{self.asked}")
        return api.client.request(asked.method, asked.path, headers=headers | dict(asked.headers), json=asked.json)

    @staticmethod
    def _next(asked: Asked, answer: httpx.Response) -> Asked | None:
        """The next page, if there is one."""
        if asked.method != "GET" or answer.status_code != 200 or "json" not in answer.headers["content-type"]:
            return None
        body = answer.json()
        if body.get("next"):
            return Asked("GET", body["next"])
        if body.get("next_after"):
            path = re.sub(r"[?&]after=[^&]*", "", asked.path)
            return Asked("GET", f"{path}{'&' if '?' in path else '?'}after={body['next_after']}")
        return None

    def _token(self, actor: Actor) -> str:
        return self.without.system.tokens.issue(actor.id, actor.roles, actor.force, actor.unit)


def everybody() -> dict[str, Actor | None]:
    """Those who must not tell one system from the other."""
    handlers = {Role.PSD_INVESTIGATOR, Role.ACU_INVESTIGATOR, Role.APPROPRIATE_AUTHORITY}
    work = {Role.RECORDER, Role.INVESTIGATOR, Role.SUPERVISOR}
    every = frozenset(Role) - {Role.REPORTER}
    return {
        "X, a case worker": Actor("x", frozenset(work), "kent", "north"),
        "X, whatever X may be": Actor("x", every, "kent", "psd"),
        "in the unit of X": Actor("psd-9", frozenset(handlers), "kent", "NORTH"),
        "in the line of X": Actor("sergeant-1", frozenset({*handlers, *work, Role.ANALYST}), "kent", None),
        "a registrar of the force": Actor("fcr-1", frozenset({Role.FORCE_CRIME_REGISTRAR}), "kent", None),
        "an auditor of the force": Actor("auditor-1", frozenset({Role.AUDITOR, Role.ADMINISTRATOR}), "kent", None),
        "without a token": None,
    }
