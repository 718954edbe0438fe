"""Histories of misconduct reports in a store, event by event, and the read models of reports brought to its end."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from projected import project
from report_scenario import Happened

from adapters.system import System, now
from application.ports import Append, NewEvent
from domain.event import Event, Purpose, Role
from domain.misconduct.intake import SERVICE, Anonymity, ReportChannel, ReportReceived
from domain.values import Moment, instant
from projections.report_duties import report_duties
from projections.report_misses import report_misses
from projections.report_register import report_register

Told = Event | tuple[Event, datetime] | Happened


def came_in(**facts: Any) -> ReportReceived:
    """A report without a name, of the public service."""
    given = {"channel": ReportChannel.CRIMESTOPPERS, "anonymity": Anonymity.ANONYMOUS, "received": "2024-05-01"}
    return ReportReceived.model_validate(given | facts)


def _new(told: Told, role: Role) -> NewEvent:
    event, at = (told.event, Moment.of(told.at or "")) if isinstance(told, Happened) else (told, None)
    if isinstance(event, tuple):
        event, at = event[0], instant(event[1])
    return NewEvent(uuid4(), event, at or instant(now()), "psd-1", role, Purpose.MISCONDUCT)


def tell(
    system: System,
    *told: Told,
    force: str = SERVICE,
    stream: str | None = None,
    after: int = 0,
    role: Role = Role.PSD_INVESTIGATOR,
) -> str:
    """Write these facts to a report, each now or when it is said to have happened; the id of the report."""
    stream = stream or f"report-{uuid4()}"
    system.store.append(Append(stream, after, force, tuple(_new(each, role) for each in told)))
    return stream


def project_reports(system: System) -> None:
    """What the lists of reports are read from."""
    project(system, report_register, report_duties, report_misses)
