-- What comparing answers has found. A route of reads goes by its template, one of writes has its
-- method before it. Pairs of answers, each of one kind: equal or differing (`compared` has both),
-- noise (stable differs from itself), skipped, or failed by one arm or both.
CREATE TABLE release_comparisons (
    release_id uuid NOT NULL REFERENCES releases (id),
    route      text NOT NULL,
    compared   bigint NOT NULL DEFAULT 0,
    differing  bigint NOT NULL DEFAULT 0,
    noise      bigint NOT NULL DEFAULT 0,
    skipped    bigint NOT NULL DEFAULT 0,
    worse      bigint NOT NULL DEFAULT 0, -- the candidate alone failed
    better     bigint NOT NULL DEFAULT 0, -- stable alone failed
    shared     bigint NOT NULL DEFAULT 0, -- both failed
    cannot     text, -- why it cannot be compared; null where it can
    -- By whom and why it was accepted that this route is compared too little, or not at all.
    explained_by     text,
    explained_reason text,
    PRIMARY KEY (release_id, route),
    CHECK ((explained_by IS NULL) = (explained_reason IS NULL))
) WITH (fillfactor = 50); -- room for the next sums beside these

-- Where answers differ, with what stood there the first time: its form, never what it said.
CREATE TABLE release_differences (
    release_id uuid NOT NULL REFERENCES releases (id),
    route      text NOT NULL,
    path       text NOT NULL, -- `...`: all that came when there was no room any more
    kind       text NOT NULL,
    count      bigint NOT NULL,
    first_at   timestamptz NOT NULL,
    last_at    timestamptz NOT NULL,
    stable     text NOT NULL,
    candidate  text NOT NULL,
    explained_by     text,
    explained_reason text,
    PRIMARY KEY (release_id, route, path),
    CHECK ((explained_by IS NULL) = (explained_reason IS NULL))
) WITH (fillfactor = 50);

-- Numbers the batches of comparisons as `flushed` does those of evidence.
ALTER TABLE release_nodes ADD COLUMN compared bigint NOT NULL DEFAULT 0;
