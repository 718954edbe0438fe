"""Settings, all from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from adapters.postgres.embedded import default_data_dir


class BadSetting(Exception):
    """An environment variable has a value that cannot be used."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the database, the keys and the API are. `database_url` None means the embedded server."""

    database_url: str | None
    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 8000

    @property
    def keys_dir(self) -> Path:
        """The folder with the master key and the token key."""
        return self.data_dir / "keys"


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """Read `DATABASE_URL`, `CANDOUR_DATA_DIR`, `CANDOUR_HOST` and `CANDOUR_PORT`; an empty one counts as not set.

    Raises `BadSetting`.
    """
    env = os.environ if environment is None else environment
    port = env.get("CANDOUR_PORT") or "8000"
    if not (port.isascii() and port.isdigit()) or not 0 < int(port[:6]) < 65536:
        raise BadSetting(f"CANDOUR_PORT is {port!r}; it must be a number from 1 to 65535")
    data_dir = env.get("CANDOUR_DATA_DIR")
    return Settings(
        database_url=_database_url(env.get("DATABASE_URL")),
        data_dir=Path(data_dir).expanduser() if data_dir else default_data_dir(),
        host=env.get("CANDOUR_HOST") or "127.0.0.1",
        port=int(port),
    )


def _database_url(given: str | None) -> str | None:
    if not given:
        return None
    try:
        conninfo_to_dict(given)
    except psycopg.ProgrammingError:  # its text quotes the address, and with it the password
        raise BadSetting(
            "DATABASE_URL is not the address of a PostgreSQL server; write postgresql://user@host:5432/database"
        ) from None
    return given
