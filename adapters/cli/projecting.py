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
from adapters.postgres import builds, completeness, projecting, reporters
from adapters.system import System, open_system
from adapters.watching import watch_for_ever
from application.ports import StoreUnavailable
from projections import ALL
from projections.projection import Keyed

HOUSEKEEPING_SECONDS = 3600.0
COMPLETENESS_SECONDS = 10.0

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
        results = [(rebuilt if rebuild else _once)(system, projection) for projection in ALL]
    if json:
        print_json(results)
    return 6 if any(result.get("agrees") is False for result in results) else 0


def _once(system: System, projection: Keyed[Any]) -> dict[str, Any]:
    projector = system.projector(projection)
    started = time.perf_counter()
    with projector.connection:
        projector.lock()
        projector.prepare()
        total = system.store.head().position - projector.position()
        with progress(f"project {projection.name}", total) as advance:
            position = projecting.catch_up(system.conninfo("candour_projector"), projector, advance)
        found = builds.builds(projector.connection, projection.name)
    waits = next((build.differs for build in found if build.name == projector.model.build), None)
    seconds = time.perf_counter() - started
    verdict = f"; IT DIFFERS from the one in use ({waits}) and waits, {_how(projection)}" if waits else ""
    say(f"{projection.name}: position {position:,} in {seconds:.1f} s{verdict}")
    result = {"projection": projection.name, "position": position, "events": total, "seconds": round(seconds, 3)}
    return result | ({"agrees": False} if waits else {})


def rebuilt(system: System, projection: Keyed[Any]) -> dict[str, Any]:
    """Build a read model again and compare, with a progress bar; says what became of it. Raises `Busy`."""
    projector = system.projector(projection)
    started = time.perf_counter()
    with projector.connection:
        projecting.take_for_rebuild(projector)
        total = system.store.head().position
        with progress(f"rebuild {projection.name}", total) as advance:
            done = projecting.rebuild_and_compare(system.conninfo("candour_projector"), projector, advance)
    seconds = time.perf_counter() - started
    verdict = {
        None: "",
        True: "; it agrees with the one that was in use",
        False: f"; IT DIFFERS from the one in use ({done.difference}) and waits, {_how(projection)}",
    }
    say(f"{projection.name}: position {done.position:,} in {seconds:.1f} s{verdict[done.agrees]}")
    return {
        "projection": projection.name,
        "position": done.position,
        "agrees": done.agrees,
        "difference": None if done.difference is None else str(done.difference),
        "events": total,
        "seconds": round(seconds, 3),
    }


def _how(projection: Keyed[Any]) -> str:
    return f"see `candour projections diff {projection.name}`"


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
                    reporters.expire(connection)
            except (StoreUnavailable, psycopg.Error) as error:
                log.warning("housekeeping_failed", exception=type(error).__name__)
            stopping.wait(HOUSEKEEPING_SECONDS)

    def look() -> None:
        """Whether each read model holds each event; and what nobody reads any more goes."""
        while not must_stop():
            try:
                connect = lambda: system.connect("candour_projector")  # noqa: E731
                completeness.watch(connect, must_stop, log, COMPLETENESS_SECONDS)
            except (StoreUnavailable, psycopg.Error) as error:
                log.warning("completeness_not_looked_at", exception=type(error).__name__)
            stopping.wait(COMPLETENESS_SECONDS)

    def watch() -> None:
        connect = lambda: system.connect("candour_projector")  # noqa: E731
        watch_for_ever(connect, lambda: system.deadline_watch, must_stop, logs.logger("candour.watch"))

    threads = [threading.Thread(target=follow, args=(projection,), name=projection.name) for projection in ALL]
    threading.Thread(target=keep_house, name="housekeeping", daemon=True).start()
    threading.Thread(target=look, name="completeness", daemon=True).start()
    watching = threading.Thread(target=watch, name="deadline watch")
    for thread in (*threads, watching):
        thread.start()
    for thread in threads:
        thread.join()
    stopping.set()  # without projections there is nothing to watch
    watching.join()
    return told.code
