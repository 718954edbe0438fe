"""What of an event is shown: the whole envelope, and sealed text only where it was opened."""

from typing import Any

from adapters.plain import closed
from domain.event import RecordedEvent
from domain.misconduct.passed_on import Told


def shown(entry: RecordedEvent, *, opened: bool, positioned: bool = True) -> dict[str, Any]:
    """The event with its envelope as JSON data; `opened` says that the store has revealed its sealed text.

    `positioned`: with its position in the log, which members of a force are not told.
    """
    data = entry.event.model_dump(mode="json") if opened else closed(entry.event)
    return {
        **({"position": entry.position} if positioned else {}),
        "stream": entry.stream,
        "version": entry.version,
        "name": entry.event.NAME,
        "event_id": entry.event_id,
        "force": entry.force,
        "at": str(entry.at),
        "at_precision": entry.at.precision,
        "written_at": entry.written_at,
        "actor": entry.actor,
        "role": entry.role,
        "unit": entry.unit,
        "purpose": entry.purpose,
        "source": entry.source._asdict() if entry.source else None,
        "correlation": entry.correlation,
        "causation": entry.causation,
        "broken": entry.broken,
        "data": data,
    }


def told_of(told: Told, *, opened: bool, positioned: bool = True) -> dict[str, Any]:
    """The same of an event as a reader has it: what was not passed on to them is `withheld`."""
    place = {"position": told.entry.position} if positioned else {}
    if told.withheld is None:
        return {**place, "version": told.entry.version, "withheld": True}
    whole = shown(told.entry, opened=opened, positioned=positioned)
    if not told.withheld:
        return whole
    data = {name: value for name, value in whole["data"].items() if name not in told.withheld}
    return {**whole, "data": data, "withheld": sorted(told.withheld)}
