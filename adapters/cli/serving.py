"""`candour serve` and `candour migrate`."""

from contextlib import nullcontext
from typing import Annotated

import typer

from adapters.cli.locking import serving
from adapters.cli.output import AsJson, print_json, say
from adapters.settings import from_environment
from adapters.system import NotMigrated, System, open_system


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


def serve() -> None:
    """Serve the API, with the projector as a child process. Ctrl-C stops everything that was started."""
    from adapters.server import bound, serve_system  # late: the web framework would slow down every command

    settings = from_environment()
    with (
        serving(settings.data_dir) if settings.database_url is None else nullcontext(),
        bound(settings) as listener,
        open_system(settings) as system,
    ):
        if settings.database_url is None:
            system.migrate()
        serve_system(system, listener, lambda address: say(f"Candour serves {address}  (Ctrl-C stops it)"))


def must_be_migrated(system: System) -> None:
    """Raises `NotMigrated` with what to do."""
    try:
        system.facts()
    except NotMigrated as error:
        raise NotMigrated(
            f"{system.location} holds no store yet; run `candour migrate`, or try `candour demo`"
        ) from error
