"""Whoever must not know of a report cannot tell a system that has it from one that has not, whatever they ask."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from api import Api, serving
from behind_walls import Asked, Ids, Known, Pair, everybody, filled, operations
from fastapi import FastAPI, Request
from projected import project
from starlette.responses import Response

from adapters.http import answers, audit, reading
from adapters.http.acting import system_of
from adapters.http.app import create_app
from adapters.postgres import metric_reader
from adapters.postgres.embedded import EmbeddedPostgres
from adapters.security import policy
from adapters.settings import Limits, Settings
from adapters.system import System, now
from application import command_handler
from application.ports import Actor, Append, Forbidden, NewEvent
from application.reassignment import Reassignment
from domain.event import Purpose, Role
from domain.misconduct.duties import OwedKind, ReportDeadlineMissed
from domain.misconduct.intake import SERVICE
from domain.misconduct.walls import Visibility, visibility
from domain.values import instant, london_midnight
from projections import ALL

PSD, ACU, OPERATOR = Role.PSD_INVESTIGATOR, Role.ACU_INVESTIGATOR, Role.INTAKE_OPERATOR
UNKNOWN = "0b7c9b1e-4f7e-4f0e-9d6a-2f1f6c1f8a11"
ABOUT_X = {"force": "kent", "staff_id": "x", "unit": "North", "line": ["sergeant-1"], "person_kind": "officer"}
LIMITS = Limits(1_000_000, 1_000_000, 1_000_000, 1_000_000)


@dataclass
class Steps:
    """Commands to one stream, one after the other."""

    api: Api
    stream: str | None = None
    version: int = 0

    def send(self, name: str, role: Role, acting_for: str = "kent", **body: Any) -> "Steps":
        answer = self.api.send(name, self.stream, self.version or None, role, acting_for, **body)
        assert answer.is_success, f"{name}: {answer.text}"
        told = answer.json()
        self.stream, self.version = answer.headers["location"].rpartition("/")[2], told["version"]
        return self

    @property
    def id(self) -> str:
        assert self.stream is not None
        return self.stream


@dataclass
class Built:
    """Both systems with what was done in them, and what the walkers know or guess."""

    pair: Pair
    known: Known
    secret: list[str]


def case_work(api: Api) -> dict[str, list[str]]:
    """What both systems hold; the ids by the parameter that takes them."""
    long_ago = (now() - timedelta(hours=60)).isoformat()
    late = Steps(api).send("ReportCrime", Role.RECORDER, received_at=long_ago, reported_at=long_ago)
    recorded = Steps(api, api.recorded(), 2)
    recorded.send("AssignOwner", Role.SUPERVISOR, owner="x")
    contact = Steps(api).send("OpenContact", Role.HELPLINE_ADVISER).send("GiveConsent", Role.HELPLINE_ADVISER)
    contact.send("RaiseEscalation", Role.HELPLINE_ADVISER, case=None)
    other = Steps(api).send("ReceiveReport", PSD, channel="internal").send("NoteSubject", PSD)
    other.send("IdentifySubject", PSD, subject=1, force="kent", staff_id="y", unit="South", person_kind="officer")
    other.send("AcknowledgeReport", PSD)
    project(api.system, *ALL)
    api.system.deadline_watch.look()
    project(api.system, *ALL)
    return {
        "case_id": [late.id, recorded.id, f"case-{UNKNOWN}"],
        "contact_id": [contact.id, f"contact-{UNKNOWN}"],
        "report_id": [other.id, f"report-{UNKNOWN}", "report-1"],
        "inspection_id": [f"inspection-{UNKNOWN}"],
        "denominator_id": [f"denominator-{UNKNOWN}"],
        "publication": ["2026", "2026-1", UNKNOWN],
    }


def reports_about_x(api: Api) -> tuple[list[str], list[str]]:
    """What only one of the systems holds: their ids, and instants between the passing on and the naming of X."""
    answer = api.client.post(
        "/v1/reports", json={"anonymity": "anonymous", "summary": "About X.", "about_force": "kent"}
    )
    assert answer.status_code == 201, answer.text
    found: list[Steps] = []
    between: list[str] = []
    for unit, role in (("psd", PSD), ("ccu", ACU)):
        report = Steps(api).send("ReceiveReport", OPERATOR, SERVICE, by_operator=True, read_back=True, agreed=True)
        report.send("PassReport", OPERATOR, SERVICE, force="kent", unit=unit).send("AcknowledgeReport", role)
        found.append(report)
        between.append(str(instant(now())))
        report.send("NoteSubject", role).send("IdentifySubject", role, subject=1, **ABOUT_X)
        report.send("IdentifySubject", role, subject=1, **ABOUT_X | {"unit": "PSD", "line": []})
        report.send("MakeAllegation", role, subjects=[1]).send("AskReporter", role).send("TellStatus", role)
        report.send("EscalateReport", role).send("StartSafeguarding", role).send("RecordIntelligence", role)
        report.send("AssessReport", role, disposition="record").send("RecordComplaint", role)
    own = Steps(api).send("ReceiveReport", PSD, channel="internal").send("NoteSubject", PSD)
    found.append(own.send("IdentifySubject", PSD, subject=1, **ABOUT_X))
    missed = ReportDeadlineMissed(
        report=own.id, duty=OwedKind.ACKNOWLEDGEMENT, opened_by=uuid4(), due=instant(now()), clock="acknowledgement"
    )
    watch = ("deadline-watch", Role.DEADLINE_WATCH, Purpose.OVERSIGHT)
    new = NewEvent(uuid4(), missed, instant(now()), *watch)
    api.system.store.append(Append(f"owed-{uuid4().hex}", 0, "kent", (new,)))
    return [each.id for each in found], between


def traces_of(system: System, since: int) -> list[str]:
    """What names an event of the reports: its id, and its time of writing, which no other has."""
    told: list[str] = []
    for entry in system.store.read_log(since, 10_000):
        told.append(str(entry.event_id))
        if entry.written_at != london_midnight(instant(entry.written_at).london_date):
            told.append(str(instant(entry.written_at)))
    return told


@pytest.fixture(scope="module")
def ids() -> Iterator[Ids]:
    """Ids of new streams and events that are the same in both systems."""
    made = Ids()
    with pytest.MonkeyPatch.context() as patch:
        for module in ("adapters.http.commands", "adapters.system", "adapters.http.intake", "adapters.http.mailbox"):
            patch.setattr(f"{module}.uuid4", made)
        yield made


def served(stack: ExitStack, system: System, app: FastAPI | None = None) -> Api:
    url = stack.enter_context(serving(app or create_app(system)))
    return Api(system, url, stack.enter_context(httpx.Client(base_url=url, timeout=60)))


@pytest.fixture(scope="module")
def built(server: EmbeddedPostgres, template: Callable[[bool], str], ids: Ids) -> Iterator[Built]:
    """The same work in both, then reports about X in one; its read models do not know of these yet."""

    def system(name: str) -> System:
        settings = Settings(server.conninfo("postgres", name), server.data_dir)
        found = System(replace(settings, limits=LIMITS), None)
        found.reassignment = Reassignment(found.handler, found.store.aio, found.cases, patience=0.1)
        return found

    names = [f"walls_{uuid4().hex[:12]}" for _ in range(2)]
    with psycopg.connect(server.conninfo("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {names[0]} TEMPLATE {template(False)}")
        ids.begin("the work in both")
        with ExitStack() as stack:
            first = system(names[0])
            of = case_work(served(stack, first))
        first.close()
        admin.execute(f"CREATE DATABASE {names[1]} TEMPLATE {names[0]}")
    both = [system(name) for name in names]
    with ExitStack() as stack:
        without, with_reports = (served(stack, each) for each in both)
        end = both[1].store.head().position
        ids.begin("reports about X")
        secret, between = reports_about_x(with_reports)
        traces = traces_of(both[1], end)
        last = both[0].store.head().written_at
        assert last is not None
        metrics = ("recorded_within_24h", "unrecorded_backlog", "no_such_metric")
        cells = ("all", "force=kent")
        known = Known(
            {
                **of,
                "report_id": [*of["report_id"], *secret],
                "name": metrics,
                "cell": cells,
                "slug": ("not-found", "nothing"),
            },
            {
                "known_at": [*between, str(instant(last)), "1", "40"],
                "as_of": [str(instant(last))],
                "force": ["kent", "essex"],
                "owner": ["x", "me", "none"],
                "to": ["me"],
                "after": ["1", "40"],
                "upto": [between[0], "40"],
                "limit": ["1", "2"],
                "min_position": ["1", "40"],
                "since": ["2020-01-01"],
                "until": ["2090-01-01"],
                "by": ["month", "month,force"],
                "with": ["essex"],
                "reference": ["kent/2026/000001"],
                "category": ["sexual_purpose"],
                "format": ["csv"],
                "verdict": ["counted"],
            },
            {each: with_reports.system.store.load(each)[-1].version for each in secret},
            {of["case_id"][1]: 3, of["contact_id"][0]: 3, of["report_id"][0]: 3},
        )
        yield Built(Pair(without, with_reports, ids, lambda: traces), known, secret)
    for each in both:
        each.close()


@pytest.fixture(scope="module")
def settled(built: Built) -> Built:
    """The same, after more work in both, and with read models that know of everything."""
    case = built.known.ids["case_id"][0]
    for api in (built.pair.without, built.pair.with_reports):
        built.pair.ids.begin("more work in both")
        Steps(api, case, 1).send("RegisterIncident", Role.RECORDER).send("AssignOwner", Role.SUPERVISOR, owner="x")
        project(api.system, *ALL)
    return built


def reads(asked: Asked) -> bool:
    return asked.method != "POST"


def of_reports(asked: Asked) -> bool:
    """What changes nothing in either system, as long as walls stand: reads, and commands to the hidden reports."""
    return reads(asked) or "/v1/reports/report-" in asked.path


@pytest.mark.parametrize(
    "who", ["X, whatever X may be", "in the line of X", "an auditor of the force", "without a token"]
)
def test_a_report_that_was_just_stored_shows_nowhere(built: Built, who: str) -> None:
    assert list(built.pair.walk(everybody()[who], built.known, reads)) == []


def test_figures_that_wait_for_reports_are_found(built: Built, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metric_reader, "_of", lambda question: "")
    told = built.pair.walk(everybody()["in the line of X"], built.known, lambda asked: "/v1/metrics/" in asked.path)
    assert next(told, None) is not None


def test_a_route_that_says_when_the_last_event_was_written_is_found(built: Built) -> None:
    def last(request: Request) -> Response:
        return answers.Answer({"written_at": system_of(request).store.head().written_at})

    pair = built.pair
    with ExitStack() as stack:
        apps = [create_app(api.system) for api in (pair.without, pair.with_reports)]
        for app in apps:
            app.add_api_route("/v1/planted", last, methods=["GET"], response_class=Response)
        planted = [served(stack, app.state.system, app) for app in apps]
        told = Pair(*planted, pair.ids, pair.traces).walk(None, built.known, lambda asked: asked.path == "/v1/planted")
        assert next(told, None) is not None


AT_EVERY_TEST = ("X, whatever X may be", "in the line of X")  # the others: in the soak


@pytest.mark.parametrize(
    "who",
    [pytest.param(who, marks=[] if who in AT_EVERY_TEST else [pytest.mark.soak]) for who in everybody()],
)
def test_nothing_that_can_be_asked_tells_of_the_reports(settled: Built, who: str) -> None:
    assert list(settled.pair.walk(everybody()[who], settled.known)) == []


def test_the_walk_takes_every_route_with_every_method(settled: Built) -> None:
    seen: set[tuple[str, str]] = set()

    def note(asked: Asked) -> bool:
        seen.add((asked.method, asked.path.partition("?")[0]))
        return False

    assert list(settled.pair.walk(None, settled.known, note)) == []
    document = settled.pair.without.client.get("/openapi.json").json()
    for method, path, _ in operations(document):
        assert any((method, each) in seen for each in filled(path, settled.known)), f"{method} {path}"


def test_those_who_deal_with_them_see_them(settled: Built) -> None:
    """Else the two systems would be the same, and nothing shown by comparing them."""
    psd, acu = Actor("psd-1", frozenset({PSD}), "kent", None), Actor("acu-1", frozenset({ACU}), "kent", None)
    for actor, number in ((psd, 0), (acu, 1), (psd, 2)):
        told = list(settled.pair.walk(actor, settled.known, lambda asked: reads(asked) and "report" in asked.path))
        assert any(settled.secret[number] in line for line in told)
    auditor = Actor("auditor-1", frozenset({Role.AUDITOR}), "*", None)
    assert list(settled.pair.walk(auditor, settled.known, lambda asked: asked.path == "/health/ready")) == []
    assert list(settled.pair.walk(auditor, settled.known, lambda asked: asked.path == "/v1/events"))


def test_the_log_of_oversight_has_no_gap_and_withholds_what_is_about_corruption(settled: Built) -> None:
    api = settled.pair.with_reports
    answer = api.get("/v1/events?limit=1000", Role.AUDITOR, "*").json()
    assert [each["position"] for each in answer["events"]] == list(range(1, answer["position"] + 1))
    withheld = [each for each in answer["events"] if each.get("withheld")]
    corrupt = api.system.store.load(settled.secret[1])
    assert {each["position"] for each in withheld} >= {entry.position for entry in corrupt}
    assert all(each.keys() == {"position", "withheld"} for each in withheld)
    shown = {each["stream"] for each in answer["events"] if "stream" in each}
    assert settled.secret[0] in shown
    assert settled.secret[1] not in shown


Plant = Callable[[pytest.MonkeyPatch, list[FastAPI]], None]


def without_parts(**parts: Any) -> Plant:
    def plant(patch: pytest.MonkeyPatch, _: list[FastAPI]) -> None:
        def lax(report: Any) -> Visibility:
            found = visibility(report)
            kept = {name: part(report, found) for name, part in parts.items()}
            return found._replace(**kept)

        patch.setattr(policy, "visibility", lax)

    return plant


def only_subjects(report: Any, found: Visibility) -> frozenset[str]:
    return frozenset(subject.staff_id for subject in report.subjects if subject.staff_id)


def positions_are_told(patch: pytest.MonkeyPatch, _: list[FastAPI]) -> None:
    patch.setattr(answers, "sees_positions", lambda actor: True)


def judged_by_what_was_known(patch: pytest.MonkeyPatch, _: list[FastAPI]) -> None:
    patch.setattr(reading, "is_walled", lambda stream: False)


def forbidden_instead_of_not_found(patch: pytest.MonkeyPatch, _: list[FastAPI]) -> None:
    async def seen(self: Any, actor: Actor, stream: str, command: Any) -> Any:
        entries = await self.store.load(stream)
        if entries and not self.policy.sees(actor, entries):
            raise Forbidden("This report is not for you.")
        return entries if entries else await sound(self, actor, stream, command)

    sound = command_handler.CommandHandler._seen
    patch.setattr(command_handler.CommandHandler, "_seen", seen)


def reports_in_the_log(patch: pytest.MonkeyPatch, _: list[FastAPI]) -> None:
    patch.setattr(audit, "OF_A_FORCE", (*audit.OF_A_FORCE, "report"))
    patch.setattr(audit, "_hidden", lambda *_: set[str]())


def a_new_route_that_counts(patch: pytest.MonkeyPatch, apps: list[FastAPI]) -> None:
    def count(request: Request) -> Response:
        return Response(str(len({entry.stream for entry in system_of(request).store.read_category("report-")})))

    for app in apps:
        app.add_api_route("/v1/planted", count, methods=["GET"], response_class=Response)


DEFECTS: dict[str, tuple[Plant, str]] = {
    "positions are told": (positions_are_told, "X, a case worker"),
    "no wall around the line": (without_parts(staff=only_subjects), "in the line of X"),
    "no wall around the unit": (without_parts(units=lambda *_: frozenset[str]()), "in the unit of X"),
    "no wall around the subject": (
        without_parts(staff=lambda *_: frozenset[str](), units=lambda *_: frozenset[str]()),
        "X, whatever X may be",
    ),
    "walls stand from the naming on": (judged_by_what_was_known, "in the line of X"),
    "forbidden instead of not found": (forbidden_instead_of_not_found, "in the line of X"),
    "reports in the log of the force": (reports_in_the_log, "an auditor of the force"),
    "a new route that counts": (a_new_route_that_counts, "without a token"),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_a_leak_is_found(settled: Built, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant, who = DEFECTS[name]
    pair = settled.pair
    with ExitStack() as stack:
        apps = [create_app(api.system) for api in (pair.without, pair.with_reports)]
        plant(monkeypatch, apps)
        planted = [served(stack, app.state.system, app) for app in apps]
        found = next(Pair(*planted, pair.ids, pair.traces).walk(everybody()[who], settled.known, of_reports), None)
    assert found is not None, "the walk would miss it"
