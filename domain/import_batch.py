"""An import batch: one file read once, its coverage and its account."""

from enum import StrEnum

from domain.event import Event, Fact


class Coverage(StrEnum):
    """What a source can show: everything that was reported, or only what was recorded."""

    FULL = "full"
    RECORDED_ONLY = "recorded_only"


class Slice(Fact):
    """The part of a source that a batch covers: a kind of file, a force and a month (YYYY-MM)."""

    kind: str
    force: str
    month: str


class Account(Fact):
    """What became of the rows: read = applied + already known + quarantined."""

    rows_read: int
    rows_applied: int
    rows_already_known: int
    rows_quarantined: int
    rows_corrected: int
    rows_withdrawn: int
    events_appended: int


class ImportStarted(Event, name="import_started.v1"):
    """The import of a file began. `digest` is the SHA-256 of its decompressed bytes."""

    source: str
    file: str
    digest: str
    coverage: Coverage


class ImportFinished(Event, name="import_finished.v1"):
    """The import of a file was completed; every row is accounted for."""

    digest: str
    covers: tuple[Slice, ...]
    account: Account
    quarantined: dict[str, int]
