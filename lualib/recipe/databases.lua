--- The queries of a recipe, for its Lua state: checked, granted, and run by the client program of
--- the database. The state asks with plain values and gets the rows as text.

local foreign = require "base.foreign"
local mysql = require "source.database.mysql"
local postgresql = require "source.database.postgresql"
local program = require "base.program"
local url = require "source.database.url"

local databases = {}

---@class DatabaseRequest
---@field url DatabaseUrl
---@field query? string
---@field table? string     instead
---@field password? string
---@field env fun(name: string): string?

---@class DatabaseClient  a client program, see source.database.postgresql
---@field mark string       ends the rows
---@field format host.csv.Options  of the rows
---@field query fun(request: DatabaseRequest): string?, string?, Kind?
---@field describe fun(request: DatabaseRequest, query: string): ProgramPlan
---@field columns fun(output: string): string[]
---@field read fun(request: DatabaseRequest, query: string, names: string[]): ProgramPlan
---@field failure fun(status: integer, said: string): string, Kind

---@type table<string, DatabaseClient>
local CLIENTS <const> = { postgresql = postgresql, mysql = mysql, mariadb = mysql }
local PROGRAMS <const> = { postgresql = "psql", mysql = "mysql", mariadb = "mariadb" }

local MOST <const> = 16 -- queries of a recipe that are read at the same time
local LONGEST <const> = 1024 * 1024 -- bytes of a query, and of the names of columns

---@class OpenQuery
---@field client DatabaseClient
---@field what string       "users", for messages
---@field running RunningProgram
---@field held string       the end of the output so far, which may be the mark

---@class Databases
---@field private env fun(name: string): string?
---@field private granted? Grants
---@field private queries table<integer, OpenQuery>
---@field private n integer
local Databases = {}
Databases.__index = Databases

---@param env fun(name: string): string?
---@return Databases
function databases.new(env)
  return setmetatable({ env = env, queries = {}, n = 0 }, Databases)
end

---@param granted? Grants  what the recipe may run
function Databases:allow(granted)
  self.granted = granted
end

local function is_text(value)
  return type(value) == "string" and #value <= LONGEST
end

---The request of a state, whose words are hostile.
---@private
---@return DatabaseRequest?
---@return string? message
---@return Kind? kind
function Databases:request(given)
  if type(given) ~= "table" or not is_text(given.database)
    or not is_text(given.query or "") or not is_text(given.table or "")
    or not is_text(given.password or "") or (given.query == nil) == (given.table == nil) then
    return nil, "a query of a database is not one, or is too long", "usage"
  end
  if (given.password or ""):find("\0", 1, true) then
    return nil, "the password of the database has a zero byte", "usage"
  end
  local parsed, message, kind = url.parse(given.database)
  if not parsed then return nil, message, kind end
  return {
    url = parsed, query = given.query, table = given.table,
    password = given.password ~= "" and given.password or nil, env = self.env,
  }
end

---@private
function Databases:may_run(name)
  return self.granted ~= nil and self.granted:allows("exec", name)
end

local function refuse_program(name)
  return nil, string.format("reading the database runs %s, which was not granted; the recipe "
    .. "declares it with needs = { exec = { \"%s\" } }, and --allow-exec=%s grants it", name, name,
    name), "refused"
end

local INSTALL <const> = "; it comes with the database's client (on Debian: postgresql-client, "
  .. "mariadb-client)"

local function start(plan, env)
  local running, message, kind = program.start(plan, env)
  if kind == "missing" then message = message .. INSTALL end
  return running, message, kind
end

---What a program that failed says, after what it was doing.
local function failure_of(client, what, status, said)
  local words, kind = client.failure(status, said)
  if words == "" then words = "exit status " .. status end
  return nil, what .. ": " .. foreign.words(words), kind
end

