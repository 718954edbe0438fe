"""`candour import table` and `candour import check`: any table, by a mapping."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from adapters.cli.import_account import as_json, say_what_else, show_accounts
from adapters.cli.output import AsJson, console, print_json, say, stages
from adapters.cli.serving import must_be_migrated
from adapters.importers.shipped import names, shipped
from adapters.importers.table.checking import Check, check_table
from adapters.importers.table.importing import TableResult, import_table
from adapters.settings import from_environment
from adapters.system import NotMigrated, System, now, open_system

File = Annotated[Path, typer.Argument(help="A CSV, TSV, JSON lines or Excel (.xlsx) file; text may be .gz.")]
MappingFile = Annotated[
    Path, typer.Option("--mapping", help="What its rows and columns mean, in TOML; police-uk is one that ships.")
]
SUFFIXES = (".gz", ".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".xlsx")


def ready(system: System) -> None:
    """An embedded store is made where there is none yet; one of your own must be migrated."""
    try:
        must_be_migrated(system)
    except NotMigrated:
        if system.embedded is None:
            raise
        system.migrate()


def import_a_table(
    file: File,
    mapping: MappingFile,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing; give the same account.")] = False,
    quarantine: Annotated[
        Path | None, typer.Option(help="Where rows that cannot be read go (default: FILE.quarantine.csv here).")
    ] = None,
    json: AsJson = False,
) -> None:
    """Import a table, as a mapping says."""
    name = file.name
    for suffix in SUFFIXES:
        name = name.removesuffix(suffix)
    apart = quarantine or Path(f"{name}.quarantine.csv")
    with open_system() as system:
        ready(system)
        with stages(file.name) as report:
            result = import_table(
                system.store,
                file,
                ready_made(mapping),
                clock=now,
                dry_run=dry_run,
                quarantine=apart,
                progress=report,
                settings=system.settings,
            )
    if json:
        print_json(_account(result))
    else:
        _show(result)


def check_a_table(file: File, mapping: MappingFile, json: AsJson = False) -> None:
    """Say what a mapping would make of a file. Writes nothing."""
    mapping = ready_made(mapping)
    with stages(file.name) as report:
        found = check_table(file, mapping, now=now(), progress=report)
    if not json:
        _explain(found)  # before the database is asked, which may be away
    would = _compared(file, mapping) if found.fits and found.rows else None
    if json:
        print_json(asdict(found) | {"would": _account(would) if would else None})
    elif would is not None:
        _show(would)
    if not found.fits:
        raise typer.Exit(3)


def _compared(file: Path, mapping: Path) -> TableResult | None:
    """The account that an import would give; None without a store, of which none is made."""
    settings = from_environment()
    if settings.has_store:
        with open_system(settings) as system:
            try:
                must_be_migrated(system)
            except NotMigrated:
                pass
            else:
                with stages(file.name) as report:
                    return import_table(
                        system.store, file, mapping, clock=now, dry_run=True, progress=report, settings=system.settings
                    )
    say("there is no store yet, so the file was not compared with earlier releases and other sources")
    return None


def ready_made(mapping: Path) -> Path:
    """The mapping itself, or the one of that name that ships."""
    return shipped(str(mapping)) if str(mapping) in names() and not mapping.exists() else mapping


def _account(result: TableResult) -> dict[str, Any]:
    return {
        **as_json(result, source=result.source),
        "disagreed": result.disagreed,
        "disagreements": [each._asdict() for each in result.disagreements],
        "notes": list(result.notes),
    }


def _show(result: TableResult) -> None:
    show_accounts([result])
    _rows("set aside because", "rows", result.reasons)
    if result.disagreements:
        differ = Table("case", "fact", "this source says", "another says", "which")
        for each in result.disagreements[:20]:
            differ.add_row(each.case, f"{each.fact}.{each.field}", each.says, each.other_says, each.other)
        console().print(differ)
        say(f"{result.disagreed:,} facts differ from another source; both are kept (--json lists up to 1,000)")
    for note in result.notes:
        say(f"{result.file}: {note}")
    say_what_else(result)


def _explain(found: Check) -> None:
    for column in found.missing_columns:
        say(f"{found.file} has no column {column}")
    if found.unused_columns:
        say(f"columns that the mapping does not use: {', '.join(found.unused_columns)}")
    if not found.fits:
        return
    say(f"{found.rows:,} rows; {found.repeated_headers} repeated headers; {found.repeated_keys} keys that return")
    _rows("event", "rows", found.events)
    _rows("blank in column", "rows", found.blanks)
    reasons = {f"{reason} (lines {_few(found.lines[reason])})": count for reason, count in found.reasons.items()}
    _rows("would be set aside because", "rows", reasons)
    for column, values in found.untranslated.items():
        _rows(f"not translated in “{column}”", "rows", values)
    for sample in found.samples:
        say(f"line {sample['line']} → {sample['case']} ({sample['force']}, key {sample['key']})")
        for event in sample["events"]:
            facts = " ".join(f"{name}={value}" for name, value in event.items() if name not in ("event", "at"))
            say(f"    {event['at']:<28} {event['event']} {facts}")


def _few(lines: list[int]) -> str:
    return ", ".join(map(str, lines))


def _rows(title: str, unit: str, counts: dict[str, int]) -> None:
    if counts:
        table = Table(title, unit)
        for name, count in counts.items():
            table.add_row(name, f"{count:,}")
        console().print(table)
