"""Replacing parts of a state does what `dataclasses.replace` does."""

import dataclasses
from typing import Any

import pytest

from domain.case.recording import Recording, RecordingStatus
from domain.case.state import Case
from domain.replacing import replace

CHANGES: list[tuple[Any, dict[str, Any]]] = [
    (Case(), {}),
    (Case(), {"force": "kent", "recording": Recording(status=RecordingStatus.RECORDED)}),
    (Recording(alleged="8N"), {"offence": "28E"}),
]


@pytest.mark.parametrize(("state", "changes"), CHANGES)
def test_it_does_what_the_library_does(state: Any, changes: dict[str, Any]) -> None:
    before = dataclasses.replace(state)
    made = replace(state, **changes)
    assert made == dataclasses.replace(state, **changes)
    assert type(made) is type(state)
    assert state == before
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(made, dataclasses.fields(made)[0].name, None)


def test_a_field_that_is_not_there_is_refused() -> None:
    with pytest.raises(KeyError):
        replace(Case(), colour="red")


@dataclasses.dataclass(frozen=True, slots=True)
class Checked:
    one: int = 0
    two: int = 0

    def __post_init__(self) -> None:
        """Whatever it does, it would not be done."""


def test_a_class_that_is_more_than_its_fields_is_refused() -> None:
    with pytest.raises(TypeError, match=r"dataclasses\.replace"):
        replace(Checked(), one=1)
