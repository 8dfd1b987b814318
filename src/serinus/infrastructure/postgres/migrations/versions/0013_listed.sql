-- Part of the first release: there is no installation yet whose writes this could hold up.
-- squawk-ignore-file require-concurrent-index-creation

-- What the lists beside posts can be asked for. Names in the order of their characters, so that
-- those with the same beginning are neighbours in every locale.
CREATE INDEX tags_named ON tags (name_key COLLATE "C", id);
CREATE INDEX categories_named ON categories (name COLLATE "C", id);

-- What is directly below a category, or at the top: as a value, since IS NULL gives no order.
-- NULLS FIRST, though nothing is null: so no index of all categories is in this order, and none is
-- walked from end to end because the planner believes that much of it lies below the same one.
CREATE INDEX categories_below_tree
    ON categories (coalesce(parent_id, '00000000-0000-0000-0000-000000000000'),
        lineage NULLS FIRST, id);
CREATE INDEX categories_below_named
    ON categories (coalesce(parent_id, '00000000-0000-0000-0000-000000000000'),
        name COLLATE "C" NULLS FIRST, id);
CREATE INDEX categories_below_created
    ON categories (coalesce(parent_id, '00000000-0000-0000-0000-000000000000'),
        created_at NULLS FIRST, id);

-- What somebody wrote under a post and waits, among all that waits there.
CREATE INDEX comments_own ON comments (post_id, author_id, created_at, id)
    WHERE status = 'pending' AND deleted_at IS NULL;

-- SQL typed by hand.
CREATE INDEX audit_log_untold ON audit_log (at, id) WHERE via IS NULL;

-- An author's own deleted posts, in every order there is.
CREATE INDEX posts_deleted_author_dated ON posts (author_id, dated, id)
    WHERE deleted_at IS NOT NULL;
CREATE INDEX posts_deleted_author_created ON posts (author_id, created_at, id)
    WHERE deleted_at IS NOT NULL;
CREATE INDEX posts_deleted_author_title ON posts (author_id, title, id)
    WHERE deleted_at IS NOT NULL;
