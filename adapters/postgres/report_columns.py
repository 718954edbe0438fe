"""What lists of misconduct reports show, and their queries: all through the register, behind its walls."""

from psycopg import sql

REPORT = (
    "report_id",
    "held_by",
    "unit",
    "stage",
    "handling",
    "disposition",
    "matter",
    "referral",
    "mode",
    "inquiry",
    "closure",
    "outcome",
    "review",
    "channel",
    "anonymity",
    "about_force",
    "categories",
    "allegation_categories",
    "cci_category",
    "subjects",
    "identified",
    "allegations",
    "owner",
    "received_at",
    "received_at_precision",
    "passed_at",
    "passed_at_precision",
    "investigated_from",
    "investigated_from_precision",
    "closed_at",
    "closed_at_precision",
)
DUTY = ("duty_id", "report_id", "kind", "about", "begun_at", "begun_at_precision", "due", "clock", "escalate_to")
OWNED = ("owner", "unit")
MISS = (
    "duty_id",
    "report_id",
    "kind",
    "about",
    "due",
    "due_precision",
    "clock",
    "raised_at",
    "raised_at_precision",
    "escalated_to",
)
REFERRAL = (
    "report_id",
    "passed_to",
    "unit",
    "passed_at",
    "passed_at_precision",
    "acknowledged_at",
    "acknowledged_at_precision",
    "signposted_because",
    "referral",
    "referral_kind",
    "referred_at",
    "referred_at_precision",
    "mode",
    "mode_decided_at",
    "mode_decided_at_precision",
)
PASSED_ON = (
    "report_id",
    "passed_to",
    "unit",
    "passed_at",
    "passed_at_precision",
    "acknowledged_at",
    "acknowledged_at_precision",
)
AWAITED = ("due", "overdue")
OWING = ("next_due", "overdue")
WAITED = ("force_days", "iopc_days")
WORK = ("owner", "reports", "under_way", "suspended", "longest_since", "overdue", "next_due")

_OWED = (
    " LEFT JOIN LATERAL (SELECT min(due) AS next_due, count(*) FILTER (WHERE due < %(now)s) AS overdue FROM {duties} d"
    " WHERE d.report_id = r.report_id AND is_open AND runs_from <= %(now)s) d ON true"
)
REPORTS = sql.SQL(
    "SELECT {columns}, next_due, overdue FROM (SELECT * FROM {register} r WHERE {where} ORDER BY report_id"
    " LIMIT %(limit)s) r" + _OWED + " ORDER BY r.report_id"
)
DUTIES = sql.SQL(
    "SELECT {columns}, r.owner, r.unit FROM {duties} d JOIN {register} r USING (report_id) WHERE {where}"
    " ORDER BY due, duty_id LIMIT %(limit)s"
)
MISSES = sql.SQL(
    "SELECT {columns}, r.owner, r.unit FROM {misses} m JOIN {register} r USING (report_id) WHERE {where}"
    " ORDER BY raised_at, duty_id LIMIT %(limit)s"
)
# Days are those of London: from the one on which it went out to that of the answer, or to today.
REFERRALS = sql.SQL(
    "SELECT {columns}, (coalesce(acknowledged_at, %(now)s) AT TIME ZONE 'Europe/London')::date"
    " - (passed_at AT TIME ZONE 'Europe/London')::date,"
    " (CASE WHEN referral = 'mode_decided' THEN mode_decided_at ELSE %(now)s END AT TIME ZONE 'Europe/London')::date"
    " - (referred_at AT TIME ZONE 'Europe/London')::date"
    " FROM {register} r WHERE {where} ORDER BY r.report_id LIMIT %(limit)s"
)
_AWAITED = (
    " LEFT JOIN LATERAL (SELECT min(due) AS due FROM {duties} d WHERE d.report_id = r.report_id"
    " AND kind = 'acknowledgement' AND is_open) d ON true"
)
PASSED = sql.SQL(
    "SELECT {columns}, due, coalesce(due < %(now)s, false) FROM {register} r" + _AWAITED + " WHERE {where}"
    " ORDER BY r.report_id LIMIT %(limit)s"
)
CASELOADS = sql.SQL(
    "SELECT owner, count(*), count(*) FILTER (WHERE inquiry = 'under_way'),"
    " count(*) FILTER (WHERE inquiry = 'suspended'),"
    " min(investigated_from), sum(overdue)::int8, min(next_due) FROM {register} r" + _OWED + " WHERE {where}"
    " GROUP BY owner ORDER BY owner LIMIT %(limit)s"
)
