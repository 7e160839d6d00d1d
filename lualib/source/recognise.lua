--- What a file is, and which reader reads it: asks each reader about the beginning of the file.

local beginning = require "source.beginning"

local recognise = {}

---@class RecognisedBy : Recognised
---@field reader string  "source.xml"

---Of equal sureness, the first one counts most.
---@type {name: string, module: {recognise: fun(head: string): Recognised?}}[]
local READERS <const> = {
  { name = "source.sqlite", module = require "source.sqlite" },
  { name = "source.bson", module = require "source.bson" },
  { name = "source.realms", module = require "source.realms" },
  { name = "source.auth0_export", module = require "source.auth0_export" },
  { name = "source.extended_json", module = require "source.extended_json" },
  { name = "source.xml", module = require "source.xml" },
  { name = "source.ldif", module = require "source.ldif" },
  { name = "source.dump", module = require "source.dump" },
  { name = "source.ndjson", module = require "source.ndjson" },
  { name = "source.json", module = require "source.json" },
  { name = "source.yaml", module = require "source.yaml" },
  { name = "source.csv", module = require "source.csv" },
}

---The readers that may read a file, the surest first.
---@param head string  its beginning, up to 64 KiB, decompressed
---@return RecognisedBy[]
function recognise.head(head)
  local found, order = {}, {}
  for i, reader in ipairs(READERS) do
    local one = reader.module.recognise(head)
    if one then
      one.reader = reader.name
      found[#found + 1], order[one] = one, i
    end
  end
  table.sort(found, function(a, b)
    if a.sure == b.sure then return order[a] < order[b] end
    return a.sure > b.sure
  end)
  return found
end

---The readers that may read a file, which may be compressed.
---@param path string
---@return RecognisedBy[]?
---@return string? message
---@return host.Kind? kind
function recognise.file(path)
  local head, message, kind = beginning.of(path)
  if not head then return nil, message, kind end
  return recognise.head(head)
end

return recognise
