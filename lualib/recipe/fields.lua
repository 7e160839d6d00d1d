--- Validates the fields of a recipe.

local sorted = require "base.sorted"
local type_name = require "base.type_name"
local kinds = require "recipe.kinds"
local needs = require "recipe.needs"
local spelling = require "base.spelling"
local user_rules = require "auth0.user"

local fields = {}

---@class ImportOptions
---@field connection? string
---@field upsert? boolean
---@field slots? integer
---@field chunk_bytes? integer
---@field chunk_users? integer
---@field send_completion_email? boolean
---@field external_id? string

---@class RecipeAbout  what a list of recipes says of it; its page is the file `.md` of its name
---@field system? string     "Keycloak": the system that users come from
---@field passwords? "yes"|"mixed"|"no"  whether they move; mixed: it depends on the user
---@field factors? string    the MFA factors that move: "authenticator apps", "phone numbers"
---@field reads? string[]    "files", "API"

---@alias MapResult User|User[]|Reject|nil  nil: skipped, with the second result as the reason

---@class Recipe  as its file returns it
---@field about? RecipeAbout  what lists of recipes say of it
---@field name? string      of the run and its directory; default: the file's name
---@field params? table<string, ParamDeclaration>  what `name=value` sets
---@field needs? Needs       what it asks for beyond its parameters
---@field source fun(params: table<string, any>): any  an iterator of records and places
---@field map fun(record: any, params: table<string, any>, position: integer): MapResult, string?
---  the user that a record becomes; the second result is why it is skipped
---@field dedupe? string[]|fun(a: User, b: User): User|Reject  keys of a person, or who of two stays
---@field import? ImportOptions|fun(run: Run)  how users are sent
---@field retry? RetryOptions|fun(failure: table): number?  seconds until a job that failed as a
---  whole is sent again; nil: not again
---@field fix? table<string, Fixer>|Fixer  repairs of refused users, by Auth0's code
---@field finalize? {rounds?: integer}|fun(run: Run)  what happens with failed users

local function is_count(value)
  return math.type(value) == "integer" and value >= 0
end

local function is_whole(value)
  return is_count(value) and value > 0
end

local function is_seconds(value)
  return type(value) == "number" and value >= 0
end

local function is_of(name)
  return function(value) return type(value) == name end
end

-- {description, test}
local TEXT <const> = { "a string", is_of "string" }
local FLAG <const> = { "true or false", is_of "boolean" }
local WHOLE <const> = { "a positive integer", is_whole }
local SECONDS <const> = { "a number of seconds, 0 or more", is_seconds }

local PARAM <const> = {
  help = TEXT, required = FLAG, secret = FLAG, kind = { kinds.EXPECTED, kinds.is_kind },
  default = { "a string, a number or a boolean", function(value)
    return type(value) ~= "table" and type(value) ~= "function"
  end },
}
local IMPORT <const> = {
  connection = TEXT, upsert = FLAG, slots = WHOLE, chunk_bytes = WHOLE, chunk_users = WHOLE,
  send_completion_email = FLAG, external_id = TEXT,
}
local RETRY <const> = { attempts = WHOLE, first = SECONDS, longest = SECONDS }
local FINALIZE <const> = { rounds = { "an integer, 0 or more", is_count } }

---The first error in the members of a table.
local function members(where, value, entries)
  for key, one in sorted.pairs(value) do
    local entry = entries[key]
    if not entry then
      return string.format('%s has no field "%s"%s', where, tostring(key),
        spelling.hint(tostring(key), sorted.keys(entries)))
    elseif not entry[2](one) then
      return string.format("%s.%s must be %s, not %s", where, key, entry[1],
        type(one) == "number" and one or type_name.of(one))
    end
  end
end

local function options_or_function(where, entries)
  return function(value)
    if type(value) == "function" then return end
    if type(value) ~= "table" then
      return string.format("%s must be a table of options or a function, not %s", where,
        type_name.a(value))
    end
    return members(where, value, entries)
  end
end

local function a_function(where)
  return function(value)
    if type(value) ~= "function" then
      return string.format("%s must be a function, not %s", where, type_name.a(value))
    end
  end
