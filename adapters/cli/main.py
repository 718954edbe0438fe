"""The command line: `candour …`. Errors are one line on standard error; exit codes are documented in EXITS."""

import os
import sys
from collections.abc import Sequence

import click
import psycopg
import typer

from adapters.cli import demonstrate, figures, history, importing, projecting, serving, simulating, tokens
from adapters.cli.exits import EXITS, exit_code_of, sentence_of

app = typer.Typer(
    name="candour",
    help="Crime reports as an immutable history, and figures that open to their events.",
    epilog="Exit codes: " + "; ".join(f"{code} {meaning}" for code, meaning in EXITS.items()),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("demo")(demonstrate.demo)
app.command("serve")(serving.serve)
app.command("project")(projecting.project)
app.command("migrate")(serving.migrate)
app.command("simulate")(simulating.simulate)
app.command("metrics")(figures.metrics)
app.command("replay")(history.replay)
app.command("token")(tokens.token)
app.add_typer(importing.app, name="import")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code."""
    try:
        result = app(args=None if arguments is None else list(arguments), prog_name="candour", standalone_mode=False)
    except click.exceptions.Abort:
        print("candour: stopped", file=sys.stderr)
        return 130
    except KeyboardInterrupt:
        print("candour: stopped", file=sys.stderr)
        return 130
    except click.ClickException as error:
        where = f" (candour {error.ctx.info_name} --help)" if isinstance(error, click.UsageError) and error.ctx else ""
        print(f"candour: {error.format_message()}{where}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (Exception, psycopg.Error) as error:
        code = exit_code_of(error)
        if code is None:
            raise
        print(f"candour: {sentence_of(error)}", file=sys.stderr)
        return code
    return result if isinstance(result, int) else 0


if __name__ == "__main__":
    main()
