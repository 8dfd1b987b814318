-- Part of the first release: there is no installation yet whose writes this could hold up.
-- squawk-ignore-file require-concurrent-index-creation

-- Who did what, kept by the database: whatever writes, an engine, a command, SQL typed by hand,
-- and whatever an engine forgets. Entries stand in the transaction that they are about.

-- UUIDv7 (RFC 9562, 5.7).
CREATE FUNCTION audit_id() RETURNS uuid LANGUAGE sql VOLATILE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0')
            || '7' || substr(gen_random_uuid()::text, 16))::uuid
$$;

CREATE TABLE audit_log (
    id         uuid PRIMARY KEY DEFAULT audit_id(),
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- What `acting` was told. All null: SQL typed by hand. No foreign keys: what is on record
    -- stays, whatever becomes of who did it.
    user_id    uuid,
    api_key_id uuid,
    via        text,
    address    text,
    request_id text,
    action     text NOT NULL,
    entity     text NOT NULL,
    entity_id  uuid,    -- null: many at once
    version    integer, -- that it has since
    -- Of what is different: {"title": {"before": "a", "after": "b"}}, what is null left out.
    -- Long texts as {"bytes": 5, "sha256": "..."}; secrets as {"changed": true}; links as
    -- {"added": [...]} and {"removed": [...]}; many at once as {"count": 5}.
    changes    jsonb NOT NULL
);
-- One for each way the log is asked, newest first.
CREATE INDEX audit_log_at ON audit_log (at, id);
CREATE INDEX audit_log_user ON audit_log (user_id, at, id);
CREATE INDEX audit_log_entity_id ON audit_log (entity_id, at, id);
CREATE INDEX audit_log_entity ON audit_log (entity, at, id);
CREATE INDEX audit_log_action ON audit_log (action, at, id);
CREATE INDEX audit_log_via ON audit_log (via, at, id);

