--- Users of the rehearsal tenant: storage, conflicts, and the endpoints that read and delete them.

local answers = require "tenant.answers"
local clock = require "host.clock"
local digest = require "host.digest"
local ghosts = require "tenant.ghosts"
local identifiers = require "auth0.identifiers"
local json = require "host.json"
local query_of = require "tenant.query"
local text = require "host.text"

local users = {}

users.SQL = [[
CREATE TABLE user (
  id INTEGER PRIMARY KEY,
  connection TEXT NOT NULL,
  room INTEGER NOT NULL,        -- the connection's
  email_room INTEGER,           -- likewise; NULL where addresses are not unique
  user_id TEXT UNIQUE NOT NULL, -- with its prefix
  email TEXT, username TEXT,    -- in lower case
  phone_number TEXT,
  record TEXT NOT NULL,         -- JSON: the user as imported, hashes and factors included
  -- SQLite would build a table of its own for IN (...) at every insert.
  password TEXT NOT NULL CHECK (password = 'random' OR password = 'imported' OR password = 'set'),
  logins INTEGER NOT NULL DEFAULT 0,
  created REAL NOT NULL, updated REAL NOT NULL
);
CREATE UNIQUE INDEX user_email ON user (email, email_room) WHERE email IS NOT NULL;
CREATE UNIQUE INDEX user_name ON user (username, room) WHERE username IS NOT NULL;
CREATE UNIQUE INDEX user_phone ON user (phone_number, room)
  WHERE phone_number IS NOT NULL;]]

-- Ids are unique across all database connections: an id does not contain its connection.
local CLASHES <const> = [[
SELECT * FROM user WHERE user_id = ?1 OR (email = ?2 AND email_room = ?5)
  OR (username = ?3 AND room = ?5) OR (phone_number = ?4 AND room = ?5)]]

local INSERT <const> = [[
INSERT OR IGNORE INTO user (connection, room, email_room, user_id, email, username, phone_number,
  record, password, created, updated) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)]]

---@class StoredUser
---@field id integer
---@field connection string    id
---@field user_id string
---@field email? string
---@field username? string
---@field phone_number? string
---@field record string
---@field password "random"|"imported"|"set"
---@field logins integer
---@field created number
---@field updated number

