--- The command that comes after a session with a run: the one that brings people forward. It only
--- looks where they have to decide, and repeats only what a later attempt completes.

local command = require "base.command"
local exit_status = require "base.exit_status"
local file = require "host.file"
local gates = require "journal.gates"
local kinds = require "recipe.kinds"

local next_command = {}

---@param session Session
---@param name string
---@param ... string  further words
---@return string
local function on_run(session, name, ...)
  return command.after(session.settings, name, session.dir.path, ...)
end

---A path relative to the working directory, if it is below it.
local function shortened(name)
  local here = file.real(".")
  local is_below = here and name:sub(1, #here + 1) == here .. "/"
  return is_below and name:sub(#here + 2) or name
end

---The parameters as typed, else those of the run that are not the defaults; a secret one is not
---known to the run and comes from the environment again.
local function params_of(settings, recipe)
  local words = {}
  local typed = next(settings.params or {}) and settings.params
  for name, value in pairs(typed or recipe.params) do
    local declared = (recipe.declared or {})[name] or {}
    if typed or (value ~= declared.default and not kinds.is_secret(declared)) then
      words[#words + 1] = name .. "=" .. tostring(value)
    end
  end
  table.sort(words)
  return words
end

---The command that shows a record next to its user.
---@param settings Settings
---@param recipe LoadedRecipe
---@param at? string  its place; nil: the first records
---@return string?  nil if the source cannot be read again
function next_command.record(settings, recipe, at)
  return command.preview(settings, shortened(recipe.path), params_of(settings, recipe), at)
end

---Shows the first record with one of these outcomes, else the report.
local function look(session, statement, outcomes)
  for _, group in ipairs(statement.findings) do
    if outcomes[group.outcome] and session.recipe and group.examples[1] then
      local shown = next_command.record(session.settings, session.recipe, group.examples[1])
      if shown then return shown end
    end
  end
  return on_run(session, "report")
end

local function resume(session, _, why)
  local added = why and why.more and why.more.add
  return on_run(session, "resume", added)
end

local function status(session)
  return on_run(session, "status")
end

local REJECTED <const> = { rejected = true }

---After a gate of the stage: a record that shows why it stopped, unless there are none.
local function staged(session, statement, why)
  local found = statement.findings[1]
  if why.kind ~= "gate" or found or statement.records.read == 0 then
    return look(session, statement, REJECTED)
  end
  local at = why.more and why.more.at
  return next_command.record(session.settings, session.recipe, at) or on_run(session, "report")
end

local FAILED <const> = { failed = true }
local EITHER <const> = { rejected = true, failed = true }

---After a gate: a canary that failed is looked at, and a question that was declined, or that nobody
---could answer, is asked again.
local function gated(session, statement, why)
  if why.kind == "failures" then
    return on_run(session, "resume", "--max-failures", tostring(gates.expected(session.ledger)))
  elseif session.ledger:get("canary_over") then
    return look(session, statement, FAILED)
  elseif session.ledger:get("canary_judged") then
    return resume(session, statement, why)
  end
  return status(session)
end

---After the end of a run: a retry of what failed, unless this was one.
local function complete(session, statement)
  if session.ledger:has_failed() and not session.retries then return on_run(session, "retry") end
  return look(session, statement, EITHER)
end

---@alias NextCommand fun(session: Session, statement: Report, why?: Failure): string

---@type table<integer, NextCommand>  by exit status
local AFTER <const> = {
  [1] = status, [2] = status, [3] = complete,
  [4] = staged,
  [5] = resume, [6] = function(session) return next_command.doctor(session.settings) end,
  [7] = gated, [8] = resume, [130] = resume,
}

local function again(session)
  return session.ledger:get("rehearsal")
end

-- The tenant of a rehearsal has ended: it can only be repeated, not resumed or retried.
---@type table<integer, NextCommand>
local AFTER_REHEARSAL <const> = {
  [1] = status, [2] = status, [6] = status, [5] = again, [130] = again, [8] = again,
  [3] = function(session, statement) return look(session, statement, EITHER) end,
  [4] = AFTER[4],
  [7] = function(session, statement, why)
    local wider = session.settings.rehearse_wider
    if why.kind ~= "failures" or not wider then return look(session, statement, FAILED) end
    return wider("--max-failures", tostring(gates.expected(session.ledger)))
  end,
}

---What shows which credential, scope or setting of the tenant is wrong.
---@param settings Settings
---@return string
function next_command.doctor(settings)
  return command.after(settings, "doctor")
end

---The same, for a failure of the tenant that no repetition mends; nil for others, and for the
---tenant of a rehearsal.
---@param settings Settings
---@param kind? Kind
---@return FailureMore?
function next_command.of_tenant(settings, kind)
  if settings.rehearsal then return nil end
  local code = exit_status.of(kind)
  local is_refused = code == exit_status.of("usage") or code == exit_status.of("credentials")
  return is_refused and { next = next_command.doctor(settings) } or nil
end

---@param session Session
---@param statement Report  with its findings
---@param why? Failure      why it ended early
---@return string?  nil: nothing is to be done
function next_command.of(session, statement, why)
  if statement.exit == 0 then return nil end
  if why and why.more and why.more.next ~= nil then return why.more.next or nil end
  local after = session.ledger:get("rehearsal") and AFTER_REHEARSAL or AFTER
  return after[statement.exit](session, statement, why)
end

return next_command