end

local function check_name(value)
  if type(value) ~= "string" then return "name must be a string, not " .. type_name.a(value) end
  if not value:find("^[%w_][%w_.-]*$") then
    return string.format('name must be usable as a directory name: letters, digits, "-", "_" and '
      .. '".", not "%s"', value)
  end
end

local function check_params(value)
  if type(value) ~= "table" then return "params must be a table, not " .. type_name.a(value) end
  for name, declared in sorted.pairs(value) do
    if type(name) ~= "string" or not name:find("^[%a_][%w_]*$") then
      return "params: a parameter name must have only letters, digits and _, not " .. tostring(name)
    elseif type(declared) ~= "table" then
      return string.format("params.%s must be a table such as { help = \"...\" }, not %s", name,
        type_name.a(declared))
    end
    local wrong = members("params." .. name, declared, PARAM)
    wrong = wrong or kinds.check("params." .. name, declared)
    if wrong then return wrong end
  end
end

local READS <const> = { files = true, API = true }

local function is_list_of_reads(value)
  if type(value) ~= "table" or #value == 0 then return false end
  for _, one in ipairs(value) do
    if not READS[one] then return false end
  end
  return true
end

local function is_share(value)
  return value == "yes" or value == "mixed" or value == "no"
end

local ABOUT <const> = {
  system = TEXT, factors = TEXT, passwords = { '"yes", "mixed" or "no"', is_share },
  reads = { 'a list of "files" and "API"', is_list_of_reads },
}

local function check_about(value)
  if type(value) ~= "table" then return "about must be a table, not " .. type_name.a(value) end
  return members("about", value, ABOUT)
end

local function check_dedupe(value)
  if type(value) == "function" then return end
  if type(value) ~= "table" or #value == 0 then
    return "dedupe must be a list of keys or a function, not " .. (type(value) == "table"
      and "a table without list items" or type_name.a(value))
  end
  for key, one in sorted.pairs(value) do
    if math.type(key) ~= "integer" or type(one) ~= "string" then
      return "dedupe must be a list of field names, such as { \"email\" }"
    end
    local field = one:match("^[^.]*")
    if not user_rules.ORDER[field] then
      return string.format('dedupe: a user has no field "%s"%s', field,
        spelling.hint(field, sorted.keys(user_rules.ORDER)))
    end
  end
end

local function check_fix(value)
  if type(value) == "function" then return end
  if type(value) ~= "table" then
    return "fix must be a table of code = function, or a function, not " .. type_name.a(value)
  end
  for code, fixer in sorted.pairs(value) do
    if type(code) ~= "string" or type(fixer) ~= "function" then
      return string.format("fix.%s must be a function, not %s", tostring(code), type_name.a(fixer))
    end
  end
end

---@type table<string, fun(value: any, recipe: table): string?>
local FIELDS <const> = {
  name = check_name,
  about = check_about,
  params = check_params,
  needs = needs.check,
  source = a_function "source",
  map = a_function "map",
  dedupe = check_dedupe,
  import = options_or_function("import", IMPORT),
  retry = options_or_function("retry", RETRY),
  fix = check_fix,
  finalize = options_or_function("finalize", FINALIZE),
}

local MUST <const> = {
  source = "it defines where the records come from: source = function(params) ... end",
  map = "it defines how a record becomes a user: map = function(record, params) ... end",
}

---The first error in the value that a recipe file returned.
---@param value any
---@return string? wrong
function fields.check(value)
  if value == nil then return "the file returns nothing; a recipe must return a table" end
  if type(value) ~= "table" then
    return "the file returns " .. type_name.a(value) .. "; a recipe must return a table"
  end
  for key, one in sorted.pairs(value) do
    local check = FIELDS[key]
    if not check then
      return string.format('a recipe has no field "%s"%s', tostring(key),
        spelling.hint(tostring(key), sorted.keys(FIELDS)))
    end
    local wrong = check(one, value)
    if wrong then return wrong end
  end
  for _, name in ipairs { "source", "map" } do
    if value[name] == nil then return string.format("%s is missing; %s", name, MUST[name]) end
  end
end

return fields
