--- Errors of a recipe's state as plain values for the program.

local bad_value = require "source.bad_value"
local failure = require "base.failure"
local type_name = require "base.type_name"
local origin = require "recipe.inside.origin"
local reject = require "migrate.reject"

local errors = {}

local LONGEST <const> = 2048 -- bytes

---@class DescribedError  plain
---@field message string
---@field kind Kind
---@field where? string  "shop.lua:12"
---@field refused? {code: string, path: string, reason: string, shape?: string}  a raised rejection:
---  in `map` it counts as one that was returned
---@field trace? string  of an error that a line of the program's own raised
--- Set by the host:
---@field ended? "steps"|"time"|"interrupted"|"stopped"  what ended the code, whatever it catches
---@field used? integer  bytes that remained in use after memory had run out

local function bounded(text)
  if #text <= LONGEST then return text end
  local last = LONGEST
  while last > LONGEST - 4 and (text:byte(last + 1) or 0) & 0xC0 == 0x80 do last = last - 1 end
  return text:sub(1, last) .. " … (" .. #text .. " bytes)"
end

---The text of an error; never the address of a table, which would make every error unique.
local function words_of(err)
  local meta = getmetatable(err)
  if type(err) == "string" or type(err) == "number"
    or type(meta) == "table" and rawget(meta, "__tostring") then
    return tostring(err)
  end
  return "the error value is " .. type_name.a(err)
end

local UNREADABLE <const> = "SWITCH_UNREADABLE"

---The rejection of an error value; nil for other values.
local function refused_of(err)
  if bad_value.is(err) then err = reject.reject(err.reason, UNREADABLE, err.path, err.given) end
  if not reject.is_reject(err) then return nil end
  return {
    code = words_of(err.code), path = words_of(err.path), reason = bounded(words_of(err.reason)),
    shape = err.shape and words_of(err.shape) or nil,
  }
end

---@param stack? table  of host/sandbox/stack.c, with the error that it was noted for
local function is_of(stack, err)
  return stack ~= nil and rawequal(stack.raised, err)
end

---The error as plain values. Without `where`, it is at no line that is known.
---@param err any
---@param stack? table   the functions that ran, see recipe.inside.origin
---@param trace? string  of a line of the program's own
---@param parts OriginParts
---@return DescribedError
function errors.describe(err, stack, trace, parts)
  if failure.is(err) then
    local said = err.message
    local place, rest = said:match("^([^\n]-%.lua:%d+): (.*)$") -- of a module's text
    return { message = bounded(rest or said), kind = err.kind, where = err.where or place }
  end
  local refused = refused_of(err)
  if refused then return { message = refused.reason, kind = "fatal", refused = refused } end
  local text = bounded(words_of(err))
  local where, rest = text:match("^(.-:%d+): (.*)$")
  local from = origin.of(rest or text, where, is_of(stack, err) and stack or {}, parts)
  return {
    message = from.message, kind = "fatal", where = from.where,
    trace = trace and bounded(trace),
  }
end

return errors
