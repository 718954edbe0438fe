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
from adapters.importers.table.histories import Interpreter
from adapters.importers.table.ids import random_ids
from adapters.importers.table.mapping import Mapping
from adapters.importers.table.reading import Table
from adapters.importers.table.releases import Planner
from adapters.importers.table.running import Run, Survey
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
        )


def carry_out(store: EventStore, table: Table, job: Job, new_id: NewId, told: Callable[[int], None]) -> Done:
    """Do a share of the job; `told` hears how many more rows are done."""
    mapping = job.mapping
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


def carry_out_elsewhere(job: Job, store: EventStore, file: IO[bytes], told: Callable[[int], None]) -> Done:
    """The same in another process, over the file as the first one read it."""
    with Table(job.path, job.mapping.file, spool=(file, job.digest)) as table:
        return carry_out(store, table, job, random_ids().__next__, told)
