--- `require` of a recipe. The program finds and reads the texts, and compares their digests before
--- they run here.

local failure = require "base.failure"
local type_name = require "base.type_name"
local open = require "recipe.open"
local parse_error = require "recipe.inside.parse_error"
local spelling = require "base.spelling"

local modules = {}

---@class RecipeModules
---@field env table                 the recipe's globals
---@field loaded table<string, any>
---@field parts InsideParts
---@field made table<string, fun(module: table): table>
local Modules = {}
Modules.__index = Modules

local LOADING <const> = {}
local LIBRARIES <const> = { "coroutine", "io", "math", "os", "string", "table", "utf8" }

---@param parts InsideParts
---@param env table   gets `require`'s table of loaded modules
---@param own table<string, any>  modules of which the recipe has its own instance
---@param made table<string, fun(module: table): table>  the same, made when they are required
---@return RecipeModules
function modules.new(parts, env, own, made)
  local self = setmetatable({
    env = env, loaded = env.package.loaded, parts = parts, made = made,
  }, Modules)
  for _, name in ipairs(LIBRARIES) do self.loaded[name] = env[name] end
  for name, module in pairs(own) do self.loaded[name] = spelling.strict(name, module) end
  return self
end

---Compiles text with the recipe's globals.
---@param text string
---@param where string  the file, for messages and traces
---@return function? chunk
---@return string? message  with file and line
function Modules:compile(text, where)
  if text:sub(1, 1) == "\27" then
    return nil, where .. " is compiled Lua; recipes and their modules must be text"
  end
  local function compile(source)
    return self.parts.stock.load(source, "@" .. where, "t", self.env)
  end
  local source = text:gsub("^#[^\n]*", "")
  local chunk, message = compile(source)
  if not chunk then message = parse_error.shown(source, message, compile) end
  return chunk, message
end

function Modules:load(name)
  if open.MODULES[name] then
    local module = self.parts.require_open(name)
    if self.made[name] then module = self.made[name](module) end
    return type(module) == "table" and spelling.strict(name, module) or module
  end
  local answered, text, where, why = self.parts.door.ask("require", name)
  if not answered then failure.raise(text, "fatal") end
  if not text then failure.raise(where, why) end
  local chunk, message = self:compile(text, where)
  if not chunk then failure.raise(message, "usage") end
  return (chunk(name, where))
end

---`require` as recipes call it; raises failures.
---@param name string
---@return any
function Modules:require(name)
  if type(name) ~= "string" then
    error("require expects a module name, got " .. type_name.of(name), 3)
  end
  local value = self.loaded[name]
  if value == LOADING then
    failure.raise("the module \"" .. name .. "\" requires itself", "usage")
  elseif value ~= nil then
    return value
  end
  if not name:find("^[%w_][%w_.-]*$") or name:find("..", 1, true) then
    failure.raise("\"" .. name .. "\" is not the name of a module", "usage")
  end
  if name == "debug" or name == "package" then
    failure.raise("the library \"" .. name .. "\" is not available to recipes", "usage")
  end
  self.loaded[name] = LOADING
  local _ <close> = setmetatable({}, { -- a module that fails can be required again
    __close = function()
      if self.loaded[name] == LOADING then self.loaded[name] = nil end
    end,
  })
  local result = self:load(name)
  if self.loaded[name] == LOADING then self.loaded[name] = result == nil and true or result end
  return self.loaded[name]
end

return modules
