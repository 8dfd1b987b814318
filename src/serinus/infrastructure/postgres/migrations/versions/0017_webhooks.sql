-- Who is told of what happens to releases, and how that went.

CREATE TABLE webhooks (
    id            uuid PRIMARY KEY,
    url           text NOT NULL CHECK (length(url) BETWEEN 1 AND 2000),
    kinds         text[] NOT NULL, -- of events; none: all of them
    secret        bytea NOT NULL,  -- sealed, as the next one
    former_secret bytea,           -- signs as well, until then
    former_until  timestamptz,
    created_at    timestamptz NOT NULL,
    created_by    text NOT NULL,
    failing_since timestamptz,     -- nothing has been accepted since; null: the last one was
    disabled_at   timestamptz,
    disabled_why  text,
    -- One delivery at a time goes there, which keeps their order. Until then nobody else begins
    -- one: who does may have been killed.
    claimed_until timestamptz NOT NULL DEFAULT '-infinity',
    claimed_by    uuid,            -- a delivery
    CHECK ((former_secret IS NULL) = (former_until IS NULL)),
    CHECK ((disabled_at IS NULL) = (disabled_why IS NULL))
);

-- Each is a message: its id is what receivers know it by, however often it is sent. No foreign
-- key to `webhooks`: a rollback must neither fail by who removes one, nor wait for them. None to
-- `release_events` either: of those none ever goes.
CREATE TABLE webhook_deliveries (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    webhook_id   uuid NOT NULL,
    release_id   uuid,    -- null: somebody tries whether it arrives
    number       integer,
    made_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    due_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempts     integer NOT NULL DEFAULT 0, -- that have begun
    status       integer,          -- of the last answer
    error        text,             -- of the last attempt
    seconds      double precision, -- that it took
    delivered_at timestamptz,
    given_up_at  timestamptz,
    UNIQUE (webhook_id, release_id, number),
    CHECK (delivered_at IS NULL OR given_up_at IS NULL)
) WITH (fillfactor = 70);
CREATE INDEX webhook_deliveries_open ON webhook_deliveries (webhook_id, due_at)
 WHERE delivered_at IS NULL AND given_up_at IS NULL;
CREATE INDEX webhook_deliveries_made ON webhook_deliveries (made_at);

-- Events that stand in no log yet. Who judges takes them from here.
CREATE TABLE release_untold (
    release_id uuid NOT NULL,
    number     integer NOT NULL,
    PRIMARY KEY (release_id, number)
);

-- In the transaction that the event is about: what did not happen is not told, and what happened
-- cannot be forgotten, whoever records it.
CREATE FUNCTION release_events_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO release_untold (release_id, number) VALUES (NEW.release_id, NEW.number);
    INSERT INTO webhook_deliveries (webhook_id, release_id, number)
    SELECT id, NEW.release_id, NEW.number FROM webhooks
     WHERE disabled_at IS NULL AND (kinds = '{}' OR NEW.kind = ANY (kinds));
    IF FOUND THEN
        PERFORM pg_notify('serinus_webhooks', '');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER release_events_told AFTER INSERT ON release_events
    FOR EACH ROW EXECUTE FUNCTION release_events_told();
