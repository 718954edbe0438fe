"""Report register: one row per misconduct report, with where its tracks stand, its dates, and for whose eyes it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from domain.case.correction import restate
from domain.event import RecordedEvent
from domain.misconduct.passed_on import cut
from domain.misconduct.passing import ReportPassed, Stage
from domain.misconduct.state import Report
from domain.misconduct.walls import visibility
from domain.replacing import replace
from domain.values import Moment
from projections.projection import Fan


class RegisteredReport(NamedTuple):
    """A report in codes, dates and counts. The first fields after its id are those of `Visibility`.

    `unit`: of the force, to which it was passed. `owner`: who investigates. `closure`: whether the matter is open.
    `told_…`: the same to whoever it was passed to, by the lists of the passes; `holder_…`: to the force that has it,
    with what it kept if it had it before. `privy`: those could read it before each pass to whom a report is open where
    it came in, and everywhere; `unit_privy`: so could its counter-corruption unit.
    """

    report_id: str
    held_by: str | None
    service: bool
    corruption: bool
    staff: tuple[str, ...]
    units: tuple[str, ...]
    opened_by: str | None
    stage: str
    unit: str | None
    handling: str
    disposition: str | None
    matter: str | None
    referral: str
    mode: str | None
    inquiry: str
    closure: str
    outcome: str | None
    review: str
    channel: str | None
    anonymity: str | None
    about_force: str | None
    categories: tuple[str, ...]
    allegation_categories: tuple[str, ...]
    cci_category: str | None
    subjects: int
    identified: int
    allegations: int
    owner: str | None
    safeguarding: bool
    intelligence: int
    escalated: int
    received_at: Moment | None
    signposted_because: str | None
    passed_to: str | None
    passed_at: Moment | None
    acknowledged_at: Moment | None
    assessed_at: Moment | None
    recorded_at: Moment | None
    referral_kind: str | None
    referred_at: Moment | None
    mode_decided_at: Moment | None
    investigated_from: Moment | None
    closed_at: Moment | None
    privy: bool
    unit_privy: bool
    told_channel: str | None
    told_anonymity: str | None
    told_about_force: str | None
    told_categories: tuple[str, ...]
    told_allegation_categories: tuple[str, ...]
    told_subjects: int
    told_identified: int
    told_allegations: int
    told_received_at: Moment | None
    holder_channel: str | None
    holder_anonymity: str | None
    holder_about_force: str | None
    holder_categories: tuple[str, ...]
    holder_allegation_categories: tuple[str, ...]
    holder_subjects: int
    holder_identified: int
    holder_allegations: int
    holder_received_at: Moment | None


@dataclass(frozen=True, slots=True)
class Entered:
    """A report, and (None: the same) what it is to whoever has it because it was passed on.

    `kept`: what it is to the forces that had it, and passed it on or were passed it again.
    """

    report: Report = Report()
    told: Report | None = None
    privy: bool = True
    unit_privy: bool = True
    kept: tuple[tuple[str, Report], ...] = ()

    def evolve(self, entry: RecordedEvent) -> "Entered":
        """The same after one more fact that restates nothing."""
        passed = entry.event if isinstance(entry.event, ReportPassed) else None
        before = self if passed is None else self._passed(frozenset(passed.fields))
        told = None if before.told is None else before.told.evolve(entry)
        kept = tuple((force, has.evolve(entry)) for force, has in before.kept)
        return replace(before, report=before.report.evolve(entry), told=told, kept=kept)

    @property
    def held(self) -> Report:
        """What it is to the force that has it."""
        return dict(self.kept).get(visibility(self.report).held_by or "") or self.told or self.report

    def _passed(self, fields: frozenset[str]) -> "Entered":
        seen = visibility(self.report)
        unit = not seen.corruption or seen.held_by == seen.opened_by
        told = self.told or self.report
        reaches = cut(told, fields)
        reads = None if seen.corruption else seen.held_by
        kept = {force: has if force == reads else cut(has, fields) for force, has in self.kept}
        if reads is not None:
            kept.setdefault(reads, told)
        return replace(
            self,
            told=self.told if reaches == told else reaches,
            privy=self.privy and not seen.corruption,
            unit_privy=self.unit_privy and unit,
            kept=tuple(kept.items()),
        )


def replay(entries: Sequence[RecordedEvent]) -> Entered:
    """The report as its events have it."""
    if not entries:
        return Entered()
    facts = MappingProxyType({entry.event_id: entry for entry in entries})
    entered = Entered(Report(entries[0].stream, entries[0].force, entries[-1].version, facts=facts))
    for entry in restate(entries):
        entered = entered.evolve(entry)
    return entered


def _rows(stream: str, entered: Entered) -> Sequence[RegisteredReport]:
    report = entered.report
    passing, assessment, referral = report.passing, report.assessment, report.referral
    if passing.stage is Stage.NONE:
        return ()
    seen = visibility(report)
    return (
        RegisteredReport(
            report_id=stream,
            held_by=seen.held_by,
            service=seen.service,
            corruption=seen.corruption,
            staff=tuple(sorted(seen.staff)),
            units=tuple(sorted(seen.units)),
            opened_by=seen.opened_by,
            stage=passing.stage.value,
            unit=passing.unit and passing.unit.value,
            handling=assessment.status.value,
            disposition=assessment.disposition and assessment.disposition.value,
            matter=assessment.matter and assessment.matter.value,
            referral=referral.status.value,
            mode=referral.mode and referral.mode.value,
            inquiry=report.inquiry.status.value,
            closure=report.closure.status.value,
            outcome=report.closure.outcome and report.closure.outcome.value,
            review=report.closure.review.value,
            cci_category=assessment.cci_category,
            owner=report.inquiry.investigator,
            safeguarding=report.beside.safeguarding,
            intelligence=report.beside.intelligence,
            escalated=len(report.beside.escalated),
            signposted_because=passing.signposted_because and passing.signposted_because.value,
            passed_to=passing.to_force,
            passed_at=passing.passed_at,
            acknowledged_at=passing.acknowledged_at,
            assessed_at=assessment.assessed_at,
            recorded_at=assessment.recorded_at,
            referral_kind=referral.kind and referral.kind.value,
            referred_at=referral.referred_at,
            mode_decided_at=referral.mode_decided_at,
            investigated_from=report.inquiry.started,
            closed_at=report.closure.closed_at,
            privy=entered.privy,
            unit_privy=entered.unit_privy,
            **_told(report),
            **_told(entered.told or report, "told_"),
            **_told(entered.held, "holder_"),
        ),
    )


def _told(report: Report, to: str = "") -> dict[str, Any]:
    """The columns that depend on what a reader is told: their names begin with who that is."""
    intake, standing = report.intake, [each for each in report.allegations if not each.withdrawn]
    columns = {
        "channel": intake.channel and intake.channel.value,
        "anonymity": intake.anonymity and intake.anonymity.value,
        "about_force": intake.about_force,
        "categories": intake.categories,
        "allegation_categories": tuple(sorted({each.category for each in standing})),
        "subjects": len(report.subjects),
        "identified": sum(each.kind is not None for each in report.subjects),
        "allegations": len(standing),
        "received_at": intake.received,
    }
    return {f"{to}{name}": value for name, value in columns.items()}


report_register = Fan(
    "report_register",
    row=RegisteredReport,
    version=3,
    of="report-",
    replay=replay,
    evolve=Entered.evolve,
    rows=_rows,
    indexes=(
        "(held_by, report_id)",
        "(owner, report_id)",
        "(report_id) WHERE service",
        "USING gin (staff) WHERE staff <> '{}'",
    ),
)
