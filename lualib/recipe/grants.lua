--- What a recipe was granted of what it asks for: all of a shipped recipe's needs, what options
--- name, what a person agreed to. Compares; asks nobody and reads nothing.

local needs = require "recipe.needs"
local paths = require "auth0.api.paths"

local grants = {}

---@class AllowedKind  what the options `--allow-X` grant of one kind
---@field declared? boolean  `--allow-X`: what the needs declare of it
---@field [integer] string   `--allow-X=WHAT`, normalised

---@alias Allow table<NeedKind, AllowedKind>

---@class GrantsOptions
---@field needs Need[]         expanded
---@field flags? Allow
---@field shipped? boolean     a shipped recipe that was run by its name
---@field agreed? boolean      a person agreed to these needs
---@field remembered? Need[]   granted when the run was started

---@class Grants
---@field needs Need[]
---@field granted table<NeedKind, string[]>
local Grants = {}
Grants.__index = Grants

---@param options GrantsOptions
---@return Grants
function grants.new(options)
  local self = setmetatable({ needs = options.needs, granted = {} }, Grants)
  local flags = options.flags or {}
  for _, kind in ipairs(needs.KINDS) do
    self.granted[kind] = table.move(flags[kind] or {}, 1, #(flags[kind] or {}), 1, {})
  end
  local all = options.shipped or options.agreed
  for _, need in ipairs(options.needs) do
    local allowed = flags[need.kind]
    if all or (allowed and allowed.declared) then self:grant(need) end
  end
  for _, need in ipairs(options.remembered or {}) do
    if self.granted[need.kind] then self:grant(need) end
  end
  return self
end

---@param need Need
function Grants:grant(need)
  if not self:allows(need.kind, need.what) then table.insert(self.granted[need.kind], need.what) end
end

local function among(list, what)
  for _, one in ipairs(list) do
    if one == what then return true end
  end
  return false
end

---Whether a path is one of these or below it. The caller has resolved links; ".." is never below.
local function below(list, what)
  for segment in what:gmatch("[^/]+") do
    if segment == ".." then return false end
  end
  for _, one in ipairs(list) do
    if what == one or one == "/" or what:sub(1, #one + 1) == one .. "/" then return true end
  end
  return false
end

---@type table<NeedKind, fun(list: string[], what: string): boolean>
local COMPARE <const> = {
  read = below, net = among, env = among, exec = among,
  api = function(list, what)
    local method, path = what:match("^(%S+) (.*)$")
    return method ~= nil and paths.listed(list, method, path)
  end,
}

---Whether the recipe may have something: a host ("acme.okta.com", with its port unless that is the
---scheme's own), a program's name, a variable's name, a real path, or a route ("GET /clients"; one
---that ends with /* is allowed by the same or a wider one).
---@param kind NeedKind
---@param what string
---@return boolean
function Grants:allows(kind, what)
  local normal = needs.normal(kind, what)
  return normal ~= nil and COMPARE[kind](self.granted[kind], normal)
end

---The needs that were not granted.
---@return Need[]
function Grants:missing()
  local list = {}
  for _, need in ipairs(self.needs) do
    if not self:allows(need.kind, need.what) then list[#list + 1] = need end
  end
  return list
end

---All that was granted, as data: for the recipe's own state, and for the journal.
---@return Need[]
function Grants:list()
  local list = {}
  for _, kind in ipairs(needs.KINDS) do
    for _, what in ipairs(self.granted[kind]) do list[#list + 1] = { kind = kind, what = what } end
  end
  return list
end

---The granted routes, for paths.allowed.
---@return string[]
function Grants:routes()
  return self.granted.api
end

---The arguments that grant these.
---@param list Need[]
---@return string[]  "--allow-net=acme.okta.com", not quoted
function grants.flags_for(list)
  local flags = {}
  for i, need in ipairs(list) do flags[i] = "--allow-" .. need.kind .. "=" .. need.what end
  return flags
end

local function shown(list)
  local flags = {}
  for i, need in ipairs(list) do flags[i] = needs.flag(need) end
  return table.concat(flags, " ")
end

local function enumerate(words)
  if #words < 2 then return words[1] or "" end
  return table.concat(words, ", ", 1, #words - 1) .. " and " .. words[#words]
end

---The refusal of needs that were not granted.
---@param name string  the recipe
---@param list Need[]
---@return nil
---@return string message
---@return Kind kind  "usage"
---@return FailureMore more
function grants.refuse(name, list)
  local what = enumerate(needs.describe(list))
  return nil, string.format("the recipe %s asks to %s, which was not granted; if you trust it, "
    .. "grant it with %s", name, what, shown(list)), "usage", { add = grants.flags_for(list) }
end

return grants
