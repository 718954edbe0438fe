"""Promoting a read model that differs from the one in use: the decision is put on record before it is carried out."""

from typing import Any
from uuid import uuid4

from adapters.postgres import projecting
from adapters.postgres.builds import Build, stream_of
from adapters.postgres.difference import Counts, Difference
from adapters.system import System, now
from application.ports import Append, Appended, Conflict, NewEvent
from domain.event import Purpose, Role
from domain.promotion import Differences, ProjectionPromoted
from domain.values import instant
from projections.projection import Keyed

EVERY_FORCE = "*"
LONGEST_REASON = 2000


class NeedsReason(Exception):
    """The build differs from the one in use and no reason was given. `difference` says how it differs."""

    def __init__(self, found: Difference) -> None:
        super().__init__(
            f"the build {found.after} of {found.projection} differs from the one in use ({found}); see "
            f"`candour projections diff {found.projection}`, and give --reason to promote it all the same"
        )
        self.difference = found


def promote(
    system: System, projection: Keyed[Any], reason: str | None, by: str
) -> tuple[Difference | None, Appended | None]:
    """Put the build that waits in use: how it differs, and the event on record, if one had to be written.

    A reason is on record before readers see the other content; whoever is interrupted in between finds the decision
    there, and it is carried out at the next `promote` or start of the projection. Raises `NeedsReason`, `Busy`,
    `NothingWaits`.
    """
    written: list[Appended] = []

    def decide(found: Difference, build: Build) -> None:
        if not reason:
            raise NeedsReason(found)
        written.append(_on_record(system, _promoted(found, build, reason), by))

    projector = system.projector(projection)
    with projector.connection:
        found = projecting.promote(projector, decide)
    return found, written[0] if written else None


def _promoted(found: Difference, build: Build, reason: str) -> ProjectionPromoted:
    return ProjectionPromoted(
        projection=found.projection,
        before=found.before,
        after=found.after,
        build_id=build.id,
        position=build.position,
        digest=build.digest,
        rows=_differences(found.rows),
        versions=_differences(found.versions),
        because=reason[:LONGEST_REASON],
    )


def _differences(found: Counts) -> Differences:
    return Differences(only_before=found.only_before, only_after=found.only_after, changed=found.changed)


def _on_record(system: System, event: ProjectionPromoted, by: str) -> Appended:
    stream = stream_of(event.projection)
    new = NewEvent(uuid4(), event, instant(now()), by, Role.ADMINISTRATOR, Purpose.ADMINISTRATION)
    version = len(system.store.load(stream))
    done = system.store.append(Append(stream, version, EVERY_FORCE, (new,)))
    if isinstance(done, Conflict):
        raise done
    return done
