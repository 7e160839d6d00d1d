--- Prove: known cleartexts against the hashes that a recipe maps, before anything is sent. On a
--- miss it searches what the mapping would have to be. No network; cleartexts are kept nowhere.

local clock = require "host.clock"
local connect = require "migrate.connect"
local guess = require "auth0.guess"
local json = require "host.json"
local pipeline = require "migrate.pipeline"
local scheduler = require "base.scheduler"
local schema = require "auth0.schema"
local signals = require "migrate.signals"
local user_rules = require "auth0.user"
local verify = require "auth0.verify"

local prove = {}

local SEARCH_SECONDS <const> = 15 -- own seconds for one login
local ALL_SECONDS <const> = 90 -- own seconds for all searches
local PAUSE <const> = 0.05 -- seconds between two looks at the clock and at signals
local REJECTED <const> = 3

---@class ProvenLogin
---@field id string
---@field result "yes"|"no"|"missing"|"untold"
---@field position? integer   of its record
---@field at? string
---@field algorithm? string   of the mapped hash
---@field rejected? string    why the import would refuse the user
---@field reason? string
---@field line? string        of a mapping that verifies
---@field unfinished? boolean the search had no time for more

-- Finding the users -------------------------------------------------------------------------------

---@class ProveSink : Sink
---@field waiting table<string, integer[]>  places of logins, by what may name them
---@field found table<integer, table>
---@field left integer
local ProveSink = {}
ProveSink.__index = ProveSink

local function new_sink(list)
  local waiting = {}
  for place, one in ipairs(list) do
    local names = { [one.id] = true, [one.id:lower()] = true, [one.id:gsub("^auth0|", "")] = true }
    for name in pairs(names) do
      waiting[name] = waiting[name] or {}
      table.insert(waiting[name], place)
    end
  end
  return setmetatable({ waiting = waiting, found = {}, left = #list }, ProveSink)
end

---Notes a user whom a login names; the first of several counts.
function ProveSink:note(user, position, at, record, rejected)
  for _, name in pairs(user_rules.identifiers(user)) do
    for _, place in ipairs(self.waiting[name] or {}) do
      if not self.found[place] then
        self.found[place] = {
          user = user, position = position, at = at, record = json.materialize(record),
          rejected = rejected,
        }
        self.left = self.left - 1
      end
    end
  end
  if self.left > 0 then return true end
  return nil, "every login has its user", "interrupted"
end

function ProveSink:user(user, position, at, record)
  return self:note(user, position, at, record)
end

function ProveSink:rejected(rejection)
  if not rejection.user then return true end
  return self:note(rejection.user, rejection.position, rejection.at, rejection.record,
    rejection.message)
end

function ProveSink.skipped()
  return true
end

---Maps the source until each login has its user.
---@return ProveSink?
---@return string? message
---@return Kind? kind
local function find(recipe, settings, ui, list, interrupted)
  local connection, message, kind = connect.offline(settings)
  if message then return nil, message, kind end
  local sink = new_sink(list)
  local pipe = pipeline.new {
    recipe = recipe, validator = schema.for_connection(connection), sink = sink,
    duplicates = { judge = function() end },
  }
  local began, paused = clock.monotonic(), 0
  local done
  done, message, kind = pipe:run(function(position, source)
    local now = clock.monotonic()
    if now - paused < PAUSE then return true end
    paused = now
    scheduler.pass()
    if interrupted() then return nil, "interrupted; nothing was kept", "interrupted" end
    ui:progress {
      phase = "stage", done = position, share = source.progress and source:progress() or nil,
      seconds = now - began,
    }
    return true
  end, settings.limit)
  ui:progress { phase = "stage", finished = true, seconds = clock.monotonic() - began }
  if not done and sink.left > 0 then return nil, message, kind end
  return sink
end

-- Judging them ------------------------------------------------------------------------------------

---Whether a search has to end: its time is over, or somebody wants it. Shows how far it is.
local function new_pause(elapsed, last, interrupted, ui)
  local passed, first = 0, elapsed()
  return function()
    local now = clock.monotonic()
    if now - passed > PAUSE then
      passed = now
      scheduler.pass()
      ui:progress { phase = "search", share = (elapsed() - first) / math.max(1, last - first) }
    end
    return interrupted() or elapsed() > last
  end
end

---@param found table        of the sink
---@param one Login
---@param pepper? string
---@param pause fun(): boolean
---@return ProvenLogin
local function judged(found, one, pepper, pause)
  local user = found.user
  local proven = {
    id = one.id, position = found.position, at = found.at, rejected = found.rejected,
    algorithm = user_rules.algorithm(user),
  }
  local fits, reason = verify.password(user, one.password)
  if fits then
    proven.result = "yes"
    return proven
  elseif fits == nil and user_rules.has_password(user) then
    proven.result, proven.reason = "untold", reason
    return proven
  end
  local answer = guess.search {
    user = user, record = found.record, cleartext = one.password, pepper = pepper, pause = pause,
  }
  proven.result, proven.line, proven.reason = "no", answer.line, answer.reason
  proven.unfinished = answer.unfinished
  return proven
end

local function statement(recipe, proven)
  local verified = 0
  for _, one in ipairs(proven) do
    if one.result == "yes" then verified = verified + 1 end
  end
  return {
    recipe = recipe.name, exit = verified == #proven and 0 or REJECTED, tried = #proven,
    verified = verified, logins = json.array(proven), next = json.null,
  }
end

---@param recipe Recipe
---@param settings Settings
---@param ui table
---@param options {logins: Login[], pepper?: string}
---@return table? report  {exit, tried, verified, logins: ProvenLogin[]}
---@return string? message
---@return Kind? kind
function prove.run(recipe, settings, ui, options)
  local stopped = false
  local function interrupted() return stopped end
  local watched = signals.watch(function() stopped = true end, function() os.exit(130) end)
  local sink, message, kind = find(recipe, settings, ui, options.logins, interrupted)
  local elapsed, proven = scheduler.clock(settings.time_scale).elapsed, {}
  local last = elapsed() + ALL_SECONDS
  for place, one in ipairs(sink and options.logins or {}) do
    local found = sink.found[place]
    proven[place] = found
      and judged(found, one, options.pepper,
        new_pause(elapsed, math.min(last, elapsed() + SEARCH_SECONDS), interrupted, ui))
      or { id = one.id, result = "missing", reason = "no user that the recipe maps has this name" }
  end
  watched:close()
  if stopped then return nil, "interrupted; nothing was kept", "interrupted" end
  if not sink then return nil, message, kind end
  return statement(recipe, proven)
end

return prove
