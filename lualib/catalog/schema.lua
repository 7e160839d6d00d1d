--- The contract of a recipe as data: its fields, what it may require, what a user is, and codes.
--- Made from what the program itself uses: annotations, rules and lists.

local codes = require "auth0.codes"
local host = require "host"
local interface = require "catalog.interface"
local json = require "host.json"
local kinds = require "recipe.kinds"
local limits = require "auth0.limits"
local user_rules = require "auth0.user"
local user_schema = require "auth0.schema"

local schema = {}

-- The types of a recipe's own fields, besides those of modules.
local TYPES <const> = { "Recipe", "User", "Run", "PasswordHash" }

local function array_of(list, fn)
  local made = json.array {}
  for i, one in ipairs(list) do made[i] = fn(one) end
  return made
end

---@param one AnnotatedValue
local function value_of(one)
  return { name = one.name, type = one.type, optional = one.optional, help = one.doc }
end

---@param one AnnotatedFunction
local function function_of(one)
  return {
    name = one.name, help = one.doc, params = array_of(one.params, value_of),
    returns = array_of(one.returns, value_of),
  }
end

local function visible(list)
  local shown = {}
  for _, one in ipairs(list) do
    if not one.hidden then shown[#shown + 1] = one end
  end
  return shown
end

---@param one InterfaceModule
local function module_of(one)
  return {
    name = one.name, does = one.does, functions = array_of(one.functions, function_of),
    values = array_of(one.values, value_of), call = one.call and function_of(one.call) or json.null,
  }
end

---@param name string
---@param type InterfaceType
local function type_of(name, type)
  if type.alias then
    local alias = type.alias
    return {
      name = name, alias = alias.type ~= "" and alias.type or json.null,
      choices = array_of(alias.choices, function(one)
        return { value = one.value, help = one.doc }
      end),
    }
  end
  local class = type.class
  return {
    name = name, help = class.doc, parents = json.array(class.parents),
    fields = array_of(visible(class.fields), value_of),
    methods = array_of(visible(class.methods), function_of),
  }
end

-- What of a rule is told as it is; patterns are told by their names.
local PLAIN <const> = {
  "min_length", "max_length", "format", "minimum", "maximum", "key_without", "min_properties",
  "max_properties", "min_items", "max_items", "max_bytes",
}
local LISTS <const> = { "enum", "required", "forbidden", "any_required", "exclusive" }

---A rule for values as plain data. One that contains itself is any value below the first time.
local function rule_of(rule, above)
  local made = { type = rule.type or "any" }
  for _, name in ipairs(PLAIN) do made[name] = rule[name] end
  for _, name in ipairs(LISTS) do made[name] = rule[name] and json.array(rule[name]) end
  made.pattern = rule.pattern and (rule.pattern_name or rule.pattern)
  if above[rule] then return made end
  above[rule] = true
  if type(rule.additional) == "table" then
    made.additional = rule_of(rule.additional, above)
  else
    made.additional = rule.additional
  end
  made.items = rule.items and rule_of(rule.items, above)
  made.warn = rule.warn and rule_of(rule.warn, above)
  if rule.properties then
    made.properties = {}
    for name, one in pairs(rule.properties) do made.properties[name] = rule_of(one, above) end
  end
  above[rule] = nil
  return made
end

---The fields of a user, in the order in which they are sent.
local function user_of(types)
  local rule, docs, fields = user_schema.rule(), {}, json.array {}
  for _, field in ipairs(types:type("User").class.fields) do docs[field.name] = field.doc end
  for name, rank in pairs(user_rules.ORDER) do
    local one = rule_of(rule.properties[name], {})
    one.name, one.help = name, docs[name] or ""
    fields[rank] = one
  end
  return {
    fields = fields, any_required = json.array(rule.any_required or {}),
    required = json.array(rule.required), exclusive = json.array(rule.exclusive),
    warn_bytes = limits.PROFILE_WARN_BYTES, most_bytes = limits.PROFILE_BYTES,
  }
end

local function parameters_of(types)
  local help = {}
  for _, one in ipairs(types:type("ParamKind").alias.choices) do
    help[one.value:gsub('"', "")] = one.doc
  end
  return {
    fields = type_of("ParamDeclaration", types:type("ParamDeclaration")).fields,
    kinds = array_of(kinds.names(), function(name)
      return { name = name, accepts = kinds.says { kind = name }, help = help[name] or "" }
    end),
  }
end

---@param one Code
local function code_of(one)
  return {
    name = one.name, class = one.class, meaning = one.meaning, fix = one.fix,
    own = one.own or false, synonyms = json.array(one.synonyms or {}),
    related = json.array(one.related or {}),
  }
end

---@class ContractReport
---@field version string
---@field recipe {fields: table[]}
---@field parameters {fields: table[], kinds: table[]}
---@field modules table[]  with the functions of each
---@field types table[]    that these name
---@field user table       fields with their types and limits
---@field codes table[]
---@field exit integer
---@field next string

---@return ContractReport
function schema.describe()
  local types = interface.new()
  local modules = types:modules()
  return {
    version = host.version,
    recipe = { fields = type_of("Recipe", types:type("Recipe")).fields },
    parameters = parameters_of(types),
    modules = array_of(modules, module_of),
    types = array_of(types:named(TYPES, modules), function(name)
      return type_of(name, types:type(name))
    end),
    user = user_of(types), codes = array_of(codes.list, code_of), exit = 0, next = json.null,
  }
end

return schema
