-- Part of the first release: there is no installation yet whose writes this could hold up.
-- squawk-ignore-file require-concurrent-index-creation

-- A page of posts is read off an index, whichever way it is filtered and sorted most: what it
-- costs does not grow with the number of posts.

-- Drafts have no date, and come before everything that has one.
CREATE INDEX posts_live_dated ON posts (coalesce(published_at, 'infinity'::timestamptz), id)
    WHERE deleted_at IS NULL;
CREATE INDEX posts_live_author_published ON posts (author_id, published_at, id)
    WHERE deleted_at IS NULL AND status = 'published';
CREATE INDEX posts_live_locale_published ON posts (locale, published_at, id)
    WHERE deleted_at IS NULL AND status = 'published';
-- Few among many posts: one's own drafts, and pages.
CREATE INDEX posts_live_unpublished
    ON posts (author_id, coalesce(published_at, 'infinity'::timestamptz), id)
    WHERE deleted_at IS NULL AND status <> 'published';
CREATE INDEX posts_live_pages ON posts (published_at, id)
    WHERE deleted_at IS NULL AND type = 'page';

-- The newest posts of a tag: neither sorting all that carry it nor walking through all others
-- would do, so the link knows when its post was published, as long as everybody sees it.
ALTER TABLE post_tags ADD COLUMN published_at timestamptz;
ALTER TABLE post_categories ADD COLUMN published_at timestamptz;

CREATE FUNCTION post_tags_listed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Whoever publishes the post at the same time comes before or after, not in between.
    PERFORM FROM posts WHERE id IN (SELECT post_id FROM new_rows) ORDER BY id FOR NO KEY UPDATE;
    UPDATE post_tags link SET published_at = p.published_at
      FROM new_rows n JOIN posts p ON p.id = n.post_id
     WHERE link.post_id = n.post_id AND link.tag_id = n.tag_id
       AND p.status = 'published' AND p.deleted_at IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER post_tags_listed AFTER INSERT ON post_tags
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION post_tags_listed();

CREATE FUNCTION post_categories_listed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM posts WHERE id IN (SELECT post_id FROM new_rows) ORDER BY id FOR NO KEY UPDATE;
    UPDATE post_categories link SET published_at = p.published_at
      FROM new_rows n JOIN posts p ON p.id = n.post_id
     WHERE link.post_id = n.post_id AND link.category_id = n.category_id
       AND p.status = 'published' AND p.deleted_at IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER post_categories_listed AFTER INSERT ON post_categories
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION post_categories_listed();

CREATE FUNCTION posts_listed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed uuid[] := ARRAY(
        SELECT n.id FROM new_rows n JOIN old_rows o USING (id)
         WHERE CASE WHEN n.status = 'published' AND n.deleted_at IS NULL THEN n.published_at END
               IS DISTINCT FROM
               CASE WHEN o.status = 'published' AND o.deleted_at IS NULL THEN o.published_at END);
BEGIN
    IF changed = '{}' THEN
        RETURN NULL; -- most edits
    END IF;
    UPDATE post_tags link
       SET published_at = CASE WHEN p.status = 'published' AND p.deleted_at IS NULL THEN p.published_at END
      FROM new_rows p WHERE link.post_id = p.id AND p.id = ANY (changed);
    UPDATE post_categories link
       SET published_at = CASE WHEN p.status = 'published' AND p.deleted_at IS NULL THEN p.published_at END
      FROM new_rows p WHERE link.post_id = p.id AND p.id = ANY (changed);
    RETURN NULL;
END $$;
CREATE TRIGGER posts_listed AFTER UPDATE ON posts
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION posts_listed();

UPDATE post_tags link SET published_at = p.published_at
  FROM posts p WHERE p.id = link.post_id AND p.status = 'published' AND p.deleted_at IS NULL;
UPDATE post_categories link SET published_at = p.published_at
  FROM posts p WHERE p.id = link.post_id AND p.status = 'published' AND p.deleted_at IS NULL;

CREATE INDEX post_tags_listed ON post_tags (tag_id, published_at, post_id)
    WHERE published_at IS NOT NULL;
CREATE INDEX post_categories_listed ON post_categories (category_id, published_at, post_id)
    WHERE published_at IS NOT NULL;
