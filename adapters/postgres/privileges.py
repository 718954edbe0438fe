"""Whether the roles may do what they must and nothing more: the forbidden is tried, in a transaction rolled back."""

from typing import Any

import psycopg
from psycopg import sql

from adapters.finding import Finding, good, note, wrong
from adapters.postgres.migrate import ROLES

OWNER = "candour_owner"
APPLICATION = tuple(role for role in ROLES if role != OWNER)
CHANGES = (
    "UPDATE candour.events SET force = force WHERE false",
    "DELETE FROM candour.events WHERE false",
    "UPDATE candour.store SET synthetic = synthetic WHERE false",
)
INSERTION = "INSERT INTO candour.events SELECT * FROM candour.events WHERE false"
TRIGGERS = {"candour.events": "events_are_immutable", "candour.store": "store_is_permanent"}
BEFORE_ALL_CHANGES = 2 + 8 + 16 + 32  # pg_trigger.tgtype: before, delete, update, truncate; each statement
MAY = """
SELECT has_function_privilege('candour_writer', 'candour.append(text[], integer[], text[], uuid[], text[], text[],'
           ' text[], text[], bytea[], timestamptz[])', 'EXECUTE'),
       has_table_privilege('candour_reader', 'candour.events', 'SELECT'),
       has_table_privilege('candour_projector', 'candour.read_models', 'UPDATE'),
       has_schema_privilege('candour_projector', 'candour_read', 'CREATE')"""
MIGRATE = "Run `candour migrate`, which grants each role what it needs."


def privileges(connection: "psycopg.Connection[Any]") -> list[Finding]:
    """What the roles may do. Nothing is changed: what is tried names no row and is rolled back."""
    query = "SELECT rolname, rolsuper FROM pg_roles WHERE rolname = ANY (%s)"
    known: dict[str, bool] = dict(connection.execute(query, (list(ROLES),)).fetchall())
    missing = [role for role in ROLES if role not in known]
    if missing:
        return [wrong("roles", f"missing: {', '.join(missing)}", "Run `candour migrate`, which makes them.")]
    faults = [f"{role} is a superuser" for role, is_super in known.items() if is_super]
    faults += [f"{role} is a member of {OWNER}" for role in APPLICATION if not known[role] and _owns(connection, role)]
    faults += [
        f"{role} may {' and '.join(may)} candour.events" for role in APPLICATION if (may := _may(connection, role))
    ]
    return [
        _all(
            "roles",
            faults,
            "the application's roles own nothing and are no superusers",
            "Take that from the role (ALTER ROLE … NOSUPERUSER, REVOKE … FROM …); nobody who serves may change events.",
        ),
        _tried(connection),
        _triggers(connection),
        good("grants", "each role may do its work")
        if all(connection.execute(MAY).fetchone() or ())
        else wrong("grants", "a role may not do its work", MIGRATE),
        *_login(connection),
    ]


def _tried(connection: "psycopg.Connection[Any]") -> Finding:
    attempts = [(role, change) for role in ROLES for change in (*CHANGES, INSERTION) if _forbidden(role, change)]
    try:
        faults = [f"{role} may {change}" for role, change in attempts if _succeeds(connection, role, change)]
    except (psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.FeatureNotSupported):
        return note("immutability", "not tried: this server is read-only", "Ask again on the primary server.")
    return _all(
        "immutability",
        faults,
        "no role can change or remove an event; it was tried",
        "Somebody has changed the schema: take that right back, and compare the log with a backup.",
    )


def _forbidden(role: str, change: str) -> bool:
    """Who owns the table may add to it: `candour.append` works with its rights."""
    return not (role == OWNER and change == INSERTION)


def _succeeds(connection: "psycopg.Connection[Any]", role: str, statement: str) -> bool:
    with connection.transaction(force_rollback=True):
        connection.execute("SET TRANSACTION READ WRITE")
        connection.execute("SET LOCAL lock_timeout = '2s'")
        connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
        try:
            with connection.transaction():
                connection.execute(statement)  # pyright: ignore[reportArgumentType,reportCallIssue]
        except psycopg.errors.InsufficientPrivilege:
            return False
    return True


def _triggers(connection: "psycopg.Connection[Any]") -> Finding:
    faults: list[str] = []
    for table, trigger in TRIGGERS.items():
        found = connection.execute(
            "SELECT tgenabled, tgtype FROM pg_trigger WHERE tgrelid = to_regclass(%s) AND tgname = %s", (table, trigger)
        ).fetchone()
        if found is None:
            faults.append(f"{trigger} is gone")
        elif found[0] not in ("O", "A"):
            faults.append(f"{trigger} is disabled")
        elif found[1] & ~1 != BEFORE_ALL_CHANGES:
            faults.append(f"{trigger} does not cover every change")
    return _all(
        "triggers",
        faults,
        "the log and the store are guarded against their owner too",
        "Put the trigger back as adapters/postgres/schema/001_events.sql has it, and compare the log with a backup.",
    )


def _login(connection: "psycopg.Connection[Any]") -> list[Finding]:
    """Local logins of the embedded server are no matter; an account that is reached by password is."""
    found = connection.execute(
        "SELECT rolsuper, inet_client_addr() IS NOT NULL FROM pg_roles WHERE rolname = session_user"
    ).fetchone()
    if found == (True, True):
        return [
            note(
                "login",
                "the account of DATABASE_URL is a superuser of its server",
                "It suffices that it owns the database and may create roles (CREATEROLE).",
            )
        ]
    return []


def _owns(connection: "psycopg.Connection[Any]", role: str) -> bool:
    return connection.execute("SELECT pg_has_role(%s, %s, 'MEMBER')", (role, OWNER)).fetchone() == (True,)


def _may(connection: "psycopg.Connection[Any]", role: str) -> list[str]:
    query = "SELECT p FROM unnest(%s::text[]) AS p WHERE has_table_privilege(%s, 'candour.events', p)"
    return [may for (may,) in connection.execute(query, (["INSERT", "UPDATE", "DELETE", "TRUNCATE"], role))]


def _all(check: str, faults: list[str], well: str, advice: str) -> Finding:
    return wrong(check, "; ".join(faults), advice) if faults else good(check, well)
