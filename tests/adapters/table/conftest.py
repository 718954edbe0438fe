from pathlib import Path

import pytest
from tables import Desk

from adapters.system import System


@pytest.fixture
def desk(tmp_path: Path, system: System) -> Desk:
    return Desk(tmp_path, system)
