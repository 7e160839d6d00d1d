--- Faults of the rehearsal tenant: the rules of a file (docs/faults.md), and which of them hits a
--- request or a job. The choice is deterministic: counters and a seeded generator. The effects are
--- in tenant.faults.requests and tenant.faults.jobs.

local file = require "host.file"
local json = require "host.json"
local sorted = require "base.sorted"
local spelling = require "base.spelling"
local yaml = require "host.yaml"

local faults = {}

local function whole(least)
  return function(value)
    if math.type(value) == "integer" and value >= least then return true end
    return false, "a whole number, " .. least .. " or more"
  end
end

local function number(least, most)
  return function(value)
    if type(value) == "number" and value >= least and value <= most then return true end
    if most == math.huge then return false, "a number, " .. least .. " or more" end
    return false, string.format("a number from %g to %g", least, most)
  end
end

local function boolean(value)
  return type(value) == "boolean", "true or false"
end

local function text(value)
  return type(value) == "string", "a string"
end

local function route(value)
  return type(value) == "string" and value:find("^[%u*]+ [/*]%S*$") ~= nil,
    "a method and a path, such as GET /jobs/*"
end

local function status(value)
  local fits = math.type(value) == "integer" and value >= 200 and value <= 599
  return fits, "an HTTP status from 200 to 599"
end

local function texts(value)
  local fits = type(value) == "table" and json.is_array(value) and #value > 0
  for _, item in ipairs(fits and value or {}) do fits = fits and type(item) == "string" end
  return fits, "a list of strings"
end

local SECONDS <const> = number(0, math.huge)

---Conditions of a rule.
---@type table<string, fun(value: any): boolean, string>
faults.KEYS = {
  route = route, nth = whole(1), every = whole(1), probability = number(0, 1),
  seed = whole(0), times = whole(1), after = SECONDS, ["until"] = SECONDS, users = texts,
}

local CHOICE <const> = { "nth", "every", "probability" } -- mutually exclusive

---@class FaultAction
---@field keys table<string, fun(value: any): boolean, string>
---@field needs? string   required key
---@field route? string   default of a rule's `route`
---@field spared? string  first segment of the paths that it never hits
---@field of_job? boolean it hits import jobs, not requests

local PROCESSED <const> = { processed = boolean }

---@type table<string, FaultAction>
faults.ACTIONS = {
  -- Of requests.
  close = { keys = PROCESSED },
  slow = { keys = { seconds = SECONDS }, needs = "seconds" },
  stall = { keys = PROCESSED },
  truncate = { keys = {} },
  malformed = { keys = {} },
  empty = { keys = { status = status, processed = boolean, space = boolean } },
  html = { keys = { status = status, processed = boolean } },
  status = {
    keys = {
      status = status, processed = boolean, retry_after = SECONDS, as_date = boolean,
      reset = number(-1e9, 1e9),
    },
    needs = "status",
  },
  slots = { keys = {}, route = "POST /jobs/users-imports" },
  unauthorized = { keys = { message = text }, spared = "oauth" },
  token = { keys = { seconds = whole(1) }, needs = "seconds", route = "POST /oauth/token" },
  foreign = { keys = { jobs = whole(1), seconds = SECONDS }, needs = "seconds" },
  outage = { keys = { seconds = SECONDS }, needs = "seconds" },
  -- Of import jobs.
  ["job-lost"] = { of_job = true, keys = {} },
  ["job-stuck"] = { of_job = true, keys = { seconds = SECONDS }, needs = "seconds" },
  ["job-failed"] = { of_job = true, keys = { details = text, share = number(0, 1) } },
  ["connection-gone"] = { of_job = true, keys = { share = number(0, 1) } },
  ["job-short"] = { of_job = true, keys = { missing = whole(1) }, needs = "missing" },
  ["mfa-failed"] = { of_job = true, keys = { share = number(0, 1) } },
}

local function names_of(...)
  return sorted.all_keys { ... }
end

