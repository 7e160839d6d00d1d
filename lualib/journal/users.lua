--- The users that a run sent and their outcomes, from the journal and the chunk files or archives.

local identifiers = require "auth0.identifiers"
local users = require "auth0.api.users"

local run_users = {}

---@class RunUser
---@field place integer     1-based in its chunk
---@field position integer  in the source
---@field at string         "users.csv:18"
---@field outcome string    inserted, updated, already_there, failed, ...; "upserted": one of the
---first two, which a job with upsert does not distinguish
---@field in_flight boolean  sent, result not known yet: `outcome` is assumed
---@field ids Identifiers
---@field tenant_id? string user_id in the tenant, if the journal knows it
---@field digests table<string, string>  by field, see journal.digests

---The outcome of those users of a chunk that have no row of their own.
---@param record LedgerChunk
---@return "inserted"|"updated"|"upserted"
function run_users.rest(record)
  if record.state ~= "harvested" then return record.upsert and "upserted" or "inserted" end
  if record.updated == 0 then return "inserted" end
  return record.inserted == 0 and "updated" or "upserted"
end

---The same, as far as it is known.
---@param record LedgerChunk
---@return "inserted"|"updated"|"upserted"|"pending"
function run_users.known_rest(record)
  return record.state == "harvested" and run_users.rest(record) or "pending"
end

---The users of a chunk that was sent, without those that were requeued into another.
---@param ledger Ledger
---@param dir RunDirectory
---@param id integer  of the chunk
---@return RunUser[]?
---@return string? message
---@return Kind? kind
function run_users.chunk(ledger, dir, id)
  local record, outcomes = ledger:chunk(id), ledger:outcomes(id)
  local outlines, message, kind = dir:outlines(record)
  if not outlines then return nil, message, kind end
  local entries, rest = {}, run_users.rest(record)
  for _, placed in ipairs(outlines) do
    local row = outcomes[placed.place]
    if not row or row.outcome ~= "requeued" then
      entries[#entries + 1] = {
        place = placed.place, position = placed.position, at = placed.at,
        outcome = row and row.outcome or rest, ids = identifiers.of(placed.user),
        in_flight = record.state ~= "harvested" or row ~= nil and row.outcome == "open",
        tenant_id = row and row.user_id,
        digests = placed.user.digests or {},
      }
    end
  end
  return entries
end

---@class RunFailure  a failed user, with the keys of a line of failed.ndjson
---@field id integer      in the journal
---@field position integer
---@field at string
---@field user? table     our own copy, hash intact; nil if it is no longer known
---@field code string
---@field path? string
---@field message string
---@field errors table[]
---@field job? string
---@field attempt integer  1 for the first upload of its chunk
---@field round integer
---@field why? string

---@param row table    of the journal
---@param user? table  as it was sent
---@return RunFailure
function run_users.refused(row, user)
  return {
    id = row.id, position = row.position, at = row.at, user = user, code = row.code,
    path = row.path, message = row.message, errors = row.errors, job = row.job,
    attempt = row.upload, round = row.round, why = row.why,
  }
end

---@param entry RunUser
---@return string?  the user_id in the tenant, if known
function run_users.tenant_id(entry)
  return entry.tenant_id or identifiers.with_prefix(entry.ids.user_id)
end

local function is_upserted(entry)
  return entry.outcome == "updated" or entry.outcome == "upserted"
end

local function is_known_by_id(entry)
  return entry.tenant_id or entry.ids.user_id and not is_upserted(entry)
end

---What identifies the user in the tenant. An upsert matches by address, whatever the id.
local function known_by(entry)
  local values = is_known_by_id(entry) and {} or identifiers.of(entry.ids)
  values.user_id = run_users.tenant_id(entry)
  return values
end

---@param entry RunUser
---@return string  its first key, see auth0.identifiers
function run_users.key(entry)
  local values = known_by(entry)
  if values.email and is_upserted(entry) then values.user_id = nil end
  return identifiers.keys(values)[1] or ""
end

---Looks up entries: returns a function from an entry to the tenant's users that may match it.
---@param api Client
---@param connection string  name
---@param entries RunUser[]
---@return (fun(entry: RunUser): TenantUser[])?
---@return string? message
---@return Kind? kind
function run_users.find(api, connection, entries)
  local ids, emails, others = {}, {}, {}
  for _, entry in ipairs(entries) do
    local id = run_users.tenant_id(entry)
    ids[#ids + 1] = id
    if not is_known_by_id(entry) then emails[#emails + 1] = entry.ids.email end
    if not id then others[#others + 1] = entry.ids end
  end
  local found, message, kind = users.find(api, {
    connection = connection, ids = ids, emails = emails, others = others,
  })
  if not found then return nil, message, kind end
  local index = identifiers.index(found)
  return function(entry) return index:nearest(known_by(entry)) end
end

return run_users
