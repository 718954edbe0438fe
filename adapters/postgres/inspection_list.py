"""The inspections that there are, with what was found: read from the log, of which they are a small part."""

from typing import Any

from adapters.eventstore.codec import Row, decode
from adapters.postgres.readers import Readers
from domain.event import RecordedEvent
from domain.inspection.scope import InspectionStatus
from domain.inspection.state import INSPECTION, Inspection

# Without the verdicts, which are most of their events and are nobody's business here.
TOLD = """SELECT stream_id, version, name, position, written_at, event_id, force, state FROM candour.events
 WHERE stream_id >= 'inspection-' AND stream_id < 'inspection.'
   AND name !~ '^(item_judged|disagreement_resolved|sample_drawn)[.]'
 ORDER BY stream_id, version"""
OVER = {InspectionStatus.CONCLUDED: "concluded", InspectionStatus.ABANDONED: "abandoned"}


class InspectionList:
    """Lists inspections. Threads may share it."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    def close(self) -> None:
        """Give the connections back."""
        self._readers.close()

    def all(self, inspected: str | None = None, *, concluded_only: bool = False) -> list[dict[str, Any]]:
        """Inspections by id, of a force if one is named: what is inspected, how it ended, what was found and said."""
        with self._readers.connection() as connection:
            rows: list[Any] = connection.execute(TOLD).fetchall()
        histories: dict[str, list[RecordedEvent]] = {}
        for row in rows:
            histories.setdefault(row[0], []).append(decode(Row(*row)))
        states: list[Inspection] = [INSPECTION.replay(entries) for entries in histories.values()]
        return [
            _shown(state)
            for state in states
            if inspected in (None, state.scope.inspected)
            and (not concluded_only or state.status is InspectionStatus.CONCLUDED)
        ]


def _shown(state: Inspection) -> dict[str, Any]:
    """Nothing here names a position of the log: members of the force that was inspected read it too."""
    return {
        "inspection": state.id,
        "inspected": state.scope.inspected,
        "since": state.scope.since,
        "until": state.scope.until,
        "status": OVER.get(state.status, "under_way"),
        "findings": state.findings,
        "concerns": state.followed.concerns,
        "recommendations": state.followed.recommendations,
    }
