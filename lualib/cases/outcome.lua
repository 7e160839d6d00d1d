--- What comes out of a case: the users, and what became of the other records, by the pipeline of a
--- run.

local advice = require "auth0.advice"
local cassette = require "cases.cassette"
local failure = require "base.failure"
local file = require "host.file"
local foreign = require "base.foreign"
local json = require "host.json"
local losses = require "journal.losses"
local params = require "recipe.params"
local path = require "base.path"
local place = require "cases.place"
local player = require "cases.cassette.player"
local recipe = require "recipe"
local repair = require "recipe.repair"
local sample = require "source.sample"
local schema = require "auth0.schema"
local source_pages = require "stage.source_pages"
local stage = require "stage"
local user_rules = require "auth0.user"

local outcome = {}

local SEED <const> = 1 -- of math.random

---@class CaseOutcome
---@field read integer             records
---@field users CaseUser[]
---@field rejected CaseRejection[] records and users that would not be sent
---@field skipped {at: string, reason: string}[]
---@field warnings table<string, integer>
---@field failed? string           why the source could not be read to its end
---@field gave_up? string          why `fix` repaired nothing
---@field notes string[]           about how the case ran, a sentence each

---@class CaseUser
---@field text string  JSON, as it would be sent
---@field user User
---@field at string
---@field lost LostSet  what the user loses, and why

---@class CaseRejection
---@field at string
---@field errors {code: string, path: string, message: string}[]

---@class CaseSink : Sink
---@field made CaseOutcome
local CaseSink = {}
CaseSink.__index = CaseSink

function CaseSink:user(mapped, _, at)
  local text = mapped.draft:text()
  table.insert(self.made.users, {
    text = text, user = json.decode(text), at = at,
    code = losses.code(mapped.lost, mapped.algorithm ~= nil),
  })
  return true
end

function CaseSink:rejected(rejection)
  table.insert(self.made.rejected, { at = rejection.at, errors = rejection.errors })
  return true
end

function CaseSink:skipped(_, at, reason)
  table.insert(self.made.skipped, { at = at, reason = reason })
  return true
end

-- Warnings about a source as a whole, which one record of it cannot settle.
local OF_SOURCES <const> = {
  unknown_column = true, unknown_member = true, other_shape = true, delimiter = true,
  unknown_key = true,
}

---Tells what the users lose, now that all of it is known.
local function add_losses(made, pipe)
  local sets = pipe:losses(0)
  for _, one in ipairs(made.users) do one.lost = losses.of(one.code, sets) end
end

local function add_warnings(made, pipe, is_record)
  for name, warning in pairs(pipe.warnings) do
    if not (is_record and OF_SOURCES[name]) then made.warnings[name] = warning.n end
  end
  for name, warning in pairs(pipe:own_warnings()) do made.warnings[name] = warning.n end
end

---@class CaseWorld  what all cases of a call share
---@field env fun(name: string): string?
---@field limits table          of the recipe, see StateOptions
---@field formats table<string, CaseFormat>  of records, by the parameters of a case
---@field connection? table     settings of auth0.connection
---@field pause fun(position: integer, source: table): true?, string?, Kind?

---Variables of the machine set no parameter of a test.
local function without_params(env)
  return function(name, is_secret)
    if name:find("^AUTH0_MIGRATE_PARAM_") then return nil end
    return env(name, is_secret)
  end
end

---The recipe of a case, in a state of its own. Nothing is granted to it but its files.
---@param world CaseWorld
---@param case Case
---@param at? CasePlace  nil: it is not to run
---@param print? fun()
---@return LoadedRecipe
local function load(world, case, at, print)
  local loaded, message, kind = recipe.load(case.file.recipe, {
    params = at and at.params or params.UNRESOLVED, named = at and at.named or {},
    env = without_params(world.env), limits = world.limits, print = print,
    fixed = { time = case.now, seed = SEED, utc = true },
  })
  if not loaded then failure.raise(message --[[@as string]], kind) end
  return loaded
end

local function quietly() end

