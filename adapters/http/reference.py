"""Reference data, open to all: offences, outcome types, forces, rules and commands."""

from fastapi import APIRouter
from starlette.responses import Response

from adapters.http import addresses, openapi
from adapters.http.acting import TheSystem
from adapters.http.answers import Answer
from domain import all_rules
from domain.aggregate import aggregate_of
from domain.event import COMMANDS
from domain.rules import rule_book

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
