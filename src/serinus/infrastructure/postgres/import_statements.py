"""The statements of an import. Each takes arrays, one for every column."""

from serinus.infrastructure.postgres.terms import free_slug

LOCK_POSTS = """
SELECT FROM posts
 WHERE id IN (SELECT target_id FROM import_origins
               WHERE source = $1 AND kind = 'post' AND address = ANY ($2::text[]))
 ORDER BY id FOR NO KEY UPDATE
"""


def _known(kind: str, table: str) -> str:
    return f"""
SELECT o.address, o.target_id, o.digest,
       CASE WHEN t.id IS NULL THEN 'missing'
            WHEN t.deleted_at IS NOT NULL THEN 'deleted'
            WHEN t.updated_at > o.imported_at THEN 'edited'
            ELSE 'as imported' END AS state
  FROM import_origins o LEFT JOIN {table} t ON t.id = o.target_id
 WHERE o.source = $1 AND o.kind = '{kind}' AND o.address = ANY ($2::text[])
"""  # noqa: S608 - kind and table are constants of this module


KNOWN_POSTS = _known("post", "posts")
KNOWN_COMMENTS = _known("comment", "comments")

REMEMBER = """
INSERT INTO import_origins (source, kind, address, target_id, digest, imported_at)
SELECT $1, $2, o.address, o.target_id, o.digest, $6
  FROM unnest($3::text[], $4::uuid[], $5::bytea[]) AS o (address, target_id, digest)
ON CONFLICT (source, kind, address) DO UPDATE
   SET target_id = excluded.target_id, digest = excluded.digest,
       imported_at = excluded.imported_at
"""

# Nobody can sign in to these: they have no password.
ADD_AUTHORS = """
INSERT INTO users (id, username, username_key, email, first_name, last_name, role,
                   created_at, updated_at)
SELECT w.id, w.username, w.key, w.email, w.first_name, w.last_name, 'author', $7, $7
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
       AS w (id, username, key, email, first_name, last_name)
 WHERE NOT EXISTS (SELECT FROM users u WHERE u.username_key = w.key)
 ORDER BY w.key
ON CONFLICT (username_key) DO NOTHING
"""

AUTHORS = "SELECT id, username_key FROM users WHERE username_key = ANY ($1::text[])"

ADD_TAGS = f"""
INSERT INTO tags (id, name, name_key, slug, created_at, updated_at)
SELECT w.id, w.name, w.key, {free_slug("tags", "w.slug", "w.rank")}, $5, $5
  FROM (SELECT *, row_number() OVER (PARTITION BY slug ORDER BY key) AS rank
          FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS n (id, name, key, slug)
         WHERE NOT EXISTS (SELECT FROM tags WHERE name_key = key)) w
 ORDER BY w.slug, w.key
ON CONFLICT DO NOTHING
"""  # noqa: S608 - put together from constants

TAGS = "SELECT id, name_key FROM tags WHERE name_key = ANY ($1::text[])"

# A parent is among the new ones or there already.
ADD_CATEGORIES = """
WITH wanted AS (
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[])
                  AS n (id, slug, parent, name, description)
     WHERE NOT EXISTS (SELECT FROM categories c WHERE c.slug = n.slug)
)
INSERT INTO categories (id, parent_id, slug, name, description, created_at, updated_at)
SELECT w.id,
       COALESCE((SELECT p.id FROM categories p WHERE p.slug = w.parent),
                (SELECT p.id FROM wanted p WHERE p.slug = w.parent)),
       w.slug, w.name, w.description, $6, $6
  FROM wanted w
 ORDER BY w.slug
ON CONFLICT DO NOTHING
"""

CATEGORIES = "SELECT id, slug FROM categories WHERE slug = ANY ($1::text[])"

# The foreign key to posts is checked later: slugs come before what they lead to.
CLAIM_SLUGS = f"""
INSERT INTO slugs (slug, post_id, created_at)
SELECT {free_slug("slugs", "w.base", "w.rank")}, w.post_id, $3
  FROM (SELECT post_id, base, position,
               row_number() OVER (PARTITION BY base ORDER BY position) AS rank
          FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS n (post_id, base, position)) w
 ORDER BY w.base, w.rank
ON CONFLICT DO NOTHING
RETURNING slug, post_id
"""  # noqa: S608 - put together from constants

