-- Part of the first release: there is no installation yet whose writes this could hold up.
-- squawk-ignore-file require-concurrent-index-creation, constraint-missing-not-valid, adding-field-with-default

-- Trees are read in pages: each row knows the ids on the way from the root to itself, so that
-- one index holds the tree depth first, whoever wrote it and however it was moved since.
-- An emptied lineage asks for the row to be placed anew.
--
-- Plans of triggers are made once for a session, perhaps while the tables are empty. Of a plan that
-- looks up each row the cost never grows with the tables: hence the settings of the functions.

ALTER TABLE categories ADD COLUMN lineage uuid[] NOT NULL DEFAULT '{}';

-- Nobody changes these rows: nothing is told of what only their places need.
ALTER TABLE categories DISABLE TRIGGER USER;
WITH RECURSIVE placed (id, lineage) AS (
    SELECT id, ARRAY[id] FROM categories WHERE parent_id IS NULL
     UNION ALL
    SELECT c.id, p.lineage || c.id FROM placed p JOIN categories c ON c.parent_id = p.id
)
UPDATE categories c SET lineage = placed.lineage FROM placed WHERE placed.id = c.id;
ALTER TABLE categories ENABLE TRIGGER USER;

ALTER TABLE categories
    ADD CONSTRAINT categories_depth CHECK (cardinality(lineage) <= 100); -- what an index can hold
CREATE INDEX categories_lineage ON categories (lineage, id);
CREATE INDEX categories_name ON categories (name, id);
CREATE INDEX categories_created ON categories (created_at, id);

-- One writer at a time gives categories their parents: two moves that make no circle by
-- themselves can make one together. Top-level ones, as posts make them, do not wait.
CREATE FUNCTION categories_one_gardener() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('serinus.categories', 0));
    RETURN NULL;
END $$;
-- Before any row is locked, so that whoever waits here holds nothing that others wait for.
CREATE TRIGGER categories_one_gardener BEFORE UPDATE OF parent_id ON categories
    FOR EACH STATEMENT EXECUTE FUNCTION categories_one_gardener();

CREATE FUNCTION categories_placed() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off AS $$
DECLARE
    above uuid[] := '{}';
BEGIN
    IF NEW.parent_id IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(hashtextextended('serinus.categories', 0));
        -- None yet where a parent comes later in the same statement: see `categories_completed`.
        SELECT lineage INTO above FROM categories WHERE id = NEW.parent_id;
    END IF;
    NEW.lineage := coalesce(above, '{}') || NEW.id;
    RETURN NEW;
END $$;
CREATE TRIGGER categories_placed_new BEFORE INSERT ON categories
    FOR EACH ROW EXECUTE FUNCTION categories_placed();
CREATE TRIGGER categories_placed BEFORE UPDATE OF parent_id, lineage ON categories
    FOR EACH ROW WHEN (OLD.parent_id IS DISTINCT FROM NEW.parent_id OR NEW.lineage = '{}')
    EXECUTE FUNCTION categories_placed();

-- Only now, with all rows of the statement in their new places, is it known whether there is a
-- circle. Each child asks its own in turn; not by NEW, which may be outdated: of many that are
-- moved at once, one may have taken this one along already.
CREATE FUNCTION categories_followed() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    IF EXISTS (
        WITH RECURSIVE above (parent_id) AS (
            SELECT parent_id FROM categories WHERE id = NEW.id
             UNION
            SELECT p.parent_id FROM above JOIN categories p ON p.id = above.parent_id
        )
        SELECT FROM above WHERE parent_id = NEW.id
    ) THEN
        RAISE EXCEPTION 'category % would be below itself', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'categories_no_cycle', TABLE = 'categories';
    END IF;
    UPDATE categories c SET lineage = p.lineage || c.id
      FROM categories p
     WHERE p.id = NEW.id AND c.parent_id = p.id AND c.lineage <> p.lineage || c.id;
    RETURN NULL;
END $$;
CREATE TRIGGER categories_followed AFTER UPDATE OF parent_id, lineage ON categories
    FOR EACH ROW WHEN (OLD.lineage IS DISTINCT FROM NEW.lineage)
    EXECUTE FUNCTION categories_followed();

-- What came before its parent stands below it now: from the top, so that all below follows once.
CREATE FUNCTION categories_completed() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    early CONSTANT uuid[] := ARRAY(
        SELECT id FROM new_rows WHERE parent_id IS NOT NULL AND cardinality(lineage) = 1);
