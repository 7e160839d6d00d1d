--- What a recipe declares that it will ask for beyond its own folder, its parameters and the run:
--- hosts, programs, environment variables, files and routes of the Management API.

local path = require "base.path"
local paths = require "auth0.api.paths"
local sorted = require "base.sorted"
local spelling = require "base.spelling"

local needs = {}

---`{name}` in an entry is the value of a parameter. A program or a variable is named directly.
---@class Needs
---@field read? string[]  files and directories
---@field net? string[]   hosts, or URLs of which the host counts
---@field env? string[]   environment variables
---@field exec? string[]  programs, by name
---@field api? string[]   routes of the Management API: "GET /clients", "PATCH /clients/*"

---@alias NeedKind "read"|"net"|"env"|"exec"|"api"

---@class Need  an entry with its parameters filled in
---@field kind NeedKind
---@field what string   "acme.okta.com"

-- In the order in which a person is asked.
---@type NeedKind[]
needs.KINDS = { "read", "net", "env", "exec", "api" }

local PLACE <const> = "{([%a_][%w_]*)}"
local METHODS <const> = { GET = true, POST = true, PUT = true, PATCH = true, DELETE = true }
local DEFAULT_PORT <const> = { https = "443", http = "80" }

---The host of a name or URL, in lower case, with the port unless it is the scheme's own. Text that
---programs read in different ways, such as "a@b" or "a\b", is not a host.
---@param text string
---@return string?
function needs.host(text)
  local scheme, rest = text:match("^(%a[%w+.-]*)://(.*)$")
  scheme, rest = (scheme or "https"):lower(), rest or text
  local authority = rest:match("^[^/?#]*"):lower()
  local host, port = authority:match("^(.*):(%d+)$")
  host = (host or authority):gsub("%.$", "")
  if not host:find("^[%w_][%w_.-]*$") and not host:find("^%[[%x:.]+%]$") then return nil end
  if host:find("..", 1, true) or #host > 253 then return nil end
  if not port or port == DEFAULT_PORT[scheme] then return host end
  return host .. ":" .. port
end

