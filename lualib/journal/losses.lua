--- What the users of a run lose. A user has a number: of the set that the recipe named, twice, and
--- one more without a password (host.stretch makes it, too). A table counts them by what and why.

local json = require "host.json"
local lost_things = require "base.lost_things"

local losses = {}

-- The reason where neither the recipe nor a helper knows of a password.
losses.NO_PASSWORD = "no password in the source"

---@param set integer  of the recipe's losses, see recipe.inside.losses
---@param has_password boolean
---@return integer
function losses.code(set, has_password)
  return 2 * set + (has_password and 0 or 1)
end

---@param code integer
---@param sets LostSet[]
---@return LostSet
function losses.of(code, sets)
  local lost = {}
  for what, reason in pairs(sets[code // 2] or {}) do lost[what] = reason end
  if code % 2 == 1 then lost.password = lost.password or losses.NO_PASSWORD end
  return lost
end

---The numbers of a chunk's users as host.chunk wrote them: a number and how many users in a row
---have it.
---@param text? string  nil: they lose nothing
---@return fun(): integer?, integer?
function losses.runs(text)
  local each = (text or ""):gmatch("(%d+)%*?(%d*)")
  return function()
    local code, n = each()
    if not code then return nil end
    return math.tointeger(tonumber(code)), math.tointeger(tonumber(n)) or 1
  end
end

---The number of each user of a chunk, by its place.
---@param text? string
---@return table<integer, integer>  those that are 0 left out
function losses.by_place(text)
  local codes, place = {}, 0
  for code, n in losses.runs(text) do
    for i = place + 1, code ~= 0 and place + n or place do codes[i] = code end
    place = place + n
  end
  return codes
end

---@class Loss  a line of the table
---@field what LostThing
---@field users integer       of the users to import
---@field share number        of them, 0 to 1
---@field imported? integer   users that the run has inserted or updated; of a run
---@field reasons {reason: string, users: integer, imported: integer?}[]  the most frequent first

---Numbers by what and why, of numbers by code.
---@param counts table<integer, integer>
---@param sets LostSet[]
---@return table<LostThing, table<string, integer>>
local function by_reason(counts, sets)
  local found = {}
  for code, n in pairs(counts) do
    for what, reason in pairs(losses.of(code, sets)) do
      found[what] = found[what] or {}
      found[what][reason] = (found[what][reason] or 0) + n
    end
  end
  return found
end

local function line(what, reasons, imported, users)
  local one = { what = what, users = 0, imported = imported and 0, reasons = json.array {} }
  for reason, n in pairs(reasons) do
    local arrived = imported and (imported[what] and imported[what][reason] or 0)
    one.users, one.imported = one.users + n, arrived and one.imported + arrived
    table.insert(one.reasons, { reason = reason, users = n, imported = arrived })
  end
  table.sort(one.reasons, function(a, b)
    if a.users ~= b.users then return a.users > b.users end
    return a.reason < b.reason
  end)
  one.share = users > 0 and one.users / users or 0
  return one
end

---What users lose, in the order of base.lost_things.
---@param counts table<integer, integer>  users to import, by code
---@param sets LostSet[]
---@param users integer  to import
---@param imported? table<integer, integer>  of these, by code
---@return Loss[]
function losses.list(counts, sets, users, imported)
  local found, list = by_reason(counts, sets), json.array {}
  local arrived = imported and by_reason(imported, sets)
  for _, what in ipairs(lost_things.ORDER) do
    if found[what] then list[#list + 1] = line(what, found[what], arrived, users) end
  end
  return list
end

return losses
