"""The import door for the street and outcomes files of data.police.uk: a mapping that ships with Candour."""

from pathlib import Path

from adapters.importers.reading import Progress, silent
from adapters.importers.shipped import shipped
from adapters.importers.table.importing import TableResult, import_table
from adapters.settings import Settings
from application.ports import Clock, EventStore, NewId

NAME = "police-uk"


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
) -> TableResult:
    """Import one file, plain or gzip, as `import_table` does."""
    return import_table(
        store, path, shipped(NAME), clock=clock, dry_run=dry_run, quarantine=quarantine, progress=progress,
        new_id=new_id, settings=settings,
    )  # fmt: skip
