--- Where Ory Kratos has identities with hashes and secrets of authenticator apps: its admin API,
--- which is not asked for tokens of other accounts, and the tables of its own database.

local http = require "source.http"
local lookup = require "source.lookup"
local metadata = require "auth0.metadata"
local tables = require "source.tables"
local value = require "source.value"

local IDENTITIES <const> = { table = "identities", has = { "id", "traits" } }

-- The other tables, by what a row belongs to.
local OTHERS <const> = {
  identity_credential_types = "id", identity_credentials = "identity_id",
  identity_verifiable_addresses = "identity_id", identity_recovery_addresses = "identity_id",
}

---The other tables, if identities come from a database; set by `tables`.
---@type table<string, Lookup>?
local others

---The addresses of a table as the API has them.
local function addresses(name, row)
  local list = {}
  for i, one in ipairs(others[name]:all(row.id)) do
    list[i] = { value = one.value, via = one.via, verified = value.boolean(one.verified) }
  end
  return list
end

local function credentials(row)
  local found = {}
  for _, one in ipairs(others.identity_credentials:all(row.id)) do
    local kind = others.identity_credential_types:get(one.identity_credential_type_id)
    if kind then found[kind.name] = { config = metadata.of(one.config) } end
  end
  return found
end

return {
  params = {
    domain = { help = "for input=api: the admin API, as in http://127.0.0.1:4434 or "
      .. "SLUG.projects.oryapis.com" },
    token = { help = "an API key of Ory Network (ory_pat_…), for input=api", kind = "secret" },
  },
  needs = { net = { "{domain}" } },
  records = function(params)
    if not params.domain then error("input=api needs domain=HOST, the admin API", 0) end
    return http.records {
      url = http.address(params.domain) .. "/admin/identities",
      query = { page_size = 500, include_credential = { "password", "totp" } },
      headers = params.token and { Authorization = "Bearer " .. params.token },
      next = { link = "next" }, id = "/id", optional = true,
    }
  end,

  ---The table identities of a dump or of SQLite; nil for any other input.
  tables = function(input)
    others = nil
    local found = input ~= "-" and tables.find(input, IDENTITIES)
    if not found or not found.table then
      if found then found:close() end
      return nil
    end
    others = {}
    for name, key in pairs(OTHERS) do
      others[name] = lookup(tables.records(input, { table = name, has = { key } }), key)
    end
    return found
  end,

  ---The identity of a record, as the API writes it.
  row = function(record)
    if not others then return record end
    local row = {}
    for name, cell in pairs(record) do row[name] = cell end
    row.traits = metadata.of(record.traits)
    for _, name in ipairs { "metadata_public", "metadata_admin" } do
      row[name] = value.json(record[name])
    end
    row.credentials = credentials(record)
    row.verifiable_addresses = addresses("identity_verifiable_addresses", record)
    row.recovery_addresses = addresses("identity_recovery_addresses", record)
    return row
  end,
}
