--- Source -> map -> normalise -> check and write, in the recipe's state: one event for each user or
--- record, up to the JSON bytes of a user. What it means, and the books, belong to the program.

local bad_record = require "source.bad_record"
local failure = require "base.failure"
local identifiers = require "auth0.identifiers"
local type_name = require "base.type_name"
local host_step = require "host.step"
local json = require "host.json"
local redact = require "auth0.redact"
local reject = require "migrate.reject"
local schema = require "auth0.schema"
local text = require "host.text"
local unread_values = require "recipe.inside.unread_values"
local user_rules = require "auth0.user"

local mapper = {}

-- What host.step looks at: identifiers, the member that `normalise` adds, and both passwords.
local MEMBERS <const> = {
  "email", "username", "phone_number", "user_id", "email_verified", "password_hash",
  "custom_password_hash",
}

local IS_WORDS <const> = { string = true, number = true }

-- Called for every record: a local costs a third of the table lookup.
local is_bad, is_reject, normalise = bad_record.is, reject.is_reject, user_rules.normalise
local algorithm_of, is_utf8 = user_rules.algorithm, text.is_utf8

---@class Mapper
---@field recipe table        the recipe's own table
---@field map_at? string      where its `map` begins
---@field params table<string, any>
---@field door table
---@field unread UnreadValues
---@field losses Losses
---@field lost? integer       what the last user loses
---@field validator host.schema.validator
---@field draft host.json.draft  the JSON of the last user
---@field fields DuplicateField[]
---@field wanted? string[]   members whose presence is told as a mask
---@field position integer   records read
---@field record any         the last one
---@field at string          where it is
---@field phase "source"|"map"|"idle"  whose code runs
---@field step? host.step.step  does what concerns plain records
---@field list? table        users of the record that are still to be judged
---@field index integer      of the last one
---@field user any           the last user, or what map returned in its place
---@field findings? table[]  of the last user
local Mapper = {}
Mapper.__index = Mapper

---@class MapperOptions
---@field connection? ConnectionSettings
---@field fields {name: string, path?: string[]}[]  identifiers, and keys of the recipe
---@field members? string[]  whose presence is told

---@class MapperParts
---@field recipe table
---@field map_at? string
---@field params table
---@field door table
---@field unread UnreadValues
---@field losses Losses

---@param parts MapperParts
---@param options MapperOptions
---@return Mapper
function mapper.new(parts, options)
  local self = setmetatable({
    recipe = parts.recipe, map_at = parts.map_at, params = parts.params, door = parts.door,
    unread = parts.unread, losses = parts.losses,
    validator = schema.compile(options.connection), draft = json.draft(user_rules.ORDER),
    fields = options.fields, wanted = options.members, values = {}, position = 0, index = 0,
    phase = "idle", simple = #options.fields == 4,
  }, Mapper)
  self.door.share(self.draft)
  return self
end

local function is_callable(value)
  local meta = getmetatable(value)
  return type(value) == "function" or type(meta) == "table" and meta.__call ~= nil
end

---Calls the recipe's `source`.
function Mapper:open()
  self.phase = "source"
  local source, state, control = self.recipe.source(self.params)
  self.phase = "idle"
  if not is_callable(source) then
    failure.raise(string.format("the recipe's `source` returned %s; it must return an iterator "
      .. "of records, such as csv.records(params.input)", type_name.a(source)), "usage")
  end
  self.source, self.state, self.record = source, state, control
end

---The names of the users' members that are there, as a mask in the order of `wanted`.
local function mask_of(user, wanted)
  local mask = 0
  for i, name in ipairs(wanted) do
    if user[name] ~= nil then mask = mask | 1 << (i - 1) end
  end
  return mask
end

---What a user of the last record loses.
---@private
function Mapper:lost_of(user)
  local unread = self.unread
  local lost = unread.lost
  if unread.any or unread.built then
    unread_values.losses(unread, user, function(what, reason)
      lost = self.losses:add(lost, what, reason)
    end)
  end
  return lost
end

