--- What every reader returns: a call gives the next record and its place, methods tell what is
--- known of the whole. A class of its own for files, for a database, for pages.

local reading = {}

---@class Recognised  what a reader says of the beginning of a file
---@field sure 1|2|3  1: it can be read so; 2: its structure says so; 3: a signature
---@field what string  for people: "LDIF, the entries of a directory"
---@field options? table  the options of `records` that read it

---@class Reading  an iterator; the methods of a reader that knows nothing more
local Reading = {}

---The name of what is read, or of the first of several: "users.csv".
---@return string?
function Reading.name() return nil end

---What is read, for people: "users.csv", "the 3 files".
---@return string
function Reading:title() return self:name() or "the source" end

---The last record as its text has it, if the reader has that; for rejected.ndjson.
---@return any
function Reading.as_read() return nil end

---Names that no record need have, although the recipe reads them; true: all.
---@return true|table<string, true>
function Reading.optional() return true end

---The columns, in order; nil if records have none, such as those of JSON.
---@return string[]?
function Reading.columns() return nil end

---Complete at the end.
---@return SourceWarning[]
function Reading.warnings() return {} end

---@return number? share  that was read, 0 to 1; nil if it is not known
function Reading.progress() return nil end

---May be called at any time, also twice.
function Reading.close() end

---@type table<table, true>
local classes <const> = {}

---A class of readings, with the methods above until it has its own, and `close` as `__close`. It
---needs `__call`.
---@param name string
---@return table class
function reading.class(name)
  local class = { __name = name }
  for method, fn in pairs(Reading) do class[method] = fn end
  class.__index = class
  function class.__close(self) self:close() end
  classes[class] = true
  return class
end

---Whether a value is what a reader returned.
---@param given any
---@return boolean
function reading.is(given)
  return classes[getmetatable(given)] == true
end

return reading
