"""The app behind a real server, over a fresh database."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import httpx
import pytest
from api import Api, serving

from adapters.http.app import create_app
from adapters.settings import Limits
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
def shared(new_kept_system: Callable[..., System]) -> Iterator[Api]:
    """A served system for a whole module, for questions whose answers do not depend on what else was asked."""
    system = new_kept_system()
    with serving(create_app(system)) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield Api(system, url, client)