CLAIM_ADDRESSES = """
INSERT INTO slugs (slug, post_id, created_at)
SELECT w.address, w.post_id, $3
  FROM unnest($1::text[], $2::uuid[]) AS w (address, post_id)
 ORDER BY w.address
ON CONFLICT DO NOTHING
RETURNING slug
"""

SLUG_OWNERS = "SELECT slug, post_id FROM slugs WHERE slug = ANY ($1::text[])"

POST_COLUMNS = """
    id, type, author_id, title, content, content_format, excerpt, status, locale,
    featured_image, meta_title, meta_description, created_at, updated_at, published_at,
    scheduled_at
"""
_POSTS = """
    unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[],
           $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::timestamptz[],
           $14::timestamptz[], $15::timestamptz[], $16::timestamptz[]"""

ADD_POSTS = f"""
INSERT INTO posts ({POST_COLUMNS}, slug)
SELECT w.id, w.type, w.author_id, w.title, w.content, w.content_format, w.excerpt, w.status,
       w.locale, w.featured_image, w.meta_title, w.meta_description,
       COALESCE(w.created_at, $18), w.updated_at,
       CASE WHEN w.status = 'published' THEN COALESCE(w.published_at, $18)
            ELSE w.published_at END,
       w.scheduled_at, w.slug
  FROM {_POSTS}, $17::text[]) AS w ({POST_COLUMNS}, slug)
"""  # noqa: S608 - put together from constants

REPLACE_POSTS = f"""
UPDATE posts p
   SET type = w.type, author_id = w.author_id, title = w.title, content = w.content,
       content_format = w.content_format, excerpt = w.excerpt, status = w.status,
       locale = w.locale, featured_image = w.featured_image, meta_title = w.meta_title,
       meta_description = w.meta_description,
       created_at = COALESCE(w.created_at, p.created_at), updated_at = $17,
       published_at = CASE WHEN w.status = 'published'
                           THEN COALESCE(w.published_at, p.published_at, $17)
                           ELSE w.published_at END,
       scheduled_at = w.scheduled_at, deleted_at = NULL, version = p.version + 1
  FROM {_POSTS}) AS w ({POST_COLUMNS})
 WHERE p.id = w.id
"""  # noqa: S608 - put together from constants


def _unlink(table: str, term: str) -> str:
    return f"""
DELETE FROM {table} t
 WHERE post_id = ANY ($3::uuid[])
   AND NOT EXISTS (SELECT FROM unnest($1::uuid[], $2::uuid[]) AS w (post_id, term_id)
                    WHERE w.post_id = t.post_id AND w.term_id = t.{term})
"""  # noqa: S608 - table and column are constants of this module


def _link(table: str, term: str) -> str:
    return f"""
INSERT INTO {table} (post_id, {term}, position)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::smallint[])
ON CONFLICT (post_id, {term}) DO UPDATE SET position = excluded.position
"""  # noqa: S608 - table and column are constants of this module


UNTAG = _unlink("post_tags", "tag_id")
TAG = _link("post_tags", "tag_id")
UNCATEGORISE = _unlink("post_categories", "category_id")
CATEGORISE = _link("post_categories", "category_id")

COMMENT_COLUMNS = """
    id, post_id, parent_id, author_id, author_name, author_email, author_url, content, status,
    created_at
"""
_COMMENTS = f"""
    unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[],
           $8::text[], $9::text[], $10::timestamptz[]) AS w ({COMMENT_COLUMNS})"""

# Imported is not edited: the time of the import stands only for what has no time of its own.
ADD_COMMENTS = f"""
INSERT INTO comments ({COMMENT_COLUMNS}, updated_at)
SELECT w.*, LEAST(w.created_at, $11) FROM {_COMMENTS}
"""  # noqa: S608 - put together from constants

REPLACE_COMMENTS = f"""
UPDATE comments c
   SET parent_id = w.parent_id, author_id = w.author_id, author_name = w.author_name,
       author_email = w.author_email, author_url = w.author_url, content = w.content,
       status = w.status, created_at = w.created_at, updated_at = $11, deleted_at = NULL,
       version = c.version + 1
  FROM {_COMMENTS}
 WHERE c.id = w.id
"""  # noqa: S608 - put together from constants
