"""Migrate: create or upgrade the schema, the roles and the adopted rule sets. Safe to run by many at once."""

from importlib import resources
from typing import Any

import psycopg
from psycopg import sql

ROLES = ("candour_owner", "candour_writer", "candour_projector", "candour_reader")
LOCK = "SELECT pg_advisory_xact_lock(hashtext('candour.migrate'))"
ENCODING = "UTF8"


class StoreMismatch(Exception):
    """The store was created otherwise (synthetic or not, or under another master key), or cannot hold every text."""


def migrate(admin: psycopg.Connection[tuple[object, ...]], *, synthetic: bool, master_key: str) -> list[str]:
    """Bring the database up to date over an administrator's connection; the names of the steps that ran.

    Raises `StoreMismatch` if the store exists with another master key, or is a live one and `synthetic` is asked for,
    or if the database has another encoding than UTF-8.
    """
    if encoding_of(admin) != ENCODING:
        raise StoreMismatch(
            f"the database has the encoding {encoding_of(admin)}, which cannot hold every text; make another one: "
            f"CREATE DATABASE … ENCODING '{ENCODING}' TEMPLATE template0"
        )
    with admin.transaction():
        admin.execute(LOCK)
        for role in ROLES:
            known = admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
            if known is None:
                _create_role(admin, role)
        admin.execute("CREATE SCHEMA IF NOT EXISTS candour AUTHORIZATION candour_owner")
        admin.execute(sql.SQL("GRANT CREATE ON DATABASE {} TO candour_owner").format(sql.Identifier(admin.info.dbname)))
        admin.execute("SET LOCAL ROLE candour_owner")
        admin.execute(
            "CREATE TABLE IF NOT EXISTS candour.migrations (name text PRIMARY KEY, at timestamptz DEFAULT now())"
        )
        done = {row[0] for row in admin.execute("SELECT name FROM candour.migrations").fetchall()}
        ran: list[str] = []
        for name, text in steps():
            if name not in done:
                admin.execute(sql.SQL(text))  # pyright: ignore[reportArgumentType]
                admin.execute("INSERT INTO candour.migrations (name) VALUES (%s)", (name,))
                ran.append(name)
        admin.execute(
            "INSERT INTO candour.store (synthetic, master_key) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            (synthetic, master_key),
        )
        [(stored, stored_synthetic)] = admin.execute("SELECT master_key, synthetic FROM candour.store").fetchall()
        if stored != master_key:
            raise StoreMismatch("this store was created under another master key; give that key")
        if synthetic and not stored_synthetic:
            raise StoreMismatch(
                "this store is a live one, for ever; make a synthetic store in another database or folder"
            )
        admin.execute("RESET ROLE")
        admin.execute(sql.SQL(_text("roles.sql")))  # pyright: ignore[reportArgumentType]
    return ran


def encoding_of(connection: psycopg.Connection[Any]) -> str | None:
    """The encoding of the database, as the server says when it is connected to."""
    return connection.info.parameter_status("server_encoding")


def _create_role(admin: psycopg.Connection[tuple[object, ...]], role: str) -> None:
    """Roles belong to the whole server, so a migration of another database of it may be making the same one."""
    try:
        with admin.transaction():
            admin.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
            admin.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(role)))
    except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
        pass


def steps() -> list[tuple[str, str]]:
    """The numbered schema files, in order."""
    folder = resources.files(__name__.rpartition(".")[0]).joinpath("schema")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name[:3].isdigit())
    return [(name, _text(name)) for name in names]


def _text(name: str) -> str:
    return resources.files(__name__.rpartition(".")[0]).joinpath("schema", name).read_text()
