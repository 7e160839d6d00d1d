--- Finds users of a run that share an identifier: exactly, at any number, with a small index in
--- memory and the identifiers themselves on disk.

local identifiers = require "auth0.identifiers"
local index = require "host.index"

local duplicates = {}

-- The order in which a clash is searched and named.
local ORDER <const> = { table.unpack(identifiers.LOGINS) }
ORDER[#ORDER + 1] = "user_id"
local CODES <const> = { email = "CONFLICT_EMAIL", username = "CONFLICT_USERNAME" }
local MOST_FIELDS <const> = 8 -- of host.index

---@class Clash
---@field position integer  of the earlier user
---@field keys string[]     what is equal: identifiers, and keys of the recipe
---@field code "DUPLICATE"|"CONFLICT_EMAIL"|"CONFLICT_USERNAME"|"CONFLICT"
---@field path string       the key that clashed
---@field message string

---@class DuplicatesOptions
---@field unique? table<string, boolean>  identifiers that the connection keeps unique; default all
---@field keys? string[]  the recipe's `dedupe`: an equal value in any of these fields means the
---same user, whatever else differs; may be nested: "app_metadata.crm_id"
---@field spool string    folder for the identifiers of the users seen

---@class Detector
---@field set host.index.set
---@field fields DuplicateField[]
local Detector = {}
Detector.__index = Detector

---@class DuplicateField: host.index.Field
---@field name string
---@field path string[]?  of a nested key
---@field decides boolean     a key of the recipe
---@field identifier boolean  a different value suggests two people

local function new_field(name, decides, unique)
  local field = {
    name = name, fold = identifiers.FOLDED[name] or false, decides = decides, unique = unique,
    identifier = false,
  }
  for _, identifier in ipairs(ORDER) do
    field.identifier = field.identifier or identifier == name
  end
  if name:find(".", 1, true) then
    field.path = {}
    for part in name:gmatch "[^.]+" do field.path[#field.path + 1] = part end
  end
  return field
end

---The recipe's keys come first, because each decides alone.
local function list_fields(options)
  local fields, seen = {}, {}
  local function add(name, decides, unique)
    if not seen[name] then fields[#fields + 1] = new_field(name, decides, unique) end
    seen[name] = true
  end
  for _, name in ipairs(options.keys or {}) do
    if type(name) ~= "string" or name == "" then
      return nil, "dedupe must list names of fields, not a " .. type(name), "usage"
    end
    add(name, true, true)
  end
  for _, name in ipairs(ORDER) do
    add(name, false, not options.unique or options.unique[name] == true)
  end
  if #fields > MOST_FIELDS then
    return nil, string.format("dedupe can list %d keys in addition to the identifiers, not %d",
      MOST_FIELDS - #ORDER, #fields - #ORDER), "usage"
  end
  return fields
end

---@param options DuplicatesOptions
---@return Detector?
---@return string? message
---@return string? kind  "usage" for invalid keys, or host.index's
function duplicates.new(options)
  local fields, message, kind = list_fields(options)
  if not fields then return nil, message, kind end
  local set
  set, message, kind = index.new(options.spool .. "/identifiers.spool", fields)
  if not set then return nil, message, kind end
  return setmetatable({ set = set, fields = fields }, Detector)
end

local MESSAGES <const> = {
  decided = "the same %s as the user at position %d, a duplicate by the recipe's dedupe keys",
  same = "the same user as at position %d: the same %s, and no other identifier differs",
  different = "the user at position %d has the same %s, but a different %s",
  others = "the %s belongs to the user at position %d, another identifier to a third user",
}

---The names of the fields in a mask of host.index.
local function names_of(fields, mask, wanted)
  local names = {}
  for i, field in ipairs(fields) do
    if mask >> (i - 1) & 1 == 1 and (not wanted or field[wanted]) then
      names[#names + 1] = field.name
    end
  end
  return names
end

local function first_clashing(fields, equal)
  for i, field in ipairs(fields) do
    if field.unique and equal >> (i - 1) & 1 == 1 then return field end
  end
end

---@return Clash
function Detector:clash(position, equal, different, others)
  local fields = self.fields
  local field = assert(first_clashing(fields, equal))
  local name = field.name
  local clash = { position = position, keys = names_of(fields, equal), path = name }
  local contradicting = names_of(fields, different, "identifier")
  clash.code = "DUPLICATE"
  if field.decides then
    clash.message = MESSAGES.decided:format(name, position)
  elseif not contradicting[1] and not others then
    clash.message = MESSAGES.same:format(position, name)
  else
    clash.code = CODES[name] or "CONFLICT"
    clash.message = contradicting[1]
      and MESSAGES.different:format(position, name, table.concat(contradicting, " and "))
      or MESSAGES.others:format(name, position)
  end
  return clash
end

---Looks for a clash with an earlier user, by the values of the fields in their order. A new user is
---remembered; one that clashes is not.
---@param position integer
---@param ... string|number|nil
---@return Clash|false|nil clash  nil: new
---@return string? message
---@return string? kind
function Detector:add(position, ...)
  local held, equal, different, others = self.set:add(position, ...)
  if held == nil then return nil end
  if held == false then return false, equal, different end
  return self:clash(held, equal, different, others)
end

---The same for a user.
---@param user table
---@param position integer
---@return Clash|false|nil clash
---@return string? message
---@return string? kind
function Detector:judge(user, position)
  return self:add(position, identifiers.values(user, self.fields, {}))
end

---Remembers the additional identifiers of a user that replaces the one at `position`.
---@param position integer
---@param ... string|number|nil  as for `add`
---@return integer|false|nil held  nil: done; the position of another user with one of them
---@return string? message
---@return string? kind
function Detector:adopt(position, ...)
  local values = { ... }
  for i, field in ipairs(self.fields) do
    local value = values[i]
    local is_key = type(value) == "string" and value ~= "" or type(value) == "number"
    if field.unique and is_key then
      local held, message, kind = self.set:get(value, i)
      if held == false then return false, message, kind end
      if held and held ~= position then return held end
      if held then values[i] = nil end
    end
  end
  local held, message, kind = self.set:add(position, table.unpack(values, 1, #self.fields))
  return held, message, kind
end

---@return integer identifiers
function Detector:count()
  return self.set:count()
end

---@return integer bytes  of memory in use
function Detector:memory()
  return self.set:memory()
end

function Detector:close()
  self.set:close()
end

Detector.__close = Detector.close

return duplicates
