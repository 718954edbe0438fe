"""Every metric equals a naive oracle that reads raw events."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from asking import differences, fresh, project, questions, raw
from histories import Told, histories, write
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from adapters.system import System

DAYS = [date(2015, 3, 29), date(2015, 4, 1), date(2024, 3, 1), date(2024, 3, 31), date(2024, 10, 27)]
AS_OF = [datetime(2024, 3, 31, 0, 30, tzinfo=UTC), datetime(2024, 11, 20, tzinfo=UTC)]
few = settings(
    max_examples=20, phases=[Phase.explicit, Phase.reuse, Phase.generate], suppress_health_check=list(HealthCheck)
)


def compared(system: System, data: st.DataObject | None = None, page: int = 5000) -> list[str]:
    """What differs, over everything that can be asked."""
    project(system, page)
    events = raw(system)
    moments: list[Any] = [None]
    if data is not None:
        moments.append(data.draw(st.integers(1, len(events)), "known_at"))
        moments.append(events[data.draw(st.integers(0, len(events) - 1))].written_at + timedelta(microseconds=1))
    as_of = [at for at in AS_OF if at <= min(m for m in [events[-1].written_at])]
    return differences(system, events, questions(days=DAYS, moments=moments, force="kent", as_of=as_of))


@few
@given(told=histories(), page=st.sampled_from([1, 2, 3, 7, 5000]), data=st.data())
def test_every_metric_equals_its_oracle(
    new_system: Callable[..., System], told: list[Told], page: int, data: st.DataObject
) -> None:
    with fresh(new_system) as system:
        write(system, told)
        assert not compared(system, data, page)
