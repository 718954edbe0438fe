"""The rules of crime recording. Importing this package fills the registry of events and commands."""

from domain import import_batch, rules
from domain.case import correction, outcome, recording, state, testimony

__all__ = ["correction", "import_batch", "outcome", "recording", "rules", "state", "testimony"]
