-- `json`, not `jsonb`: what was hashed, and what a verdict was computed from, comes back digit
-- for digit.
CREATE TABLE releases (
    id          uuid PRIMARY KEY,
    first_epoch bigint NOT NULL UNIQUE, -- the one with the highest governs, ended or not
    salt        text NOT NULL,
    plan        json NOT NULL,
    drill       text,
    phase       text NOT NULL CHECK (phase IN ('comparing', 'ramping', 'baking', 'complete',
                                               'rolling_back', 'rolled_back', 'aborted')),
    stage       integer NOT NULL CHECK (stage >= 0),
    share       integer NOT NULL CHECK (share BETWEEN 0 AND 10000), -- basis points
    paused      boolean NOT NULL,
    gate_open   boolean NOT NULL,
    since       timestamptz NOT NULL, -- in this phase and stage
    since_epoch bigint NOT NULL,
    epoch       bigint NOT NULL,      -- in force
    version     bigint NOT NULL,      -- grows with every change, and not with every look
    looked_at   timestamptz NOT NULL, -- when evidence was judged last
    memory      json,                 -- what the judge keeps between two looks
    verdict     json,                 -- the last one
    started_at  timestamptz NOT NULL,
    ended_at    timestamptz,
    CHECK ((ended_at IS NOT NULL) = (phase IN ('complete', 'rolled_back', 'aborted')))
) WITH (fillfactor = 50);

-- One release at a time: two would confound each other's evidence.
CREATE UNIQUE INDEX releases_one_running ON releases ((true)) WHERE ended_at IS NULL;

-- Null: what was in force came from the settings.
ALTER TABLE routing_epochs ADD COLUMN release_id uuid;

-- Each hash is over the one before it, so that a row cannot be changed, or taken away, unseen.
CREATE TABLE release_events (
    release_id uuid NOT NULL REFERENCES releases (id),
    number     integer NOT NULL CHECK (number > 0),
    at         timestamptz NOT NULL,
    actor      text NOT NULL,
    reason     text NOT NULL,
    kind       text NOT NULL,
    body       json NOT NULL,
    previous   bytea NOT NULL,
    hash       bytea NOT NULL,
    PRIMARY KEY (release_id, number)
);

CREATE FUNCTION release_events_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the record of a release is only added to'
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER release_events_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON release_events
    FOR EACH STATEMENT EXECUTE FUNCTION release_events_stay();

-- Who serves: a worker process for as long as it lives. `flushed` numbers the flushes of its
-- evidence that are in the sums below: the next one counts only where it is the next one, so
-- that one whose answer was lost can be sent again.
CREATE TABLE release_nodes (
    node         uuid PRIMARY KEY,
    name         text NOT NULL,
    pid          integer NOT NULL,
    epoch        bigint NOT NULL,      -- that it serves
    applied_at   timestamptz NOT NULL, -- when it had begun to
    heard_at     timestamptz NOT NULL, -- when it was heard of last
    flushed      bigint NOT NULL DEFAULT 0,
    share_served integer NOT NULL,     -- basis points
    says         text NOT NULL         -- why not the share of the release; '' else
) WITH (fillfactor = 50);

-- Sums of what was flushed, and of them what a look has already taken.
CREATE TABLE release_evidence (
    release_id uuid NOT NULL REFERENCES releases (id),
    epoch      bigint NOT NULL,
    arm        text NOT NULL CHECK (arm IN ('stable', 'candidate')),
    route      text NOT NULL,
    stratum    smallint NOT NULL CHECK (stratum BETWEEN 0 AND 255),
    requests      bigint NOT NULL DEFAULT 0,
    errors        bigint NOT NULL DEFAULT 0,
    slow          bigint NOT NULL DEFAULT 0,
    client_errors bigint NOT NULL DEFAULT 0,
    cache_hits    bigint NOT NULL DEFAULT 0,
    cache_misses  bigint NOT NULL DEFAULT 0,
    queries       bigint NOT NULL DEFAULT 0,
    db_seconds    double precision NOT NULL DEFAULT 0,
    rescued       bigint NOT NULL DEFAULT 0,
    shared        bigint NOT NULL DEFAULT 0,
    judged_requests      bigint NOT NULL DEFAULT 0,
    judged_errors        bigint NOT NULL DEFAULT 0,
    judged_slow          bigint NOT NULL DEFAULT 0,
    judged_client_errors bigint NOT NULL DEFAULT 0,
    judged_cache_hits    bigint NOT NULL DEFAULT 0,
    judged_cache_misses  bigint NOT NULL DEFAULT 0,
    judged_queries       bigint NOT NULL DEFAULT 0,
    judged_db_seconds    double precision NOT NULL DEFAULT 0,
    judged_rescued       bigint NOT NULL DEFAULT 0,
    judged_shared        bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (release_id, epoch, arm, route, stratum)
) WITH (fillfactor = 50); -- room for the next sums beside these

-- Requests by time taken; the edges are the domain's.
CREATE TABLE release_histograms (
    release_id uuid NOT NULL REFERENCES releases (id),
    epoch      bigint NOT NULL,
    arm        text NOT NULL CHECK (arm IN ('stable', 'candidate')),
    route      text NOT NULL,
    counts     bigint[] NOT NULL,
    PRIMARY KEY (release_id, epoch, arm, route)
) WITH (fillfactor = 50);

-- Consumers whose arm somebody chose.
CREATE TABLE release_pins (
    release_id uuid NOT NULL REFERENCES releases (id),
    consumer   text NOT NULL CHECK (length(consumer) BETWEEN 1 AND 300),
    arm        text NOT NULL CHECK (arm IN ('stable', 'candidate')),
    PRIMARY KEY (release_id, consumer)
);
