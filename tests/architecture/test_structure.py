"""The shape of the house: who imports whom, how large a module is, and what things are called."""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import pytest

import domain  # noqa: F401  (fills the registries)
from adapters.security.policy import TomlPolicy
from domain.event import COMMANDS, EVENTS, Command, Event, Fact

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("domain", "application", "projections", "adapters")
BANNED = {"utils", "helpers", "common", "base", "manager", "services", "models"}
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def modules(root: Path = ROOT, folders: Iterable[str] = PACKAGES) -> list[Path]:
    return [path for folder in folders for path in sorted((root / folder).rglob("*.py"))]


def tool(name: str, *arguments: str, cwd: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(Path(sys.executable).parent / name), *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )


def test_nobody_imports_what_he_may_not() -> None:
    done = tool("lint-imports", "--no-cache", "--no-logo")
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_import_contract_can_be_broken(tmp_path: Path) -> None:
    for folder in PACKAGES:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for module, imported in {
        "domain/values.py": "application.ports",
        "projections/projection.py": "psycopg",
        "adapters/postgres/migrate.py": "eventsourcing.persistence",
        "adapters/cli/__init__.py": "adapters.http",
        "adapters/http/__init__.py": "adapters.cli",
    }.items():
        with (tmp_path / module).open("a") as file:
            file.write(f"\nimport {imported}\n")
    done = tool("lint-imports", "--no-cache", "--no-logo", cwd=tmp_path)
    assert done.returncode == 1
    for contract in PYPROJECT["tool"]["importlinter"]["contracts"]:
        assert f"{contract['name']} BROKEN" in done.stdout, done.stdout + done.stderr


def too_long(paths: Iterable[Path], most: int = 400, median_at_most: int = 100) -> list[str]:
    sizes = {path: len(path.read_text().splitlines()) for path in paths}
    found = [f"{path.name} has {size} lines" for path, size in sizes.items() if size > most]
    typical = median(sizes.values())
    return found + ([f"the median is {typical} lines"] if typical > median_at_most else [])


def test_modules_are_small() -> None:
    assert too_long(modules()) == []


def test_a_large_module_and_a_large_median_are_noticed(tmp_path: Path) -> None:
    for name, lines in {"a.py": 401, "b.py": 101, "c.py": 400}.items():
        (tmp_path / name).write_text("x = 1\n" * lines)
    assert too_long(tmp_path.glob("*.py")) == ["a.py has 401 lines", "the median is 400 lines"]


def badly_named(paths: Iterable[Path]) -> set[str]:
    return {name for path in paths for name in (path.stem, *path.parts[-3:-1]) if name in BANNED}


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert badly_named(path.relative_to(ROOT) for path in modules(folders=(*PACKAGES, "tests", "benchmarks"))) == set()


def test_a_name_that_says_nothing_is_noticed() -> None:
    paths = [Path("adapters/utils.py"), Path("domain/common/case.py"), Path("domain/case/state.py")]
    assert badly_named(paths) == {"utils", "common"}


def elsewhere(root: Path) -> list[str]:
    origins = {name: find_spec(name) for name in PACKAGES}
    return [name for name, spec in origins.items() if not spec or not Path(spec.origin or "").is_relative_to(root)]


def test_the_packages_that_are_imported_are_those_of_this_folder(tmp_path: Path) -> None:
    assert elsewhere(ROOT) == []
    assert elsewhere(tmp_path) == list(PACKAGES)


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def misnamed(events: dict[str, type[Event]]) -> list[str]:
    return [
        name
        for name, event in events.items()
        if not re.fullmatch(rf"{snake(event.__name__)}\.v[1-9]\d*", name) or name != event.NAME
    ]


def test_a_stored_name_is_the_class_in_snake_case_and_a_version() -> None:
    assert misnamed(EVENTS) == []
    wrong = ["crime_recorded", "crime_noted.v1", "crime_recorded.v0", "crime_recorded.v2"]
    assert misnamed(dict.fromkeys(wrong, EVENTS["crime_recorded.v1"])) == wrong


