"""The mix of a simulated year: offences, routes, reporters, outcomes and texts. Invented, of a realistic order."""

from collections.abc import Mapping

from domain.case.flags import CrimeFlag
from domain.case.recording import DeclineReason, ReporterRole, Route
from domain.case.victim import EntitlementGround, NoReferral
from domain.event import Role

# Relative frequencies throughout. Offences are codes of the adopted list.
OFFENCES: Mapping[str, float] = (
    {"8N": 9, "105A": 10, "8L": 6, "8R": 4, "8Q": 3, "104": 1, "5D": 1, "3B": 1}
    | {"20A": 1.1, "19C": 0.9, "19D": 0.2, "19F": 0.1, "17A": 0.2, "22": 0.2, "88E": 0.5}
    | {"34B": 0.9, "34A": 0.1, "28E": 3.2, "30C": 1.8, "45": 4, "48": 2, "126": 1}
    | {"46": 9, "49": 6, "39": 2, "44": 1.5, "40": 1, "41": 0.5}
    | {"58C": 4, "58D": 3, "58A": 1.5, "56B": 0.5, "92E": 2, "92D": 0.7, "92A": 0.3}
    | {"9A": 7.5, "66": 1, "9B": 0.5, "10D": 0.8, "10C": 0.2, "99": 1, "79": 0.5, "69": 0.5, "53": 5}
)
LESSER: Mapping[str, str] = {
    "5D": "8N",
    "8N": "105A",
    "105A": "9A",
    "8Q": "8L",
    "3B": "8R",
    "9B": "9A",
    "20A": "88E",
    "19C": "20A",
} | {"34B": "39", "28E": "58A", "30C": "58D", "48": "126", "39": "49", "56B": "58D", "92A": "92D"}

ROUTES: Mapping[Route, float] = {
    Route.CONTROL_ROOM: 52,
    Route.RECORDING_CENTRE: 16,
    Route.ONLINE: 14,
    Route.FRONT_COUNTER: 7,
    Route.PUBLIC_PROTECTION: 5,
    Route.SUPPORT_LINE: 2,
    Route.TRANSFERRED_IN: 2,
    Route.OTHER: 2,
}
# Minutes from receipt until someone takes the report down: at least, at most.
TAKEN_DOWN: Mapping[Route, tuple[int, int]] = {
    Route.CONTROL_ROOM: (2, 15),
    Route.RECORDING_CENTRE: (3, 20),
    Route.ONLINE: (10, 360),
    Route.FRONT_COUNTER: (10, 60),
    Route.PUBLIC_PROTECTION: (30, 600),
    Route.SUPPORT_LINE: (20, 240),
    Route.TRANSFERRED_IN: (60, 900),
    Route.OTHER: (10, 300),
}
LOGGED = frozenset({Route.CONTROL_ROOM, Route.SUPPORT_LINE, Route.OTHER})
INDIRECT = frozenset({Route.PUBLIC_PROTECTION, Route.SUPPORT_LINE, Route.TRANSFERRED_IN})
REPORTERS: Mapping[ReporterRole, float] = {
    ReporterRole.VICTIM: 62,
    ReporterRole.WITNESS: 13,
    ReporterRole.THIRD_PARTY: 10,
    ReporterRole.PROFESSIONAL: 8,
    ReporterRole.POLICE: 7,
}
MAY_BE_ANONYMOUS = frozenset({ReporterRole.WITNESS, ReporterRole.THIRD_PARTY})
FOUND_BY_POLICE = frozenset({"drug offences", "possession of weapons"})

REASONS: Mapping[DeclineReason, float] = {
    DeclineReason.BALANCE_NOT_MET: 30,
    DeclineReason.NO_CRIME_IN_LAW: 22,
    DeclineReason.VICTIM_NOT_CONFIRMED: 18,
    DeclineReason.VICTIM_UNTRACED: 12,
    DeclineReason.CONTRARY_EVIDENCE: 10,
    DeclineReason.OTHER_FORCE: 6,
    DeclineReason.HOCR_EXCEPTION: 2,
}

