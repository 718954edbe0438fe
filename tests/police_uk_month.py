"""Makes the generated month in tests/data: 300 rows in the form of data.police.uk, with every peculiarity it has.

No row of it is real. `python tests/police_uk_month.py` writes the two files again, the same to the byte.
"""

import random
from hashlib import sha256
from pathlib import Path

FOLDER = Path(__file__).parent / "data"
STREET = FOLDER / "2024-03-kent-street.csv"
OUTCOMES = FOLDER / "2024-03-kent-outcomes.csv"
MONTH, FORCE = "2024-03", "Kent Police"

BEGINNING = "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name"
STREET_HEADER = f"{BEGINNING},Crime type,Last outcome category,Context"
OUTCOMES_HEADER = f"{BEGINNING},Outcome type"

TYPES = ("Burglary", "Vehicle crime", "Violence and sexual offences", "Other theft", "Public order", "Shoplifting")
LAST = ("Under investigation", "Investigation complete; no suspect identified", "Awaiting court outcome", "")
ENDS = (
    "Unable to prosecute suspect",
    "Suspect charged",
    "Local resolution",
    "Offender given a caution",
    "Offender given penalty notice",
    "Action to be taken by another organisation",
    "Further investigation is not in the public interest",
    "Suspect charged as part of another case",
)


def crime_id(number: int) -> str:
    """The id of the nth crime of the generated month; negative numbers are crimes of earlier months."""
    return sha256(f"generated crime {number}".encode()).hexdigest()


def beginning(crime: str, point: int | None, month: str = MONTH, force: str = FORCE) -> str:
    """The first nine columns. A row without a point has no place."""
    place = ",,No location,,"
    if point is not None:
        place = f"{0.5 + point / 1000:.6f},{51.2 + point / 1000:.6f},On or near Specimen Street {point},"
        place += f"E0199{point // 10:04},Specimen {point // 10:03}A"
    return f"{crime},{month},{force},{force},{place}"


def street(crime: str, point: int | None, kind: str, last: str, month: str = MONTH) -> str:
    """One row of a street file."""
    return f"{beginning(crime, point, month)},{kind},{last},"


def outcome(crime: str, point: int | None, category: str, month: str = MONTH) -> str:
    """One row of an outcomes file."""
    return f"{beginning(crime, point, month)},{category}"


def street_rows() -> list[str]:
    """200 rows: 188 of crimes and incidents, 12 of which nothing can be made."""
    draw = random.Random("street")
    rows = [street(crime_id(n), draw.randrange(60), draw.choice(TYPES), draw.choice(LAST)) for n in range(130)]
    incident = "Anti-social behaviour"
    rows += [street("", draw.randrange(200), incident, "") for _ in range(20)]
    rows += [street("", 7, incident, "")] * 4 + [street("", 8, incident, "")] * 3 + [street("", None, incident, "")] * 2
    rows += [
        street(crime_id(n), None, "Robbery", "Under investigation").replace("No loc", "No Loc") for n in (130, 131)
    ]
    # One id with two contents, in this order; one returning to the byte, one with another place and last outcome.
    rows += [street(crime_id(131), None, "Robbery", "Unable to prosecute suspect").replace("No loc", "No Loc")]
    rows += [rows[3], rows[3], street(crime_id(5), 61, "Burglary", "Local resolution")]
    # Crimes whose id the source left out, two of them alike.
    rows += [street("", 9, "Shoplifting", "")] * 2 + [street("", 10, "Drugs", "Local resolution")]
    rows += [street(crime_id(n), 20, "Violence and sexual offences", "Under investigation") for n in range(132, 150)]
    quoted = street(crime_id(150), 30, "Drugs", "Local resolution")
    rows += [quoted.replace("On or near Specimen Street 30", '"On or near Specimen Street, 30"')]
    rows += [street(crime_id(151), 31, "Bicycle theft", "Status update unavailable")]
    assert len(rows) == 188
    return _mixed(rows, _unreadable_street_rows(), "street")


def _unreadable_street_rows() -> list[str]:
    good = street(crime_id(900), 40, "Burglary", "Under investigation")
    return [
        good + ",one more",
        good.rsplit(",", 3)[0],
        good.replace(MONTH, "March 2024"),
        good.replace(MONTH, "2999-01"),
        good.replace(MONTH, "1999-01"),
        good.replace(crime_id(900), "not-an-id"),
        good.replace(FORCE, "Nowhere Police"),
        good.replace("Burglary", "Piracy"),
        good.replace("Under investigation", "Forgiven"),
        good.replace("0.540000", "94.5"),
        good.replace("51.240000", "north"),
        good.replace("Specimen Street", "Specimen\x07Street"),
    ]


def outcomes_rows() -> list[str]:
    """100 rows: 96 outcomes, most of them of crimes of earlier months, and 4 of which nothing can be made."""
    draw = random.Random("outcomes")
    rows = [outcome(crime_id(n), draw.randrange(60), draw.choice(ENDS)) for n in range(0, 60, 2)]
    rows += [outcome(crime_id(-n), draw.randrange(60), draw.choice(ENDS)) for n in range(1, 56)]
    rows += [outcome(crime_id(-n), None, "Suspect charged") for n in (56, 57)]
    rows += [rows[4]] * 3 + [rows[33]] * 2 + [rows[40]]
    # One crime with two outcomes in one month.
    rows += [outcome(crime_id(-70), 12, "Offender given a caution"), outcome(crime_id(-70), 12, "Local resolution")]
    rows += [outcome(crime_id(-71), 12, "Formal action is not in the public interest")]
    assert len(rows) == 96
    good = outcome(crime_id(-900), 41, "Suspect charged")
    unreadable = [
        good.replace(crime_id(-900), ""),
        good.replace("Suspect charged", "Under investigation"),
        good.replace("Suspect charged", "Banished"),
        good + ",one more",
    ]
    return _mixed(rows, unreadable, "outcomes")


def _mixed(rows: list[str], unreadable: list[str], seed: str) -> list[str]:
    """The unreadable rows spread over the others, whose order stays."""
    draw = random.Random(f"mixed {seed}")
    rows = list(rows)
    for row in unreadable:
        rows.insert(draw.randrange(len(rows)), row)
    return rows


def text(header: str, rows: list[str]) -> str:
    """A whole file, with the line ends that the source uses."""
    return "".join(f"{line}\r\n" for line in (header, *rows))


def main() -> None:
    """Write both files."""
    FOLDER.mkdir(exist_ok=True)
    STREET.write_bytes(text(STREET_HEADER, street_rows()).encode())
    OUTCOMES.write_bytes(text(OUTCOMES_HEADER, outcomes_rows()).encode())


if __name__ == "__main__":
    main()
