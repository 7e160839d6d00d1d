---@meta
--- Counts which members objects have, how many looks their values have, and the first object without
--- a member. The look of a text is the text with a sign for each run of letters and digits: "a" lower
--- case, "A" upper case, "Aa" both, "9" digits, "x" letters and digits, "ä" letters outside ASCII.

---@class host.coverage
local coverage = {}

---@class host.coverage.coverage
local counted = {}

---@class host.coverage.Options
---@field open? string[]    members whose own members are counted, too, at any depth up to 8
---@field closed? string[]  members of which only the presence is counted

---@param options? host.coverage.Options
---@return host.coverage.coverage
function coverage.new(options) end

---Counts an object. A member that is null or an empty text counts as absent.
---@param draft host.json.draft
---@param at string  its place
function counted:add(draft, at) end

---@class host.coverage.Look
---@field look string
---@field users integer

---@class host.coverage.Field
---@field name string     "app_metadata.plan"
---@field users integer   objects that have it
---@field looks host.coverage.Look[]  at most 100 different ones
---@field without? string  place of the first object without it

---The members that a value was counted of, in the order of their appearance.
---@return host.coverage.Field[]
---@return integer others  values of members beyond the first 200
function counted:fields() end

function counted:close() end

---@class host.coverage.tables
local tables = {}

---Notes the lists and objects inside members of objects, by their path; at most 1000 paths.
---@param members string[]
---@return host.coverage.tables
function coverage.tables(members) end

---@param draft host.json.draft  an object
function tables:add(draft) end

---The paths that were a list in one object, and how often they were {} in others.
---@return {path: string, empty: integer}[]  "app_metadata.teams[].roles"
function tables:both() end

function tables:close() end

return coverage
