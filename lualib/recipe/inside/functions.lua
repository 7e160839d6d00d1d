--- What the program may call by name in a recipe's state. Arguments and results are plain values.

local errors = require "recipe.inside.errors"
local exports = require "recipe.inside.exports"
local fields = require "recipe.fields"
local fixers = require "auth0.fixers"
local globals = require "recipe.inside.globals"
local json = require "host.json"
local kept_records = require "recipe.inside.kept_records"
local lookups = require "recipe.inside.lookups"
local losses = require "recipe.inside.losses"
local mapper = require "recipe.inside.mapper"
local modules = require "recipe.inside.modules"
local origins = require "recipe.inside.origin"
local run = require "recipe.inside.run"
local samples = require "recipe.inside.samples"
local type_name = require "base.type_name"
local unread_values = require "recipe.inside.unread_values"

local functions = {}

---@class RecipeFacts  a recipe as plain values
---@field name? string
---@field about? RecipeAbout
---@field params table<string, ParamDeclaration>
---@field needs? table
---@field import? ImportOptions
---@field retry? RetryOptions
---@field finalize? {rounds?: integer}
---@field dedupe? string[]
---@field fixes? string[]  codes that `fix` repairs; empty if it is one function for all
---@field functions table<string, true>  fields that are functions

local OPTIONAL <const> = { "import", "retry", "finalize", "dedupe" }

---@param recipe Recipe
---@return RecipeFacts
local function facts_of(recipe)
  local facts = {
    name = recipe.name, about = recipe.about, params = recipe.params or {}, needs = recipe.needs,
    functions = {},
  }
  for _, field in ipairs(OPTIONAL) do
    if type(recipe[field]) == "function" then
      facts.functions[field] = true
    else
      facts[field] = recipe[field]
    end
  end
  if type(recipe.fix) == "function" then facts.fixes = {} end
  if type(recipe.fix) == "table" then
    facts.fixes = {}
    for code in pairs(recipe.fix) do table.insert(facts.fixes, code) end
  end
  return facts
end

