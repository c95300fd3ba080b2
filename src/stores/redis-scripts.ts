/** A program that Redis runs as one step. `ARGV[1]` is its input as JSON; its result is JSON. */
export interface Script {
  name: string;
  lua: string;
}

/**
 * What the scripts have in common. A window is a sorted set of ids by their time (milliseconds) and a hash of their amounts, with
 * the sum under `#used`. An account is a hash (`#spent`, `#reserved`, `#born`, `l:ID` set aside, `x:ID` overdue) and a sorted set of
 * its leases by their end. The time is the server's own, so that processes agree on it, unless the input has one.
 */
const shared = `
local input = cjson.decode(ARGV[1])
local now = input.now
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

local function number(value)
  return tonumber(value or 0) or 0
end

local function text(value)
  return string.format('%.0f', value)
end

local function trimmed(times, amounts, window_ms)
  local used = number(redis.call('HGET', amounts, '#used'))
  local gone = redis.call('ZRANGEBYSCORE', times, '-inf', text(now - window_ms))
  if #gone == 0 then return used end
  for _, id in ipairs(gone) do
    used = used - number(redis.call('HGET', amounts, id))
    redis.call('HDEL', amounts, id)
  end
  redis.call('ZREMRANGEBYSCORE', times, '-inf', text(now - window_ms))
  redis.call('HSET', amounts, '#used', text(used))
  return used
end

local function load(key, leases, last)
  local account = {
    key = key,
    leases = leases,
    spent = number(redis.call('HGET', key, '#spent')),
    reserved = number(redis.call('HGET', key, '#reserved')),
    born = redis.call('HGET', key, '#born') or (text(now) .. '-' .. tostring(input.id)),
    changed = false,
  }
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', text(now))) do
    local amount = number(redis.call('HGET', key, 'l:' .. id))
    account.reserved = account.reserved - amount
    account.spent = account.spent + amount
    redis.call('HSET', key, 'x:' .. id, text(amount))
    redis.call('HDEL', key, 'l:' .. id)
    redis.call('ZREM', leases, id)
    account.changed = true
  end
  if last and last.born ~= account.born and last.spent > account.spent then
    account.spent = last.spent
    account.changed = true
  end
  return account
end

local function save(account, kept_ms)
  redis.call('HSET', account.key, '#spent', text(account.spent), '#reserved', text(account.reserved), '#born', account.born)
  redis.call('PEXPIRE', account.key, text(kept_ms))
  redis.call('PEXPIRE', account.leases, text(kept_ms))
end

local function held_by(account, id)
  return number(redis.call('HGET', account.key, 'l:' .. id))
end

local function set_aside(account, id, amount, lease_ms)
  account.reserved = account.reserved + amount - held_by(account, id)
  if amount == 0 then
    redis.call('HDEL', account.key, 'l:' .. id)
    redis.call('ZREM', account.leases, id)
    return
  end
  redis.call('HSET', account.key, 'l:' .. id, text(amount))
  redis.call('ZADD', account.leases, text(now + lease_ms), id)
end
`;

/** KEYS: times and amounts of each window, then account and leases of each account. */
export const claimScript: Script = {
  name: 'claim',
  lua: `${shared}
local granted = true
local used, accounts = {}, {}
for index, window in ipairs(input.windows) do
  used[index] = trimmed(KEYS[2 * index - 1], KEYS[2 * index], window.windowMs)
  if not window.look and used[index] + window.amount > window.limit then granted = false end
end
local first = 2 * #input.windows
for index, share in ipairs(input.accounts) do
  local account = load(KEYS[first + 2 * index - 1], KEYS[first + 2 * index], share.last)
  accounts[index] = account
  if not share.look and share.amount > 0 then
    local others = account.spent + account.reserved - held_by(account, input.id)
    if others + share.amount > share.limit then granted = false end
  end
end

local function fits_in(times, amounts, window, over)
  local start, wait = 0, 0
  while over > 0 do
    local entries = redis.call('ZRANGE', times, start, start + 99, 'WITHSCORES')
    if #entries == 0 then return wait end
    for place = 1, #entries, 2 do
      over = over - number(redis.call('HGET', amounts, entries[place]))
      wait = tonumber(entries[place + 1]) + window.windowMs - now
      if over <= 0 then return wait end
    end
    start = start + 100
  end
  return wait
end

local result = { granted = granted, windows = {}, accounts = {} }
for index, window in ipairs(input.windows) do
  local times, amounts = KEYS[2 * index - 1], KEYS[2 * index]
  local fits = 0
  if granted and not window.look then
    used[index] = used[index] + window.amount
    redis.call('ZADD', times, text(now), input.id)
    redis.call('HSET', amounts, input.id, text(window.amount), '#used', text(used[index]))
    redis.call('PEXPIRE', times, text(window.windowMs + 1000))
    redis.call('PEXPIRE', amounts, text(window.windowMs + 1000))
  else
    fits = fits_in(times, amounts, window, used[index] + window.amount - window.limit)
  end
  local newest = redis.call('ZRANGE', times, -1, -1, 'WITHSCORES')
  local empty = 0
  if newest[2] then empty = tonumber(newest[2]) + window.windowMs - now end
  result.windows[index] = { used = used[index], fitsInMs = fits, emptyInMs = empty }
end
for index, share in ipairs(input.accounts) do
  local account = accounts[index]
  if granted and not share.look then
    set_aside(account, input.id, share.amount, input.leaseMs)
    account.changed = true
  end
  if account.changed then save(account, share.keptMs) end
  result.accounts[index] = { spent = account.spent, reserved = account.reserved, born = account.born }
end
return cjson.encode(result)
`,
};

