--- Prove: verifies known cleartexts against the hashes that a recipe maps, before anything is sent.
--- On a mismatch it searches for the right mapping. No network; cleartexts are never stored.

local clock = require "host.clock"
local connect = require "auth0.api.connect"
local search = require "auth0.search"
local json = require "host.json"
local kept_record = require "check.kept_record"
local kinds = require "recipe.kinds"
local pipeline = require "stage.pipeline"
local progress = require "stage.progress"
local prove_lines = require "check.prove_lines"
local prove_users = require "check.prove_users"
local recipe_params = require "recipe.params"
local recipe_text = require "check.recipe_text"
local scheduler = require "base.scheduler"
local signals = require "base.signals"
local source_pages = require "stage.source_pages"
local user_rules = require "auth0.user"
local verify = require "auth0.hash.verify"

local prove = {}

-- Of processor time: a busy machine finds no less.
prove.SEARCH_SECONDS = 15 -- for one login
prove.ALL_SECONDS = 60 -- for all searches
local MOST_SECRETS <const> = 4 -- each is tried with every salt
local PAUSE <const> = 0.05 -- seconds of a search between two checks for signals
local PEPPER <const> = "a secret that the system adds to passwords (--pepper-file)"
local REJECTED <const> = 3
local INTERRUPTED <const> = "interrupted; nothing was kept"

---@class ProvenLogin
---@field id string
---@field result "yes"|"no"|"missing"|"untold"|"refused"  refused: it matches, but is not imported
---@field position? integer   of its record
---@field at? string
---@field algorithm? string   of the mapped hash
---@field blocked? true       the recipe maps the user as blocked: the login will be refused
---@field refused? RefusedRecord  why its record was not mapped, or the user would be rejected
---@field reason? string
---@field line? string        of a mapping that verifies
---@field needs? string[]     what the line needs besides, a sentence each
---@field parameter? string   what may do in place of the line: "password_format=sha1_salted"
---@field unsuited? integer   how many of the other logins that have a line, or need none, the line
---                           does not suit
---@field others? integer     without a line: how many other logins the recipe's mapping matches
---@field unfinished? boolean the search ran out of time
---@field untried? string[]   what it did not try
---@field cleartext? string   the expression of a value of the record that holds the password itself

---Maps the source until each login has its user: sink, nil, records read; or nil, message, kind.
local function find(recipe, settings, ui, list, interrupted)
  local connection, message, kind = connect.offline(settings)
  if message then return nil, message, kind end
  local sink = prove_users.new(list, function() return kept_record.keep(recipe.state) end)
  local pipe = pipeline.new { recipe = recipe, connection = connection, sink = sink }
  local pause, finish = progress.new {
    ui = ui, interrupted = interrupted, message = INTERRUPTED,
  }
  local served <close>, why, what = source_pages.serve(recipe, settings, ui, {
    interrupted = interrupted, wanted = settings.limit,
  })
  if not served then return nil, why, what end
  local done
  done, message, kind = pipe:run(pause, settings.limit)
  finish()
  if not done and sink.remaining > 0 then return nil, message, kind end
  return sink, nil, pipe.position
end

---@class Proving  the logins of one call, one after the other
---@field sink ProveUsers
---@field secrets SearchSecret[]
---@field text RecipeText
---@field lines string[]          found so far, the last one first
---@field tried TriedUser[]       with a line, or verified
---@field last number             when all searches end, by clock.cpu
---@field index integer           of the login
---@field n integer               logins
---@field interrupted fun(): boolean
---@field is_brief? boolean       nothing is searched
---@field ui table
local Proving = {}
Proving.__index = Proving

---Starts the time of a search. Returns a function that shows progress and says whether it ends.
function Proving:pause()
  local first = clock.cpu()
  local last, passed = math.min(self.last, first + prove.SEARCH_SECONDS), 0
  return function(stage)
    local now = clock.cpu()
    if now - passed > PAUSE then
      passed = now
      scheduler.pass()
      self.ui:progress {
        phase = "search", share = (now - first) / math.max(1, last - first),
        detail = string.format("login %d of %d, %s, at most %d s left", self.index, self.n, stage,
          math.ceil(math.max(0, last - now))),
      }
    end
    return self.interrupted() or now > last
  end
end

---Searches for a mapping that matches, those found before first.
function Proving:search(proven, input)
  if self.is_brief then return end
  input.known, input.pause = self.lines, self:pause()
  local answer = search.search(input)
  proven.line, proven.reason, proven.unfinished = answer.line, answer.reason, answer.unfinished
  local untried = answer.untried or {}
  if answer.is_unknown and #self.secrets == 0 then untried[#untried + 1] = PEPPER end
  proven.untried = #untried > 0 and json.array(untried) or nil
  proven.cleartext = answer.cleartext
  if not answer.line then return end
  proven.parameter = self.text:parameter(answer.user)
  for i, line in ipairs(self.lines) do
    if line == answer.line then table.remove(self.lines, i) end
  end
  table.insert(self.lines, 1, answer.line)
