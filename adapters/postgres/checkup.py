"""What `candour doctor` asks of the database: its settings, its clock, the log, the rule sets, the read models."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from adapters.eventstore import codec, recorder
from adapters.finding import Finding, behind, good, note, wrong
from adapters.postgres import completeness
from adapters.postgres.migrate import ENCODING, encoding_of, steps
from adapters.postgres.read_model import is_of
from adapters.postgres.standing import Standing, standings
from domain.rules import RuleSetAdopted, rule_book
from projections import ALL

OLDEST = 15
CONNECTIONS = 50  # an API process at its busiest: pools of the store (32) and of readers (9), nine of its own
OTHERS = 12  # the projector, a rebuild, a command line
COUNTING_SECONDS = 10
GIGABYTE = 10**9
MUST_BE = {
    "fsync": ("on", "Set fsync = on: without it a crash of the machine can damage the log beyond repair."),
    "full_page_writes": ("on", "Set full_page_writes = on: without it a crash can leave pages half written."),
    "session_replication_role": ("origin", "Set session_replication_role = origin: otherwise the triggers do not run."),
    "zero_damaged_pages": ("off", "Set zero_damaged_pages = off: it destroys what is damaged."),
    "transaction_read_only": ("off", "Commands are refused: point DATABASE_URL at the primary, or lift the setting."),
}
FOLLOWED = """
SELECT count(*) > 0 FROM pg_locks l JOIN pg_database d ON d.oid = l.database
 WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
   AND (l.classid::bigint << 32) | l.objid::bigint = hashtext('candour.projection.' || %s)::bigint"""
LATE = timedelta(minutes=1)
MOST_CLOCKS_DIFFER = timedelta(seconds=1)
TOO_MUCH = timedelta(seconds=5)

Connection = psycopg.Connection[Any]


def version(connection: Connection) -> Finding:
    """The server's version."""
    number, text = _one(
        connection, "SELECT current_setting('server_version_num')::int, current_setting('server_version')"
    )
    if number < OLDEST * 10_000:
        return wrong("PostgreSQL", text, f"Candour needs PostgreSQL {OLDEST} or later; upgrade the server.")
    return good("PostgreSQL", text)


def encoding(connection: Connection) -> Finding | None:
    """What is wrong with the encoding of the database, if anything is: then nothing else can be asked of it."""
    found = encoding_of(connection)
    if found == ENCODING:
        return None
    advice = f"Make another database (CREATE DATABASE … ENCODING '{ENCODING}' TEMPLATE template0): not every text fits."
    return wrong("encoding", str(found), advice)


def disk(connection: Connection) -> tuple[Path | None, Finding]:
    """Where a server on this machine keeps its data, if it says so, and what to say if that cannot be seen here."""
    [size] = _one(connection, "SELECT pg_database_size(current_database())")
    where = connection.execute("SELECT setting FROM pg_settings WHERE name = 'data_directory'").fetchone()
    advice = "Watch the disk of its server: PostgreSQL stops when it cannot write."
    finding = note("disk", f"the database takes {size / GIGABYTE:,.1f} GB; the room left is not seen from here", advice)
    here = connection.info.host.startswith("/") and where is not None and Path(where[0]).exists()
    return (Path(where[0]) if here and where is not None else None), finding


def schema(connection: Connection) -> Finding:
    """Whether the schema is that of this software."""
    known = [name for name, _ in steps()]
    done = [name for (name,) in connection.execute("SELECT name FROM candour.migrations")]
    missing, newer = [name for name in known if name not in done], [name for name in done if name not in known]
    if newer:
        return wrong("schema", f"made by a newer Candour ({', '.join(newer)})", "Install that version of Candour.")
    if missing:
        return wrong("schema", f"not up to date (without {', '.join(missing)})", "Run `candour migrate`.")
    return good("schema", f"up to date ({len(known)} steps)")


def receipt_key(connection: Connection) -> str | None:
    """The fingerprint of the key under which receipts are known; None if there are none."""
    if _one(connection, "SELECT to_regclass('candour.receipt_key')")[0] is None:
        return None
    query = "SELECT fingerprint FROM candour.receipt_key WHERE EXISTS (SELECT 1 FROM candour.receipts)"
    found = connection.execute(query).fetchone()
    return None if found is None else found[0]


