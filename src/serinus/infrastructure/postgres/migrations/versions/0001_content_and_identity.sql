-- Ids are UUIDv7 made by the application. Whatever either engine could get wrong and the other
-- could then not read is a constraint here. No extension, no collation but the database's own.

CREATE TABLE users (
    id             uuid PRIMARY KEY,
    username       text NOT NULL CHECK (char_length(username) BETWEEN 3 AND 50),
    -- NFKC, case-folded by the application: lower() of the database depends on its locale.
    username_key   text NOT NULL UNIQUE,
    email          text NOT NULL UNIQUE CHECK (char_length(email) BETWEEN 3 AND 320 AND email = lower(email)),
    -- bcrypt (engine v1) or Argon2id (engine v2) in PHC or modular crypt format; null: no sign-in by password.
    password_hash  text CHECK (password_hash ~ '^\$(2b|argon2id)\$'),
    first_name     text CHECK (char_length(first_name) <= 100),
    last_name      text CHECK (char_length(last_name) <= 100),
    role           text NOT NULL CHECK (role IN ('super_admin', 'admin', 'editor', 'author', 'contributor', 'subscriber')),
    is_active      boolean NOT NULL DEFAULT true,
    email_verified boolean NOT NULL DEFAULT false,
    last_login     timestamptz,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    version        integer NOT NULL DEFAULT 1 CHECK (version > 0)
);

-- A session is a family of refresh tokens: one sign-in and all that was refreshed from it.
CREATE TABLE sessions (
    id         uuid PRIMARY KEY,
    user_id    uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    remember   boolean NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > created_at),
    ended_at   timestamptz,
    end_reason text CHECK (end_reason IN ('logout', 'reuse', 'password_changed', 'deactivated', 'ended')),
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE INDEX sessions_user_id ON sessions (user_id);

CREATE TABLE refresh_tokens (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32), -- SHA-256
    session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
    issued_at  timestamptz NOT NULL,
    spent_at   timestamptz
);
-- One live token per family: two would let a stolen one live on beside its successor.
CREATE UNIQUE INDEX refresh_tokens_one_live ON refresh_tokens (session_id) WHERE spent_at IS NULL;

CREATE TABLE posts (
    id               uuid PRIMARY KEY,
    type             text NOT NULL DEFAULT 'post' CHECK (type IN ('post', 'page')),
    author_id        uuid NOT NULL REFERENCES users,
    -- The current slug; `slugs` holds it too, with all former ones.
    slug             text NOT NULL,
    title            text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 255),
    content          text NOT NULL CHECK (octet_length(content) <= 2097152),
    content_format   text NOT NULL DEFAULT 'markdown' CHECK (content_format IN ('markdown', 'html')),
    excerpt          text CHECK (char_length(excerpt) <= 500),
    status           text NOT NULL CHECK (status IN ('draft', 'scheduled', 'published', 'archived')),
    locale           text NOT NULL DEFAULT 'en' CHECK (locale ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$'),
    featured_image   text CHECK (char_length(featured_image) <= 2048),
    meta_title       text CHECK (char_length(meta_title) <= 60),
    meta_description text CHECK (char_length(meta_description) <= 160),
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    published_at     timestamptz,
    scheduled_at     timestamptz,
    deleted_at       timestamptz,
    version          integer NOT NULL DEFAULT 1 CHECK (version > 0),
    CHECK (status <> 'published' OR published_at IS NOT NULL),
    CHECK (status <> 'draft' OR published_at IS NULL),
    CHECK ((status = 'scheduled') = (scheduled_at IS NOT NULL))
);
CREATE INDEX posts_live_created ON posts (created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX posts_live_updated ON posts (updated_at, id) WHERE deleted_at IS NULL;
CREATE INDEX posts_live_published ON posts (published_at, id) WHERE deleted_at IS NULL AND status = 'published';
CREATE INDEX posts_live_title ON posts (title, id) WHERE deleted_at IS NULL;
CREATE INDEX posts_live_author ON posts (author_id, created_at, id) WHERE deleted_at IS NULL;

-- Every slug or old address that ever led to a post; it never leads to another one.
-- Former addresses may hold slashes; current slugs cannot (the application makes them).
CREATE TABLE slugs (
    slug       text PRIMARY KEY CHECK (char_length(slug) BETWEEN 1 AND 255),
    post_id    uuid NOT NULL REFERENCES posts ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    created_at timestamptz NOT NULL,
    UNIQUE (slug, post_id)
);
CREATE INDEX slugs_post_id ON slugs (post_id);
-- Deferred, so that a post and its slug are written in either order within one transaction.
ALTER TABLE posts ADD CONSTRAINT posts_slug_fkey FOREIGN KEY (slug, id)
    REFERENCES slugs (slug, post_id) DEFERRABLE INITIALLY DEFERRED;
CREATE UNIQUE INDEX posts_slug ON posts (slug);

CREATE TABLE tags (
    id          uuid PRIMARY KEY,
    name        text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 50),
    name_key    text NOT NULL UNIQUE, -- NFKC, trimmed, lower case, by the application
    slug        text NOT NULL UNIQUE CHECK (char_length(slug) BETWEEN 1 AND 255),
    usage_count integer NOT NULL DEFAULT 0 CHECK (usage_count >= 0), -- live published posts; kept by triggers
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    version     integer NOT NULL DEFAULT 1 CHECK (version > 0)
);
CREATE INDEX tags_usage ON tags (usage_count, id);
CREATE INDEX tags_created ON tags (created_at, id);
CREATE INDEX tags_name ON tags (name, id);

