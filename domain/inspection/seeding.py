"""The nonce is revealed: with the digest of the log after the opening it is the seed of the sample."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from domain.event import Act, Command, Decision, Event, Purpose, Rule, broken
from domain.inspection import draw
from domain.inspection.scope import INSPECTORATE, Digest

if TYPE_CHECKING:
    from domain.inspection.state import Inspection


class DigestAt(NamedTuple):
    """Asks for the digest of the log at a position; None if the log ends before."""

    position: int


class NonceRevealed(Event, name="nonce_revealed.v1"):
    """The nonce is known, and with it the seed. `position`: the one after the opening, whose digest it is."""

    nonce: Digest
    position: int
    log_digest: Digest
    seed: Digest
    method: str


_DRAW = "HMICFRS crime data integrity programme: a random sample (how it is drawn is a policy of this system)"

NONCE_FITS_ITS_COMMITMENT = Rule(
    "nonce_fits_its_commitment",
    "This is not the nonce that the opening committed to: its SHA-256 is another. Reveal that one, or abandon the "
    "inspection.",
    _DRAW,
)
LOG_HAS_GONE_ON = Rule(
    "log_has_gone_on",
    "Nothing was written to the log since the opening, and the seed is made of what is. Reveal the nonce after the "
    "next event, whoever writes it.",
    _DRAW,
)


@dataclass(frozen=True, slots=True)
class Seeding:
    """The seed, and what it is made of."""

    nonce: str | None = None
    position: int | None = None
    log_digest: str | None = None
    seed: str | None = None
    method: str | None = None

    @classmethod
    def of(cls, event: NonceRevealed) -> "Seeding":
        """What the event says."""
        return cls(event.nonce, event.position, event.log_digest, event.seed, event.method)


class RevealNonce(Command["Inspection"]):
    """Reveal the nonce once the log has gone on."""

    purpose: ClassVar[Purpose] = Purpose.OVERSIGHT
    aggregate: ClassVar[str] = "inspection"
    on_behalf: ClassVar[str | None] = INSPECTORATE
    example: ClassVar[Mapping[str, Any]] = {"nonce": "00ff" * 16}

    nonce: Digest

    def asks(self, state: "Inspection") -> DigestAt:
        """The digest of the log at the position after the opening."""
        return DigestAt(state.scope.position + 1)

    def decide(self, state: "Inspection", act: Act) -> Decision:
        """The seed is the SHA-256 of the digest of the log at the position after the opening, and the nonce."""
        yield from state.allows(self, act)
        fits = draw.commitment(self.nonce) == state.scope.commitment
        yield from broken(NONCE_FITS_ITS_COMMITMENT, when=not fits)
        digest: str | None = act.found
        yield from broken(LOG_HAS_GONE_ON, when=digest is None)
        yield NonceRevealed(
            nonce=self.nonce,
            position=state.scope.position + 1,
            log_digest=digest or draw.START,
            seed=draw.seed(digest or draw.START, self.nonce),
            method=draw.METHOD,
        )
