"""The import door for tables: one file, one mapping, an account that adds up."""

import gc
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from adapters.importers.batch import Batch, batches, stream_of, write
from adapters.importers.quarantine import Quarantine
from adapters.importers.reading import ImportFailed, Progress
from adapters.importers.table.grouping import settled
from adapters.importers.table.histories import Interpreter, Rejected, Row
from adapters.importers.table.ids import random_ids
from adapters.importers.table.mapping import Mapping, MappingFile
from adapters.importers.table.meaning import EVENTS, sealed_of
from adapters.importers.table.reading import Table
from adapters.importers.table.releases import Disagreement, Group, Planner
from adapters.importers.table.sense import must_fit, must_make_sense
from adapters.importers.table.standing import owner_of
from adapters.importers.table.values import Unreadable
from adapters.importers.writing import Writer
from application.ports import Append, Clock, EventStore, NewId
from domain.event import RecordedEvent
from domain.import_batch import Account, Coverage, ImportFinished, ImportStarted

ROWS_AT_A_TIME = 1000
OBJECTS_PER_COLLECTION = 200_000
PAGE = 5000
TURN_SECONDS = 0.0005


@dataclass(frozen=True, slots=True)
class TableResult:
    """What an import did. `earlier` names the batch that had imported the same bytes by the same mapping, if any.

    `disagreements` lists where this source and another differ, at most 1,000 of `disagreed`. `notes` are for people.
    """

    file: str
    source: str
    digest: str
    batch: str
    account: Account
    reasons: dict[str, int]
    disagreements: tuple[Disagreement, ...] = ()
    disagreed: int = 0
    notes: tuple[str, ...] = ()
    earlier: str | None = None
    resumed: bool = False
    dry_run: bool = False
    quarantine: Path | None = None


@dataclass(slots=True)
class Survey:
    """What a first look shows: how many rows, and the keys that come more than once."""

    rows: int = 0
    returns: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])


def silent(stage: str, done: int, total: int) -> None:
    """Tells nobody."""


def import_table(
    store: EventStore,
    path: Path,
    mapping_path: Path,
    *,
    clock: Clock,
    dry_run: bool = False,
    quarantine: Path | None = None,
    progress: Progress = silent,
    new_id: NewId | None = None,
) -> TableResult:
    """Import one file as its mapping says, and account for each of its rows.

    Raises `ImportFailed` before anything is written if the file or the mapping as a whole cannot be used, and
    `StoreUnavailable` at any time; the same file imported again then goes on where it stopped.
    """
    new_id = new_id or random_ids().__next__
    file = MappingFile(mapping_path)
    must_make_sense(file)
    mapping = file.mapping
    with Table(path, mapping.file, progress) as table:
        must_fit(file, table)
        known = batches(store)
        stream = stream_of(sha256(f"{table.digest} {mapping.digest}".encode()).hexdigest())
        batch = known.setdefault(stream, Batch(stream))
        if batch.result is not None:
            return _already_imported(table, mapping, batch, batch.result, dry_run=dry_run)
        others = [each for each in known.values() if each is not batch and each.source == mapping.source]
        resumed = batch.started is not None
        if resumed:
            _refuse_if_overtaken(batch, others, path.name)
        interpreter = Interpreter(mapping, table, clock())
        survey = look_over(table, interpreter)
        planner = Planner(batch.id, mapping.source, mapping.coverage is Coverage.RECORDED_ONLY, new_id)
        opened = _Opened(store) if _has_text(mapping) else store
        with (
            _at_full_speed(),
            Quarantine(None if dry_run else quarantine, table.columns) as apart,
            Writer(opened, planner, dry_run=dry_run) as writer,
        ):
            if not dry_run and batch.started is None:
                event = ImportStarted(
                    source=mapping.source, file=path.name, digest=table.digest, coverage=mapping.coverage
                )
                write(store, batch, event, clock, new_id, planner.actor)
            run = _Run(table, interpreter, survey, apart)
            run.write_rows(writer, progress)
            notes = run.notes()
            if mapping.missing == "withdrawn" and not run.unnamed:
                run.write_gone(writer, _streams_of(store, others, mapping.source))
        reasons = dict(sorted(apart.reasons.items()))
        account = writer.tally.account(survey.rows, reasons)
        if not dry_run:
            finished = ImportFinished(digest=table.digest, covers=(), account=account, quarantined=reasons)
            write(store, batch, finished, clock, new_id, planner.actor)
        return TableResult(
            path.name, mapping.source, table.digest, batch.id, account, reasons,
            disagreements=tuple(planner.disagreements.values()), disagreed=planner.disagreed, notes=notes,
            resumed=resumed, dry_run=dry_run, quarantine=apart.written,
        )  # fmt: skip


