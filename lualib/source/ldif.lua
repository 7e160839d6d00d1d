--- Reads LDIF: the entries of a directory, as slapcat, ldapsearch and ldifde write them.

local host = require "host.ldif"
local names = require "source.names"
local nested = require "source.nested"
local records = require "source.records"
local sorted = require "base.sorted"
local spelling = require "base.spelling"
local utf16 = require "source.utf16"

local ldif = {}

local ENDINGS <const> = { "ldif", "ldf" }
local OPTIONS <const> = { "limit", "optional" }
local MOST_NAMES <const> = 1000 -- that the host tells; others may be there

---@class LdifOptions
---@field limit? integer           the longest entry, in bytes; default 16 MiB
---@field optional? true|string[]  attributes that no entry need have, although they are read

local function prefix(name)
  return name .. ":"
end

---What a file says of itself: whether it has all that was asked for.
local function ended(reader, name, warn)
  local export = reader:export()
  if export.result then
    warn("incomplete_export", string.format('%s says "result: %s": entries may be missing', name,
      export.result))
  end
  if export.references > 0 then
    warn("references", name .. " has references to other servers (ref:), which are not followed")
  end
  if export.cut then
    warn("incomplete_values", string.format("values of %s are missing in %s:%d: the server sent a "
      .. "part of them (range=) and the rest is not in the entry", export.cut, name,
      export.cut_line))
  end
end

---The reader of one file, whose records are watched. Adds the names that they have to `known`.
local function open(handle, limit, read, known)
  local entries = host.reader(handle, { limit = limit })
  local reader = {}

  function reader.next()
    local record, line, at, raw = entries:next()
    if record then read:watch(record) end
    return record, line, at, raw
  end

  function reader.record() return entries:record() end
  function reader.export() return entries:export() end

  function reader.close()
    for _, name in ipairs(entries:names()) do known[name] = true end
    entries:close()
  end

  return reader
end

---Entries of one or more files. `dn` is a string; every attribute is a list, under its name in
---lower case: `entry.mail[1]`, `entry["cn;lang-de"]`.
---@param given string|string[]  a path, a glob, a folder, several separated by commas, or "-"
---@param options? LdifOptions
---@return Records
function ldif.records(given, options)
  spelling.check_options("ldif.records", options, OPTIONS)
  spelling.check_types("ldif.records", options, { limit = "number" })
  local limit = options and options.limit
  local read, known = names.new("ldif.records", options), {}
  return (records.records(given, ENDINGS, "ldif.records", {
    open = function(handle) return open(handle, limit, read, known) end,
    text = "LDIF",
    sample = { kind = "texts", writer = "ldif" },
    optional = read.optional or true,
    prefix = prefix,
    ended = ended,
    finished = function(source, _, warn)
      local list = sorted.keys(known)
      if #list >= MOST_NAMES then return end
      read:each(list, function(name)
        warn("unknown_member", nested.message(source, name, spelling.find(name, list)))
      end)
    end,
  })) -- no tail call: an error names this function
end

---Whether a file may be LDIF, by its beginning.
---@param head string
---@return Recognised?
function ldif.recognise(head)
  local text = "\n" .. utf16.text(head):gsub("^\xEF\xBB\xBF", ""):gsub("\r\n", "\n")
  local is_told = text:find("^\n# extended LDIF\n") ~= nil
  text = text:gsub("\n ", ""):gsub("\n#[^\n]*", ""):gsub("^%s+", "")
  local rest, version = text:gsub("^[vV]ersion: *1\n%s*", "")
  is_told = is_told or version > 0
  if rest:find("^[dD][nN]::? *[^\n]*\n[%w.;-]+:") then
    return { sure = is_told and 3 or 2, what = "LDIF, the entries of a directory" }
  end
  return is_told and { sure = 3, what = "LDIF" } or nil
end

return ldif
