--- Runs recipes given as text and reads the results, for the tests of the recipe contract.

local file = require "host.file"
local json = require "host.json"
local path = require "base.path"
local program = require "tests.e2e.program"

local recipe_rig = {}

recipe_rig.HEAD = [[
local migrate = require "migrate"
local ndjson = require "source.ndjson"
]]

---Lines of JSON.
function recipe_rig.lines(records)
  local list = {}
  for i, record in ipairs(records) do list[i] = json.encode(record) end
  return table.concat(list, "\n") .. "\n"
end

---@class Finished : Program
---@field report? table
---@field files table<string, table[]>  the NDJSON files, by name
---@field chunks string[]               the uploads, byte for byte
---@field log table[]

---Reads the output of a rehearsal.
local function read(place, result)
  result.report = result.stdout ~= "" and json.decode(result.stdout) or nil
  result.files, result.chunks = {}, {}
  if not place:exists "shop.rehearsal/report.json" then return result end
  for _, name in ipairs { "skipped", "rejected", "failed", "already_there" } do
    result.files[name] = place:lines("shop.rehearsal/" .. name .. ".ndjson")
  end
  for _, name in ipairs(file.list(place:path "shop.rehearsal/chunks")) do
    table.insert(result.chunks, place:read("shop.rehearsal/chunks/" .. name))
  end
  result.log = place:lines "shop.rehearsal/log.ndjson"
  return result
end

---Rehearses a recipe with records and reads the output.
---@param recipe string      text
---@param records table[]|string
---@param options? {args: string[]?, files: table<string, string>?, env: table?}
---@return Finished
function recipe_rig.finish(recipe, records, options)
  options = options or {}
  local result
  program.scene(nil, function(place)
    for name, text in pairs(options.files or {}) do
      file.mkdir(path.dirname(place:path(name)))
      place:write(name, text)
    end
    place:write("shop.lua", recipe)
    place:write("users.ndjson", type(records) == "string" and records or recipe_rig.lines(records))
    result = read(place, place:run({
      "rehearse", "shop.lua", "input=users.ndjson", "--json",
      table.unpack(options.args or { "--keep-chunks" }),
    }, options.env))
  end)
  return result
end

---Computes a value once, on first use.
function recipe_rig.once(make)
  local value
  return function()
    value = value or make()
    return value
  end
end

---A recipe that maps each record to itself, with more fields.
function recipe_rig.recipe_with(fields)
  return recipe_rig.HEAD .. [[
return {
  params = { input = { required = true } },
  source = function(params) return ndjson.records(params.input) end,
  map = function(row)
    local user = {}
    for key, value in pairs(row) do user[key] = value end
    return user
  end,
]] .. (fields or "") .. "\n}\n"
end

function recipe_rig.user(i, more)
  local made = { email = "user" .. i .. "@example.com", email_verified = true, user_id = "u" .. i }
  for key, value in pairs(more or {}) do made[key] = value end
  return made
end

function recipe_rig.users(n)
  local list = {}
  for i = 1, n do list[i] = recipe_rig.user(i) end
  return list
end

---Messages that the recipe logged with run:log.
function recipe_rig.noted(result)
  local list = {}
  for _, event in ipairs(result.log) do
    if event.event == "recipe" then list[#list + 1] = event.message end
  end
  return list
end

---Runs a command in a folder with these files.
---@return Program
function recipe_rig.run(files, args, env)
  local result
  program.scene(nil, function(place)
    for name, text in pairs(files) do
      file.mkdir(path.dirname(place:path(name)))
      place:write(name, text)
    end
    local given = { AUTH0_MIGRATE_PATH = place:path "shared", XDG_DATA_HOME = place:path "data" }
    for name, value in pairs(env or {}) do given[name] = value end
    result = place:run(args, given)
  end)
  return result
end

function recipe_rig.mapped_users(result)
  local list = {}
  for line in result.stdout:gmatch("[^\n]+") do list[#list + 1] = json.decode(line) end
  return list
end

return recipe_rig
