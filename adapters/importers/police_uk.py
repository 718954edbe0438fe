"""The import door for the street and outcomes files of data.police.uk."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

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
from adapters.importers.quarantine import Quarantine
from adapters.importers.reading import COLUMNS, ImportFailed, Kind, Progress, SourceFile, Survey, silent
from adapters.importers.rows import Rejected, Row, RowReader, Unreadable
from adapters.importers.writing import Writer
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
    new_id: NewId = uuid4,
) -> ImportResult:
    """Import one file, plain or gzip, and account for each of its rows.

    Raises `ImportFailed` before anything is written if the file as a whole cannot be read, and `StoreUnavailable`
    at any time; the same file imported again then goes on where it stopped. A dry run writes nothing, no CSV either.
    """
    with SourceFile(path, progress) as source:
        known = batches(store)
        batch = known.setdefault(stream_of(source.digest), Batch(stream_of(source.digest)))
        if batch.result is not None:
            return _already_imported(source, batch, batch.result, dry_run=dry_run)
        survey = source.survey()
        today = instant(clock()).london_date
        rows = RowReader(source.kind, categories(), rule_book().forces, today)
        covers = _covers(rows, survey)
        others = [other for other in known.values() if other is not batch]
        resumed = batch.started is not None
        if resumed:
            refuse_if_overtaken(batch, others, covers, path.name)
        matcher = Matcher(batch.id, categories(), new_id)
        with (
            rare_collections(),
            Quarantine(None if dry_run else quarantine, COLUMNS[source.kind]) as apart,
        ):
            writer = Writer(store, matcher, dry_run=dry_run)
            if not dry_run:
                start(store, batch, source, clock, new_id)
            run = _Run(source, survey, rows, covers, apart)
            run.write_rows(writer, progress)
            if len(covers) == 1:
                run.write_gone(writer, streams_of_earlier_releases(store, others, covers[0]))
        reasons = dict(sorted(apart.reasons.items()))
        account = writer.tally.account(survey.rows, reasons)
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
            quarantine=apart.written,
        )


class _Run:
    """One pass over the rows of a file, in groups by stream. `seen` are the streams that the file mentions."""

    def __init__(
        self, source: SourceFile, survey: Survey, rows: RowReader, covers: tuple[Slice, ...], apart: Quarantine
    ) -> None:
        self._source, self._survey, self._rows, self._apart = source, survey, rows, apart
        self._covers = covers
        # A file of several months or forces is the whole of none of them, so nothing can be missing from it.
        self._whole = tuple(f"{part.kind}/{part.month}" for part in covers) if len(covers) == 1 else ()
        self._seen: set[str] = set()

    def write_rows(self, writer: Writer[Group], progress: Progress) -> None:
        """Hand over all rows, those of a returning id together."""
        chunk: list[Group] = []
        held = 0
        done = 0
        for group in self._groups():
            chunk.append(group)
            held += len(group.rows)
            if held >= ROWS_AT_A_TIME:
                writer.put(chunk)
                done, chunk, held = done + held, [], 0
                progress("importing", done, self._survey.rows)
        writer.put(chunk)
        progress("importing", self._survey.rows, self._survey.rows)

    def write_gone(self, writer: Writer[Group], streams: Iterator[str]) -> None:
        """Hand over the streams that earlier releases wrote to and this one does not mention."""
        chunk: list[Group] = []
        for group in gone_groups(streams, self._seen, self._covers[0]):
            chunk.append(group)
            if len(chunk) == ROWS_AT_A_TIME:
                writer.put(chunk)
                chunk = []
        writer.put(chunk)

    def _groups(self) -> Iterator[Group]:
        returns = self._survey.returns
        held: dict[str, list[Row | Rejected]] = {}
        for line, cells, text in self._source.lines():
            row = self._rows.read(line, cells)
            if isinstance(row, Rejected):
                self._apart.add(line, row.reason, cells, text)
            if row.stream is not None:
                self._seen.add(row.stream)
            crime = cells[0].lower() if cells else ""
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
