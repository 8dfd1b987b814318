-- Who writes, for the rest of the transaction: JSON that triggers read back. Asked once in every
-- statement that writes, so that knowing it costs no round trip of its own:
--     UPDATE posts SET ... WHERE id = $1 AND (SELECT acting($2))
CREATE FUNCTION acting(actor text) RETURNS boolean LANGUAGE sql VOLATILE AS $$
    SELECT set_config('serinus.actor', coalesce(actor, ''), true) IS NOT NULL
$$;

-- Null where nobody has said: SQL typed by hand.
CREATE FUNCTION acting_now() RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT nullif(current_setting('serinus.actor', true), '')::jsonb
$$;
