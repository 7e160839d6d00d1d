--- What a file is that is not in the format that its reader expects, by its first bytes.

local file = require "host.file"
local utf16 = require "source.utf16"

local foreign = {}

local HEAD <const> = 256 -- bytes

---First bytes of files that are not text, and what to do about them.
---@type {[1]: string, [2]: string, [3]: TextFormat?}[]
local BINARY <const> = {
  { "SQLite format 3\0", "an SQLite database: read it with source.sqlite", "SQLite" },
  { "PK\3\4", "a spreadsheet or a zip archive: save it as CSV or unpack it" },
  { "\xD0\xCF\x11\xE0", "a spreadsheet in the old Excel format: save it as CSV" },
  { "BZh", "compressed with bzip2: decompress it, or use gzip or zstd" },
  { "\xFD7zXZ\0", "compressed with xz: decompress it, or use gzip or zstd" },
  { "PGDMP", "a dump in an archive format of pg_dump: convert it with "
    .. "`pg_restore -f dump.sql FILE` and read it with source.dump" },
  { "%PDF-", "a PDF file" },
}

-- A document of BSON with the member that servers put first.
local BSON <const> = "^...[\0\1][\1-\19]_id\0"

---@alias TextFormat "BSON"|"CSV"|"JSON"|"LDIF"|"SQL"|"SQLite"|"XML"  BSON, SQLite: bytes

---@type {[1]: string, [2]: TextFormat}[]  patterns of beginnings
local TEXT <const> = {
  { '^[%[{]%s*["{}%[%]]', "JSON" },
  { "^[%[{]%s*$", "JSON" },
  { "^<[%a?!]", "XML" },
  { "^%-%-[ \n]", "SQL" },
  { "^/%*M?!", "SQL" },
  { "^[dD][nN]::? *[^\n]*\n[%w.;-]+:", "LDIF" },
  { "^[dD][nN]::? [^\n]*$", "LDIF" }, -- the first cell of a line
  { "^version: 1%f[\r\n\0]", "LDIF" },
  { "^# extended LDIF%f[\r\n\0]", "LDIF" },
  { "^[%a_\"][^\n,;\t{}<>]*[,;\t][^\n{}<>]*\n", "CSV" },
}

-- The first words of a dump.
local STATEMENTS <const> = {}
for word in ("begin copy create drop insert lock pragma replace set start use"):gmatch("%a+") do
  STATEMENTS[word:upper()] = true
end

---@type table<TextFormat, string>
local REMEDY <const> = {
  CSV = "read it with source.csv, or with the recipe csv",
  JSON = "read it with source.json or source.ndjson (`auth0-migrate new` writes such a recipe)",
  SQL = "read it with source.dump",
  LDIF = "read it with source.ldif",
  XML = "read it with source.xml",
}

---@param text string  the beginning of a file
---@return TextFormat?
function foreign.format_of(text)
  text = utf16.text(text):gsub("^\xEF\xBB\xBF", ""):gsub("^%s+", "")
  if STATEMENTS[text:match("^(%u+)[ ;]")] then return "SQL" end
  for _, entry in ipairs(TEXT) do
    if text:find(entry[1]) then return entry[2] end
  end
end

---@param found TextFormat?
---@param expected? TextFormat  nil: any text
---@return string?  "JSON, not CSV: …"; nil if it is what is expected, or not known
function foreign.text(found, expected)
  if not found or not expected or found == expected then return nil end
  local remedy = expected == "BSON" and found == "JSON" and "read it with source.extended_json"
    or REMEDY[found]
  return string.format("%s, not %s: %s", found, expected, remedy)
end

---What a file is if it is not of the format; nil if it is, or if that is not known. What is no
---file, such as a pipe, cannot be read again.
---@param path string
---@param expected? TextFormat  nil: any text
---@return string?
function foreign.file(path, expected)
  local stat = path ~= "-" and file.stat(path)
  local handle <close> = stat and stat.type == "file" and file.open(path) or nil
  local head = handle and handle:read(HEAD) or ""
  for _, entry in ipairs(BINARY) do
    local is_expected = expected and entry[3] == expected
    if not is_expected and head:sub(1, #entry[1]) == entry[1] then return entry[2] end
  end
  if expected ~= "BSON" and head:find(BSON) then
    return "BSON, not " .. (expected or "text") .. ": read it with source.bson"
  end
  if expected == "BSON" and head:find("\0", 1, true) then return nil end -- not text
  return foreign.text(foreign.format_of(head), expected)
end

return foreign