def settings(writer: Connection) -> list[Finding]:
    """The settings as the role that writes has them."""
    wanted = [*MUST_BE, "synchronous_commit", "data_checksums", "max_connections", "superuser_reserved_connections"]
    query = "SELECT name, setting FROM pg_settings WHERE name = ANY (%s)"
    has: dict[str, str] = dict(writer.execute(query, ([*wanted, "reserved_connections"],)).fetchall())
    found = [wrong(f"setting {name}", has[name], do) for name, (must, do) in MUST_BE.items() if has[name] != must]
    if has["synchronous_commit"] == "off":
        do = "Set synchronous_commit = on: a command would be answered before it is safe, and a crash would undo it."
        found.append(wrong("setting synchronous_commit", "off", do))
    if has["data_checksums"] != "on":
        do = "Make the next cluster with --data-checksums, so that damage of the disk is noticed when it is read."
        found.append(note("setting data_checksums", has["data_checksums"], do))
    reserved = int(has["superuser_reserved_connections"]) + int(has.get("reserved_connections", 0))
    room = int(has["max_connections"]) - reserved - OTHERS
    if room < CONNECTIONS:
        found.append(
            wrong(
                "setting max_connections",
                f"{has['max_connections']}: too few for one API process at its busiest",
                f"Set max_connections to {CONNECTIONS + OTHERS + reserved} at least, and {CONNECTIONS} more a worker.",
            )
        )
    else:
        found.append(good("connections", f"enough for {room // CONNECTIONS} API processes at their busiest"))
    return [good("settings", "writes are safe when they are answered"), *found] if len(found) == 1 else found


def clock(connection: Connection, now: Callable[[], datetime], *, synthetic: bool) -> list[Finding]:
    """This machine's clock against the database's, and the end of the log against both."""
    before = now()
    there, last = _one(connection, "SELECT clock_timestamp(), (SELECT max(written_at) FROM candour.events)")
    apart = max(before - there, there - now(), timedelta(0))  # 0 if its answer lies between the two looks here
    text = f"{apart.total_seconds():.1f} s apart from the database's"
    advice = "Set both clocks by the same time server: deadlines are judged by one, the order of the log by the other."
    found = [good("clock", text)]
    if apart > MOST_CLOCKS_DIFFER:
        found = [(wrong if apart > TOO_MUCH else note)("clock", text, advice)]
    if last is not None and not synthetic and last > there + MOST_CLOCKS_DIFFER:
        ahead = (last - there).total_seconds()
        text = f"the last event is of a time that is still {ahead:,.0f} s away"
        advice = "The database's clock was set back; until that time is reached, each event is stamped just after it."
        found.append(wrong("time of the log", text, advice))
    return found


def rule_sets(connection: Connection) -> Finding:
    """Whether the rule sets in use are those that this software brings, to the digest."""
    rows = map(codec.Row._make, connection.execute(recorder.CATEGORY, ("ruleset-", "ruleset-\x7f")))
    events = [entry.event for entry in map(codec.decode, rows)]
    adopted = {event.rule_set: event.digest for event in events if isinstance(event, RuleSetAdopted)}
    ours = {each.rule_set: each.digest for each in rule_book().adopted}
    changed = sorted(name for name in ours.keys() & adopted.keys() if ours[name] != adopted[name])
    missing, unknown = sorted(ours.keys() - adopted.keys()), sorted(adopted.keys() - ours.keys())
    if changed or unknown:
        text = "; ".join(
            [f"{name} is not as it was adopted" for name in changed] + [f"{name} is unknown here" for name in unknown]
        )
        return wrong(
            "rule sets", text, "Install the version of Candour that adopted them; a changed rule needs a new name."
        )
    if missing:
        return wrong("rule sets", f"not adopted: {', '.join(missing)}", "Run `candour migrate`.")
    return good("rule sets", f"{len(ours)} adopted, each with the digest of its data")


