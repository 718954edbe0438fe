"""The codes of recording: routes, roles of reporters, reasons, and where the recording decision stands."""

from enum import StrEnum


class Route(StrEnum):
    """By which route the report reached the force."""

    CONTROL_ROOM = "control_room"
    RECORDING_CENTRE = "recording_centre"
    FRONT_COUNTER = "front_counter"
    ONLINE = "online"
    PUBLIC_PROTECTION = "public_protection"
    SUPPORT_LINE = "support_line"
    TRANSFERRED_IN = "transferred_in"
    OTHER = "other"


class ReporterRole(StrEnum):
    """Who reported it."""

    VICTIM = "victim"
    WITNESS = "witness"
    THIRD_PARTY = "third_party"
    PROFESSIONAL = "professional"
    POLICE = "police"


class Receipt(StrEnum):
    """Whether the time of receipt is what the caller says, or has been established."""

    CLAIMED = "claimed"
    ESTABLISHED = "established"


class IncidentKind(StrEnum):
    """What kind of auditable incident was registered."""

    CRIME_RELATED = "crime_related"
    NON_CRIME = "non_crime"
    ANTI_SOCIAL_BEHAVIOUR = "anti_social_behaviour"


class DeclineReason(StrEnum):
    """Why a report was not recorded as a crime."""

    NO_CRIME_IN_LAW = "no_crime_in_law"
    BALANCE_NOT_MET = "balance_not_met"
    CONTRARY_EVIDENCE = "contrary_evidence"
    VICTIM_UNTRACED = "victim_untraced"
    VICTIM_NOT_CONFIRMED = "victim_not_confirmed"
    OTHER_FORCE = "other_force"
    HOCR_EXCEPTION = "hocr_exception"


class RecordingStatus(StrEnum):
    """Where the recording decision stands."""

    NONE = "none"
    REPORTED = "reported"
    INCIDENT = "incident"
    NOT_RECORDED = "not_recorded"
    N100 = "n100"
    RECORDED = "recorded"
    TRANSFER_PENDING = "transfer_pending"
    CANCEL_PENDING = "cancel_pending"
    TRANSFERRED = "transferred"
    CANCELLED = "cancelled"


UNDECIDED = frozenset({RecordingStatus.REPORTED, RecordingStatus.INCIDENT})
IN_THE_REGISTER = frozenset(
    {RecordingStatus.RECORDED, RecordingStatus.TRANSFER_PENDING, RecordingStatus.CANCEL_PENDING}
)
