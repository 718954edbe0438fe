"""A promotion that needed a reason: readers were moved to a read model whose content is another."""

from uuid import UUID

from domain.event import Event, Fact


class Differences(Fact):
    """How much differs between two builds: in one only, in the other only, in both but not the same."""

    only_before: int
    only_after: int
    changed: int


class ProjectionPromoted(Event, name="projection_promoted.v1"):
    """A read model that differs from the one in use was put in use, by whom the envelope names. Figures may change.

    `before` and `after` are the builds, `build_id` is the identity of the latter, `position` and `digest` are what it
    had applied. `rows` counts the present rows that differ, `versions` those of the history. The reason is kept in the
    clear: it names no person.
    """

    projection: str
    before: str
    after: str
    build_id: UUID
    position: int
    digest: str
    rows: Differences
    versions: Differences
    because: str
