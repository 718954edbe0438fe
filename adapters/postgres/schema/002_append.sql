-- Appends to many streams in one commit. Each stream is accepted whole or not at all:
-- it must be at the version before its first event, and a new data key must not exist yet.
-- written_at grows by a microsecond at least from event to event, so that it names one position.
-- One row per stream comes back; last_position is null for a stream that was not accepted.
CREATE FUNCTION candour.append(
    streams text[], versions integer[], names text[], ids uuid[], forces text[], states text[],
    key_streams text[], key_ids text[], wrapped_keys bytea[], written timestamptz[] DEFAULT NULL
) RETURNS TABLE (stream_id text, current_version integer, last_position bigint, last_written_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = candour, pg_temp AS $$
DECLARE
    end_position bigint;
    held         integer;
    end_written  timestamptz;
    moment       timestamptz;
    tick         CONSTANT interval := interval '1 microsecond';
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('candour.events'));
    IF written IS NOT NULL AND NOT (SELECT synthetic FROM candour.store) THEN
        RAISE EXCEPTION 'only a synthetic store accepts a time of writing';
    END IF;
    SELECT e.position, e.written_at INTO end_position, end_written
      FROM candour.events e ORDER BY e.position DESC LIMIT 1;
    end_position := coalesce(end_position, 0);
    moment := greatest(clock_timestamp(), end_written + tick);

    -- A few events of one stream and no new key are the common case of a live command, spared the set-based plans.
    IF cardinality(key_ids) = 0 AND written IS NULL AND cardinality(streams) < 10 AND streams[1] = ALL (streams) THEN
        SELECT e.version INTO held FROM candour.events e
         WHERE e.stream_id = streams[1] ORDER BY e.version DESC LIMIT 1;
        held := coalesce(held, 0);
        stream_id := streams[1];
        IF held = versions[1] - 1 THEN
            FOR n IN 1 .. cardinality(streams) LOOP
                INSERT INTO candour.events (stream_id, version, name, position, written_at, event_id, force, state)
                VALUES (streams[n], versions[n], names[n], end_position + n, moment + (n - 1) * tick,
                        ids[n], forces[n], states[n]);
            END LOOP;
            NOTIFY candour_events;
            current_version := versions[cardinality(versions)];
            last_position := end_position + cardinality(streams);
            last_written_at := moment + (cardinality(streams) - 1) * tick;
        ELSE
            current_version := held;
        END IF;
        RETURN NEXT;
        RETURN;
    END IF;

    -- So is a batch that is accepted as it stands: each event keeps its place, and nothing is sorted.
    IF written IS NULL AND NOT EXISTS (
        SELECT 1 FROM (
            SELECT g.stream, min(g.version) AS first FROM unnest(streams, versions) AS g (stream, version) GROUP BY 1
        ) d
         WHERE d.first - 1 <> coalesce((
            SELECT e.version FROM candour.events e WHERE e.stream_id = d.stream ORDER BY e.version DESC LIMIT 1
        ), 0)
    ) AND NOT EXISTS (SELECT 1 FROM candour.keys k WHERE k.key_id = ANY (key_ids)) THEN
        INSERT INTO candour.keys (key_id, wrapped)
        SELECT DISTINCT ON (k.key_id) k.key_id, k.wrapped FROM unnest(key_ids, wrapped_keys) AS k (key_id, wrapped);
        INSERT INTO candour.events (stream_id, version, name, position, written_at, event_id, force, state)
        SELECT g.stream, g.version, g.name, end_position + g.n, moment + (g.n - 1) * tick, g.id, g.force, g.state
          FROM unnest(streams, versions, names, ids, forces, states)
          WITH ORDINALITY AS g (stream, version, name, id, force, state, n);
        NOTIFY candour_events;
        RETURN QUERY
        SELECT g.stream, max(g.version), end_position + max(g.n), moment + (max(g.n) - 1) * tick
          FROM unnest(streams, versions) WITH ORDINALITY AS g (stream, version, n) GROUP BY g.stream;
        RETURN;
    END IF;

    RETURN QUERY
    WITH given AS MATERIALIZED (
        SELECT g.* FROM unnest(streams, versions, names, ids, forces, states, written)
          WITH ORDINALITY AS g (stream, version, name, id, force, state, written, n)
    ), head AS MATERIALIZED (
        SELECT d.stream, d.first, coalesce((
            SELECT e.version FROM candour.events e WHERE e.stream_id = d.stream ORDER BY e.version DESC LIMIT 1
        ), 0) AS current
          FROM (SELECT g.stream, min(g.version) AS first FROM given g GROUP BY g.stream) d
    ), new_key AS MATERIALIZED (
        SELECT k.* FROM unnest(key_streams, key_ids, wrapped_keys) AS k (stream, key_id, wrapped)
    ), accepted AS MATERIALIZED (
        SELECT h.stream FROM head h
         WHERE h.current = h.first - 1
           AND NOT EXISTS (SELECT 1 FROM new_key k JOIN candour.keys e USING (key_id) WHERE k.stream = h.stream)
    ), stored_key AS (
        INSERT INTO candour.keys (key_id, wrapped)
        SELECT DISTINCT ON (k.key_id) k.key_id, k.wrapped FROM new_key k JOIN accepted a USING (stream)
    ), stored AS (
        INSERT INTO candour.events (stream_id, version, name, position, written_at, event_id, force, state)
        SELECT g.stream, g.version, g.name, end_position + g.k,
               CASE WHEN append.written IS NULL THEN moment + (g.k - 1) * tick
                    ELSE greatest(max(coalesce(g.written, moment) - g.k * tick) OVER (ORDER BY g.k), end_written)
                         + g.k * tick END,
               g.id, g.force, g.state
          FROM (SELECT g.*, row_number() OVER (ORDER BY g.n) AS k FROM given g JOIN accepted a USING (stream)) g
        RETURNING events.stream_id, events.version, events.position, events.written_at
    )
    SELECT h.stream, coalesce(max(s.version), h.current), max(s.position), max(s.written_at)
      FROM head h LEFT JOIN stored s ON s.stream_id = h.stream
     GROUP BY h.stream, h.current;

    NOTIFY candour_events;
END $$;