_STOLEN_OR_BROKEN: Mapping[int, float] = {18: 70, 15: 10, 1: 8, 14: 4, 16: 4, 8: 3, 21: 1}
OUTCOMES: Mapping[str, Mapping[int, float]] = {
    "violence against the person": {16: 40, 15: 28, 1: 10, 14: 8, 18: 5, 8: 4, 3: 3, 22: 2},
    "sexual offences": {15: 45, 16: 30, 14: 8, 1: 8, 18: 7, 21: 2},
    "drug offences": {1: 40, 8: 20, 7: 15, 3: 15, 22: 10},
    "fraud": {19: 80, 18: 10, 15: 6, 1: 4},
    **dict.fromkeys(("theft", "vehicle offences", "burglary", "arson and criminal damage"), _STOLEN_OR_BROKEN),
}
OTHER_OUTCOMES: Mapping[int, float] = {18: 40, 15: 20, 16: 17, 1: 12, 14: 5, 8: 4, 21: 1, 22: 1}
DAYS_TO_OUTCOME: Mapping[int, float] = {18: 12, 19: 5, 21: 15, 1: 60}

RECORDERS: Mapping[Role, float] = {Role.RECORDER: 9, Role.SUPERVISOR: 1}
DECLINERS: Mapping[Role, float] = {Role.DESIGNATED_DECISION_MAKER: 6, Role.RECORDER: 4}
N100_DECIDERS: Mapping[Role, float] = {Role.DESIGNATED_DECISION_MAKER: 6, Role.FORCE_CRIME_REGISTRAR: 4}
CLOSERS: Mapping[Role, float] = {Role.SUPERVISOR: 6, Role.RECORDER: 3, Role.DESIGNATED_DECISION_MAKER: 1}
REQUESTERS: Mapping[Role, float] = {Role.INVESTIGATOR: 6, Role.SUPERVISOR: 4}

SUMMARIES = (
    "Caller reports what happened and asks to be contacted in the evening.",
    "Report taken in person; two witnesses are named in the officer's notebook.",
    "Online form completed; photographs are attached to the incident log.",
)
WHY_LATE = (
    "The person reporting could not be reached within the time allowed.",
    "The report arrived in a shared mailbox and was found late.",
    "The interview needed an interpreter, who was available only later.",
    "Backlog in the recording centre.",
)
WHY_NOT = (
    "On the balance of probability the circumstances do not amount to a crime.",
    "The person named as victim was spoken to and does not confirm that a crime took place.",
    "Footage was viewed and contradicts the report.",
    "Checked with the duty sergeant; the incident log holds the full account.",
)
WHY_CORRECTED = (
    "The entry was checked against the incident log.",
    "Found in the daily review of new records.",
    "Pointed out by the person who reported it.",
)
WHY_CANCELLED = (
    "Footage and the shop's stock list show that nothing was taken.",
    "The bank confirms that the payment was authorised by the account holder.",
    "Telephone records show that the call was not made.",
)
WHY_WRONG = ("Entered twice by two desks.", "The wrong person was entered as victim.", "Entered under a test account.")
WHY_SELF_DEFENCE = ("Three witnesses agree that the person only warded off a blow.",)
WHY_STANDS = ("The information given does not show that no crime occurred.", "The place lies within this force's area.")
WHY_THEIRS = ("The place lies across the boundary.", "Committed on a train before it entered the area.")
WHY_UNTOLD = ("No address or number is known.", "Letters came back; nobody at the address knows the person.")
WHY_UNSOLVED = ("No line of inquiry is left.", "All lines of inquiry were followed.")
WHY_SUSPENDED = ("Waits for the laboratory.", "The main witness is abroad until spring.")
WHY_REOPENED = ("A new witness has come forward.", "The laboratory has reported.")
WHY_ESTABLISHED = ("The call is on the recording of the switchboard.", "The message was found in a shared mailbox.")
WHY_SAME = ("The same event, reported by a neighbour.", "A second call about the same event.")
WHY_NOT_SAME = ("Another address; a separate event.",)
STATEMENTS = ("Does not wish to give evidence.", "Does not support further action.")
SERVICES = ("Victim Support", "Refuge North", "Silver Line North")
SYSTEMS = ("STORM", "CMS", "HELPLINE")
UNITS = ("Response North", "Response South", "CID", "Public Protection")
GROUNDS = (
    EntitlementGround.MOST_SERIOUS_CRIME,
    EntitlementGround.PERSISTENTLY_TARGETED,
    EntitlementGround.VULNERABLE_OR_INTIMIDATED,
)
UNREFERRED: Mapping[NoReferral, float] = {
    NoReferral.NOT_WANTED: 80,
    NoReferral.ALREADY_SUPPORTED: 15,
    NoReferral.NOT_ELIGIBLE: 5,
}

FLAGS = {
    CrimeFlag.DOMESTIC_ABUSE: 75,
    CrimeFlag.HATE_CRIME: 10,
    CrimeFlag.CHILD_SEXUAL_ABUSE: 5,
    CrimeFlag.ONLINE_CRIME: 10,
}
