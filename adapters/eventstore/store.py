"""The event store: encodes and seals, appends through the recorder, decodes what it reads."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import groupby

from adapters.eventstore import codec, recorder, sealing
from adapters.eventstore.awaitable import AwaitableStore
from adapters.eventstore.group_commit import Batcher
from adapters.eventstore.recorder import Lost, Recorder
from adapters.eventstore.writing import (
    Writing,
    answers,
    apart,
    goes_alone,
    kept,
    kept_parameters,
    key_ids,
    must_follow_on,
    requests,
    whole,
)
from application.ports import Append, Appended, Conflict, Head, StoreUnavailable
from domain.event import RecordedEvent

PAGE = 5000


class PostgresEventStore:
    """`EventStore` and `AsyncEventStore` on PostgreSQL. One per process; threads may share it."""

    def __init__(
        self,
        recorder: Recorder,
        master_key: sealing.MasterKey,
        *,
        appended: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.recorder = recorder
        self._writing = Writing(master_key)
        self._appends = Batcher[Append, Appended](self._append_each, key=lambda item: item.stream, name="append")
        self.aio = AwaitableStore(recorder.datastore.conninfo, self._writing, appended)

    def load(self, stream: str) -> list[RecordedEvent]:
        """The events of one stream, oldest first."""
        return [codec.decode(row) for row in self.recorder.fetch(recorder.LOAD, (stream,))]

    def load_many(self, streams: Sequence[str]) -> dict[str, list[RecordedEvent]]:
        """The events of several streams; streams that do not exist are left out."""
        rows = map(codec.decode, self.recorder.fetch(recorder.LOAD_MANY, (list(streams),)))
        return {stream: list(entries) for stream, entries in groupby(rows, key=lambda entry: entry.stream)}

    def read_log(
        self, after: int, limit: int, upto: int | None = None, force: str | None = None
    ) -> list[RecordedEvent]:
        """At most `limit` events with `after` < position ≤ `upto`, in order; of one force if given."""
        upto = recorder.NO_LIMIT if upto is None else upto
        if force is None:
            rows = self.recorder.fetch(recorder.LOG, (after, upto, limit))
        else:
            rows = self.recorder.fetch(recorder.LOG_OF_FORCE, (after, upto, force, limit))
        return [codec.decode(row) for row in rows]

    def read_log_of(
        self, force: str, kinds: Sequence[str], after: int, limit: int, upto: int | None = None
    ) -> list[RecordedEvent]:
        """The same, of one force and of streams whose ids begin with one of these, and a dash."""
        upto = recorder.NO_LIMIT if upto is None else upto
        rows = self.recorder.fetch(recorder.LOG_OF_KINDS, (after, upto, force, list(kinds), limit))
        return [codec.decode(row) for row in rows]

    def position_at(self, at: datetime) -> int:
        """The position of the last event that was written by then; 0 for none."""
        with self.recorder.datastore.rows() as cursor:
            found = cursor.execute(recorder.POSITION_AT, (at,), prepare=True).fetchone()
        return found[0] if found else 0

    def last_of(self, prefix: str) -> int:
        """The position of the last event of the streams whose ids begin so; 0 for none."""
        with self.recorder.datastore.rows() as cursor:
            found = cursor.execute(recorder.LAST_OF, (prefix,), prepare=True).fetchone()
        return found[0] if found else 0

    def written_at(self, positions: Sequence[int]) -> dict[int, datetime]:
        """When the events at those positions were written (UTC)."""
        with self.recorder.datastore.rows() as cursor:
            return dict(cursor.execute(recorder.WRITTEN_AT, (list(positions),), prepare=True).fetchall())

    def read_category(self, prefix: str) -> Iterator[RecordedEvent]:
        """All events of the streams whose id begins with `prefix`, in order of position."""
        rows = self.recorder.fetch(recorder.CATEGORY, (prefix, prefix + "\x7f"))
        return map(codec.decode, rows)

    def head(self) -> Head:
        """The end of the log."""
        with self.recorder.datastore.rows() as cursor:
            found = cursor.execute(recorder.HEAD).fetchone()
        return Head(*found) if found else Head(0, None)

    def append(self, item: Append) -> Appended:
        """Append to one stream, or raise `Conflict`."""
        return self._appends.call(item)

    def append_many(self, items: Sequence[Append]) -> list[Appended | Conflict]:
        """Append to many streams in one commit; each stream succeeds or conflicts on its own.

        A stream may come several times, each item following on the one before; `ValueError` if it does not.
        """
        must_follow_on(items)
        if len(items) > 1 and any(map(goes_alone, items)):
            told = {
                id(item): done for part in apart(items) for item, done in zip(part, self.append_many(part), strict=True)
            }
            return [told[id(item)] for item in items]
        together = whole(items)
        wanted = key_ids(together)
        existing = self._writing.existing(self._stored_keys(set[str]().union(*wanted.values())))
        rows, new_keys = self._writing.rows(together, wanted, existing)
        provided, by_reporter = (items[0].provided, items[0].by_reporter) if items else ((), None)
        return answers(items, self.recorder.append(rows, new_keys, requests(items), provided, by_reporter))

    def reveal(self, entries: Sequence[RecordedEvent]) -> list[RecordedEvent]:
        """The same events with sealed text opened; text whose key was destroyed reads as `Erased`."""
        wanted = set[str]().union(*(sealing.key_ids(entry.event, entry.stream) for entry in entries))
        keys = self._writing.unwrapped(self._stored_keys(wanted))
        opened: list[RecordedEvent] = []
        for entry in entries:
            changes = sealing.reveal(entry.event, entry.stream, str(entry.event_id), keys)
            opened.append(entry._replace(event=entry.event.model_copy(update=changes)) if changes else entry)
        return opened

    def close(self) -> None:
        """Finish what is waiting and give the connections back."""
        self.aio.close()
        self._appends.close()
        self.recorder.datastore.close()

    def _append_each(self, items: Sequence[Append]) -> list[Appended | Exception]:
        """One commit for all; if some item cannot be stored at all, one commit for each, so that it fails alone."""
        try:
            return [*self.append_many(items)]
        except Lost as error:
            return [error if found is None else found for found in self._kept(items)]
        except StoreUnavailable:
            raise
        except Exception:
            if len(items) == 1:
                raise
            return [self._append_alone(item) for item in items]

    def _kept(self, items: Sequence[Append]) -> list[Appended | None]:
        with suppress(StoreUnavailable), self.recorder.datastore.rows() as cursor:
            cursor.execute(recorder.KEPT, kept_parameters(items), prepare=True)
            return kept(items, cursor.fetchall())
        return [None] * len(items)

    def _append_alone(self, item: Append) -> Appended | Exception:
        try:
            return self.append_many([item])[0]
        except Exception as error:
            return error

    def _stored_keys(self, key_ids: set[str]) -> list[tuple[str, bytes | None]]:
        if not key_ids:
            return []
        with self.recorder.datastore.rows() as cursor:
            cursor.execute(recorder.KEYS, (list(key_ids),), prepare=True)
            return [(key_id, wrapped) for key_id, wrapped in cursor.fetchall()]
