--- Ghosts: users that block an import although no lookup shows them, left by an earlier migration.
--- One is deleted only if --delete-ghosts was given, the operator confirmed, and a lookup just
--- before finds no user; what cannot be distinguished from a real user stays.

local evidence = require "import.evidence"
local expect = require "auth0.api.expect"
local http = require "host.http"
local identifiers = require "auth0.identifiers"

local ghosts = {}

---Failed users that a ghost may block.
local function count(ledger)
  local n = 0
  for row in ledger:judged_failures() do
    if evidence.is_ghost(row) then n = n + 1 end
  end
  return n
end

---@class Ghosts
---@field private engine Engine
---@field private agreed? boolean  the operator's answer; nil: not asked yet
local Ghosts = {}
Ghosts.__index = Ghosts

---@param engine Engine
---@return Ghosts
function ghosts.new(engine)
  return setmetatable({ engine = engine }, Ghosts)
end

---Whether ghosts may be deleted; asks once per process, and a yes is kept in the journal.
local function may_delete(self)
  local engine = self.engine
  if not engine.delete_ghosts then
    return nil, "it may be a ghost, a user that no lookup shows; --delete-ghosts deletes it"
  end
  if self.agreed == nil then
    local noted = engine.ledger:get("ghosts_consent") == 1
    self.agreed = noted or engine.progress:hold(engine.ask_ghosts, count(engine.ledger))
      or false
    if self.agreed and not noted then engine:check(engine.ledger:note { ghosts_consent = 1 }) end
  end
  if self.agreed then return true end
  return nil, "the deletion of its ghost was not confirmed"
end

---Why a deletion by e-mail address might hit another user; nil if it cannot.
local function objection(connection, user)
  if connection.options_known == false then
    return "no ghost is deleted: e-mail addresses may not be unique in the connection"
  elseif (connection.unique or {}).email ~= true then
    return "no ghost is deleted: e-mail addresses are not unique in the connection"
  elseif not user.email then
    return "no ghost is deleted: the user has no e-mail address to delete it by"
  end
end

---The user_id of a listed user with an identifier of ours, with `id` in any connection; else nil.
local function somebody(engine, user, id)
  local found = engine:check(engine.users.find(engine.client, {
    connection = engine.connection.name, emails = { user.email }, others = { user },
    ids = { id },
  }))
  if found[1] then return found[1].user_id end
  if not id then return nil end
  -- An id is not tied to a connection: deleting by it could hit a user of another.
  local response, message, kind = engine.client:request {
    method = "GET", path = "/users/" .. http.escape(id), expects = expect.USER,
  }
  engine:check(response, message, kind)
  return response.status ~= 404 and id or nil
end

local function delete(engine, request)
  request.method, request.expects = "DELETE", expect.nothing
  local response, message, kind = engine.client:request(request)
  engine:check(response, message, kind)
  if response.status < 300 or response.status == 404 then return true end
  return nil, string.format("cannot delete the ghost (status %d)%s", response.status,
    response.status == 403 and ": the scope delete:users is missing" or "")
end

---Deletes the ghost that blocks a failed user. Nil and why if it must not or cannot be deleted.
---@param refused RunFailure
---@param user Identifiers  as they failed
---@return true?
---@return string? why
function Ghosts:delete(refused, user)
  local engine = self.engine
  local why = objection(engine.connection, user)
  if why then return nil, why end
  local done
  done, why = may_delete(self)
  if not done then return nil, why end
  local id = identifiers.with_prefix(user.user_id)
  local who = somebody(engine, user, id)
  if who then
    return nil, string.format("not a ghost: the tenant lists %s with one of its identifiers", who)
  end
  done, why = delete(engine, {
    path = "/connections/" .. http.escape(engine.connection.id) .. "/users",
    query = { email = user.email },
  })
  if done and id then done, why = delete(engine, { path = "/users/" .. http.escape(id) }) end
  if not done then return nil, why end
  engine.log("ghost_deleted", { position = refused.position, at = refused.at })
  return true
end

return ghosts
