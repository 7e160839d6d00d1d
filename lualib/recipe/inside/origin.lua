--- Whose error it is: the recipe's line, and the function of the library that it called there. An
--- error inside the library is told as one of the call, because the recipe's arguments caused it.

local lua_words = require "recipe.inside.lua_words"

local origin = {}

---@class StackFrame  of host/sandbox/stack.c, innermost first
---@field source string       "@shop.lua", "=[C]"
---@field what string         "Lua", "main", "C"
---@field place string        "shop.lua:12"
---@field name? string        as the caller wrote it
---@field fn function
---@field arguments string[]  their types

---@class Origin
---@field where? string  "shop.lua:12"
---@field message string

---@class OriginParts
---@field is_own fun(source: string): boolean  whether a text is the program's
---@field raising table<function, true>  functions that raise what they are given
---@field exported fun(fn: function): string?, string?  name and parameters of a function that
---recipes can call: "value.phone", "number, country"
---@field names fun(): string[]  of functions that a recipe may call
---@field helper string  the source of the functions that pass on their arguments unchanged

---The innermost function of the recipe's.
---@return integer? index
local function index_of_recipe(stack, is_own)
  for i, frame in ipairs(stack) do
    if frame.what ~= "C" and not is_own(frame.source) then return i end
  end
end

---The outermost function that a recipe can call: the one that it called, where it called it in
---place of itself (`return csv.records(…)`).
---@return integer? index
local function index_of_export(stack, exported)
  for i = #stack, 1, -1 do
    if exported(stack[i].fn) then return i end
  end
end

local function is_ours(stack, last, is_own)
  for i = 1, last do
    if stack[i].what ~= "C" and is_own(stack[i].source) then return true end
  end
  return false
end

local function listed(kinds)
  if #kinds == 0 then return "no arguments" end
  local words = {}
  for i, name in ipairs(kinds) do
    words[i] = (name == "nil" or name == "null") and name or "a " .. name
  end
  return table.concat(words, ", ")
end

---The message of an error in the library, told as one of the call at an index.
local function of_call(stack, index, text, parts)
  local top, frame = stack[1], stack[index]
  if parts.raising[top.fn] then return text end
  local name, parameters = parts.exported(frame.fn)
  name = name or frame.name or "a function of the library"
  local number, reason = text:match("^bad argument #(%d+) to '[^']*' %((.*)%)$")
  if top.what == "C" and reason and index == 2 and frame.source == parts.helper then
    return lua_words.of(string.format("bad argument #%s to '%s' (%s)", number, name, reason), {})
  elseif top.what == "C" and not (reason or text):find(" expected, got ", 1, true) then
    return name .. ": " .. (reason or text)
  end
  return string.format("%s(%s) cannot use %s", name, parameters or "", listed(frame.arguments))
end

---Whether the recipe raised again what the library had raised.
local function is_passed_on(where, parts)
  local file = where and where:match("^(.*):%d+$")
  return file ~= nil and parts.is_own("@" .. file)
end

---The recipe's line that ran.
---@param stack StackFrame[]
---@param parts OriginParts
---@return string? place  "shop.lua:12"
function origin.line(stack, parts)
  local index = index_of_recipe(stack, parts.is_own)
  return index and stack[index].place or nil
end

---@param text string  of the error, without a place
---@param where? string  its place
---@param stack StackFrame[]
---@param parts OriginParts
---@return Origin
function origin.of(text, where, stack, parts)
  local index = index_of_recipe(stack, parts.is_own)
  if is_ours(stack, (index or #stack + 1) - 1, parts.is_own) then
    local call = index and index - 1 or index_of_export(stack, parts.exported)
    if not call then return { where = where, message = text } end
    return {
      where = index and stack[index].place or nil, message = of_call(stack, call, text, parts),
    }
  elseif index and not parts.raising[stack[1].fn] then
    text = lua_words.of(text, parts.names())
  end
  local place = index and stack[index].place or nil
  return { where = is_passed_on(where, parts) and place or where or place, message = text }
end

return origin