BEGIN
    WHILE early <> '{}' LOOP
        UPDATE categories c SET lineage = '{}'
          FROM categories p
         WHERE c.id = ANY (early) AND cardinality(c.lineage) = 1
           AND p.id = c.parent_id AND (p.parent_id IS NULL OR cardinality(p.lineage) > 1);
        EXIT WHEN NOT FOUND;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER categories_completed AFTER INSERT ON categories
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION categories_completed();

-- Threads: comments in the order in which they are read, each answer below what it answers.
ALTER TABLE comments ADD COLUMN lineage uuid[] NOT NULL DEFAULT '{}';
-- Approved ones below it, however deep. What is not shown itself keeps its place as long as it has
-- some: without it they would answer nothing.
ALTER TABLE comments ADD COLUMN answers integer NOT NULL DEFAULT 0;

ALTER TABLE comments DISABLE TRIGGER USER;
WITH RECURSIVE placed (id, lineage) AS (
    SELECT id, ARRAY[id] FROM comments WHERE parent_id IS NULL
     UNION ALL
    SELECT c.id, p.lineage[:99] || c.id FROM placed p JOIN comments c ON c.parent_id = p.id
)
UPDATE comments c SET lineage = placed.lineage FROM placed WHERE placed.id = c.id;
WITH counted AS (
    SELECT above.id, count(*) AS answers
      FROM comments c, unnest(c.lineage[:cardinality(c.lineage) - 1]) AS above (id)
     WHERE c.status = 'approved' AND c.deleted_at IS NULL
     GROUP BY above.id
)
UPDATE comments c SET answers = counted.answers FROM counted WHERE counted.id = c.id;
ALTER TABLE comments ENABLE TRIGGER USER;

ALTER TABLE comments ADD COLUMN shown boolean NOT NULL
    GENERATED ALWAYS AS ((status = 'approved' AND deleted_at IS NULL) OR answers > 0) STORED;

CREATE INDEX comments_thread ON comments (post_id, shown, lineage, id)
    WHERE deleted_at IS NULL OR answers > 0;
-- What is directly below a comment, or below the post.
CREATE INDEX comments_below ON comments (coalesce(parent_id, post_id), shown, lineage, id)
    WHERE deleted_at IS NULL OR answers > 0;
-- By date: approved ones of a post, and what waits for moderators.
CREATE INDEX comments_post_status ON comments (post_id, status, created_at, id)
    WHERE deleted_at IS NULL;