---Numbers for functions of the recipe that the program calls later.
local function new_numbers()
  local list = {}
  return function(fn)
    list[#list + 1] = fn
    return #list
  end, function(number)
    local fn = list[number]
    list[number] = false
    return fn
  end
end

---Where a function begins: "shop.lua:12".
local function place_of(debug, fn)
  if type(fn) ~= "function" then return nil end
  local about = debug.getinfo(fn, "S")
  return about.short_src .. ":" .. about.linedefined
end

---@param parts InsideParts
---@return table<string, function>
function functions.new(parts)
  local state = { warnings = {}, params = {}, variables = {} }
  local origin = exports.parts(parts, function() return state.modules end)
  local own = {}
  local helpers, unread = unread_values.new()
  local lost = losses.new()
  helpers.migrate = parts.require_open("migrate.face").new(state.warnings, unread,
    function() return state.mapper and state.mapper:place() end,
    function(what, reason) unread.lost = lost:add(unread.lost, what, reason) end)
  local function is_read()
    return not state.mapper or state.mapper:running() ~= "idle"
  end
  local lookup_module, lookups_used, lookups_warned = lookups.new(
    parts.require_open "source.lookup", is_read)
  helpers["source.lookup"] = lookup_module
  helpers["source.join"] = parts.require_open("source.join").over(lookup_module, is_read)
  helpers["source.sql"] = parts.require_open("source.sql").over(function(...)
    return parts.door.ask("database", ...)
  end)
  json.unnoted(parts.unnoted_sources)
  helpers.cjson = parts.host_module("cjson").new()
  local keep, take = new_numbers()

  local records = parts.require_open "source.records"
  for name, fn in pairs(samples.new(state, records)) do own[name] = fn end

  ---Runs the text of a recipe. Nil and a message for one that is not a recipe.
  ---@return RecipeFacts?
  ---@return string? message
  function own.load(text, where, options)
    local env, box
    parts.open_files(options.files)
    env = globals.new(parts, { env = state.variables, fixed = options.fixed },
      function(name) return box:require(name) end)
    box = modules.new(parts, env, helpers, {
      ["source.http"] = function(module)
        return module.asking(function(...) return parts.door.ask("pages", ...) end)
      end,
    })
    state.modules = box
    local chunk, message = box:compile(text, where)
    if not chunk then return nil, message end
    local value = chunk()
    local wrong = fields.check(value)
    if wrong then return nil, where .. ": " .. wrong end
    state.recipe = value
    return facts_of(value)
  end

  ---What the recipe gets after loading.
  ---@param values table<string, any>
  ---@param variables table<string, string|true>  granted environment variables
  ---@param files host.gate.Rules
  function own.set_params(values, variables, files)
    parts.open_files(files)
    for name, value in pairs(values) do state.params[name] = value end
    for name, value in pairs(variables) do state.variables[name] = value end
  end

  ---Where the recipe's function begins that runs now.
  local function running()
    local name = state.calling or state.mapper and state.mapper:running()
    return state.recipe and place_of(parts.stock.debug, state.recipe[name])
  end

  function own.describe(err, stack, trace)
    local described = errors.describe(err, stack, trace, origin)
    if described.where then return described end
    if described.kind == "fatal" then described.where = running() end
    if not state.recipe and stack then described.where = origins.line(stack, origin) end
    return described
  end

  own.open_files = parts.open_files

  function own.warnings()
    return state.warnings
  end

  ---The sets of losses behind a number, see recipe.inside.losses.
  function own.losses(number)
    return lost:after(number)
  end

  ---@class RecipeUse
  ---@field hashes boolean  a builder of password hashes was called
  ---@field lookups table<string, LookupCoverage>

  ---What the recipe's helpers were used for, so far.
  ---@return RecipeUse
  function own.used()
    return { hashes = unread.called or false, lookups = lookups_used() }
  end

  ---@param options MapperOptions
  function own.prepare(options)
    state.mapper = mapper.new({
      recipe = state.recipe, params = state.params, door = parts.door, unread = unread,
      losses = lost,
      map_at = place_of(parts.stock.debug, state.recipe.map),
    }, options)
  end

  for _, name in ipairs {
    "next", "seek", "interrupted", "choose", "show", "shape", "notes", "remaining", "progress",
  } do
    own[name] = function(...)
      state.mapper:sync()
      return state.mapper[name](state.mapper, ...)
    end
  end

  ---Keeps the last record, for lines that the program will try. Returns its number.
  function own.keep_record()
    state.mapper:sync()
    state.kept = state.kept or kept_records.new(state.modules, state.params)
    return state.kept:keep(state.mapper.record)
  end

  function own.kept_record(number)
    return state.kept:get(number)
  end

  ---The value of an expression for a record that was kept, see recipe.inside.kept_records.
  function own.try_line(...)
    return state.kept:run(...)
  end

  ---Ends the reading: warnings of the source, and of the lookups.
  function own.finish()
    local warnings = state.mapper:finish()
    local more = lookups_warned()
    return table.move(more, 1, #more, #warnings + 1, warnings)
  end

  function own.open()
    state.mapper:open()
    parts.door.step(state.mapper:stepper())
  end

  function own.retry(refused)
    state.calling = "retry"
    return state.recipe.retry(refused)
  end

  ---Repairs a user: its JSON, and the options that the fixer returned; or nil and why not.
  ---@param text string
  ---@param refused RunFailure  without its user
  function own.fix(text, refused)
    local fix = state.recipe.fix
    state.calling = "fix"
    if type(fix) == "table" then fix = fixers.all(fix) end
    refused.user = json.decode(text)
    local user, more = fix(json.decode(text), refused)
    if user == nil then return nil, more and tostring(more) or "the recipe's fix gave up" end
    if type(user) ~= "table" then return nil, "the recipe's fix returned " .. type_name.a(user) end
    local written, why = json.encode(user)
    if not written then return nil, "the recipe's fix returned a user with " .. why end
    return written, type(more) == "table" and {
      why = more.why and tostring(more.why) or nil, upsert = more.upsert == true or nil,
      delete_ghost = more.delete_ghost == true or nil,
    } or nil
  end

  ---The body of a task: `import`, `finalize`, or a function that was spawned.
  ---@param name string|integer
  ---@param facts table  plain fields of the run
  function own.drive(name, facts)
    if type(name) == "number" then return take(name)() end
    state.run = state.run or run.new(parts.door, keep, facts, state.params)
    return state.recipe[name](state.run)
  end

  return own
end

return functions