---The event for a user that was checked, who loses `lost`.
---@private
function Mapper:judged(user, findings, event, lost)
  local unread = self.unread
  self.lost = lost
  local noted = unread.any and unread_values.any(unread, user)
    or unread.built and not (user.custom_password_hash or user.password_hash) or false
  if findings then
    noted = true
    for _, finding in ipairs(findings) do
      if not finding.warning then return "invalid", self.at, self.index > 1, event end
    end
  end
  local members = self.wanted and mask_of(user, self.wanted) or 0
  if #self.draft == 0 then
    local _, why = json.encode(user, user_rules.ORDER)
    return "unwritable", self.at, self.index > 1, why, members, noted, 0,
      identifiers.values(user, self.fields, self.values)
  end
  return event, self.at, self.index > 1, algorithm_of(user), members, noted, lost,
    identifiers.values(user, self.fields, self.values)
end

---Checks and writes a user that map, or dedupe, returned.
---@private
function Mapper:take(user, event, lost)
  normalise(user)
  local findings = self.validator:check(user, self.draft)
  self.user, self.findings = user, findings
  return self:judged(user, findings, event, lost or self:lost_of(user))
end

---An event for what is not a user: code, message, value.
---@private
function Mapper:odd(code, message, value)
  self.user, self.findings = value, nil
  return "odd", self.at, self.index > 1, code, message
end

---The columns' and files' warnings of a reader of ours; other iterators have none.
local function own_of(source)
  return type(source) == "table" and source or {}
end

---The last record as it was read, whatever the recipe did with its parts; a table of the recipe's
---own iterator as it is now. Nil for a lazy record whose reader has moved on.
function Mapper:as_read()
  local record = self.record
  if type(record) == "userdata" then return json.as_read(record) end
  local own = own_of(self.source)
  local read = type(record) == "table" and own.as_read and own:as_read()
  return read or record
end

---@private
function Mapper:refuse(refused)
  self.user, self.findings = nil, nil
  local shape = refused.shape or redact.of(self:as_read())
  return "refused", self.at, self.index > 1, refused.code, refused.path, refused.reason, shape
end

---Whether a table has the keys 1 to n and nothing else: users behind a gap would be lost.
local function is_whole_list(list)
  local n = 0
  for _ in next, list do n = n + 1 end
  for i = 1, n do
    if rawget(list, i) == nil then return false end
  end
  return true
end

---The next item of the list that map returned.
---@private
function Mapper:item()
  local list = self.list
  self.index = self.index + 1
  local i, user = self.index, rawget(list, self.index)
  if i >= #list then self.list = nil end
  if is_reject(user) then return self:refuse(user) end
  if type(user) == "table" then return self:take(user, "user") end
  return self:odd("RECIPE_RESULT", string.format(
    "map returned a list whose item %d is %s, not a user", i, type_name.a(user)), user)
end

---@private
function Mapper:begin_list(list)
  if not is_whole_list(list) then
    return self:odd("RECIPE_RESULT",
      "map returned a list with gaps (nil between its users) or with named keys", list)
  end
  if self.step then self.step:stop() end
  if #list > 1 then self.unread.built = false end -- it is unknown which of the users it belongs to
  self.list, self.index = list, 0
  return self:item()
end

local FELL_OFF <const> = "map ended without a return; `return nil, reason` skips a record"

---@private
function Mapper:mapped(...)
  self.phase = "idle"
  local result, reason = ...
  -- Fields before calls, which cost five times as much: only a rejection has a reason, and most
  -- users have an address.
  if type(result) == "table" and not (result.reason and is_reject(result)) then
    if result[1] ~= nil then return self:begin_list(result) end
    if result.email or next(result) ~= nil then return self:take(result, "user") end
    return self:odd("RECIPE_RESULT", "map returned an empty table", result)
  elseif select("#", ...) == 0 then
    return self:odd("RECIPE_RESULT", FELL_OFF, nil)
  elseif result == nil then
    if reason ~= nil and not IS_WORDS[type(reason)] then
      return self:odd("RECIPE_RESULT", "map returned nil and " .. type_name.a(reason)
        .. " as the reason, not a string", reason)
    end
    self.user = nil
    return "skipped", self.at, false, reason and tostring(reason) or "no reason"
  elseif is_reject(result) then
    return self:refuse(result)
  end
  return self:odd("RECIPE_RESULT", "map returned " .. type_name.a(result) .. ", not a user", result)
end

