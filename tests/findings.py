"""What inspectors found that live commands could do: each as a few commands that are refused now.

A finding tells what was sent, the rules that stand against it (the first refuses it), and the bad state that it led to.
The same commands are sent once more with those rules left out, and must lead there: so nothing else stands in between.
"""

from collections.abc import Callable
from typing import NamedTuple

import pytest
from front_desk import ADA, ONE, Force

from domain.case.closure import ClosureStatus
from domain.case.correction import FactCorrected
from domain.case.recording import RecordCrime, RecordingStatus
from domain.case.victim import Channel, InformVictim
from domain.event import Refused, Rule

THEFT, RAPE, ASSAULT = "46", "19C", "8N"
Sent, State = Callable[[Force], object], Callable[[Force], bool]


class Finding(NamedTuple):
    """What was sent, which rules stand against it, and what it led to."""

    sent: Sent
    rules: tuple[Rule, ...]
    led_to: State

    def is_refused(self) -> None:
        """The first of the rules refuses what was sent, and the bad state is not reached."""
        force = Force()
        with pytest.raises(Refused) as refusal:
            self.sent(force)
        assert refusal.value.rule == self.rules[0]
        assert not self.led_to(force)

    def is_there_again(self) -> None:
        """Without the rules, each of which is broken, the same commands go through and lead to the bad state."""
        force = Force(without=self.rules)
        self.sent(force)
        assert set(force.refused) == set(self.rules)
        assert self.led_to(force)


class Findings(dict[str, Finding]):
    """Findings by name."""

    def of(self, *rules: Rule, led_to: State) -> Callable[[Sent], Sent]:
        """Enter the commands as a finding under their name."""

        def entered(sent: Sent) -> Sent:
            assert sent.__name__ not in self
            self[sent.__name__] = Finding(sent, rules, led_to)
            return sent

        return entered


def stands(status: RecordingStatus) -> State:
    """The recording decision of the first case stands so."""
    return lambda force: force.case().recording.status is status


def closed(force: Force) -> bool:
    """The first case is closed."""
    return force.case().closure.status is ClosureStatus.CLOSED


def corrected(force: Force) -> bool:
    """The last that happened to the first case is a correction."""
    return isinstance(force.events()[-1], FactCorrected)


def crime(force: Force, offence: str = ASSAULT, to: str = ONE) -> Force:
    """A report that Ada takes down and records at once."""
    return force.takes_down(to=to).sends(ADA, RecordCrime(offence=offence), to=to)


def tell(*abouts: str) -> tuple[InformVictim, ...]:
    """The victim is told of these."""
    return tuple(InformVictim(about=about, channel=Channel.LETTER) for about in abouts)
