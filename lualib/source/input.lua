--- Resolves the parameter `input`: a path, a glob, a folder, several separated by commas, or "-".

local failure = require "base.failure"
local file = require "host.file"
local type_name = require "base.type_name"
local path = require "base.path"

local input = {}

-- The files to read in a folder; .gz or .zst may follow.
local ENDINGS <const> = {
  "csv", "tsv", "json", "ndjson", "jsonl", "bson", "xml", "sql", "dump", "dat", "prn", "yaml",
  "yml", "ldif", "ldf", "sqlite", "sqlite3", "db",
}

---The extension that names the format: "csv" of "users.csv.gz".
---@param name string
---@return string
function input.ending(name)
  local plain = name:lower():gsub("%.gz$", ""):gsub("%.zst$", "")
  return path.extension(plain)
end

local function is_one_of(list, value)
  for _, one in ipairs(list) do
    if one == value then return true end
  end
  return false
end

---Adds a path to `paths`, unless it is a folder or does not exist. A file that may not be read is a
---failure: without it, the records would be incomplete.
local function add_file(paths, name)
  local stat, message, kind = file.stat(name)
  if kind == "refused" then return nil, message, kind end
  if stat and stat.type ~= "folder" then paths[#paths + 1] = name end
  return true
end

local function in_folder(folder, endings)
  local names, message, kind = file.list(folder)
  if not names then return nil, message, kind end
  local paths = {}
  for _, name in ipairs(names) do
    local full = path.join(folder, name)
    if not name:find("^%.") and is_one_of(endings, input.ending(name)) then
      local added, why, refused = add_file(paths, full)
      if not added then return nil, why, refused end
    end
  end
  if #paths > 0 then return paths end
  return nil, string.format("no file with the extension .%s in the folder %s",
    table.concat(endings, " or ."), folder), "missing"
end

local function matching(pattern)
  local found, message, kind = file.glob(pattern)
  if not found then return nil, message, kind end
  local paths = {}
  for _, name in ipairs(found) do
    local added, why, refused = add_file(paths, name)
    if not added then return nil, why, refused end
  end
  if #paths > 0 then return paths end
  return nil, string.format("no file matches %s (current directory: %s)", pattern,
    file.working_directory()), "missing"
end

local function resolve_one(name, endings)
  if name == "-" then return { "-" } end
  local stat, message, kind = file.stat(name)
  if stat and stat.type == "folder" then return in_folder(name, endings) end
  if stat then return { name } end
  if kind ~= "missing" then return nil, message, kind end
  if name:find("[*?%[]") then return matching(name) end
  return nil, string.format("cannot read %s: no such file (current directory: %s)", name,
    file.working_directory()), "missing"
end

---The parts of an input; the name of an existing file may contain a comma.
local function parts_of(given)
  if type(given) == "table" then return given end
  if given == "" or given:find("\0", 1, true) or file.stat(given) then return { given } end
  local parts = {}
  for part in given:gmatch("[^,]+") do
    part = part:match("^%s*(.-)%s*$")
    if part ~= "" then parts[#parts + 1] = part end
  end
  return parts
end

---The files to read, each once and in order; of a folder, the files with these extensions, sorted.
---@param given string|string[]
---@param endings? string[]  default: those of all readers
---@return string[]? paths
---@return string? message
---@return host.Kind? kind
function input.resolve(given, endings)
  local paths, seen = {}, {}
  for _, part in ipairs(parts_of(given)) do
    if part == "" or part:find("\0", 1, true) then
      return nil, "the name of an input is empty", "missing"
    end
    local found, message, kind = resolve_one(part, endings or ENDINGS)
    if not found then return nil, message, kind end
    for _, name in ipairs(found) do
      if not seen[name] then paths[#paths + 1] = name end
      seen[name] = true
    end
  end
  if #paths == 0 then return nil, "no input given", "missing" end
  return paths
end

---Like `resolve`, but raises the failure.
---@param what string  "csv.records"
---@param given any
---@param endings string[]
---@return string[]
function input.require(what, given, endings)
  if type(given) ~= "string" and type(given) ~= "table" then
    error(string.format("%s expects the name of its input, got %s", what, type_name.of(given)), 3)
  end
  return failure.check(input.resolve(given, endings))
end

---The name of each file in places: its base name, or its path if base names clash.
---@param paths string[]
---@return string[]
function input.names(paths)
  local count, names = {}, {}
  for _, one in ipairs(paths) do
    local base = path.basename(one)
    count[base] = (count[base] or 0) + 1
  end
  for i, one in ipairs(paths) do
    local base = path.basename(one)
    names[i] = one == "-" and "stdin" or count[base] > 1 and one or base
  end
  return names
end

return input