---The place of a record whose source names it other than by UTF-8.
local function place_of(at, position)
  if at ~= nil and not IS_WORDS[type(at)] then
    failure.raise(string.format("the recipe's `source` returned %s as the place of record %d: "
      .. "its iterator must return a record and, optionally, a string with its place",
      type_name.a(at), position), "usage")
  end
  return at and text.printable(tostring(at)) or "#" .. position
end

---Reads the next record; false at the end of the source.
---@return string|false at
function Mapper:read()
  self.phase = "source"
  local record, at = self.source(self.state, self.record)
  local position = self.position + 1
  if record ~= nil and not (type(at) == "string" and is_utf8(at)) then
    at = place_of(at, position)
  end
  self.phase = "idle"
  if record == nil then return false end
  self.position, self.record, self.at, self.index = position, record, at, 0
  return at
end

---Maps the record that was read, an unusual one.
---@private
function Mapper:map()
  local record, unread = self.record, self.unread
  if is_bad(record) then
    self.user = nil
    return "bad", self.at, false, record.message, record.raw
  end
  unread.built, unread.lost = false, 0
  if unread.any then unread_values.clear(unread) end
  self.phase = "map"
  return self:mapped(self.recipe.map(record, self.params, self.position))
end

---The next event: its name, the place of the record, whether the same record had one before, and
---what belongs to it. Nil at the end of the source. Source and map have a budget each.
function Mapper:next()
  if self.step then self.step:stop() end
  if self.list then return self:item() end
  if not self.held and not self:read() then return nil end
  self.held = false
  self.door.refresh()
  return self:map()
end

---`next` for records that Lua reads: with locals, because it runs for every record; what is unusual
---goes to the methods.
---@private
---@return fun(): ...: any
function Mapper:lua_step()
  local source, state, map, params = self.source, self.state, self.recipe.map, self.params
  local unread, is_simple = self.unread, self.simple and not self.wanted
  local validator, draft, check = self.validator, self.draft, self.validator.check

  local function judged(...)
    self.phase = "idle"
    local user = ...
    if not is_simple or type(user) ~= "table" or not user.email or user.reason
      or user[1] ~= nil then
      return self:mapped(...)
    end
    normalise(user)
    local findings = check(validator, user, draft)
    self.user, self.findings = user, findings
    local custom, plain = user.custom_password_hash, user.password_hash
    if findings or unread.any or unread.built and not (custom or plain) or #draft == 0 then
      return self:judged(user, findings, "user", self:lost_of(user))
    end
    self.lost = unread.lost
    return "user", self.at, false, plain and "bcrypt" or type(custom) == "table"
      and custom.algorithm or nil, 0, false, unread.lost, user.email, user.username,
      user.phone_number, user.user_id
  end

  return function(...)
    self:sync()
    if self.list or self.held then return self:next() end
    self.phase = "source"
    local record, at
    if select("#", ...) == 0 then
      record, at = source(state, self.record)
    else
      record, at = source:take(...) -- what its reader returned
    end
    local position = self.position + 1
    if record ~= nil and not (type(at) == "string" and is_utf8(at)) then
      at = place_of(at, position)
    end
    self.phase = "idle"
    if record == nil then return nil end
    self.position, self.record, self.at, self.index = position, record, at, 0
    if self.step then self:lead() end
    if is_bad(record) then return self:map() end
    unread.built, unread.lost = false, 0
    if unread.any then unread_values.clear(unread) end
    self.phase = "map"
    return judged(map(record, params, position))
  end
end

---Lets the step in C ask the source's reader from here on, if it can.
---@private
function Mapper:lead()
  local direct = own_of(self.source).direct
  if not direct then return end
  self.phase = "source"
  local reader, prefix = direct(self.source)
  self.phase = "idle"
  if type(prefix) == "string" and is_utf8(prefix) then
    self.step:read(reader, prefix, self.position)
  end
end

---Takes over what the step in C did meanwhile.
function Mapper:sync()
  if not self.step then return end
  local phase, position, record, at, user, lost = self.step:last()
  self.phase = phase or self.phase
  if not position then return end
  self.position, self.record, self.at, self.user = position, record, at, user
  self.findings, self.index, self.lost = nil, 0, lost
end

