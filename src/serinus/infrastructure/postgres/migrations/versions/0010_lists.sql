-- Part of the first release: there is no installation yet whose writes this could hold up.
-- squawk-ignore-file require-concurrent-index-creation, require-concurrent-index-deletion, adding-field-with-default

-- Every page of every list that is offered is read off an index whose first columns are what is
-- filtered by, and the next ones what is sorted by: nothing is met on the way that is not shown.
-- So a page costs the same whether few posts match or many, and wherever it lies.

-- What has no date, as drafts, comes after everything that has one. A column, not an expression:
-- what is sought is then in the index as a whole, which no plan is cheaper than, however many
-- posts of an author or in a language are expected.
ALTER TABLE posts ADD COLUMN dated timestamptz NOT NULL
    GENERATED ALWAYS AS (coalesce(published_at, 'infinity'::timestamptz)) STORED;

CREATE INDEX posts_status_dated ON posts (status, dated, id) WHERE deleted_at IS NULL;
CREATE INDEX posts_status_created ON posts (status, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX posts_status_updated ON posts (status, updated_at, id) WHERE deleted_at IS NULL;
CREATE INDEX posts_status_title ON posts (status, title, id) WHERE deleted_at IS NULL;
CREATE INDEX posts_author_dated ON posts (author_id, status, dated, id)
    WHERE deleted_at IS NULL;
CREATE INDEX posts_author_created ON posts (author_id, status, created_at, id)
    WHERE deleted_at IS NULL;
CREATE INDEX posts_author_updated ON posts (author_id, status, updated_at, id)
    WHERE deleted_at IS NULL;
CREATE INDEX posts_author_title ON posts (author_id, status, title, id) WHERE deleted_at IS NULL;
CREATE INDEX posts_locale_dated ON posts (locale, status, type, dated, id)
    WHERE deleted_at IS NULL;
CREATE INDEX posts_type_dated ON posts (type, status, dated, id) WHERE deleted_at IS NULL;

-- Which these do better.
DROP INDEX posts_live_dated;
DROP INDEX posts_live_author_published;
DROP INDEX posts_live_locale_published;
DROP INDEX posts_live_unpublished;
DROP INDEX posts_live_pages;
DROP INDEX posts_deleted_dated;
CREATE INDEX posts_deleted_dated ON posts (dated, id) WHERE deleted_at IS NOT NULL;

-- What a link from a term has to know of its post, to be the way to it: nothing of deleted ones.
ALTER TABLE post_tags ADD COLUMN status text;
ALTER TABLE post_tags ADD COLUMN dated timestamptz; -- when published; infinity: not yet
ALTER TABLE post_tags ADD COLUMN author_id uuid;
ALTER TABLE post_tags ADD COLUMN locale text;
ALTER TABLE post_categories ADD COLUMN status text;
ALTER TABLE post_categories ADD COLUMN dated timestamptz;
ALTER TABLE post_categories ADD COLUMN author_id uuid;
ALTER TABLE post_categories ADD COLUMN locale text;

-- Plans of statements on transition tables are made once for a session, perhaps when the tables
-- were empty. So these tables are never joined: each row is looked up by a key, at a cost that
-- does not grow with the tables, whatever a plan was made for.

CREATE OR REPLACE FUNCTION post_tags_added() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    ids CONSTANT uuid[] := ARRAY(SELECT DISTINCT post_id FROM new_rows);
BEGIN
    PERFORM FROM posts WHERE id = ANY (ids) ORDER BY id FOR NO KEY UPDATE;
    PERFORM count_tag_usage(array_agg(r.tag_id), array_agg(1))
       FROM new_rows r
      WHERE (SELECT p.status = 'published' AND p.deleted_at IS NULL
               FROM posts p WHERE p.id = r.post_id);
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION post_tags_removed() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    ids CONSTANT uuid[] := ARRAY(SELECT DISTINCT post_id FROM old_rows);
BEGIN
    PERFORM FROM posts WHERE id = ANY (ids) ORDER BY id FOR NO KEY UPDATE;
    PERFORM count_tag_usage(array_agg(r.tag_id), array_agg(-1))
       FROM old_rows r
      WHERE (SELECT p.status = 'published' AND p.deleted_at IS NULL
               FROM posts p WHERE p.id = r.post_id);
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION post_tags_listed() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    ids CONSTANT uuid[] := ARRAY(SELECT DISTINCT post_id FROM new_rows);
BEGIN
    -- Whoever publishes the post at the same time comes before or after, not in between.
    PERFORM FROM posts WHERE id = ANY (ids) ORDER BY id FOR NO KEY UPDATE;
    UPDATE post_tags link
       SET (published_at, status, dated, author_id, locale) = (
               CASE p.status WHEN 'published' THEN p.published_at END, p.status,
               coalesce(p.published_at, 'infinity'), p.author_id, p.locale)
      FROM unnest(ids) AS n (id)
           CROSS JOIN LATERAL (SELECT * FROM posts WHERE posts.id = n.id OFFSET 0) p
     WHERE link.post_id = n.id AND p.deleted_at IS NULL
       -- Not what came as it should be.
       AND (link.published_at, link.status, link.dated, link.author_id, link.locale)
           IS DISTINCT FROM (
               CASE p.status WHEN 'published' THEN p.published_at END, p.status,
               coalesce(p.published_at, 'infinity'), p.author_id, p.locale);
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION post_categories_listed() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    ids CONSTANT uuid[] := ARRAY(SELECT DISTINCT post_id FROM new_rows);
BEGIN
    PERFORM FROM posts WHERE id = ANY (ids) ORDER BY id FOR NO KEY UPDATE;
    UPDATE post_categories link
       SET (published_at, status, dated, author_id, locale) = (
               CASE p.status WHEN 'published' THEN p.published_at END, p.status,
               coalesce(p.published_at, 'infinity'), p.author_id, p.locale)
      FROM unnest(ids) AS n (id)
           CROSS JOIN LATERAL (SELECT * FROM posts WHERE posts.id = n.id OFFSET 0) p
     WHERE link.post_id = n.id AND p.deleted_at IS NULL
       AND (link.published_at, link.status, link.dated, link.author_id, link.locale)
           IS DISTINCT FROM (
               CASE p.status WHEN 'published' THEN p.published_at END, p.status,
               coalesce(p.published_at, 'infinity'), p.author_id, p.locale);
    RETURN NULL;
END $$;

-- Old and new rows are never joined: planned for one row, that would compare all with all.
CREATE OR REPLACE FUNCTION posts_listed() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    changed uuid[] := ARRAY(SELECT id FROM (
        SELECT id, status, published_at, author_id, locale, deleted_at IS NULL FROM new_rows
        EXCEPT
        SELECT id, status, published_at, author_id, locale, deleted_at IS NULL FROM old_rows) rows);
BEGIN
    IF changed = '{}' THEN
        RETURN NULL; -- most edits
    END IF;
    UPDATE post_tags link
       SET (published_at, status, dated, author_id, locale) = (
               CASE WHEN p.status = 'published' AND p.deleted_at IS NULL THEN p.published_at END,
               CASE WHEN p.deleted_at IS NULL THEN p.status END,
               coalesce(p.published_at, 'infinity'), p.author_id, p.locale)
      FROM posts p WHERE p.id = ANY (changed) AND link.post_id = p.id;
    UPDATE post_categories link
       SET (published_at, status, dated, author_id, locale) = (
               CASE WHEN p.status = 'published' AND p.deleted_at IS NULL THEN p.published_at END,
               CASE WHEN p.deleted_at IS NULL THEN p.status END,
               coalesce(p.published_at, 'infinity'), p.author_id, p.locale)
      FROM posts p WHERE p.id = ANY (changed) AND link.post_id = p.id;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION posts_shown_or_hidden() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    shown uuid[] := ARRAY(
        SELECT id FROM new_rows WHERE status = 'published' AND deleted_at IS NULL
        EXCEPT
        SELECT id FROM old_rows WHERE status = 'published' AND deleted_at IS NULL);
    hidden uuid[] := ARRAY(
        SELECT id FROM old_rows WHERE status = 'published' AND deleted_at IS NULL
        EXCEPT
        SELECT id FROM new_rows WHERE status = 'published' AND deleted_at IS NULL);
BEGIN
    IF shown <> '{}' OR hidden <> '{}' THEN
        PERFORM count_tag_usage(array_agg(tag_id), array_agg(change))
           FROM (SELECT tag_id, 1 AS change FROM post_tags WHERE post_id = ANY (shown)
                  UNION ALL
                 SELECT tag_id, -1 FROM post_tags WHERE post_id = ANY (hidden)) changes;
    END IF;
    RETURN NULL;
END $$;

UPDATE post_tags link
   SET status = p.status, dated = coalesce(p.published_at, 'infinity'), author_id = p.author_id,
       locale = p.locale
  FROM posts p WHERE p.id = link.post_id AND p.deleted_at IS NULL;
UPDATE post_categories link
   SET status = p.status, dated = coalesce(p.published_at, 'infinity'), author_id = p.author_id,
       locale = p.locale
  FROM posts p WHERE p.id = link.post_id AND p.deleted_at IS NULL;

CREATE INDEX post_tags_dated ON post_tags (tag_id, status, dated, post_id)
    WHERE status IS NOT NULL;
CREATE INDEX post_tags_locale ON post_tags (tag_id, status, locale, dated, post_id)
    WHERE status IS NOT NULL;
CREATE INDEX post_tags_author ON post_tags (tag_id, status, author_id, dated, post_id)
    WHERE status IS NOT NULL;
CREATE INDEX post_categories_dated ON post_categories (category_id, status, dated, post_id)
    WHERE status IS NOT NULL;
CREATE INDEX post_categories_locale ON post_categories (category_id, status, locale, dated, post_id)
    WHERE status IS NOT NULL;
CREATE INDEX post_categories_author
    ON post_categories (category_id, status, author_id, dated, post_id) WHERE status IS NOT NULL;
DROP INDEX post_tags_listed;
DROP INDEX post_categories_listed;
