"""Attestation: a second source speaks of a fact that another one stated. Both are kept; the first one stands."""

from uuid import UUID

from domain.case.correction import CorrectedFacts
from domain.event import Event


class FactAttested(Event, name="fact_attested.v1"):
    """Another source says this about a fact of the case. It changes nothing: where the two differ, both can be read."""

    attests: UUID
    facts: CorrectedFacts
