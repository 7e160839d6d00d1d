--- Rejections: records that are not sent, as lines of rejected.ndjson.

local advice = require "auth0.advice"
local foreign = require "base.foreign"
local redact = require "auth0.redact"

local rejection = {}

local BY_RECIPE <const> = "The recipe rejects such records: correct them in the source, or change "
  .. "the mapping."

---@class Rejection  a line of rejected.ndjson
---@field position integer
---@field at string
---@field outcome "rejected"|"duplicate"
---@field code string      this and the next four: of the first finding
---@field path string
---@field message string
---@field shape string     redacted description of the value
---@field fix string       what to do, a sentence
---@field errors Advised[] all findings
---@field record? any      the source record; its raw text under SOURCE
---@field user? table      the mapped user
---@field kept? integer    position of the one kept

---A finding that is not from a rule of Auth0.
---@param code string
---@param path string
---@param message string
---@param shape string   see auth0.redact
---@param fix? string    default: that of the code
---@return Advised
function rejection.finding(code, path, message, shape, fix)
  return {
    code = code, path = path, message = message, shape = shape,
    fix = fix or advice.fix(code, path),
  }
end

---A rejection by the recipe itself (`migrate.reject`).
---@param code string
---@param path string
---@param reason string
---@param shape string  of the rejected value, or of the record
---@return Advised
function rejection.refused(code, path, reason, shape)
  return rejection.finding(code, path, reason, shape, BY_RECIPE)
end

---A clash with an earlier user.
---@param clash Clash
---@param user table
---@param fix? string
---@return Advised
function rejection.clash(clash, user, fix)
  local value = user[clash.path]
  if value == nil then value = user end -- a nested key of the recipe
  return rejection.finding(clash.code, clash.path, clash.message, redact.of(value), fix)
end

---@param parts {position: integer, at: string, outcome?: string, errors: Advised[], record?: any,
---user?: table, kept?: integer}  outcome: default "rejected"
---@return Rejection
function rejection.new(parts)
  for _, one in ipairs(parts.errors) do
    one.code, one.path = foreign.legible(one.code), foreign.legible(one.path)
    one.message = foreign.legible(one.message)
  end
  local first = parts.errors[1]
  return {
    position = parts.position, at = parts.at, outcome = parts.outcome or "rejected",
    code = first.code, path = first.path, message = first.message, shape = first.shape,
    fix = first.fix, errors = parts.errors, record = parts.record,
    user = parts.user, kept = parts.kept,
  }
end

return rejection
