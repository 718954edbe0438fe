"""`candour publish` and `candour publications`: figures are released, read, and worked out again."""

from datetime import date
from typing import Annotated

import typer
from rich.table import Table

from adapters import publishing
from adapters.cli.output import AsJson, console, print_json, say
from adapters.cli.serving import must_be_migrated
from adapters.cli.tokens import OPERATOR
from adapters.system import now, open_system
from application.known_at import parse_as_of


def publish(
    title: Annotated[str, typer.Option(help="What the publication is called.")],
    since: Annotated[str, typer.Option(help="First London day of the period (2024-04-01).")],
    until: Annotated[str, typer.Option(help="First London day after the period.")],
    metric: Annotated[
        list[str] | None, typer.Option(help="A figure; give several for several. Without: all about misconduct.")
    ] = None,
    known_at: Annotated[str | None, typer.Option(help="As known at an instant or the end of a day; else now.")] = None,
    json: AsJson = False,
) -> None:
    """Release figures by force, as they were known at one moment, with small numbers withheld."""
    first, after = _day("--since", since), _day("--until", until)
    with open_system() as system:
        must_be_migrated(system)
        instant = parse_as_of(known_at, now()) if known_at else None
        wanted = publishing.Wanted(title, first, after, instant, tuple(metric or ()))
        entry = publishing.publication(system, publishing.publish(system, wanted, OPERATOR, now).stream)
    if json:
        print_json(publishing.shown(entry))
    else:
        say(f"published as {entry.stream}: {len(publishing.summary(entry)['metrics'])} figures")


def publications(
    publication: Annotated[str | None, typer.Argument(help="One of them; without it, the list.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Work its figures out again from the log, and compare.")
    ] = False,
    json: AsJson = False,
) -> int:
    """What was published; with --check, whether it comes out the same again (exit code 6 if it does not)."""
    if check and publication is None:
        raise typer.BadParameter("--check takes a publication")
    with open_system() as system:
        must_be_migrated(system)
        if publication is None:
            return _list([publishing.summary(entry) for entry in publishing.publications(system)], json)
        if not check:
            print_json(publishing.shown(publishing.publication(system, publication)))
            return 0
        checked = publishing.check(system, publication)
    if json:
        print_json([each._asdict() for each in checked])
    for each in [] if json else checked:
        verdict = {True: "the same", False: "IT DIFFERS", None: "defined anew since; not compared"}[each.agrees]
        print(f"{each.metric}: {verdict}")
    return 6 if any(each.agrees is False for each in checked) else 0


def _list(found: list[dict[str, object]], json: bool) -> int:
    if json:
        print_json({"publications": found})
        return 0
    table = Table("publication", "title", "published at", "known at", "figures")
    for each in found:
        names = each["metrics"]
        count = len(names) if isinstance(names, list) else 0  # pyright: ignore[reportUnknownArgumentType]
        table.add_row(
            str(each["publication"]), str(each["title"]), str(each["published_at"]), str(each["known_at"]), str(count)
        )
    console().print(table)
    return 0


def _day(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{option}: {text!r} is not a date; write 2024-04-01") from error
