"""The import door for the street and outcomes files of data.police.uk."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import IO, NamedTuple

from adapters.importers.batch import (
    Batch,
    batches,
    finish,
    gone_groups,
    refuse_if_overtaken,
    start,
    stream_of,
    streams_of_earlier_releases,
)
from adapters.importers.categories import categories
from adapters.importers.collecting import rare_collections
from adapters.importers.matching import Group, Matcher
from adapters.importers.partner import ALL, FIRST, SECOND, Partner, Share, partner
from adapters.importers.quarantine import Quarantine, joined, must_be_writable
from adapters.importers.reading import COLUMNS, ImportFailed, Kind, Progress, SourceFile, Survey, silent
from adapters.importers.rows import BETWEEN, Rejected, Row, RowReader, Unreadable
from adapters.importers.table.ids import random_ids
from adapters.importers.writing import Tally, Writer
from adapters.settings import Settings
from application.ports import Clock, EventStore, NewId
from domain.import_batch import Account, ImportFinished, Slice
from domain.rules import rule_book
from domain.values import instant

__all__ = ["ImportFailed", "ImportResult", "import_file"]

ROWS_AT_A_TIME = 1000


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did. `earlier` names the batch that had imported the same bytes, if one had.

    `reasons` counts the quarantined rows by reason; `quarantine` is the CSV with those rows, if one was written.
    """

    file: str
    kind: Kind
    digest: str
    batch: str
    account: Account
    covers: tuple[Slice, ...]
    reasons: dict[str, int]
    earlier: str | None = None
    resumed: bool = False
    dry_run: bool = False
    quarantine: Path | None = None


def import_file(
    store: EventStore,
    path: Path,
    *,
    clock: Clock,
    dry_run: bool = False,
    quarantine: Path | None = None,
    progress: Progress = silent,
    new_id: NewId | None = None,
    settings: Settings | None = None,
) -> ImportResult:
    """Import one file, plain or gzip, and account for each of its rows.

    Raises `ImportFailed` before anything is written if the file as a whole cannot be read, and `StoreUnavailable`
    at any time; the same file imported again then goes on where it stopped. A dry run writes nothing, no CSV either.
    With the `settings` of the store, a second process helps with a large file.
    """
    new_id = new_id or random_ids().__next__
    with SourceFile(path, progress) as source, partner(settings, source.file, quicker=12) as second:
        known = batches(store)
        batch = known.setdefault(stream_of(source.digest), Batch(stream_of(source.digest)))
        if batch.result is not None:
            return _already_imported(source, batch, batch.result, dry_run=dry_run)
        survey = source.survey()
        today = instant(clock()).london_date
        covers = _covers(RowReader(source.kind, categories(), rule_book().forces, today), survey)
        others = [other for other in known.values() if other is not batch]
        resumed = batch.started is not None
        if resumed:
            refuse_if_overtaken(batch, others, covers, path.name)
        apart = None if dry_run else quarantine
        must_be_writable(apart)
        if not dry_run:
            start(store, batch, source, clock, new_id)
        job = _Job(path, source.digest, batch.id, survey, covers, today, others, dry_run, apart)
        done = _carried_out(store, source, job, new_id, progress, second)
        progress("importing", survey.rows, survey.rows)
        reasons = dict(sorted(done.reasons.items()))
        account = done.tally.account(survey.rows, reasons)
        if not dry_run:
            finish(store, batch, source, covers, account, reasons, clock, new_id)
        return ImportResult(
            path.name,
            source.kind,
            source.digest,
            batch.id,
            account,
            covers,
            reasons,
            resumed=resumed,
            dry_run=dry_run,
            quarantine=done.quarantine,
        )


@dataclass(frozen=True, slots=True)
class _Job:
    """What is to be done with a file; `others` are all other batches."""

    path: Path
    digest: str
    batch: str
    survey: Survey
    covers: tuple[Slice, ...]
    today: date
    others: list[Batch]
    dry_run: bool
    quarantine: Path | None
    share: Share = ALL


class _Done(NamedTuple):
    """What came of a share of the rows; `seen` are the streams that it mentions."""

    tally: Tally
    reasons: Counter[str]
    quarantine: Path | None
    seen: set[str]


def _carried_out(
    store: EventStore, source: SourceFile, job: _Job, new_id: NewId, progress: Progress, second: Partner[_Done] | None
) -> _Done:
    rows = 0

    def told(more: int) -> None:
        nonlocal rows
        rows += more
        if second is not None:
            second.listen()
        progress("importing", rows + (second.rows if second is not None else 0), job.survey.rows)

    if second is None:
        return _gone_as_well(_carry_out(store, source, job, new_id, told), store, job, new_id)
    apart = job.quarantine and job.quarantine.with_name(f"{job.quarantine.name}.second")
    try:
        second.begin(partial(_carry_out_elsewhere, replace(job, share=SECOND, quarantine=apart)))
        done = _carry_out(store, source, replace(job, share=FIRST), new_id, told)
        more = second.result()
        csv = joined(done.quarantine, more.quarantine)
        both = _Done(done.tally + more.tally, done.reasons + more.reasons, csv, done.seen | more.seen)
        return _gone_as_well(both, store, job, new_id)
    finally:
        if apart is not None:
            apart.unlink(missing_ok=True)


