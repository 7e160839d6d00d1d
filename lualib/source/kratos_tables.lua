--- The tables of Ory Kratos's own database, from a dump or SQLite: what its admin API says of an
--- identity is in five of them.

local bad_record = require "source.bad_record"
local lookup = require "source.lookup"
local reading = require "source.reading"
local tables = require "source.tables"
local value = require "source.value"

local kratos_tables = {}

local IDENTITIES <const> = { table = "identities", has = { "id", "traits" } }

-- The other tables, by what a row belongs to.
local OTHERS <const> = {
  identity_credential_types = "id", identity_credentials = "identity_id",
  identity_verifiable_addresses = "identity_id", identity_recovery_addresses = "identity_id",
}

-- Columns of JSON.
local DOCUMENTS <const> = { "traits", "metadata_public", "metadata_admin" }

---@class KratosIdentities : Reading
---@field private rows Reading  of the table of identities
---@field private others table<string, Lookup>
local Identities = reading.class "kratos_tables"

---The addresses of a table as the API has them.
local function addresses(self, name, row)
  local list = {}
  for i, one in ipairs(self.others[name]:all(row.id)) do
    list[i] = { value = one.value, via = one.via, verified = value.boolean(one.verified) }
  end
  return list
end

local function credentials(self, row)
  local found = {}
  for _, one in ipairs(self.others.identity_credentials:all(row.id)) do
    local kind = self.others.identity_credential_types:get(one.identity_credential_type_id)
    if kind then found[kind.name] = { config = value.json(one.config) } end
  end
  return found
end

---The identity of a row, as the API writes it.
local function identity_of(self, row)
  local identity = {}
  for name, cell in pairs(row) do identity[name] = cell end
  for _, name in ipairs(DOCUMENTS) do identity[name] = value.json(row[name]) end
  identity.credentials = credentials(self, row)
  identity.verifiable_addresses = addresses(self, "identity_verifiable_addresses", row)
  identity.recovery_addresses = addresses(self, "identity_recovery_addresses", row)
  return identity
end

---@return any record
---@return string? at
function Identities:__call()
  local row, at = self.rows()
  if row == nil or bad_record.is(row) then return row, at end
  return identity_of(self, row), at
end

function Identities:name() return self.rows:name() end

function Identities:title() return self.rows:title() end

function Identities:as_read() return self.rows:as_read() end

function Identities:warnings() return self.rows:warnings() end

function Identities:progress() return self.rows:progress() end

function Identities:close() self.rows:close() end

---@param given string|string[]  a path, a glob, a folder, or several separated by commas
---@return KratosIdentities?  nil for any other input, and for stdin
function kratos_tables.find(given)
  local rows = given ~= "-" and tables.find(given, IDENTITIES) or nil
  if not rows or not rows.table then
    if rows then rows:close() end
    return nil
  end
  local others = {}
  for name, key in pairs(OTHERS) do
    others[name] = lookup(tables.records(given, { table = name, has = { key } }), key)
  end
  return setmetatable({ rows = rows, others = others }, Identities)
end

return kratos_tables
