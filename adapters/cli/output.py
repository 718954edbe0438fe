"""What the command line prints: JSON for programs, tables for people, progress on standard error."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from adapters.plain import plain as simpler

AsJson = Annotated[bool, typer.Option("--json", help="Answer with JSON on standard output.")]
Advance = Callable[[int], None]

EVERY_SECONDS = 2.0
WIDE = 200


def print_json(data: object) -> None:
    """Indented JSON on standard output."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE | orjson.OPT_PASSTHROUGH_DATACLASS
    sys.stdout.write(orjson.dumps(data, default=_plain, option=options).decode())


def _plain(value: object) -> object:
    try:
        return simpler(value)
    except TypeError:
        return str(value)


def console() -> Console:
    """For tables on standard output; in a file or a pipe they are wide enough not to be broken."""
    return Console(soft_wrap=False, highlight=False, width=None if sys.stdout.isatty() else WIDE)


def say(text: str) -> None:
    """A line for people, on standard error."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Say what begins, and how long it took."""
    started = time.perf_counter()
    sys.stderr.write(f"{title} … ")
    sys.stderr.flush()
    try:
        yield
    except BaseException:
        sys.stderr.write("\n")
        raise
    sys.stderr.write(f"{time.perf_counter() - started:.1f} s\n")
    sys.stderr.flush()


@contextmanager
def progress(title: str, total: int | None) -> Iterator[Advance]:
    """A progress bar on a terminal, a line every two seconds elsewhere; call it with the units done since last."""
    if sys.stderr.isatty():
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task(title, total=total)
            yield lambda units: bar.advance(task, units)
        return
    done, said = 0, time.monotonic()

    def advance(units: int) -> None:
        nonlocal done, said
        done += units
        if time.monotonic() - said >= EVERY_SECONDS:
            said = time.monotonic()
            say(f"{title}: {done:,}{f' of {total:,}' if total else ''}")

    yield advance
    say(f"{title}: {done:,} done")


@contextmanager
def stages(title: str) -> Iterator[Callable[[str, int, int], None]]:
    """Progress in stages: call it with the stage, how much of it is done, and of how much."""
    with ExitStack() as stack:
        current, done = "", 0
        advance: Advance = lambda _: None  # noqa: E731

        def report(stage: str, so_far: int, total: int) -> None:
            nonlocal current, done, advance
            if stage != current:
                stack.close()
                advance, current, done = stack.enter_context(progress(f"{title}: {stage}", total)), stage, 0
            advance(so_far - done)
            done = so_far

        yield report


def plain(value: Any) -> str:
    """A cell of a table."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    return f"{value:,}" if isinstance(value, int) else str(value)
