"""The one rule of `domain.misconduct.walls`, over read tables with the columns of `Visibility`."""

from collections.abc import Iterable
from typing import Any

from psycopg import sql

from application.ports import Actor
from domain.event import Role
from domain.misconduct.intake import SERVICE
from domain.misconduct.walls import HANDLERS, OVERSIGHT, unit_key

COLUMNS = "held_by text, service bool, corruption bool, staff text[], units text[], opened_by text"
CUT = (
    "channel",
    "anonymity",
    "about_force",
    "categories",
    "allegation_categories",
    "subjects",
    "identified",
    "allegations",
    "received_at",
    "received_at_precision",
)
"""The columns of the register of which whoever a report was passed to has what the pass names (`told_…`), and the force
that has it also what it had before (`holder_…`)."""
_TRUE, _FALSE = sql.SQL("true"), sql.SQL("false")


def admitting(actor: Actor, of: str | None = None) -> tuple[sql.Composable, dict[str, Any]]:
    """The condition under which a row is for the actor's eyes, never null, and its parameters (`wall_…`).

    `of`: the alias of the table. Says the same as `admits` for each row.
    """

    def column(name: str) -> sql.Composable:
        return sql.Identifier(*((of, name) if of else (name,)))

    mine = sql.SQL("coalesce({} = %(wall_force)s, false)")
    handles, force = not HANDLERS.isdisjoint(actor.roles), actor.force
    own = sql.SQL("({} OR {})").format(mine.format(column("held_by")), mine.format(column("opened_by")))
    elsewhere = Role.AUDITOR in actor.roles or handles
    plain = (_TRUE if elsewhere else _FALSE) if force == OVERSIGHT else own if handles else _FALSE
    corrupt = mine.format(column("held_by")) if Role.ACU_INVESTIGATOR in actor.roles else _FALSE
    operates = Role.INTAKE_OPERATOR in actor.roles and force in (SERVICE, OVERSIGHT)
    condition = sql.SQL(
        "(NOT %(wall_staff)s = ANY({staff}) AND (%(wall_unit)s::text IS NULL OR NOT %(wall_unit)s = ANY({units}))"
        " AND (({operates} AND {service}) OR CASE WHEN {corruption} THEN {corrupt} ELSE {plain} END))"
    ).format(
        staff=column("staff"),
        units=column("units"),
        operates=_TRUE if operates else _FALSE,
        service=column("service"),
        corruption=column("corruption"),
        corrupt=corrupt,
        plain=plain,
    )
    unit = None if actor.unit is None else unit_key(force, actor.unit)
    return condition, {"wall_staff": actor.id, "wall_unit": unit, "wall_force": force}


def following(actor: Actor, of: str) -> tuple[sql.Composable, dict[str, Any]]:
    """The condition under which the actor may follow where the report of a row went; says the same as `follows`."""
    _, parameters = admitting(actor, of)
    operates = Role.INTAKE_OPERATOR in actor.roles and actor.force in (SERVICE, OVERSIGHT)
    condition = sql.SQL(
        "({operates} AND NOT %(wall_staff)s = ANY({staff})"
        " AND (%(wall_unit)s::text IS NULL OR NOT %(wall_unit)s = ANY({units}))"
        " AND coalesce({opened_by} = %(wall_service)s, false) AND {held_by} IS NOT NULL)"
    ).format(
        operates=_TRUE if operates else _FALSE,
        **{name: sql.Identifier(of, name) for name in ("staff", "units", "opened_by", "held_by")},
    )
    return condition, parameters | {"wall_service": SERVICE}


def as_told(actor: Actor, register: sql.Composable, names: Iterable[str]) -> sql.Composable:
    """The register as the actor has it: its columns of these names, cut to what was passed on to them.

    Takes the parameters of `admitting`. Tells of a row what `domain.misconduct.passed_on` does of its history; to the
    counter-corruption unit less, where a report came back to it.
    """
    acu = sql.SQL("unit_privy") if Role.ACU_INVESTIGATOR in actor.roles else _FALSE
    here = sql.SQL("coalesce(opened_by = %(wall_force)s, false) AND (privy OR {})").format(acu)
    whole = sql.SQL("privy") if actor.force == OVERSIGHT else here

    def column(name: str) -> sql.Composable:
        if name not in CUT:
            return sql.Identifier(name)
        own, told, held = (sql.Identifier(f"{prefix}{name}") for prefix in ("", "told_", "holder_"))
        return sql.SQL(
            "CASE WHEN {} THEN {own} WHEN coalesce(held_by = %(wall_force)s, false) THEN {} ELSE {} END AS {own}"
        ).format(whole, held, told, own=own)

    return sql.SQL("(SELECT {} FROM {})").format(sql.SQL(", ").join(map(column, names)), register)
