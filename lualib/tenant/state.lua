--- The state file of a tenant: creates its tables, or migrates them from an older version.

local connections = require "tenant.connections"
local ghosts = require "tenant.ghosts"
local jobs = require "tenant.jobs"
local json = require "host.json"
local store = require "host.store"
local users = require "tenant.users"
local versions = require "base.versions"

local state = {}

-- Of the tables below. Changing them requires a new version, a migration and new fixtures
-- (tests/fixtures/runs).
state.VERSION = 2

local SETTINGS_SQL <const> = "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);"
local CACHE_SQL <const> = "PRAGMA cache_size = -64000" -- KiB: a million users' indexes need more

-- A temporary file is never committed, since nothing survives the process: SQLite would look at
-- each changed page in its cache, at every commit. Transactions are nested in this one.
local HOLD_SQL <const> = "BEGIN"

-- Adds numbers to connections, for shorter indexes of users than with ids.
local NUMBERED_SQL <const> = [[
CREATE TABLE new_connection (
  room INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, name TEXT UNIQUE NOT NULL,
  strategy TEXT NOT NULL, options TEXT NOT NULL, clients TEXT NOT NULL
);
INSERT INTO new_connection (id, name, strategy, options, clients)
  SELECT id, name, strategy, options, clients FROM connection ORDER BY rowid;
DROP TABLE connection;
ALTER TABLE new_connection RENAME TO connection;
CREATE TABLE new_user (
  id INTEGER PRIMARY KEY, connection TEXT NOT NULL, room INTEGER NOT NULL, email_room INTEGER,
  user_id TEXT UNIQUE NOT NULL, email TEXT, username TEXT, phone_number TEXT,
  record TEXT NOT NULL,
  password TEXT NOT NULL CHECK (password = 'random' OR password = 'imported' OR password = 'set'),
  logins INTEGER NOT NULL DEFAULT 0, created REAL NOT NULL, updated REAL NOT NULL
);
INSERT INTO new_user SELECT user.id, connection, room, room, user_id, email, username,
  phone_number, record, password, logins, created, updated
  FROM user JOIN connection ON connection.id = user.connection;
DROP TABLE user;
ALTER TABLE new_user RENAME TO user;]]

local INDEXES_SQL <const> = [[
CREATE UNIQUE INDEX user_email ON user (email, email_room) WHERE email IS NOT NULL;
CREATE UNIQUE INDEX user_name ON user (username, room) WHERE username IS NOT NULL;
CREATE UNIQUE INDEX user_phone ON user (phone_number, room) WHERE phone_number IS NOT NULL;]]

local function number_connections(db)
  local shared = {} -- ids of connections with non-unique email addresses
  for row in db:rows "SELECT id, options FROM connection" do
    local attributes = json.decode(row.options).attributes
    if attributes and attributes.email and attributes.email.unique == false then
      shared[#shared + 1] = row.id
    end
  end
  db:exec(NUMBERED_SQL)
  for _, id in ipairs(shared) do
    db:run("UPDATE user SET email_room = NULL WHERE connection = ?", id)
  end
  db:exec(INDEXES_SQL)
end

---@type Layout
local LAYOUT <const> = {
  what = "tenant's state", instead = "use another file with --state",
  version = state.VERSION, unmarked = 1,
  tables = { "setting", "connection", "user", "ghost", "job" },
  migrations = { [1] = number_connections },
}

local function make(db)
  local tx <close> = db:begin()
  for _, sql in ipairs { SETTINGS_SQL, connections.SQL, users.SQL, ghosts.SQL, jobs.SQL } do
    db:exec(sql)
  end
  db:exec("PRAGMA user_version = " .. state.VERSION)
  return tx:commit()
end

---Creates the tables of a new file, or migrates those of an older one.
local function prepare(db, path)
  local found, message, kind = db:row [[SELECT user_version AS version,
    (SELECT count(*) FROM sqlite_master) AS n FROM pragma_user_version]]
  if not found then return nil, message, kind end
  if found.n == 0 and found.version == 0 then return make(db) end
  local version
  version, message, kind = versions.check(db, LAYOUT, path)
  if not version then return nil, message, kind end
  if version < LAYOUT.version then return versions.update(db, LAYOUT, path) end
  return true
end

---@param path? string  nil: a temporary file
---@return host.store.database?
---@return string? message
---@return Kind? kind  "usage": another kind of file, or a newer version
function state.open(path)
  -- With "" SQLite makes an unnamed temporary file; millions of users would not fit into memory.
  local db, message, kind = store.open(path or "", { durable = path ~= nil })
  if not db then return nil, message, kind end
  local done
  done, message, kind = prepare(db, path)
  if done then done, message, kind = db:exec(CACHE_SQL) end
  if done and not path then done, message, kind = db:exec(HOLD_SQL) end
  if done then return db end
  db:close()
  return nil, message, kind
end

return state
