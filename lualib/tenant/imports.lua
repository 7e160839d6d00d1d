--- Import jobs: process the users of an upload.
--- Source: Auth0 docs, "Bulk Import User Data into Auth0 Database Connections" (November 2026).

local failure = require "base.failure"
local ghosts = require "tenant.ghosts"
local identifiers = require "auth0.identifiers"
local job_faults = require "tenant.faults.jobs"
local jobs = require "tenant.jobs"
local json = require "host.json"
local limits = require "auth0.limits"
local scheduler = require "base.scheduler"
local uploaded = require "tenant.uploaded"
local user_rules = require "auth0.user"
local users = require "tenant.users"
local verdict = require "tenant.verdict"

local imports = {}

local SLICE <const> = 2000         -- maximum users in a transaction: most files need one
local TURNS <const> = 32           -- of the server between two slices
local SLICE_SECONDS <const> = 0.05 -- duration of a slice at a tier's speed
local BROKEN <const> = "Failed to parse users file JSON when importing users. "
  .. "Make sure it is valid JSON."
local UNKNOWN <const> = "OBJECT_ADDITIONAL_PROPERTIES"
local NULL_EMAIL <const> = "Error in email property, expected type string but found type null"
local THERE <const> = "The user already exist and upsert parameter is false"
local HASH_KEPT <const> =
  "A custom_password_hash was provided, but the user already has password hash defined"

---@class ImportRun  state of a running job
---@field tenant Tenant
---@field db host.store.database
---@field connection StoredConnection
---@field validator host.schema.validator
---@field draft host.json.draft  the JSON of the last valid user
---@field job StoredJob
---@field upsert boolean
---@field fault? Fault
---@field haunted boolean  the tenant has ghosts
---@field poisoned? boolean  after a null email address all users fail
---@field seen table<string, table<string, true>>  identifiers of the file so far
---@field now number  of the slice
---@field gone_after number  users before the connection disappears
---@field inserted integer
---@field updated integer
---@field failed integer

local function refuse(code, message, path)
  return { { code = code, message = message, path = path } }
end

---The errors if an earlier user of the file has the same identifier; else records the identifiers.
local function duplicate(run, user, keys)
  local seen = run.seen
  local email = run.connection.settings.unique.email and keys.email
  local twice
  if email and seen.email[email] then twice = "email"
  elseif keys.username and seen.username[keys.username] then twice = "username"
  elseif user.user_id and seen.user_id[user.user_id] then twice = "user_id" end
  if twice then
    return refuse("DUPLICATED_USER",
      string.format("A user with this %s was already provided.", twice))
  end
  if email then seen.email[email] = true end
  if keys.username then seen.username[keys.username] = true end
  if user.user_id then seen.user_id[user.user_id] = true end
end

---The errors of a user that conflicts with existing ones. Without upsert an existing email address
---was observed to be DUPLICATED_USER, whatever Auth0's list of codes says.
local function conflict(run, keys, rows)
  local same = { email = false, username = false, any = false }
  for _, row in ipairs(rows) do
    local here = row.connection == run.connection.id
    same.any = same.any or here
    if here and keys.email and row.email == keys.email and run.connection.settings.unique.email then
      same.email = true
    end
    if here and keys.username and row.username == keys.username then same.username = true end
  end
  local doubt = run.tenant.doubts.conflict
  if doubt == "plain" then
    return refuse("CONFLICT", "The user already exists.")
  elseif not run.upsert and (doubt == "seen" and same.email or doubt == "any" and same.any) then
    return refuse("DUPLICATED_USER", THERE)
  elseif same.email then
    return refuse("CONFLICT_EMAIL", "A user with the same email already exists.", "email")
  elseif same.username then
    return refuse("CONFLICT_USERNAME", "A user with the same username already exists.", "username")
  end
  return refuse("CONFLICT", "The user already exists.")
end

---The existing user that an upsert updates: the one with the same email address, or with the same
---user_id under match=user-id. Nil if its user_id differs or another user has an identifier.
local function target(run, keys, rows)
  local row = rows[1]
  if #rows > 1 or row.connection ~= run.connection.id then return nil end
  if run.tenant.doubts.match == "user-id" then return row.user_id == keys.user_id and row or nil end
  if not keys.email or row.email ~= keys.email then return nil end
  if keys.user_id and keys.user_id ~= row.user_id then return nil end
  return row
end

---The errors of a user that conflicts with a ghost: by its username under match=user-id.
local function haunted(run, keys)
  if not ghosts.stands(run.db, run.connection, keys) then return nil end
  if run.tenant.doubts.match == "user-id" and keys.username then
    return refuse("CONFLICT_USERNAME", "A user with the same username already exists.", "username")
  end
  local ordinary = run.tenant.doubts.ghost == "ordinary"
  return refuse("DUPLICATED_USER", ordinary and THERE or "The user already exists.")
end

