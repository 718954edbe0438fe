-- What was answered to a request with an idempotency key; kept for some days, see adapters/eventstore/requests.py.
CREATE TABLE candour.requests (
    actor      text COLLATE "C" NOT NULL,
    key        text COLLATE "C" NOT NULL,
    digest     bytea            NOT NULL,
    stream_id  text COLLATE "C" NOT NULL,
    version    integer          NOT NULL,
    position   bigint           NOT NULL,
    written_at timestamptz      NOT NULL,
    reference  text,
    duplicates text[]           NOT NULL DEFAULT '{}',
    kept_at    timestamptz      NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (actor, key)
);
CREATE INDEX requests_kept_at ON candour.requests (kept_at);

-- Appends, and keeps the answer to each accepted request in the same commit.
-- A key that has an answer already is a unique violation: nothing is written.
CREATE FUNCTION candour.append_for_requests(
    streams text[], versions integer[], names text[], ids uuid[], forces text[], states text[],
    key_streams text[], key_ids text[], wrapped_keys bytea[], written timestamptz[],
    request_streams text[], request_actors text[], request_keys text[], request_digests bytea[],
    request_references text[], request_duplicates text[]
) RETURNS TABLE (stream_id text, current_version integer, last_position bigint, last_written_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = candour, pg_temp AS $$
BEGIN
    RETURN QUERY
    WITH told AS MATERIALIZED (
        SELECT a.* FROM candour.append(
            streams, versions, names, ids, forces, states, key_streams, key_ids, wrapped_keys, written
        ) AS a
    ), kept AS (
        INSERT INTO candour.requests
               (actor, key, digest, stream_id, version, position, written_at, reference, duplicates)
        SELECT r.actor, r.key, r.digest, t.stream_id, t.current_version, t.last_position, t.last_written_at,
               nullif(r.reference, ''), string_to_array(r.duplicates, ' ')
          FROM unnest(request_streams, request_actors, request_keys, request_digests, request_references,
                      request_duplicates) AS r (stream, actor, key, digest, reference, duplicates)
          JOIN told t ON t.stream_id = r.stream
         WHERE t.last_position IS NOT NULL
    )
    SELECT t.* FROM told t;
END $$;
