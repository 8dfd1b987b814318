-- The newest step that took something away: who does not know it cannot work here, while whatever
-- was only added is nobody's trouble. Written by the runner, read by programs older than the schema.

CREATE TABLE schema_needs (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    revision text -- null: nothing has been taken away
);
INSERT INTO schema_needs DEFAULT VALUES;
