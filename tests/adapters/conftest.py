"""The command line, run inside the test over a database of the embedded server."""

from collections.abc import Callable

import pytest
from processes import Done

from adapters.cli.main import run
from adapters.system import System

Candour = Callable[..., Done]


@pytest.fixture
def candour(system: System, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Candour:
    """`candour("metrics", "--json")`: over the live database of `system`, unless `DATABASE_URL` says otherwise."""

    def call(*arguments: str, **environment: str) -> Done:
        settings = {
            "DATABASE_URL": system.settings.database_url or "",
            "CANDOUR_DATA_DIR": str(system.settings.data_dir),
            "CANDOUR_HOST": "",
            "CANDOUR_PORT": "",
        }
        for name, value in (settings | environment).items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        code = run(arguments)
        printed = capsys.readouterr()
        return Done(code, printed.out, printed.err)

    return call
