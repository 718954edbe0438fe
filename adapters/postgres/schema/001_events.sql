-- The log. Positions are dense, written_at never goes back, and no row is ever changed.
CREATE TABLE candour.events (
    stream_id  text COLLATE "C" NOT NULL,
    version    integer          NOT NULL CHECK (version > 0),
    name       text COLLATE "C" NOT NULL,
    position   bigint           NOT NULL CHECK (position > 0),
    written_at timestamptz      NOT NULL,
    event_id   uuid             NOT NULL,
    force      text COLLATE "C" NOT NULL,
    state      text             NOT NULL,
    PRIMARY KEY (stream_id, version)
);
CREATE UNIQUE INDEX events_position ON candour.events (position);
CREATE INDEX events_written_at ON candour.events (written_at, position);

CREATE FUNCTION candour.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are immutable: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER events_are_immutable
    BEFORE UPDATE OR DELETE OR TRUNCATE ON candour.events
    FOR EACH STATEMENT EXECUTE FUNCTION candour.refuse_change();

-- Data keys, wrapped by the master key. Destroying one erases what it sealed.
CREATE TABLE candour.keys (
    key_id       text COLLATE "C" PRIMARY KEY,
    wrapped      bytea,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    destroyed_at timestamptz,
    CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
);

-- What this store is: one row, written when it is created and never changed.
CREATE TABLE candour.store (
    only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    store_id    uuid        NOT NULL DEFAULT gen_random_uuid(),
    synthetic   boolean     NOT NULL,
    master_key  text        NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TRIGGER store_is_permanent
    BEFORE UPDATE OR DELETE OR TRUNCATE ON candour.store
    FOR EACH STATEMENT EXECUTE FUNCTION candour.refuse_change();
