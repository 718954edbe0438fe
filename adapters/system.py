"""The composition root: nothing else constructs anything."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

import domain  # noqa: F401  (fills the registry of events)
from adapters.eventstore.numbers import PostgresNumbers
from adapters.eventstore.recorder import Datastore, Recorder
from adapters.eventstore.sealing import MasterKey, WrongMasterKey
from adapters.eventstore.store import PostgresEventStore
from adapters.postgres.allowance import REPORTS, WRONG_RECEIPTS, Allowance, Allowances
from adapters.postgres.case_register import CaseFinder, SameReports
from adapters.postgres.contact_finder import ContactFinder
from adapters.postgres.denominators import Denominators
from adapters.postgres.duty_finder import DutyFinder
from adapters.postgres.embedded import EmbeddedPostgres
from adapters.postgres.inspection_list import InspectionList
from adapters.postgres.migrate import migrate
from adapters.postgres.missed_finder import MissedFinder
from adapters.postgres.overdue import OverdueDuties
from adapters.postgres.projector import Projector
from adapters.postgres.readers import Readers
from adapters.postgres.report_finder import ReportFinder
from adapters.postgres.reporters import ReceiptBook, adopted_key, has_receipts
from adapters.postgres.standing import Standings
from adapters.security.keys import BadKey, read, read_or_make
from adapters.security.policy import TomlPolicy
from adapters.security.receipts import Receipts
from adapters.security.tokens import Tokens
from adapters.settings import Settings, from_environment
from application.command_handler import CommandHandler
from application.deadline_watch import DeadlineWatch
from application.identities import Identities
from application.intake import Intake
from application.mailbox import Mailbox
from application.ports import Append, NewEvent, StoreUnavailable
from application.reassignment import Reassignment
from application.reporters import ReportersPolicy
from domain.event import Purpose, Role
from domain.rules import rule_book
from domain.values import instant, london_midnight
from projections.projection import Keyed

if TYPE_CHECKING:  # what counts takes numpy, which is loaded by those who ask for a figure
    from adapters.postgres.inspecting import Inspecting
    from adapters.postgres.ledger import Ledger
    from adapters.postgres.metric_reader import MetricReader

ROLE_SETTINGS = {
    "candour_writer": "-c lock_timeout=5s -c statement_timeout=30s -c idle_in_transaction_session_timeout=10s",
    "candour_projector": "-c lock_timeout=10s -c idle_in_transaction_session_timeout=60s",
    "candour_reader": "-c default_transaction_read_only=on -c statement_timeout=60s"
    " -c idle_in_transaction_session_timeout=60s",
}


class NotMigrated(Exception):
    """The database has no Candour schema yet."""


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """What the store says of itself."""

    store_id: UUID
    synthetic: bool
    master_key: str


class System:
    """Everything that runs, made on first use over one database. Close it, or use `open_system`."""

    def __init__(self, settings: Settings, embedded: EmbeddedPostgres | None) -> None:
        self.settings = settings
        self.embedded = embedded
        self.appended: Callable[[int], None] = lambda _: None  # told how many commands went into each commit

    @property
    def location(self) -> str:
        """Where the data is, for people."""
        if self.settings.database_url is None:
            return str(self.settings.data_dir)
        parts = conninfo_to_dict(self.settings.database_url)
        return f"{parts.get('host', 'localhost')}/{parts.get('dbname', '')}"

    def conninfo(self, role: str) -> str:
        """The connection string under which a role works: a login of its own here, `SET ROLE` elsewhere."""
        if self.embedded is not None:
            user = role if role in ROLE_SETTINGS else "postgres"
            return make_conninfo(self.embedded.conninfo(user), options=ROLE_SETTINGS.get(role, "") + " -c timezone=UTC")
        options = (
            f"-c timezone=UTC -c role={role} {ROLE_SETTINGS[role]}" if role in ROLE_SETTINGS else "-c timezone=UTC"
        )
        return make_conninfo(self.settings.database_url or "", options=options)

    def connect(self, role: str) -> "psycopg.Connection[tuple[object, ...]]":
        """A connection of one role in autocommit; raises `StoreUnavailable`."""
        try:
            return psycopg.connect(self.conninfo(role), autocommit=True, connect_timeout=5)
        except psycopg.OperationalError as error:
            reason = " ".join(str(error).split())[:300]
            raise StoreUnavailable(f"the database cannot be reached: {reason}") from error

    @cached_property
    def master_key(self) -> MasterKey:
        """Wraps the data keys. Made with a new store; an old one wants its own: raises `BadKey`, `WrongMasterKey`."""
        path = self.settings.master_key
        try:
            stored = self.facts().master_key
        except NotMigrated:
            return MasterKey(read(path) if self.settings.master_key_file else read_or_make(path))
        key = MasterKey(read(path))
        if key.fingerprint != stored:
            raise WrongMasterKey(
                f"{path} is not the master key of the store in {self.location} (its fingerprint is "
                f"{key.fingerprint[:8]}, not {stored[:8]}); put the right key back, from your backup of it"
            )
        return key

    @cached_property
    def tokens(self) -> Tokens:
        """Issues and verifies bearer tokens."""
        path = self.settings.token_key
        return Tokens(read(path) if self.settings.token_key_file else read_or_make(path))

    @cached_property
    def policy(self) -> TomlPolicy:
        """Who may do what."""
        return TomlPolicy()

    @cached_property
    def store(self) -> PostgresEventStore:
        """The event store, as the writer."""
        recorder = Recorder(Datastore(self.conninfo("candour_writer")))
        return PostgresEventStore(recorder, self.master_key, appended=lambda commands: self.appended(commands))

    @cached_property
    def handler(self) -> CommandHandler:
        """The write path of the live door."""
        return CommandHandler(
            self.store.aio, self.policy, rule_book(), now, uuid4, self.numbers, self.same_reports, self.inspecting
        )

    @cached_property
    def receipts(self) -> Receipts:
        """Makes and knows receipts. Their key is made with the first; `BadKey` if it is not that of the store."""
        path = self.settings.receipt_key
        with self.connect("candour_writer") as writer:
            # A new key beside receipts of another would lock out every reporter, and say nothing.
            new = not self.settings.receipt_key_file and not has_receipts(writer)
            receipts = Receipts(read_or_make(path) if new else read(path))
            if adopted_key(writer, receipts.fingerprint) != receipts.fingerprint:
                raise BadKey(f"{path} is not the receipt key of this store; put the right key back, from your backup")
        return receipts

    @cached_property
    def receipt_book(self) -> ReceiptBook:
        """Looks up what is kept for reporters."""
        return ReceiptBook(self.conninfo("candour_writer"))

    @cached_property
    def allowances(self) -> Allowances:
        """Counts what is limited by the minute."""
        return Allowances(self.conninfo("candour_writer"))

    @cached_property
    def reporters(self) -> CommandHandler:
        """The write path of those who have a receipt, or are to be given one."""
        asks = (self.numbers, self.same_reports, self.inspecting)
        return CommandHandler(self.store.aio, ReportersPolicy(), rule_book(), now, uuid4, *asks)

    @cached_property
    def intake(self) -> Intake:
        """Takes reports in."""
        most, limit = self.settings.limits, Allowance(REPORTS, self.settings.limits.reports_a_minute)
        return Intake(
            self.reporters,
            self.receipts,
            self.receipt_book,
            self.allowances.limit(limit),
            most.reports_a_day,
            rule_book(),
            now,
            uuid4,
        )

    @cached_property
    def mailbox(self) -> Mailbox:
        """Opens the mailboxes of reporters."""
        most, limit = self.settings.limits, Allowance(WRONG_RECEIPTS, self.settings.limits.wrong_receipts_a_minute)
        return Mailbox(
            self.reporters,
            self.store,
            self.receipts,
            self.receipt_book,
            self.allowances.limit(limit),
            most.letters_a_day,
            rule_book(),
            now,
        )

    @cached_property
    def identities(self) -> Identities:
        """Opens the identities of reporters to whom they were released."""
        return Identities(self.store, self.policy, now)

    @cached_property
    def overdue(self) -> OverdueDuties:
        """Finds the duties that were missed."""
        return OverdueDuties(Readers(self.conninfo("candour_reader"), 1))

    @cached_property
    def deadline_watch(self) -> DeadlineWatch:
        """Raises missed deadlines."""
        return DeadlineWatch(self.store, self.overdue, now, uuid4)

    @cached_property
    def numbers(self) -> PostgresNumbers:
        """Hands out the reference numbers of cases."""
        return PostgresNumbers(self.conninfo("candour_writer"))

    @cached_property
    def same_reports(self) -> SameReports:
        """Finds cases that may be the same report."""
        return SameReports(self.conninfo("candour_writer"))

    @cached_property
    def cases(self) -> CaseFinder:
        """Finds cases by reference and status."""
        return CaseFinder(Readers(self.conninfo("candour_reader")))

    @cached_property
    def reassignment(self) -> Reassignment:
        """Passes caseloads on."""
        return Reassignment(self.handler, self.store.aio, self.cases)

    @cached_property
    def contacts(self) -> ContactFinder:
        """Finds contacts with the support line."""
        return ContactFinder(Readers(self.conninfo("candour_reader")))

    @cached_property
    def reports(self) -> ReportFinder:
        """Finds misconduct reports, and what is owed in them."""
        return ReportFinder(Readers(self.conninfo("candour_reader")))

    @cached_property
    def duties(self) -> DutyFinder:
        """Finds what is owed, and by when."""
        return DutyFinder(Readers(self.conninfo("candour_reader")))

    @cached_property
    def missed(self) -> MissedFinder:
        """Finds the deadlines that were missed."""
        return MissedFinder(Readers(self.conninfo("candour_reader")))

    @cached_property
    def ledger(self) -> "Ledger":
        """The ledger of the unrecorded."""
        from adapters.postgres.ledger import Ledger

        return Ledger(self.metrics)

    @cached_property
    def inspecting(self) -> "Inspecting":
        """Finds what an inspection is drawn from."""
        from adapters.postgres.inspecting import Inspecting

        return Inspecting(Readers(self.conninfo("candour_reader"), 1), lambda: self.metrics)

    @cached_property
    def inspections(self) -> InspectionList:
        """Lists inspections."""
        return InspectionList(Readers(self.conninfo("candour_reader"), 1))

    @cached_property
    def denominators(self) -> Denominators:
        """Lists the denominators of forces."""
        return Denominators(Readers(self.conninfo("candour_reader"), 1))

    @cached_property
    def standings(self) -> Standings:
        """Says where the read models stand."""
        return Standings(Readers(self.conninfo("candour_reader"), 1))

    @cached_property
    def metrics(self) -> "MetricReader":
        """Answers questions about figures."""
        from adapters.postgres.metric_reader import MetricReader

        return MetricReader(self.conninfo("candour_reader"), synthetic=self.facts().synthetic)

    def projector(self, projection: Keyed[Any]) -> Projector:
        """A projector on a connection of its own; close `projector.connection` when done."""
        return Projector(self.connect("candour_projector"), projection)

    def migrate(self, *, synthetic: bool = False) -> list[str]:
        """Create or upgrade the schema and adopt the rule sets; the names of the steps that ran."""
        with self.connect("admin") as admin:
            ran = migrate(admin, synthetic=synthetic, master_key=self.master_key.fingerprint)
        return ran + self._adopt_rule_sets()

    def facts(self) -> StoreFacts:
        """What the store says of itself; raises `NotMigrated`."""
        # As the administrator: before the first migration the other roles do not exist.
        with self.connect("admin") as admin:
            try:
                row = admin.execute("SELECT store_id, synthetic, master_key FROM candour.store").fetchone()
            except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName) as error:
                raise NotMigrated("the database has no Candour schema; run `candour migrate`") from error
        return StoreFacts(*row)  # type: ignore[misc]

    def check(self) -> None:
        """Whether this can work at all: raises `NotMigrated`, `BadKey`, `WrongMasterKey` and `StoreUnavailable`."""
        self.facts()
        self.master_key  # noqa: B018  (a wrong key shows now, not at the first command)
        self.receipts  # noqa: B018

    def close(self) -> None:
        """Give everything back; the embedded server stops with its last user."""
        readers = (
            "cases",
            "contacts",
            "reports",
            "duties",
            "missed",
            "standings",
            "metrics",
            "overdue",
            "inspecting",
            "inspections",
            "denominators",
        )
        for part in ("store", "numbers", "same_reports", "receipt_book", "allowances", *readers):
            if part in self.__dict__:
                self.__dict__.pop(part).close()
        if self.embedded is not None:
            self.embedded.stop()

    def _adopt_rule_sets(self) -> list[str]:
        known = {entry.stream for entry in self.store.read_category("ruleset-")}
        # A synthetic store must be able to take events of the past, so it adopts them all when the oldest took effect.
        synthetic = self.facts().synthetic
        missing: list[Append] = []
        in_order = sorted(rule_book().adopted, key=lambda adopted: adopted.effective)
        at = london_midnight(in_order[0].effective) if synthetic else now()
        for adopted in in_order:
            stream = f"ruleset-{adopted.rule_set}"
            envelope = (instant(at), "candour", Role.ADMINISTRATOR, Purpose.ADMINISTRATION)
            new = NewEvent(uuid4(), adopted, *envelope, written_at=at if synthetic else None)
            if stream not in known:
                missing.append(Append(stream, 0, "*", (new,)))
        self.store.append_many(missing)
        return [item.stream for item in missing]


def now() -> datetime:
    """The clock of the live door."""
    return datetime.now(UTC)


@contextmanager
def open_system(settings: Settings | None = None) -> Iterator[System]:
    """A system over the configured database, starting the embedded server if that is what is configured."""
    settings = settings or from_environment()
    embedded = EmbeddedPostgres(settings.data_dir) if settings.database_url is None else None
    system = System(settings, embedded)
    try:
        if embedded is not None:
            embedded.start()
        yield system
    finally:
        system.close()
