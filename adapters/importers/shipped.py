"""The mappings that ship with Candour."""

from pathlib import Path

FOLDER = Path(__file__).parent / "mappings"


def shipped(name: str) -> Path:
    """Where the mapping of that name is; `KeyError` if none ships."""
    if name not in names():
        raise KeyError(name)
    return FOLDER / f"{name}.toml"


def names() -> tuple[str, ...]:
    """Those that there are."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))
