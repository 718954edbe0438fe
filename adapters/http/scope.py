"""Lists of read models: whose rows a reader may see, a page of them, and how far it lags behind the log."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from starlette.responses import Response

from adapters.http.answers import Answer, Standing
from adapters.http.problems import Problem, invalid
from adapters.postgres.readers import NotReady
from adapters.postgres.reading_rows import Found
from application.ports import Actor, Forbidden
from domain.event import Role
from domain.values import Moment, instant

Row = dict[str, Any]
SEPARATOR = "~"


def force_of(actor: Actor, wanted: str | None) -> str | None:
    """The force to read (None: all); raises `Forbidden` for another one than the reader's own."""
    if actor.force == "*":
        return wanted
    if wanted not in (None, actor.force):
        raise Forbidden(f"Your token is for {actor.force}; cases of other forces take an oversight token.")
    return actor.force


def owner_of(actor: Actor, wanted: str | None) -> str | None:
    """Whose work is meant: `me` is the reader; `none`, nobody, is for the finders to understand."""
    return actor.id if wanted == "me" else wanted


class Page(NamedTuple):
    """At most so many rows as were asked for; `following`: there are more."""

    rows: list[Row]
    position: int
    following: bool

    @property
    def final(self) -> Row | None:
        """The last row, if there is a page after this one."""
        return self.rows[-1] if self.following else None

    def last(self, column: str) -> Any:
        """What the next page is asked for by: that column of the last row; None if this is the last page."""
        return self.final and self.final[column]

    def answer(self, body: Row, standing: Standing) -> Response:
        """The body; for oversight, with the position of the read model and how many events it lags behind."""
        return Answer(body, standing.covering(self.position))


def page(find: Callable[[], Found], limit: int) -> Page:
    """A page of at most `limit` rows, where `find` asks for one more; a `Problem` while there is no read model."""
    try:
        found = find()
    except NotReady as error:
        raise not_ready(error) from error
    return Page(found.rows[:limit], found.position, len(found.rows) > limit)


def linked(row: Row, to: Callable[[str], str], **names: str) -> Row:
    """The row with some columns under other names, first, and the address of what the last of these names."""
    first = {name: row[column] for name, column in names.items()}
    rest = {column: value for column, value in row.items() if column not in names.values()}
    return {**first, **rest, "href": to(list(first.values())[-1])}


def cursor(at: datetime | str, of: str) -> str:
    """What a page after that time and id is asked for by."""
    return f"{at if isinstance(at, str) else instant(at)}{SEPARATOR}{of}"


def since(after: str) -> tuple[datetime, str] | None:
    """The time and the id of a cursor; None: from the beginning; a `Problem` (422) if it is none."""
    if not after:
        return None
    at, _, of = after.partition(SEPARATOR)
    try:
        return Moment.of(at).earliest, of
    except ValueError as error:
        raise invalid("after", "give `next_after` of the page before, or leave it out to begin") from error


def roles_of(actor: Actor, to: str | None) -> list[str] | None:
    """To whom something was brought: `me` is to one of the reader's roles; a `Problem` (422) for what is no role."""
    if to is None:
        return None
    if to == "me":
        return sorted(actor.roles)
    if to not in set(Role):
        raise invalid("to", f"must be me or one of {', '.join(Role)}")
    return [to]


def not_ready(error: NotReady) -> Problem:
    """The problem of a read model that is not there yet."""
    text = str(error)
    return Problem("figures-not-ready", f"{text[:1].upper()}{text[1:]}.", headers=[(b"retry-after", b"1")])
