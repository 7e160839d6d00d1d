--- Writes the annotations of what a recipe may require next to it, for editors, and the settings by
--- which they find them.

local file = require "host.file"
local host = require "host"
local interface = require "catalog.interface"
local json = require "host.json"
local library = require "recipe.library"
local path = require "base.path"
local sorted = require "base.sorted"

local annotate = {}

local FOLDER <const> = ".auth0-migrate"
local SETTINGS <const> = ".luarc.json"
local TYPES <const> = { "Recipe", "User", "Run", "PasswordHash" }
local LIBRARY <const> = "workspace.library"
local LARGEST <const> = 1024 * 1024 -- bytes of settings

---@class AnnotateReport
---@field folder string    of the annotations
---@field settings string  the file of the editor's settings
---@field files integer    that were written
---@field changed boolean  whether the settings were written
---@field add string       what somebody else's settings lack; null: nothing
---@field exit integer
---@field next string

-- -- Lua

local function add_doc(lines, doc)
  if doc ~= "" then lines[#lines + 1] = "---" .. doc end
end

local function spaced(doc)
  return doc ~= "" and "  " .. doc or ""
end

---@param value AnnotatedValue
local function mark(value)
  return value.optional and "?" or ""
end

---A function without its body.
---@param lines string[]
---@param head string  "function csv.records"
---@param one AnnotatedFunction
local function add_function(lines, head, one)
  local names = {}
  lines[#lines + 1] = ""
  add_doc(lines, one.doc)
  for i, param in ipairs(one.params) do
    names[i] = param.name
    lines[#lines + 1] = string.format("---@param %s%s %s%s", param.name, mark(param), param.type,
      spaced(param.doc))
  end
  for _, result in ipairs(one.returns) do
    lines[#lines + 1] = "---@return " .. result.type
      .. (result.name ~= "" and " " .. result.name or "") .. spaced(result.doc)
  end
  lines[#lines + 1] = head .. "(" .. table.concat(names, ", ") .. ") end"
end

local function add_fields(lines, fields)
  for _, field in ipairs(fields) do
    if not field.hidden then
      lines[#lines + 1] = string.format("---@field %s%s %s%s", field.name, mark(field), field.type,
        spaced(field.doc))
    end
  end
end

---@param class AnnotatedClass
local function add_class(lines, class)
  local parents = class.parents[1] and " : " .. table.concat(class.parents, ", ") or ""
  lines[#lines + 1] = ""
  lines[#lines + 1] = "---@class " .. (class.is_exact and "(exact) " or "") .. class.name .. parents
    .. spaced(class.doc)
  add_fields(lines, class.fields)
  for _, overload in ipairs(class.overloads) do
    lines[#lines + 1] = "---@overload " .. overload
  end
end

---@param alias AnnotatedAlias
local function add_alias(lines, alias)
  lines[#lines + 1] = ""
  lines[#lines + 1] = "---@alias " .. alias.name .. (alias.type ~= "" and " " .. alias.type or "")
  for _, choice in ipairs(alias.choices) do
    local doc = choice.doc ~= "" and "  # " .. choice.doc or ""
    lines[#lines + 1] = "---| " .. choice.value .. doc
  end
end

local function heading(name)
  return "---@meta" .. (name and " " .. name or "")
    .. "\n--- Written by `auth0-migrate recipes annotate` of version " .. host.version .. "."
end

---@param types Interface
---@param names string[]
---@return string
local function types_text(types, names)
  local lines = { heading() }
  for _, name in ipairs(names) do
    local type = assert(types:type(name))
    if type.alias then
      add_alias(lines, type.alias)
    else
      add_class(lines, type.class)
      if type.class.methods[1] then
        lines[#lines + 1] = "local class = {}"
        for _, method in ipairs(type.class.methods) do
          local head = "function class:" .. method.name
          if not method.hidden then add_function(lines, head, method) end
        end
      end
    end
  end
  return table.concat(lines, "\n") .. "\n"
end

---@param module InterfaceModule
---@return string
local function module_text(module)
  local lines = { heading(module.name), "", "---" .. module.does }
  local own = module.name:match("[^.]+$")
  if module.call and not module.functions[1] then
    add_function(lines, "return function", module.call)
    return table.concat(lines, "\n") .. "\n"
  end
  local class = {
    name = module.name, parents = {}, doc = "", fields = module.values, overloads = {},
  }
  add_class(lines, class)
  if module.call then
    local params = {}
    for i, one in ipairs(module.call.params) do
      params[i] = one.name .. mark(one) .. ": " .. one.type
    end
    lines[#lines + 1] = "---@overload fun(" .. table.concat(params, ", ") .. "): "
      .. module.call.returns[1].type
  end
  lines[#lines + 1] = "local " .. own .. " = {}"
  for _, one in ipairs(module.functions) do
    add_function(lines, "function " .. own .. "." .. one.name, one)
  end
  lines[#lines + 1] = ""
  lines[#lines + 1] = "return " .. own
  return table.concat(lines, "\n") .. "\n"
end

---The files of annotations: texts by their paths.
---@return table<string, string>
function annotate.files()
  local types, files = interface.new(), {}
  local modules, own = types:modules(), {}
  for _, module in ipairs(modules) do
    files[module.name:gsub("%.", "/") .. ".lua"] = module_text(module)
    own[module.name] = true
  end
  local names = {}
  for _, name in ipairs(types:named(TYPES, modules)) do
    if not own[name] then names[#names + 1] = name end
  end
  files["types.lua"] = types_text(types, names)
  for _, name in ipairs(library.shipped_names()) do
    files["recipes/" .. name .. ".lua"] = heading("recipes." .. name)
      .. "\n\n---@type Recipe\nlocal recipe = {}\n\nreturn recipe\n"
  end
  return files
end

-- -- settings

---The list of libraries in settings, which editors read in two forms; nil if there is none.
local function libraries_of(settings)
  local list = settings[LIBRARY]
  local workspace = settings.workspace
  if list == nil and type(workspace) == "table" then list = workspace.library end
  return type(list) == "table" and list or nil
end

local function has_library(settings)
  for _, one in ipairs(libraries_of(settings) or {}) do
    if type(one) == "string" and one:gsub("^%./", ""):gsub("/$", "") == FOLDER then return true end
  end
  return false
end

---Settings with the folder of annotations.
local function merged(settings)
  local list = libraries_of(settings)
  if list then
    list[#list + 1] = FOLDER
  else
    settings[LIBRARY] = json.array { FOLDER }
  end
  if settings["runtime.version"] == nil and settings.runtime == nil then
    settings["runtime.version"] = "Lua 5.4"
  end
  return settings
end

---A value as JSON that people read.
local function pretty(value, indent)
  local inner = indent .. "  "
  if type(value) ~= "table" then return assert(json.encode(value)) end
  local lines = {}
  if value[1] ~= nil or assert(json.encode(value)) == "[]" then
    for i, one in ipairs(value) do lines[i] = inner .. pretty(one, inner) end
    return #lines == 0 and "[]" or "[\n" .. table.concat(lines, ",\n") .. "\n" .. indent .. "]"
  end
  for name, member in sorted.pairs(value) do
    lines[#lines + 1] = inner .. assert(json.encode(name)) .. ": " .. pretty(member, inner)
  end
  return #lines == 0 and "{}" or "{\n" .. table.concat(lines, ",\n") .. "\n" .. indent .. "}"
end

local ADD <const> = '"workspace.library": ["' .. FOLDER .. '"]'

---Writes the settings, or tells what those that are there lack.
---@param name string
---@param force? boolean
---@return boolean? changed
---@return string? add  or message
---@return Kind? kind
---@return FailureMore? more
local function settle(name, force)
  local settings = {}
  if file.stat(name) then
    local text, message, kind = file.read(name, LARGEST)
    if not text then return nil, message, kind end
    settings = json.decode(text)
    if type(settings) ~= "table" then
      if not force then return false, ADD end
      return nil, name .. " is not plain JSON, perhaps because of comments; add to it: " .. ADD,
        "usage", { next = false }
    end
    if has_library(settings) then return false end
    if not force then return false, ADD end
  end
  local written, message, kind = file.write(name, pretty(merged(settings), "") .. "\n")
  if not written then return nil, message, kind end
  return true
end

---Makes the folders of a file below one that is there.
local function make_folders(root, relative)
  local folder = root
  for part in path.dirname(relative):gmatch("[^/]+") do
    folder = part == "." and folder or path.join(folder, part)
    local stat = file.stat(folder)
    if not (stat and stat.type == "folder") then
      local made, message, kind = file.mkdir(folder)
      if not made then return nil, message, kind end
    end
  end
  return true
end

---A name in a folder; in the working directory, as it is.
local function within(root, name)
  return root == "." and name or path.join(root, name)
end

local function write_all(root, files)
  local count = 0
  for relative, text in pairs(files) do
    local name = path.join(FOLDER, relative)
    local made, message, kind = make_folders(root, name)
    if made then made, message, kind = file.write(within(root, name), text) end
    if not made then return nil, message, kind end
    count = count + 1
  end
  return count
end

---@param folder? string  of recipes; default: the working directory
---@param force? boolean  adds the annotations to settings that are there
---@return AnnotateReport?
---@return string? message
---@return Kind? kind
---@return FailureMore? more
function annotate.run(folder, force)
  local root = folder or "."
  local stat = file.stat(root)
  if not stat or stat.type ~= "folder" then
    return nil, root .. " is not a directory; name the one of your recipes", "usage",
      { next = "auth0-migrate recipes annotate --help" }
  end
  local count, message, kind = write_all(root, annotate.files())
  if not count then return nil, message, kind end
  local name = within(root, SETTINGS)
  local changed, add, more
  changed, add, kind, more = settle(name, force)
  if changed == nil then return nil, add, kind, more end
  return {
    folder = within(root, FOLDER), settings = name, files = count, changed = changed,
    add = add or json.null, exit = 0, next = json.null,
  }
end

return annotate
