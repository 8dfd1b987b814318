-- Part of the first release: there is no installation yet whose writes this could hold up.
-- squawk-ignore-file require-concurrent-index-creation, require-concurrent-index-deletion

-- What many posts contain is looked for in the newest first. So that this reads nothing of the
-- others, the index has the periods of a post among its lexemes: "this word, in these days" is
-- answered by the index alone. Periods are eight times as long from level to level, from 9 hours
-- at level 5 to 34 years at level 10. No text has a lexeme with a space in it.

CREATE FUNCTION search_second(moment timestamptz) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT floor(extract(epoch FROM least(greatest(moment, '0001-01-01 00:00:00+00'),
                                          '9999-12-31 00:00:00+00')))::bigint
$$;

CREATE FUNCTION search_period(level integer, second bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ' ' || level || ' ' || (second >> 3 * level)
$$;

CREATE FUNCTION search_periods(moment timestamptz) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    second CONSTANT bigint := search_second(moment);
BEGIN
    RETURN array_to_tsvector(ARRAY[
        search_period(5, second), search_period(6, second), search_period(7, second),
        search_period(8, second), search_period(9, second), search_period(10, second)]);
END $$;

ALTER TABLE search_documents ADD COLUMN published_at timestamptz; -- of a user: null

CREATE OR REPLACE VIEW search_sources AS
SELECT 'post' AS doc_type, p.id, p.title,
       -- A character can fold to eighteen: an index entry could become too long.
       left(search_fold(p.title), 255) AS title_key,
       coalesce(p.excerpt, search_beginning(p.content)) AS excerpt, p.created_at,
       terms.runs, terms.vector || search_periods(p.published_at) AS vector, p.published_at
  FROM posts p, search_terms(p.title, p.excerpt, p.content) AS terms
 WHERE p.status = 'published' AND p.deleted_at IS NULL
 UNION ALL
SELECT 'user', u.id, u.username, left(search_fold(u.username), 255),
       nullif(concat_ws(' ', u.first_name, u.last_name), ''), u.created_at,
       terms.runs, terms.vector, NULL
  FROM users u, search_terms(u.username, concat_ws(' ', u.first_name, u.last_name), NULL) AS terms
 WHERE u.is_active;

CREATE OR REPLACE FUNCTION refresh_search_documents(kind text, ids uuid[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM search_documents d
     WHERE d.doc_type = kind AND d.id = ANY (ids)
       AND NOT CASE kind
           WHEN 'post' THEN EXISTS (SELECT FROM posts p WHERE p.id = d.id
                                       AND p.status = 'published' AND p.deleted_at IS NULL)
           ELSE EXISTS (SELECT FROM users u WHERE u.id = d.id AND u.is_active) END;
    INSERT INTO search_documents AS d
    SELECT * FROM search_sources s WHERE s.doc_type = kind AND s.id = ANY (ids)
    ON CONFLICT (doc_type, id) DO UPDATE
       SET title = excluded.title, title_key = excluded.title_key, excerpt = excluded.excerpt,
           created_at = excluded.created_at, runs = excluded.runs, vector = excluded.vector,
           published_at = excluded.published_at
     WHERE d IS DISTINCT FROM excluded;
END $$;

-- As it was, but that the date of a post is in its document, too.
CREATE OR REPLACE FUNCTION posts_searched() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed uuid[];
BEGIN
    CASE TG_OP
    WHEN 'INSERT' THEN
        changed := ARRAY(SELECT id FROM new_rows
                          WHERE status = 'published' AND deleted_at IS NULL);
    WHEN 'DELETE' THEN
        changed := ARRAY(SELECT id FROM old_rows
                          WHERE status = 'published' AND deleted_at IS NULL);
    ELSE
        changed := ARRAY(
            SELECT id FROM (SELECT *, status = 'published' AND deleted_at IS NULL AS shown
                              FROM old_rows) o
              FULL JOIN (SELECT *, status = 'published' AND deleted_at IS NULL AS shown
                           FROM new_rows) n USING (id)
             WHERE (o.shown OR n.shown)
               AND (o.shown, o.title, o.excerpt, o.content, o.created_at, o.published_at)
                   IS DISTINCT FROM
                   (n.shown, n.title, n.excerpt, n.content, n.created_at, n.published_at));
    END CASE;
    IF changed <> '{}' THEN
        PERFORM refresh_search_documents('post', changed);
    END IF;
    RETURN NULL;
END $$;

-- Terms beside the rest of the row: to fetch them from elsewhere, and to decompress them, takes
-- longer than to compare and rank them. Longer rows than fit into a page still have them elsewhere.
ALTER TABLE search_documents SET (toast_tuple_target = 8160);

DROP INDEX search_documents_vector; -- every entry is new; all at once takes half the time
UPDATE search_documents d
   SET vector = d.vector || search_periods(p.published_at), runs = d.runs || '',
       published_at = p.published_at
  FROM posts p
 WHERE d.doc_type = 'post' AND p.id = d.id;
CREATE INDEX search_documents_vector ON search_documents USING gin (vector)
    WITH (gin_pending_list_limit = 1024); -- kB: what is pending slows each search down
