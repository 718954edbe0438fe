"""Connections that only read, for the read models."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from application.ports import StoreUnavailable


class NotReady(Exception):
    """The read model has not got there yet; ask again in a moment."""


def not_ready(called: str, *, other: bool = False) -> NotReady:
    """What readers are told who find no build of their version; `other`: there is one of another version."""
    if other:
        return NotReady(
            f"{called} being built by this version of the software, or differ from those of the one before and wait "
            "for a decision: `candour projections status` says which"
        )
    return NotReady(f"{called} being built; ask again in a moment, or run `candour project`")


class Readers:
    """A pool of connections of the role `candour_reader`, in autocommit; a transaction sees one state of all tables."""

    def __init__(self, conninfo: str, size: int = 4) -> None:
        self._pool = ConnectionPool(
            conninfo,
            min_size=0,
            max_size=size,
            open=False,
            timeout=5,
            kwargs={"autocommit": True},
            configure=_in_snapshots,
        )
        self._pool.open()

    @contextmanager
    def connection(self) -> Iterator["psycopg.Connection[Any]"]:
        """A connection; raises `StoreUnavailable`, or `NotReady` if a read model was replaced under the reader."""
        try:
            with self._pool.connection() as connection:
                yield connection
        except psycopg.errors.UndefinedTable as error:
            raise NotReady("the figures have just been rebuilt; ask again") from error
        except (psycopg.OperationalError, PoolTimeout) as error:
            self._drop_dead_ones()
            raise StoreUnavailable("the database cannot be reached") from error

    def _drop_dead_ones(self) -> None:
        """What ended one connection has ended the idle ones as well, so that the next reader is not refused too."""
        with suppress(psycopg.Error, PoolTimeout):
            self._pool.check()

    def close(self) -> None:
        """Give the connections back."""
        self._pool.close()


def _in_snapshots(connection: "psycopg.Connection[Any]") -> None:
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
