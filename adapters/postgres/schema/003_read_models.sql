-- One row per built read model. Readers follow `promoted`; a new build is promoted when it has caught up.
CREATE TABLE candour.read_models (
    projection text    NOT NULL,
    build      text    NOT NULL,
    position   bigint  NOT NULL DEFAULT 0,
    written_at timestamptz,
    digest     text    NOT NULL DEFAULT '',
    promoted   boolean NOT NULL DEFAULT false,
    failed     text,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (projection, build)
);
CREATE UNIQUE INDEX one_promoted ON candour.read_models (projection) WHERE promoted;
CREATE SCHEMA candour_read;
