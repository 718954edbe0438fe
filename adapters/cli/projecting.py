"""`candour project`: bring the figures to the end of the log, follow it, or build them again and compare."""

import os
import threading
import time
from typing import Annotated, Any

import psycopg
import typer

from adapters import logs
from adapters.cli.exits import exit_code_of
from adapters.cli.output import AsJson, print_json, progress, say
from adapters.cli.signals import Told
from adapters.eventstore.requests import expire
from adapters.postgres import projecting
from adapters.system import System, open_system
from adapters.watching import watch_for_ever
from application.ports import StoreUnavailable
from projections import ALL
from projections.projection import Keyed

HOUSEKEEPING_SECONDS = 3600.0

Follow = Annotated[bool, typer.Option("--follow", help="Go on following the log until stopped.")]
Rebuild = Annotated[bool, typer.Option("--rebuild", help="Build again from the first event, and compare.")]


Beside = Annotated[int | None, typer.Option(hidden=True, help="The process of the server that started this one.")]


def project(follow: Follow = False, rebuild: Rebuild = False, json: AsJson = False, beside: Beside = None) -> int:
    """Bring the read models to the end of the log."""
    if follow and (rebuild or json):
        raise typer.BadParameter("--follow goes on for ever; leave out --rebuild and --json")
    with open_system() as system:
        system.facts()
        if follow:
            return _follow(system, beside)
        results = [_once(system, projection, rebuild) for projection in ALL]
    if json:
        print_json(results)
    return 6 if any(result.get("agrees") is False for result in results) else 0


def _once(system: System, projection: Keyed[Any], rebuild: bool) -> dict[str, Any]:
    conninfo = system.conninfo("candour_projector")
    projector = system.projector(projection)
    started = time.perf_counter()
    with projector.connection:
        projector.lock()
        projector.prepare()
        head = system.store.head().position
        total = head if rebuild else head - projector.position()
        result: dict[str, Any] = {"projection": projection.name}
        with progress(f"project {projection.name}", total) as advance:
            if rebuild:
                built = projecting.rebuild_and_compare(conninfo, projector, advance)
                result |= {"position": built.position, "agrees": built.agrees}
            else:
                result |= {"position": projecting.catch_up(conninfo, projector, advance)}
    seconds = time.perf_counter() - started
    verdict = {None: "", True: "; it agrees with the one in use", False: "; IT DIFFERS from the one that was in use"}
    say(f"{projection.name}: position {result['position']:,} in {seconds:.1f} s{verdict[result.get('agrees')]}")
    return result | {"events": total, "seconds": round(seconds, 3)}


def _follow(system: System, server: int | None) -> int:
    """Run every projection until told to stop, or until the server that started this process has gone."""
    told = Told()
    stopping = told.to_stop
    logs.configure()
    log = logs.logger("candour.projector")

    def must_stop() -> bool:
        return stopping.is_set() or (server is not None and os.getppid() != server)

    def follow(projection: Keyed[Any]) -> None:
        try:
            projecting.follow_for_ever(
                lambda: system.connect("candour_projector"),
                system.conninfo("candour_projector"),
                projection,
                must_stop,
                log.warning,
            )
        except Exception as error:
            log.error("projection_stopped", projection=projection.name, exc_info=error)
            told.code = exit_code_of(error) or 1

    def keep_house() -> None:
        while not must_stop():
            try:
                with system.connect("candour_projector") as connection:
                    expire(connection)
            except (StoreUnavailable, psycopg.Error) as error:
                log.warning("housekeeping_failed", exception=type(error).__name__)
            stopping.wait(HOUSEKEEPING_SECONDS)

    def watch() -> None:
        connect = lambda: system.connect("candour_projector")  # noqa: E731
        watch_for_ever(connect, lambda: system.deadline_watch, must_stop, logs.logger("candour.watch"))

    threads = [threading.Thread(target=follow, args=(projection,), name=projection.name) for projection in ALL]
    threading.Thread(target=keep_house, name="housekeeping", daemon=True).start()
    watching = threading.Thread(target=watch, name="deadline watch")
    for thread in (*threads, watching):
        thread.start()
    for thread in threads:
        thread.join()
    stopping.set()  # without projections there is nothing to watch
    watching.join()
    return told.code
