"""The access policy, as data: which role may send which command, read what, and see which field."""

import tomllib
from collections.abc import Sequence
from importlib import resources
from typing import Any

from application.ports import Actor, Forbidden
from domain.aggregate import AGGREGATES
from domain.case.correction import restate
from domain.event import COMMANDS, EVENTS, Command, Purpose, RecordedEvent, Role
from domain.misconduct.passed_on import Told, as_told
from domain.misconduct.state import REPORT, Report
from domain.misconduct.walls import admits, follows, is_walled, visibility
from domain.support_contact.escalation import EscalationRaised


class TomlPolicy:
    """The policy of `policy.toml`: by the purpose of a command, or by its name. An unknown name is an error."""

    def __init__(self, text: str | None = None) -> None:
        text = text or resources.files(__name__.rpartition(".")[0]).joinpath("policy.toml").read_text()
        tables = tomllib.loads(text)
        self.tables = {
            table: {name: tuple(map(Role, roles)) for name, roles in entries.items()}
            for table, entries in tables.items()
        }
        by_purpose, by_name = self.tables["purpose"], self.tables["command"]
        unknown = (by_name.keys() - COMMANDS.keys()) | (by_purpose.keys() - set(Purpose))
        fields = self.tables["field"].keys() - EVENTS.keys() - AGGREGATES.keys()
        fields |= self.tables["unescalated"].keys() - AGGREGATES.keys()
        if fields:
            raise ValueError(f"policy.toml names no event or aggregate: {', '.join(sorted(fields))}")
        homeless = {name for name, command in COMMANDS.items() if command.purpose not in by_purpose} - by_name.keys()
        if unknown or homeless:
            raise ValueError(f"policy.toml and the commands differ in: {', '.join(sorted(unknown | homeless))}")
        self.tables["command"] = {
            name: by_name.get(name) or by_purpose[command.purpose] for name, command in COMMANDS.items()
        }

    def role_for_command(self, actor: Actor, command: type[Command[Any]]) -> Role:
        """The role under which the actor may send the command, or `Forbidden`."""
        return self._role(actor, "command", command.__name__, f"send {command.__name__}")

    def may_send(self, actor: Actor, command: type[Command[Any]]) -> bool:
        """Whether the actor has a role that may send the command."""
        return not actor.roles.isdisjoint(self.roles_for_command(command))

    def roles_for_command(self, command: type[Command[Any]]) -> tuple[Role, ...]:
        """The roles that may send the command."""
        return self.tables["command"][command.__name__]

    def role_for_read(self, actor: Actor, what: str) -> Role:
        """The role under which the actor may read (`case`, `history`, `log`, `metrics`, …), or `Forbidden`."""
        return self._role(actor, "read", what, f"read {what.replace('_', ' ')}")

    def sees_unescalated(self, actor: Actor, kind: str) -> bool:
        """Whether the actor sees aggregates of that name from their beginning, escalated to the force or not."""
        roles = self.tables["unescalated"].get(kind)
        return roles is None or not actor.roles.isdisjoint(roles)

    def sees(self, actor: Actor, entries: Sequence[RecordedEvent]) -> bool:
        """Whether a history is for the actor's eyes: of their force, and where that is asked, escalated to it.

        A report is for those whom `domain.misconduct.walls` admits, as it stands now and not at some earlier moment.
        """
        if not entries:
            return False
        kind = entries[0].stream.partition("-")[0]
        if kind == REPORT.name:
            found: Report = REPORT.replay(entries)
            return admits(actor.id, actor.force, actor.unit, actor.roles, visibility(found))
        if is_walled(entries[0].stream) or actor.force not in ("*", entries[0].force):
            return False
        return self.sees_unescalated(actor, kind) or any(
            isinstance(entry.event, EscalationRaised) for entry in restate(entries)
        )

    def follows(self, actor: Actor, entries: Sequence[RecordedEvent]) -> bool:
        """Whether the actor may follow where a report went that the service passed on, be it for their eyes or not."""
        if not entries or not entries[0].stream.startswith(REPORT.prefix):
            return False
        found: Report = REPORT.replay(entries)
        return follows(actor.id, actor.force, actor.unit, actor.roles, visibility(found))

    def told(self, actor: Actor, entries: Sequence[RecordedEvent]) -> list[Told]:
        """What of a history (whole, as written) the actor reads: of a report that was passed on, what was passed."""
        if not entries or not entries[0].stream.startswith(REPORT.prefix):
            return [Told(entry) for entry in entries]
        return as_told(entries, lambda so_far: self.sees(actor, so_far))

    def sees_sealed_text(self, actor: Actor, entry: RecordedEvent) -> bool:
        """Whether the narratives and names of the event are opened for the actor."""
        fields = self.tables["field"]
        roles = fields.get(entry.event.NAME) or fields.get(entry.stream.partition("-")[0], ())
        return not actor.roles.isdisjoint(roles)

    def _role(self, actor: Actor, table: str, name: str, deed: str) -> Role:
        blind = self.tables["blind"].get(name, ()) if table == "read" else ()
        if not actor.roles.isdisjoint(blind):
            raise Forbidden(f"You may not {deed} with the role {', '.join(blind)}, which must not know what is there.")
        allowed = self.tables[table][name]
        for role in allowed:
            if role in actor.roles:
                return role
        raise Forbidden(f"You may not {deed}; it takes one of the roles {', '.join(allowed)}.")
