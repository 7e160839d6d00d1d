--- Compares what came out of a case with what it says.

local differences = require "check.differences"
local foreign = require "base.foreign"
local format = require "base.format"
local golden = require "cases.golden"
local json = require "host.json"
local lost_things = require "base.lost_things"
local sorted = require "base.sorted"
local user_rules = require "auth0.user"
local verify = require "auth0.hash.verify"

local judge = {}

local NOTHING <const> = "nothing"

---@class CaseDifference  as it is shown
---@field path string      "email", "users[1].email", "skipped"
---@field expected string
---@field came string

---@class Judge
---@field case Case
---@field made CaseOutcome
---@field shown Shown
---@field list CaseDifference[]
---@field lacks_golden? boolean  the golden file does not exist yet
local Judge = {}
Judge.__index = Judge

---@private
function Judge:add(path, expected, came)
  table.insert(self.list, { path = path, expected = expected, came = came })
end

local function place_of(e)
  return e.path and e.path ~= "" and e.code .. " at " .. e.path or e.code
end

---@private
function Judge:rejection(one)
  local e = one.errors[1]
  return string.format("rejected: %s: %s", place_of(e), self.shown:words(e.message))
end

---What came, in a few words.
---@private
function Judge:came()
  local made, parts = self.made, {}
  if made.failed then return self.shown:words(made.failed) end
  if made.gave_up then return "fix gave up: " .. self.shown:words(made.gave_up) end
  if #made.users > 0 then
    parts[1] = #made.users == 1 and "a user" or format.count(#made.users, "user")
  end
  if made.skipped[1] then
    parts[#parts + 1] = "skipped: " .. self.shown:words(made.skipped[1].reason)
  end
  if made.rejected[1] then parts[#parts + 1] = self:rejection(made.rejected[1]) end
  return parts[1] and table.concat(parts, "; ") or "no record"
end

---Normalises an expected user as one that map returned: what is written in another form is equal.
local function normalised(expected, is_partial)
  local is_silent = is_partial and expected.email_verified == nil
  user_rules.normalise(expected)
  if is_silent then expected.email_verified = nil end
  for name, value in pairs(is_partial and {} or expected) do
    if value == json.null or value == "" then expected[name] = nil end
  end
  return expected
end

---@private
function Judge:compare(prefix, expected, user, is_partial)
  expected = normalised(expected, is_partial)
  for _, one in ipairs(differences.of(expected, user, is_partial)) do
    local before, now = self.shown:pair(one.before, one.now)
    self:add(prefix .. (one.path == "" and "user" or self.shown:words(one.path)), before, now)
  end
end

---The only user; nil, and a difference, if there is none or more than one.
---@private
function Judge:only_user()
  local users = self.made.users
  if #users == 1 then return users[1].user end
  self:add("user", "a user", self:came())
end

---@private
function Judge:user(expected)
  local user = self:only_user()
  if user then self:compare("", expected, user, false) end
end

---@private
function Judge:user_has(expected)
  local user = self:only_user()
  if user then self:compare("", expected, user, true) end
end

---@private
function Judge:users(expected)
  local users = self.made.users
  if #users ~= #expected then
    self:add("users", format.count(#expected, "user"), self:came())
  end
  for i = 1, math.min(#users, #expected) do
    self:compare(string.format("users[%d].", i - 1), expected[i], users[i].user, false)
  end
end

---@private
function Judge:skipped_by_reason(expected)
  local counts = {}
  for _, one in ipairs(self.made.skipped) do
    counts[one.reason] = (counts[one.reason] or 0) + 1
  end
  self:counts("skipped", expected, counts)
end

---@private
function Judge:skipped(expected)
  if type(expected) == "table" then return self:skipped_by_reason(expected) end
  local wanted = expected == true and "a skipped record"
    or "skipped: " .. self.shown:words(expected)
  if #self.made.skipped == 0 then return self:add("skipped", wanted, self:came()) end
  for _, one in ipairs(expected ~= true and self.made.skipped or {}) do
    if one.reason ~= expected then
      return self:add("skipped", wanted, "skipped: " .. self.shown:words(one.reason))
    end
  end
end

---Whether an error is the one that is written as "CODE at path" or "CODE".
local function is_named(e, names)
  for _, name in ipairs(names) do
    if name == e.code or name == place_of(e) then return true end
  end
  return false
end

---@private
function Judge:rejected(expected)
  local rejected = self.made.rejected
  if expected == true then
    if #rejected == 0 then self:add("rejected", "a rejected record", self:came()) end
    return
  end
  for _, name in ipairs(expected) do
    local found = false
    for _, one in ipairs(rejected) do
      for _, e in ipairs(one.errors) do found = found or is_named(e, { name }) end
    end
    if not found then self:add("rejected", name, self:came()) end
  end
  for _, one in ipairs(#self.list == 0 and rejected or {}) do
    local is_expected = false
    for _, e in ipairs(one.errors) do is_expected = is_expected or is_named(e, expected) end
    if not is_expected then self:add("rejected", NOTHING, self:rejection(one)) end
  end
end

local function times(n)
  return n == nil and NOTHING or n == true and "a warning" or format.count(n, "time")
end

---Compares counts by name; true: any.
---@private
function Judge:counts(what, expected, came)
  for _, name in ipairs(sorted.all_keys { expected, came }) do
    local wanted, n = expected[name], came[name]
    if wanted ~= n and not (wanted == true and n) then
      self:add(what .. ": " .. self.shown:words(name), times(wanted), times(n))
    end
  end
end

---@private
function Judge:warnings(expected)
  self:counts("warnings", expected, self.made.warnings)
end

---What the users lose, in the order in which people are told of it: {what, reason}.
local function losses_of(users)
  local list = {}
  for _, what in ipairs(lost_things.ORDER) do
    local reasons, seen = {}, {}
    for _, one in ipairs(users) do
      local reason = one.lost and one.lost[what]
      if reason and not seen[reason] then
        reasons[#reasons + 1], seen[reason] = reason, true
      end
    end
    if reasons[1] then list[#list + 1] = { what = what, reasons = reasons, has = seen } end
  end
  return list
end

---The losses of all users of the case: exactly these, and for the reasons that are named.
---@private
function Judge:lost(expected)
  local came = {}
  for _, one in ipairs(losses_of(self.made.users)) do came[one.what] = one end
  for _, what in ipairs(lost_things.ORDER) do
    local wanted, one = expected[what], came[what]
    if type(wanted) == "string" then wanted = foreign.words(wanted) end -- as reasons are counted
    if (wanted ~= nil) ~= (one ~= nil) or one and wanted ~= true and not one.has[wanted] then
      self:add("lost: " .. what, wanted == nil and NOTHING or wanted == true and "lost"
        or self.shown:words(wanted), one and self.shown:words(table.concat(one.reasons, "; "))
        or NOTHING)
    end
  end
end

---@private
function Judge:login(password)
  local why
  for _, one in ipairs(self.made.users) do
    local fits, reason = verify.password(one.user, password)
    if fits then return end
    local algorithm = user_rules.algorithm(one.user)
    why = why or (fits == nil and reason) or algorithm
      and "the password does not match the mapped hash (" .. algorithm .. ")"
  end
  self:add("login", "the password matches", why or self:came())
end

---@private
function Judge:gives_up(expected)
  local why = self.made.gave_up
  if why and (expected == true or expected == why) then return end
  self:add("fix", expected == true and "fix gives up"
    or "fix gives up: " .. self.shown:words(expected), self:came())
end

local CHANGES <const> = {
  added = function(self, at, change) self:add(at, NOTHING, self.shown:value(change.now)) end,
  removed = function(self, at, change) self:add(at, self.shown:value(change.before), NOTHING) end,
  moved = function(self, at) self:add(at, "here", "later in the file") end,
  changed = function(self, at, change)
    for _, one in ipairs(change.differences) do
      local before, now = self.shown:pair(one.before, one.now)
      self:add(at .. " " .. self.shown:words(one.path), before, now)
    end
  end,
}

---@private
function Judge:expect(name)
  if self.made.failed then return end -- instead of every user that did not come
  local before = golden.read(self.case)
  if not before then
    self.lacks_golden = true
    return self:add(name, "the file exists", "no such file; --update writes it")
  end
  for _, change in ipairs(golden.changes(before, self.made.users)) do
    local at = change.kind == "added" and name .. ": further user "
      .. change.line or name .. ":" .. change.line
    CHANGES[change.kind](self, at, change)
  end
end

local ORDER <const> = {
  "user", "user_has", "users", "skipped", "rejected", "warnings", "lost", "login", "gives_up",
  "expect",
}

---Rejected records, of which the case says nothing.
---@private
function Judge:unexpected()
  local made = self.made
  if #self.list > 0 then return end
  if made.failed then self:add("source", "the whole source", self:came()) end
  if made.gave_up and not self.case.gives_up then self:add("fix", "a user", self:came()) end
  for _, one in ipairs(self.case.rejected and {} or made.rejected) do
    if one.errors[1].code ~= "DUPLICATE" then
      self:add("rejected", NOTHING, self:rejection(one) .. " (" .. one.at .. ")")
    end
  end
end

---@param case Case
---@param made CaseOutcome
---@param shown Shown
---@return CaseDifference[]
---@return boolean? lacks_golden  its golden file does not exist yet
function judge.of(case, made, shown)
  local self = setmetatable({ case = case, made = made, shown = shown, list = {} }, Judge)
  for _, name in ipairs(ORDER) do
    if case[name] ~= nil then self[name](self, case[name]) end
  end
  self:unexpected()
  return self.list, self.lacks_golden
end

return judge
