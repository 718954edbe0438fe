"""The image and `docker-compose.yml`: of the Compose schema, confined, and made of this software as it is."""

import copy
import json
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from ruamel.yaml import YAML
from typer.main import get_command

from adapters.cli.commands import app
from adapters.http.health import router
from adapters.postgres.embedded import SETTINGS

ROOT = Path(__file__).parent.parent.parent
OURS = ("migrate", "api", "projector")
DOCKERFILE = (ROOT / "Dockerfile").read_text()
READ = set(re.findall(r'"((?:CANDOUR_|DATABASE_)[A-Z_]+)"', (ROOT / "adapters/settings.py").read_text()))


@pytest.fixture
def compose() -> Any:
    return YAML(typ="safe").load((ROOT / "docker-compose.yml").read_text())


def against_the_schema(file: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_it_is_of_the_compose_schema(tmp_path: Path, compose: Any) -> None:
    done = against_the_schema(ROOT / "docker-compose.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    compose["services"]["api"]["depend_on"] = compose["services"]["api"].pop("depends_on")
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(json.dumps(compose))
    assert against_the_schema(wrong).returncode == 1


def unparsed(arguments: list[str]) -> str | None:
    """Why the command line would refuse these arguments, or None."""
    try:
        name, command, context, rest = "candour", get_command(app), None, list(arguments)
        while hasattr(command, "resolve_command"):
            context = command.make_context(name, rest, parent=context)
            name, command, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        command.make_context(name, rest, parent=context)
    except typer.TyperException as error:
        return str(error)
    return None


def test_what_cannot_be_parsed_is_noticed() -> None:
    assert unparsed(["serve", "--workers", "2"]) is None
    assert unparsed(["serve", "--worker-count", "2"])
    assert unparsed(["serve", "--workers", "none"])
    assert unparsed(["served"])
    assert unparsed(["import", "police-us", "x.csv"])


def wrongs(compose: Any) -> list[str]:
    """What is not as it should be."""
    services, found = compose["services"], []
    for name, service in services.items():
        user = str(service.get("user", "root"))
        found += [f"{name} runs as root"] if user.split(":")[0] in ("root", "0") else []
        found += [f"{name} can write its root"] if service.get("read_only") is not True else []
        found += [f"{name} keeps capabilities"] if service.get("cap_drop") != ["ALL"] else []
        found += [f"{name} can gain privileges"] if "no-new-privileges:true" not in service["security_opt"] else []
        found += [f"{name} has no /tmp"] if "/tmp" not in service["tmpfs"] else []
        found += [
            f"{name} has a secret in its environment"
            for value in service["environment"].values()
            if ":" in str(value).partition("//")[2].partition("@")[0]
        ]
        given = {value for value in service["environment"].values() if str(value).startswith("/run/secrets/")}
        found += [f"{name}: {given} are not its secrets"] * (given != {f"/run/secrets/{s}" for s in service["secrets"]})
        found += [f"{name} is open to others" for port in service.get("ports", []) if not port.startswith("127.0.0.1:")]
    for name in OURS:
        service = services[name]
        found += [f"{name}: {why}"] if (why := unparsed(service["command"])) else []
        found += [f"{name}: nobody reads {setting}" for setting in set(service["environment"]) - READ]
        found += [f"{name} has another image"] if service["image"] != "candour" or service["build"] != "." else []
        waits = {other: how["condition"] for other, how in service["depends_on"].items()}
        found += [f"{name} does not wait for PostgreSQL"] if waits.get("postgres") != "service_healthy" else []
        if name != "migrate" and waits.get("migrate") != "service_completed_successfully":
            found.append(f"{name} does not wait for the schema")
    for name in ("postgres", "api", "projector"):
        found += [f"{name} has no health check"] if not service_check(services[name]) else []
    found += ["PostgreSQL can be reached from outside"] if services["postgres"]["networks"] != ["inside"] else []
    found += (
        ["the data would go with the container"]
        if services["postgres"]["volumes"] != ["log:/var/lib/postgresql"] or "log" not in compose["volumes"]
        else []
    )  # 18 keeps them in a folder below it
    found += [f"{name} is no file" for name, secret in compose["secrets"].items() if "file" not in secret]
    return found


def service_check(service: Any) -> str:
    test = service.get("healthcheck", {}).get("test", [""])
    return " ".join(test[1:]) if test[0] == "CMD" else ""


def test_every_service_is_confined_and_runs_a_command_that_there_is(compose: Any) -> None:
    assert set(compose["services"]) == {"postgres", *OURS}
    assert wrongs(compose) == []


PLANTED: dict[str, tuple[Callable[[Any], object], str]] = {
    "root": (lambda s: s["api"].pop("user"), "api runs as root"),
    "writable": (lambda s: s["postgres"].pop("read_only"), "postgres can write its root"),
    "capable": (lambda s: s["projector"].update(cap_drop=[]), "projector keeps capabilities"),
    "privileged": (lambda s: s["api"].update(security_opt=[]), "api can gain privileges"),
    "tmp": (lambda s: s["api"].update(tmpfs=[]), "api has no /tmp"),
    "password": (
        lambda s: s["api"]["environment"].update(DATABASE_URL="postgresql://candour:pw@postgres/candour"),
        "api has a secret in its environment",
    ),
    "secrets": (lambda s: s["migrate"].update(secrets=[]), "are not its secrets"),
    "port": (lambda s: s["api"].update(ports=["8000:8000"]), "api is open to others"),
    "command": (lambda s: s["projector"].update(command=["project", "--for-ever"]), "projector: "),
    "setting": (lambda s: s["api"]["environment"].update(CANDOUR_WORKERS="2"), "nobody reads CANDOUR_WORKERS"),
    "image": (lambda s: s["projector"].update(image="other"), "projector has another image"),
    "order": (lambda s: s["api"]["depends_on"].pop("migrate"), "api does not wait for the schema"),
    "database": (lambda s: s["migrate"].update(depends_on={}), "migrate does not wait for PostgreSQL"),
    "health": (lambda s: s["api"].pop("healthcheck"), "api has no health check"),
    "unwatched": (lambda s: s["projector"].pop("healthcheck"), "projector has no health check"),
    "network": (lambda s: s["postgres"].update(networks=["inside", "outside"]), "from outside"),
    "volume": (lambda s: s["postgres"].update(volumes=["log:/var/lib/postgresql/data"]), "go with the container"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_what_is_wrong_is_noticed(compose: Any, name: str) -> None:
    plant, expected = PLANTED[name]
    planted = copy.deepcopy(compose)
    plant(planted["services"])
    assert any(expected in wrong for wrong in wrongs(planted))


def test_the_database_is_set_as_the_embedded_one(compose: Any) -> None:
    service = compose["services"]["postgres"]
    given = dict(setting.split("=") for setting in service["command"] if "=" in setting)
    assert given == {name: value for name, value in SETTINGS.items() if name != "listen_addresses"}
    embedded = (ROOT / "adapters/postgres/embedded.py").read_text()
    for option in service["environment"]["POSTGRES_INITDB_ARGS"].split():
        assert f'"{option}"' in embedded


def test_the_health_check_asks_what_the_api_answers(compose: Any) -> None:
    code = service_check(compose["services"]["api"]).partition(" -c ")[2]
    compile(code, "health check", "exec")
    path = re.search(r"http://127\.0\.0\.1:8000(/\S+?)\"", code)
    assert path
    assert path[1] in {route.path for route in router.routes}  # type: ignore[attr-defined]
    assert compose["services"]["api"]["environment"]["CANDOUR_PORT"] == "8000"


def test_the_health_check_of_the_projector_is_a_command_of_ours(compose: Any) -> None:
    program, *arguments = service_check(compose["services"]["projector"]).split()
    assert json.dumps([program]) == steps("ENTRYPOINT")[0]
    assert arguments
    assert unparsed(arguments) is None
    assert unparsed([*arguments, "--planted"])


def test_the_commands_of_the_page_are_ours() -> None:
    page = (ROOT / "docs/how-to/run-with-compose.md").read_text()
    lines = re.findall(r"docker compose run --rm ((?:--volume \S+ )*)migrate (.*)", page)
    assert len(lines) >= 4
    assert [line for _, line in lines if unparsed(shlex.split(line))] == []
    kept = [(volumes, apart[1]) for volumes, line in lines if (apart := re.search(r"--quarantine (/\w+)/", line))]
    assert kept
    assert [apart for volumes, apart in kept if f':{apart}"' not in volumes] == [], "it would go with the container"


def steps(name: str) -> list[str]:
    return re.findall(rf"^{name} (.*)$", DOCKERFILE, re.MULTILINE)


def test_the_image_runs_the_script_that_make_runs(compose: Any) -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert scripts == {"candour": "adapters.cli.main:main"}
    assert steps("ENTRYPOINT") == ['["/opt/candour/.venv/bin/candour"]']
    assert "$(BIN)/candour serve" in (ROOT / "Makefile").read_text()
    assert unparsed(json.loads(steps("CMD")[0])) is None
    settings = set(re.findall(r"((?:CANDOUR_|DATABASE_)[A-Z_]+)=", " ".join(steps("ENV"))))
    assert settings == {"CANDOUR_HOST"}
    assert settings <= READ
    assert f"USER {compose['services']['api']['user']}" in DOCKERFILE


def test_the_image_is_made_from_the_lock_file_of_what_is_there() -> None:
    runs = [json.loads(step) for step in steps("RUN")]  # each a list: no shell takes part
    installs = [run for run in runs if run[:2] == ["uv", "sync"]]
    assert len(installs) == 2
    assert all({"--locked", "--no-dev", "--no-managed-python"} <= set(run) for run in installs)
    assert "--no-managed-python" in (ROOT / "Makefile").read_text()
    copied = {name for step in steps("COPY") if "--from" not in step for name in step.split()[:-1]}
    admitted = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    packages = set(
        tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    )
    assert copied == admitted == packages | {"pyproject.toml", "uv.lock", "LICENSE"}
    assert all((ROOT / name).exists() for name in copied)


def test_the_secrets_are_kept_out_of_the_repository_and_the_image(compose: Any) -> None:
    assert {Path(secret["file"]).parent.name for secret in compose["secrets"].values()} == {"secrets"}
    assert "/secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    told = (ROOT / "docs/how-to/run-with-compose.md").read_text()
    assert [name for name in compose["secrets"] if f"secrets/{name}" not in told] == []
