"""The rule of walls as SQL says the same as the one rule, over a grid of reports and people."""

from itertools import combinations, product

import pytest
from psycopg import sql

from adapters.postgres.walls import COLUMNS, admitting
from adapters.system import System
from application.ports import Actor
from domain.event import Role
from domain.misconduct.intake import SERVICE
from domain.misconduct.walls import Visibility, admits, unit_key

NAMED = frozenset({"x", "sergeant"})
ROLES = (Role.PSD_INVESTIGATOR, Role.ACU_INVESTIGATOR, Role.INTAKE_OPERATOR, Role.AUDITOR, Role.RECORDER, Role.REPORTER)
REPORTS = [
    Visibility(held_by, service, corruption, staff, units, opened_by)
    for held_by, service, corruption, staff, units, opened_by in product(
        (None, "kent", "essex"),
        (True, False),
        (True, False),
        (frozenset[str](), NAMED),
        (frozenset[str](), frozenset({unit_key("kent", "North")})),
        (SERVICE, "kent", "essex"),
    )
]
PEOPLE = [
    Actor(staff, frozenset(roles), force, unit)
    for staff, roles, force, unit in product(
        ("x", "stranger"),
        [(role,) for role in ROLES] + list(combinations(ROLES[:4], 2)) + [ROLES[:5]],
        ("kent", "essex", SERVICE, "*"),
        (None, "NORTH", "south"),
    )
]


def disagreements(system: System, broken: bool = False) -> list[tuple[Actor, Visibility]]:
    """Where the SQL says otherwise than the rule; `broken`: with the wall around the unit left out of the SQL."""
    found: list[tuple[Actor, Visibility]] = []
    with system.connect("admin") as connection:
        connection.execute(f"CREATE TEMP TABLE reports (number int, {COLUMNS})")
        connection.cursor().executemany(
            "INSERT INTO reports VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [
                (number, *report._replace(staff=sorted(report.staff), units=sorted(report.units)))
                for number, report in enumerate(REPORTS)
            ],
        )
        for actor in PEOPLE:
            condition, parameters = admitting(actor, "r")
            if broken:
                parameters["wall_unit"] = None
            query = sql.SQL("SELECT number, {} FROM reports r").format(condition)
            for number, said in connection.execute(query, parameters):
                report = REPORTS[number]
                if said is not admits(actor.id, actor.force, actor.unit, actor.roles, report):
                    found.append((actor, report))
    return found


def test_sql_admits_whom_the_rule_admits(system: System) -> None:
    assert len(REPORTS) * len(PEOPLE) > 40_000
    assert disagreements(system) == []


def test_a_wall_that_is_left_out_is_noticed(system: System) -> None:
    assert disagreements(system, broken=True)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_is_admitted_somewhere_or_nowhere(role: Role) -> None:
    seen = any(
        admits(actor.id, actor.force, actor.unit, actor.roles, report)
        for actor in PEOPLE
        if actor.roles == {role}
        for report in REPORTS
    )
    assert seen is (role not in (Role.RECORDER, Role.REPORTER))
