--- A line of advice, typed into a recipe as a user would, and the resulting users.

local file = require "host.file"
local json = require "host.json"
local recipes = require "recipe"
local stage = require "stage"
local tap = require "tests.tap"

local typed_advice = {}

local RECIPE <const> = [[
local cjson = require "cjson"
local ndjson = require "source.ndjson"
local password = require "auth0.password"
local value = require "source.value"

return {
  params = { input = { required = true }, pepper = {} },
  source = function(params) return ndjson.records(params.input) end,
  map = function(row, params, position)
    local email = position .. "@example.com"
    if row.place == 1 then
      return { LINE, email = email }
    elseif row.place == 2 then
      return { email = email, LINE }
    end
    local user = { email = email }
    user.LINE
    return user
  end,
}
]]
local PLACES <const> = 3 -- where the line can be in the recipe

---@param folder string
---@param records table[]
local function write_records(folder, records)
  local lines = {}
  for _, record in ipairs(records) do
    for place = 1, PLACES do
      local copy = { place = place }
      for name, member in pairs(record) do copy[name] = member end
      lines[#lines + 1] = assert(json.encode(copy)) .. "\n"
    end
  end
  assert(file.write(folder .. "/records.ndjson", table.concat(lines)))
end

---Runs the recipe up to packing.
local function run(folder, pepper)
  local users = {}
  local loaded = assert(recipes.load(folder .. "/typed.lua", {
    params = { input = folder .. "/records.ndjson", pepper = pepper }, env = function() end,
  }))
  local pipe = assert(stage.pipeline(loaded, { spool = folder }, {
    user = function(_, mapped, position)
      users[position] = mapped:user()
      return true
    end,
    rejected = function(_, rejection) error(rejection.code .. " " .. rejection.message) end,
  }))
  assert(pipe:run(function() return true end))
  pipe.duplicates:close()
  return users, pipe.warnings
end

---The user from a line and each record, wherever the line is typed.
---@param line string
---@param records table[]
---@param pepper? string
---@return User[]
---@return table<string, PipelineWarning> warnings
function typed_advice.users(line, records, pepper)
  local folder = assert(file.temporary())
  assert(file.write(folder .. "/typed.lua", (RECIPE:gsub("LINE", (line:gsub("%%", "%%%%"))))))
  write_records(folder, records)
  local all, warnings = run(folder, pepper)
  assert(file.remove_tree(folder))
  local users = {}
  for i, user in ipairs(all) do
    user.email = nil
    if i % PLACES == 1 then users[#users + 1] = user end
    tap.equal(user, users[#users], line)
  end
  tap.equal(#users, #records)
  return users, warnings
end

---The lines of a mapping in a sentence, in backticks.
---@param sentence string
---@return string[] lines
---@return string rest  of the sentence
function typed_advice.lines(sentence)
  local lines = {}
  local rest = sentence:gsub("`([%a_]+ = [^`]+)`", function(line)
    lines[#lines + 1] = line
    return ""
  end)
  return lines, rest
end

return typed_advice
