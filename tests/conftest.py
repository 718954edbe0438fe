"""A real PostgreSQL for the whole run, and a fresh migrated database for each test that asks for one."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import preloaded
import psycopg
import pytest
from hypothesis import HealthCheck, settings

from adapters.postgres.embedded import EmbeddedPostgres
from adapters.settings import Settings
from adapters.system import System

settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("default")

HURRIED = ("fsync", "full_page_writes")
_numbers = count(1)
LONGEST_FIRST = ("/e2e/", "/adapters/", "/projections/", "/application/")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that run whole processes come first: at the end one of them would leave the other workers idle."""
    last = len(LONGEST_FIRST)
    items.sort(key=lambda item: next((n for n, part in enumerate(LONGEST_FIRST) if part in str(item.path)), last))


def pytest_sessionfinish() -> None:
    """Let go of what this process has started."""
    preloaded.close()


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedPostgres]:
    """The embedded server, in a folder of its own that goes when the run ends."""
    parent = "/var/tmp" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="candour-tests-", dir=parent))
    folder.chmod(0o755)
    with EmbeddedPostgres(folder / "data") as embedded:
        hurry(embedded, True)
        yield embedded
    shutil.rmtree(embedded.socket_dir, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def hurry(server: EmbeddedPostgres, hurried: bool) -> None:
    """A test run kills processes, not the machine: without waiting for the disk a database is made in a tenth."""
    for name in HURRIED:
        _execute(server, f"ALTER SYSTEM SET {name} = {'off' if hurried else 'on'}")
    _execute(server, "SELECT pg_reload_conf()")


@pytest.fixture(scope="module")
def unhurried(server: EmbeddedPostgres) -> Iterator[None]:
    """The server as it comes, for these tests."""
    hurry(server, False)
    yield
    hurry(server, True)


@pytest.fixture(scope="session")
def template(server: EmbeddedPostgres) -> Callable[[bool], str]:
    """The name of a migrated database, synthetic or not, to copy from."""
    made: dict[bool, str] = {}

    def make(synthetic: bool) -> str:
        if synthetic not in made:
            name = f"template_{'synthetic' if synthetic else 'live'}"
            _execute(server, f"CREATE DATABASE {name}")
            system = _system(server, name)
            system.migrate(synthetic=synthetic)
            system.close()
            made[synthetic] = name
        return made[synthetic]

    return make


@pytest.fixture
def new_system(server: EmbeddedPostgres, template: Callable[[bool], str]) -> Iterator[Callable[..., System]]:
    """Makes systems, each over a fresh database: `new_system(synthetic=True)`."""
    yield from _making(server, template)


@pytest.fixture(scope="module")
def new_kept_system(server: EmbeddedPostgres, template: Callable[[bool], str]) -> Iterator[Callable[..., System]]:
    """As `new_system`, for stores that all tests of a module read."""
    yield from _making(server, template)


def _making(server: EmbeddedPostgres, template: Callable[[bool], str]) -> Iterator[Callable[..., System]]:
    made: list[tuple[System, str]] = []

    def make(*, synthetic: bool = False) -> System:
        name = f"test_{os.getpid()}_{next(_numbers)}"
        _execute(server, f"CREATE DATABASE {name} TEMPLATE {template(synthetic)} STRATEGY FILE_COPY")
        made.append((_system(server, name), name))
        return made[-1][0]

    yield make
    for system, name in made:
        system.close()
        _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def system(new_system: Callable[..., System]) -> System:
    """A system over a fresh live database."""
    return new_system()


@pytest.fixture
def synthetic(new_system: Callable[..., System]) -> System:
    """A system over a fresh synthetic database, which accepts a time of writing."""
    return new_system(synthetic=True)


def _system(server: EmbeddedPostgres, name: str) -> System:
    """Not embedded on its own: the server outlives it, and the roles are taken by SET ROLE."""
    return System(Settings(server.conninfo("postgres", name), server.data_dir), None)


def _execute(server: EmbeddedPostgres, statement: str) -> None:
    with psycopg.connect(server.conninfo("postgres"), autocommit=True) as admin:
        admin.execute(statement)  # pyright: ignore[reportArgumentType,reportCallIssue]
