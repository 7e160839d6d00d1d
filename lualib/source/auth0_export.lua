--- Users of Auth0's exports: NDJSON and CSV of an export job, also with the names that the
--- extension "User Import / Export" gives their fields; which of their identities is meant, and
--- what no export holds.

local columns = require "source.columns"
local csv = require "source.csv"
local csv_dialect = require "source.csv_dialect"
local input = require "source.input"
local json = require "source.json"
local json_head = require "source.json_head"
local ndjson = require "source.ndjson"
local value = require "source.value"

local auth0_export = {}

-- What a migration reads of a user.
auth0_export.FIELDS = {
  "user_id", "email", "email_verified", "username", "phone_number", "phone_verified", "name",
  "given_name", "family_name", "nickname", "picture", "blocked", "multifactor", "user_metadata",
  "app_metadata", "identities",
}

-- The same, by their names without case, blanks and punctuation.
local FIELDS <const> = { id = "user_id" }
for _, name in ipairs(auth0_export.FIELDS) do FIELDS[columns.plain(name)] = name end
local DATABASE <const> = "auth0" -- the provider of database connections
local IDENTITY <const> = { connection = true, provider = true }
local FLAGS <const> = { email_verified = true, phone_verified = true, blocked = true }

local function comma_or_tab(given)
  local records = csv.records(given)
  local names = records:columns() or {}
  if #names ~= 1 or not names[1]:find("\t", 1, true) then return records end
  records:close()
  return csv.records(given, { delimiter = "\t" })
end

---@param given string|string[]  a path, a glob, a folder, several separated by commas, or "-"
---@return Records
function auth0_export.records(given)
  local ending = input.ending(given)
  if ending == "csv" or ending == "tsv" then return comma_or_tab(given) end
  local reader = ending == "json" and json or ndjson
  return (reader.records(given, { optional = true })) -- no tail call: an error names this function
end

