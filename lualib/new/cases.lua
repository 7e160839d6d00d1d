--- What a recipe makes of its test records, for the file of its tests.

local outcome = require "cases.outcome"
local path = require "base.path"
local scheduler = require "base.scheduler"

local cases = {}

local NOW <const> = 1767225600 -- 2026-01-01T00:00:00Z, as tests have it

---@param recipe string  its path
---@param records {name: string, record: table, login?: string}[]
---@param options {env: fun(name: string): string?, limits: table, files?: table<string, string>,
---  params?: table<string, string>}
---@return SyntheticCase[]
function cases.settle(recipe, records, options)
  local json = require "host.json"
  local test_file = {
    recipe = recipe:find("/") and recipe or "./" .. recipe, name = path.basename(recipe),
    folder = nil, text = "",
  }
  local world = {
    env = options.env, limits = options.limits, formats = {},
    pause = function()
      scheduler.pass()
      return true
    end,
  }
  local params = {}
  for name, value in pairs(options.params or {}) do params[name] = { value = value, line = 1 } end
  local declared, list = nil, {}
  for _, one in ipairs(records) do
    local case = {
      file = test_file, name = one.name, line = 1, record = assert(json.encode(one.record)),
      params = params, files = options.files or {}, now = NOW,
    }
    declared = declared or outcome.declared(world, case)
    local made = outcome.of(world, case, declared)
    local settled = { name = one.name, record = one.record }
    local user = made.users[1] and made.users[1].user
    if user then
      settled.user = user
      local has_hash = user.password_hash or user.custom_password_hash
      settled.login = has_hash and one.login or nil
    elseif made.rejected[1] then
      local first = made.rejected[1].errors[1]
      settled.rejected = first.path ~= "" and first.code .. " at " .. first.path or first.code
    elseif made.skipped[1] then
      settled.skipped = made.skipped[1].reason
    end
    if settled.user or settled.rejected or settled.skipped then list[#list + 1] = settled end
  end
  return list
end

return cases
