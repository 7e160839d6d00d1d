--- What became of a user whose fate nobody told, decided from the evidence alone: pure functions,
--- no network, no clock, no journal.

local codes = require "auth0.codes"
local identifiers = require "auth0.identifiers"

local evidence = {}

local fold <const> = identifiers.fold

local CONFLICTS <const> = {
  CONFLICT = true, CONFLICT_EMAIL = true, CONFLICT_USERNAME = true, DUPLICATED_USER = true,
}

-- Profile members that a tenant shows as they were sent; what it computes or hides is left out.
local COMPARED <const> = {
  "username", "phone_number", "given_name", "family_name", "name", "nickname",
}

-- The tenant stamps a user a moment before or after our clock says so.
local SKEW <const> = 5 -- seconds

-- How exactly the tenant's clock is known: its answers tell whole seconds.
local DOUBT <const> = 1 -- seconds

---Whether a code says that somebody is there already.
---@param code string  canonical
---@return boolean
function evidence.is_conflict(code)
  return CONFLICTS[code] or false
end

---Whether a refused user that was looked up stands before somebody whom no look-up shows.
---@param refused {code: string, message: string, user_id?: string}  user_id: of whom it showed
---@return boolean
function evidence.is_ghost(refused)
  return evidence.is_conflict(refused.code) and not refused.user_id
    and not codes.is_twice(refused.code, refused.message)
end

---Whether the tenant's user may be the one we sent: the same user_id, or the profile we sent.
---@param ours table
---@param theirs TenantUser
---@return boolean
local function looks_like_ours(ours, theirs)
  if ours.user_id then return theirs.user_id == identifiers.with_prefix(ours.user_id) end
  for _, name in ipairs(COMPARED) do
    if ours[name] and fold(ours[name]) ~= fold(theirs[name]) then return false end
  end
  return true
end

---@param created number?
---@param window? {first: number, last: number}  unix seconds, by the tenant's clock
local function within(created, window)
  return created and window and created >= window.first - SKEW and created <= window.last + SKEW
    or false
end

---@class Case
---@field ours table                 the user we sent
---@field theirs TenantUser[]        users of this connection that share an identifier with it
---@field window? {first: number, last: number}  when an upload of ours may have created it
---@field twice? boolean             the tenant says that an earlier user of the file is the same
---@field span? {first: number, last: number}  of twice: when this run may have created that one;
---nil: whoever is there counts as of this run

---@class Ruling
---@field outcome "inserted"|"already_there"|"judged"
---@field user_id? string
---@field why? string

local TWICE <const> = "an earlier user of the upload has the same identifiers; only the first is "
  .. "imported"

---Somebody else who has an identifier of ours.
---@param theirs TenantUser
---@param shared table<string, boolean>
---@param differing string[]
---@return Ruling
local function somebody_else(theirs, shared, differing)
  local names = {}
  for name in pairs(shared) do names[#names + 1] = name end
  table.sort(names)
  local why = string.format("another user (%s)%s has the same %s", theirs.user_id,
    theirs.elsewhere and " in another connection" or "",
    #names > 0 and table.concat(names, ", ") or "identifier")
  if #differing > 0 then why = why .. " and a different " .. table.concat(differing, ", ") end
  return { outcome = "judged", user_id = theirs.user_id, why = why }
end

---A user that the tenant refused as already there, or as twice in the file.
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

---A user of a job that ended without saying what became of it.
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

---Which users of a job with upsert it inserted, and which it updated, from how many it inserted and
---when each was created. A user that was created before or after the job was updated. Of the others
---each was inserted when they are as many; when they are more, the youngest were, if the next older
---one may be of the moment before the upload, which clocks do not tell from the one after it.
---@param users {created?: number}[]  unix seconds, by the tenant's clock; nil: not known
---@param inserted integer            what the job told
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

---Whether a user that a lost upload inserted may lack its factors: it goes once more, with upsert.
---@param user table
---@param round integer  of the lost upload; only the first is followed by another for factors
---@return boolean
function evidence.doubts_factors(user, round)
  return user.mfa_factors ~= nil and round == 1
end

---Whether users can be sent again without the danger of second ones: a value of each is unique in
---the connection, so a repetition is refused and recognised.
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
