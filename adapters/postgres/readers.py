"""Connections that only read, for the read models."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from application.ports import StoreUnavailable


class NotReady(Exception):
    """The read model has not got there yet; ask again in a moment."""


class Readers:
    """A pool of connections of the role `candour_reader`, in autocommit."""

    def __init__(self, conninfo: str, size: int = 4) -> None:
        self._pool = ConnectionPool(
            conninfo, min_size=0, max_size=size, open=False, timeout=5, kwargs={"autocommit": True}
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