def _carry_out(store: EventStore, source: SourceFile, job: _Job, new_id: NewId, told: Callable[[int], None]) -> _Done:
    """Write a share of the rows."""
    with rare_collections(), Quarantine(job.quarantine, COLUMNS[source.kind]) as apart:
        writer = Writer(store, Matcher(job.batch, categories(), new_id), dry_run=job.dry_run)
        run = _Run(source, job, apart)
        run.write_rows(writer, told)
    return _Done(writer.tally, apart.reasons, apart.written, run.seen)


def _carry_out_elsewhere(job: _Job, store: EventStore, file: IO[bytes], told: Callable[[int], None]) -> _Done:
    """The same in another process, over the file as the first one read it."""
    with SourceFile(job.path, silent, spool=(file, job.digest)) as source:
        return _carry_out(store, source, job, random_ids().__next__, told)


def _gone_as_well(done: _Done, store: EventStore, job: _Job, new_id: NewId) -> _Done:
    """Write about the streams that earlier releases of the same part wrote to and this one does not mention."""
    if len(job.covers) != 1:
        return done
    (part,) = job.covers
    writer = Writer(store, Matcher(job.batch, categories(), new_id), dry_run=job.dry_run)
    chunk: list[Group] = []
    for group in gone_groups(streams_of_earlier_releases(store, job.others, part), done.seen, part):
        chunk.append(group)
        if len(chunk) == ROWS_AT_A_TIME:
            writer.put(chunk)
            chunk = []
    writer.put(chunk)
    return done._replace(tally=done.tally + writer.tally)


class _Run:
    """One pass over the rows of a share, in groups by stream. `seen` are the streams that they mention."""

    def __init__(self, source: SourceFile, job: _Job, apart: Quarantine) -> None:
        self._source, self._returns, self._apart, self._share = source, job.survey.returns, apart, job.share
        self._rows = RowReader(source.kind, categories(), rule_book().forces, job.today)
        # A file of several months or forces is the whole of none of them, so nothing can be missing from it.
        self._whole = tuple(f"{part.kind}/{part.month}" for part in job.covers) if len(job.covers) == 1 else ()
        self.seen: set[str] = set()

    def write_rows(self, writer: Writer[Group], told: Callable[[int], None]) -> None:
        """Write all rows of the share, those of a returning id together; `told` hears how many more are done."""
        chunk: list[Group] = []
        held = 0
        for group in self._groups():
            chunk.append(group)
            held += len(group.rows)
            if held >= ROWS_AT_A_TIME:
                writer.put(chunk)
                told(held)
                chunk, held = [], 0
        writer.put(chunk)
        told(held)

    def _groups(self) -> Iterator[Group]:
        returns, share = self._returns, self._share
        held: dict[str, list[Row | Rejected]] = {}
        for line, cells, text in self._source.lines():
            crime = cells[0].lower() if cells else ""
            # Rows without an id are told apart by their number among equals, so equal ones must be in the same hands.
            if not share.has(crime or (BETWEEN.join(cells) if cells else None)):
                continue
            row = self._rows.read(line, cells)
            if isinstance(row, Rejected):
                self._apart.add(line, row.reason, cells, text)
            if row.stream is not None:
                self.seen.add(row.stream)
            if crime and crime in returns:
                together = held.setdefault(crime, [])
                together.append(row)
                if len(together) > returns[crime]:
                    yield from self._grouped(held.pop(crime))
            elif isinstance(row, Row):
                yield Group(row.stream, row.force, (row,), self._whole)
        for together in held.values():
            yield from self._grouped(together)

    def _grouped(self, rows: list[Row | Rejected]) -> Iterator[Group]:
        by_stream: dict[str, list[Row]] = {}
        for row in rows:
            if isinstance(row, Row):
                by_stream.setdefault(row.stream, []).append(row)
        # A row that was set aside may be one that an earlier release stated; it is not gone.
        whole = () if any(isinstance(row, Rejected) for row in rows) else self._whole
        for stream, group in by_stream.items():
            yield Group(stream, group[0].force, tuple(group), whole)


def _covers(rows: RowReader, survey: Survey) -> tuple[Slice, ...]:
    found: set[tuple[str, str]] = set()
    for month, force in survey.stated:
        try:
            rows.month(month)
            found.add((rows.force(force), month))
        except Unreadable:
            continue
    return tuple(Slice(kind=str(rows.kind), force=force, month=month) for force, month in sorted(found))


def _already_imported(source: SourceFile, batch: Batch, earlier: ImportFinished, *, dry_run: bool) -> ImportResult:
    before = earlier.account
    account = Account(
        rows_read=before.rows_read,
        rows_applied=0,
        rows_already_known=before.rows_read - before.rows_quarantined,
        rows_quarantined=before.rows_quarantined,
        rows_corrected=0,
        rows_withdrawn=0,
        events_appended=0,
    )
    return ImportResult(
        source.path.name,
        source.kind,
        source.digest,
        batch.id,
        account,
        earlier.covers,
        dict(earlier.quarantined),
        earlier=batch.id,
        dry_run=dry_run,
    )
