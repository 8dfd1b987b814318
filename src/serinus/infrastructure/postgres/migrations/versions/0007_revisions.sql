-- Part of the first release: there is no installation yet whose writes this could hold up.
-- squawk-ignore-file require-concurrent-index-creation

-- Who made the version of a post that stands in `posts`, and through what. Defaults are set
-- after the columns are there: what was written before has nobody, and is not rewritten.
ALTER TABLE posts ADD COLUMN changed_by uuid;
ALTER TABLE posts ADD COLUMN changed_via text;
ALTER TABLE posts ALTER COLUMN changed_by SET DEFAULT (acting_now() ->> 'user')::uuid;
ALTER TABLE posts ALTER COLUMN changed_via SET DEFAULT acting_now() ->> 'via';

-- What a post was before it became what it is: one row for each version that was replaced. So
-- writing a post for the first time costs nothing, and posts that were there before need nothing.
CREATE TABLE post_revisions (
    post_id          uuid NOT NULL REFERENCES posts ON DELETE CASCADE,
    number           integer NOT NULL, -- the version
    type             text NOT NULL,
    author_id        uuid NOT NULL,
    slug             text NOT NULL,
    title            text NOT NULL,
    content          text, -- null: the same as that of the next number, or of the post
    content_bytes    integer NOT NULL,
    content_format   text NOT NULL,
    excerpt          text,
    status           text NOT NULL,
    locale           text NOT NULL,
    featured_image   text,
    meta_title       text,
    meta_description text,
    tags             jsonb NOT NULL, -- [{id, slug, name}] as they were, in their order
    categories       jsonb NOT NULL,
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL, -- when this version was made
    published_at     timestamptz,
    scheduled_at     timestamptz,
    deleted_at       timestamptz,
    changed_by       uuid, -- by whom
    changed_via      text,
    PRIMARY KEY (post_id, number)
);
-- A content is looked for at the next number that has one.
CREATE INDEX post_revisions_content ON post_revisions (post_id, number) WHERE content IS NOT NULL;

-- Tags are asked for one by one: a join could be planned as a scan of all there are.
CREATE FUNCTION tags_of_post(id uuid) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg((SELECT jsonb_build_object('id', t.id, 'slug', t.slug, 'name', t.name)
                                 FROM tags t WHERE t.id = link.tag_id)
                              ORDER BY link.position, link.tag_id), '[]')
      FROM post_tags link WHERE link.post_id = $1
$$;
CREATE FUNCTION categories_of_post(id uuid) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(jsonb_agg((SELECT jsonb_build_object('id', c.id, 'slug', c.slug, 'name', c.name)
                                 FROM categories c WHERE c.id = link.category_id)
                              ORDER BY link.position, link.category_id), '[]')
      FROM post_categories link WHERE link.post_id = $1
$$;

-- Before the row is written, so that its tags are still those of the old version: both engines
-- write the post first and its tags afterwards. Row by row, so that many cost as much each as one.
CREATE FUNCTION posts_revised() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    actor CONSTANT jsonb := acting_now();
BEGIN
    INSERT INTO post_revisions
        (post_id, number, type, author_id, slug, title, content, content_bytes, content_format,
         excerpt, status, locale, featured_image, meta_title, meta_description, tags, categories,
         created_at, updated_at, published_at, scheduled_at, deleted_at, changed_by, changed_via)
    VALUES
        (OLD.id, OLD.version, OLD.type, OLD.author_id, OLD.slug, OLD.title,
         CASE WHEN OLD.content <> NEW.content THEN OLD.content END, octet_length(OLD.content),
         OLD.content_format, OLD.excerpt, OLD.status, OLD.locale, OLD.featured_image,
         OLD.meta_title, OLD.meta_description, tags_of_post(OLD.id), categories_of_post(OLD.id),
         OLD.created_at, OLD.updated_at, OLD.published_at, OLD.scheduled_at, OLD.deleted_at,
         OLD.changed_by, OLD.changed_via);
    NEW.changed_by := actor ->> 'user';
    NEW.changed_via := actor ->> 'via';
    RETURN NEW;
END $$;
CREATE TRIGGER posts_revised BEFORE UPDATE ON posts
    FOR EACH ROW WHEN (OLD.version <> NEW.version) EXECUTE FUNCTION posts_revised();

-- What is to be published at a set time, soonest first.
CREATE INDEX posts_due ON posts (scheduled_at, id)
    WHERE status = 'scheduled' AND deleted_at IS NULL;

-- Deleted posts, in every order in which posts are listed: one's own, and those of all.
CREATE INDEX posts_deleted_author ON posts (author_id, updated_at, id) WHERE deleted_at IS NOT NULL;
CREATE INDEX posts_deleted_dated ON posts (coalesce(published_at, 'infinity'::timestamptz), id)
    WHERE deleted_at IS NOT NULL;
CREATE INDEX posts_deleted_created ON posts (created_at, id) WHERE deleted_at IS NOT NULL;
CREATE INDEX posts_deleted_updated ON posts (updated_at, id) WHERE deleted_at IS NOT NULL;
CREATE INDEX posts_deleted_title ON posts (title, id) WHERE deleted_at IS NOT NULL;
