-- Count one hit of KEYS[1] if it is within the limit.
-- ARGV: limit, window in seconds, width of a slot in seconds, the time in seconds or ''.
-- Answer: allowed (0 or 1), remaining, retry after, reset (seconds, rounded up).
-- The key is a hash: number of the slot -> hits in it.
local limit, window, width = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
-- The server's clock: those of the nodes may differ by more than a slot.
local now = tonumber(ARGV[4])
if not now then
    local time = redis.call('TIME')
    now = time[1] + time[2] / 1000000
end

local counting, used, newest = {}, 0, 0
local stored = redis.call('HGETALL', KEYS[1])
for i = 1, #stored, 2 do
    local ends = (tonumber(stored[i]) + 1) * width + window
    if ends <= now then
        redis.call('HDEL', KEYS[1], stored[i])
    else
        local hits = tonumber(stored[i + 1])
        counting[#counting + 1] = {ends, hits}
        used = used + hits
        newest = math.max(newest, ends)
    end
end

if used < limit then
    local slot = math.floor(now / width)
    redis.call('HINCRBY', KEYS[1], string.format('%.0f', slot), 1)
    redis.call('EXPIRE', KEYS[1], window + width)
    newest = math.max(newest, (slot + 1) * width + window)
    return {1, limit - used - 1, 0, math.ceil(newest - now)}
end

table.sort(counting, function(one, other) return one[1] < other[1] end)
local room_at = newest
for _, slot in ipairs(counting) do
    used = used - slot[2]
    if used < limit then
        room_at = slot[1]
        break
    end
end
return {0, 0, math.ceil(room_at - now), math.ceil(newest - now)}
