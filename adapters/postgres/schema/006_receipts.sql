-- The receipts of those who report misconduct: a keyed hash of their words, and the stream that they open.
CREATE TABLE candour.receipts (
    digest    bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    stream_id text COLLATE "C" NOT NULL UNIQUE
);

-- Appends to one stream what somebody did whose time of day nobody shall know: written_at is the beginning of the London
-- day, or the instant after the event before. Only the order of the log bounds when it was. A receipt goes with the first.
CREATE FUNCTION candour.append_by_reporter(
    streams text[], versions integer[], names text[], ids uuid[], forces text[], states text[],
    key_streams text[], key_ids text[], wrapped_keys bytea[], written timestamptz[], receipt bytea
) RETURNS TABLE (stream_id text, current_version integer, last_position bigint, last_written_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = candour, pg_temp AS $$
DECLARE
    end_position bigint;
    end_written  timestamptz;
    held         integer;
    moment       timestamptz;
    tick         CONSTANT interval := interval '1 microsecond';
BEGIN
    IF streams[1] <> ALL (streams) OR written IS NOT NULL THEN
        RAISE EXCEPTION 'one stream, without a time of writing';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('candour.events'));
    SELECT e.position, e.written_at INTO end_position, end_written
      FROM candour.events e ORDER BY e.position DESC LIMIT 1;
    end_position := coalesce(end_position, 0);
    moment := greatest(date_trunc('day', clock_timestamp(), 'Europe/London'), end_written + tick);
    SELECT e.version INTO held FROM candour.events e
     WHERE e.stream_id = streams[1] ORDER BY e.version DESC LIMIT 1;
    held := coalesce(held, 0);
    stream_id := streams[1];
    current_version := held;
    IF held = versions[1] - 1 AND NOT EXISTS (SELECT 1 FROM candour.keys k WHERE k.key_id = ANY (key_ids)) THEN
        INSERT INTO candour.keys (key_id, wrapped)
        SELECT DISTINCT ON (k.key_id) k.key_id, k.wrapped FROM unnest(key_ids, wrapped_keys) AS k (key_id, wrapped);
        FOR n IN 1 .. cardinality(streams) LOOP
            INSERT INTO candour.events (stream_id, version, name, position, written_at, event_id, force, state)
            VALUES (streams[n], versions[n], names[n], end_position + n, moment + (n - 1) * tick,
                    ids[n], forces[n], states[n]);
        END LOOP;
        IF receipt IS NOT NULL THEN
            INSERT INTO candour.receipts (digest, stream_id) VALUES (receipt, streams[1]);
        END IF;
        NOTIFY candour_events;
        current_version := versions[cardinality(versions)];
        last_position := end_position + cardinality(streams);
        last_written_at := moment + (cardinality(streams) - 1) * tick;
    END IF;
    RETURN NEXT;
END $$;
