"""Figures about misconduct: live for oversight, published for members of a force, the same when worked out again."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from api import Api, is_problem, serving
from asking import projecting
from histories import Told, write
from report_scenario import received
from walked import steps

from adapters import publishing
from adapters.http.app import create_app
from adapters.publishing import Wanted
from adapters.system import System, now
from application.ports import Actor, Append, NewEvent
from domain.event import Event, Purpose, Role
from domain.misconduct.closure import MatterClosed, MatterOutcome
from domain.misconduct.schedule3 import HandlingOutsideSch3Decided
from domain.publication import FiguresPublished
from domain.values import instant
from projections.fact_tables import TABLES
from projections.metrics.misconduct import MISCONDUCT
from projections.metrics.protection import WITHHELD

START = datetime(2024, 5, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)
FORCES = {"kent": 30, "essex": 14, "surrey": 3, "sussex": 25}
ADMINISTRATOR = Actor("admin-1", frozenset({Role.ADMINISTRATOR}), "*")
PERIOD = {"since": "2024-04-01", "until": "2025-04-01"}


def complaints() -> list[Told]:
    """Complaints of four forces, closed after 20 days or, at Kent, 40."""
    told: list[Told] = []
    for force, count in FORCES.items():
        for _ in range(count):
            stream, at = f"report-{uuid4()}", START + timedelta(minutes=len(told))
            days = 40 if force == "kent" else 20
            facts: list[tuple[Event, datetime]] = [
                (received(channel="public", received=str(instant(at).london_date), about_force=force), at),
                (HandlingOutsideSch3Decided(), at + DAY),
                (MatterClosed(outcome=MatterOutcome.RESOLVED), at + days * DAY),
            ]
            told += [Told(stream, force, event, instant(when), when, uuid4(), None) for event, when in facts]
    return sorted(told, key=lambda one: one.written_at)


def project(system: System) -> None:
    for name, table in TABLES.items():
        if name != "case_facts":
            with projecting(system, table.projection) as projector:
                projector.catch_up()


@pytest.fixture
def published(new_system: Callable[..., System]) -> Iterator[tuple[Api, str]]:
    system = new_system(synthetic=True)
    write(system, complaints())
    project(system)
    with serving(create_app(system)) as url, httpx.Client(base_url=url, timeout=30) as client:
        api = Api(system, url, client)
        answer = api.post("/v1/publications", {"title": "2024/25", **PERIOD}, role=Role.ADMINISTRATOR, force="*")
        assert answer.status_code == 201, answer.text
        yield api, answer.json()["publication"]


def test_members_of_a_force_read_what_was_published_and_nothing_live(published: tuple[Api, str]) -> None:
    api, publication = published
    for metric in MISCONDUCT:
        for path in (f"/v1/metrics/{metric.name}", f"/v1/metrics/{metric.name}/cases"):
            refused = api.get(path, Role.AUDITOR, "kent")
            assert is_problem(refused, 403, "not-permitted"), refused.text
            assert "/v1/publications" in refused.json()["detail"]
    assert api.get("/v1/metrics/complaints_logged", Role.ANALYST, "*").json()["value"] == sum(FORCES.values())
    listed = api.get("/v1/publications", Role.RECORDER, "kent")
    assert [each["publication"] for each in listed.json()["publications"]] == [publication]
    read = api.get(f"/v1/publications/{publication}", Role.PSD_INVESTIGATOR, "kent")
    assert read.status_code == 200
    assert {each["metric"] for each in read.json()["figures"]} == {metric.name for metric in MISCONDUCT}
    assert "position" not in read.text + listed.text
    assert not {"candour-position", "candour-lag", "candour-age"} & set(read.headers)


def test_small_numbers_are_withheld_and_the_mean_is_over_cases(published: tuple[Api, str]) -> None:
    api, publication = published
    figures = {each["metric"]: each["table"] for each in api.get(f"/v1/publications/{publication}").json()["figures"]}
    logged = figures["complaints_logged"]
    assert logged["all"]["value"] == 72
    assert [row["force"] for row in logged["forces"]] == ["kent", "sussex"]
    assert logged["withheld"] == ["essex", "surrey"]
    mean = figures["days_to_finalise_outside"]
    means = {row["force"]: row["value"] for row in mean["forces"]}
    others = (mean["all"]["numerator"] - 30 * means["kent"]) / 42
    assert mean["all"]["value"] == round((30 * means["kent"] + 42 * others) / 72, 4)
    assert mean["all"]["value"] != pytest.approx((means["kent"] + 3 * others) / 4, abs=0.1), "a mean of the forces"
    assert figures["barred_list_notifications"]["all"]["value"] == 0
    assert WITHHELD not in str(figures["sch3_share"]["all"])


def test_what_was_published_comes_out_the_same_whatever_was_written_since(published: tuple[Api, str]) -> None:
    api, publication = published
    system, before = api.system, api.get(f"/v1/publications/{publication}").json()
    later = [one._replace(stream=one.stream.replace("report-", "report-")) for one in complaints()]
    end = system.store.head().written_at
    assert end is not None
    write(system, [one._replace(written_at=end + DAY) for one in later])
    project(system)
    assert api.get("/v1/metrics/complaints_logged", Role.ANALYST, "*").json()["value"] == 144
    checked = publishing.check(system, publication)
    assert {each.agrees for each in checked} == {True}
    assert len(checked) == len(MISCONDUCT)
    assert api.get(f"/v1/publications/{publication}").json() == before


def test_a_publication_that_says_something_else_is_noticed(published: tuple[Api, str]) -> None:
    """Negative control: one number of one table is another."""
    api, publication = published
    event = publishing.publication(api.system, publication).event
    assert isinstance(event, FiguresPublished)
    [wrong, *others] = event.figures
    wrong = wrong.model_copy(update={"table": wrong.table.replace("72", "73")})
    forged = event.model_copy(update={"figures": (wrong, *others)})
    stream = f"publication-{UUID(int=1, version=4)}"
    envelope = (instant(now()), "admin-1", Role.ADMINISTRATOR, Purpose.OVERSIGHT)
    api.system.store.append(Append(stream, 0, "*", (NewEvent(uuid4(), forged, *envelope),)))
    found = {each.metric: each.agrees for each in publishing.check(api.system, stream)}
    assert found.pop("complaints_logged") is False
    assert set(found.values()) == {True}


def test_only_an_administrator_with_an_oversight_token_publishes(published: tuple[Api, str]) -> None:
    api, _ = published
    for role, force in ((Role.ADMINISTRATOR, "kent"), (Role.AUDITOR, "*"), (Role.ANALYST, "*")):
        refused = api.post("/v1/publications", {"title": "Mine", **PERIOD}, role=role, force=force)
        assert is_problem(refused, 403, "not-permitted"), refused.text
    assert len(api.get("/v1/publications").json()["publications"]) == 1


def test_a_publication_sent_again_under_its_key_is_published_once(published: tuple[Api, str]) -> None:
    api, _ = published
    project(api.system)  # what was published stands in the log, too
    body = {"title": "Again", **PERIOD, "metrics": ["complaints_logged"]}

    def publish(key: str, **more: str) -> httpx.Response:
        sent = body | more
        return api.post("/v1/publications", sent, role=Role.ADMINISTRATOR, force="*", idempotency_key=key)

    key = uuid4().hex
    is_problem(publish(key, since="2026-04-01"), 422, "invalid-content")  # a refusal is not kept
    first, again = publish(key), publish(key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert (first.content, first.headers["location"]) == (again.content, again.headers["location"])
    is_problem(publish(key, title="Another"), 422, "key-reused")
    is_problem(publish("two words"), 400, "malformed-request")
    assert len(api.get("/v1/publications").json()["publications"]) == 2
    project(api.system)
    assert publish(uuid4().hex).content != first.content, "the comparison would let a second publication pass"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"metrics": ["no_such"]}, "there is no metric 'no_such'"),
        ({"known_at": "2999-01-01T00:00:00Z"}, "lies in the future"),
        ({"since": "2025-04-01", "until": "2024-04-01"}, "since must lie before until"),
        ({"title": "   "}, "title"),
        ({"since": "yesterday"}, "must be a day"),
    ],
)
def test_what_cannot_be_published_is_refused(published: tuple[Api, str], wrong: dict[str, object], said: str) -> None:
    api, _ = published
    body = {"title": "2024/25", **PERIOD, **wrong}
    refused = api.post("/v1/publications", body, role=Role.ADMINISTRATOR, force="*")
    assert is_problem(refused, 422, "invalid-content"), refused.text
    assert said in refused.text


def test_there_is_no_publication_of_that_name(published: tuple[Api, str]) -> None:
    api, _ = published
    for name in ("publication-1", "case-1", "report-1"):
        assert is_problem(api.get(f"/v1/publications/{name}"), 404, "not-found")


def test_auditors_of_oversight_alone_open_a_figure_to_its_reports(published: tuple[Api, str]) -> None:
    api, _ = published
    path = "/v1/metrics/complaints_logged/cases?force=surrey"
    found = api.get(path, Role.AUDITOR, "*").json()["cases"]
    assert len(found) == 3
    assert all(each["history"] == f"/v1/reports/{each['case']}/history" for each in found)
    assert is_problem(api.get(path, Role.ANALYST, "*"), 403, "not-permitted")


def test_the_how_to_does_what_it_says(published: tuple[Api, str]) -> None:
    api, _ = published
    project(api.system)  # what was published before stands in the log, too
    page = (Path(__file__).parents[3] / "docs/how-to/publish.md").read_text()
    walked = list(steps(page))
    for step in walked:
        answer = api.post(step.path, json.loads(step.body), role=step.role, force=step.force)
        assert answer.status_code == step.status, answer.text
        told = answer.json()
        assert step.outcome in (told.get("title"), told.get("type", "").removeprefix("/problems/"))
    assert len(walked) == 2
    assert len(api.get("/v1/publications").json()["publications"]) == 2


def test_published_once_more_it_says_what_is_known_then(published: tuple[Api, str]) -> None:
    api, _ = published
    early = Wanted("Earlier", START.date(), START.date() + 300 * DAY, START + 30 * DAY, ("days_to_finalise_outside",))
    event = publishing.publication(api.system, publishing.publish(api.system, early, ADMINISTRATOR, now).stream).event
    assert isinstance(event, FiguresPublished)
    assert '"denominator":42' in event.figures[0].table  # those of Kent were still open
