--- Reads the annotations of a Lua file, as editors read them: its classes, aliases and functions.
--- Knows the part of LuaCATS that the library uses.

local annotations = {}

---@class AnnotatedValue  a parameter, a result or a field
---@field name string    "" for a result without one
---@field type string
---@field optional boolean
---@field hidden boolean  a private field
---@field doc string

---@class AnnotatedFunction
---@field name string
---@field doc string
---@field params AnnotatedValue[]
---@field returns AnnotatedValue[]
---@field names string[]   the names of the parameters in the code
---@field is_typed? boolean it is a value of a type `fun(...)`, and may take fewer parameters
---@field hidden boolean

---@class AnnotatedClass
---@field name string
---@field is_exact boolean
---@field parents string[]
---@field doc string
---@field fields AnnotatedValue[]
---@field methods AnnotatedFunction[]
---@field overloads string[]  types of its calls

---@class AnnotatedAlias
---@field name string
---@field type string  "" if it has choices
---@field choices {value: string, doc: string}[]

---@class AnnotatedModule
---@field doc string       its first comment
---@field classes AnnotatedClass[]
---@field aliases AnnotatedAlias[]
---@field functions AnnotatedFunction[]  of the table that it returns, in their order
---@field borrowed {name: string, module: string, member: string}[]  functions of other modules
---@field values AnnotatedValue[]        other members of that table
---@field class? string                  the class of what it returns
---@field result? AnnotatedFunction      the function that it returns

-- -- types

---What a type is after the blanks at `at`: the position after it.
local take

local function after_blanks(text, at)
  return text:match("^%s*()", at)
end

---Types separated by commas, perhaps with names, as `fun(): any record, string? at` returns them.
local function take_list(text, at)
  repeat
    at = take(text, at)
    at = text:match("^ [%w_]+()%f[^%w_]", at) or at
    local comma = text:match("^%s*,()", at)
    at = comma or at
  until not comma
  return at
end

local function take_one(text, at)
  at = after_blanks(text, at)
  local after = text:match("^fun%b()()", at)
  if after then
    local colon = text:match("^%s*:()", after)
    return colon and take_list(text, colon) or after
  end
  return text:match("^%b()()", at) or text:match("^%b{}()", at) or text:match('^"[^"]*"()', at)
    or text:match("^table%b<>()", at) or text:match("^%.%.%.()", at)
    or text:match("^[%w_.]+()", at) or at
end

take = function(text, at)
  repeat
    at = take_one(text, at)
    local suffix = text:match("^[%[%]?]+()", at)
    at = suffix or at
    local bar = text:match("^%s*|()", at)
    at = bar or at
  until not bar
  return at
end

---A type and what follows it.
---@param text string
---@return string type
---@return string rest
function annotations.type(text)
  local at = take(text, 1)
  return text:sub(1, at - 1):match("^%s*(.-)%s*$"), text:sub(at)
end

local function trimmed(text)
  return text:match("^%s*(.-)%s*$")
end

