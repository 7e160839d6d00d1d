---@meta
--- The step of a plain record: it is read, mapped, held against rules and written as JSON, in one
--- call. Only in a recipe's state, where `sandbox:next` takes what the step leaves.

---@class host.step
local module = {}

---@class host.step.step
local step = {}

---@class host.step.Parts
---@field map fun(record: any, params: any, position: integer): ...: any
---@field params any
---@field validator host.schema.validator  new
---@field draft host.json.draft  ordered; gets the JSON
---@field notes table       a true `any`: the value is odd; `built`: it must have a password; `lost`:
---  the number of what it loses
---@field members string[]  seven: four that are identifiers and texts, one that must be a boolean, and
---  the passwords, a text or a table
---@field affix string      with which the last identifier does not begin
---@field text_kind string  the kind of a password that is a text
---@field table_kind string  the member that names the kind of one that is a table
---@field next fun(...: any): ...: any  the step of a record that Lua reads; gets what the reader
---  returned in place of a record, if it was asked
---@field mapped fun(...: any): ...: any  gets what `map` returned in place of a plain value
---@field clear fun()       forgets the notes

---@param parts host.step.Parts
---@return host.step.step
---@return fun(): ...: any fn  does a step; returns nothing for a plain value
function module.new(parts) end

---From here on the step reads, until its reader returns something else than a record.
---@param reader any     of host.csv or host.json
---@param prefix string  of the places of records; UTF-8
---@param position integer  of the last record
---@return boolean  false for a reader that it cannot ask
function step:read(reader, prefix, position) end

---From here on `next` reads.
function step:stop() end

---What changed since it was called last; nothing if nothing did.
---@return "idle"|"source"|"map"? phase
---@return integer? position  nil before the first record
---@return any record
---@return string? at
---@return any value  the last plain one
---@return integer lost  the number of what it loses
function step:last() end

function step:close() end

return module
