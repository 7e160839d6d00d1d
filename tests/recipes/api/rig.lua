--- Runs shipped recipes with `input=api` against the servers of tests/apis, as `check` does.

local file = require "host.file"
local grants = require "recipe.grants"
local json = require "host.json"
local needs = require "recipe.needs"
local recipe_rig = require "tests.recipes.rig"
local recipes = require "recipe"
local scheduler = require "base.scheduler"
local server = require "tests.apis.server"
local source_pages = require "stage.source_pages"
local stage = require "stage"
local tap = require "tests.tap"

local rig = {}

-- What goes wrong in each test of a whole list: throttles, failures, an answer that is cut off.
rig.TROUBLE = { throttle_every = 4, throttle_wait = 0, fail_every = 5, cut = 1, cut_as = "json" }

local SPEED <const> = 20 -- of waits that no server asks for
local PREFIX <const> = "AUTH0_MIGRATE_PARAM_"
local UI <const> = { say = function() end, progress = function() end, outage = function() end }

---@class ApiRun
---@field users User[]
---@field left_out string[]  codes of rejected and reasons of skipped records, in order
---@field warnings table<string, PipelineWarning>
---@field message? string    why the source could not be read
---@field counts ApiCounts   of the server

---Maps all that the source gives; within the scheduler.
local function mapped(name, params, environment, folder)
  local made = { users = {}, left_out = {}, warnings = {} }
  local function leave(_, rejection)
    table.insert(made.left_out, rejection.code)
    return true
  end
  local loaded = assert(recipes.load(name, {
    params = params, env = function(variable) return environment[variable] end,
    settle = function(facts) -- what a shipped recipe declares, it has
      return grants.new { needs = assert(needs.expand(facts.needs, facts.params)), agreed = true }
    end,
  }))
  local _ <close> = assert(source_pages.serve(loaded, { time_scale = SPEED }, UI,
    { directory = folder .. "/p" }))
  local pipe = assert(stage.pipeline(loaded, { spool = folder }, {
    user = function(_, one)
      table.insert(made.users, one:user())
      return true
    end,
    rejected = leave,
    skipped = function(_, _, _, reason) return leave(nil, { code = reason }) end,
  }))
  local _, message = pipe:run(function() return true end)
  made.message = message
  for _, list in ipairs { pipe.warnings, pipe:own_warnings() } do
    for code, warning in pairs(list) do made.warnings[code] = warning end
  end
  pipe.duplicates:close()
  return made
end

---Runs a recipe on a server that is there; within the scheduler.
---@param name string    of the recipe
---@param domain string  of the server
---@param params table<string, string>  besides input and domain
---@return ApiRun
function rig.at(name, domain, params)
  local folder, environment = assert(file.temporary()), {} -- where secrets may be
  for key, value in pairs(params) do environment[PREFIX .. key:upper()] = value end
  local made = mapped(name, { input = "api", domain = domain }, environment, folder)
  assert(file.remove_tree(folder))
  return made
end

---@param name string    of the recipe
---@param api string     of the server
---@param options table  of the server: its users or a file, its faults
---@param params table<string, string>  besides input and domain
---@param path? string   of the parameter `domain`, after the host
---@return ApiRun
function rig.run(name, api, options, params, path)
  local made
  scheduler.run(function()
    local served = server.open(api, options)
    scheduler.spawn(function() served:run() end)
    made = rig.at(name, served.url .. (path or ""), params)
    made.counts = served.counts
    served:close()
  end)
  return made
end

---Runs a recipe on the records of an API and on the same records in a file; the users that come out
---have to be the same. Returns those of the API.
---@param name string
---@param api string
---@param records table[]
---@param params table<string, string>  of the API
---@param others? table<string, string>  of the file
---@param path? string
---@return ApiRun
function rig.compare(name, api, records, params, others, path)
  local folder = assert(file.temporary())
  local saved = folder .. "/records.json"
  assert(file.write(saved, assert(json.encode(json.array(records)))))
  local trouble = { file = saved }
  for fault, value in pairs(rig.TROUBLE) do trouble[fault] = value end
  local given = { input = saved }
  for key, value in pairs(others or {}) do given[key] = value end
  local made, from_file = rig.run(name, api, trouble, params, path), recipe_rig.run(name, given)
  tap.equal({ made.message, from_file.message }, {})
  tap.equal(made.users, from_file.users)
  tap.equal(made.left_out, from_file.left_out)
  assert(file.remove_tree(folder))
  return made
end

return rig
