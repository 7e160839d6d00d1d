--- Preview: source records next to the users they are mapped to.

local call = require "recipe.call"
local connect = require "auth0.api.connect"
local format = require "base.format"
local json = require "host.json"
local outcome = require "stage.outcome"
local pipeline = require "stage.pipeline"
local schema = require "auth0.schema"

local preview = {}

local FIRST <const> = 3 -- records, unless more are asked for

---@class Preview
---@field position integer
---@field at string
---@field record any
---@field users? table[]   mapped and normalised
---@field skipped? string  the reason
---@field errors? table[]  findings, including warnings

---@return Preview
local function preview_of(made, at, position)
  local shown = {
    position = position, at = at, record = made.record, skipped = made.skipped,
    users = made.users[1] and made.users,
  }
  if made.skipped then return shown end
  shown.errors = json.array(made.errors)
  for _, warning in ipairs(made.warnings) do
    table.insert(shown.errors, {
      code = warning.code, path = warning.path, message = warning.message,
      shape = warning.shape, fix = warning.fix, warning = true,
    })
  end
  return shown
end

---Warnings about the source, as far as it was read, and those of the recipe.
local function warnings_of(source, recipe)
  local list = json.array {}
  if type(source) == "table" then
    if source.warnings then table.move(source:warnings(), 1, #source:warnings(), 1, list) end
    if source.close then source:close() end
  end
  for code, warning in pairs(recipe.warnings) do
    list[#list + 1] = { code = code, message = warning.message }
  end
  table.sort(list, function(a, b) return a.message < b.message end)
  return list
end

---@param recipe Recipe
---@param settings Settings
---@param which {n?: integer, at?: integer|string}  the first n (default 3), or the one at a
---position or place
---@param show fun(preview: Preview)
---@return {code: string, message: string}[]? warnings
---@return string? message
---@return Kind? kind
function preview.run(recipe, settings, which, show)
  local connection, message, kind = connect.offline(settings)
  if message then return nil, message, kind end
  local become = outcome.new(recipe, schema.for_connection(connection))
  local source, state, control = pipeline.open(recipe)
  if not source then return nil, state, control end
  local wanted = which.at
  local last = type(wanted) == "string" and math.maxinteger or wanted or which.n or FIRST
  for position = 1, last do
    local ok, record, at = call.try(source, state, control)
    if not ok then return call.failed(record, "source") end
    if record == nil then
      if wanted then
        return nil, string.format("the source has %s, none at %s",
          format.count(position - 1, "record"), wanted), "usage"
      end
      break
    end
    control, at = record, at or "#" .. position
    if not wanted or position == wanted or at == wanted then
      local made
      made, message, kind = become(record, at, position)
      if not made then return nil, message, kind end
      show(preview_of(made, at, position))
      if wanted then break end
    end
  end
  return warnings_of(source, recipe)
end

return preview
