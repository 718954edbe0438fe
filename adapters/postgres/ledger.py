"""The ledger of the unrecorded: reports with neither a crime record nor a reasoned decision, oldest first."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from psycopg import sql

from adapters.postgres.metric_reader import MetricReader
from adapters.postgres.question import BadQuestion, Question
from adapters.postgres.read_model import ReadModel
from adapters.postgres.selecting import Scope
from application.known_at import KnownAt
from domain.case.recording import Receipt
from domain.values import CANONICAL, Moment, instant
from projections.case_facts import CaseFacts, case_facts
from projections.metrics.answer import figure
from projections.metrics.kinds import COUNTED
from projections.metrics.recording import unrecorded_backlog

STANDINGS = {"alleged": Receipt.CLAIMED.value, "confirmed": Receipt.ESTABLISHED.value}
FLOOR = (
    "A floor: it holds the reports that reached a source which shows all reports. Reports never logged anywhere, and "
    "reports wrongly declined, show only through inspection. `alleged`: somebody says that the force was told; "
    "`confirmed`: it is established that the force was told."
)
IDENTITY = ("known_at", "position", "age", "lag", "synthetic")
SEPARATOR = "~"
BAD_CURSOR = "after: give `next_after` of the page before as it was printed, or leave it out to begin"
HOUR = timedelta(hours=1)


class Wanted(NamedTuple):
    """What is looked for; None: whatever it is. `standing` is alleged or confirmed; `after` the end of a page before.

    `after` also says as of when that page was read, so that the pages are those of one ledger while the log goes on.
    """

    force: str | None = None
    standing: str | None = None
    older_than: timedelta | None = None
    known_at: KnownAt | None = None
    after: str = ""
    limit: int = 100
    min_position: int = 0
    wait: float = 0.0
    positions: bool = True


class Ledger:
    """Reads the ledger from the read model of the figures, of which it is the open end. Threads may share it."""

    def __init__(self, metrics: MetricReader) -> None:
        self._metrics = metrics

    def find(self, wanted: Wanted) -> dict[str, Any]:
        """A page of cases with their ages (hours), the size of the whole ledger by standing and age, its identity.

        Raises `BadQuestion`, `NotReady`, `StoreUnavailable`.
        """
        if wanted.standing is not None and wanted.standing not in STANDINGS:
            raise BadQuestion(f"standing: {wanted.standing!r} is not one; write {' or '.join(STANDINGS)}")
        known_at, last = _read(wanted.after) if wanted.after else (wanted.known_at, None)
        asked = Question(
            unrecorded_backlog,
            wanted.force,
            known_at=known_at,
            min_position=wanted.min_position,
            wait=wanted.wait,
            positions=wanted.positions,
        )
        with self._metrics.reading(asked) as reading:
            connection, scope, identity = reading.connection, reading.scope, reading.identity
            model = ReadModel(case_facts, scope.build)
            found = [model.to_row(row) for row in connection.execute(*_query(model, scope, wanted, last)).fetchall()]
            counted = reading.tallies(unrecorded_backlog, ("receipt",))
        page = found[: wanted.limit]
        sizes = {
            name: figure(unrecorded_backlog, [tally for tally in counted if tally.group == receipt])
            for name, receipt in STANDINGS.items()
        }
        return {
            **{name: {"value": size["value"], "bands": size["bands"]} for name, size in sizes.items()},
            "excluded": figure(unrecorded_backlog, counted)["excluded"],
            **{name: identity[name] for name in IDENTITY if name in identity},
            "note": FLOOR,
            "cases": [_shown(row, scope.moment) for row in page],
            "next_after": _end(identity["known_at"], page[-1]) if len(found) > wanted.limit else None,
        }


def _query(
    model: ReadModel[CaseFacts], scope: Scope, wanted: Wanted, last: tuple[datetime, str] | None
) -> tuple[sql.Composed, dict[str, Any]]:
    where: list[sql.Composable] = [
        sql.SQL("decided_at IS NULL AND {} = {}").format(sql.Identifier(unrecorded_backlog.name), sql.Literal(COUNTED))
    ]
    if not scope.current:
        where.append(sql.SQL("from_position <= %(position)s AND (to_position IS NULL OR to_position > %(position)s)"))
    if wanted.force is not None:
        where.append(sql.SQL("force = %(force)s"))
    if wanted.standing is not None:
        where.append(sql.SQL("receipt = %(receipt)s"))
    if wanted.older_than is not None:
        where.append(sql.SQL("received_at <= %(moment)s - %(older_than)s::interval"))
    if last is not None:
        where.append(sql.SQL("(received_at, case_id) > (%(received)s, %(case)s)"))
    received, case = last or (None, None)
    parameters = {
        "position": scope.position,
        "force": wanted.force,
        "receipt": STANDINGS.get(wanted.standing or ""),
        "moment": scope.moment,
        "older_than": wanted.older_than,
        "received": received,
        "case": case,
        "limit": wanted.limit + 1,
    }
    query = sql.SQL("SELECT {} FROM {} WHERE {} ORDER BY received_at, case_id LIMIT %(limit)s").format(
        model.column_list, model.name(model.table if scope.current else model.history), sql.SQL(" AND ").join(where)
    )
    return query, parameters


def _shown(row: CaseFacts, moment: datetime) -> dict[str, Any]:
    assert row.received_at is not None
    age = (moment - row.received_at.earliest) / HOUR
    return {
        "case": row.case_id,
        "force": row.force,
        "standing": next(name for name, receipt in STANDINGS.items() if receipt == row.receipt),
        "received_at": str(row.received_at),
        "reported_at": row.reported_at and str(row.reported_at),
        "record_by": row.record_by and str(row.record_by),
        "age_hours": round(max(age, 0.0), 1),
        "route": row.route,
        "reporter_role": row.reporter_role,
        "alleged_offence": row.alleged,
        "status": row.status,
        "closed_at": row.closed_at and str(row.closed_at),
    }


def _end(known_at: str, row: CaseFacts) -> str:
    """The end of a page: as of when it was read, and its last case."""
    assert row.received_at is not None
    return SEPARATOR.join((known_at, str(instant(row.received_at.earliest)), row.case_id))


def _read(end: str) -> tuple[KnownAt, tuple[datetime, str]]:
    parts = end.split(SEPARATOR)
    if len(parts) != 3 or any(len(part) != CANONICAL for part in parts[:2]) or not parts[2].startswith("case-"):
        raise BadQuestion(BAD_CURSOR)
    try:
        known_at, received = (Moment.of(part).earliest for part in parts[:2])
    except ValueError as error:
        raise BadQuestion(BAD_CURSOR) from error
    return KnownAt(instant=known_at), (received, parts[2])
