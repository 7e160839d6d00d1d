--- Finds paths of metadata that are a list in one user and `{}` in another. Lua does not
--- distinguish an empty list from an empty object, so a map without `migrate.array` writes both.

local coverage = require "host.coverage"

local empty_tables = {}

local METADATA <const> = { "app_metadata", "user_metadata" }

---What notes the tables of users; call `add` with the JSON of each that would be sent.
---@return host.coverage.tables
function empty_tables.new()
  return coverage.tables(METADATA)
end

---The paths that are both, as warnings of a report.
---@param tables host.coverage.tables
---@return table<string, {n: integer, message: string}>
function empty_tables.warnings(tables)
  local found = {}
  for _, one in ipairs(tables:both()) do
    found["LIST_OR_OBJECT " .. one.path] = {
      n = one.empty, message = one.path .. " is a list in one user and {} in another; "
        .. "migrate.array{} writes an empty list",
    }
  end
  return found
end

return empty_tables
