"""Bearer tokens from the built-in issuer: HS256, claims sub, roles, force, unit, staff_id."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import jwt

from application.ports import Actor
from domain.event import Role

ISSUER = "candour"
ALGORITHM = "HS256"
REMEMBERED = 1024


class BadToken(Exception):
    """The token is missing, damaged, expired or from another issuer; the message says which."""


class Tokens:
    """Issues and verifies tokens. Verified tokens are remembered until they expire."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._known: dict[str, tuple[Actor, float]] = {}

    def issue(
        self,
        staff_id: str,
        roles: Iterable[Role],
        force: str,
        unit: str | None = None,
        valid_for: timedelta = timedelta(days=1),
    ) -> str:
        """A token for one person or process; `force` is `*` for an oversight body."""
        now = datetime.now(UTC)
        claims = {
            "iss": ISSUER,
            "sub": staff_id,
            "staff_id": staff_id,
            "roles": sorted(roles),
            "force": force,
            "unit": unit,
            "iat": now,
            "exp": now + valid_for,
        }
        return jwt.encode(claims, self._key, algorithm=ALGORITHM)

    def verify(self, token: str) -> Actor:
        """Who holds the token; raises `BadToken`."""
        known = self._known.get(token)
        if known is not None and known[1] > datetime.now(UTC).timestamp():
            return known[0]
        try:
            claims = jwt.decode(
                token, self._key, algorithms=[ALGORITHM], issuer=ISSUER, options={"require": ["exp", "sub", "iss"]}
            )
            actor = Actor(
                id=str(claims["staff_id"]),
                roles=frozenset(map(Role, claims["roles"])),
                force=str(claims["force"]),
                unit=claims.get("unit"),
            )
        except jwt.ExpiredSignatureError as error:
            raise BadToken("the token has expired; get a new one") from error
        except (jwt.InvalidTokenError, KeyError, ValueError, TypeError) as error:
            raise BadToken("the token is not one that this system issued; get one with `candour token`") from error
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[token] = (actor, float(claims["exp"]))
        return actor