def look_over(table: Table, interpreter: Interpreter) -> Survey:
    """Count the rows, and the keys that come more than once; other keys are not kept."""
    survey = Survey()
    seen: set[int] = set()
    for line in table.lines():
        survey.rows += 1
        if line.cells is None:
            continue
        try:
            identity = interpreter.identity(line.cells)
        except Unreadable:
            continue
        mark = hash(identity)
        if mark in seen:
            survey.returns[identity] += 1
        seen.add(mark)
    if not survey.rows:
        raise ImportFailed(f"{table.path.name} has a header and no rows; get it again")
    return survey


class _Opened:
    """The store with sealed text opened, where the mapping has text that must be compared."""

    def __init__(self, store: EventStore) -> None:
        self._store = store

    def load_many(self, streams: Sequence[str]) -> dict[str, list[RecordedEvent]]:
        found = self._store.load_many(streams)
        revealed = iter(self._store.reveal([entry for entries in found.values() for entry in entries]))
        return {stream: [next(revealed) for _ in entries] for stream, entries in found.items()}

    def append_many(self, items: Sequence[Append]) -> Sequence[object]:
        return self._store.append_many(items)


class _Run:
    """One pass over the rows. `unnamed` counts rows whose key could not be read, so that nothing can be gone."""

    def __init__(self, table: Table, interpreter: Interpreter, survey: Survey, apart: Quarantine) -> None:
        self._table, self._interpreter, self._survey, self._apart = table, interpreter, survey, apart
        self._last_wins = interpreter.mapping.duplicates.last_by is not None
        self._whole = interpreter.mapping.missing == "withdrawn"
        self._seen: set[str] = set()
        self.unnamed = 0

    def write_rows(self, writer: Writer[Group], progress: Progress) -> None:
        """Hand over all rows, those of a returning key together."""
        total, done, held = self._survey.rows, 0, 0
        chunk: list[Group] = []
        for group in self._groups():
            chunk.append(group)
            held += len(group.rows)
            if held >= ROWS_AT_A_TIME:
                writer.put(chunk)
                done, chunk, held = done + held, [], 0
                progress("importing", done, total)
        writer.put(chunk)
        writer.wait()
        progress("importing", total, total)

    def write_gone(self, writer: Writer[Group], streams: Iterator[tuple[str, str, str]]) -> None:
        """Hand over the keys that earlier releases stated and this one does not mention."""
        chunk: list[Group] = []
        met: set[str] = set()
        for stream, force, owner in streams:
            if stream not in self._seen and stream not in met:
                met.add(stream)
                chunk.append(Group(stream, force, owner, (), None))
            if len(chunk) == ROWS_AT_A_TIME:
                writer.put(chunk)
                chunk = []
        writer.put(chunk)
        writer.wait()

    def notes(self) -> tuple[str, ...]:
        """What is worth knowing besides the account."""
        found: list[str] = []
        if self._table.repeated_headers:
            found.append(f"the header is repeated {self._table.repeated_headers} times among the rows")
        if self._whole and self.unnamed:
            found.append(f"nothing was withdrawn: the key of {self.unnamed} rows cannot be read")
        return tuple(found)

    def _groups(self) -> Iterator[Group]:
        returns, read = self._survey.returns, self._interpreter
        held: dict[tuple[str, str], list[Row | Rejected]] = {}
        texts: dict[int, tuple[list[str], str]] = {}
        for line in self._table.lines():
            if line.cells is None:
                self._apart.add(line.number, line.reason, None, line.text)
                self.unnamed += 1
                continue
            row = read.read(line.number, line.cells)
            if row.stream is None:
                self.unnamed += 1
            elif self._whole:
                self._seen.add(row.stream)
            if isinstance(row, Rejected):
                self._apart.add(line.number, row.reason, line.cells, line.text)
            identity = read.identity(line.cells) if returns and row.stream is not None else None
            if identity is not None and identity in returns:
                rows = held.setdefault(identity, [])
                rows.append(row)
                texts[line.number] = (line.cells, line.text)
                if len(rows) > returns[identity]:
                    yield from self._settled(held.pop(identity), texts)
            elif isinstance(row, Row):
                yield Group(row.stream, row.force, row.key, (row,), row)
        for rows in held.values():
            yield from self._settled(rows, texts)

    def _settled(self, rows: list[Row | Rejected], texts: dict[int, tuple[list[str], str]]) -> Iterator[Group]:
        group, aside = settled(rows, last_wins=self._last_wins)
        for row, reason in aside:
            self._apart.add(row.line, reason, *texts[row.line])
        for row in rows:
            del texts[row.line]
        if group is not None:
            yield group


