--- Reads the rows of a database: of a table, or of a query that only reads. The client program of
--- the database runs as a child of the program, which a recipe asks by the door of its Lua state.

local bad_record = require "source.bad_record"
local csv = require "host.csv"
local failure = require "base.failure"
local file = require "host.file"
local members = require "source.members"
local reading = require "source.reading"
local spelling = require "base.spelling"
local unknown_columns = require "source.unknown_columns"

---@class SqlOptions
---@field database string   "postgresql://user@host:5432/app", "mariadb://…", "mysql://…"
---@field query? string     one statement that only reads
---@field table? string     instead: "users", "auth.users"
---@field password? string  of the user, from a secret parameter
---@field empty? "keep"|"nil"  what an empty text becomes; default "keep"
---@field limit? integer    bytes of a row
---@field optional? true|string[]  columns that need not be there

local OPTIONS <const> = { "database", "query", "table", "password", "empty", "limit", "optional" }
local TYPES <const> = {
  database = "string", query = "string", table = "string", password = "string", empty = "string",
  limit = "number",
}

---@alias AskDatabase fun(what: "open"|"read"|"close", about: any): boolean, any, string?, Kind?
---  false and a message if the program could not answer

---@class Query : Reading  a call returns the next row and its place, or nil at the end
---@field private label string   of places: "users", "query"
---@field private number integer of the query at the program
---@field private ask AskDatabase
---@field private input host.file.input
---@field private reader? host.csv.reader  nil once closed
---@field private names string[]
---@field private free? true|table<string, true>
---@field private found SourceWarning[]
local Query = reading.class "query"

---@return any row
---@return string? at
function Query:__call()
  if not self.reader then return nil end
  local row, place, line, raw = self.reader:next()
  if row then return row, place end
  if row == false then return bad_record.new(raw, place), self.label .. ":" .. line end
  if not place then return nil end
  self:close()
  failure.raise(place, line)
end

---@return string  "users"
function Query:name() return self.label end

function Query:columns()
  return table.move(self.names, 1, #self.names, 1, {})
end

function Query:optional()
  return self.free or true
end

---@return SourceWarning[]
function Query:warnings()
  local found = {}
  if self.reader then
    unknown_columns.report(self.reader, self:title(), self.free, function(code, message)
      found[#found + 1] = { code = code, message = message }
    end)
    self.found = found
  end
  return self.found
end

function Query:title()
  return self.label == "query" and "the query" or self.label
end

function Query:close()
  if not self.reader then return end
  self:warnings()
  self.reader:close()
  self.input:close()
  self.reader = nil
  self.ask("close", self.number)
end

---The values that the program answers; raises its failure.
local function checked(answered, value, message, kind)
  if not answered then failure.raise(value, "fatal") end
  return failure.check(value, message, kind)
end

local function check(options)
  if type(options) ~= "table" then
    error("sql.records expects a table: sql.records { database = ..., query = ... }", 3)
  end
  spelling.check_options("sql.records", options, OPTIONS)
  spelling.check_types("sql.records", options, TYPES)
  if not options.database then error("sql.records needs `database`, a URL", 3) end
  if (options.query == nil) == (options.table == nil) then
    error("sql.records needs either `query` or `table`", 3)
  end
end

---How host.csv reads the rows. What spreadsheets write means nothing in a database.
local function format_of(opened, label, options)
  local format = { header = opened.columns, place = label .. ":", guard = "keep", exact = true,
    empty = options.empty or "keep", limit = options.limit }
  for name, value in pairs(opened.format) do format[name] = value end
  return format
end

---@param ask AskDatabase
---@param options SqlOptions
---@return Query
local function open(ask, options)
  local free = members.optional("sql.records", options)
  local opened = checked(ask("open", {
    database = options.database, query = options.query, table = options.table,
    password = options.password,
  }))
  local label = options.table or "query"
  local input = file.feed(label, function()
    local answered, block, message, kind = ask("read", opened.number)
    if not answered then return nil, block, "fatal" end
    return block, message, kind
  end)
  local self = setmetatable({
    label = label, number = opened.number, ask = ask, input = input, names = opened.columns,
    free = free, found = {},
  }, Query)
  local reader, message, kind = csv.reader(input, format_of(opened, label, options))
  if not reader then
    ask("close", opened.number)
    failure.raise(message, kind)
  end
  self.reader = reader
  return self
end

---@class source.sql
---@field records fun(options: SqlOptions): Query
---@field private over function

---The module, for a state that asks the program with `ask`. No tail call: an error names this
---function.
---@param ask? AskDatabase
---@return source.sql module
local function over(ask)
  return {
    ---@param options SqlOptions
    ---@return Query
    records = function(options)
      check(options)
      if not ask then error("sql.records: there is no program that reads databases here", 2) end
      return (open(ask, options))
    end,
    over = over,
  }
end

---@type source.sql
return over()
