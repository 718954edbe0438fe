"""Finding misconduct reports: the register, what is owed, what went out and is waited for, who has how much to do."""

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import AfterValidator
from starlette.responses import Response

from adapters.http import addresses, openapi
from adapters.http.acting import Acting, TheSystem
from adapters.http.answers import TheStanding
from adapters.http.problems import invalid
from adapters.http.scope import Row, cursor, linked, owner_of, page, roles_of, since
from adapters.http.searching import SEARCHED
from adapters.postgres.duty_finder import DutyState
from adapters.postgres.report_finder import (
    MissSearch,
    OwedSearch,
    OwedState,
    PassedSearch,
    ReferralSearch,
    ReportSearch,
    WorkSearch,
)
from adapters.system import now
from domain.event import RecordedEvent
from domain.misconduct.assessment import Disposition, Handling
from domain.misconduct.duties import OwedKind
from domain.misconduct.intake import SERVICE
from domain.misconduct.parallel import EscalateReport, ReportEscalated
from domain.misconduct.passing import ForceUnit, Stage
from domain.misconduct.review import MatterStatus
from domain.misconduct.state import REPORT
from domain.rules import rule_book

router = APIRouter(
    prefix=addresses.collection(REPORT),
    tags=[REPORT.plural],
    responses=openapi.problems(401, 403, 422, 503),
    dependencies=[SEARCHED],
)

MOST = 500
Owner = Annotated[
    str | None, Query(max_length=64, description="Who investigates; `me`: I; `none`: nobody does yet, or ever did.")
]
Deadline = Annotated[
    OwedState | Literal["none"] | None, Query(description="With at least one duty in that state; `none`: nothing.")
]
Category = Annotated[
    str | None,
    Query(max_length=60, description="A category of the report, of an allegation in it, or of counter-corruption."),
]
Unit = Annotated[ForceUnit | None, Query(description="Of the force, to which it was passed.")]
OWED = [*dict.fromkeys([*map(str, OwedKind), *(each.kind for each in rule_book().misconduct.of_the_data)])]


def _is_owed(kind: str | None) -> str | None:
    if kind not in (None, *OWED):
        raise ValueError(f"is not owed in any report; choose one of {', '.join(OWED)}")
    return kind


