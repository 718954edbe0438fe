"""Exit codes, and which error has which."""

import psycopg

from adapters.cli.locking import InUse
from adapters.eventstore.codec import UnknownEvent
from adapters.eventstore.sealing import WrongMasterKey
from adapters.importers.reading import ImportFailed
from adapters.postgres.embedded import EmbeddedFailed
from adapters.postgres.migrate import StoreMismatch
from adapters.postgres.projecting import NothingWaits
from adapters.postgres.projector import Busy, ProjectionFailed
from adapters.postgres.question import BadQuestion
from adapters.postgres.readers import NotReady
from adapters.promoting import NeedsReason
from adapters.questions import UnknownMetric
from adapters.security.keys import BadKey
from adapters.settings import BadSetting
from adapters.simulator import CannotSimulate
from adapters.system import NotMigrated
from application.known_at import NotKnowable
from application.ports import Forbidden, NotFound, StoreUnavailable
from application.simulation import BadPlan

EXITS = {
    0: "done",
    1: "an error of ours",
    2: "the command line or a setting cannot be read",
    3: "the input or the question is refused; nothing was written",
    4: "there is no such thing",
    5: "the database or the port is away or in use, the store belongs to another key, or `doctor` found a fault",
    6: "the figures are not that far yet, have stopped, cannot be trusted, or differ from those built again",
    130: "stopped by Ctrl-C",
    143: "stopped by SIGTERM",
}

_CODES: dict[type[Exception], int] = {
    BadSetting: 2,
    BadQuestion: 3,
    NotKnowable: 3,
    BadPlan: 3,
    CannotSimulate: 3,
    ImportFailed: 3,
    NeedsReason: 3,
    Forbidden: 3,
    NotFound: 4,
    UnknownMetric: 4,
    NothingWaits: 4,
    StoreUnavailable: 5,
    EmbeddedFailed: 5,
    StoreMismatch: 5,
    WrongMasterKey: 5,
    NotMigrated: 5,
    BadKey: 5,
    InUse: 5,
    Busy: 5,
    UnknownEvent: 5,
    psycopg.Error: 5,
    NotReady: 6,
    ProjectionFailed: 6,
}


def exit_code_of(error: BaseException) -> int | None:
    """The exit code of a known error; None for a defect, whose traceback should be seen."""
    return next((code for kind, code in _CODES.items() if isinstance(error, kind)), None)


def sentence_of(error: BaseException) -> str:
    """The error in one line."""
    return " ".join(str(error).split())
