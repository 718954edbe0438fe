"""`candour demo`: a synthetic store, the API, a token per role, and three commands to try."""

from contextlib import ExitStack
from datetime import date, timedelta

import orjson

from adapters.cli.locking import serving
from adapters.cli.output import progress, say, step
from adapters.cli.signals import undisturbed
from adapters.listening import bound
from adapters.postgres import projecting
from adapters.settings import from_environment
from adapters.simulator import CannotSimulate, write
from adapters.system import NotMigrated, System, now, open_system
from application.simulation import Plan
from domain.event import Role
from domain.values import LONDON
from projections.case_facts import case_facts
from projections.case_register import case_register
from projections.duties import duties

FORCES = ("greater-manchester", "thames-valley", "kent")
REPORTS, CONDUCT, CONTACTS = 900, 120, 25
SEED = 2020
AT_ONCE = (case_facts, case_register, duties)  # the projector builds the others while these are already served
TOKEN_FOR = timedelta(days=30)
PEOPLE = (
    ("CASE_WORKER", Role.RECORDER, FORCES[0]),
    ("REGISTRAR", Role.FORCE_CRIME_REGISTRAR, FORCES[0]),
    ("ANALYST", Role.ANALYST, "*"),
    ("AUDITOR", Role.AUDITOR, "*"),
)


def demo() -> None:
    """Fill a synthetic store (3 forces, 24 months), serve the API, and print what to try. Ctrl-C stops it all."""
    with undisturbed():
        from adapters.server import serve_system  # late: the web framework would slow down every command

    settings = from_environment()
    with serving(settings.data_dir), bound(settings) as listener:
        try:
            with ExitStack() as stack:
                with step("Starting PostgreSQL 18" if settings.database_url is None else "Connecting"):
                    system = stack.enter_context(open_system(settings))
                say(f"Data: {system.location}")
                _fill(system)
                serve_system(system, listener, lambda address: _invite(system, address))
        except (KeyboardInterrupt, SystemExit):
            say("Stopped, PostgreSQL too." if settings.database_url is None else "Stopped.")
            raise


def _fill(system: System) -> None:
    try:
        if not system.facts().synthetic:
            raise CannotSimulate(f"{system.location} holds a live store; set CANDOUR_DATA_DIR to another folder")
    except NotMigrated:
        pass
    with step("Preparing the schema"):
        system.migrate(synthetic=True)
    _simulate(system)
    for projection in AT_ONCE:
        projector = system.projector(projection)
        with projector.connection:
            projector.lock()
            projector.prepare()
            behind = projecting.backlog(projector)
            if behind:
                with progress(f"Projecting {projection.name} (events)", behind) as advance:
                    projecting.catch_up(system.conninfo("candour_projector"), projector, advance)


def _simulate(system: System) -> None:
    """Once for each store; if that was interrupted, go on with the same plan, whatever day it is by now."""
    name = f"demo-{str(system.facts().store_id)[:8]}"
    truth, plan = (system.settings.data_dir / f"{name}-{part}.json" for part in ("truth", "plan"))
    if truth.exists():
        return
    if not plan.exists():
        draft = plan.with_suffix(".draft")
        draft.write_bytes(orjson.dumps({"end": now().astimezone(LONDON).date()}))
        draft.replace(plan)
    end = date.fromisoformat(orjson.loads(plan.read_bytes())["end"])
    with progress(f"Simulating {len(FORCES)} forces over 24 months (reports)", REPORTS * len(FORCES)) as advance:
        done = 0

        def report(so_far: int, _: int) -> None:
            nonlocal done
            advance(so_far - done)
            done = so_far

        plan_of_all = Plan(FORCES, REPORTS, SEED, end, conduct=CONDUCT, contacts=CONTACTS)
        write(system, plan_of_all, truth, report)


def _invite(system: System, address: str) -> None:
    tokens = {
        name: system.tokens.issue(f"demo-{role.value}", [role], force, valid_for=TOKEN_FOR)
        for name, role, force in PEOPLE
    }
    received_at = (now() - timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%MZ")
    report = f'{{"received_at": "{received_at}", "route": "online", "reporter_role": "victim", "alleged": "104"}}'
    curl = 'curl -s -H "Authorization: Bearer $'
    lines = [
        f"Candour serves {address} over {system.store.head().position:,} synthetic events.",
        "",
        "The address and a token for each role; paste these lines into another terminal:",
        f"CANDOUR={address}",
        *(f"{name}={token}" for name, token in tokens.items()),
        "",
        "Try there:",
        f'1. A figure:  {curl}ANALYST" "$CANDOUR/v1/metrics/recorded_within_24h?by=force"',
        f'2. The log:   {curl}AUDITOR" "$CANDOUR/v1/events?after=1000&limit=3"',
        f"3. A report:  {curl}CASE_WORKER\" -H 'Content-Type: application/json' -d '{report}' "
        "$CANDOUR/v1/cases/report-crime",
        "",
        f"The API is described at {address}/openapi.json. Ctrl-C stops everything.",
    ]
    say("\n".join(lines))