---The output of a program that ends by itself.
---@return string?
---@return string? message
---@return Kind? kind
local function output_of(client, what, plan, env)
  local running <close>, message, kind = start(plan, env)
  if not running then return nil, message, kind end
  local parts, size = {}, 0
  while true do
    local block
    block, message, kind = running:read()
    if message then return nil, message, kind end
    if not block then break end
    parts[#parts + 1], size = block, size + #block
    if size > LONGEST then return nil, what .. ": names of its columns are too long", "usage" end
  end
  local status
  status, message, kind = running:status()
  if not status then return nil, message, kind end
  if status ~= 0 then return failure_of(client, what, status, running:words()) end
  return table.concat(parts)
end

---@return string[]?
---@return string? message
---@return Kind? kind
local function columns_of(client, what, plan, env)
  local output, message, kind = output_of(client, what, plan, env)
  if not output then return nil, message, kind end
  local names = client.columns(output)
  for _, name in ipairs(names) do
    if name == "" or name:find("%c") then
      return nil, string.format("%s: a column has no name that can be read; give it one with AS "
        .. "(or an option file changes the output of %s)", what, plan.name), "usage"
    end
  end
  return names
end

---@class OpenedQuery  plain
---@field number integer
---@field columns string[]
---@field format host.csv.Options

---@private
---@return OpenedQuery?
---@return string? message
---@return Kind? kind
function Databases:open(given)
  local request, message, kind = self:request(given)
  if not request then return nil, message, kind end
  local client = CLIENTS[request.url.scheme]
  local query, names, running
  query, message, kind = client.query(request)
  if not query then return nil, message, kind end
  if not self:may_run(PROGRAMS[request.url.scheme]) then
    return refuse_program(PROGRAMS[request.url.scheme])
  elseif self.n == MOST then
    return nil, string.format("a recipe may read %d queries at the same time", MOST), "usage"
  end
  local what = foreign.words(request.table or "the query")
  names, message, kind = columns_of(client, what, client.describe(request, query), self.env)
  if not names then return nil, message, kind end
  running, message, kind = start(client.read(request, query, names), self.env)
  if not running then return nil, message, kind end
  local number = #self.queries + 1
  self.n = self.n + 1
  self.queries[number] = { client = client, what = what, running = running, held = "" }
  return { number = number, columns = names, format = client.format }
end

---The rows of a last part of the output, if the program ended well and the mark ends it.
---@return string?
---@return string? message
---@return Kind? kind
local function finished(query)
  local status, message, kind = query.running:status()
  if not status then return nil, message, kind end
  if status ~= 0 then
    return failure_of(query.client, query.what, status, query.running:words())
  end
  local mark, held = query.client.mark, query.held
  if held ~= mark and held:sub(-#mark - 1) ~= "\n" .. mark then
    return nil, query.what .. ": the rows end before the end of the query", "closed"
  end
  query.held = nil
  return held:sub(1, -#mark - 1)
end

---The next part of the rows; nil at their end.
---@private
---@return string?
---@return string? message
---@return Kind? kind
function Databases:read(number)
  local query = self.queries[number]
  if not query or not query.held then return nil end
  local keep = #query.client.mark + 1
  while true do
    local block, message, kind = query.running:read()
    if message then return nil, message, kind end
    if not block then break end
    local all = query.held .. block
    query.held = all:sub(-keep)
    if #all > keep then return all:sub(1, -keep - 1) end
  end
  return finished(query)
end

---@private
function Databases:end_query(number)
  local query = self.queries[number]
  if not query then return end
  query.running:close()
  self.queries[number], self.n = false, self.n - 1
end

---Answers what the state asks.
---@param what "open"|"read"|"close"
---@param about any  a request, or the number of a query
---@return any ...
function Databases:ask(what, about)
  if what == "open" then return self:open(about) end
  if what == "read" then return self:read(about) end
  if what == "close" then return self:end_query(about) end
end

---Ends the queries that are still read.
function Databases:close()
  for number in ipairs(self.queries) do self:end_query(number) end
end

return databases