---Users with one of the identifiers.
---@param db host.store.database
---@param connection StoredConnection
---@param keys Identifiers  normalized, see auth0.identifiers
---@return StoredUser[]? list  nil if there are none
function users.clashes(db, connection, keys)
  local list = {}
  for row in db:rows(CLASHES, keys.user_id, keys.email, keys.username, keys.phone_number,
    connection.room) do
    list[#list + 1] = row
  end
  return list[1] and list
end

---@return string  in Auth0's format
function users.new_id()
  return identifiers.with_prefix(digest.hex(digest.random(12)))
end

local VERIFIED <const> = '{"email_verified":false,'

---The JSON of a user that is not empty, with `email_verified`.
---@param record string
---@param verified? boolean  what it has
---@return string
function users.with_verified(record, verified)
  return verified ~= nil and record or VERIFIED .. record:sub(2)
end

---The stored form of a user, who stays unchanged: an error may have to show it. The draft is used
---if there is one and the identifiers are stored as they were sent.
---@param user User     valid
---@param keys Identifiers  normalized
---@param draft? host.json.draft  the user's JSON; empty: it is not known
---@return string
function users.record(user, keys, draft)
  local email, username, verified = user.email, user.username, user.email_verified
  if draft and #draft > #"{}" and email == keys.email and username == keys.username then
    return users.with_verified(draft:text(), verified)
  end
  user.email, user.username, user.email_verified = keys.email, keys.username, verified or false
  local record = json.encode(user)
  user.email, user.username, user.email_verified = email, username, verified
  return record
end

---Inserts a user, unless another has one of its identifiers. Leaving this check to the unique
---indexes takes half as long as a query before.
---@param db host.store.database
---@param connection StoredConnection
---@param keys Identifiers  normalized
---@param now number
---@param record string      see `record`
---@param hash? any          it has one
---@return boolean done
function users.insert(db, connection, keys, now, record, hash)
  local room = connection.room
  local changes = db:run(INSERT, connection.id, room, connection.settings.unique.email and room
    or nil, keys.user_id or users.new_id(), keys.email, keys.username, keys.phone_number,
    record, hash and "imported" or "random", now, now)
  return changes ~= 0 -- the transaction reports other failures
end

---@param db host.store.database
---@param row StoredUser
---@param record table
---@param now number
---@return integer? changes
---@return string? message
---@return Kind? kind
function users.update(db, row, record, now)
  return db:run([[UPDATE user SET email = ?, username = ?, phone_number = ?, record = ?,
    password = ?, updated = ? WHERE id = ?]], record.email, record.username, record.phone_number,
    json.encode(record), row.password, now, row.id)
end

---@param db host.store.database
---@param user_id string
---@return StoredUser|false|nil
function users.by_id(db, user_id)
  return db:row("SELECT * FROM user WHERE user_id = ?", user_id)
end

local SECRETS <const> = { "password_hash", "custom_password_hash", "mfa_factors" }

---@param tenant Tenant
---@param row StoredUser
---@return table  as the Management API shows it
function users.show(tenant, row)
  local shown = json.decode(row.record)
  for _, name in ipairs(SECRETS) do shown[name] = nil end
  local known = row.email or row.username or row.phone_number or row.user_id
  shown.user_id = row.user_id
  shown.name = shown.name or known
  shown.nickname = shown.nickname or known:match("^[^@]+")
  shown.picture = shown.picture or string.format("https://s.gravatar.com/avatar/%s?s=480&r=pg",
    digest.hex(digest.hash("md5", known)))
  shown.created_at, shown.updated_at = clock.iso(row.created), clock.iso(row.updated)
  if row.logins > 0 then shown.logins_count = row.logins end
  shown.identities = json.array {
    {
      connection = tenant:connection_name(row.connection), provider = "auth0",
      user_id = identifiers.without_prefix(row.user_id), isSocial = false,
    },
  }
  return shown
end

local function missing()
  return answers.refuse(404, "The user does not exist.", "inexistent_user")
end

---Applies the parameters `fields` and `include_fields`.
local function narrowed(shown, query)
  if not query.fields then return shown end
  local out, include = {}, query.include_fields ~= "false"
  if not include then for name, value in pairs(shown) do out[name] = value end end
  for name in query.fields:gmatch("[^,%s]+") do out[name] = include and shown[name] or nil end
  return out
end

---GET /api/v2/users/{id}
---@param tenant Tenant
---@param request host.server.request
---@return Answer
function users.get(tenant, request)
  local row = users.by_id(tenant.db, request.ids[1])
  if not row then return missing() end
  return answers.json(narrowed(users.show(tenant, row), request.query))
end

---DELETE /api/v2/users/{id}
---@param tenant Tenant
---@param request host.server.request
---@return Answer
function users.delete(tenant, request)
  tenant.db:run("DELETE FROM user WHERE user_id = ?", request.ids[1])
  ghosts.delete(tenant.db, { user_id = request.ids[1] })
  return answers.none()
end

---GET /api/v2/users-by-email: case-sensitive, and stored addresses are in lower case.
---@param tenant Tenant
---@param request host.server.request
---@return Answer
function users.by_email(tenant, request)
  local email = request.query.email
  if not email or email == "" then
    return answers.invalid_query("'Missing required property: email'", "email")
  end
  local list = json.array {}
  for row in tenant.db:rows("SELECT * FROM user WHERE email = ? ORDER BY id", email) do
    list[#list + 1] = narrowed(users.show(tenant, row), request.query)
  end
  return answers.json(list)
end

---DELETE /api/v2/connections/{id}/users?email=
---@param tenant Tenant
---@param request host.server.request
---@return Answer
function users.delete_by_email(tenant, request)
  local email = request.query.email
  local connection = tenant:connection(request.ids[1])
  if not connection then
    return answers.refuse(404, "The connection does not exist", "inexistent_connection")
  elseif not email then
    return answers.invalid_query("'Missing required property: email'", "email")
  elseif connection.strategy ~= "auth0" then
    return answers.refuse(400, "Connection must be a database connection.")
  elseif not connection.settings.unique.email then
    return answers.refuse(400, "Connections with non-unique emails do not support this operation.")
  end
  tenant.db:run("DELETE FROM user WHERE connection = ? AND email = ?", connection.id,
    text.lower(email))
  ghosts.delete(tenant.db, { connection = connection.id, email = text.lower(email) })
  return answers.none()
end

local SHOWN_RESULTS <const> = 1000 -- of a search
local LATE_SECONDS <const> = 5 -- until a search finds a new user, with search=late

-- Columns by which a search can be sorted.
local SORTS <const> = {
  user_id = "user_id", email = "email", username = "username", phone_number = "phone_number",
  created_at = "created", updated_at = "updated",
}

---ORDER BY for "created_at:-1"; nil if it is invalid.
local function order_of(sort)
  if not sort then return "id" end
  local name, direction = sort:match("^([%w_]+):(%-?1)$")
  local column = SORTS[name]
  return column and column .. (direction == "-1" and " DESC" or "") .. ", id"
end

local function page_of(query)
  local page = math.tointeger(tonumber(query.page or "0"))
  local size = math.tointeger(tonumber(query.per_page or "50"))
  if not page or page < 0 then
    return nil, answers.invalid_query("'Value is out of range'", "page")
  elseif not size or size < 0 or size > 100 then
    return nil, answers.invalid_query("'Value is out of range'", "per_page")
  elseif (page + 1) * size > SHOWN_RESULTS then
    return nil, answers.refuse(400, "You can only page through the first 1000 records. See "
      .. "https://auth0.com/docs/users/search/v3/view-search-results-by-page#limitation",
      "invalid_paging")
  end
  return { page = page, size = size }
end

---GET /api/v2/users
---@param tenant Tenant
---@param request host.server.request
---@return Answer
function users.search(tenant, request)
  local query = request.query
  local page, refusal = page_of(query)
  if not page then return refusal end
  local where, message = query_of.parse(query.q or "")
  if not where then return answers.invalid_query("'" .. message .. "'", "q") end
  local order = order_of(query.sort)
  if not order then return answers.invalid_query("'Invalid sort'", "sort") end
  if tenant.doubts.search == "late" then
    where.sql = where.sql .. " AND created <= ?"
    table.insert(where.values, tenant.wall() - LATE_SECONDS / tenant.scale)
  end
  local values = { table.unpack(where.values) }
  local n = #values
  values[n + 1], values[n + 2] = page.size, page.page * page.size
  local list = json.array {}
  for row in tenant.db:rows("SELECT * FROM user WHERE " .. where.sql
    .. " ORDER BY " .. order .. " LIMIT ? OFFSET ?", table.unpack(values)) do
    list[#list + 1] = narrowed(users.show(tenant, row), query)
  end
  if query.include_totals ~= "true" then return answers.json(list) end
  return answers.json {
    start = page.page * page.size, limit = page.size, length = #list, users = list,
    total = tenant.db:value("SELECT count(*) FROM user WHERE " .. where.sql,
      table.unpack(where.values)),
  }
end

return users
