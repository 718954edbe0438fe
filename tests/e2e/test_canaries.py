"""Two hundred anonymous reports full of canaries, over HTTP to a real server: then everything is searched for them."""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import psycopg
import pytest
from processes import Place, Running, only_where_proc_is, wait_until

from adapters.postgres.embedded import EmbeddedPostgres

pytestmark = only_where_proc_is

INTAKES = 200
HEADERS = (
    "X-Forwarded-For",
    "X-Real-Ip",
    "Forwarded",
    "User-Agent",
    "Cookie",
    "Referer",
    "From",
    "Correlation-Id",
    "Request-Id",
    "Traceparent",
    "Idempotency-Key",
)
MARK, NETWORK = "canary", "2001:db8:ca:"
REPORT = {"anonymity": "anonymous", "categories": ["money_or_favours"], "about_force": "kent"}
TABLES = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'm', 't') AND c.relpersistence <> 't' ORDER BY 1, 2"""
TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d(?::?\d\d)?| UTC| GMT)?")
DATE = re.compile(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT")
SECONDS = re.compile(r"(?<![\d.])1[6-9]\d{8}(?:\.\d+)?(?!\d)")


class Found(NamedTuple):
    """A canary, or a time of day, and where it was found."""

    where: str
    what: str


class Canaries:
    """Values that no other text holds: texts and addresses that begin with a mark, and the words of receipts."""

    def __init__(self) -> None:
        self.all: list[str] = []
        self.receipts: list[str] = []

    def new(self, kind: str) -> str:
        """A text."""
        self.all.append(f"{MARK}{kind}{uuid4().hex}")
        return self.all[-1]

    def address(self) -> str:
        """An address of IPv6."""
        text = uuid4().hex
        self.all.append(NETWORK + ":".join(text[at : at + 4] for at in range(0, 20, 4)))
        return self.all[-1]

    def headers(self) -> dict[str, str]:
        """Each header that could tell who somebody is."""
        given = {name: self.new("header") for name in HEADERS}
        return given | {"Cookie": f"session={self.new('cookie')}", "X-Forwarded-For": self.address()}

    def found_in(self, where: str, text: str) -> Iterator[Found]:
        """What of them is in a text, as it is or as the bytes of it in hexadecimal."""
        text = text.casefold()
        marks = (MARK, NETWORK, MARK.encode().hex(), NETWORK.encode().hex())
        yield from (Found(where, text[text.index(mark) :][:80]) for mark in marks if mark in text)
        yield from (Found(where, words) for words in self.receipts if words in text)


class Session(NamedTuple):
    """What reporters did, between two instants (UTC), and every answer that they had."""

    canaries: Canaries
    began: datetime
    ended: datetime
    answers: list[httpx.Response]


def reporters_at_work(url: str, canaries: Canaries) -> list[httpx.Response]:
    """200 reports, and all that goes wrong beside; every request from a connection of its own kind of client."""
    answers: list[httpx.Response] = []
    with httpx.Client(base_url=url, timeout=60) as client:

        def post(path: str, **more: Any) -> httpx.Response:
            query = {"from": canaries.new("query")}
            answers.append(client.post(path, params=query, headers=canaries.headers() | more.pop("also", {}), **more))
            return answers[-1]

        for number in range(INTAKES):
            body = REPORT | {"summary": f"What I saw: {canaries.new('summary')}"}
            told = post("/v1/reports" if number % 2 else "/reports", json=body)
            assert told.status_code == 201, told.text
            canaries.receipts.append(told.json()["receipt"])
            if number % 10 == 0:
                kept = {"Idempotency-Key": canaries.new("key")}
                first, again = (post("/v1/reports", json=body, also=kept) for _ in range(2))
                assert (first.status_code, again.status_code) == (201, 200)
                canaries.receipts.append(first.json()["receipt"])
                words = told.json()["receipt"]
                assert post("/v1/mailbox", json={"receipt": words}).status_code == 200
                text = canaries.new("answer")
                told = post("/v1/mailbox/answer", json={"receipt": words, "text": text})
                assert told.status_code == 200, told.text
                who = {"recipient": "psd-0001", "details": canaries.new("details")}
                assert post("/v1/mailbox/disclose-identity", json={"receipt": words, **who}).status_code == 200
                details = {"anonymity": "confidential", "details": canaries.new("apart")}
                assert post("/v1/reports", json=body | details).status_code == 201
            if number % 5 == 0:
                answers.extend(_wrong(post, canaries))
    return answers


def _wrong(post: Any, canaries: Canaries) -> Iterator[httpx.Response]:
    body = REPORT | {"summary": canaries.new("summary")}
    json_ = {"content-type": "application/json"}
    yield post("/v1/reports", json=body | {canaries.new("field"): 1})
    yield post("/v1/reports", json=body | {"anonymity": canaries.new("value")})
    yield post("/v1/reports", json=body | {"about_force": canaries.new("force")})
    yield post("/v1/reports", json=body | {"categories": [canaries.new("category")]})
    yield post("/v1/reports", json=body | {"details": canaries.new("details")})
    yield post("/v1/reports", content=f'{{"summary": "{canaries.new("broken")}', also=json_)
    yield post("/v1/reports", content=canaries.new("text"), also={"content-type": canaries.new("type")})
    yield post("/v1/reports", json=body, also={"Idempotency-Key": "two words"})
    yield post("/v1/reports", json=body | {"summary": canaries.new("large") + "x" * 70_000})
    yield post("/v1/mailbox", json={"receipt": canaries.new("receipt")})
    yield post("/v1/mailbox", json={"receipt": 7, canaries.new("field"): 1})
    yield post(f"/v1/mailbox/{canaries.new('path')}", json={})
    yield post(f"/reports/{canaries.new('path')}", json={})
    yield post("/v1/mailbox/answer", json={"receipt": canaries.new("receipt"), "text": canaries.new("answer")})


def dumped(conninfo: str) -> Iterator[tuple[str, str]]:
    """Every table of the database, of whatever schema, as text; what is binary also as the text it holds."""
    with psycopg.connect(conninfo, autocommit=True) as admin:
        for schema, table in admin.execute(TABLES).fetchall():
            rows = admin.execute(f'SELECT t.* FROM "{schema}"."{table}" AS t').fetchall()  # pyright: ignore
            yield f"table {schema}.{table}", "\n".join(" ".join(map(_text, row)) for row in rows)


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, bytes | memoryview):
        return f"{bytes(value).hex()} {bytes(value).decode('latin-1')}"
    return str(value)


def files(folder: Path) -> Iterator[tuple[str, str]]:
    """Every file of the data directory as it is on disk: tables, write-ahead log, logs."""
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        yield f"file {path.relative_to(folder)}", path.read_bytes().decode("latin-1")


def times_between(began: datetime, ended: datetime, where: str, text: str) -> Iterator[Found]:
    """The times of day in a text that lie between two instants: as ISO 8601, and as seconds of Unix."""
    for found in TIME.findall(text):
        moment = datetime.fromisoformat(found.replace(" UTC", "Z").replace(" GMT", "Z").replace(" ", "T"))
        if began <= (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) <= ended:
            yield Found(where, found)
    for found in DATE.findall(text):
        if began.replace(microsecond=0) <= parsedate_to_datetime(found) <= ended:
            yield Found(where, found)
    for found in SECONDS.findall(text):
        if began.timestamp() <= float(found) <= ended.timestamp():
            yield Found(where, found)


@pytest.fixture(scope="module")
def running(shared_place: Place) -> Running:
    limits = {"CANDOUR_REPORTS_A_MINUTE": "1000", "CANDOUR_WRONG_RECEIPTS_A_MINUTE": "60"}
    return shared_place.start("serve", **limits).ready()


def projected(conninfo: str) -> bool:
    with psycopg.connect(conninfo, autocommit=True) as admin:
        [(behind,)] = admin.execute(
            "SELECT count(*) FROM candour.read_models"
            " WHERE promoted AND position < (SELECT max(position) FROM candour.events)"
        ).fetchall()
    return behind == 0


@pytest.fixture(scope="module")
def conninfo(shared_place: Place, running: Running) -> str:
    return EmbeddedPostgres(shared_place.data).conninfo("postgres")


@pytest.fixture(scope="module")
def session(running: Running, conninfo: str) -> Session:
    wait_until(lambda: projected(conninfo), 60)
    canaries, began = Canaries(), datetime.now(UTC)
    answers = reporters_at_work(running.url, canaries)
    session = Session(canaries, began, datetime.now(UTC), answers)
    wait_until(lambda: projected(conninfo), 60)
    return session


def everything(
    shared_place: Place, running: Running, conninfo: str, answers: Iterable[httpx.Response]
) -> Iterator[tuple[str, str]]:
    """All that is kept and told: tables, log lines, the answers to what was wrong, what Prometheus reads."""
    yield from dumped(conninfo)
    for log in (*(each.log for each in shared_place.running), shared_place.data / "postgres.log"):
        yield f"log {log.name}", log.read_text(errors="replace")
    for answer in answers:
        if answer.status_code >= 400:
            yield f"answer {answer.status_code}", f"{answer.text} {dict(answer.headers)}"
    token = shared_place.run("token", "--role", "administrator", "--force", "*", "--staff-id", "ops").out.strip()
    metrics = httpx.get(f"{running.url}/metrics", headers={"authorization": f"Bearer {token}"}, timeout=30)
    assert metrics.status_code == 200, metrics.text
    yield "metrics", metrics.text


def test_nothing_of_the_requests_is_kept(
    shared_place: Place, running: Running, conninfo: str, session: Session
) -> None:
    assert sum(answer.status_code == 201 for answer in session.answers) >= INTAKES
    assert len({answer.status_code for answer in session.answers}) >= 7, "all kinds of errors were made"
    assert len(session.canaries.all) > 3000
    kept = list(everything(shared_place, running, conninfo, session.answers))
    events = dict(kept)["table candour.events"]
    assert events.count("report_received.v1") >= INTAKES
    assert events.count("identity_kept.v1") == INTAKES // 10
    assert [found for where, text in kept for found in session.canaries.found_in(where, text)] == []


def test_nothing_of_the_requests_is_on_the_disk(shared_place: Place, session: Session) -> None:
    some = Canaries()
    some.receipts = session.canaries.receipts[:10]  # there is much to be searched
    kept = list(files(shared_place.data))
    assert len(kept) > 100
    assert [found for where, text in kept for found in some.found_in(where, text)] == []


def test_no_time_of_day_of_a_reporter_is_kept(
    shared_place: Place, running: Running, conninfo: str, session: Session
) -> None:
    kept = everything(shared_place, running, conninfo, session.answers)
    between = [f for where, text in kept for f in times_between(session.began, session.ended, where, text)]
    assert between == []
    for answer in session.answers:
        told = f"{answer.text} {[v for n, v in answer.headers.items()]}"
        assert list(times_between(session.began, session.ended, "answer", told)) == []


def test_what_is_planted_is_found(shared_place: Place, running: Running, conninfo: str, session: Session) -> None:
    canary, instant = session.canaries.all[7], session.began.isoformat()
    with psycopg.connect(conninfo, autocommit=True) as admin:
        admin.execute(
            "CREATE TABLE candour.planted AS SELECT %s::bytea AS a, %s::timestamptz AS b", (canary.encode(), instant)
        )
    try:
        kept = list(dumped(conninfo))
    finally:
        with psycopg.connect(conninfo, autocommit=True) as admin:
            admin.execute("DROP TABLE candour.planted")
    where = "table candour.planted"
    assert {f.where for at, text in kept for f in session.canaries.found_in(at, text)} == {where}
    late = [f.where for at, text in kept for f in times_between(session.began, session.ended, at, text)]
    assert late == [where]
    leak = shared_place.data / "leak"
    leak.write_bytes(b"\0" + canary.encode())
    try:
        kept = list(files(shared_place.data))
    finally:
        leak.unlink()
    assert "file leak" in {f.where for at, text in kept for f in session.canaries.found_in(at, text)}
    line = json.dumps({"at": session.began.timestamp(), "text": canary})
    assert [found.where for found in session.canaries.found_in("log", line)] == ["log"]
    assert list(session.canaries.found_in("log", f"{session.canaries.receipts[3]}.")) != []
    assert list(session.canaries.found_in("log", f"from {session.canaries.address()}:443")) != []
    assert list(times_between(session.began, session.ended, "log", line)) != []


def test_a_request_that_is_no_reporters_leaves_its_time(
    shared_place: Place, running: Running, session: Session
) -> None:
    """The search sees what is logged: the same lines with a token that is refused."""
    before = datetime.now(UTC)
    mine = {"correlation-id": "a-canary-of-a-case-worker"}
    assert httpx.get(f"{running.url}/v1/cases", headers=mine, timeout=30).status_code == 401
    lines = wait_until(lambda: [line for line in running.output().splitlines() if mine["correlation-id"] in line], 10)
    assert list(times_between(before, datetime.now(UTC), "log", lines[0])) != []
    told = httpx.get(f"{running.url}/v1/cases", timeout=30).headers
    assert list(times_between(before, datetime.now(UTC), "answer", str(told))) != []