@contextmanager
def _at_full_speed() -> Iterator[None]:
    """An import makes objects by the million and none in cycles; looking for those takes a third of its time.

    Its two threads take turns more often than usual, so that the one that waits for the database is not kept waiting.
    """
    usual, turns = gc.get_threshold(), sys.getswitchinterval()
    sys.setswitchinterval(TURN_SECONDS)
    gc.freeze()
    gc.set_threshold(OBJECTS_PER_COLLECTION, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
        sys.setswitchinterval(turns)


def _has_text(mapping: Mapping) -> bool:
    return any(name in sealed_of(EVENTS[event.name]) for event in mapping.event for name in event.fields)


def _refuse_if_overtaken(batch: Batch, others: Sequence[Batch], name: str) -> None:
    for other in others:
        if batch.started is not None and other.finished is not None and other.finished > batch.started:
            raise ImportFailed(
                f"the import of {name} was interrupted, and {other.id} has imported another release of "
                f"{other.source} since; nothing was changed"
            )


def _streams_of(store: EventStore, earlier: Sequence[Batch], source: str) -> Iterator[tuple[str, str, str]]:
    """The streams that earlier releases wrote to, each with its force and the row's name. One may come twice."""
    prefix, head, upto = f"table:{source}/", store.head().position, 0
    ranges = sorted((batch.started, batch.finished or head) for batch in earlier if batch.started is not None)
    for first, last in ranges:
        after = max(first - 1, upto)
        while page := store.read_log(after, PAGE, upto=last):
            for entry in page:
                if entry.source is not None and entry.source.key.startswith(prefix):
                    yield entry.stream, entry.force, owner_of(entry.source)
            after = page[-1].position
        upto = max(upto, last)


def _already_imported(
    table: Table, mapping: Mapping, batch: Batch, earlier: ImportFinished, *, dry_run: bool
) -> TableResult:
    before = earlier.account
    account = before.model_copy(
        update={
            "rows_applied": 0,
            "rows_already_known": before.rows_read - before.rows_quarantined,
            "rows_corrected": 0,
            "rows_withdrawn": 0,
            "events_appended": 0,
        }
    )
    return TableResult(
        table.path.name, mapping.source, table.digest, batch.id, account, dict(earlier.quarantined),
        earlier=batch.id, dry_run=dry_run,
    )  # fmt: skip
