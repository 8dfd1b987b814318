-- Part of the first release: there is no installation yet whose writes this could hold up.
-- squawk-ignore-file require-concurrent-index-creation

-- Trees are read in pages: each row knows the ids on the way from the root to itself, so that
-- one index holds the tree depth first, whoever wrote it and however it was moved since.
-- An emptied lineage asks for the row to be placed anew.

ALTER TABLE categories ADD COLUMN lineage uuid[] NOT NULL DEFAULT '{}';

WITH RECURSIVE placed (id, lineage) AS (
    SELECT id, ARRAY[id] FROM categories WHERE parent_id IS NULL
     UNION ALL
    SELECT c.id, p.lineage || c.id FROM placed p JOIN categories c ON c.parent_id = p.id
)
UPDATE categories c SET lineage = placed.lineage FROM placed WHERE placed.id = c.id;

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

CREATE FUNCTION categories_placed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    above uuid[] := '{}';
BEGIN
    IF NEW.parent_id IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(hashtextextended('serinus.categories', 0));
        -- None yet where a parent comes later in the same statement: see `categories_completed`.
        SELECT lineage INTO above FROM categories WHERE id = NEW.parent_id;
    END IF;
    IF NEW.id = ANY (above) THEN
        RAISE EXCEPTION 'category % would be below itself', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'categories_no_cycle', TABLE = 'categories';
    END IF;
    NEW.lineage := coalesce(above, '{}') || NEW.id;
    IF cardinality(NEW.lineage) > 100 THEN -- what an index can hold
        RAISE EXCEPTION 'category % would be more than 100 deep', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'categories_depth', TABLE = 'categories';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER categories_placed_new BEFORE INSERT ON categories
    FOR EACH ROW EXECUTE FUNCTION categories_placed();
CREATE TRIGGER categories_placed BEFORE UPDATE OF parent_id, lineage ON categories
    FOR EACH ROW WHEN (OLD.parent_id IS DISTINCT FROM NEW.parent_id OR NEW.lineage = '{}')
    EXECUTE FUNCTION categories_placed();

-- Each child asks its own in turn. Not by NEW, which may be outdated: of many that are moved at
-- once, one may have taken this one along already.
CREATE FUNCTION categories_followed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE categories c SET lineage = p.lineage || c.id
      FROM categories p
     WHERE p.id = NEW.id AND c.parent_id = p.id AND c.lineage <> p.lineage || c.id;
    RETURN NULL;
END $$;
CREATE TRIGGER categories_followed AFTER UPDATE OF parent_id, lineage ON categories
    FOR EACH ROW WHEN (OLD.lineage IS DISTINCT FROM NEW.lineage)
    EXECUTE FUNCTION categories_followed();

CREATE FUNCTION categories_completed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE categories SET lineage = '{}'
     WHERE id IN (SELECT id FROM new_rows WHERE parent_id IS NOT NULL AND cardinality(lineage) = 1);
    RETURN NULL;
END $$;
CREATE TRIGGER categories_completed AFTER INSERT ON categories
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION categories_completed();