---`next`, as a function. Where the source's reader can be asked in C, C does all that concerns a
---plain record; the rest goes to the methods.
---@return fun(): ...: any
function Mapper:stepper()
  local lua_step = self:lua_step()
  if not self.simple or self.wanted then return lua_step end
  local step, fn = host_step.new {
    map = self.recipe.map, params = self.params, validator = self.validator, draft = self.draft,
    notes = self.unread, members = MEMBERS, affix = identifiers.PREFIX,
    text_kind = "bcrypt", table_kind = "algorithm",
    next = lua_step,
    mapped = function(...)
      self:sync()
      return self:mapped(...)
    end,
    clear = function() unread_values.clear(self.unread) end,
  }
  self.step = step
  return fn
end

---Reads, without mapping, until the record at a position or place; the next event is then of it.
---@param wanted integer|string
---@return integer read
---@return boolean found
function Mapper:seek(wanted)
  local refresh = self.door.refresh
  if self.step then self.step:stop() end
  while true do
    refresh()
    if not self:read() then return self.position, false end
    if self.position == wanted or self.at == wanted then
      self.held = true
      return self.position, true
    end
  end
end

---Whose code runs.
---@return "source"|"map"|"idle"
function Mapper:running()
  self:sync()
  return self.phase
end

---The place of the record that is mapped, if one is.
---@return string?
function Mapper:place()
  self:sync()
  return self.phase == "map" and self.at or nil
end

---After an error: whose code ran, the place of the record, whether it had an event before, and
---where `map` begins, for an error without a line: a tail call leaves none.
function Mapper:interrupted()
  local phase = self.phase
  self.phase, self.held = "idle", false
  return phase, self.at, self.index > 1, phase == "map" and self.map_at or nil
end

---What the user loses that was chosen of two: a third one, what either does.
---@private
function Mapper:lost_by(keep, a, lost_of_a)
  if keep == self.user then return self.lost end
  if keep == a then return lost_of_a end
  return self.losses:merge(lost_of_a, self.lost, user_rules.has_password(keep))
end

---Lets the recipe's `dedupe` choose between an earlier user, as JSON, and the last one. Returns
---which it chose, and "kept", as `next` does for a user, or "refused", "odd" or "invalid".
---@param earlier string
---@param lost integer  what the earlier one loses
---@return "earlier"|"later"|"merged" which
---@return string event
---@return any ...  as of `next`
function Mapper:choose(earlier, lost)
  local a, b = json.decode(earlier), self.user
  self.phase = "map"
  local keep = self.recipe.dedupe(a, b)
  self.phase, self.chosen = "idle", keep
  if type(keep) ~= "table" or next(keep) == nil then
    return "earlier", "odd", self.at, self.index > 1, "RECIPE_RESULT", "dedupe returned "
      .. (type(keep) == "table" and "an empty table" or type_name.a(keep)) .. ", not a user"
  elseif is_reject(keep) then
    return "earlier", "refused", self.at, self.index > 1, keep.code, keep.path, keep.reason,
      keep.shape or redact.of(b)
  end
  local which = rawequal(keep, b) and "later" or rawequal(keep, a) and "earlier" or "merged"
  return which, self:take(keep, "kept", self:lost_by(keep, a, lost))
end

---What the program shows of the last event, copied as far as plain values go.
---@param what "user"|"record"|"chosen"
---@return any
function Mapper:show(what)
  if what == "record" then return self:as_read() end
  if what == "chosen" then return self.chosen end
  return self.user
end

---The redacted description of what map, or dedupe, returned in place of a user.
function Mapper:shape(what)
  return redact.of(json.as_read(self:show(what)))
end

---Findings of the rules, and values that helpers could not read.
function Mapper:notes()
  local unread = {}
  if type(self.user) == "table" then
    local values = self.unread.values
    unread = unread_values.of(self.unread, self.user, values and values.boolean and self:as_read())
  end
  return self.findings or {}, unread
end

---How many users of the record are still to come.
function Mapper:remaining()
  return self.list and #self.list - self.index or 0
end

---The share of the source that was read; nil if it is not known.
function Mapper:progress()
  local own = own_of(self.source)
  return own.progress and (own:progress()) or nil
end

---Ends the reading: warnings of the source.
function Mapper:finish()
  local own = own_of(self.source)
  local warnings = own.warnings and own:warnings() or {}
  if own.close then own:close() end
  return warnings
end

return mapper
