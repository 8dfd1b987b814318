-- What is kept under KEYS[2], unless something it shows has changed since it was read.
-- KEYS[1]: a hash with the present epoch, its clock, and for each tag when it last changed.
-- ARGV: a new epoch, seconds to remember it.
-- Answer: epoch, clock, and if there is something: the answer, its age in milliseconds.
local present = redis.call('HMGET', KEYS[1], 'epoch', 'clock')
if not present[1] then
    -- What changed is not known: nothing that was kept before may be used.
    redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'clock', 0)
    redis.call('EXPIRE', KEYS[1], ARGV[2])
    return {ARGV[1], 0}
end
local kept = redis.call('HMGET', KEYS[2], 'epoch', 'clock', 'tags', 'answer', 'made')
local miss = {present[1], tonumber(present[2])}
if kept[1] ~= present[1] then
    return miss
end
for tag in string.gmatch(kept[3], '%S+') do
    local changed = redis.call('HGET', KEYS[1], tag)
    if changed and tonumber(changed) > tonumber(kept[2]) then
        return miss
    end
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return {miss[1], miss[2], kept[4], math.max(0, now - tonumber(kept[5]))}
