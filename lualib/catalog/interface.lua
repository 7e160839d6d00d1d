--- What a recipe may require, as data: the modules with their functions and the types that these
--- name. Read from the annotations in the texts of the program, which nothing else repeats.

local annotations = require "catalog.annotations"
local host = require "host"
local open = require "recipe.open"
local sorted = require "base.sorted"

local interface = {}

---@class InterfaceModule
---@field name string
---@field does string
---@field functions AnnotatedFunction[]
---@field values AnnotatedValue[]
---@field call? AnnotatedFunction  if the module itself is called
---@field hidden table<string, true>  members that are the program's

---@class InterfaceType
---@field class? AnnotatedClass
---@field alias? AnnotatedAlias

---@class Interface
---@field private read table<string, AnnotatedModule>  by module
---@field private types table<string, InterfaceType>   by name
local Interface = {}
Interface.__index = Interface

---The text with the annotations of a module; those of one that is not Lua are in meta/.
local function text_of(name)
  local text = host.source("meta." .. name)
  if not text then text = host.source(name) end
  return (assert(text, name))
end

function Interface:module(name)
  local read = self.read[name]
  if not read then
    read = annotations.read(text_of(name))
    self.read[name] = read
  end
  return read
end

function Interface:add(name)
  local read = self:module(name)
  for _, class in ipairs(read.classes) do
    self.types[class.name] = self.types[class.name] or { class = class }
  end
  for _, alias in ipairs(read.aliases) do
    self.types[alias.name] = self.types[alias.name] or { alias = alias }
  end
end

---Whether an embedded text is a module of the library.
local function is_library(name)
  return not name:find("/", 1, true) and not name:find("^recipes%.") and name ~= "argparse"
end

---@return Interface
function interface.new()
  local self = setmetatable({ read = {}, types = {} }, Interface)
  for _, list in ipairs { open.MODULES, open.NEEDED } do
    for name in sorted.pairs(list) do self:add(name) end
  end
  for _, name in ipairs(host.embedded()) do
    if is_library(name) then self:add((name:gsub("^meta%.", ""))) end
  end
  return self
end

---A function under the name by which another module has it.
local function renamed(one, name)
  local made = {}
  for key, value in pairs(one) do made[key] = value end
  made.name = name
  return made
end

---@param list AnnotatedFunction[]
local function function_named(list, name)
  for _, one in ipairs(list) do
    if one.name == name then return one end
  end
end

---A member of a module, wherever it comes from.
function Interface:member(module, member, name)
  local read = self:module(module)
  local found = function_named(read.functions, member)
  if found then return renamed(found, name) end
  for _, one in ipairs(read.borrowed) do
    if one.name == member then return self:member(one.module, one.member, name) end
  end
  return { name = name, doc = "", params = {}, returns = {}, names = {}, hidden = false }
end

local function add_function(into, one)
  if one.hidden then
    into.hidden[one.name] = true
  elseif not function_named(into.functions, one.name) then
    table.insert(into.functions, one)
  end
end

---Fields of the class of a module: functions, and other values.
local function add_fields(into, class)
  for _, field in ipairs(class.fields) do
    local made = annotations.function_of(field.type, field.name, field.doc)
    if field.hidden then
      into.hidden[field.name] = true
    elseif made then
      add_function(into, made)
    else
      table.insert(into.values, field)
    end
  end
  if class.overloads[1] then
    into.call = annotations.function_of(class.overloads[1], "", class.doc)
  end
end

---A module that a recipe may require.
---@param name string
---@return InterfaceModule
function Interface:open(name)
  local read = self:module(name)
  local made = {
    name = name, does = open.MODULES[name], functions = {}, values = {}, hidden = {},
    call = read.result,
  }
  for _, one in ipairs(read.functions) do add_function(made, one) end
  for _, one in ipairs(read.borrowed) do
    add_function(made, self:member(one.module, one.member, one.name))
  end
  for _, one in ipairs(read.values) do
    local alias = self.types[one.type] and self.types[one.type].alias
    local called = alias and annotations.function_of(alias.type, one.name, one.doc)
    if called then
      add_function(made, called)
    else
      table.insert(made.values, one)
    end
  end
  local class = read.class and self.types[read.class]
  if class and class.class then add_fields(made, class.class) end
  return made
end

---The modules that a recipe may require, sorted.
---@return InterfaceModule[]
function Interface:modules()
  local list = {}
  for i, name in ipairs(open.names()) do list[i] = self:open(name) end
  return list
end

-- -- types

---Calls fn with each text of a type in a function.
local function each_type(one, fn)
  for _, list in ipairs { one.params, one.returns } do
    for _, value in ipairs(list) do fn(value.type) end
  end
end

local function each_type_of(type, fn)
  if type.alias then
    fn(type.alias.type)
    for _, choice in ipairs(type.alias.choices) do fn(choice.value) end
    return
  end
  for _, parent in ipairs(type.class.parents) do fn(parent) end
  for _, overload in ipairs(type.class.overloads) do fn(overload) end
  for _, field in ipairs(type.class.fields) do
    if not field.hidden then fn(field.type) end
  end
  for _, method in ipairs(type.class.methods) do
    if not method.hidden then each_type(method, fn) end
  end
end

---The types that these name, with those that they name, sorted.
---@param names string[]
---@param modules InterfaceModule[]
---@return string[]
function Interface:named(names, modules)
  local found, list = {}, {}
  local function visit(text)
    for name in text:gsub('"[^"]*"', ""):gmatch("[%a_][%w_.]*") do
      if self.types[name] and not found[name] then
        found[name], list[#list + 1] = true, name
        each_type_of(self.types[name], visit)
      end
    end
  end
  for _, name in ipairs(names) do visit(name) end
  for _, module in ipairs(modules) do
    for _, one in ipairs(module.functions) do each_type(one, visit) end
    for _, one in ipairs(module.values) do visit(one.type) end
    if module.call then each_type(module.call, visit) end
  end
  table.sort(list)
  return list
end

---@param name string
---@return InterfaceType?
function Interface:type(name)
  return self.types[name]
end

return interface
