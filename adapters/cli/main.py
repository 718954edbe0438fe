"""The command line: `candour …`. Errors are one line on standard error; exit codes are documented in EXITS."""

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from adapters.cli import signals


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit. Whatever it started is stopped when it is told to end."""
    signals.go_at_once()
    gc.disable()  # what is loaded stays: looking for garbage among it is a fifth of the time to start
    import_module("adapters.cli.commands")  # late: it takes a moment, and Ctrl-C must already be heeded
    gc.freeze()
    gc.enable()
    signals.clear_up()
    try:
        sys.exit(run(arguments))
    finally:
        signals.ignore()


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code."""
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        print("candour: stopped", file=sys.stderr)
        return 130


def _run(arguments: Sequence[str] | None) -> int:
    given = (sys.argv[1:] if arguments is None else list(arguments)) or ["--help"]
    if any("\ud800" <= letter <= "\udfff" for argument in given for letter in argument):
        print("candour: the command line is not UTF-8", file=sys.stderr)
        return 2
    import typer  # late, as in `main`

    from adapters.cli.commands import app
    from adapters.cli.exits import exit_code_of, sentence_of

    try:
        result = app(args=given, prog_name="candour", standalone_mode=False)
        if result == 130:
            raise KeyboardInterrupt
    except typer.Abort:
        raise KeyboardInterrupt from None
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        path = context.command_path if context is not None else "candour"
        message = error.format_message() if isinstance(error, typer.BadParameter) else str(error)
        print(f"candour: {' '.join(message.split())} ({path} --help)", file=sys.stderr)
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        code = exit_code_of(error)
        if code is None:
            raise
        print(f"candour: {sentence_of(error)}", file=sys.stderr)
        return code
    return result if isinstance(result, int) else 0


if __name__ == "__main__":
    main()
