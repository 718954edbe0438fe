"""What is to be done with a table, and a share of it carried out, by whichever process."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import IO, NamedTuple

from adapters.importers.batch import Batch
from adapters.importers.collecting import rare_collections
from adapters.importers.partner import ALL, Share
from adapters.importers.quarantine import Quarantine, joined
from adapters.importers.table.disagreeing import MOST_DISAGREEMENTS, Disagreement
from adapters.importers.table.earlier import Opened, has_text, streams_of
from adapters.importers.table.editions import Edition, gone_groups, part_of, streams_of_earlier_editions
from adapters.importers.table.gathering import Gathering, in_portions
from adapters.importers.table.histories import Interpreter
from adapters.importers.table.ids import random_ids
from adapters.importers.table.kinds import Kind, kind_of
from adapters.importers.table.mapping import Mapping
from adapters.importers.table.numbering import Numbering
from adapters.importers.table.publishing import SeriesReader, prefix_of
from adapters.importers.table.ranking import RankedPlanner
from adapters.importers.table.reading import Table
from adapters.importers.table.releases import Planner
from adapters.importers.table.running import Run, Survey, in_chunks
from adapters.importers.table.streams import StreamPlanner
from adapters.importers.writing import Tally, Writer
from application.ports import EventStore, NewId
from domain.import_batch import Coverage


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done with a table. `earlier` are the other batches of the source."""

    path: Path
    digest: str
    mapping: Mapping
    now: datetime
    survey: Survey
    batch: str
    earlier: tuple[Batch, ...]
    dry_run: bool
    quarantine: Path | None
    share: Share = ALL

    @property
    def can_tell_gone(self) -> bool:
        """In a series: whether a row that is not in the file is gone from it."""
        return self.mapping.missing == "withdrawn" and len(self.survey.covers) == 1

    def only(self, share: Share, quarantine: Path | None) -> "Job":
        """The same for a share of the rows, with a CSV of its own."""
        return replace(self, share=share, quarantine=quarantine)


class Done(NamedTuple):
    """What came of a share: the tally, why rows were set aside and where they are, where sources disagree."""

    tally: Tally
    reasons: Counter[str]
    quarantine: Path | None
    disagreements: tuple[Disagreement, ...]
    disagreed: int
    repeated_headers: int
    seen: frozenset[str] = frozenset()
    """In a series: the streams that the rows mention."""

    def and_(self, other: "Done") -> "Done":
        """What came of both; there is one CSV then."""
        listed = sorted((*self.disagreements, *other.disagreements), key=lambda each: each.line)
        return Done(
            self.tally + other.tally,
            self.reasons + other.reasons,
            joined(self.quarantine, other.quarantine),
            tuple(listed[:MOST_DISAGREEMENTS]),
            self.disagreed + other.disagreed,
            self.repeated_headers,
            self.seen | other.seen,
        )


def carry_out(store: EventStore, table: Table, job: Job, new_id: NewId, told: Callable[[int], None]) -> Done:
    """Do a share of the job; `told` hears how many more rows are done."""
    mapping = job.mapping
    if (kind := kind_of(mapping)) is not None:
        return _carry_out_series(store, table, job, kind, new_id, told)
    if mapping.by_stream:
        return _carry_out_streams(store, table, job, new_id, told)
    planner = Planner(job.batch, mapping.source, mapping.coverage is Coverage.RECORDED_ONLY, new_id, job.now)
    opened = Opened(store) if has_text(mapping) else store
    with rare_collections(), Quarantine(job.quarantine, table.columns) as apart:
        writer = Writer(opened, planner, dry_run=job.dry_run)
        run = Run(table, Interpreter(mapping, table, job.now), job.survey, apart, job.share)
        run.write_rows(writer, told)
        if run.can_tell_what_is_gone:
            run.write_gone(writer, streams_of(store, job.earlier, mapping.source))
    return Done(
        writer.tally, apart.reasons, apart.written, tuple(planner.disagreements.listed.values()),
        planner.disagreements.count, table.repeated_headers,
    )  # fmt: skip


def _carry_out_streams(store: EventStore, table: Table, job: Job, new_id: NewId, told: Callable[[int], None]) -> Done:
    mapping, recorded_only = job.mapping, job.mapping.coverage is Coverage.RECORDED_ONLY
    planner = Planner(job.batch, mapping.source, recorded_only, new_id, job.now, mapping.aggregate)
    streams = StreamPlanner(planner, Numbering(mapping))
    opened = Opened(store) if has_text(mapping) else store
    with rare_collections(), Quarantine(job.quarantine, table.columns) as apart:
        writer = Writer(opened, streams, dry_run=job.dry_run)
        gathering = Gathering(table, Interpreter(mapping, table, job.now), job.survey, apart, job.share)
        for chunk in in_portions(gathering.streams()):
            writer.put(chunk)
            for rows in chunk:
                for row, reason in streams.aside.pop(rows.stream):
                    writer.tally.known -= 1
                    apart.add(row.line, reason, *rows.texts[row.line])
            told(sum(len(rows.texts) for rows in chunk))
        if mapping.missing == "withdrawn" and not job.survey.unnamed and not gathering.nameless:
            in_chunks(gathering.gone(streams_of(store, job.earlier, mapping.source)), writer)
    return Done(
        writer.tally, apart.reasons, apart.written, tuple(planner.disagreements.listed.values()),
        planner.disagreements.count, table.repeated_headers,
    )  # fmt: skip


def _carry_out_series(
    store: EventStore, table: Table, job: Job, kind: Kind, new_id: NewId, told: Callable[[int], None]
) -> Done:
    with rare_collections(), Quarantine(job.quarantine, table.columns) as apart:
        writer = Writer(store, RankedPlanner(job.batch, job.mapping, new_id), dry_run=job.dry_run)
        reader = SeriesReader(job.mapping, kind, table, job.now)
        # A file of several editions is the whole of none, so nothing can be missing from it.
        whole = tuple(part_of(prefix_of(job.mapping), each) for each in job.survey.covers) if job.can_tell_gone else ()
        edition = Edition(table, reader, job.survey, apart, job.share, whole)
        in_chunks(edition.groups(), writer, told)
    return Done(
        writer.tally, apart.reasons, apart.written, (), 0, table.repeated_headers, frozenset(edition.seen)
    )  # fmt: skip


def gone_as_well(done: Done, store: EventStore, job: Job, new_id: NewId) -> Done:
    """Write about the streams that earlier editions of the same part wrote to and this one does not mention."""
    mapping, covers = job.mapping, job.survey.covers
    if not job.can_tell_gone:
        return done
    prefix = prefix_of(mapping)
    writer = Writer(store, RankedPlanner(job.batch, mapping, new_id), dry_run=job.dry_run)
    earlier = streams_of_earlier_editions(store, job.earlier, covers[0], prefix)
    in_chunks(gone_groups(earlier, done.seen, covers[0], prefix), writer)
    return done._replace(tally=done.tally + writer.tally)


def carry_out_elsewhere(job: Job, store: EventStore, file: IO[bytes], told: Callable[[int], None]) -> Done:
    """The same in another process, over the file as the first one read it."""
    with Table(job.path, job.mapping.file, spool=(file, job.digest)) as table:
        return carry_out(store, table, job, random_ids().__next__, told)