end

---@param found NamedUser
---@param one Login
---@return ProvenLogin
function Proving:judged(found, one)
  local user = found.user
  local proven = {
    id = one.id, position = found.position, at = found.at, refused = found.refused,
    algorithm = user_rules.algorithm(user), blocked = user.blocked == true or nil,
  }
  local kept = found.kept
  local input = {
    user = user, record = kept and kept.record, cleartext = one.password, secrets = self.secrets,
    mentions = function(name) return self.text:mentions(name) end,
    run = kept and function(...) return kept:run(...) end,
  }
  local fits, reason = verify.password(user, one.password)
  local untold = fits == nil and user_rules.has_password(user)
  proven.result = "no"
  if fits then
    proven.result = found.refused and "refused" or "yes"
  elseif untold and not found.refused then
    proven.result, proven.reason = "untold", reason
  else
    self:search(proven, input)
    if untold and not proven.line then proven.result, proven.reason = "untold", reason end
  end
  if fits or proven.line then
    table.insert(self.tried, {
      proven = proven, input = input, verified = fits or false, suited = {},
      pause = function() return self:pause() end,
    })
  end
  return proven
end

---What is known only once all logins were tried.
function Proving:settle(proven)
  local matched = 0
  for _, one in ipairs(self.tried) do matched = matched + (one.verified and 1 or 0) end
  local common = prove_lines.settle(self.tried)
  for _, one in ipairs(proven) do
    if one.line then
      one.needs = json.array(self.text:needs(one.line))
    elseif one.result == "no" and one.algorithm and matched > 0 then
      one.others = matched
    end
  end
  return common
end

---The secrets that may be a pepper: those given, and the recipe's secret parameters.
---@param recipe LoadedRecipe
---@param given SearchSecret[]
---@return SearchSecret[]
local function secrets_of(recipe, given)
  local list, seen = {}, {}
  local function add(name, value)
    local is_new = type(value) == "string" and value ~= "" and not seen[value]
    if not is_new or #list >= MOST_SECRETS then return end
    list[#list + 1], seen[value] = { name = name, value = value }, true
  end
  for _, name in ipairs(recipe_params.names(recipe.declared)) do
    if kinds.is_secret(recipe.declared[name]) then add(name, recipe.params[name]) end
  end
  for _, secret in ipairs(given) do add(secret.name, secret.value) end
  return list
end

local function statement(recipe, proven, common, needs)
  local verified = 0
  for _, one in ipairs(proven) do
    if one.result == "yes" then verified = verified + 1 end
  end
  return {
    recipe = recipe.name, exit = verified == #proven and 0 or REJECTED, tried = #proven,
    verified = verified, logins = json.array(proven), line = common or json.null,
    needs = json.array(needs), next = json.null,
  }
end

---@param recipe LoadedRecipe
---@param settings Settings
---@param ui table
---@param options {logins: Login[], secrets: SearchSecret[], is_brief?: boolean}  brief: only what
---  the recipe maps is tried, nothing is searched
---@return table? report  {exit, tried, verified, logins: ProvenLogin[]; line, needs: of all logins}
---@return string? message
---@return Kind? kind
function prove.run(recipe, settings, ui, options)
  local stopped = false
  local function interrupted() return stopped end
  local watched = signals.watch(function() stopped = true end, function() os.exit(130) end)
  local sink, message, kind = find(recipe, settings, ui, options.logins, interrupted)
  local self, proven = setmetatable({
    sink = sink, secrets = secrets_of(recipe, options.secrets), text = recipe_text.new(recipe),
    lines = {}, tried = {}, last = clock.cpu() + prove.ALL_SECONDS, n = #options.logins, index = 0,
    interrupted = interrupted, is_brief = options.is_brief, ui = ui,
  }, Proving), {}
  for index, one in ipairs(sink and options.logins or {}) do
    local found = sink.found[index]
    self.index = index
    if found then
      proven[index] = self:judged(found, one)
    else
      proven[index] = sink:missing(index, kind --[[@as integer]])
      proven[index].id = one.id
    end
  end
  local common = self:settle(proven)
  watched:close()
  if stopped then return nil, INTERRUPTED, "interrupted" end
  if not sink then return nil, message, kind end
  return statement(recipe, proven, common, common and self.text:needs(common) or {})
end

return prove