Kind = Annotated[str | None, AfterValidator(_is_owed), Query(json_schema_extra={"enum": OWED})]
AfterId = Annotated[str, Query(max_length=80, description="`next_after` of the page before.")]
AfterTime = Annotated[str, Query(max_length=100, description="`next_after` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=MOST)]


@router.get("", summary="Find reports")
def find_reports(
    system: TheSystem,
    actor: Acting,
    standing: TheStanding,
    stage: Annotated[Stage | None, Query()] = None,
    handling: Annotated[Handling | None, Query()] = None,
    disposition: Annotated[Disposition | None, Query(description="What the assessment came to.")] = None,
    category: Category = None,
    deadline: Deadline = None,
    owner: Owner = None,
    unit: Unit = None,
    closure: Annotated[MatterStatus | None, Query()] = None,
    after: AfterId = "",
    limit: Limit = 100,
) -> Response:
    """The reports that one may know of, in order of id, each with its next deadline and how much of it is overdue.

    Reports are with a force once they were passed to it, or opened by it. Nobody finds a report about themselves, about
    somebody in whose line they are, or about their unit; one about corruption is for the counter-corruption unit.
    Names are sealed and cannot be searched. Pages neither repeat nor skip a report.
    """
    system.policy.role_for_read(actor, "report_register")
    wanted = ReportSearch(
        now(),
        stage and stage.value,
        handling and handling.value,
        disposition and disposition.value,
        closure and closure.value,
        unit and unit.value,
        owner_of(actor, owner),
        category,
        deadline,
        after,
        limit + 1,
    )
    found = page(lambda: system.reports.reports(actor, wanted), limit)
    body = {"reports": [_of_report(row) for row in found.rows]}
    return found.answer(body | {"next_after": found.last("report_id")}, standing)


@router.get("/duties", summary="What is owed in reports, and by when")
def find_report_duties(
    system: TheSystem,
    actor: Acting,
    standing: TheStanding,
    state: Annotated[OwedState, Query(description="`due_today` ends with the London day.")] = DutyState.OVERDUE,
    kind: Kind = None,
    owner: Owner = None,
    unit: Unit = None,
    after: AfterTime = "",
    limit: Limit = 100,
) -> Response:
    """The open duties of the reports that one may know of, in order of deadline.

    Each is derived from the history of its report: begun by one event, met or lifted by another. Of the statements on a
    long investigation, the next one is listed.
    """
    system.policy.role_for_read(actor, "report_duties")
    wanted = OwedSearch(now(), state, kind, owner_of(actor, owner), unit and unit.value, since(after), limit + 1)
    found = page(lambda: system.reports.duties(actor, wanted), limit)
    body: Row = {"state": state, "at": wanted.now, "duties": [_of_duty(row) for row in found.rows]}
    return found.answer(body | {"next_after": _next(found.final, "due")}, standing)


@router.get("/duties/missed", summary="Missed deadlines of reports")
def find_report_misses(
    system: TheSystem,
    actor: Acting,
    standing: TheStanding,
    kind: Kind = None,
    to: Annotated[str | None, Query(max_length=40, description="Brought to this role; `me`: to one of mine.")] = None,
    after: AfterTime = "",
    limit: Limit = 100,
) -> Response:
    """The misses that the deadline watch raised in the reports that one may know of, oldest first.

    Each was raised once, whatever became of the duty since: that is in the report. An acknowledgement that a unit of a
    force owed goes to its appropriate authority.
    """
    system.policy.role_for_read(actor, "report_duties")
    wanted = MissSearch(now(), kind, roles_of(actor, to), since(after), limit + 1)
    found = page(lambda: system.reports.missed(actor, wanted), limit)
    body: Row = {"missed": [_of_duty(row) for row in found.rows]}
    return found.answer(body | {"next_after": _next(found.final, "raised_at")}, standing)


@router.get("/referrals", summary="Reports that went to somebody")
def find_referrals(
    system: TheSystem,
    actor: Acting,
    standing: TheStanding,
    to: Annotated[
        Literal["force", "iopc", "elsewhere"] | None, Query(description="`elsewhere`: the reporter was signposted out.")
    ] = None,
    answered: Annotated[
        bool | None,
        Query(description="By the unit (acknowledged) or the IOPC (it decided on a mode), or not."),
    ] = None,
    after: AfterId = "",
    limit: Limit = 100,
) -> Response:
    """Reports that were passed to a unit of a force, referred to the IOPC, or sent elsewhere, in order of id.

    `days` are London days: from the one on which it went out to that of the answer, or to today.
    """
    system.policy.role_for_read(actor, "report_register")
    wanted = ReferralSearch(now(), to, answered, after, limit + 1)
    found = page(lambda: system.reports.referrals(actor, wanted), limit)
    body = {"referrals": [_of_referral(row) for row in found.rows]}
    return found.answer(body | {"next_after": found.last("report_id")}, standing)


@router.get("/passed-on", summary="Reports that the service passed on")
def find_passed_on(
    system: TheSystem,
    actor: Acting,
    standing: TheStanding,
    acknowledged: Annotated[bool | None, Query(description="By the unit, or not.")] = None,
    overdue: Annotated[bool | None, Query(description="Whether the time to acknowledge it has run out.")] = None,
    after: AfterId = "",
    limit: Limit = 100,
) -> Response:
    """Where the reports went that the reporting service passed on, and whether the unit has said that it has them.

    For operators of the service, to whom nothing else of these reports is open any more. While one waits, `version` is
    what `escalate` takes as `If-Match`; it can be sent once the acknowledgement is overdue.
    """
    system.policy.role_for_read(actor, "reports_passed_on")
    wanted = PassedSearch(now(), acknowledged, overdue, after, limit + 1)
    found = page(lambda: system.reports.passed_on(actor, wanted), limit)
    waiting = [row["report_id"] for row in found.rows if row["acknowledged_at"] is None]
    histories = system.store.load_many(waiting) if waiting else {}
    body = {"reports": [_of_passed(row, histories.get(row["report_id"], ())) for row in found.rows]}
    return found.answer(body | {"next_after": found.last("report_id")}, standing)


@router.get("/caseload", summary="The caseload of investigators")
def read_report_caseload(
    system: TheSystem,
    actor: Acting,
    standing: TheStanding,
    owner: Annotated[str | None, Query(max_length=64, description="Of whom; `me`: my own.")] = None,
    after: AfterId = "",
    limit: Limit = 100,
) -> Response:
    """Who has how many open reports, how many of these investigations stand, and what of them is overdue.

    Only reports that one may know of are counted. `GET /v1/reports?owner=` lists them.
    """
    system.policy.role_for_read(actor, "report_caseload")
    if owner == "none":
        raise invalid("owner", "must be a person; `GET /v1/reports?owner=none` lists what nobody investigates")
    wanted = WorkSearch(now(), owner_of(actor, owner), after, limit + 1)
    found = page(lambda: system.reports.caseloads(actor, wanted), limit)
    return found.answer({"caseloads": found.rows, "next_after": found.last("owner")}, standing)


def _of_report(row: Row) -> Row:
    return linked(row, addresses.one, report="report_id")


def _of_duty(row: Row) -> Row:
    return linked(row, addresses.one, duty="duty_id", report="report_id")


def _of_referral(row: Row) -> Row:
    force = {
        "force": row["passed_to"],
        "unit": row["unit"],
        "passed_at": row["passed_at"],
        "acknowledged_at": row["acknowledged_at"],
        "days": row["force_days"],
    }
    decided = row["referral"] == "mode_decided"
    iopc = {
        "kind": row["referral_kind"],
        "referred_at": row["referred_at"],
        "mode": row["mode"] if decided else None,
        "mode_decided_at": row["mode_decided_at"] if decided else None,
        "days": row["iopc_days"],
    }
    return {
        "report": row["report_id"],
        "to_force": force if row["passed_at"] is not None else None,
        "to_iopc": iopc if row["referred_at"] is not None else None,
        "elsewhere": row["signposted_because"],
        "href": addresses.one(row["report_id"]),
    }


def _of_passed(row: Row, waits: Sequence[RecordedEvent]) -> Row:
    escalated = [entry for entry in waits if isinstance(entry.event, ReportEscalated) and entry.force == SERVICE]
    first = {"report": row["report_id"], "force": row["passed_to"], "unit": row["unit"]}
    rest = {name: row[name] for name in ("passed_at", "acknowledged_at", "due", "overdue")}
    return {
        **first,
        **rest,
        "escalated": [str(entry.at) for entry in escalated],
        "version": waits[-1].version if waits else None,
        "escalate": addresses.move(EscalateReport, row["report_id"]) if row["overdue"] else None,
    }


def _next(last: Row | None, by: str) -> str | None:
    return None if last is None else cursor(last[by], last["duty_id"])
