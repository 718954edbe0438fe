"""A loop that only copies the events out and validates them: no digest, no fold, nothing written.

Each process reads a part of the log by position, through a binary COPY, and makes of each row the event with
its envelope.
"""

import subprocess
import sys
from itertools import pairwise

import psycopg

from adapters.eventstore import codec, recorder

TYPES = ["text", "int4", "text", "int8", "timestamptz", "uuid", "text", "text"]


def copy_out(conninfo: str, upto: int, processes: int) -> None:
    """Copy out and validate the log up to a position, in so many processes; raises if one of them did not."""
    bounds = [upto * number // processes for number in range(processes + 1)]
    command = [sys.executable, "-c", f"from {__name__} import work; work()", conninfo]
    running = [subprocess.Popen([*command, str(after), str(last)]) for after, last in pairwise(bounds)]
    ended = [child.wait() for child in running]
    if any(ended):
        raise RuntimeError("the log was not copied out")


def work() -> None:
    """One of the processes."""
    conninfo, after, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    query = f"COPY (SELECT {recorder.COLUMNS} FROM candour.events WHERE position > {after} AND position <= {last})"
    valid = 0
    with (
        psycopg.connect(conninfo) as connection,
        connection.cursor().copy(f"{query} TO STDOUT (FORMAT BINARY)".encode()) as copy,
    ):
        copy.set_types(TYPES)
        for row in copy.rows():
            codec.decode(codec.Row._make(row))
            valid += 1
    if valid != last - after:
        raise RuntimeError(f"{valid} of {last - after} events")
