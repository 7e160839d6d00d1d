--- Reads the rows of a table from dumps of SQL databases, without a database: pg_dump, mysqldump,
--- mariadb-dump, sqlite3's `.dump` and others that write INSERT statements.

local digest = require "host.digest"
local dump_head = require "source.dump_head"
local failure = require "base.failure"
local file = require "host.file"
local host = require "host.dump"
local names = require "source.names"
local records = require "source.records"
local spelling = require "base.spelling"
local text = require "host.text"

---@class source.dump
local dump = { recognise = dump_head.recognise }

local ENDINGS <const> = { "sql", "dump" }
local OPTIONS <const> = { "table", "backslash_escapes", "limit", "optional" }
local TYPES <const> = { table = "string", backslash_escapes = "boolean", limit = "number" }
local MOST_TABLES <const> = 20 -- in a message
local NO_TABLE <const> = "\1" -- a name that no table has

---The parts of a name, which may be quoted: `public."User"`.
local function parts_of(name)
  local parts, rest = {}, name
  while rest ~= "" do
    local quote = rest:match('^["`]')
    local part, after
    if quote then
      part, after = rest:match("^" .. quote .. "([^" .. quote .. "]+)" .. quote .. "(.*)$")
    else
      part, after = rest:match("^([^.\"`]+)(.*)$")
    end
    if not part or after ~= "" and not after:find("^%..") then return {} end
    parts[#parts + 1], rest = part, after:sub(2)
  end
  return parts
end

---@class DumpReader  a host.dump.reader that explains a missing table and notes unknown columns
---@field host host.dump.reader
---@field table string
---@field name string              of the file
---@field prefix string            of places
---@field read Names
---@field private row? table       the last one
---@field private ahead? table     the results of a `next` that was called early
---@field private begun? boolean
local DumpReader = {}
DumpReader.__index = DumpReader

---Why the table was not found.
---@private
function DumpReader:missing()
  local tables = self.host:tables()
  if #tables == 0 then return self.name .. " is not a dump: no table is in it", "parse" end
  local near = {}
  for _, name in ipairs(tables) do near[#near + 1] = name:match("[^.]+$") or name end
  local hint = spelling.hint(self.table, tables)
  if hint == "" then hint = spelling.hint(self.table, near) end
  return string.format('no table "%s" in %s, which has %s%s%s', self.table, self.name,
    table.concat(tables, ", ", 1, math.min(#tables, MOST_TABLES)),
    #tables > MOST_TABLES and " and others" or "", hint), "missing"
end

function DumpReader:next()
  self.begun = true
  if self.ahead then
    local ahead = self.ahead
    self.ahead = nil
    return table.unpack(ahead, 1, ahead.n)
  end
  local row, place, line, raw = self.host:next()
  self.row = row or nil
  if row then return self.read:watch(row), self.prefix .. place end
  if row == nil and line == "missing" then place, line = self:missing() end
  return row, place, line, raw
end

---The last row as text: bytes as PostgreSQL writes them, `\x00ff`. What a join or a recipe put
---there stays as it is.
function DumpReader:record()
  if not self.row then return nil end
  local shown = {}
  for name, value in next, self.row do
    local is_bytes = type(value) == "string" and not text.is_utf8(value)
    shown[name] = is_bytes and "\\x" .. digest.hex(value) or value
  end
  return shown
end

---The columns; before the first record, it is read for them.
function DumpReader:columns()
  if not self.begun then self.ahead = table.pack(self:next()) end
  local columns = self.host:columns()
  return #columns > 0 and columns or nil
end

function DumpReader:close()
  self.host:close()
end

local function open(handle, options, prefix, read)
  local self = setmetatable({
    read = read, table = options.table, name = prefix:sub(1, -2), prefix = prefix,
  }, DumpReader)
  local parts = parts_of(options.table)
  self.host = host.reader(handle, {
    table = parts[#parts], schema = parts[#parts - 1],
    backslash_escapes = options.backslash_escapes, limit = options.limit,
  })
  return self
end

local function ended(reader, name, warn)
  local columns = reader.host:columns()
  reader.read:each(columns, function(column)
    warn("unknown_column", string.format('column "%s" is not in table "%s" of %s%s', column,
      reader.table, name, spelling.hint(column, columns)))
  end)
  if reader.host:is_cut() then
    warn("dump_cut", name .. " lacks the comment that ends a dump (\"dump complete\" or \"Dump "
      .. "completed\"): it may have been cut off, and users may be missing")
  end
end

---The tables of a dump, with their schema where it has them.
---@param path string
---@return string[] names
function dump.tables(path)
  local handle <close> = failure.check(file.open(path))
  local reader <close> = host.reader(handle, { table = NO_TABLE })
  local row, message, kind
  repeat
    row, message, kind = reader:next()
  until row == nil
  local tables = reader:tables()
  if kind == "io" or kind == "parse" and #tables == 0 then failure.raise(message, kind) end
  return tables
end

---The only table of a dump that defines it and has no rows, which are in another file.
---@param path string
---@return string? name
---@return string[]? columns
function dump.defined(path)
  local tables = dump.tables(path)
  local parts = #tables == 1 and parts_of(tables[1]) or {}
  if #parts == 0 then return nil end
  local handle <close> = failure.check(file.open(path))
  local reader <close> = host.reader(handle, { table = parts[#parts], schema = parts[#parts - 1] })
  local has_rows = reader:next() ~= nil
  local columns = reader:defined()
  if has_rows or #columns == 0 then return nil end
  return tables[1], columns
end

---@class DumpOptions
---@field table string                "users", "public.users"
---@field backslash_escapes? boolean  whether a backslash in a string escapes; default: as the
---  program that wrote the dump has it
---@field limit? integer              the longest row, in bytes
---@field optional? true|string[]     columns that need not be there

---Records of a table; NULL is absent, everything else is text, or bytes in binary columns.
---@param given string|string[]  a path, a glob, a folder, several separated by commas, or "-"
---@param options DumpOptions
---@return Records
function dump.records(given, options)
  spelling.check_options("dump.records", options, OPTIONS)
  spelling.check_types("dump.records", options, TYPES)
  if not options or #parts_of(options.table or "") == 0 then
    error('dump.records needs the name of a table: { table = "users" }', 2)
  end
  local read = names.new("dump.records", options)
  return (records.records(given, ENDINGS, "dump.records", {
    open = function(handle, _, prefix) return open(handle, options, prefix, read) end,
    prefix = function(name) return name .. ":" end,
    places = true,
    text = "SQL",
    sample = { kind = "texts", writer = "sql", options = { table = options.table } },
    optional = read.optional or true,
    ended = ended,
    passable = "missing", -- a folder may have a file for each table
  })) -- no tail call: an error names this function
end

return dump