---A path without empty and "." segments.
---@param text string
---@return string?
function needs.file(text)
  if text == "" or text:find("%z") then return nil end
  local segments = {}
  for segment in text:gmatch("[^/]+") do
    if segment ~= "." then segments[#segments + 1] = segment end
  end
  local joined = table.concat(segments, "/")
  if text:sub(1, 1) == "/" then return "/" .. joined end
  return joined ~= "" and joined or "."
end

---A route with its method in capitals and its path normalised; `*` stands at the end only.
---@param text string
---@return string?
function needs.route(text)
  local method, route = text:match("^(%a+) (/.*)$")
  method = method and method:upper()
  if not METHODS[method] then return nil end
  local stem = route:match("^(.*)/%*$")
  local normal = not (stem or route):find("*", 1, true) and paths.normalise(stem or route)
  if not normal then return nil end
  return method .. " " .. (stem and normal .. "/*" or normal)
end

---@param text string
---@return string?
function needs.variable(text)
  return text:match("^[%a_][%w_]*$")
end

---A program is found by its name; a path would name a file that others may replace.
---@param text string
---@return string?
function needs.program(text)
  return text:match("^[%w_][%w_.+-]*$")
end

---@class NeedRules
---@field normal fun(text: string): string?  nil if the text is not one
---@field says string    what an entry is
---@field sentence string
---@field open? fun(value: string): string  a parameter's value in an entry; nil: none may be named

local function as_it_is(value)
  return value
end

local function host_or_text(value)
  return needs.host(value) or value
end

---A value as one segment of a path.
local function segment(value)
  return (value:gsub("[^%w_~-]", function(char) return string.format("%%%02X", char:byte()) end))
end

---@type table<NeedKind, NeedRules>
local RULES <const> = {
  read = {
    normal = needs.file, says = "the path of a file or directory",
    sentence = "read %s", open = as_it_is,
  },
  net = {
    normal = needs.host, says = "a host such as acme.okta.com",
    sentence = "connect to %s", open = host_or_text,
  },
  env = {
    normal = needs.variable, says = "the name of an environment variable",
    sentence = "read the environment variable %s",
  },
  exec = {
    normal = needs.program, says = "the name of a program, without a path",
    sentence = "run %s",
  },
  api = {
    normal = needs.route, says = "a method and a path such as GET /clients or GET /clients/*",
    sentence = "call %s of the tenant", open = segment,
  },
}

---@param kind NeedKind
---@param what string
---@return string? normal  what is compared
---@return string? says    what an entry of this kind is
function needs.normal(kind, what)
  return RULES[kind].normal(what), RULES[kind].says
end

---What is wrong with the parameters that an entry names.
local function wrong_place(where, kind, entry, declared)
  for name in entry:gmatch(PLACE) do
    local one = declared[name]
    if not RULES[kind].open then
      return string.format("%s must name it directly, not by a parameter", where)
    elseif not one then
      return string.format('%s names {%s}, which is not a parameter%s', where, name,
        spelling.hint(name, sorted.names(declared)))
    elseif type(one) == "table" and (one.secret or one.kind == "secret") then
      return string.format("%s names {%s}, which is secret", where, name)
    end
  end
end

local function wrong_entry(where, kind, entry, declared)
  if type(entry) ~= "string" or entry == "" or entry:find("%c") then
    return string.format("%s must be %s", where, RULES[kind].says)
  end
  local wrong = wrong_place(where, kind, entry, declared)
  if wrong then return wrong end
  local filled = entry:gsub(PLACE, "x")
  if filled:find("[{}]") or not RULES[kind].normal(filled) then
    return string.format('%s must be %s, not "%s"', where, RULES[kind].says, entry)
  end
end

local function wrong_list(kind, list, declared)
  if type(list) ~= "table" then
    return string.format("needs.%s must be a list, not a %s", kind, type(list))
  end
  local count = 0
  for _ in pairs(list) do count = count + 1 end
  if count ~= #list then return string.format("needs.%s must be a list without names", kind) end
  for i, entry in ipairs(list) do
    local wrong = wrong_entry(string.format("needs.%s[%d]", kind, i), kind, entry, declared)
    if wrong then return wrong end
  end
end

---What is wrong with the `needs` of a recipe.
---@param value any
---@param recipe? table  as its file returns it; its `params` may be named
---@return string? wrong
function needs.check(value, recipe)
  if type(value) ~= "table" then return "needs must be a table, not a " .. type(value) end
  for key in pairs(value) do
    if not RULES[key] then
      return string.format('needs has no field "%s"%s', tostring(key),
        spelling.hint(tostring(key), needs.KINDS))
    end
  end
  local declared = recipe and type(recipe.params) == "table" and recipe.params or {}
  for _, kind in ipairs(needs.KINDS) do
    local wrong = value[kind] ~= nil and wrong_list(kind, value[kind], declared)
    if wrong then return wrong end
  end
end

---An entry with its parameters; nil if one of them has no value.
local function fill(kind, entry, params)
  local missing = false
  local filled = entry:gsub(PLACE, function(name)
    local value = params[name]
    if value == nil or value == "" then missing = true end
    return (RULES[kind].open or as_it_is)(tostring(value or ""))
  end)
  return not missing and filled or nil
end

---The needs with their parameters filled in, sorted, each once. An entry whose parameter has no
---value is left out.
---@param value? Needs  checked
---@param params table<string, any>
---@return Need[]?
---@return string? message
---@return Kind? kind  "usage": a parameter's value does not fit
function needs.expand(value, params)
  local list = {}
  for _, kind in ipairs(needs.KINDS) do
    local whats, seen = {}, {}
    for _, entry in ipairs(value and value[kind] or {}) do
      local filled = fill(kind, entry, params)
      local what = filled and RULES[kind].normal(filled)
      if filled and not what then
        return nil, string.format('needs.%s of the recipe: %s must be %s, and "%s" is not', kind,
          entry, RULES[kind].says, filled), "usage"
      elseif what and not seen[what] then
        seen[what], whats[#whats + 1] = true, what
      end
    end
    table.sort(whats)
    for _, what in ipairs(whats) do list[#list + 1] = { kind = kind, what = what } end
  end
  return list
end

---The same needs have the same text.
---@param list Need[]
---@return string
function needs.text(list)
  local lines = {}
  for i, need in ipairs(list) do lines[i] = need.kind .. " " .. need.what end
  table.sort(lines)
  return table.concat(lines, "\n")
end

---A sentence for people for each: "connect to acme.okta.com".
---@param list Need[]
---@return string[]
function needs.describe(list)
  local sentences = {}
  for i, need in ipairs(list) do
    sentences[i] = string.format(RULES[need.kind].sentence, need.what)
  end
  return sentences
end

---The option that grants a need, quoted for a shell.
---@param need Need
---@return string  "--allow-api='GET /clients'"
function needs.flag(need)
  return "--allow-" .. need.kind .. "=" .. path.quote(need.what)
end

return needs
