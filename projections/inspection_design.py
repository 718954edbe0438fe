"""What an estimate must know of the audit beside the items: how its sample was drawn, and which interval is printed."""

from typing import NamedTuple

from domain.inspection.state import Inspection


class StratumOf(NamedTuple):
    """A stratum of the sample: its reports, and how many of them were audited."""

    stratum: str
    reports: int
    audited: int


class Design(NamedTuple):
    """The design of an inspection that is concluded. As text it goes with each item of its sample."""

    inspection: str
    printed: str
    level: float
    strata: tuple[StratumOf, ...]

    @classmethod
    def of(cls, inspection: Inspection) -> "Design":
        """That of a concluded inspection."""
        assert inspection.id is not None
        assert inspection.findings is not None
        return cls(
            inspection.id,
            inspection.findings.printed.value,
            inspection.findings.level,
            tuple(StratumOf(each.stratum.value, each.frame, len(each.cases)) for each in inspection.sample.strata),
        )

    @classmethod
    def read(cls, text: str) -> "Design":
        """From its text."""
        inspection, printed, level, *strata = text.split(" ")
        parts = [each.split(":") for each in strata]
        return cls(
            inspection,
            printed,
            float(level),
            tuple(StratumOf(name, int(reports), int(audited)) for name, reports, audited in parts),
        )

    def __str__(self) -> str:
        strata = " ".join(f"{each.stratum}:{each.reports}:{each.audited}" for each in self.strata)
        return f"{self.inspection} {self.printed} {self.level} {strata}"
