"""`candour import`: files become testimony in the log."""

from pathlib import Path
from typing import Annotated

import typer

from adapters.cli.import_account import as_json, say_what_else, show_accounts
from adapters.cli.import_table import check_a_table, import_a_table, ready
from adapters.cli.output import AsJson, print_json, stages
from adapters.importers.police_uk import import_file
from adapters.importers.table.importing import TableResult
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
    results: list[TableResult] = []
    with open_system() as system:
        ready(system)
        for file in files:
            apart = quarantine or Path(f"{file.name.removesuffix('.gz').removesuffix('.csv')}.quarantine.csv")
            with stages(file.name) as report:
                results.append(
                    import_file(
                        system.store,
                        file,
                        clock=now,
                        dry_run=dry_run,
                        quarantine=apart,
                        progress=report,
                        settings=system.settings,
                    )
                )
    if json:
        accounts = [as_json(result, kind=result.kind) for result in results]
        print_json(accounts[0] if len(accounts) == 1 else accounts)
    else:
        show_accounts(results)
        for result in results:
            say_what_else(result)
