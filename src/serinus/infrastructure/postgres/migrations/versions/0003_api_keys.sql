-- Part of the first release: there is no installation yet whose writes this could hold up.
-- squawk-ignore-file require-concurrent-index-creation

-- An API key acts for its owner, as far as its scopes go. It is shown once and stored hashed;
-- its random part is long enough for a fast hash.
CREATE TABLE api_keys (
    id           uuid PRIMARY KEY, -- stands in the key itself, so that one indexed read finds it
    user_id      uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    name         text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    key_hash     bytea NOT NULL CHECK (octet_length(key_hash) = 32), -- SHA-256 of the whole key
    scopes       text[] NOT NULL CHECK (cardinality(scopes) BETWEEN 1 AND 50), -- of contract v2
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz CHECK (expires_at > created_at),
    last_used_at timestamptz, -- to the minute: a read must not cost a write each time
    revoked_at   timestamptz
);
CREATE INDEX api_keys_user_id ON api_keys (user_id, created_at, id) WHERE revoked_at IS NULL;

-- The lists of users, whichever way they are sorted.
CREATE INDEX users_created ON users (created_at, id);
CREATE INDEX users_updated ON users (updated_at, id);
CREATE INDEX users_username ON users (username, id);