---Updates an existing user, or returns the errors.
local function update(run, user, row)
  local record = json.decode(row.record)
  if user.custom_password_hash then
    if row.password ~= "imported" or row.logins > 0 or not record.custom_password_hash then
      return refuse(nil, HASH_KEPT, "customPasswordHash")
    end
    record.custom_password_hash = user.custom_password_hash
  end
  local doubts = run.tenant.doubts
  for _, name in ipairs(user_rules.UPSERTED) do
    local kept = name == "mfa_factors" and doubts["upsert-factors"] == "kept"
    if user[name] ~= nil and not kept then record[name] = user[name] end
  end
  if user.email_verified == nil and doubts["upsert-verified"] == "reset" then
    record.email_verified = false
  end
  users.update(run.db, row, record, run.now)
end

---Inserts a user or with upsert updates one: "inserted" or "updated", or nil and the errors.
local function store(run, user, keys)
  local factors = job_faults.factors(run.fault, user)
  local given = user.mfa_factors
  if factors then
    user.mfa_factors = nil
    run.draft:clear()
  end
  local outcome, errors = "inserted", nil
  local rows = run.upsert and users.clashes(run.db, run.connection, keys)
  if rows or not users.insert(run.db, run.connection, keys, run.now,
    users.record(user, keys, run.draft), user.password_hash or user.custom_password_hash) then
    rows = rows or users.clashes(run.db, run.connection, keys)
    local row = run.upsert and target(run, keys, rows)
    if row then errors = update(run, user, row) else errors = conflict(run, keys, rows) end
    outcome = "updated"
  end
  user.mfa_factors = given
  errors = errors or factors
  if errors then return nil, errors end
  return outcome
end

local function has_null_email(user)
  return type(user) == "table" and user.email == json.null
end

---The errors that depend on a doubt and on the connection or an earlier user.
local function doubtful(run, user)
  local doubts, settings = run.tenant.doubts, run.connection.settings
  if run.poisoned then return refuse("INVALID_TYPE", NULL_EMAIL, "email") end
  run.poisoned = doubts["null-email"] == "rest" and has_null_email(user)
  if doubts.username == "refused" and type(user) == "table" and user.username ~= nil
    and not settings.requires_username and not settings.identifiers then
    return refuse(nil, "Cannot set username for connection without requires_username.", "username")
  end
end

---Imports one user: "inserted" or "updated", or nil and the errors.
local function import_one(run, user)
  local errors = doubtful(run, user)
    or verdict.errors(run.validator, user, run.tenant.doubts, run.draft)
  if errors then return nil, errors end
  local keys = identifiers.stored(user)
  errors = duplicate(run, user, keys) or (run.haunted and haunted(run, keys))
  if errors then return nil, errors end
  return store(run, user, keys)
end

---Imports a user from its JSON text, if the text shows that it is valid: "inserted", or nil and the
---errors. False: it has to be decoded.
local function import_text(run, list, place)
  if run.upsert or run.fault then return false end
  local first, last = list:bytes(place)
  local accepted, email, username, phone_number, user_id, email_verified, hash, custom_hash =
    run.validator:accepts(list.text, first, last, "email", "username", "phone_number", "user_id",
      "email_verified", "password_hash", "custom_password_hash")
  if not accepted then return false end
  local user = {
    email = email, username = username, phone_number = phone_number, user_id = user_id,
  }
  local errors = doubtful(run, user)
  if errors then return nil, errors end
  local keys = identifiers.stored(user)
  errors = duplicate(run, user, keys) or (run.haunted and haunted(run, keys))
  if errors then return nil, errors end
  local record
  if email == keys.email and username == keys.username then
    record = users.with_verified(list.text:sub(first, last), email_verified)
  else
    record = users.record(list:user(place), keys)
  end
  if users.insert(run.db, run.connection, keys, run.now, record, hash or custom_hash) then
    return "inserted"
  end
  return nil, conflict(run, keys, users.clashes(run.db, run.connection, keys))
end

local function note_error(run, place, user, errors)
  local doubts = run.tenant.doubts
  for _, err in ipairs(errors) do
    err.path = verdict.shown_path(err.path, doubts)
  end
  local entry = json.encode { user = verdict.echo(user, doubts), errors = json.array(errors) }
  run.db:run("INSERT INTO job_error VALUES (?, ?, ?)", run.job.id, place, entry)
end

---Imports the users from `first` to `last` in one transaction.
---@param list UploadedUsers
local function slice(run, list, first, last)
  run.now = run.tenant.wall()
  local transaction <close> = run.db:begin()
  if not run.tenant:takes_users(run.job.connection) then
    run.gone_after = math.min(run.gone_after, first - 1)
  end
  for place = first, last do
    local outcome, errors
    if place > run.gone_after then
      errors = refuse("CONNECTION_NOT_FOUND", "The connection does not exist.")
    else
      outcome, errors = import_text(run, list, place)
      if outcome == false then outcome, errors = import_one(run, list:user(place)) end
    end
    if errors then note_error(run, place, list:user(place), errors) end
    outcome = outcome or "failed"
    run[outcome] = run[outcome] + 1
  end
  if last == list.count and not job_faults.finish(run.tenant, run.job.id, run.fault) then
    jobs.finish(run.tenant, run.job.id)
  end
  -- After the end, which removes the payload: changing any column writes all of them.
  run.db:run([[UPDATE job SET done = ?, total = ?, inserted = ?, updated = ?, failed = ?
    WHERE id = ?]], last, list.count, run.inserted, run.updated, run.failed, run.job.id)
  failure.check(transaction:commit())
