--- A table of users of any application: an SQL dump, an SQLite database, CSV or TSV of a database's
--- program, JSON. Columns are found by common names, or set, as in `email=mail_address`; hashes are
--- self-describing, in a format that is declared, or in one that a column names.

local by_columns = require "migrate.by_columns"
local migrate = require "migrate"
local password = require "auth0.password"
local sqlite = require "source.sqlite"
local tables = require "source.tables"
local value = require "source.value"

-- Names of tables that may have the users, the best first; any other one if it is the only one.
local USERS <const> = {
  "users", "user", "accounts", "account", "members", "member", "customers", "customer", "*_users",
  "*_user", "*_accounts", "*_members", "*_customers", "people", "*",
}

local users <const> = by_columns.new(
  { migrate = migrate, password = password, value = value },
  { algorithm = { "algorithm", "algo", "hashalgorithm", "passwordalgorithm", "passwordalgo" } })

---The columns as they are named by parameters, so that rows have these names in any case.
local function named(params)
  local names = { [params.email or "email"] = by_columns.usual "email" }
  for _, field in ipairs { "user_metadata", "app_metadata" } do
    for _, name in ipairs(value.split(params[field], ",") or {}) do names[name] = {} end
  end
  return names
end

local function open(params)
  if params.query then
    return sqlite.records(params.input, { query = params.query, optional = true })
  end
  return tables.records(params.input, {
    table = params.table or USERS, has = not params.table and { params.email or "email" } or nil,
    columns = named(params), header = value.split(params.columns, ","),
  })
end

---@type Recipe
return {
  name = "sql",
  about = { system = "any SQL database", passwords = "mixed", reads = { "files" } },
  params = by_columns.params {
    input = { help = "a dump, SQLite, CSV, TSV or JSON", kind = "input", required = true },
    table = { help = "the table; default: one that is called users, accounts, customers, …" },
    query = { help = "a query (SELECT …) in place of a table, for an SQLite database" },
    columns = { help = "names of the columns of a file without a header, separated by commas" },
    algorithm = { help = "column that names the algorithm, as in pbkdf2-sha256:150000" },
  },
  source = function(params)
    users:begin(params, true)
    local records = open(params)
    local names = records:columns()
    if names then users:find(names, params) end
    return records
  end,
  map = function(row, params) return users:map(row, params) end,
}
