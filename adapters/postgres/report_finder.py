"""Finding misconduct reports and what is owed in them, for those who may know of them; nobody else is told a thing.

Every list is read through the walls (`adapters.postgres.walls`). A report whose walls may have moved since the register
last did is left out until the register has taken that in.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Literal, NamedTuple

import psycopg
from psycopg import sql

from adapters.postgres.conditions import matching
from adapters.postgres.duty_finder import DutyState
from adapters.postgres.read_model import ReadModel
from adapters.postgres.readers import NotReady, Readers
from adapters.postgres.reading_rows import Found, columns, shown, snapshot, standing
from adapters.postgres.report_columns import (
    AWAITED,
    CASELOADS,
    DUTIES,
    DUTY,
    MISS,
    MISSES,
    OWING,
    OWNED,
    PASSED,
    PASSED_ON,
    REFERRAL,
    REFERRALS,
    REPORT,
    REPORTS,
    WAITED,
    WORK,
)
from adapters.postgres.walls import admitting, as_told, following
from application.ports import Actor
from domain.case.correction import FactCorrected
from domain.case.testimony import SourceRowWithdrawn
from domain.misconduct.assessment import ReportAssessed
from domain.misconduct.passing import ReportPassed
from domain.misconduct.subjects import SubjectIdentified
from domain.values import end_of_day, instant
from projections.report_duties import report_duties
from projections.report_misses import report_misses
from projections.report_register import RegisteredReport, report_register

OwedState = Literal[DutyState.OVERDUE, DutyState.DUE_TODAY, DutyState.OPEN]
OWED: Mapping[DutyState, sql.SQL] = {
    DutyState.OVERDUE: sql.SQL("is_open AND due < %(now)s"),
    DutyState.DUE_TODAY: sql.SQL("is_open AND due >= %(now)s AND due <= %(today)s"),
    DutyState.OPEN: sql.SQL("is_open AND due >= %(now)s AND runs_from <= %(now)s"),
}
ANY_OWED = sql.SQL("is_open AND runs_from <= %(now)s")
READ = (
    (report_register, "the register of reports is"),
    (report_duties, "the duties of reports are"),
    (report_misses, "the missed deadlines of reports are"),
)
MOVING = (SubjectIdentified, ReportPassed, ReportAssessed, FactCorrected, SourceRowWithdrawn)
NAMING = ("subject_identified.v1", *(each.NAME for each in (SubjectIdentified, FactCorrected, SourceRowWithdrawn)))
SETTLED = sql.SQL(
    "NOT EXISTS (SELECT FROM candour.events e WHERE e.stream_id = r.report_id AND e.position > %(stood)s"
    " AND e.name = ANY(%(moving)s))"
)


class ReportSearch(NamedTuple):
    """What is looked for; None: whatever it is. `category`: one of the report, of an allegation or of corruption.

    `owner` may be `conditions.NOBODY`. `deadline`: of which the report has at least one duty at `now`, or `none`.
    `after`: only reports whose id comes later.
    """

    now: datetime
    stage: str | None = None
    handling: str | None = None
    disposition: str | None = None
    closure: str | None = None
    unit: str | None = None
    owner: str | None = None
    category: str | None = None
    deadline: OwedState | Literal["none"] | None = None
    after: str = ""
    limit: int = 100


class OwedSearch(NamedTuple):
    """What is looked for at `now`; None: whatever it is. `after`: only what comes later, by deadline and id."""

    now: datetime
    state: OwedState
    kind: str | None = None
    owner: str | None = None
    unit: str | None = None
    after: tuple[datetime, str] | None = None
    limit: int = 100


class MissSearch(NamedTuple):
    """What is looked for; None: whatever it is. `after`: only what was raised later, by time and id."""

    now: datetime
    kind: str | None = None
    to: Sequence[str] | None = None
    after: tuple[datetime, str] | None = None
    limit: int = 100


class ReferralSearch(NamedTuple):
    """What is looked for. `to`: a force, the IOPC, or somebody else. `answered`: acknowledged, or a mode decided."""

    now: datetime
    to: Literal["force", "iopc", "elsewhere"] | None = None
    answered: bool | None = None
    after: str = ""
    limit: int = 100


class PassedSearch(NamedTuple):
    """What is looked for; None: whatever it is. `after`: only reports whose id comes later."""

    now: datetime
    acknowledged: bool | None = None
    overdue: bool | None = None
    after: str = ""
    limit: int = 100


class WorkSearch(NamedTuple):
    """Whose open reports are counted; None: of everybody who investigates. `after`: only those whose id comes later."""

    now: datetime
    owner: str | None = None
    after: str = ""
    limit: int = 100


NAMED = sql.SQL("SELECT report_id FROM {} WHERE staff @> ARRAY[%s] AND staff <> '{{}}'")
MOVED = (
    "SELECT DISTINCT stream_id FROM candour.events WHERE position > %s AND name = ANY (%s)"
    " AND starts_with(stream_id, 'report-')"
)
ADMITTED = sql.SQL(
    "SELECT r.report_id, {admitted} FROM {register} r WHERE r.report_id = ANY(%(reports)s) AND {settled}"
)
AFTER = sql.SQL("r.report_id > %(after)s")
OF_CATEGORY = sql.SQL(
    "(%(category)s = ANY(categories || allegation_categories) OR coalesce(cci_category = %(category)s, false))"
)
OWES = sql.SQL("EXISTS (SELECT FROM {duties} d WHERE d.report_id = r.report_id AND {owing})")
WENT_TO = {
    "force": (sql.SQL("passed_at IS NOT NULL"), sql.SQL("acknowledged_at IS NOT NULL")),
    "iopc": (sql.SQL("referred_at IS NOT NULL"), sql.SQL("referral = 'mode_decided'")),
    "elsewhere": (sql.SQL("signposted_because IS NOT NULL"), sql.SQL("false")),
}


class ReportFinder:
    """Reads the promoted read models of misconduct reports. Threads may share it.

    Every method gives at most `limit` rows for the actor's eyes and how far the read models have come. Raises
    `NotReady` or `StoreUnavailable`.
    """

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    def close(self) -> None:
        """Give the connections back."""
        self._readers.close()

    def reports(self, actor: Actor, search: ReportSearch) -> Found:
        """Reports in order of id, each with its next deadline and how many of its duties are overdue."""
        where = [AFTER, *matching(search, ("stage", "handling", "disposition", "closure", "unit", "owner"))]
        if search.category is not None:
            where.append(OF_CATEGORY)
        with self._walled(actor) as walled:
            if search.deadline is not None:
                owing = ANY_OWED if search.deadline == "none" else OWED[search.deadline]
                exists = OWES.format(duties=walled.tables["duties"], owing=owing)
                where.append(sql.SQL("NOT {}").format(exists) if search.deadline == "none" else exists)
            return walled.rows(REPORTS, columns(REPORT, "r"), (*REPORT, *OWING), where, search._asdict())

    def duties(self, actor: Actor, search: OwedSearch) -> Found:
        """What is owed in that state, in order of deadline."""
        where = [OWED[search.state], *matching(search, ("kind", "owner", "unit"))]
        parameters = _after(search, where, "due")
        with self._walled(actor) as walled:
            return walled.rows(DUTIES, columns(DUTY, "d"), (*DUTY, *OWNED), where, parameters)

    def missed(self, actor: Actor, search: MissSearch) -> Found:
        """Missed deadlines in the order they were raised."""
        where = matching(search, ("kind",))
        if search.to is not None:
            where.append(sql.SQL("escalated_to = ANY(%(to)s)"))
        parameters = _after(search, where, "raised_at")
        with self._walled(actor) as walled:
            return walled.rows(MISSES, columns(MISS, "m"), (*MISS, *OWNED), where, parameters)

    def referrals(self, actor: Actor, search: ReferralSearch) -> Found:
        """Reports that went to somebody, in order of id, and how many days each waited or has been waiting."""
        asked = WENT_TO.values() if search.to is None else (WENT_TO[search.to],)
        each = [
            went if search.answered is None else sql.SQL("({} AND ({}) = %(answered)s)").format(went, answered)
            for went, answered in asked
        ]
        where = [AFTER, sql.SQL("({})").format(sql.SQL(" OR ").join(each))]
        with self._walled(actor) as walled:
            return walled.rows(REFERRALS, columns(REFERRAL, "r"), (*REFERRAL, *WAITED), where, search._asdict())

    def passed_on(self, actor: Actor, search: PassedSearch) -> Found:
        """Reports that the service passed on, in order of id, and until when an acknowledgement is awaited."""
        where = [AFTER, sql.SQL("passed_at IS NOT NULL")]
        if search.acknowledged is not None:
            where.append(sql.SQL("(acknowledged_at IS NOT NULL) = %(acknowledged)s"))
        if search.overdue is not None:
            where.append(sql.SQL("coalesce(due < %(now)s, false) = %(overdue)s"))
        with self._walled(actor, following(actor, "r")) as walled:
            return walled.rows(PASSED, columns(PASSED_ON, "r"), (*PASSED_ON, *AWAITED), where, search._asdict())

    def caseloads(self, actor: Actor, search: WorkSearch) -> Found:
        """How many open reports each investigator has, and what of them is overdue, in order of their ids."""
        where = [sql.SQL("closure = 'open' AND owner > %(after)s"), *matching(search, ("owner",))]
        with self._walled(actor) as walled:
            return walled.rows(CASELOADS, sql.SQL(""), WORK, where, search._asdict())

    def about(self, staff_id: str) -> tuple[frozenset[str], frozenset[str]]:
        """The reports that wall the person off, and those whose walls may have moved since the register last did.

        While there is no register, all that may wall anybody off. Raises `StoreUnavailable`.
        """
        with snapshot(self._readers) as connection:
            if register := _register(connection):
                model, position = register
                named = connection.execute(NAMED.format(model.name(model.table)), (staff_id,)).fetchall()
            else:
                named, position = [], 0
            moved = connection.execute(MOVED, (position, [*NAMING])).fetchall()
        unsettled = frozenset(row[0] for row in moved)
        return frozenset(row[0] for row in named) - unsettled, unsettled

    def admitted(self, actor: Actor, reports: Collection[str]) -> tuple[set[str], set[str]]:
        """Those of the reports that the actor may know of, and those of which the register cannot tell yet.

        Raises `StoreUnavailable`.
        """
        condition, parameters = admitting(actor, "r")
        with snapshot(self._readers) as connection:
            if (register := _register(connection)) is None:
                return set(), set(reports)
            model, position = register
            query = ADMITTED.format(register=model.name(model.table), admitted=condition, settled=SETTLED)
            given = {"reports": [*reports], "stood": position, "moving": [event.NAME for event in MOVING]}
            decided = dict(connection.execute(query, given | parameters).fetchall())
        return {report for report, admitted in decided.items() if admitted}, set(reports) - decided.keys()

    @contextmanager
    def _walled(self, actor: Actor, walls: tuple[sql.Composable, dict[str, Any]] | None = None) -> "Iterator[_Walled]":
        condition, parameters = walls or admitting(actor, "r")
        with snapshot(self._readers) as connection:
            found = [standing(connection, projection, called) for projection, called in READ]
            names = ("register", "duties", "misses")
            tables: dict[str, sql.Composable] = {
                name: model.name(model.table) for name, (model, _) in zip(names, found, strict=True)
            }
            tables["register"] = as_told(actor, tables["register"], [name for name, _ in found[0][0].columns])
            stood: dict[str, Any] = {"stood": found[0][1], "moving": [event.NAME for event in MOVING]}
            yield _Walled(connection, tables, [condition, SETTLED], parameters | stood, min(at for _, at in found))


def _register(connection: "psycopg.Connection[Any]") -> tuple[ReadModel[RegisteredReport], int] | None:
    """The register of reports and how far it is; None before it has been built."""
    try:
        return standing(connection, report_register, "the register of reports is")
    except NotReady:
        return None


class _Walled(NamedTuple):
    """The tables by their names in queries, and what keeps the rows out that are not for the reader's eyes."""

    connection: "psycopg.Connection[Any]"
    tables: Mapping[str, sql.Composable]
    walls: Sequence[sql.Composable]
    parameters: Mapping[str, Any]
    position: int

    def rows(
        self,
        query: sql.SQL,
        select: sql.Composable,
        names: Sequence[str],
        where: Sequence[sql.Composable],
        parameters: Mapping[str, Any],
    ) -> Found:
        """What the query selects where all of that holds."""
        whole = query.format(columns=select, where=sql.SQL(" AND ").join([*self.walls, *where]), **self.tables)
        given = {**parameters, **self.parameters, "today": end_of_day(instant(parameters["now"]).london_date)}
        return Found(self.position, [shown(names, row) for row in self.connection.execute(whole, given)])


def _after(search: OwedSearch | MissSearch, where: list[sql.Composable], by: str) -> dict[str, Any]:
    """The parameters of a search whose pages are in order of a time and an id; adds the condition to `where`."""
    parameters = search._asdict()
    after = parameters.pop("after")
    if after is not None:
        where.append(sql.SQL("({}, duty_id) > (%(after_at)s, %(after_id)s)").format(sql.Identifier(by)))
        parameters["after_at"], parameters["after_id"] = after
    return parameters
