"""The command line: `candour …`. Errors are one line on standard error; exit codes are documented in EXITS."""

import os
import signal
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit. Whatever it started is stopped when it is told to end."""
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _terminate)
    if signal.getsignal(signal.SIGHUP) == signal.SIG_DFL:  # under nohup it stays ignored
        signal.signal(signal.SIGHUP, _hang_up)
    sys.exit(run(arguments))


def _interrupt(*_: object) -> None:
    _leave_in_peace()
    raise KeyboardInterrupt


def _terminate(*_: object) -> None:
    _leave_in_peace()
    sys.exit(143)


def _hang_up(*_: object) -> None:
    signal.raise_signal(signal.SIGTERM)


def _leave_in_peace() -> None:
    """The first signal ends the work; those after it do not disturb the clearing up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


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
    # Late: while modules are read, which takes a moment, Ctrl-C must already be heeded.
    import typer

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
