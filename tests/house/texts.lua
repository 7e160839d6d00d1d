--- What only some files may contain: the one wait, the one protected call, SQL, names of states.

local schema = require "journal.schema"
local tree = require "tests.house.tree"

local lines, paths = tree.lines, tree.paths

local texts = {}

-- What only one file may contain: the one wait, the one protected call, and the prefix of user_ids,
-- the latter not even in strings and comments.
local ONLY <const> = {
  { what = "%f[%w_]loop%.wait%f[^%w_]", where = "lualib/base/scheduler.lua", name = "loop.wait" },
  { what = "%f[%w_]x?pcall%f[^%w_]", where = "lualib/base/guard.lua", name = "pcall" },
  { what = "auth0|", where = "lualib/auth0/identifiers.lua", name = "auth0|", anywhere = true },
}

---Waits outside the scheduler, protected calls outside the guard, the prefix outside its file.
---@param sources Sources
---@return string[]
function texts.strays(sources)
  local found = {}
  for _, path in ipairs(paths(sources, "%.lua$")) do
    local is_ours = not (path:find("^tests/") or path:find("^lualib/meta/"))
    for number, line in lines(sources[path]) do
      for _, only in ipairs(is_ours and ONLY or {}) do
        local code = only.anywhere and line or line:gsub("%s*%-%-.*", ""):gsub('"[^"]*"', "")
        if path ~= only.where and code:find(only.what) then
          found[#found + 1] = string.format("%s:%d: %s", path, number, only.name)
        end
      end
    end
  end
  return found
end

-- Names of variables that hold a message.
local MESSAGES <const> = { "message", "reason", "why", "detail" }
local READS <const> = { find = true, match = true, gmatch = true, gsub = true }

-- Files that read a message nevertheless, and why.
local READERS <const> = {
  ["lualib/cli/parse.lua"] = "argparse reports errors only as text",
  ["lualib/auth0/codes.lua"] = "a path that is only in Auth0's message",
  ["lualib/auth0/fixers.lua"] = "numbers and names that are only in Auth0's message",
  ["lualib/stage/findings.lua"] = "removes what is specific to one record, to group messages",
  ["lualib/tenant/verdict.lua"] = "rewrites messages of our validator as Auth0's",
}

---The name of a message that a line of code searches, or nil.
local function searched(code)
  for _, name in ipairs(MESSAGES) do
    local word = "%f[%w_]" .. name .. "%f[^%w_]"
    for _, before in ipairs { word .. "%s*:%s*", word .. '%s+or%s+""%s*%)%s*:%s*' } do
      for method in code:gmatch(before .. "(%a+)%s*[%({\"]") do
        if READS[method] then return name end
      end
    end
    for called in code:gmatch("%f[%w_]string%.(%a+)%s*%(%s*[%w_.]-" .. word) do
      if READS[called] then return name end
    end
  end
end

---Searches in messages: what code needs must be a value next to the message. Exceptions that are no
---longer needed are reported too.
---@param sources Sources
---@return string[]
function texts.readings(sources)
  local found, seen = {}, {}
  for _, path in ipairs(paths(sources, "^lualib/.*%.lua$")) do
    for number, line in lines(sources[path]) do
      local name = searched((line:gsub('"[^"]*"', '""'):gsub("%s*%-%-.*", "")))
      if name and READERS[path] then
        seen[path] = true
      elseif name then
        found[#found + 1] = string.format("%s:%d: reads %s", path, number, name)
      end
    end
    if READERS[path] and not seen[path] then
      found[#found + 1] = path .. ": no longer needs an exception"
    end
  end
  return found
end

-- Keywords of SQL as they appear in a statement.
local SQL <const> = {
  "%f[%w]SELECT%s+[%w*(]", "%f[%w]INSERT%s+INTO", "%f[%w]INSERT%s+OR", "%f[%w]UPDATE%s+%l+%s+SET",
  "%f[%w]DELETE%s+FROM", "%f[%w]CREATE%s+%u+", "%f[%w]PRAGMA%s",
}

-- Other files with SQL: for a temporary database of their own, for any database, or as a format.
local SCRATCH <const> = {
  ["lualib/base/versions.lua"] = "the version of the tables of a journal and of a tenant's state",
  ["lualib/generate/output.lua"] = "a dump that is generated",
  ["lualib/source/dump_head.lua"] = "what dumps begin with",
  ["lualib/stage/dedupe.lua"] = "users that wait for the end of the source",
  ["lualib/import/tenant_ids.lua"] = "an export of the tenant's users",
  ["lualib/source/sqlite.lua"] = "the database of another program, which is only read",
}

---Whether a file is below one of the folders of lualib.
-- Where statements belong: to tables of ours, or to databases that are a source.
local WITH_SQL <const> = { "journal", "tenant", "source/database", "meta" }

local function is_below(path, ...)
  for _, folder in ipairs { ... } do
    if path:find("^lualib/" .. folder .. "/") then return true end
  end
  return false
end

---SQL outside of the folders that have tables.
---@param sources Sources
---@return string[]
function texts.sql(sources)
  return tree.find(sources, "^[lr]%w+/.*%.lua$", function(line, path)
    if SCRATCH[path] or is_below(path, table.unpack(WITH_SQL)) then return nil end
    local code = line:gsub("%s*%-%-.*", "")
    for _, keyword in ipairs(SQL) do
      local statement = code:match(keyword)
      if statement then return statement end
    end
  end)
end

-- The states of a chunk, from the journal's tables. Words with no other meaning are reported
-- anywhere, the others only on a line that mentions a state.
local UNAMBIGUOUS <const> = { sending = true, harvested = true, uncertain = true }
local STATES <const> = {}
for name in schema.SCHEMA:match("CREATE TABLE chunk .-IN%s*(%b())"):gmatch("'(%l+)'") do
  STATES[name] = true
end

-- The outcome of an upload has the name of a state.
local OUTCOMES <const> = { ["lualib/auth0/api/jobs.lua"] = true }

---Names of chunk states outside the folders that move chunks.
---@param sources Sources
---@return string[]
function texts.states(sources)
  local found = {}
  for _, path in ipairs(paths(sources, "^lualib/.*%.lua$")) do
    local may = OUTCOMES[path] or is_below(path, "journal", "import", "tenant", "meta")
    for number, line in lines(may and "" or sources[path]) do
      local code = line:gsub("%s*%-%-.*", "")
      for name in code:gmatch("[\"'](%l+)[\"']") do
        if STATES[name] and (UNAMBIGUOUS[name] or code:find("state")) then
          found[#found + 1] = string.format("%s:%d: %s", path, number, name)
        end
      end
    end
  end
  return found
end

return texts
