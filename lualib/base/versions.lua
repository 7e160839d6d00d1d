--- The version of a database's tables: which one a file has, whether this program knows it, and how
--- an older one is brought up to date.

local crash = require "base.crash"

local versions = {}

---@class Layout  what is known of a kind of database
---@field what string         "journal"
---@field version integer     of the tables that this program uses
---@field tables string[]     what every version has: by these it is told from other databases
---@field instead? string     what to do about one that cannot be used
---@field unmarked? integer   the version of a file that has the tables and no number
---@field migrations Migration[]  [n]: from version n to n + 1

---@alias Migration string|fun(db: host.store.database)
---SQL, or what works on the database. It is history: it is never changed, and uses nothing that may
---change. To rebuild a table, make the new one, copy the rows, drop the old one and rename the new
---one: references to it then stay.

---@param db host.store.database
---@param layout Layout
---@return integer? version  nil: it is no such database
---@return string? message   it cannot be read
---@return Kind? kind
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

---The version of a database that this program can use, once it is up to date.
---@param db host.store.database
---@param layout Layout
---@param path string  for people
---@return integer? version
---@return string? message
---@return Kind? kind  "usage": of a newer version, or another database; "parse": damaged
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

---Brings a database up to date in one transaction: killed before its end, it is what it was.
---@param db host.store.database
---@param layout Layout
---@param path string  for people
---@return true?
---@return string? message
---@return Kind? kind
function versions.update(db, layout, path)
  local tx <close> = db:begin()
  local version = version_of(db, layout) -- another process may have been faster
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
