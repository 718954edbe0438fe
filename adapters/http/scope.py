"""Whose cases a reader may list: those of their own force; of all forces with an oversight token."""

from adapters.http.problems import Problem
from adapters.postgres.readers import NotReady
from application.ports import Actor, Forbidden


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


def not_ready(error: NotReady) -> Problem:
    """The problem of a read model that is not there yet."""
    text = str(error)
    return Problem("figures-not-ready", f"{text[:1].upper()}{text[1:]}.", headers=[(b"retry-after", b"1")])
