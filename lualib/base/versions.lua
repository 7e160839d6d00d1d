--- Schema versions of a database: checks the version of a file and upgrades an older one.

local crash = require "base.crash"

local versions = {}

---@class Layout  a kind of database
---@field what string         "journal"
---@field version integer     the current one
---@field tables string[]     in every version; they identify this kind of database
---@field instead? string     what to do about a file that cannot be used
---@field unmarked? integer   the version of a file that has the tables but no number
---@field migrations Migration[]  [n]: from version n to n + 1

---@alias Migration string|fun(db: host.store.database)
---SQL, or a function that changes the database. A migration is never changed later and depends on
---nothing that may change. To rebuild a table, create the new one, copy the rows, drop the old one
---and rename the new one: this keeps references to it.

---@param db host.store.database
---@param layout Layout
---@return integer? version  nil without a message: another kind of database
local function version_of(db, layout)
  local found, message, kind = db:row "PRAGMA user_version"
  if not found then return nil, message, kind end
  for _, name in ipairs(layout.tables) do
    local row
    row, message, kind = db:row("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?",
      name)
    if not row then return nil, message, kind end
  end
  local version = found.user_version == 0 and layout.unmarked or found.user_version
  return version > 0 and version or nil
end

local NEWER <const> = "%s is a %s of version %d; this program supports versions up to %d: upgrade "
  .. "auth0-migrate"

---The version of a database, if this program can use or upgrade it.
---@param db host.store.database
---@param layout Layout
---@param path string  for messages
---@return integer? version
---@return string? message
---@return Kind? kind  "usage": a newer version or another database; "parse": damaged
function versions.check(db, layout, path)
  local version, message, kind = version_of(db, layout)
  if message then return nil, message, kind end
  local instead = layout.instead
  if not version then
    return nil, string.format("%s is not a %s of auth0-migrate", path, layout.what)
      .. (instead and "; " .. instead or ""), "usage"
  elseif version > layout.version then
    return nil, NEWER:format(path, layout.what, version, layout.version)
      .. (instead and ", or " .. instead or ""), "usage"
  end
  return version
end

---Upgrades a database in one transaction: if the program is killed, nothing has changed.
---@param db host.store.database
---@param layout Layout
---@param path string  for messages
---@return true?
---@return string? message
---@return Kind? kind
function versions.update(db, layout, path)
  local tx <close> = db:begin()
  local version = version_of(db, layout) -- another process may have upgraded it
  for n = version or layout.version, layout.version - 1 do
    local migrate = layout.migrations[n]
    if type(migrate) == "string" then db:exec(migrate) else migrate(db) end
  end
  db:exec("PRAGMA user_version = " .. layout.version)
  crash.point({}, "update.before")
  local done, message, kind = tx:commit()
  crash.point({}, "update.after")
  if done then return true end
  return nil, string.format("cannot upgrade %s: %s", path, message), kind
end

return versions
