-- Tells caches what has changed: with the commit, and only then. Answers that are kept name what
-- they show by tags, and the same tags are told here:
--     post:<id> tag:<id> category:<id> user:<id>   the record, as others show it
--     tag-usage:<id>                               how many posts carry the tag
--     comments:<post id>                           the comments of a post that everybody sees
--     list:posts list:tags list:categories         any list of them, whatever its filters; that of
--                                                  posts also when a name they are shown with changes
--     *                                            everything: too much to tell one by one
-- What nobody but its author could see is not told. Nothing is compared that could be long: a post
-- that was written and stayed the same is told as well.
--
-- The triggers of one table run in the order of their names: these come after those that lock.

CREATE FUNCTION tell_changed(told text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF cardinality(told) > 500 THEN
        PERFORM pg_notify('serinus_changed', '*');
    ELSE
        -- A payload holds less than 8,000 bytes; no tag is longer than 46.
        PERFORM pg_notify('serinus_changed', string_agg(tag, ' '))
           FROM unnest(told) WITH ORDINALITY AS each (tag, place) GROUP BY (place - 1) / 150;
    END IF;
END $$;

CREATE FUNCTION tagged(kind text, ids uuid[]) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT ARRAY(SELECT kind || id FROM unnest(ids) AS id)
$$;

CREATE FUNCTION everything_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('serinus_changed', '*');
    RETURN NULL;
END $$;

CREATE FUNCTION posts_told() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    seen uuid[]; -- by everybody, before or after
    turned uuid[] := '{}'; -- only before, or only after
BEGIN
    CASE TG_OP
    WHEN 'INSERT' THEN
        -- That there was no such post is kept by nobody.
        IF EXISTS (SELECT FROM new_rows WHERE status = 'published' AND deleted_at IS NULL) THEN
            PERFORM tell_changed('{list:posts}');
        END IF;
        RETURN NULL;
    WHEN 'DELETE' THEN
        seen := ARRAY(SELECT id FROM old_rows
                       WHERE status = 'published' AND deleted_at IS NULL LIMIT 501);
        turned := seen;
    ELSE
        -- Sets, not joins: a plan that was made for one row is used for a million as well.
        seen := ARRAY(SELECT id FROM old_rows WHERE status = 'published' AND deleted_at IS NULL
                       UNION
                      SELECT id FROM new_rows WHERE status = 'published' AND deleted_at IS NULL
                       LIMIT 501);
        IF seen <> '{}' AND cardinality(seen) <= 500 THEN
            turned := ARRAY(SELECT id FROM old_rows WHERE id = ANY (seen)
                               AND (status <> 'published' OR deleted_at IS NOT NULL)
                             UNION
                            SELECT id FROM new_rows WHERE id = ANY (seen)
                               AND (status <> 'published' OR deleted_at IS NOT NULL));
        END IF;
    END CASE;
    IF seen <> '{}' THEN
        PERFORM tell_changed(
            '{list:posts}' || tagged('post:', seen) || tagged('comments:', turned));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER posts_told_added AFTER INSERT ON posts
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION posts_told();
CREATE TRIGGER posts_told_changed AFTER UPDATE ON posts
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION posts_told();
CREATE TRIGGER posts_told_removed AFTER DELETE ON posts
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION posts_told();
CREATE TRIGGER posts_told_emptied AFTER TRUNCATE ON posts
    FOR EACH STATEMENT EXECUTE FUNCTION everything_told();

-- Former slugs and addresses lead to a post as long as they are there.
CREATE FUNCTION slugs_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell_changed(tagged('post:', ARRAY(SELECT DISTINCT post_id FROM old_rows LIMIT 501)));
    RETURN NULL;
END $$;
CREATE TRIGGER slugs_told_changed AFTER UPDATE ON slugs
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION slugs_told();
CREATE TRIGGER slugs_told_removed AFTER DELETE ON slugs
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION slugs_told();

-- For post_tags and post_categories, whose columns are alike.
CREATE FUNCTION terms_of_posts_told() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched uuid[];
    seen uuid[];
BEGIN
    CASE TG_OP
    WHEN 'INSERT' THEN
        touched := ARRAY(SELECT DISTINCT post_id FROM new_rows LIMIT 501);
    WHEN 'DELETE' THEN
        touched := ARRAY(SELECT DISTINCT post_id FROM old_rows LIMIT 501);
    ELSE
        -- When the post was published is told with the post.
        touched := ARRAY(
            SELECT post_id FROM (
                (SELECT post_id, term_id, place FROM old_rows AS o (post_id, term_id, place)
                 EXCEPT
                 SELECT post_id, term_id, place FROM new_rows AS n (post_id, term_id, place))
                UNION ALL
                (SELECT post_id, term_id, place FROM new_rows AS n (post_id, term_id, place)
                 EXCEPT
                 SELECT post_id, term_id, place FROM old_rows AS o (post_id, term_id, place))
            ) differing LIMIT 501);
    END CASE;
    IF touched = '{}' THEN
        RETURN NULL;
    ELSIF cardinality(touched) > 500 THEN
        PERFORM tell_changed(tagged('post:', touched));
        RETURN NULL;
    END IF;
    -- Who publishes the post at the same time comes before, and is seen here, or after.
    PERFORM FROM posts WHERE id = ANY (touched) ORDER BY id FOR NO KEY UPDATE;
    seen := ARRAY(SELECT id FROM posts WHERE id = ANY (touched)
                     AND status = 'published' AND deleted_at IS NULL);
    IF seen <> '{}' THEN
        PERFORM tell_changed('{list:posts}' || tagged('post:', seen));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER post_tags_told_added AFTER INSERT ON post_tags
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION terms_of_posts_told();
CREATE TRIGGER post_tags_told_changed AFTER UPDATE ON post_tags
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION terms_of_posts_told();
CREATE TRIGGER post_tags_told_removed AFTER DELETE ON post_tags
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION terms_of_posts_told();
CREATE TRIGGER post_tags_told_emptied AFTER TRUNCATE ON post_tags
    FOR EACH STATEMENT EXECUTE FUNCTION everything_told();
CREATE TRIGGER post_categories_told_added AFTER INSERT ON post_categories
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION terms_of_posts_told();
CREATE TRIGGER post_categories_told_changed AFTER UPDATE ON post_categories
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION terms_of_posts_told();
CREATE TRIGGER post_categories_told_removed AFTER DELETE ON post_categories
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION terms_of_posts_told();
CREATE TRIGGER post_categories_told_emptied AFTER TRUNCATE ON post_categories
    FOR EACH STATEMENT EXECUTE FUNCTION everything_told();

CREATE FUNCTION tags_told() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed uuid[];
    counted uuid[];
BEGIN
    CASE TG_OP
    WHEN 'INSERT' THEN
        PERFORM tell_changed('{list:tags}');
    WHEN 'DELETE' THEN
        changed := ARRAY(SELECT id FROM old_rows LIMIT 501);
        IF changed <> '{}' THEN
            PERFORM tell_changed('{list:tags}' || tagged('tag:', changed));
        END IF;
    ELSE
        changed := ARRAY(
            SELECT id FROM (SELECT id, name, name_key, slug, created_at, updated_at, version
                              FROM new_rows
                            EXCEPT
                            SELECT id, name, name_key, slug, created_at, updated_at, version
                              FROM old_rows) changed LIMIT 501);
        counted := ARRAY(SELECT id FROM (SELECT id, usage_count FROM new_rows
                                         EXCEPT
                                         SELECT id, usage_count FROM old_rows) counted LIMIT 501);
        IF changed <> '{}' THEN
            PERFORM tell_changed('{list:posts,list:tags}' || tagged('tag:', changed));
        END IF;
        IF counted <> '{}' THEN
            PERFORM tell_changed('{list:tags}' || tagged('tag-usage:', counted));
        END IF;
    END CASE;
    RETURN NULL;
END $$;
CREATE TRIGGER tags_told_added AFTER INSERT ON tags
    FOR EACH STATEMENT EXECUTE FUNCTION tags_told();
CREATE TRIGGER tags_told_changed AFTER UPDATE ON tags
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION tags_told();
CREATE TRIGGER tags_told_removed AFTER DELETE ON tags
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION tags_told();
CREATE TRIGGER tags_told_emptied AFTER TRUNCATE ON tags
    FOR EACH STATEMENT EXECUTE FUNCTION everything_told();

CREATE FUNCTION categories_told() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed uuid[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM tell_changed('{list:categories}');
        RETURN NULL;
    END IF;
    changed := ARRAY(SELECT id FROM old_rows LIMIT 501);
    IF changed <> '{}' THEN
        PERFORM tell_changed('{list:categories,list:posts}' || tagged('category:', changed));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER categories_told_added AFTER INSERT ON categories
    FOR EACH STATEMENT EXECUTE FUNCTION categories_told();
CREATE TRIGGER categories_told_changed AFTER UPDATE ON categories
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION categories_told();
CREATE TRIGGER categories_told_removed AFTER DELETE ON categories
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION categories_told();
CREATE TRIGGER categories_told_emptied AFTER TRUNCATE ON categories
    FOR EACH STATEMENT EXECUTE FUNCTION everything_told();

-- Of users, everybody sees the names. Most updates are sign-ins.
CREATE FUNCTION users_told() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    renamed uuid[] := ARRAY(
        SELECT id FROM (SELECT id, username, first_name, last_name FROM old_rows
                        EXCEPT
                        SELECT id, username, first_name, last_name FROM new_rows) renamed
         LIMIT 501);
BEGIN
    IF renamed <> '{}' THEN
        PERFORM tell_changed('{list:posts}' || tagged('user:', renamed));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER users_told_changed AFTER UPDATE ON users
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION users_told();
CREATE TRIGGER users_told_emptied AFTER TRUNCATE ON users
    FOR EACH STATEMENT EXECUTE FUNCTION everything_told();

CREATE FUNCTION comments_told() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    discussed uuid[];
BEGIN
    CASE TG_OP
    WHEN 'INSERT' THEN
        discussed := ARRAY(SELECT DISTINCT post_id FROM new_rows
                            WHERE status = 'approved' AND deleted_at IS NULL LIMIT 501);
    WHEN 'DELETE' THEN
        discussed := ARRAY(SELECT DISTINCT post_id FROM old_rows
                            WHERE status = 'approved' AND deleted_at IS NULL LIMIT 501);
    ELSE
        discussed := ARRAY(SELECT post_id FROM old_rows
                            WHERE status = 'approved' AND deleted_at IS NULL
                            UNION
                           SELECT post_id FROM new_rows
                            WHERE status = 'approved' AND deleted_at IS NULL LIMIT 501);
    END CASE;
    PERFORM tell_changed(tagged('comments:', discussed));
    RETURN NULL;
END $$;
CREATE TRIGGER comments_told_added AFTER INSERT ON comments
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION comments_told();
CREATE TRIGGER comments_told_changed AFTER UPDATE ON comments
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION comments_told();
CREATE TRIGGER comments_told_removed AFTER DELETE ON comments
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION comments_told();
CREATE TRIGGER comments_told_emptied AFTER TRUNCATE ON comments
    FOR EACH STATEMENT EXECUTE FUNCTION everything_told();
