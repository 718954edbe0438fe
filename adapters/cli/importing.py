"""`candour import`: files become testimony in the log."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from adapters.cli.import_table import check_a_table, import_a_table, ready
from adapters.cli.output import AsJson, console, print_json, say, stages
from adapters.importers.police_uk import ImportResult, import_file
from adapters.system import now, open_system

app = typer.Typer(help="Import files as testimony.", rich_markup_mode=None)
app.command("table")(import_a_table)
app.command("check")(check_a_table)


@app.command("police-uk")
def police_uk(
    files: Annotated[list[Path], typer.Argument(help="Street and outcomes CSV files, plain or .gz, in any order.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing; give the same account.")] = False,
    quarantine: Annotated[
        Path | None, typer.Option(help="Where rows that cannot be read go (default: FILE.quarantine.csv here).")
    ] = None,
    json: AsJson = False,
) -> None:
    """Import street and outcomes files of data.police.uk."""
    if quarantine is not None and len(files) > 1:
        raise typer.BadParameter("--quarantine takes one file; leave it out for several")
    results: list[ImportResult] = []
    with open_system() as system:
        ready(system)
        for file in files:
            apart = quarantine or Path(f"{file.name.removesuffix('.gz').removesuffix('.csv')}.quarantine.csv")
            with stages(file.name) as report:
                results.append(
                    import_file(system.store, file, clock=now, dry_run=dry_run, quarantine=apart, progress=report)
                )
    if json:
        accounts = [_account(result) for result in results]
        print_json(accounts[0] if len(accounts) == 1 else accounts)
    else:
        _show(results)


def _account(result: ImportResult) -> dict[str, Any]:
    return {
        "file": result.file,
        "kind": str(result.kind),
        "batch": result.batch,
        "earlier_batch": result.earlier,
        "digest": result.digest,
        "dry_run": result.dry_run,
        "resumed": result.resumed,
        **result.account.model_dump(),
        "quarantined": result.reasons,
        "quarantine": str(result.quarantine) if result.quarantine else None,
    }


def _show(results: list[ImportResult]) -> None:
    table = Table("file", "read", "applied", "known", "quarantined", "corrected", "withdrawn", "events")
    for result in results:
        account = result.account
        table.add_row(
            result.file,
            *(
                f"{number:,}"
                for number in (
                    account.rows_read,
                    account.rows_applied,
                    account.rows_already_known,
                    account.rows_quarantined,
                    account.rows_corrected,
                    account.rows_withdrawn,
                    account.events_appended,
                )
            ),
        )
    console().print(table)
    for result in results:
        if result.earlier:
            say(f"{result.file}: these bytes were imported before, as {result.earlier}; nothing was appended")
        if result.quarantine:
            say(f"{result.file}: the quarantined rows are in {result.quarantine}")
        if result.dry_run:
            say(f"{result.file}: a dry run; nothing was written")
