--- Golden files: the users of a case as NDJSON, as `map` writes them.

local differences = require "check.differences"
local failure = require "base.failure"
local file = require "host.file"
local identifiers = require "auth0.identifiers"
local json = require "host.json"
local path = require "base.path"

local golden = {}

local LARGEST <const> = 256 * 1024 * 1024 -- bytes

---@class GoldenChange
---@field kind "changed"|"added"|"removed"|"moved"
---@field line integer             of the file; of an added user, in the new one
---@field before? User
---@field now? User
---@field differences? Difference[]  of a changed user

---The users of a golden file, or what is wrong with it.
local function parse(name, text)
  local users, line = {}, 0
  for one in (text:gsub("\r\n", "\n")):gmatch("([^\n]*)\n?") do
    line = line + 1
    if one:find("%S") then
      local user, message = json.decode(one)
      if type(user) ~= "table" or json.is_array(user) then
        failure.raise(string.format("%s:%d: not a user (a JSON object a line): %s", name, line,
          message or "another value"), "usage")
      end
      users[#users + 1] = { user = user, line = line }
    end
  end
  return users
end

---The path of a case's golden file: in the directory of the test file, or below it.
---@param case Case
---@return string
function golden.path(case)
  local folder, name = case.file.folder, case.expect
  local refuse = function(said)
    failure.raise(string.format("%s:%d: %s", case.file.name, case.line, said), "usage")
  end
  if not folder then refuse("expect needs a test file on disk; write the users out") end
  local full = path.join(folder, name)
  local real = file.real(path.dirname(full))
  local is_inside = real and (real == folder or real:sub(1, #folder + 1) == folder .. "/")
  if name:find("^/") or name:find("%z") or not is_inside then
    refuse(name .. " is not in the directory of the test file")
  end
  local stat = file.stat(full)
  local target = stat and file.real(full)
  if stat and (stat.type ~= "file" or target:sub(1, #folder + 1) ~= folder .. "/") then
    refuse(name .. " is not a file in the directory of the test file")
  end
  return full
end

---The users of a case's golden file; nil if there is none.
---@param case Case
---@return {user: User, line: integer}[]?
function golden.read(case)
  local full = golden.path(case)
  if not file.stat(full) then return nil end
  return parse(case.expect, failure.check(file.read(full, LARGEST)))
end

---@param case Case
---@param users CaseUser[]
function golden.write(case, users)
  local lines = {}
  for i, one in ipairs(users) do lines[i] = one.text .. "\n" end
  failure.check(file.write(golden.path(case), table.concat(lines)))
end

---By which identifier a user is found in the other list.
local function keys_of(user)
  local keys = {}
  local of = identifiers.of(user)
  for _, name in ipairs(identifiers.NAMES) do
    if of[name] then keys[#keys + 1] = name .. "\0" .. tostring(of[name]) end
  end
  return keys
end

---Pairs the users of two lists: those that are equal, then those with an identifier in common.
---@return table<integer, integer> pairs  indices of `now` by those of `before`
local function paired(before, now)
  local found, taken = {}, {}
  local function match(keys)
    local waiting = {}
    for i, one in ipairs(now) do
      for _, key in ipairs(taken[i] and {} or keys(one.user)) do
        waiting[key] = waiting[key] or {}
        table.insert(waiting[key], i)
      end
    end
    for i, one in ipairs(before) do
      for _, key in ipairs(found[i] and {} or keys(one.user)) do
        local list = waiting[key] or {}
        while list[1] and taken[list[1]] do table.remove(list, 1) end
        if list[1] and not found[i] then
          found[i], taken[list[1]] = list[1], true
        end
      end
    end
  end
  match(function(user) return { json.digest(user) } end)
  match(keys_of)
  return found, taken
end

---What changed between the users of a file and those that came.
---@param before {user: User, line: integer}[]
---@param now CaseUser[]
---@return GoldenChange[]
function golden.changes(before, now)
  local found, taken = paired(before, now)
  local changes, last = {}, 0
  for i, one in ipairs(before) do
    local other = found[i] and now[found[i]].user
    local differ = other and differences.of(one.user, other) or {}
    if not other then
      changes[#changes + 1] = { kind = "removed", line = one.line, before = one.user }
    elseif #differ > 0 then
      changes[#changes + 1] = {
        kind = "changed", line = one.line, before = one.user, now = other, differences = differ,
      }
    elseif found[i] < last then
      changes[#changes + 1] = { kind = "moved", line = one.line, before = one.user, now = other }
    end
    last = math.max(last, found[i] or 0)
  end
  for i, one in ipairs(now) do
    if not taken[i] then
      changes[#changes + 1] = { kind = "added", line = i, now = one.user }
    end
  end
  return changes
end

return golden