---What distinguishes the parameters of cases, but for the file of the record.
local function key_of(case, at)
  local words = { case.file.recipe }
  for name, value in pairs(at.params) do
    if value ~= at.record then words[#words + 1] = name .. "\0" .. value end
  end
  table.sort(words)
  return table.concat(words, "\0\0")
end

---@class CaseFormat  how the recipe's source reads the file of a record
---@field sample? SampleFormat|false  see recipe.inside.samples
---@field why? string           the source failed before

---Runs the recipe's source until it reads the file of a record, once for all cases alike.
---@return CaseFormat
local function format_of(world, case, at)
  local key = key_of(case, at)
  if not world.formats[key] then
    local probed = load(world, case, at, quietly)
    local ok, err = probed.state:run("sample", at.record or "")
    local found = probed.state:must("sampled")
    probed.state:close()
    world.formats[key] = {
      sample = found, why = not ok and found == nil and err.message or nil,
    }
  end
  return world.formats[key]
end

---How the recipe's source reads the record of a case.
---@param world CaseWorld
---@param case Case
---@param declared table<string, ParamDeclaration>
---@return SampleFormat|false|nil
function outcome.format(world, case, declared)
  local at <close> = place.new(case, declared)
  at:prepare()
  return format_of(world, case, at).sample
end

---Makes the recipe of a case read its record: in a file, if the format of its reader is known, else
---in place of its source.
---@return LoadedRecipe
local function with_record(world, case, at, made)
  local lines, format = { case.record }, format_of(world, case, at)
  local loaded = load(world, case, at)
  if format.sample and sample.is_written(format.sample) then
    local text, wrong = sample.text(format.sample, lines)
    if not text then
      failure.raise(string.format("%s:%d: %s", case.file.name, case.line, wrong), "usage")
    end
    failure.check(file.write(at.record, text))
    return loaded
  end
  if format.why then
    made.notes[1] = "the recipe's source failed, and map got the record as it is: "
      .. foreign.words(format.why)
  end
  loaded.state:run("sample", at.record or "") -- for what the source prepares
  loaded.state:must("sampled")
  loaded.state:must("give", format.sample and sample.texts(lines) or lines)
  return loaded
end

---The recorded answers of a case.
---@return Cassette?
local function cassette_of(case)
  if not case.cassette then return nil end
  local is_shipped = case.file.folder == nil
  local found, message = cassette.read(case.file.cassettes, case.cassette, is_shipped)
  if found then return found end
  failure.raise(string.format("%s:%d: %s", case.file.name, case.line, message), "usage")
end

---Maps the records of a case.
local function map(world, case, at, made)
  local loaded = case.record and with_record(world, case, at, made) or load(world, case, at)
  local recorded = cassette_of(case)
  local _ <close> = recorded and source_pages.replay(loaded,
    player.new(case.cassette, recorded), path.join(at.folder, "pages")) or nil
  local spool = failure.check(file.temporary())
  local pipe = failure.check(stage.pipeline(loaded, {
    connection = world.connection, spool = spool,
  }, setmetatable({ made = made }, CaseSink)))
  local done, message, kind = pipe:run(world.pause, recorded and recorded.records)
  pipe.duplicates:close()
  file.remove_tree(spool)
  if kind == "interrupted" then failure.raise(message, kind) end
  made.failed = not done and message or nil
  made.read = pipe.position
  add_losses(made, pipe)
  add_warnings(made, pipe, case.record ~= nil)
  return loaded
end

---Whether a repaired user could be sent; notes why not.
local function accept(world, made, user)
  user_rules.normalise(user)
  local errors = {}
  for _, finding in ipairs(schema.for_connection(world.connection):check(user) or {}) do
    if not finding.warning then errors[#errors + 1] = advice.of(user, finding) end
  end
  local text = json.encode(user, user_rules.ORDER)
  if #errors > 0 then
    made.users, made.rejected = {}, { { at = "fix", errors = errors } }
  else
    made.users = { { text = text, user = json.decode(text), at = "fix" } }
  end
end

---Repairs the user that failed: that of the case, or the one that came out of its record.
local function fix(world, case, loaded, made)
  local failed = case.fix.user or made.users[1] and made.users[1].user
  if not failed then return end
  local refused = { position = 1, at = "fix" }
  for name, value in pairs(case.fix.failure) do refused[name] = value end
  refused.user = user_rules.normalise(failed)
  made.users = {}
  if not repair.is_for(loaded, refused.errors) then
    made.gave_up = "the recipe has no fix for " .. refused.code
    return
  end
  local user, why = repair.user(loaded, refused)
  if not user then
    made.gave_up = tostring(why)
    return
  end
  accept(world, made, user)
end

---Runs a case; raises a failure if it cannot be run as it is written.
---@param world CaseWorld
---@param case Case
---@param declared table<string, ParamDeclaration>
---@return CaseOutcome
function outcome.of(world, case, declared)
  local made = {
    read = 0, users = {}, rejected = {}, skipped = {}, warnings = {}, notes = {},
  }
  local at <close> = place.new(case, declared)
  at:prepare()
  local is_mapped = case.record or case.input or case.cassette or case.is_whole
  local loaded = is_mapped and map(world, case, at, made) or load(world, case, at)
  if case.fix then fix(world, case, loaded, made) end
  loaded.state:close()
  return made
end

---The parameters that a recipe declares, of what it is told as it is loaded.
---@param world CaseWorld
---@param case Case  the first of its file
---@return table<string, ParamDeclaration>
function outcome.declared(world, case)
  local loaded = load(world, case, nil, quietly)
  loaded.state:close()
  return loaded.declared
end

return outcome