---The parts of a list at its commas, those inside brackets aside.
local function parts_of(text)
  local parts, depth, from = {}, 0, 1
  for at = 1, #text do
    local char = text:sub(at, at)
    if char:find("[({<%[]") then depth = depth + 1 end
    if char:find("[)}>%]]") then depth = depth - 1 end
    if char == "," and depth == 0 then
      parts[#parts + 1] = trimmed(text:sub(from, at - 1))
      from = at + 1
    end
  end
  local last = trimmed(text:sub(from))
  if last ~= "" then parts[#parts + 1] = last end
  return parts
end

---@return AnnotatedValue
local function value_of(name, type, doc)
  local plain, mark = name:match("^(.-)(%??)$")
  return { name = plain, type = type, optional = mark == "?", hidden = false, doc = doc }
end

---The function that a type `fun(...)` describes; nil for another type.
---@param type string
---@param name string
---@param doc string
---@return AnnotatedFunction?
function annotations.function_of(type, name, doc)
  local arguments, rest = type:match("^fun(%b())(.*)$")
  if not arguments then return nil end
  local made = {
    name = name, doc = doc, params = {}, returns = {}, names = {}, hidden = false, is_typed = true,
  }
  for i, part in ipairs(parts_of(arguments:sub(2, -2))) do
    local said, of = part:match("^([%w_.]+%??)%s*:%s*(.*)$")
    made.params[i] = value_of(said or part, of or "any", "")
    made.names[i] = made.params[i].name
  end
  local results = rest:match("^%s*:%s*(.*)$")
  while results and results ~= "" do
    local one, after = annotations.type(results)
    local called = after:match("^ ([%w_]+)")
    made.returns[#made.returns + 1] = value_of("", one, "")
    made.returns[#made.returns].name = called or ""
    results = after:match("^[^,]*,%s*(.*)$")
  end
  return made
end

-- -- comments

---@class AnnotationBlock  the annotations above a line of code
---@field doc string[]
---@field params AnnotatedValue[]
---@field returns AnnotatedValue[]
---@field class? AnnotatedClass  the last one in it
---@field type? string
---@field hidden boolean

local function new_block()
  return { doc = {}, params = {}, returns = {}, hidden = false }
end

local function joined(lines)
  return trimmed(table.concat(lines, " "))
end

---What each tag does with its text: returns what the following lines continue.
---@type table<string, fun(block: AnnotationBlock, module: AnnotatedModule, text: string): table?>
local TAGS <const> = {}

function TAGS.class(block, module, text)
  local exact, name, rest = text:match("^(%(exact%)%s*)([%w_.]+)(.*)$")
  if not exact then name, rest = text:match("^([%w_.]+)(.*)$") end
  local parents, doc = rest:match("^%s*:%s*([%w_., ]-)%s%s(.*)$")
  if not parents then parents = rest:match("^%s*:%s*([%w_., ]+)$") end
  local class = {
    name = name, is_exact = exact ~= nil, parents = parts_of(parents or ""), fields = {},
    methods = {}, overloads = {}, doc = trimmed(parents and (doc or "") or rest),
  }
  class.doc = trimmed(joined(block.doc) .. " " .. class.doc)
  block.doc, block.class = {}, class
  table.insert(module.classes, class)
  return class
end

function TAGS.field(block, _, text)
  local hidden = text:match("^private%s+(.*)$") or text:match("^package%s+(.*)$")
  local name, rest = (hidden or text):match("^(%[.-%]%??)%s+(.*)$")
  if not name then name, rest = (hidden or text):match("^(%S+)%s+(.*)$") end
  local type, doc = annotations.type(rest)
  local field = value_of(name, type, trimmed(doc))
  field.hidden = hidden ~= nil
  table.insert(block.class.fields, field)
  return field
end

function TAGS.alias(_, module, text)
  local name, rest = text:match("^([%w_.]+)%s*(.*)$")
  local type = annotations.type(rest)
  local alias = { name = name, type = type, choices = {} }
  table.insert(module.aliases, alias)
  return alias
end

function TAGS.param(block, _, text)
  local name, rest = text:match("^(%S+)%s+(.*)$")
  local type, doc = annotations.type(rest)
  local param = value_of(name, type, trimmed(doc))
  table.insert(block.params, param)
  return param
end

TAGS["return"] = function(block, _, text)
  local type, rest = annotations.type(text)
  local name, doc = rest:match("^ ([%w_]+)%s%s+(.*)$")
  name = name or rest:match("^%s+([%w_]+)$") or ""
  local result = value_of("", type, trimmed(doc or (name == "" and rest or "")))
  result.name = name
  table.insert(block.returns, result)
  return result
end

function TAGS.overload(block, _, text)
  if block.class then table.insert(block.class.overloads, trimmed(text)) end
end

function TAGS.type(block, _, text)
  block.type = annotations.type(text)
end

function TAGS.private(block)
  block.hidden = true
end

TAGS.package = TAGS.private

---A choice of an alias: `| "keep"  # keeps it`.
local function add_choice(alias, text)
  local value, doc = text:match('^%s*("[^"]*")%s*#?%s*(.*)$')
  if not value then
    value, doc = annotations.type(text)
    doc = doc:match("^%s*#?%s*(.*)$")
  end
  table.insert(alias.choices, { value = value, doc = trimmed(doc) })
end

-- -- code

local function function_of(block, name, arguments)
  local names = {}
  for one in arguments:gmatch("[%w_.]+") do names[#names + 1] = one end
  return {
    name = name, doc = joined(block.doc), params = block.params, returns = block.returns,
    names = names, hidden = block.hidden,
  }
end

local LITERALS <const> = {
  { "^%-?%d+[%s%d*/+-]*%f[%s\0]", "integer" }, { '^"', "string" }, { "^{", "table" },
  { "^true%f[%W]", "boolean" }, { "^false%f[%W]", "boolean" },
}

local function literal_type(text)
  for _, one in ipairs(LITERALS) do
    if text:find(one[1]) then return one[2] end
  end
end

---@class AnnotationReader
---@field module AnnotatedModule
---@field block AnnotationBlock
---@field going? table    what a line without a tag continues
---@field required table<string, string>      modules by their local names
---@field classes table<string, AnnotatedClass>  by the local names of their tables
---@field tables table<string, {functions: AnnotatedFunction[], values: AnnotatedValue[],
---  borrowed: table[]}>  by local name
---@field inside? string  the local table whose members follow, a line each
local Reader = {}
Reader.__index = Reader

function Reader:table_of(owner)
  self.tables[owner] = self.tables[owner] or { functions = {}, values = {}, borrowed = {} }
  return self.tables[owner]
end

---A member of a table: a function of another module, or a value.
function Reader:member(owner, name, expression)
  local into, from, member = self:table_of(owner), expression:match("^([%w_]+)%.([%w_]+),?%s*}?$")
  local module = from and self.required[from]
  local note = expression:match("%-%-%s*(.*)$") or ""
  if module and not member:find("^%u") and member ~= "null" then
    table.insert(into.borrowed, { name = name, module = module, member = member })
    return
  end
  local type = self.block.type or literal_type(expression)
  local made = type and annotations.function_of(type, name, joined(self.block.doc))
  if made then
    table.insert(into.functions, made)
  elseif type then
    local one = value_of(name, type, trimmed(joined(self.block.doc) .. " " .. note))
    table.insert(into.values, one)
  end
end

---The members that a table has from the beginning: `{ trim = text.trim }`.
function Reader:members(owner, inside)
  for name, expression in inside:gmatch("([%w_]+) = ([%w_.]+)") do
    self:member(owner, name, expression)
  end
end

function Reader:comment(line)
  local tag, text = line:match("^%-%-%-%s*@(%l+)%s*(.*)$")
  if tag then
    self.going = TAGS[tag] and TAGS[tag](self.block, self.module, text) or nil
    return
  end
  local choice = line:match("^%-%-%-|%s*(.*)$")
  if choice and self.going and self.going.choices then return add_choice(self.going, choice) end
  local said = trimmed(line:match("^%-%-%-+(.*)$"))
  if self.going and self.going.doc then
    self.going.doc = trimmed(self.going.doc .. " " .. said)
  else
    table.insert(self.block.doc, said)
  end
end

local function is_method(separator)
  return separator == ":"
end

function Reader:code(line)
  local block = self.block
  local owner, separator, name, arguments
    = line:match("^function ([%w_]+)([.:])([%w_]+)(%b())")
  if owner then
    local made = function_of(block, name, arguments)
    if is_method(separator) and self.classes[owner] then
      table.insert(self.classes[owner].methods, made)
    else
      table.insert(self:table_of(owner).functions, made)
    end
    return
  end
  local result = line:match("^return function(%b())")
  if result then self.module.result = function_of(block, "", result) end
  local is_named, required = line:match('^local ([%w_]+)%s*=%s*require "([%w_.]+)"')
  if is_named then self.required[is_named] = required end
  local begun, rest = line:match("^local ([%w_]+)%s*=%s*({.*)$")
  if not begun then begun, rest = line:match("^local ([%w_]+)%s*=%s*(reading%.class.*)$") end
  if begun then
    if block.class then self.classes[begun] = block.class end
    self:members(begun, rest)
    self.inside = rest == "{" and begun or nil
    return
  end
  local of, member, expression = line:match("^([%w_]+)%.([%w_]+) =%s?(.*)$")
  if of then return self:member(of, member, expression) end
  if self.inside then
    local inner, said = line:match("^  ([%w_]+) = ([%w_.]+),$")
    if inner then self:member(self.inside, inner, said) end
    if line:find("^}") then self.inside = nil end
  end
  local returned = line:match("^return ([%w_]+)$")
  if returned then self:returns(returned) end
  if line:find("^return ") and block.type then self.module.class = block.type end
end

---The table that the module returns, and the class that it has.
function Reader:returns(name)
  local made = self:table_of(name)
  self.module.functions, self.module.values = made.functions, made.values
  self.module.borrowed = made.borrowed
  local class = self.classes[name]
  self.module.class = self.module.class or class and class.name
  table.move(class and class.methods or {}, 1, class and #class.methods or 0,
    #made.functions + 1, made.functions)
end

---The annotations of a Lua file.
---@param text string
---@return AnnotatedModule
function annotations.read(text)
  local reader = setmetatable({
    module = {
      doc = "", classes = {}, aliases = {}, functions = {}, borrowed = {}, values = {},
    },
    block = new_block(), required = {}, classes = {}, tables = {},
  }, Reader)
  local is_first = true
  for line in (text .. "\n"):gmatch("([^\n]*)\n") do
    local is_comment = line:find("^%-%-%-")
    if is_comment then
      reader:comment(line)
    else
      if is_first then reader.module.doc = joined(reader.block.doc) end
      is_first = false
      if line ~= "" then reader:code(line) end
      reader.block, reader.going = new_block(), nil
    end
  end
  return reader.module
end

return annotations