-- Keeps mistakes away from what was written; an owner of the table can always drop the trigger.
CREATE FUNCTION audit_log_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('serinus.pruning', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'the audit log is only added to'
        USING HINT = 'What is too old is removed by: serinus audit prune',
              ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_log_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_stays();

CREATE FUNCTION audit_actor() RETURNS TABLE (
    user_id uuid, api_key_id uuid, via text, address text, request_id text
) LANGUAGE sql STABLE ROWS 1 AS $$
    SELECT (said->>'user')::uuid, (said->>'key')::uuid, said->>'via',
           left(said->>'address', 100), left(said->>'request_id', 128)
      FROM (SELECT acting_now() AS said OFFSET 0) told
$$;

-- Whatever the time zone of who writes.
CREATE FUNCTION audit_time(at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- The one way to remove entries: those older than a time, which is on record itself.
CREATE FUNCTION prune_audit_log(older_than timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    pruned bigint;
BEGIN
    PERFORM set_config('serinus.pruning', 'on', true);
    DELETE FROM audit_log WHERE at < older_than;
    GET DIAGNOSTICS pruned = ROW_COUNT;
    PERFORM set_config('serinus.pruning', '', true);
    INSERT INTO audit_log (user_id, api_key_id, via, address, request_id, action, entity, changes)
    SELECT who.*, 'pruned', 'audit_log',
           jsonb_build_object('older_than', jsonb_build_object('after', audit_time(older_than)),
                              'entries', jsonb_build_object('count', pruned))
      FROM audit_actor() who;
    RETURN pruned;
END $$;

-- Stands for a long text: tells it from others, and does not keep it.
CREATE FUNCTION audit_mark(long text) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_build_object('bytes', octet_length(long),
                              'sha256', encode(sha256(convert_to(long, 'UTF8')), 'hex'))
$$;

-- SQL for what differs between rows `o` and `n`, either of which may be null: a member for each
-- column. Of `shown` ones the values, of `marked` ones marks, of `hidden` ones that they differ.
CREATE FUNCTION audit_changes(
    written regclass, shown text[], marked text[], hidden text[], was text, became text
) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT 'jsonb_strip_nulls(jsonb_build_object('
           || string_agg(format(
                  '%L, CASE WHEN %s IS DISTINCT FROM %s THEN jsonb_build_object(%s) END',
                  attname, coalesce(old, 'NULL'), coalesce(new, 'NULL'),
                  CASE WHEN attname = ANY (hidden) THEN '''changed'', true'
                       ELSE concat_ws(', ', '''before'', ' || replace(form, '*', old),
                                            '''after'', ' || replace(form, '*', new)) END),
                  ', ' ORDER BY attnum)
           || '))'
      FROM pg_attribute,
           LATERAL (SELECT was || quote_ident(attname) AS old,
                           became || quote_ident(attname) AS new,
                           CASE WHEN attname = ANY (marked) THEN 'audit_mark(*)'
                                WHEN atttypid = 'timestamptz'::regtype THEN 'audit_time(*)'
                                ELSE '*' END AS form) compared
     WHERE attrelid = written AND attname = ANY (shown || marked || hidden)
$$;

-- Puts the writes of a table on record: the three kinds of columns above, and SQL for what an
-- update did, of the rows `o` and `n`. Run it again to add a column.
-- A full join is never a nested loop, whose plan, made for one row, would be quadratic in many.
CREATE FUNCTION audit_writes_of(
    written regclass, entity text, shown text[], marked text[] DEFAULT '{}',
    hidden text[] DEFAULT '{}', updated text DEFAULT '''updated''',
    inserted text DEFAULT 'created', deleted text DEFAULT 'deleted',
    deletions text DEFAULT 'true'
) RETURNS void LANGUAGE plpgsql AS $generator$
DECLARE
    versioned CONSTANT boolean := EXISTS (
        SELECT FROM pg_attribute WHERE attrelid = written AND attname = 'version');
    before CONSTANT text := CASE WHEN versioned THEN 'o.version' ELSE 'NULL::integer' END;
    after CONSTANT text := CASE WHEN versioned THEN 'n.version' ELSE 'NULL::integer' END;
    name CONSTANT text := written::text || '_audited';
BEGIN
    EXECUTE format($function$
        CREATE OR REPLACE FUNCTION %1$I() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN
            CASE
            WHEN TG_OP = 'INSERT' AND acting_now()->>'via' = 'generate' THEN
                INSERT INTO audit_log (user_id, api_key_id, via, address, request_id,
                                       action, entity, changes)
                SELECT who.*, %3$L, %2$L, jsonb_build_object('rows', jsonb_build_object('count', n))
                  FROM audit_actor() who, (SELECT count(*) AS n FROM new_rows) counted
                 WHERE n > 0;
            WHEN TG_OP = 'INSERT' THEN
                INSERT INTO audit_log (user_id, api_key_id, via, address, request_id,
                                       action, entity, entity_id, version, changes)
                WITH who AS MATERIALIZED (SELECT * FROM audit_actor())
                SELECT who.*, %3$L, %2$L, n.id, %6$s, %7$s FROM new_rows n, who;
            WHEN TG_OP = 'UPDATE' THEN
                INSERT INTO audit_log (user_id, api_key_id, via, address, request_id,
                                       action, entity, entity_id, version, changes)
                WITH who AS MATERIALIZED (SELECT * FROM audit_actor())
                SELECT who.*, action, %2$L, id, version, changes
                  FROM who, (SELECT id, %10$s AS action, %6$s AS version,
                                    %6$s IS DISTINCT FROM %5$s AS touched, %8$s AS changes
                               FROM old_rows o FULL JOIN new_rows n USING (id) OFFSET 0) each
                 WHERE touched OR changes <> '{}';
            WHEN TG_OP = 'DELETE' THEN
                INSERT INTO audit_log (user_id, api_key_id, via, address, request_id,
                                       action, entity, entity_id, version, changes)
                WITH who AS MATERIALIZED (SELECT * FROM audit_actor())
                SELECT who.*, %4$L, %2$L, o.id, %5$s, %9$s FROM old_rows o, who WHERE %11$s;
            ELSE -- TRUNCATE
                INSERT INTO audit_log (user_id, api_key_id, via, address, request_id,
                                       action, entity, changes)
                SELECT who.*, %4$L, %2$L, '{}' FROM audit_actor() who;
            END CASE;
            RETURN NULL;
        END $body$ $function$,
        name, entity, inserted, deleted, before, after,
        audit_changes(written, shown, marked, hidden, NULL, 'n.'),
        audit_changes(written, shown, marked, hidden, 'o.', 'n.'),
        audit_changes(written, shown, marked, hidden, 'o.', NULL),
        updated, deletions);
    EXECUTE format($triggers$
        CREATE OR REPLACE TRIGGER %1$I AFTER INSERT ON %5$s
            REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION %6$I();
        CREATE OR REPLACE TRIGGER %2$I AFTER UPDATE ON %5$s
            REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
            FOR EACH STATEMENT EXECUTE FUNCTION %6$I();
        CREATE OR REPLACE TRIGGER %3$I AFTER DELETE ON %5$s
            REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION %6$I();
        CREATE OR REPLACE TRIGGER %4$I AFTER TRUNCATE ON %5$s
            FOR EACH STATEMENT EXECUTE FUNCTION %6$I(); $triggers$,
        name || '_added', name || '_changed', name || '_removed', name || '_emptied',
        written, name);
END $generator$;

SELECT audit_writes_of('users', 'user',
    shown => '{username, email, first_name, last_name, role, is_active, email_verified}',
    hidden => '{password_hash}',
    -- With the version as it was, the same password was hashed anew.
    updated => $$CASE WHEN o.is_active AND NOT n.is_active THEN 'deactivated'
                      WHEN n.is_active AND NOT o.is_active THEN 'reactivated'
                      WHEN o.password_hash IS DISTINCT FROM n.password_hash
                           AND o.version <> n.version THEN 'password_changed'
                      ELSE 'updated' END$$);

-- Refreshing moves the end on: that is not worth an entry, nor that expired ones are cleared.
SELECT audit_writes_of('sessions', 'session',
    shown => '{user_id, remember, ended_at, end_reason}',
    updated => $$CASE WHEN o.ended_at IS NULL AND n.ended_at IS NOT NULL THEN 'signed_out'
                      ELSE 'updated' END$$,
    inserted => 'signed_in', deleted => 'signed_out',
    deletions => 'o.ended_at IS NULL AND o.expires_at > now()');

SELECT audit_writes_of('api_keys', 'api_key',
    shown => '{user_id, name, scopes, expires_at, revoked_at}',
    hidden => '{key_hash}',
    updated => $$CASE WHEN o.revoked_at IS NULL AND n.revoked_at IS NOT NULL THEN 'revoked'
                      ELSE 'updated' END$$);

SELECT audit_writes_of('posts', 'post',
    shown => '{type, author_id, slug, title, content_format, excerpt, status, locale,
               featured_image, meta_title, meta_description, created_at, published_at,
               scheduled_at, deleted_at}',
    marked => '{content}',
    updated => $$CASE WHEN o.deleted_at IS NULL AND n.deleted_at IS NOT NULL THEN 'deleted'
                      WHEN n.deleted_at IS NULL AND o.deleted_at IS NOT NULL THEN 'restored'
                      WHEN o.status = n.status THEN 'updated'
                      WHEN n.status = 'draft' THEN 'unpublished'
                      ELSE n.status END$$);

SELECT audit_writes_of('tags', 'tag', shown => '{name, slug}');

SELECT audit_writes_of('categories', 'category', shown => '{parent_id, name, slug, description}');

SELECT audit_writes_of('comments', 'comment',
    shown => '{post_id, parent_id, author_id, author_name, author_url, status, deleted_at}',
    marked => '{content}',
    hidden => '{author_email}',
    updated => $$CASE WHEN o.deleted_at IS NULL AND n.deleted_at IS NOT NULL THEN 'deleted'
                      WHEN n.deleted_at IS NULL AND o.deleted_at IS NOT NULL THEN 'restored'
                      WHEN o.status = n.status OR n.status = 'pending' THEN 'updated'
                      WHEN n.status = 'spam' THEN 'marked_as_spam'
                      ELSE n.status END$$);

-- What a post is tagged with and filed under is a change of the post, an entry for each. The
-- name of a term that is deleted stands in the entry of that.
CREATE FUNCTION audit_links_of(written regclass, member text, terms regclass, term text)
RETURNS void LANGUAGE plpgsql AS $generator$
DECLARE
    name CONSTANT text := written::text || '_audited';
    entries CONSTANT text := format($insert$
                INSERT INTO audit_log (user_id, api_key_id, via, address, request_id,
                                       action, entity, entity_id, changes)
                WITH who AS MATERIALIZED (SELECT * FROM audit_actor())
                SELECT who.*, 'updated', 'post', post_id,
                       jsonb_build_object(%1$L, jsonb_build_object(%%1$L, terms))
                  FROM who, (SELECT post_id, jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                                        'id', link.%2$I,
                                        'name', (SELECT name FROM %3$s WHERE id = link.%2$I)))
                                        ORDER BY position) AS terms
                               FROM %%2$I link GROUP BY post_id) linked;
        $insert$, member, term, terms);
BEGIN
    EXECUTE format($function$
        CREATE FUNCTION %1$I() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN
            IF TG_OP = 'DELETE' THEN %2$s
            ELSIF acting_now()->>'via' IS DISTINCT FROM 'generate' THEN %3$s
            END IF;
            RETURN NULL;
        END $body$;
        CREATE TRIGGER %4$I AFTER INSERT ON %6$s
            REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION %1$I();
        CREATE TRIGGER %5$I AFTER DELETE ON %6$s
            REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION %1$I();
        $function$,
        name, format(entries, 'removed', 'old_rows'), format(entries, 'added', 'new_rows'),
        name || '_added', name || '_removed', written);
END $generator$;

SELECT audit_links_of('post_tags', 'tags', 'tags', 'tag_id');
SELECT audit_links_of('post_categories', 'categories', 'categories', 'category_id');
