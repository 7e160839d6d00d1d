--- Prove: verifies known cleartexts against the hashes that a recipe maps, before anything is sent.
--- On a mismatch it searches for the right mapping. No network; cleartexts are never stored.

local clock = require "host.clock"
local connect = require "auth0.api.connect"
local search = require "auth0.search"
local json = require "host.json"
local pipeline = require "stage.pipeline"
local progress = require "stage.progress"
local prove_users = require "check.prove_users"
local scheduler = require "base.scheduler"
local signals = require "base.signals"
local user_rules = require "auth0.user"
local verify = require "auth0.hash.verify"

local prove = {}

local SEARCH_SECONDS <const> = 15 -- own seconds for one login
local ALL_SECONDS <const> = 90 -- own seconds for all searches
local PAUSE <const> = 0.05 -- seconds of a search between two checks for signals
local REJECTED <const> = 3
local INTERRUPTED <const> = "interrupted; nothing was kept"

---@class ProvenLogin
---@field id string
---@field result "yes"|"no"|"missing"|"untold"|"refused"  refused: it matches, but is not imported
---@field position? integer   of its record
---@field at? string
---@field algorithm? string   of the mapped hash
---@field refused? RefusedRecord  why its record was not mapped, or the user would be rejected
---@field reason? string
---@field line? string        of a mapping that verifies
---@field unfinished? boolean the search ran out of time

---Maps the source until each login has its user: sink, nil, records read; or nil, message, kind.
local function find(recipe, settings, ui, list, interrupted)
  local connection, message, kind = connect.offline(settings)
  if message then return nil, message, kind end
  local sink = prove_users.new(list)
  local pipe = pipeline.new { recipe = recipe, connection = connection, sink = sink }
  local pause, finish = progress.new {
    ui = ui, interrupted = interrupted, message = INTERRUPTED,
  }
  local done
  done, message, kind = pipe:run(pause, settings.limit)
  finish()
  if not done and sink.remaining > 0 then return nil, message, kind end
  return sink, nil, pipe.position
end

---Returns a function that shows progress and says whether a search has to end.
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

---@return ProvenLogin
local function judged(found, one, pepper, pause)
  local user = found.user
  local proven = {
    id = one.id, position = found.position, at = found.at, refused = found.refused,
    algorithm = user_rules.algorithm(user),
  }
  local fits, reason = verify.password(user, one.password)
  local untold = fits == nil and user_rules.has_password(user)
  if fits then
    proven.result = found.refused and "refused" or "yes"
    return proven
  elseif untold and not found.refused then
    proven.result, proven.reason = "untold", reason
    return proven
  end
  local answer = search.search {
    user = user, record = found.record, cleartext = one.password, pepper = pepper, pause = pause,
  }
  proven.result, proven.line, proven.reason = "no", answer.line, answer.reason
  proven.unfinished = answer.unfinished
  if untold and not answer.line then proven.result, proven.reason = "untold", reason end
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

---@param recipe LoadedRecipe
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
  for index, one in ipairs(sink and options.logins or {}) do
    local found = sink.found[index]
    if found then
      proven[index] = judged(found, one, options.pepper,
        new_pause(elapsed, math.min(last, elapsed() + SEARCH_SECONDS), interrupted, ui))
    else
      proven[index] = sink:missing(index, kind --[[@as integer]])
      proven[index].id = one.id
    end
  end
  watched:close()
  if stopped then return nil, INTERRUPTED, "interrupted" end
  if not sink then return nil, message, kind end
  return statement(recipe, proven)
end

return prove
