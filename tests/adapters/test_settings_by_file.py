"""Secrets given as files: read when they are there, refused in one sentence when they are not, never printed."""

from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from adapters.security.keys import BadKey
from adapters.security.tokens import BadToken
from adapters.settings import BadSetting, Settings, from_environment
from adapters.system import System

URL = "postgresql://candour@db.example/candour?sslmode=require"


def with_password(tmp_path: Path, content: bytes, url: str = URL) -> Settings:
    path = tmp_path / "password"
    path.write_bytes(content)
    return from_environment({"DATABASE_URL": url, "CANDOUR_DATABASE_PASSWORD_FILE": str(path)})


@pytest.mark.parametrize("password", ["plain", "with space ' and \\ and % and @/?", "päßwörd", " blank at both ends "])
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_the_password_is_added_to_the_address(tmp_path: Path, password: str, end: str) -> None:
    settings = with_password(tmp_path, (password + end).encode())
    assert settings.database_url is not None
    assert conninfo_to_dict(settings.database_url) == conninfo_to_dict(URL) | {"password": password}
    assert password not in repr(settings)
    assert password not in System(settings, None).location


@pytest.mark.parametrize("content", [b"", b"\n", b"two\nlines\n", b"\xff\xfe", b"a\0b"])
def test_what_is_no_password_is_refused_and_not_quoted(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BadSetting, match=r"^CANDOUR_DATABASE_PASSWORD_FILE: /") as refused:
        with_password(tmp_path, content)
    assert "two" not in str(refused.value)


def test_a_password_twice_or_without_an_address_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="keep the file") as refused:
        with_password(tmp_path, b"other", URL.replace("candour@", "candour:secret@"))
    assert "secret" not in str(refused.value)
    with pytest.raises(BadSetting, match="DATABASE_URL is not"):
        with_password(tmp_path, b"other", "")


@pytest.mark.parametrize("name", ["MASTER_KEY", "TOKEN_KEY", "RECEIPT_KEY", "DATABASE_PASSWORD"])
def test_a_file_that_is_named_must_be_there(tmp_path: Path, name: str) -> None:
    for path in (tmp_path / "nothing", tmp_path):
        with pytest.raises(BadSetting, match=f"^CANDOUR_{name}_FILE names {path}, and there is no such file"):
            from_environment({"DATABASE_URL": URL, f"CANDOUR_{name}_FILE": str(path)})


def test_keys_that_are_given_are_used_and_none_are_made(system: System, tmp_path: Path) -> None:
    assert system.settings.database_url is not None
    master, token = tmp_path / "m", tmp_path / "t"
    master.write_text(system.settings.master_key.read_text())
    token.write_text("cd" * 32)
    receipt = tmp_path / "r"
    receipt.write_text("ef" * 32)
    given = from_environment(
        {
            "DATABASE_URL": system.settings.database_url,
            "CANDOUR_DATA_DIR": str(tmp_path / "data"),
            "CANDOUR_MASTER_KEY_FILE": str(master),
            "CANDOUR_TOKEN_KEY_FILE": str(token),
            "CANDOUR_RECEIPT_KEY_FILE": str(receipt),
        }
    )
    other = System(given, None)
    other.check()
    issued = other.tokens.issue("somebody", ["recorder"], "kent")
    assert other.tokens.verify(issued).id == "somebody"
    with pytest.raises(BadToken):
        system.tokens.verify(issued)
    token.write_text("cd" * 31)
    with pytest.raises(BadKey, match=f"the key file {token} must hold 64 hexadecimal digits"):
        _ = System(given, None).tokens
    assert not (tmp_path / "data").exists()


def test_a_database_that_wants_the_password_gets_it(system: System, tmp_path: Path) -> None:
    """Ours wants none, so this shows what libpq would send; the reason of a refusal does not tell it."""
    settings = with_password(tmp_path, b"hunter2", "postgresql://nobody@127.0.0.1:1/candour")
    conninfo = System(settings, None).conninfo("candour_writer")
    assert conninfo_to_dict(conninfo)["password"] == "hunter2"
    with pytest.raises(psycopg.OperationalError) as refused:
        psycopg.connect(conninfo, connect_timeout=2)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("name", ["REPORTS_A_MINUTE", "REPORTS_A_DAY", "WRONG_RECEIPTS_A_MINUTE", "LETTERS_A_DAY"])
def test_what_reporters_may_send_is_a_number_in_bounds(name: str) -> None:
    limits = from_environment({f"CANDOUR_{name}": "7"}).limits
    assert getattr(limits, name.lower()) == 7
    for wrong in ("0", "-1", "many", "9999999999", "1e3", "٣"):
        with pytest.raises(BadSetting, match=rf"^CANDOUR_{name} is .*; it must be a number from 1 to [\d,]+$"):
            from_environment({f"CANDOUR_{name}": wrong})