CREATE TABLE post_tags (
    post_id  uuid NOT NULL REFERENCES posts ON DELETE CASCADE,
    tag_id   uuid NOT NULL REFERENCES tags ON DELETE CASCADE,
    position smallint NOT NULL CHECK (position >= 0),
    PRIMARY KEY (post_id, tag_id)
);
CREATE INDEX post_tags_tag_id ON post_tags (tag_id, post_id);

CREATE TABLE categories (
    id          uuid PRIMARY KEY,
    parent_id   uuid REFERENCES categories CHECK (parent_id <> id),
    name        text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    slug        text NOT NULL UNIQUE CHECK (char_length(slug) BETWEEN 1 AND 255),
    description text CHECK (char_length(description) <= 2000),
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    version     integer NOT NULL DEFAULT 1 CHECK (version > 0)
);
CREATE INDEX categories_parent_id ON categories (parent_id);

CREATE TABLE post_categories (
    post_id     uuid NOT NULL REFERENCES posts ON DELETE CASCADE,
    category_id uuid NOT NULL REFERENCES categories ON DELETE CASCADE,
    position    smallint NOT NULL CHECK (position >= 0),
    PRIMARY KEY (post_id, category_id)
);
CREATE INDEX post_categories_category_id ON post_categories (category_id, post_id);

CREATE TABLE comments (
    id           uuid PRIMARY KEY,
    post_id      uuid NOT NULL REFERENCES posts ON DELETE CASCADE,
    parent_id    uuid CHECK (parent_id <> id),
    author_id    uuid REFERENCES users, -- null: a guest
    author_name  text NOT NULL CHECK (char_length(author_name) BETWEEN 1 AND 245),
    author_email text CHECK (char_length(author_email) <= 320),
    author_url   text CHECK (char_length(author_url) <= 2048),
    content      text NOT NULL CHECK (char_length(content) BETWEEN 1 AND 65535),
    status       text NOT NULL CHECK (status IN ('pending', 'approved', 'rejected', 'spam')),
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    deleted_at   timestamptz,
    version      integer NOT NULL DEFAULT 1 CHECK (version > 0),
    UNIQUE (id, post_id),
    -- An answer belongs to the post of what it answers.
    FOREIGN KEY (parent_id, post_id) REFERENCES comments (id, post_id)
);
CREATE INDEX comments_post_id ON comments (post_id, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX comments_parent_id ON comments (parent_id);

-- The answer to a POST that carried an Idempotency-Key, for 24 hours.
CREATE TABLE idempotency_keys (
    principal    text NOT NULL,  -- user:<id>, or address:<address> when nobody is signed in
    key          text NOT NULL CHECK (char_length(key) BETWEEN 1 AND 255),
    request_hash bytea NOT NULL CHECK (octet_length(request_hash) = 32),
    created_at   timestamptz NOT NULL,
    status       smallint,       -- null while the first request is still running
    headers      jsonb,
    body         bytea,
    PRIMARY KEY (principal, key)
);
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);

