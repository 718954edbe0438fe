"""The app behind a real server, over a fresh database."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from uuid import uuid4

import httpx
import psycopg
import pytest
from api import Api, serving

from adapters.http.app import create_app
from adapters.postgres.embedded import EmbeddedPostgres
from adapters.settings import Limits, Settings
from adapters.system import System


@pytest.fixture
def serve() -> Iterator[Callable[[System], Api]]:
    """Serves systems: `serve(system)`."""
    with ExitStack() as stack:

        def make(system: System) -> Api:
            url = stack.enter_context(serving(create_app(system)))
            return Api(system, url, stack.enter_context(httpx.Client(base_url=url, timeout=30)))

        yield make


@pytest.fixture
def api(serve: Callable[[System], Api], system: System) -> Api:
    """A served system over a fresh live database."""
    return serve(system)


@pytest.fixture
def limited(new_system: Callable[..., System], serve: Callable[[System], Api]) -> Callable[..., Api]:
    """A served system with other limits for reporters: `limited(reports_a_day=2)`."""

    def make(**limits: int) -> Api:
        made = new_system()
        made.settings = replace(made.settings, limits=Limits(**limits))
        return serve(made)

    return make


@pytest.fixture(scope="module")
def shared(server: EmbeddedPostgres, template: Callable[[bool], str]) -> Iterator[Api]:
    """A served system for a whole module, for questions whose answers do not depend on what else was asked."""
    name = f"shared_{uuid4().hex[:12]}"
    with psycopg.connect(server.conninfo("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template(False)}")
    system = System(Settings(server.conninfo("postgres", name), server.data_dir), None)
    with serving(create_app(system)) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield Api(system, url, client)
    system.close()
