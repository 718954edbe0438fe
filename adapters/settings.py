"""Settings, all from the environment. What is secret can be given as the path of a file."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from adapters.postgres.embedded import default_data_dir


class BadSetting(Exception):
    """An environment variable has a value that cannot be used."""


@dataclass(frozen=True)
class Limits:
    """How much the doors for reporters take, from all together: who they are is not known, so nobody has their own."""

    reports_a_minute: int = 60
    reports_a_day: int = 2_000
    wrong_receipts_a_minute: int = 60
    letters_a_day: int = 50


LIMITS = {
    "reports_a_minute": ("CANDOUR_REPORTS_A_MINUTE", 1_000),
    "reports_a_day": ("CANDOUR_REPORTS_A_DAY", 1_000_000),
    "wrong_receipts_a_minute": ("CANDOUR_WRONG_RECEIPTS_A_MINUTE", 1_000),
    "letters_a_day": ("CANDOUR_LETTERS_A_DAY", 1_000),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the database, the keys and the API are. `database_url` None means the embedded server.

    The three key files are None unless they were given; one that was given must exist.
    """

    database_url: str | None = field(repr=False)  # it may hold a password
    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 8000
    master_key_file: Path | None = None
    token_key_file: Path | None = None
    receipt_key_file: Path | None = None
    similar_forces_file: Path | None = None
    limits: Limits = Limits()

    @property
    def has_store(self) -> bool:
        """Whether there may be a store: on a server of one's own, or in the folder of the embedded one."""
        return self.database_url is not None or (self.data_dir / "postgres").exists()

    @property
    def keys_dir(self) -> Path:
        """The folder with the keys that are not given."""
        return self.data_dir / "keys"

    @property
    def master_key(self) -> Path:
        """The file of the master key."""
        return self.master_key_file or self.keys_dir / "master.key"

    @property
    def token_key(self) -> Path:
        """The file of the token key."""
        return self.token_key_file or self.keys_dir / "token.key"

    @property
    def receipt_key(self) -> Path:
        """The file of the key under which receipts are known."""
        return self.receipt_key_file or self.keys_dir / "receipt.key"


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; an empty one counts as not set. Raises `BadSetting`."""
    env = os.environ if environment is None else environment
    port = env.get("CANDOUR_PORT") or "8000"
    if not (port.isascii() and port.isdigit()) or not 0 < int(port[:6]) < 65536:
        raise BadSetting(f"CANDOUR_PORT is {port!r}; it must be a number from 1 to 65535")
    data_dir = env.get("CANDOUR_DATA_DIR")
    return Settings(
        database_url=_database_url(env.get("DATABASE_URL"), _file(env, "CANDOUR_DATABASE_PASSWORD_FILE")),
        data_dir=Path(data_dir).expanduser() if data_dir else default_data_dir(),
        host=env.get("CANDOUR_HOST") or "127.0.0.1",
        port=int(port),
        master_key_file=_file(env, "CANDOUR_MASTER_KEY_FILE"),
        token_key_file=_file(env, "CANDOUR_TOKEN_KEY_FILE"),
        receipt_key_file=_file(env, "CANDOUR_RECEIPT_KEY_FILE"),
        similar_forces_file=_file(env, "CANDOUR_SIMILAR_FORCES_FILE"),
        limits=Limits(
            **{name: _number(env, setting, getattr(Limits, name), most) for name, (setting, most) in LIMITS.items()}
        ),
    )


def _number(env: Mapping[str, str], name: str, default: int, most: int) -> int:
    given = env.get(name)
    if not given:
        return default
    if not (given.isascii() and given.isdigit()) or not 0 < int(given[:9]) <= most:
        raise BadSetting(f"{name} is {given!r}; it must be a number from 1 to {most:,}")
    return int(given)


def _file(env: Mapping[str, str], name: str) -> Path | None:
    """The file that a setting names, which must be there."""
    given = env.get(name)
    if not given:
        return None
    path = Path(given).expanduser()
    try:
        found = path.is_file()
    except OSError as error:
        raise BadSetting(f"{name} names {path}, which cannot be read ({error.strerror})") from error
    if not found:
        raise BadSetting(f"{name} names {path}, and there is no such file")
    return path


def _database_url(given: str | None, password_file: Path | None) -> str | None:
    if not given:
        if password_file is not None:
            raise BadSetting("CANDOUR_DATABASE_PASSWORD_FILE is set and DATABASE_URL is not; set both, or neither")
        return None
    try:
        parts = conninfo_to_dict(given)
    except psycopg.ProgrammingError:  # its text quotes the address, and with it the password
        raise BadSetting(
            "DATABASE_URL is not the address of a PostgreSQL server; write postgresql://user@host:5432/database"
        ) from None
    if password_file is None:
        return given
    if parts.get("password"):
        raise BadSetting("DATABASE_URL holds a password and CANDOUR_DATABASE_PASSWORD_FILE gives one; keep the file")
    return make_conninfo(given, password=_password(password_file))


def _password(path: Path) -> str:
    try:
        text = path.read_text().removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError) as error:
        why = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise BadSetting(f"CANDOUR_DATABASE_PASSWORD_FILE: {path} cannot be read ({why})") from None
    if not text or "\n" in text or "\0" in text:
        raise BadSetting(f"CANDOUR_DATABASE_PASSWORD_FILE: {path} must hold the password in one line")
    return text
