-- All that `edge-relay import` reads of claude-relay-service, taken out of its Redis as JSON. It changes nothing there.
--   redis-cli --raw EVAL "$(cat dump.lua)" 0 > crs.json
-- The file holds sealed credentials and digests of keys: keep it as you keep the ENCRYPTION_KEY.
local patterns = {
  'apikey:*', 'claude:account:*', 'claude_console_account:*', 'ccr_account:*', 'bedrock_account:*', 'gemini_account:*',
  'gemini_api_account:*', 'openai:account:*', 'openai_responses_account:*', 'azure_openai:account:*', 'droid:account:*',
  'account_group:*', 'account_group_members:*', 'usage:cost:total:*', 'usage:cost:daily:*', 'usage:opus:weekly:*'
}
local dump = {}
local function take(key)
  local kind = redis.call('TYPE', key).ok
  if kind == 'hash' then
    local flat, hash = redis.call('HGETALL', key), {}
    for at = 1, #flat, 2 do hash[flat[at]] = flat[at + 1] end
    dump[key] = hash
  elseif kind == 'string' then
    dump[key] = redis.call('GET', key)
  elseif kind == 'set' then
    dump[key] = redis.call('SMEMBERS', key)
  end
end
for _, pattern in ipairs(patterns) do
  for _, key in ipairs(redis.call('KEYS', pattern)) do
    if key ~= 'apikey:hash_map' then take(key) end
    local id = string.match(key, '^apikey:(%x+%-%x+%-%x+%-%x+%-%x+)$')
    if id then take('usage:' .. id) end
  end
end
return cjson.encode(dump)