def positions(connection: Connection) -> Finding:
    """Whether the log is without gaps: as many events as its last position says."""
    try:
        with connection.transaction():
            connection.execute("SELECT set_config('statement_timeout', %s, true)", (f"{COUNTING_SECONDS}s",))
            count, last = _one(connection, "SELECT count(*), coalesce(max(position), 0) FROM candour.events")
    except psycopg.errors.QueryCanceled:
        text = f"not counted: it takes more than {COUNTING_SECONDS} s"
        return note("positions", text, "Compare SELECT count(*) and max(position) of candour.events at a quiet hour.")
    if count != last:
        advice = "Events are missing: stop writing, and restore the log from a backup beside this one to compare."
        return wrong("positions", f"{count:,} events, but the last has position {last:,}", advice)
    return good("positions", f"{count:,} events, without a gap")


def projectors(connection: Connection) -> list[Finding]:
    """Whether a process runs each projection at this moment."""
    advice = "Keep `candour project --follow` running, or `candour serve`."
    return [
        good(f"projector {each.name}", "a process runs it")
        if is_followed(connection, each.name)
        else behind(f"projector {each.name}", "no process runs it", advice)
        for each in ALL
    ]


def is_followed(connection: Connection, projection: str) -> bool:
    """Whether a process runs the projection at this moment."""
    return _one(connection, FOLLOWED, projection)[0]


def read_models(connection: Connection) -> list[Finding]:
    """Whether each projection is in use, whole and up to date."""
    # First the read models: the log may grow between the two questions, and never the other way round.
    found = standings(connection)
    faults = _faults(connection)
    found = [each._replace(unsound=each.unsound or faults.get((each.projection, each.build))) for each in found]
    position, now = _one(
        connection, "SELECT coalesce((SELECT max(position) FROM candour.events), 0), clock_timestamp()"
    )
    return [_read_model(connection, each, position, now) for each in found]


def _faults(connection: Connection) -> dict[tuple[str, str | None], str]:
    """What a look at the sums finds of each build; nothing if that takes too long, for a process looks all the time."""
    try:
        connection.execute("SELECT set_config('statement_timeout', %s, false)", (f"{COUNTING_SECONDS}s",))
        found = completeness.look(connection, keep=False)
    except psycopg.errors.QueryCanceled:
        return {}
    finally:
        connection.execute("RESET statement_timeout")
    return {(build.projection, build.name): "; ".join(map(str, faults)) for build, faults in found.items() if faults}


def _read_model(connection: Connection, standing: Standing, position: int, now: datetime) -> Finding:
    name, check = standing.projection, f"figures {standing.projection}"
    projection = next(each for each in ALL if each.name == name)
    runs = is_followed(connection, name)
    advice = (
        "A process projects at this moment: wait, and see its log if this stays."
        if runs
        else "No process projects: run `candour project`, or keep `candour project --follow` running."
    )
    lag = position - standing.position
    if standing.failed is not None:
        return behind(
            check, f"stopped: {standing.failed}", "Mend the code or install the version that knows the event."
        )
    if standing.unsound is not None:
        again = (
            "If it is the log that was altered, a backup shows it; else run "
            f"`candour projections rebuild {name}` and `candour projections diff {name}`."
        )
        return behind(check, f"cannot be trusted: {standing.unsound}", again)
    if standing.build is None:
        return behind(check, "not built yet", advice)
    if not is_of(projection, standing.build):
        if standing.waits is not None:
            advice = f"See `candour projections diff {name}`, then `candour projections promote {name} --reason …`."
            return behind(check, f"what this version built differs ({standing.waits}) and waits", advice)
        return behind(check, "built by another version of the software", advice)
    waiting = connection.execute(
        "SELECT written_at FROM candour.events WHERE position = %s", (standing.position + 1,)
    ).fetchone()
    if waiting is not None and now - waiting[0] > LATE:
        return behind(check, f"{lag:,} events behind, the first of {waiting[0]:%Y-%m-%d %H:%M:%S} UTC", advice)
    return good(check, f"{lag:,} events behind" if lag > 0 else f"up to date at position {standing.position:,}")


def _one(connection: Connection, query: str, *parameters: object) -> tuple[Any, ...]:
    found = connection.execute(query, parameters).fetchone()  # pyright: ignore[reportArgumentType,reportCallIssue]
    assert found is not None
    return found