-- Where imported content came from, so that importing again finds it.
CREATE TABLE import_origins (
    source      text NOT NULL CHECK (char_length(source) BETWEEN 1 AND 100),
    kind        text NOT NULL CHECK (kind IN ('post', 'comment')),
    address     text NOT NULL CHECK (char_length(address) BETWEEN 1 AND 2048),
    target_id   uuid NOT NULL,
    digest      bytea NOT NULL CHECK (octet_length(digest) = 32), -- of the item as it was read
    imported_at timestamptz NOT NULL,
    PRIMARY KEY (source, kind, address)
);

-- Every routing that was in force, in order; the newest is the current epoch.
CREATE TABLE routing_epochs (
    epoch      bigint PRIMARY KEY CHECK (epoch > 0),
    share      integer NOT NULL CHECK (share BETWEEN 0 AND 10000), -- basis points
    origin     text NOT NULL,
    started_at timestamptz NOT NULL
);

-- usage_count counts live published posts. The triggers work on whole statements. They lock the
-- posts first, so that tagging and publishing one post at the same time count it once, then the
-- tags in the order of their ids, so that two writers with the same tags cannot deadlock.

CREATE FUNCTION count_tag_usage(tag_ids uuid[], changes integer[]) RETURNS void
LANGUAGE sql AS $$
    WITH change AS (
        SELECT tag_id, sum(by) AS by FROM unnest(tag_ids, changes) AS c (tag_id, by)
         GROUP BY tag_id HAVING sum(by) <> 0
    ), locked AS (
        SELECT id FROM tags WHERE id IN (SELECT tag_id FROM change) ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE tags SET usage_count = usage_count + change.by
      FROM change JOIN locked ON locked.id = change.tag_id
     WHERE tags.id = change.tag_id
$$;

CREATE FUNCTION post_tags_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM posts WHERE id IN (SELECT post_id FROM new_rows) ORDER BY id FOR NO KEY UPDATE;
    PERFORM count_tag_usage(array_agg(n.tag_id), array_agg(1))
       FROM new_rows n JOIN posts p ON p.id = n.post_id
      WHERE p.status = 'published' AND p.deleted_at IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER post_tags_added AFTER INSERT ON post_tags
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION post_tags_added();

CREATE FUNCTION post_tags_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM posts WHERE id IN (SELECT post_id FROM old_rows) ORDER BY id FOR NO KEY UPDATE;
    PERFORM count_tag_usage(array_agg(o.tag_id), array_agg(-1))
       FROM old_rows o JOIN posts p ON p.id = o.post_id
      WHERE p.status = 'published' AND p.deleted_at IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER post_tags_removed AFTER DELETE ON post_tags
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION post_tags_removed();

CREATE FUNCTION posts_shown_or_hidden() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM count_tag_usage(array_agg(pt.tag_id), array_agg(CASE WHEN n.shown THEN 1 ELSE -1 END))
       FROM (SELECT id, status = 'published' AND deleted_at IS NULL AS shown FROM new_rows) n
       JOIN (SELECT id, status = 'published' AND deleted_at IS NULL AS shown FROM old_rows) o USING (id)
       JOIN post_tags pt ON pt.post_id = n.id
      WHERE n.shown <> o.shown;
    RETURN NULL;
END $$;
CREATE TRIGGER posts_shown_or_hidden AFTER UPDATE ON posts
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION posts_shown_or_hidden();
