"""Whether the database's own log and records would keep what a reporter of misconduct does, or when."""

from typing import Any

import psycopg

from adapters.finding import Finding, good, note, wrong

QUIET = {
    "log_statement": ("none", "ddl", "mod"),  # an append is a SELECT of a function
    "log_duration": ("off",),
    "log_min_duration_statement": ("-1",),
    "log_min_duration_sample": ("-1",),
    "log_transaction_sample_rate": ("0",),
}
LIBRARIES = ("auto_explain", "pgaudit")
WHEN = "It writes down when a reporter acted, to the second: of their acts only the day may be kept."


def discretion(writer: "psycopg.Connection[Any]") -> list[Finding]:
    """What the server is set to write down, for the role that writes."""
    query = "SELECT name, setting FROM pg_settings WHERE name = ANY (%s)"
    others = ("log_parameter_max_length", "log_parameter_max_length_on_error", "log_error_verbosity")
    names = [*QUIET, *others, "log_checkpoints", "track_commit_timestamp", "shared_preload_libraries"]
    has: dict[str, str] = dict(writer.execute(query, (names,)).fetchall())
    timed = [f"{name} = {has[name]}" for name, quiet in QUIET.items() if has[name] not in quiet]
    found: list[Finding] = []
    if timed and has["log_parameter_max_length"] != "0":
        do = "Set log_parameter_max_length = 0, or better log no statements: what reporters write would be in the log."
        found.append(wrong("discretion of the log", f"{', '.join(timed)}, with the values of parameters", do))
    elif timed:
        found.append(note("discretion of the log", ", ".join(timed), f"Log no statements. {WHEN}"))
    if has["log_parameter_max_length_on_error"] != "0":
        do = "Set log_parameter_max_length_on_error = 0: what a reporter wrote would be in the log when it fails."
        found.append(wrong("discretion of the log", "values of parameters are logged with errors", do))
    if has["log_error_verbosity"] != "terse":
        do = "Set log_error_verbosity = terse: the details of an error quote values of the row."
        found.append(note("discretion of the log", f"log_error_verbosity = {has['log_error_verbosity']}", do))
    if has["log_checkpoints"] == "on":
        do = "Set log_checkpoints = off: at a quiet hour a line every five minutes tells that something was written."
        found.append(note("discretion of the log", "log_checkpoints = on", do))
    if has["track_commit_timestamp"] == "on":
        found.append(wrong("commit timestamps", "kept", f"Set track_commit_timestamp = off. {WHEN}"))
    loaded = [name for name in LIBRARIES if name in has.get("shared_preload_libraries", "")]  # it is shown to few
    if loaded:
        do = f"See that it logs neither parameters nor what candour_writer does. {WHEN}"
        found.append(note("discretion of the log", f"{' and '.join(loaded)} is loaded", do))
    return found or [good("discretion", "the database's log keeps nothing of what reporters do")]