---What is wrong with a rule, or nil.
local function objection(rule)
  if type(rule) ~= "table" or json.is_array(rule) then return "a rule must be a map" end
  local action = faults.ACTIONS[rule["do"]]
  if not action then
    local said = rule["do"]
    if said == nil then return "key `do` is missing" end
    return string.format('unknown fault "%s"%s', said,
      spelling.hint(tostring(said), names_of(faults.ACTIONS)))
  end
  for key, value in pairs(rule) do
    local check = faults.KEYS[key] or action.keys[key]
    if key ~= "do" then
      if not check then
        return string.format('unknown key "%s" for %s%s', key, rule["do"],
          spelling.hint(key, names_of(faults.KEYS, action.keys, { ["do"] = true })))
      end
      local fits, expected = check(value)
      if not fits then return string.format("%s must be %s", key, expected) end
    end
  end
  if action.needs and rule[action.needs] == nil then
    return string.format("%s requires `%s`", rule["do"], action.needs)
  end
  if action.of_job and rule.route then
    return rule["do"] .. " applies to import jobs and does not accept `route`"
  elseif rule.users and not action.of_job then
    return rule["do"] .. " applies to requests and does not accept `users`"
  end
  local chosen = {}
  for _, key in ipairs(CHOICE) do
    if rule[key] ~= nil then chosen[#chosen + 1] = key end
  end
  if #chosen > 1 then return table.concat(chosen, " and ") .. " are mutually exclusive" end
end

local function segments_of(path)
  local list = {}
  for segment in path:gmatch("[^/]+") do list[#list + 1] = segment end
  return list
end

---@class Fault  a rule that hits: `action` and the keys of the action
---@field action string
---@field seconds? number
---@field processed? boolean  the request takes effect nevertheless

---@class FaultState  a rule and its counters
---@field rule table
---@field method? string      nil: any
---@field path? string[]      segments; nil: any path
---@field spared? string      first segment of a path
---@field matched integer     requests or jobs that match the route, the users and the time
---@field hits integer        of these, those that also met the other conditions
---@field done integer        of these, those that no earlier rule hit
---@field random integer      state of the generator

---@class Faults
---@field private rules FaultState[]
---@field private dark_until number  seconds since the start; end of an outage
---@field counts table<string, integer>  hits by action
local Faults = {}
Faults.__index = Faults

local function state_of(rule, i)
  local action = faults.ACTIONS[rule["do"]]
  local state = { rule = rule, matched = 0, hits = 0, done = 0, random = rule.seed or i }
  state.spared = action.spared
  local given = rule.route or action.route
  if given then
    local method, path = given:match("^(%S+) (%S+)$")
    state.method = method ~= "*" and method or nil
    state.path = path ~= "*" and segments_of(path) or nil
  end
  return state
end

---@param rules table[]  as the file gives them
---@return Faults?
---@return string? message
---@return Kind? kind  "usage"
function faults.new(rules)
  if type(rules) ~= "table" or not json.is_array(rules) then
    return nil, "not a list of rules", "usage"
  end
  local self = setmetatable({ rules = {}, dark_until = 0, counts = {} }, Faults)
  for i, rule in ipairs(rules) do
    local wrong = objection(rule)
    if wrong then return nil, string.format("rule %d: %s", i, wrong), "usage" end
    self.rules[i] = state_of(rule, i)
  end
  return self
end

---@param path string
---@return Faults?
---@return string? message
---@return Kind? kind  "usage": no such file, or invalid rules
function faults.load(path)
  local source, message, kind = file.read(path)
  if not source then return nil, message, kind == "missing" and "usage" or kind end
  local rules
  rules, message = yaml.decode(source)
  if message then return nil, path .. ": " .. message, "usage" end
  local self
  self, message, kind = faults.new(rules)
  if not self then return nil, path .. ": " .. message, kind end
  return self
end

---A number from 0 to 1: linear congruential generator modulo 2^64, whose upper bits are good.
local function random(state)
  state.random = state.random * 6364136223846793005 + 1442695040888963407
  return (state.random >> 33) / (1 << 31)
end

local function fits(state, method, path)
  if state.method and state.method ~= method or state.spared == path[1] then return false end
  if not state.path then return true end
  if #state.path ~= #path then return false end
  for i, segment in ipairs(state.path) do
    if segment ~= "*" and segment ~= path[i] then return false end
  end
  return true
end

---Counts the match and returns whether the rule hits.
local function hits(state, seconds)
  local rule = state.rule
  if seconds < (rule.after or 0) or seconds >= (rule["until"] or math.huge) then return false end
  state.matched = state.matched + 1
  if state.hits >= (rule.times or math.huge) then return false end
  local hit = true
  if rule.nth then hit = state.matched == rule.nth
  elseif rule.every then hit = state.matched % rule.every == 0
  elseif rule.probability then hit = random(state) < rule.probability end
  if hit then state.hits = state.hits + 1 end
  return hit
end

---The fault of the first rule that hits. Every rule that matches is counted.
local function first_hit(self, seconds, may)
  local found
  for _, state in ipairs(self.rules) do
    if may(state) and hits(state, seconds) then found = found or state end
  end
  if not found then return nil end
  local rule = found.rule
  local fault = { action = rule["do"] }
  for key in pairs(faults.ACTIONS[fault.action].keys) do fault[key] = rule[key] end
  found.done = found.done + 1
  self.counts[fault.action] = (self.counts[fault.action] or 0) + 1
  return fault
end

---The fault of a request.
---@param method string
---@param path string     without the query, with or without "/api/v2"
---@param seconds number  since the tenant's start
---@return Fault? fault
function Faults:of_request(method, path, seconds)
  if seconds < self.dark_until then
    return { action = "close", processed = false }
  end
  local segments = segments_of((path:gsub("^/api/v2/", "/")))
  local fault = first_hit(self, seconds, function(state)
    return not faults.ACTIONS[state.rule["do"]].of_job and fits(state, method, segments)
  end)
  if fault and fault.action == "outage" then
    self.dark_until = seconds + fault.seconds
    return { action = "close", processed = false }
  end
  return fault
end

---The fault of an accepted import job.
---@param seconds number  since the tenant's start
---@param has_any? fun(names: string[]): boolean  whether a user of it has one of these identifiers
---@return Fault? fault
function Faults:of_job(seconds, has_any)
  return first_hit(self, seconds, function(state)
    local rule = state.rule
    return faults.ACTIONS[rule["do"]].of_job == true and (not rule.users or has_any(rule.users))
  end)
end

---@class FaultTally
---@field rule integer   index in the file
---@field do string
---@field route? string
---@field hits integer   requests or jobs that were hit
---@field matched integer  requests or jobs that match the route and the time
---@field of_job boolean

---@return FaultTally[]  one per rule
function Faults:tally()
  local list = json.array {}
  for i, state in ipairs(self.rules) do
    local action = state.rule["do"]
    list[i] = {
      rule = i, ["do"] = action, route = state.rule.route, hits = state.done,
      matched = state.matched, of_job = faults.ACTIONS[action].of_job or false,
    }
  end
  return list
end

---A reproducible number from 0 to 1, for a fault that hits a share of a job's users.
---@param key string  identifies the user
---@return number
function faults.share_of(key)
  local state = { random = 0 }
  for i = 1, #key do state.random = state.random * 31 + key:byte(i) end
  random(state)
  return random(state)
end

return faults
