-- Keep an answer under KEYS[2], unless something it shows has changed since it was read.
-- KEYS[1]: see answers_find.lua. ARGV: epoch and clock from before it was read, its tags with
-- spaces between them, the answer, milliseconds to keep it. Answer: whether it was kept.
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then
    return 0
end
for tag in string.gmatch(ARGV[3], '%S+') do
    local changed = redis.call('HGET', KEYS[1], tag)
    if changed and tonumber(changed) > tonumber(ARGV[2]) then
        return 0
    end
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[2], 'epoch', ARGV[1], 'clock', ARGV[2], 'tags', ARGV[3],
    'answer', ARGV[4], 'made', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[2], ARGV[5])
return 1
