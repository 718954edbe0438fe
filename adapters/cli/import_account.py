"""How the command line tells of an import, whatever the importer."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from rich.table import Table

from adapters.cli.output import console, say
from domain.import_batch import Account


class Result(Protocol):
    """What every importer answers with."""

    @property
    def file(self) -> str: ...  # noqa: D102
    @property
    def digest(self) -> str: ...  # noqa: D102
    @property
    def batch(self) -> str: ...  # noqa: D102
    @property
    def account(self) -> Account: ...  # noqa: D102
    @property
    def reasons(self) -> dict[str, int]: ...  # noqa: D102
    @property
    def earlier(self) -> str | None: ...  # noqa: D102
    @property
    def resumed(self) -> bool: ...  # noqa: D102
    @property
    def dry_run(self) -> bool: ...  # noqa: D102
    @property
    def quarantine(self) -> Path | None: ...  # noqa: D102


def as_json(result: Result, **kind: str) -> dict[str, Any]:
    """The account as JSON; `kind` says what was imported."""
    return {
        "file": result.file,
        **kind,
        "batch": result.batch,
        "earlier_batch": result.earlier,
        "digest": result.digest,
        "dry_run": result.dry_run,
        "resumed": result.resumed,
        **result.account.model_dump(),
        "quarantined": result.reasons,
        "quarantine": str(result.quarantine) if result.quarantine else None,
    }


def show_accounts(results: Iterable[Result]) -> None:
    """A table with a line for each file."""
    table = Table("file", "read", "applied", "known", "quarantined", "corrected", "withdrawn", "events")
    for result in results:
        table.add_row(result.file, *(f"{number:,}" for number in result.account.model_dump().values()))
    console().print(table)


def say_what_else(result: Result) -> None:
    """Whether it had been imported before, where the quarantined rows are, whether anything was written."""
    if result.earlier:
        say(f"{result.file}: these bytes were imported before, as {result.earlier}; nothing was appended")
    if result.quarantine:
        say(f"{result.file}: the quarantined rows are in {result.quarantine}")
    if result.dry_run:
        say(f"{result.file}: a dry run; nothing was written")
