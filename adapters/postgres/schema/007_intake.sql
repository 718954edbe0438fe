-- What intake without an account keeps beside the receipts. Nothing here has a time finer than a London day.

-- Requests with an Idempotency-Key that led to a report: a keyed hash of key and body. Nothing leads to the report.
CREATE TABLE candour.repeats (
    digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    day    date NOT NULL
);
-- How many reports came in by receipt on a London day.
CREATE TABLE candour.intake_days (
    day     date PRIMARY KEY,
    reports integer NOT NULL
);
-- Which key the receipts are hashed with: its fingerprint. Another can take its place while there is no receipt.
CREATE TABLE candour.receipt_key (
    only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    fingerprint text NOT NULL
);
-- When a read model was last written shows when something came in, and nobody reads it.
ALTER TABLE candour.read_models DROP COLUMN updated_at;

CREATE FUNCTION candour.adopt_receipt_key(given text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = candour, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM candour.receipt_key k WHERE k.fingerprint = given) THEN
        RETURN given; -- nothing is written, so that a database that takes no writes can be served
    END IF;
    INSERT INTO candour.receipt_key (fingerprint) VALUES (given)
    ON CONFLICT (only_row) DO UPDATE SET fingerprint = given
     WHERE NOT EXISTS (SELECT 1 FROM candour.receipts);
    RETURN (SELECT k.fingerprint FROM candour.receipt_key k);
END $$;

-- As before, and the events may be of several streams, written all or none; a request that led to a report before
-- writes nothing; new keys are of the day.
DROP FUNCTION candour.append_by_reporter;
CREATE FUNCTION candour.append_by_reporter(
    streams text[], versions integer[], names text[], ids uuid[], forces text[], states text[],
    key_streams text[], key_ids text[], wrapped_keys bytea[], written timestamptz[], receipt bytea, repeated bytea
) RETURNS TABLE (stream_id text, current_version integer, last_position bigint, last_written_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = candour, pg_temp AS $$
DECLARE
    end_position bigint;
    end_written  timestamptz;
    midnight     timestamptz := date_trunc('day', clock_timestamp(), 'Europe/London');
    today        date        := (midnight AT TIME ZONE 'Europe/London')::date;
    moment       timestamptz;
    tick         CONSTANT interval := interval '1 microsecond';
BEGIN
    IF written IS NOT NULL THEN
        RAISE EXCEPTION 'what a reporter does has no time of writing of its own';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('candour.events'));
    SELECT e.position, e.written_at INTO end_position, end_written
      FROM candour.events e ORDER BY e.position DESC LIMIT 1;
    end_position := coalesce(end_position, 0);
    moment := greatest(midnight, end_written + tick);
    IF EXISTS (SELECT 1 FROM candour.keys k WHERE k.key_id = ANY (key_ids))
       OR EXISTS (SELECT 1 FROM candour.repeats r WHERE r.digest = repeated)
       OR EXISTS (
        SELECT 1 FROM (
            SELECT g.stream, min(g.version) AS first FROM unnest(streams, versions) AS g (stream, version) GROUP BY 1
        ) d
         WHERE d.first - 1 <> coalesce((
            SELECT e.version FROM candour.events e WHERE e.stream_id = d.stream ORDER BY e.version DESC LIMIT 1
        ), 0)
    ) THEN
        RETURN QUERY
        SELECT d.stream, coalesce((SELECT max(e.version) FROM candour.events e WHERE e.stream_id = d.stream), 0),
               NULL::bigint, NULL::timestamptz
          FROM (SELECT DISTINCT g.stream FROM unnest(streams) AS g (stream)) d;
        RETURN;
    END IF;
    INSERT INTO candour.keys (key_id, wrapped, created_at)
    SELECT DISTINCT ON (k.key_id) k.key_id, k.wrapped, midnight
      FROM unnest(key_ids, wrapped_keys) AS k (key_id, wrapped);
    FOR n IN 1 .. cardinality(streams) LOOP
        INSERT INTO candour.events (stream_id, version, name, position, written_at, event_id, force, state)
        VALUES (streams[n], versions[n], names[n], end_position + n, moment + (n - 1) * tick,
                ids[n], forces[n], states[n]);
    END LOOP;
    IF receipt IS NOT NULL THEN
        INSERT INTO candour.receipts (digest, stream_id) VALUES (receipt, streams[1]);
        INSERT INTO candour.intake_days AS d (day, reports) VALUES (today, 1)
        ON CONFLICT (day) DO UPDATE SET reports = d.reports + 1;
    END IF;
    IF repeated IS NOT NULL THEN
        INSERT INTO candour.repeats (digest, day) VALUES (repeated, today);
    END IF;
    NOTIFY candour_events;
    RETURN QUERY
    SELECT e.stream_id, e.version, e.position, e.written_at
      FROM (SELECT g.stream, max(g.version) AS last FROM unnest(streams, versions) AS g (stream, version) GROUP BY 1) d
      JOIN candour.events e ON e.stream_id = d.stream AND e.version = d.last;
END $$;