---Where a column belongs: {"email"}, {"identities", 1, "connection"}, {"user_metadata", "plan"}.
local function steps_of(name)
  local index, member = name:match("^identities[.%[](%d+)%]?%.(.+)$")
  if index then return { "identities", tonumber(index) + 1, member } end
  local root, rest = name:match("^(%a+_metadata)%.(.+)$")
  if root then
    local steps = { root }
    for part in rest:gsub("%[(%d+)%]", ".%1"):gmatch("[^.]+") do
      steps[#steps + 1] = part:find("^%d+$") and math.tointeger(tonumber(part)) + 1 or part
    end
    return steps
  end
  local plain = columns.plain(name)
  if IDENTITY[plain] then return { "identities", 1, plain } end
  return { FIELDS[plain] or name }
end

local function put(record, steps, cell)
  local holder = record
  for i = 1, #steps - 1 do
    if type(holder[steps[i]]) ~= "table" then holder[steps[i]] = {} end
    holder = holder[steps[i]]
  end
  if holder[steps[#steps]] == nil then holder[steps[#steps]] = cell end
end

---What a cell holds. CSV exports start each text with an apostrophe, to protect spreadsheets;
---numbers and booleans, which metadata may have, have none.
local function unguarded(cell, steps)
  local text = cell:gsub("^'", "", 1)
  if FLAGS[steps[1]] then return value.boolean(text) end
  if not steps[1]:find("_metadata$") or text ~= cell and #steps > 1 then return text end
  local is_json = text:find("^[%[{]") or text == "true" or text == "false" or tonumber(text)
  local decoded = nil
  if is_json then decoded = value.json(text) end
  if decoded == nil then return text end
  return decoded
end

local places = {} ---@type table<string, (string|integer)[]>  of columns, by name

---A row with the names of Auth0's profile, and with metadata and identities as objects.
local function nested(row, is_csv)
  local record = {}
  for name, cell in pairs(row) do
    if not places[name] then places[name] = steps_of(name) end
    if is_csv then cell = unguarded(cell, places[name]) end
    put(record, places[name], cell)
  end
  return record
end

---A user of the export. Only what needs it is copied: most records of NDJSON are in this form.
---@param row table
---@param is_csv boolean
---@return table<string, any> record  in the names of Auth0's profile
function auth0_export.user(row, is_csv)
  if not is_csv and row.user_id and row.identities then return row end
  return nested(row, is_csv)
end

---Why a JSON value is not a user; nil if it may be one.
---@param row any
---@return string?
function auth0_export.objection(row)
  if row == ndjson.null or type(row) ~= "table" and type(row) ~= "userdata" then
    return "not a JSON object, and so not a user"
  elseif row[1] ~= nil then
    return "a JSON array, not a user: give the file the extension .json"
  end
end

---@class DatabaseIdentity
---@field id string          without its provider
---@field user_id string     with it
---@field connection? string
---@field profile? table     of its own, if the identity is linked under another

local function database_identities(record, provider, id)
  local list = {}
  local identities = value.null_if(record.identities)
  for _, one in ipairs(type(identities) == "table" and identities or {}) do
    local number = tostring(value.null_if(one.user_id) or id)
    local is_first = number == id and provider == DATABASE
    if is_first or one.provider == DATABASE then
      table.insert(list, is_first and 1 or #list + 1, {
        id = number, user_id = DATABASE .. "|" .. number,
        connection = value.null_if(one.connection),
        profile = not is_first and (value.null_if(one.profileData) or {}) or nil,
      })
    end
  end
  if #list == 0 and provider == DATABASE then
    list[1] = { id = id, user_id = record.user_id }
  end
  return list
end

---The identity of a user in a database connection: the first, or that in the connection wanted.
---@param record table
---@param wanted? string  a connection
---@return DatabaseIdentity? identity
---@return string? reason  why there is none
---@return true? unknown   the export does not tell the connection
function auth0_export.database_identity(record, wanted)
  local provider, id = tostring(record.user_id):match("^([^|]+)|(.*)$")
  local list = database_identities(record, provider, id)
  local other
  for _, identity in ipairs(list) do
    if not wanted or identity.connection == wanted then return identity end
    if not identity.connection then return nil, "the export does not tell the connection", true end
    other = other or identity.connection
  end
  return nil, "another connection (" .. tostring(other or provider) .. ")"
end

---The identity of a user who has none in a database connection; its `user_id` is the whole id.
---@param record table
---@param wanted? string  a connection
---@return DatabaseIdentity?
function auth0_export.other_identity(record, wanted)
  local id = tostring(record.user_id)
  local provider, number = id:match("^([^|]+)|(.*)$")
  if not provider or database_identities(record, provider, number)[1] then return nil end
  local identities = value.null_if(record.identities)
  local is_wanted = not wanted
  for _, one in ipairs(type(identities) == "table" and identities or {}) do
    is_wanted = is_wanted or one.connection == wanted
  end
  return is_wanted and { id = number, user_id = id } or nil
end

---The profile of a database identity. One that is linked under another has its own; flags of
---another address say nothing about its own.
---@param record table
---@param identity DatabaseIdentity
---@return table profile
function auth0_export.profile(record, identity)
  local own = identity.profile
  if not own then return record end
  local has_flags = value.null_if(own.email) ~= nil
  return setmetatable({}, { __index = function(_, name)
    local member = value.null_if(own[name])
    if member ~= nil or has_flags and name:find("_verified$") then return member end
    return record[name]
  end })
end

-- What users lose by the names in `multifactor`; the others are of apps that show codes.
local FACTORS <const> = {
  sms = "phone_factor", phone = "phone_factor", voice = "phone_factor", webauthn = "passkey",
  ["webauthn-roaming"] = "passkey", ["webauthn-platform"] = "passkey",
  ["recovery-code"] = "recovery_codes",
}

---What no export holds of a user, each with its reason.
---@param record table
---@return {what: string, why: string}[]
function auth0_export.losses(record)
  local losses = {}
  local factors = value.null_if(record.multifactor)
  for _, name in ipairs(type(factors) == "table" and factors or {}) do
    table.insert(losses, { what = FACTORS[name] or "totp", why = "exports have no MFA secrets" })
  end
  local identities = value.null_if(record.identities)
  for _, identity in ipairs(type(identities) == "table" and identities or {}) do
    if value.null_if(identity.provider) ~= DATABASE then
      table.insert(losses, { what = "social",
        why = "identities of other connections are not imported; link them again" })
    end
  end
  return losses
end

---The id of a user in the export of hashes: an ObjectId in MongoDB extended JSON, or text.
---@param record table
---@return any
function auth0_export.hash_id(record)
  local id = record._id or record._ID
  return type(id) == "table" and id["$oid"] or id
end

---Whether an id begins with its provider and a pipe, in CSV perhaps behind an apostrophe.
local function has_provider(id)
  return type(id) == "string" and id:find("^'?[%w_-]+|[^|]") ~= nil
end

---Whether the rows of a CSV file have the ids of Auth0's users.
local function is_table(head)
  local dialect = csv_dialect.of(head)
  local rows = dialect and dialect.delimiter ~= "|" and dialect.rows
  for i, name in ipairs(rows and rows[2] and rows[1] or {}) do
    local field = steps_of(name)
    if field[1] == "user_id" and has_provider(rows[2][i]) then return true end
  end
  return false
end

---Whether the beginning of a file is that of an export of Auth0's users.
---@param head string
---@return Recognised?
function auth0_export.recognise(head)
  local found = json_head.read(head)
  local first = found and found.values[1]
  if type(first) == "table" and not json_head.is_object(first) then first = first[1] end
  local is_user = json_head.is_object(first) and has_provider(first.user_id or first.Id)
  if not is_user and not is_table(head) then return nil end
  return { sure = 3, what = "Auth0, an export of users" }
end

return auth0_export
