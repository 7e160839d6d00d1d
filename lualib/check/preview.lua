--- Preview: source records next to the users they are mapped to.

local connect = require "auth0.api.connect"
local format = require "base.format"
local json = require "host.json"
local outcome = require "stage.outcome"
local source_pages = require "stage.source_pages"

local preview = {}

local FIRST <const> = 3 -- records, unless more are asked for

---@class Preview
---@field position integer
---@field at string
---@field record any
---@field users? table[]   mapped and normalised
---@field skipped? string  the reason
---@field errors table[]   findings, including warnings; none of a skipped record

---@return Preview
local function preview_of(made)
  local shown = {
    position = made.position, at = made.at, record = made.record, skipped = made.skipped,
    users = made.users[1] and made.users, errors = json.array(made.errors),
  }
  if made.skipped then return shown end
  for _, warning in ipairs(made.warnings) do
    table.insert(shown.errors, {
      code = warning.code, path = warning.path, message = warning.message,
      shape = warning.shape, fix = warning.fix, warning = true,
    })
  end
  return shown
end

---Warnings about the source, as far as it was read, and those of the recipe.
local function warnings_of(pipe)
  local list = json.array(pipe:source_warnings())
  for code, warning in pairs(pipe:own_warnings()) do
    list[#list + 1] = { code = code, message = warning.message, at = warning.at }
  end
  table.sort(list, function(a, b) return a.message < b.message end)
  return list
end

---Shows the one record at a position or place.
local function show_one(outcomes, wanted, show)
  local position, read, kind = outcomes.pipe:seek(wanted)
  if position == nil then return nil, read, kind end
  if not position then
    return nil, string.format("the source has %s, none at %s", format.count(read, "record"),
      wanted), "usage"
  end
  local made, message, what = outcomes:next()
  if not made then return nil, message, what end
  show(preview_of(made))
  return true
end

---Shows the first records.
local function show_first(outcomes, n, show)
  for _ = 1, n do
    local made, message, kind = outcomes:next()
    if made == nil then return nil, message, kind end
    if not made then break end
    show(preview_of(made))
  end
  return true
end

---@param recipe LoadedRecipe
---@param settings Settings
---@param which {n?: integer, at?: integer|string}  the first n (default 3), or the one at a
---position or place
---@param show fun(preview: Preview)
---@param ui? table
---@return {code: string, message: string}[]? warnings
---@return string? message
---@return Kind? kind
function preview.run(recipe, settings, which, show, ui)
  local connection, message, kind = connect.offline(settings)
  if message then return nil, message, kind end
  local served <close>, why, what = source_pages.serve(recipe, settings, ui, {
    wanted = not which.at and (which.n or FIRST) or nil,
  })
  if not served then return nil, why, what end
  local outcomes = outcome.new(recipe, connection)
  local done
  done, message, kind = outcomes.pipe:open()
  if done and which.at then
    done, message, kind = show_one(outcomes, which.at, show)
  elseif done then
    done, message, kind = show_first(outcomes, which.n or FIRST, show)
  end
  if not done then return nil, message, kind end
  return warnings_of(outcomes.pipe)
end

return preview
