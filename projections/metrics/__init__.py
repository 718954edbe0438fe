"""The metric catalogue: the one explicit list."""

from projections.metrics.kinds import Metric
from projections.metrics.recording import back_dating, incident_to_crime_conversion, unrecorded_backlog
from projections.metrics.timeliness import decided_within_24h, recorded_within_24h, recording_delay

ALL: tuple[Metric, ...] = (
    recorded_within_24h,
    decided_within_24h,
    recording_delay,
    incident_to_crime_conversion,
    unrecorded_backlog,
    back_dating,
)

CATALOGUE = {metric.name: metric for metric in ALL}
