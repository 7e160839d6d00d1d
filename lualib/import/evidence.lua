--- Decides unreported outcomes from evidence alone: pure functions, no network, clock or journal.

local codes = require "auth0.codes"
local identifiers = require "auth0.identifiers"
local sorted = require "base.sorted"

local evidence = {}

local fold <const> = identifiers.fold

-- Profile fields that the tenant returns as sent; those it computes or hides are left out.
local COMPARED <const> = {
  "username", "phone_number", "given_name", "family_name", "name", "nickname",
}

local SKEW <const> = 5 -- seconds by which the tenant's timestamps may differ from our clock
local DOUBT <const> = 1 -- second; responses state the tenant's time in whole seconds

---Whether a code means that the user exists already.
---@param code string  canonical
---@return boolean
function evidence.is_conflict(code)
  return codes.get(code).class == "conflict"
end

---Whether a failed user conflicts with a user that no lookup shows.
---@param refused {code: string, message: string, user_id?: string}  user_id: found by the lookup
---@return boolean
function evidence.is_ghost(refused)
  return evidence.is_conflict(refused.code) and not refused.user_id
    and not codes.is_twice(refused.code, refused.message)
end

---Whether the tenant's user may be the one we sent: the same user_id, or the profile we sent.
local function looks_like_ours(ours, theirs)
  if ours.user_id then return theirs.user_id == identifiers.with_prefix(ours.user_id) end
  for _, name in ipairs(COMPARED) do
    if ours[name] and fold(ours[name]) ~= fold(theirs[name]) then return false end
  end
  return true
end

---Whether a user was created in the window; both by the tenant's clock.
local function within(created, window)
  return created and window and created >= window.first - SKEW and created <= window.last + SKEW
    or false
end

---@class Case
---@field ours table                 the user we sent
---@field theirs TenantUser[]        users of this connection that share an identifier with it
---@field window? {first: number, last: number}  when an upload of ours may have created it
---@field twice? boolean             the tenant reports an earlier user of the file as the same
---@field span? {first: number, last: number}  if twice: when we may have created it; nil: any time

---@class Ruling
---@field outcome "inserted"|"already_there"|"judged"
---@field user_id? string
---@field why? string

local TWICE <const> = "an earlier user of the upload has the same identifiers; only the first is "
  .. "imported"

---Another user has one of our identifiers.
local function somebody_else(theirs, shared, differing)
  local names = sorted.keys(shared)
  local why = string.format("another user (%s)%s has the same %s", theirs.user_id,
    theirs.elsewhere and " in another connection" or "",
    #names > 0 and table.concat(names, ", ") or "identifier")
  if #differing > 0 then why = why .. " and a different " .. table.concat(differing, ", ") end
  return { outcome = "judged", user_id = theirs.user_id, why = why }
end

---A user that the tenant reported as existing already, or as twice in the file.
---@param case Case
---@return Ruling
function evidence.conflict(case)
  local other
  for _, theirs in ipairs(case.theirs) do
    local shared, differing = identifiers.compare(case.ours, theirs)
    local same = shared.user_id or shared.email
    if same and #differing == 0 and not theirs.elsewhere then
      if case.twice and (not case.span or within(theirs.created, case.span)) then
        return { outcome = "judged", user_id = theirs.user_id, why = TWICE }
      end
      local ours = within(theirs.created, case.window) and looks_like_ours(case.ours, theirs)
      return { outcome = ours and "inserted" or "already_there", user_id = theirs.user_id }
    end
    other = other or { theirs = theirs, shared = shared, differing = differing }
  end
  if case.twice then
    return { outcome = "judged", user_id = other and other.theirs.user_id, why = TWICE }
  elseif not other then
    return { outcome = "judged", why = "the tenant lists no such user in the connection; it may "
      .. "be a ghost of an earlier migration" }
  end
  return somebody_else(other.theirs, other.shared, other.differing)
end

---A user of a job that ended without reporting its outcome.
---@param case Case
---@return {outcome: "inserted"|"updated"|"absent"|"judged", user_id?: string, why?: string}
function evidence.unknown(case)
  if #case.theirs == 0 then return { outcome = "absent" } end
  local ruling = evidence.conflict(case)
  if ruling.outcome == "already_there" then
    return { outcome = "updated", user_id = ruling.user_id }
  end
  return ruling
end

---Which users of an upsert job were inserted and which updated, from the number inserted and their
---creation times. Users created outside the window were updated. If the job inserted as many as
---were created inside, these were inserted. If it inserted fewer, the youngest were, provided that
---the next older one may date from just before the upload: whole seconds do not show which.
---@param users {created?: number}[]  unix seconds, by the tenant's clock; nil: unknown
---@param inserted integer            as the job reported
---@param window {first: number, last: number}  when it may have created users, by that clock
---@return ("inserted"|"updated"|"unknown")[]
function evidence.mixed(users, inserted, window)
  local outcomes, inside, n_lost = {}, {}, 0
  for i, user in ipairs(users) do
    outcomes[i] = user.created and "updated" or "unknown"
    if not user.created then n_lost = n_lost + 1 end
    if within(user.created, window) then inside[#inside + 1] = i end
  end
  local function put(list, first, outcome)
    for k = first, #list do outcomes[list[k]] = outcome end
  end
  table.sort(inside, function(a, b) return users[a].created > users[b].created end)
  if #inside + n_lost < inserted then -- the clocks contradict the job
    for i in ipairs(users) do outcomes[i] = "unknown" end
  elseif #inside <= inserted then
    put(inside, 1, "inserted")
    for i, user in ipairs(users) do
      if not user.created and #inside + n_lost == inserted then outcomes[i] = "inserted" end
    end
  else
    local oldest, older = users[inside[inserted]], users[inside[inserted + 1]]
    local is_clear = n_lost == 0 and oldest and older.created < oldest.created
      and older.created < window.first + DOUBT
    put(inside, 1, is_clear and "inserted" or "unknown")
    if is_clear then put(inside, inserted + 1, "updated") end
  end
  return outcomes
end

---Whether a user that a lost upload inserted may lack its factors and is sent again with upsert.
---@param user table
---@param round integer  of the lost upload; only the first is followed by another for factors
---@return boolean
function evidence.doubts_factors(user, round)
  return user.mfa_factors ~= nil and round == 1
end

---Whether repeating is safe: each user has a unique value, so the tenant reports a conflict.
---@param users PlacedUser[]
---@param unique table<string, boolean>
---@return boolean
function evidence.repeatable(users, unique)
  for _, placed in ipairs(users) do
    local safe = false
    for _, name in ipairs(identifiers.NAMES) do
      safe = safe or placed.user[name] and unique[name]
    end
    if not safe then return false end
  end
  return true
end

return evidence