/** KEYS: the mark that it was heard, times and amounts of each window, then account and leases of each account. */
export const settleScript: Script = {
  name: 'settle',
  lua: `${shared}
local first_time = redis.call('SET', KEYS[1], '1', 'NX', 'PX', text(input.settledForMs))
for index, window in ipairs(input.windows) do
  local times, amounts = KEYS[2 * index], KEYS[2 * index + 1]
  local used = trimmed(times, amounts, window.windowMs)
  if first_time and redis.call('ZSCORE', times, input.id) then
    used = used + window.amount - number(redis.call('HGET', amounts, input.id))
    if window.amount == 0 then
      redis.call('ZREM', times, input.id)
      redis.call('HDEL', amounts, input.id)
    else
      redis.call('HSET', amounts, input.id, text(window.amount))
    end
    redis.call('HSET', amounts, '#used', text(used))
  end
end
local first = 1 + 2 * #input.windows
local states = {}
for index, share in ipairs(input.accounts) do
  local account = load(KEYS[first + 2 * index - 1], KEYS[first + 2 * index], share.last)
  if first_time then
    account.reserved = account.reserved - held_by(account, input.id)
    account.spent = account.spent + share.amount - number(redis.call('HGET', account.key, 'x:' .. input.id))
    redis.call('HDEL', account.key, 'l:' .. input.id, 'x:' .. input.id)
    redis.call('ZREM', account.leases, input.id)
  end
  save(account, share.keptMs)
  states[index] = { spent = account.spent, reserved = account.reserved, born = account.born }
end
return cjson.encode({ accounts = states })
`,
};

/** KEYS: for each lease the mark that it was settled, then account and leases of each of its accounts. */
export const renewScript: Script = {
  name: 'renew',
  lua: `${shared}
local place = 0
for _, lease in ipairs(input.leases) do
  place = place + 1
  local settled = redis.call('EXISTS', KEYS[place]) == 1
  for _, share in ipairs(lease.accounts) do
    local key, leases = KEYS[place + 1], KEYS[place + 2]
    place = place + 2
    if not settled then
      local account = load(key, leases)
      if redis.call('HEXISTS', key, 'l:' .. lease.id) == 1 then
        redis.call('ZADD', leases, text(now + input.leaseMs), lease.id)
      else
        account.spent = account.spent - number(redis.call('HGET', key, 'x:' .. lease.id))
        redis.call('HDEL', key, 'x:' .. lease.id)
        set_aside(account, lease.id, share.amount, input.leaseMs)
      end
      save(account, share.keptMs)
    end
  end
end
return '{}'
`,
};

/** KEYS: the topic's version, its names by version, its values. */
export const markScript: Script = {
  name: 'mark',
  lua: `${shared}
local version = redis.call('INCR', KEYS[1])
redis.call('ZADD', KEYS[2], version, input.name)
redis.call('HSET', KEYS[3], input.name, cjson.encode({ value = input.value, ['until'] = now + input.ttlMs }))
return '{}'
`,
};

/** KEYS: as `mark`. A version that is not known yet comes from before the data was lost: then all is told. */
export const marksScript: Script = {
  name: 'marks',
  lua: `${shared}
local version = number(redis.call('GET', KEYS[1]))
local since = input.version
if since > version then since = 0 end
local marks = {}
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. text(since), '+inf')) do
  local kept = redis.call('HGET', KEYS[3], name)
  local mark = kept and cjson.decode(kept)
  if mark and mark['until'] > now then
    marks[#marks + 1] = { name = name, value = mark.value }
  else
    redis.call('ZREM', KEYS[2], name)
    redis.call('HDEL', KEYS[3], name)
  end
end
return cjson.encode({ version = version, marks = marks })
`,
};
