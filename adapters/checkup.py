"""A check-up of an installation: this machine, its keys, its disk, and the database."""

import platform
import shutil
import stat
from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import psycopg

from adapters.eventstore.sealing import MasterKey
from adapters.finding import Finding, good, note, wrong
from adapters.postgres import checkup
from adapters.postgres.checkup import GIGABYTE
from adapters.postgres.discretion import discretion
from adapters.postgres.embedded import EmbeddedFailed
from adapters.postgres.privileges import privileges
from adapters.security.keys import BadKey, read
from adapters.security.receipts import Receipts
from adapters.settings import Settings
from adapters.system import NotMigrated, StoreFacts, System, now, open_system
from application.ports import StoreUnavailable


def check_up(settings: Settings, now: Callable[[], datetime] = now) -> list[Finding]:
    """Look at everything. Makes nothing and changes nothing; an embedded server is started for the while."""
    found = [good("Candour", version("candour")), good("Python", platform.python_version())]
    if settings.database_url is None and settings.has_store:
        found.append(_disk(settings.data_dir))
    there = _looked_at(settings, lambda system: _of_system(system, now))
    away = [each.check for each in there] == ["database"]
    return found + there + (keys(settings, None) if away else [])


def check_projections(settings: Settings) -> list[Finding]:
    """Look only at whether each projection is run by a process, and at how far it is."""
    return _looked_at(settings, _of_projections)


def _looked_at(settings: Settings, look: Callable[[System], list[Finding]]) -> list[Finding]:
    if not settings.has_store:
        advice = "Run `candour serve` or `candour demo` there, or set CANDOUR_DATA_DIR or DATABASE_URL."
        return [wrong("store", f"{settings.data_dir} holds no store", advice)]
    try:
        with open_system(settings) as system:
            return look(system)
    except (StoreUnavailable, EmbeddedFailed) as error:
        advice = "See that the server runs and that DATABASE_URL leads to it."
        return [wrong("database", " ".join(str(error).split()), advice)]


def _of_projections(system: System) -> list[Finding]:
    with system.connect("admin") as connection:
        if (unfit := checkup.encoding(connection)) is not None:
            return [unfit]
        try:
            system.facts()
            return checkup.projectors(connection) + checkup.read_models(connection)
        except NotMigrated:
            return [wrong("store", f"{system.location} has no schema of Candour", "Run `candour migrate`.")]
        except psycopg.Error as error:
            return [wrong("database", " ".join(str(error).split()), "Put that right, and ask again.")]


def _of_system(system: System, now: Callable[[], datetime]) -> list[Finding]:
    with system.connect("admin") as connection:
        if (unfit := checkup.encoding(connection)) is not None:
            return [unfit]
        found = [checkup.version(connection)]
        if system.embedded is None:
            path, unseen = checkup.disk(connection)
            found.append(unseen if path is None else _disk(path))
        try:
            facts = system.facts()
        except NotMigrated:
            text = f"{system.location} has no schema of Candour"
            return [*found, wrong("store", text, "Run `candour migrate`."), *keys(system.settings, None)]
        kind, known = "synthetic" if facts.synthetic else "live", checkup.receipt_key(connection)
        found += [
            good("store", f"{kind}, {facts.store_id}, in {system.location}"),
            *keys(system.settings, facts, known),
        ]
        try:
            found += privileges(connection)
            with system.connect("candour_writer") as writer:
                found += checkup.settings(writer)
                found += discretion(writer)
            found += checkup.clock(connection, now, synthetic=facts.synthetic)
            found += [checkup.schema(connection), checkup.rule_sets(connection), checkup.positions(connection)]
            return found + checkup.read_models(connection)
        except psycopg.Error as error:
            text = " ".join(str(error).split())
            return [*found, wrong("database", text, "Put that right, and ask again: the rest was not looked at.")]


def keys(settings: Settings, facts: StoreFacts | None, receipts: str | None = None) -> list[Finding]:
    """The key files: there, readable, of this store, and closed to others. `receipts`: under which key they are known.

    That is its fingerprint, or None if there are no receipts.
    """
    given = {
        "master key": settings.master_key_file,
        "token key": settings.token_key_file,
        "receipt key": settings.receipt_key_file,
    }
    paths = {
        "master key": settings.master_key,
        "token key": settings.token_key,
        "receipt key": settings.receipt_key,
    }
    wanted_by = {"master key": facts, "receipt key": receipts}
    found: list[Finding] = []
    for check, path in paths.items():
        if not path.exists() and wanted_by.get(check) is None:
            found.append(note(check, f"{path} is not there yet", "It is made when it is first needed."))
            continue
        try:
            key = read(path)
        except BadKey as error:
            found.append(wrong(check, str(error), "Put the file back, from your backup of it."))
            continue
        # A file that was handed over, such as a secret of a container, is read by whom its giver lets read it.
        forbidden = 0o022 if given[check] else 0o077
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & forbidden:
            text, wanted = f"{path} is open to other accounts (mode {mode:04o})", f"{mode & ~forbidden:o}"
            found.append(wrong(check, text, f"Run `chmod {wanted} {path}`, and consider who has read it."))
        elif check == "master key" and facts and (own := MasterKey(key).fingerprint) != facts.master_key:
            text = f"{path} is not the key of this store ({own[:8]}, not {facts.master_key[:8]})"
            found.append(
                wrong(check, text, "Put the right key back, from your backup of it; nothing is served without.")
            )
        elif check == "receipt key" and receipts and Receipts(key).fingerprint != receipts:
            text = f"{path} is not the key under which the receipts of this store are known"
            found.append(wrong(check, text, "Put the right key back, from your backup: no reporter can come back."))
        else:
            found.append(good(check, f"{path}, mode {mode:04o}"))
    return found


def _disk(path: Path) -> Finding:
    return disk(path, *shutil.disk_usage(path)[::2])


def disk(path: Path, total: int, free: int) -> Finding:
    """The room that is left where the server keeps its data (bytes)."""
    text = f"{free / GIGABYTE:,.1f} of {total / GIGABYTE:,.1f} GB free at {path}"
    advice = "Make room, or move the data directory: PostgreSQL stops when it cannot write."
    if free < GIGABYTE:
        return wrong("disk", text, advice)
    return note("disk", text, advice) if free < 5 * GIGABYTE or free < total / 10 else good("disk", text)