CREATE INDEX comments_status ON comments (status, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX comments_author ON comments (author_id, status, created_at, id)
    WHERE deleted_at IS NULL;

-- Answers are written side by side; only what moves a comment, as an import may, is alone.
CREATE FUNCTION comments_placed() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off AS $$
DECLARE
    lock CONSTANT bigint := hashtextextended('serinus.comments', 0);
    above uuid[] := '{}';
BEGIN
    IF TG_OP = 'UPDATE' THEN
        PERFORM pg_advisory_xact_lock(lock);
    ELSIF NEW.parent_id IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock_shared(lock);
    END IF;
    IF NEW.parent_id IS NOT NULL THEN
        -- None yet where a parent comes later in the same statement: see `comments_completed`.
        SELECT lineage INTO above FROM comments WHERE id = NEW.parent_id;
    END IF;
    -- What an index can hold: those deeper still, as only an import brings, stand side by side.
    NEW.lineage := coalesce(above[:99], '{}') || NEW.id;
    RETURN NEW;
END $$;
CREATE TRIGGER comments_placed_new BEFORE INSERT ON comments
    FOR EACH ROW EXECUTE FUNCTION comments_placed();
CREATE TRIGGER comments_placed BEFORE UPDATE OF parent_id, lineage ON comments
    FOR EACH ROW WHEN (OLD.parent_id IS DISTINCT FROM NEW.parent_id OR NEW.lineage = '{}')
    EXECUTE FUNCTION comments_placed();

-- As with categories.
CREATE FUNCTION comments_followed() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    IF EXISTS (
        WITH RECURSIVE above (parent_id) AS (
            SELECT parent_id FROM comments WHERE id = NEW.id
             UNION
            SELECT p.parent_id FROM above JOIN comments p ON p.id = above.parent_id
        )
        SELECT FROM above WHERE parent_id = NEW.id
    ) THEN
        RAISE EXCEPTION 'comment % would be below itself', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'comments_no_cycle', TABLE = 'comments';
    END IF;
    UPDATE comments c SET lineage = p.lineage[:99] || c.id
      FROM comments p
     WHERE p.id = NEW.id AND c.parent_id = p.id AND c.lineage <> p.lineage[:99] || c.id;
    RETURN NULL;
END $$;
CREATE TRIGGER comments_followed AFTER UPDATE OF parent_id, lineage ON comments
    FOR EACH ROW WHEN (OLD.lineage IS DISTINCT FROM NEW.lineage)
    EXECUTE FUNCTION comments_followed();

CREATE FUNCTION comments_completed() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    early CONSTANT uuid[] := ARRAY(
        SELECT id FROM new_rows WHERE parent_id IS NOT NULL AND cardinality(lineage) = 1);
BEGIN
    WHILE early <> '{}' LOOP
        UPDATE comments c SET lineage = '{}'
          FROM comments p
         WHERE c.id = ANY (early) AND cardinality(c.lineage) = 1
           AND p.id = c.parent_id AND (p.parent_id IS NULL OR cardinality(p.lineage) > 1);
        EXIT WHEN NOT FOUND;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER comments_completed AFTER INSERT ON comments
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION comments_completed();

-- Whatever happened to an approved comment counts for all that it is below; what happened to none
-- of them cancels out. Locked from below: a writer holds a comment and wants those above it.
CREATE FUNCTION count_answers(above uuid[], changes bigint[]) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    IF cardinality(above) > 0 THEN
        PERFORM FROM comments WHERE id = ANY (above)
          ORDER BY cardinality(lineage) DESC, id FOR NO KEY UPDATE;
        UPDATE comments c SET answers = c.answers + change.by
          FROM unnest(above, changes) AS change (id, by) WHERE c.id = change.id;
    END IF;
END $$;

CREATE FUNCTION comments_counted_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM count_answers(array_agg(id), array_agg(by))
       FROM (SELECT above.id, count(*) AS by
               FROM new_rows n, unnest(n.lineage[:cardinality(n.lineage) - 1]) AS above (id)
              WHERE n.status = 'approved' AND n.deleted_at IS NULL
              GROUP BY above.id) change;
    RETURN NULL;
END $$;
CREATE TRIGGER comments_counted_new AFTER INSERT ON comments
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION comments_counted_new();

CREATE FUNCTION comments_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM count_answers(array_agg(id), array_agg(by))
       FROM (SELECT above.id, sum(c.by) AS by
               FROM (SELECT lineage, 1 AS by FROM new_rows
                      WHERE status = 'approved' AND deleted_at IS NULL
                      UNION ALL
                     SELECT lineage, -1 FROM old_rows
                      WHERE status = 'approved' AND deleted_at IS NULL) c,
                    unnest(c.lineage[:cardinality(c.lineage) - 1]) AS above (id)
              GROUP BY above.id HAVING sum(c.by) <> 0) change;
    RETURN NULL;
END $$;
CREATE TRIGGER comments_counted AFTER UPDATE ON comments
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION comments_counted();

CREATE FUNCTION comments_counted_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM count_answers(array_agg(id), array_agg(by))
       FROM (SELECT above.id, -count(*) AS by
               FROM old_rows o, unnest(o.lineage[:cardinality(o.lineage) - 1]) AS above (id)
              WHERE o.status = 'approved' AND o.deleted_at IS NULL
              GROUP BY above.id) change;
    RETURN NULL;
END $$;
CREATE TRIGGER comments_counted_gone AFTER DELETE ON comments
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION comments_counted_gone();

-- Caches are told of all that everybody sees, those that only keep their place among them.
CREATE OR REPLACE FUNCTION comments_told() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    discussed uuid[];
BEGIN
    CASE TG_OP
    WHEN 'INSERT' THEN
        discussed := ARRAY(SELECT DISTINCT post_id FROM new_rows WHERE shown LIMIT 501);
    WHEN 'DELETE' THEN
        discussed := ARRAY(SELECT DISTINCT post_id FROM old_rows WHERE shown LIMIT 501);
    ELSE
        discussed := ARRAY(SELECT post_id FROM old_rows WHERE shown
                            UNION
                           SELECT post_id FROM new_rows WHERE shown LIMIT 501);
    END CASE;
    PERFORM tell_changed(tagged('comments:', discussed));
    RETURN NULL;
END $$;
