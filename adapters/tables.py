"""A figure as CSV: one row, or one for each member of its series."""

import csv
import io
from typing import Any

IDENTITY = ("metric", "definition_version", "known_at", "position", "synthetic")
FIGURES = ("value", "median", "p90", "numerator", "denominator", "competing", "open", "closed_mean")


def to_csv(answer: dict[str, Any]) -> str:
    """CSV with a header line; every row repeats what identifies the figure."""
    by: str | None = answer["parameters"].get("by")
    dimensions, identity = by.split(",") if by else [], [name for name in IDENTITY if name in answer]
    rows: list[dict[str, Any]] = answer.get("series", [answer])
    figures = [name for name in FIGURES if any(name in row for row in rows)] or list(FIGURES[:1])
    bounds = ("low", "high") if any(row.get("interval") for row in rows) else ()
    bands = list(answer.get("bands", {}))
    reasons = sorted({reason for row in rows for reason in row["excluded"]})
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    parameters = [name for name in answer["parameters"] if name != "by"]
    writer.writerow(
        [*identity, *parameters, *dimensions, *figures, *bounds, *bands, *(f"excluded: {r}" for r in reasons)]
    )
    for row in rows:
        writer.writerow(
            [
                *(_plain(answer[name]) for name in identity),
                *(answer["parameters"][name] for name in parameters),
                *(row[dimension] for dimension in dimensions),
                *(_plain(row.get(name)) for name in figures),
                *((row.get("interval") or {}).get(bound) for bound in bounds),
                *(row["bands"][band] for band in bands),
                *(row["excluded"].get(reason, 0) for reason in reasons),
            ]
        )
    return out.getvalue()


def _plain(value: Any) -> Any:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else value
