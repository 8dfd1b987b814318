-- Note that records changed. KEYS[1]: see answers_find.lua.
-- ARGV: a new epoch, seconds to remember it, tags to remember at most, then the tags that
-- changed; none: everything did.
local known = redis.call('EXISTS', KEYS[1]) == 1
if not known or #ARGV == 3 or redis.call('HLEN', KEYS[1]) > tonumber(ARGV[3]) then
    redis.call('DEL', KEYS[1])
    redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'clock', 0)
else
    local clock = redis.call('HINCRBY', KEYS[1], 'clock', 1)
    for place = 4, #ARGV do
        redis.call('HSET', KEYS[1], ARGV[place], clock)
    end
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 1
