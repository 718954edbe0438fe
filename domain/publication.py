"""A publication: figures that were released to everybody with a token, as they were known at one moment, for ever."""

from datetime import date
from hashlib import sha256

from domain.event import Event, Fact
from domain.values import Moment

PREFIX = "publication-"


class PublishedFigure(Fact):
    """One figure of a publication. `table` is the text that was published; `digest` the SHA-256 of its bytes."""

    metric: str
    definition_version: int
    since: date | None = None
    until: date | None = None
    as_of: Moment | None = None
    table: str
    digest: str


class FiguresPublished(Event, name="figures_published.v1"):
    """Figures were released. `known_at`: what was written by then is what they show; `rule_set`: how small numbers were
    protected. A publication is never changed; a later one may say something else."""

    title: str
    known_at: Moment
    rule_set: str
    figures: tuple[PublishedFigure, ...]


def digest_of(table: str) -> str:
    """The SHA-256 of a published text."""
    return sha256(table.encode()).hexdigest()
