-- Part of the first release: there is no installation yet whose writes this could hold up.
-- squawk-ignore-file require-concurrent-index-creation

-- Lists of users by name or by age: all of them, and those of a role or an activity, which may be
-- few among many. Names in the order of their characters, so that those with the same beginning
-- are neighbours in every locale.
CREATE INDEX users_named ON users (username_key COLLATE "C", id);
CREATE INDEX users_grouped_named ON users (role, is_active, username_key COLLATE "C", id);
CREATE INDEX users_grouped_created ON users (role, is_active, created_at, id);