end

---@param connection? StoredConnection  nil: it was deleted
local function new_run(tenant, connection, job)
  return {
    tenant = tenant, db = tenant.db, connection = connection, job = job,
    validator = connection and tenant:validator(connection), draft = json.draft(),
    upsert = job.upsert == 1,
    gone_after = connection and math.huge or 0,
    haunted = ghosts.any(tenant.db),
    seen = { email = {}, username = {}, user_id = {} }, now = tenant.wall(),
    inserted = job.inserted, updated = job.updated, failed = job.failed,
  }
end

---Records the identifiers of users that were processed before the tenant was restarted.
local function remember(run, list)
  for place = 1, run.connection and run.job.done or 0 do
    local user = list:user(place)
    if not doubtful(run, user) and not run.validator:check(user) then
      duplicate(run, user, identifiers.stored(user))
    end
  end
end

local function slice_size(speed)
  return math.max(1, math.min(SLICE, math.floor(speed * SLICE_SECONDS)))
end

---Lets the server receive requests: a whole file takes many turns, and that of the next job should
---be complete when this one ends.
local function serve()
  for _ = 1, TURNS do scheduler.pass() end
end

---Imports the users in slices, no faster than the tier; other tasks run between slices.
local function process(run, list)
  local tenant = run.tenant
  local speed = tenant:import_speed() -- users a second
  local size = slice_size(speed)
  local began = tenant.monotonic() - run.job.done / speed
  local done = run.job.done
  repeat
    local last = math.min(list.count, done + size)
    local wait = began + last / speed - tenant.monotonic()
    if wait > 0 then scheduler.sleep(wait) else serve() end
    if tenant.ended then return end -- a tenant with a state file resumes the job
    if tenant:now() - run.job.begun > limits.JOB_SECONDS then
      return jobs.finish(tenant, run.job.id, nil, tenant.doubts.timeout)
    end
    slice(run, list, done + 1, last)
    done = last
  until done >= list.count
end

---Whether unknown=job applies: an unknown property makes the whole file invalid.
local function is_misspelt(run, list)
  if run.tenant.doubts.unknown ~= "job" or not run.connection then return false end
  for place = 1, list.count do
    for _, err in ipairs(run.validator:check(list:user(place)) or {}) do
      if err.code == UNKNOWN then return true end
    end
  end
  return false
end

---The users that a job processes: under null-email=lost, up to the first null email address.
local function looked_at(tenant, list)
  if tenant.doubts["null-email"] ~= "lost" then return list end
  for place = 1, list.count do
    if has_null_email(list:user(place)) then return list:up_to(place) end
  end
  return list
end

---Starts a job's task.
---@param tenant Tenant
---@param job StoredJob
---@param fault? Fault
function imports.begin(tenant, job, fault)
  tenant.metrics:job_begun(tenant.monotonic())
  scheduler.spawn(function()
    local list = uploaded.read(job.payload)
    job.payload = nil
    if not list then
      scheduler.pass()
      if not tenant.ended then jobs.finish(tenant, job.id, BROKEN) end
    else
      local run = new_run(tenant, tenant:connection(job.connection), job)
      run.fault = fault
      run.gone_after = math.min(run.gone_after, job_faults.gone_after(fault, list.count))
      if is_misspelt(run, list) then
        jobs.finish(tenant, job.id, BROKEN)
      else
        remember(run, list)
        process(run, job_faults.reached(tenant, job, fault, looked_at(tenant, list)))
      end
    end
    tenant.metrics:job_ended(tenant.monotonic())
  end)
end

---Stores a user with `"ghost": true`, which only imports detect.
local function put_ghost(run, user)
  user.ghost = nil
  local errors = verdict.errors(run.validator, user, run.tenant.doubts)
  if not errors then ghosts.add(run.db, run.connection, identifiers.stored(user)) end
  return not errors, errors
end

local EARLIER <const> = 24 * 60 * 60 -- seconds

---Stores existing users in a connection, created a day ago so that no client takes them for users
---of its own run. Those with `"ghost": true` become ghosts.
---@param tenant Tenant
---@param connection StoredConnection
---@param list table[]
---@return true?
---@return string? message  why the first invalid user cannot be added
function imports.put(tenant, connection, list)
  local run = new_run(tenant, connection, { upsert = 0, inserted = 0, updated = 0, failed = 0 })
  run.now = run.now - EARLIER
  local transaction <close> = tenant.db:begin()
  for place, user in ipairs(list) do
    local is_ghost = type(user) == "table" and user.ghost == true
    local _, errors = (is_ghost and put_ghost or import_one)(run, user)
    if errors then
      return nil, string.format("cannot add user %d: %s", place, errors[1].message)
    end
  end
  return transaction:commit()
end

return imports
