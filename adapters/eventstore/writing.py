"""From appends to the rows that are written, and from the database's verdicts to answers. No I/O."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from adapters.eventstore import codec, sealing
from adapters.eventstore.recorder import NewKey, NewRow, Verdict
from application.ports import Append, Appended, Conflict, Request
from domain.event import ERASED_STAYS_ERASED, Refused

KeyIds = dict[str, set[str]]


class Writing:
    """Encodes and seals; new data keys are wrapped by the master key."""

    def __init__(self, master_key: sealing.MasterKey) -> None:
        self._master = master_key

    def unwrapped(self, stored: Iterable[tuple[str, bytes | None]]) -> dict[str, sealing.DataKey]:
        """The data keys of stored rows (key id, wrapped key); those that were destroyed are left out."""
        return {key_id: self._master.unwrap(key_id, wrapped) for key_id, wrapped in stored if wrapped is not None}

    def existing(self, stored: Iterable[tuple[str, bytes | None]]) -> dict[str, sealing.DataKey]:
        """The same for writing: `Refused` if one of them was destroyed, since nothing is sealed under it again."""
        rows = list(stored)
        if any(wrapped is None for _, wrapped in rows):
            raise Refused(ERASED_STAYS_ERASED)
        return self.unwrapped(rows)

    def rows(
        self, items: Sequence[Append], wanted: KeyIds, keys: dict[str, sealing.DataKey]
    ) -> tuple[list[NewRow], list[NewKey]]:
        """The rows of all events, and the keys that are new; `keys` holds those that exist."""
        missing = set[str]().union(*wanted.values()) - keys.keys()
        wrapped: dict[str, bytes] = {}
        for key_id in missing:
            keys[key_id], wrapped[key_id] = self._master.new_key(key_id)
        # Each stream that needs a new key brings it, since any one of them may be the only one accepted.
        made = [NewKey(stream, key_id, wrapped[key_id]) for stream, ids in wanted.items() for key_id in ids & missing]
        rows = [
            NewRow(
                item.stream,
                item.expected + number,
                new.event.NAME,
                new.event_id,
                item.force,
                codec.encode(new, item.stream, keys),
                new.written_at,
            )
            for item in items
            for number, new in enumerate(item.events, start=1)
        ]
        return rows, made


def key_ids(items: Sequence[Append]) -> KeyIds:
    """The ids of the data keys that the events of each stream need; streams that need none are left out."""
    wanted: KeyIds = {}
    for item in items:
        for new in item.events:
            said = new.event.__dict__
            for name, personal in sealing.sealed_fields(type(new.event)):
                if (value := said[name]) is not None:
                    wanted.setdefault(item.stream, set()).add(value.subject if personal else item.stream)
    return wanted


def requests(items: Sequence[Append]) -> list[tuple[str, Request]]:
    """The requests whose answers are to be kept, each with its stream."""
    return [(item.stream, item.request) for item in items if item.request is not None]


def answers(items: Sequence[Append], verdicts: Iterable[Verdict]) -> list[Appended | Conflict]:
    """What each item is told, in their order; without a verdict, another stream stood in the way."""
    by_stream = {verdict.stream: verdict for verdict in verdicts}
    told: list[Appended | Conflict] = []
    for item in items:
        stream, version, position, written_at = by_stream.get(item.stream, (item.stream, item.expected, None, None))
        if position is None or written_at is None:
            told.append(Conflict(stream, item.expected, version))
        else:
            # What went into the same commit comes after it: who waits for the position waits for all of it.
            last = max([position, *(by_stream[other.stream].position or 0 for other in item.also)])
            told.append(Appended(stream, version, last, written_at))
    return told


def goes_alone(item: Append) -> bool:
    """Whether the item is written by itself: it depends on other streams, or its time is not kept."""
    return bool(item.provided or item.also) or item.by_reporter is not None


def whole(items: Sequence[Append]) -> list[Append]:
    """The items with what goes with them into the same commit."""
    return [each for item in items for each in (item, *item.also)]


def apart(items: Sequence[Append]) -> list[Sequence[Append]]:
    """The parts that can be written together: items that depend on other streams each alone, at the end."""
    alone = [[item] for item in items if goes_alone(item)]
    together = [item for item in items if not goes_alone(item)]
    return [*([together] if together else []), *alone]


def kept_parameters(items: Sequence[Append]) -> tuple[object, ...]:
    """What `KEPT` takes: where the last event of each item would be."""
    return [item.stream for item in items], [item.expected + len(item.events) for item in items]


def kept(items: Sequence[Append], rows: Iterable[tuple[str, int, int, datetime, UUID]]) -> list[Appended | None]:
    """Which items were written although their answer was lost: those whose last event stands there by its id."""
    there = {
        (stream, version): (position, written_at, event_id) for stream, version, position, written_at, event_id in rows
    }
    found: list[Appended | None] = []
    for item in items:
        version = item.expected + len(item.events)
        position, written_at, event_id = there.get((item.stream, version), (0, datetime.min, None))
        mine = event_id == item.events[-1].event_id
        found.append(Appended(item.stream, version, position, written_at) if mine else None)
    return found


def must_follow_on(items: Sequence[Append]) -> None:
    """`ValueError` if an item has no events, or does not follow on the one before it for the same stream."""
    versions: dict[str, int] = {}
    for item in items:
        if not item.events:
            raise ValueError(f"there is no event to append to {item.stream}")
        if versions.get(item.stream, item.expected) != item.expected:
            raise ValueError(f"{item.stream} comes twice, and the second part does not follow on the first")
        versions[item.stream] = item.expected + len(item.events)
