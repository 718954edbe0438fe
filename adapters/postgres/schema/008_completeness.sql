-- Builds: each has an identity of its own; one that differs from the one in use waits beside it; one that was replaced
-- stays until no reader can still be in it. `unsound`: the sums of its events are not those of the log.
ALTER TABLE candour.read_models
    ADD COLUMN build_id    uuid   NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN summed_from bigint NOT NULL DEFAULT 0,
    ADD COLUMN unsound     text,
    ADD COLUMN differs     text,
    ADD COLUMN retired_at  timestamptz;
-- What was applied before has no sums by block; it is looked at after it was built again.
UPDATE candour.read_models SET summed_from = position;

-- For each block of 4096 positions the sums (modulo 2^256 - 189) of the events that a read model has applied.
CREATE TABLE candour.read_model_sums (
    projection text    NOT NULL,
    build      text    NOT NULL,
    block      integer NOT NULL,
    events     integer NOT NULL,
    plain      numeric NOT NULL,
    weighted   numeric NOT NULL,
    PRIMARY KEY (projection, build, block),
    FOREIGN KEY (projection, build) REFERENCES candour.read_models ON UPDATE CASCADE ON DELETE CASCADE
);
-- The same of the log, kept once a block is full: no event changes any more.
CREATE TABLE candour.log_sums (
    block    integer PRIMARY KEY,
    events   integer NOT NULL,
    plain    numeric NOT NULL,
    weighted numeric NOT NULL
);
