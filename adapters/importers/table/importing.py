"""The import door for tables: one file, one mapping, an account that adds up."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

from adapters.importers.batch import Batch, batches, stream_of, write
from adapters.importers.partner import FIRST, SECOND, Partner, partner
from adapters.importers.quarantine import must_be_writable
from adapters.importers.reading import ImportFailed, Progress, silent
from adapters.importers.table.disagreeing import Disagreement
from adapters.importers.table.editions import refuse_if_overtaken
from adapters.importers.table.ids import random_ids
from adapters.importers.table.kinds import fitted, kind_of
from adapters.importers.table.mapping import Mapping
from adapters.importers.table.mapping_file import MappingFile
from adapters.importers.table.publishing import reader_of
from adapters.importers.table.reading import Table
from adapters.importers.table.running import Survey, look_over
from adapters.importers.table.sense import must_make_sense
from adapters.importers.table.sharing import Done, Job, carry_out, carry_out_elsewhere, gone_as_well
from adapters.importers.table.streams import AWAITED
from adapters.settings import Settings
from application.ports import Clock, EventStore, NewId
from domain.import_batch import Account, ImportFinished, ImportStarted, Slice

SERIES_QUICKER = 8
"""How much less a byte costs in a series, whose rows nobody judges."""


@dataclass(frozen=True, slots=True)
class TableResult:
    """What an import did. `earlier` names the batch that had imported the same bytes by the same mapping, if any.

    `disagreements` lists where this source and another differ, at most 1,000 of `disagreed`. `notes` are for people.
    In a series, `kind` is that of the file, and `covers` are the editions that its rows stand in.
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
    kind: str = ""
    covers: tuple[Slice, ...] = ()


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
    settings: Settings | None = None,
) -> TableResult:
    """Import one file as its mapping says, and account for each of its rows.

    With the `settings` of the store, a second process helps with a large file. Raises `ImportFailed` before anything
    is written if the file or the mapping as a whole cannot be used, and `StoreUnavailable` at any time; the same file
    imported again then goes on where it stopped.
    """
    new_id = new_id or random_ids().__next__
    file = MappingFile(mapping_path)
    must_make_sense(file)
    with Table(path, file.mapping.file, progress) as table, _partner(settings, table, file.mapping) as second:
        mapping = fitted(file, table)
        known = batches(store)
        batch = _batch_of(table, file.mapping, known)
        if batch.result is not None:
            return _already_imported(table, mapping, batch, batch.result, dry_run=dry_run)
        others = [each for each in known.values() if each is not batch and each.source == mapping.source]
        resumed = batch.started is not None
        now = clock()
        survey = look_over(table, reader_of(mapping, table, now))
        if resumed:
            _refuse_if_overtaken(batch, others, survey.covers, path.name)
        job = Job(
            path, table.digest, mapping, now, survey, batch.id, tuple(others), dry_run, None if dry_run else quarantine
        )
        must_be_writable(job.quarantine, path, mapping_path)
        actor = f"import:{mapping.source}"
        if not dry_run and batch.started is None:
            event = ImportStarted(source=mapping.source, file=path.name, digest=table.digest, coverage=mapping.coverage)
            write(store, batch, event, clock, new_id, actor)
        done = _carried_out(store, table, job, new_id, progress, second)
        if mapping.series is not None:
            done = gone_as_well(done, store, job, new_id)
        progress("importing", survey.rows, survey.rows)
        reasons = dict(sorted(done.reasons.items()))
        account = done.tally.account(survey.rows, reasons)
        if not dry_run:
            finished = ImportFinished(digest=table.digest, covers=survey.covers, account=account, quarantined=reasons)
            write(store, batch, finished, clock, new_id, actor)
        return TableResult(
            path.name, mapping.source, table.digest, batch.id, account, reasons, disagreements=done.disagreements,
            disagreed=done.disagreed, notes=tuple(_notes(mapping, survey, done)), resumed=resumed, dry_run=dry_run,
            quarantine=done.quarantine, kind=_kind_named(mapping), covers=survey.covers,
        )  # fmt: skip


def _kind_named(mapping: Mapping) -> str:
    return kind.name if (kind := kind_of(mapping)) is not None else ""


def _batch_of(table: Table, mapping: Mapping, known: dict[str, Batch]) -> Batch:
    """The batch of these bytes, and as a rule of what the mapping says.

    One that has set rows aside until their stream is there is followed by another.
    """
    if mapping.series is not None and mapping.series.again == "never":
        stream = stream_of(table.digest)
        return known.setdefault(stream, Batch(stream))
    said = f"{table.digest} {mapping.digest}"
    while True:
        stream = stream_of(sha256(said.encode()).hexdigest())
        batch = known.setdefault(stream, Batch(stream))
        if batch.result is None or AWAITED not in batch.result.quarantined:
            return batch
        said += " again"


def _partner(settings: Settings | None, table: Table, mapping: Mapping) -> AbstractContextManager[Partner[Done] | None]:
    """None where rows are gone that were known by keys of their own: who had them does not follow from those."""
    if mapping.series is not None:
        return partner(settings, table.file, quicker=SERIES_QUICKER)
    return partner(None if mapping.streams and mapping.missing == "withdrawn" else settings, table.file)


def _carried_out(
    store: EventStore, table: Table, job: Job, new_id: NewId, progress: Progress, second: Partner[Done] | None
) -> Done:
    rows, total = 0, job.survey.rows

    def told(more: int) -> None:
        nonlocal rows
        rows += more
        if second is not None:
            second.listen()
        progress("importing", rows + (second.rows if second is not None else 0), total)

    if second is None:
        return carry_out(store, table, job, new_id, told)
    apart = job.quarantine and job.quarantine.with_name(f"{job.quarantine.name}.second")
    try:
        second.begin(partial(carry_out_elsewhere, job.only(SECOND, apart)))
        done = carry_out(store, table, job.only(FIRST, job.quarantine), new_id, told)
        return done.and_(second.result())
    finally:
        if apart is not None:
            apart.unlink(missing_ok=True)


def _notes(mapping: Mapping, survey: Survey, done: Done) -> Iterator[str]:
    if done.repeated_headers:
        yield f"the header is repeated {done.repeated_headers} times among the rows"
    if mapping.missing == "withdrawn" and survey.unnamed and mapping.series is None:
        yield f"nothing was withdrawn: the key of {survey.unnamed} rows cannot be read"


def _refuse_if_overtaken(batch: Batch, others: Sequence[Batch], covers: Sequence[Slice], name: str) -> None:
    if covers:
        refuse_if_overtaken(batch, others, covers, name)
        return
    for other in others:
        if batch.started is not None and other.finished is not None and other.finished > batch.started:
            raise ImportFailed(
                f"the import of {name} was interrupted, and {other.id} has imported another release of "
                f"{other.source} since; nothing was changed"
            )


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
        earlier=batch.id, dry_run=dry_run, kind=_kind_named(mapping), covers=earlier.covers,
    )  # fmt: skip
