--- What `require "migrate"` returns to a recipe: an instance per recipe, because `warn` counts.

local extend = require "migrate.extend"
local json = require "host.json"
local lost_things = require "base.lost_things"
local phones = require "migrate.phone"
local type_name = require "base.type_name"
local rejects = require "migrate.reject"
local capped_names = require "base.capped_names"
local spelling = require "base.spelling"
local text = require "host.text"

local face = {}

---@class Migrate
---@field array fun(list: table): table   marks a list, so that an empty list is written as `[]`
---@field reject fun(reason: string, code?: string, path?: string, value?: any): Reject  for `map`;
---  of the value only a redacted description is kept
---@field warn fun(code: string, message?: string, helper?: string)  counted in the report's
---  `warnings`; helper: "phone" if it tells of the value that value.phone could not read
---@field lost fun(what: LostThing, reason: string)  what the user of this record loses
---@field phone fun(written: any, country?: string): string?, any  a number that cannot be read is
---  returned second, to be kept in metadata
---@field phone_factor fun(written: any, country?: string): MfaFactor?  the second factor of a
---  number, or of the first in a list that can be read; lost if none can
---@field extend fun(base: Recipe, changes?: table): Recipe  a recipe with other fields
---@field import fun(run: Run)      the default `import`
---@field finalize fun(run: Run)    the default `finalize`
---@field retry migrate.retry  makes the default `retry`

-- Loaded on demand, because these modules may themselves require this one.
local DEFAULTS <const> = {
  import = "migrate.import", finalize = "migrate.finalize", retry = "migrate.retry",
}

local NAMES <const> = {
  "array", "extend", "finalize", "import", "lost", "phone", "phone_factor", "reject", "retry",
  "warn",
}

local IS_WORDS <const> = { ["nil"] = true, string = true, number = true }

local function nothing() end

local function counter(warnings, unread, place)
  local name_of = capped_names.new()
  return function(code, message, helper)
    if type(code) ~= "string" then
      error("migrate.warn expects a code, got " .. type_name.of(code), 2)
    end
    if not IS_WORDS[type(message)] then
      local given = type_name.a(message)
      error("migrate.warn expects text as its message, got " .. given, 2)
    end
    if helper ~= nil then
      if type(helper) ~= "string" then
        error("migrate.warn expects the name of a helper, got " .. type_name.a(helper), 2)
      end
      unread.any, unread.warned = true, unread.warned or {}
      unread.warned[helper] = true
    end
    code = name_of(code)
    local warning = warnings[code]
    if not warning then
      warning = {
        count = 0, message = message and text.redact(tostring(message)) or code, at = place(),
      }
      warnings[code] = warning
    end
    warning.count = warning.count + 1
  end
end

---@param lose fun(what: LostThing, reason: string)
---@return fun(what: LostThing, reason: string)
local function loser(lose)
  local is_one, things = lost_things.IS_ONE, lost_things.ORDER
  return function(what, reason)
    if not is_one[what] then
      local given = type(what) == "string" and '"' .. what .. '"' or type_name.of(what)
      error(string.format("migrate.lost expects what is lost: %s; got %s%s",
        table.concat(things, ", "), given, spelling.hint(tostring(what), things)), 2)
    elseif type(reason) ~= "string" then
      error("migrate.lost expects text as its reason, got " .. type_name.a(reason), 2)
    end
    lose(what, reason)
  end
end

---@param warnings? table<string, {count: integer, message: string, at: string?}>  where `warn`
---  counts
---@param unread? UnreadValues  where `warn` notes its calls
---@param place? fun(): string?  of the record that is mapped
---@param lose? fun(what: LostThing, reason: string)  notes what its user loses
---@return Migrate
function face.new(warnings, unread, place, lose)
  local own = {
    array = function(list) return json.array(list or {}) end,
    reject = rejects.reject, lost = loser(lose or nothing),
    warn = warnings and counter(warnings, unread or {}, place or nothing) or nothing,
    extend = extend.recipe,
  }
  own.phone, own.phone_factor = phones.new(own.warn, own.lost), phones.factor(own.lost)
  return setmetatable(own, {
    __index = function(_, key)
      local name = DEFAULTS[key]
      if name then return require(name) end
      error(string.format("migrate has no %s%s", tostring(key),
        spelling.hint(tostring(key), NAMES)), 2)
    end,
  })
end

return face
