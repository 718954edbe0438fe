"""Reference data, open to all: offences, outcome types, forces, rules and commands."""

from fastapi import APIRouter
from starlette.responses import Response

from adapters.http import addresses, openapi
from adapters.http.acting import TheSystem
from adapters.http.answers import Answer
from domain import all_rules
from domain.aggregate import aggregate_of
from domain.case.duties import DutyKind, opens
from domain.event import COMMANDS, EVENTS
from domain.rules import rule_book


def opened_by() -> dict[str, list[str]]:
    """The events that can open each kind of duty, by their stored names."""
    return {kind.value: [name for name, event in EVENTS.items() if kind in opens(event)] for kind in DutyKind}


router = APIRouter(prefix="/v1/reference", tags=["reference"])


@router.get("/offences", summary="Offence codes")
async def offences() -> Response:
    """The offence classifications that a case may be recorded under, with group and inspection stratum."""
    return Answer({"offences": list(rule_book().offences.values())})


@router.get("/outcomes", summary="Outcome types")
async def outcomes() -> Response:
    """The outcome types that a recorded crime may be assigned, with the day since when."""
    return Answer({"outcomes": list(rule_book().outcomes.values())})


@router.get("/forces", summary="Forces")
async def forces() -> Response:
    """The forces, by the short name that tokens and events carry."""
    return Answer({"forces": [{"force": code, "name": name} for code, name in rule_book().forces.items()]})


@router.get("/cancellation", summary="Cancellation codes")
async def cancellation() -> Response:
    """The cancellation codes with what each must show, and who approves; the rule set is unconfirmed."""
    rules = rule_book().cancellation
    codes = [{"code": code, "title": title, "needs": rules.needs[code]} for code, title in rules.titles.items()]
    return Answer({"codes": codes, "rules": rules})


@router.get("/duties", summary="Duties")
async def duties() -> Response:
    """What a force owes after an event and by when, by rule set; `standing` says what is unconfirmed or a policy."""
    return Answer({"rule_sets": list(rule_book().duties), "opened_by": opened_by()})


@router.get("/rules", summary="Rules")
async def rules() -> Response:
    """The rules that a command can break, with their sources, and the adopted rule sets with their digests."""
    return Answer({"rules": list(all_rules().values()), "rule_sets": list(rule_book().adopted)})


@router.get("/commands", summary="Commands")
async def commands(system: TheSystem) -> Response:
    """The commands: where to send them, their purpose, the roles that may send them, and an example."""
    return Answer(
        {
            "commands": [
                {
                    **addresses.move(command, None),
                    "text": openapi.text_of(command),
                    "purpose": command.purpose,
                    "opens": aggregate_of(command).name if command.opens else None,
                    "roles": system.policy.roles_for_command(command),
                    "example": openapi.example_of(command),
                }
                for command in COMMANDS.values()
            ]
        }
    )
