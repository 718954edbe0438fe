"""Read models brought to the end of the log, in this process."""

from typing import Any

from adapters.postgres import projecting
from adapters.system import System
from projections.case_register import case_register
from projections.duties import duties
from projections.projection import Keyed


def project(system: System, *projections: Keyed[Any]) -> None:
    for projection in projections:
        projector = system.projector(projection)
        with projector.connection:
            projector.lock()
            projector.prepare()
            projecting.catch_up(system.conninfo("candour_projector"), projector)


def project_the_register(system: System) -> None:
    """What `GET /v1/cases` reads."""
    project(system, case_register, duties)