def test_an_event_name_is_never_taken_twice() -> None:
    with pytest.raises(TypeError, match=r"crime_recorded\.v1 is already taken by CrimeRecorded"):
        type("CrimeRecorded", (Event,), {"__module__": __name__}, name="crime_recorded.v1")


def registered(kind: type[Fact]) -> set[type[Fact]]:
    found = {
        sub for sub in kind.__subclasses__() if sub.__module__.split(".")[0] in PACKAGES and "[" not in sub.__name__
    }
    generic = {sub for sub in kind.__subclasses__() if "[" in sub.__name__}
    return found.union(*(registered(sub) for sub in generic | found))


def test_every_event_and_command_is_in_its_registry() -> None:
    assert registered(Event) == set(EVENTS.values())
    assert registered(Command) == set(COMMANDS.values())


def test_the_policy_says_of_every_command_who_may_send_it() -> None:
    policy = TomlPolicy()
    assert all(policy.roles_for_command(command) for command in COMMANDS.values())
    text = (ROOT / "adapters/security/policy.toml").read_text()
    without = re.sub(r"^investigation = .*\n", "", text, flags=re.MULTILINE)
    with pytest.raises(ValueError, match=r"differ in: .*StartInvestigation"):
        TomlPolicy(without)
    for wrong in (text.replace("\nReportCrime =", "\nReportTheft ="), text.replace("\nsupport =", "\nsuport =")):
        with pytest.raises(ValueError, match=r"differ in: .*(ReportTheft|suport)"):
            TomlPolicy(wrong)
    with pytest.raises(ValueError, match=r"names no event or aggregate: escalation_raised\.v0"):
        TomlPolicy(text.replace('"escalation_raised.v1"', '"escalation_raised.v0"'))


def test_every_command_states_its_purpose_and_what_it_is() -> None:
    assert [name for name, command in COMMANDS.items() if not getattr(command, "purpose", None)] == []
    undocumented = [kind for kind in (*EVENTS.values(), *COMMANDS.values()) if not kind.__dict__.get("__doc__")]
    assert undocumented == []


def test_every_public_thing_has_a_docstring(tmp_path: Path) -> None:
    assert tool("ruff", "check", "--no-cache", "--select", "D1", "--ignore", "D105,D107", *PACKAGES).returncode == 0
    bare = tmp_path / "bare.py"
    bare.write_text("def public():\n    return 1\n")
    assert tool("ruff", "check", "--no-cache", "--isolated", "--select", "D1", str(bare)).returncode == 1


def sources(lock: str) -> tuple[set[str], set[str], set[str]]:
    """Where the lock file takes packages from: registries, hosts of the files, and kinds of source other than those."""
    registries = set(re.findall(r'registry = "([^"]*)"', lock))
    hosts = {re.sub(r"(\w+://[^/]*/).*", r"\1", url) for url in re.findall(r'url = "([^"]*)"', lock)}
    others = set(re.findall(r"source = \{ (\w+) =", lock)) - {"registry", "editable"}
    return registries, hosts, others


def is_one_public_index(lock: str) -> bool:
    registries, hosts, others = sources(lock)
    named = [*registries, *hosts]
    public = all(re.fullmatch(r"https://[a-z.]+\.org/(simple)?", address) for address in named)
    return len(registries) == len(hosts) == 1 and public and not others


def test_the_lock_file_names_one_public_index_only() -> None:
    lock = (ROOT / "uv.lock").read_text()
    assert is_one_public_index(lock)
    [registry], [host], _ = sources(lock)
    for planted in ("https://mirror.example/simple", "http://10.0.0.1/simple", "https://user:secret@mirror.org/simple"):
        assert not is_one_public_index(lock.replace(registry, planted, 1))
    assert not is_one_public_index(lock.replace(host, "file:///somewhere/", 1))
