--- When a stage no longer holds, and how the one that replaces it differs.

local fingerprint = require "run.fingerprint"

local restage = {}

---What has changed since the stage: the recipe, its parameters or input; as long as nothing was
---sent, the tenant too. Nil if the stage still holds.
---@param ledger Ledger
---@param recipe LoadedRecipe
---@param settings Settings
---@return string?
function restage.change(ledger, recipe, settings)
  local what = fingerprint.change(ledger, recipe, true)
  if what or ledger:was_sent() then return what end
  local base, name = ledger:get("base"), ledger:get("connection")
  local now = settings.connection
  if base and settings.base and base ~= settings.base then
    return string.format("the tenant has changed: was %s, is now %s", base, settings.base)
  elseif name and now and now ~= name and now ~= ledger:get("connection_id") then
    return string.format("the connection has changed: was %s, is now %s", name, now)
  end
end

---@param before table  totals.figures
---@param now table
---@return string
function restage.compare(before, now)
  local function words(figures)
    return string.format("%d read, %d staged, %d rejected", figures.read, figures.staged,
      figures.rejected)
  end
  return string.format("before: %s; now: %s", words(before), words(now))
end

return restage
