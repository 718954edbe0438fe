"""`candour serve` and `candour migrate`."""

import socket
from contextlib import nullcontext, suppress
from typing import Annotated

import typer

from adapters.cli.locking import serving
from adapters.cli.output import AsJson, print_json, say
from adapters.cli.signals import undisturbed
from adapters.listening import bound
from adapters.settings import Settings, from_environment
from adapters.system import NotMigrated, System, open_system
from adapters.workers import serve_with_workers


def migrate(
    synthetic: Annotated[
        bool, typer.Option("--synthetic", help="Create the store as synthetic, for ever: for simulated histories.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Create or upgrade the schema, the roles and the adopted rule sets."""
    with open_system() as system:
        ran = system.migrate(synthetic=synthetic)
        facts = system.facts()
        if json:
            print_json({"steps": ran, "synthetic": facts.synthetic, "store_id": facts.store_id})
        else:
            done = ", ".join(ran) if ran else "nothing to do"
            say(f"{system.location} ({'synthetic' if facts.synthetic else 'live'}): {done}")


def serve(
    workers: Annotated[int, typer.Option(min=1, max=64, help="How many processes serve the API.")] = 1,
    projector: Annotated[
        bool, typer.Option("--projector/--no-projector", help="Whether to run the projector as a child process too.")
    ] = True,
    worker_timeout: Annotated[
        int,
        typer.Option(min=3, max=3600, help="Seconds without a sign of life after which one of several is replaced."),
    ] = 30,
    listener: Annotated[int | None, typer.Option(hidden=True, help="The socket that a parent listens on.")] = None,
    beside: Annotated[int | None, typer.Option(hidden=True, help="The process of that parent.")] = None,
) -> None:
    """Serve the API, with the projector as a child process. Ctrl-C stops everything that was started."""
    settings = from_environment()
    if listener is not None and beside is not None:
        _serve_beside(settings, listener, beside)
        return
    with (
        serving(settings.data_dir) if settings.database_url is None else nullcontext(),
        bound(settings) as held,
        open_system(settings) as system,
    ):
        if settings.database_url is None:
            system.migrate()
        if workers > 1:
            serve_with_workers(system, held, _announce, workers, silence=worker_timeout, projector=projector)
        else:
            with undisturbed():
                from adapters.server import serve_system  # late: the web framework would slow down every command

            serve_system(system, held, _announce, projector=projector)


def _serve_beside(settings: Settings, listener: int, parent: int) -> None:
    with undisturbed():
        from adapters.server import serve_beside  # late, as above

    with socket.socket(fileno=listener) as shared, open_system(settings) as system:
        serve_beside(system, shared, _alive, parent)


def _alive() -> None:
    with suppress(OSError):  # the parent has gone, which is noticed elsewhere
        print(".", end="", flush=True)


def _announce(address: str) -> None:
    say(f"Candour serves {address}  (Ctrl-C stops it)")


def must_be_migrated(system: System) -> None:
    """Raises `NotMigrated` with what to do."""
    try:
        system.facts()
    except NotMigrated as error:
        raise NotMigrated(
            f"{system.location} holds no store yet; run `candour migrate`, or try `candour demo`"
        ) from error
