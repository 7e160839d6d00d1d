--- Writes the users of the benchmark in one of the formats that recipes can read:
--- `auth0-migrate --run tests/bench/formats/write.lua FORMAT N FILE`.

local digest = require "host.digest"
local host_json = require "host.json"
local store = require "host.store"

local here = debug.getinfo(1, "S").source:match "^@(.*/)" or ""
local synthetic = dofile(here .. "../synthetic.lua")
local NAMES <const> = synthetic.NAMES

local format, count, path = table.unpack((...))
count = tonumber(count)

---Calls `each(values)` for all users.
local function users(each)
  for i = 1, count do each(synthetic.values(synthetic.user(i))) end
end

---Writes `head`, the text of each user and `tail`.
local function written(head, text, tail)
  local out = assert(io.open(path, "wb"))
  out:setvbuf("full", 1 << 16)
  out:write(head)
  local i = 0
  users(function(values)
    i = i + 1
    out:write(text(values, i))
  end)
  out:write(tail or "")
  assert(out:close())
end

local function csv_field(value)
  return value:find('[,"\n]') and '"' .. value:gsub('"', '""') .. '"' or value
end

local function json_object(values)
  local members = {}
  for i, value in ipairs(values) do
    members[i] = host_json.encode(NAMES[i]) .. ":"
      .. (value == "" and "null" or assert(host_json.encode(value)))
  end
  return "{" .. table.concat(members, ",") .. "}"
end

local XML_ESCAPES <const> = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }

local function xml_element(values)
  local lines = { "  <user>" }
  for i, value in ipairs(values) do
    if value ~= "" then
      lines[#lines + 1] = string.format("    <%s>%s</%s>", NAMES[i],
        value:gsub("[&<>]", XML_ESCAPES), NAMES[i])
    end
  end
  lines[#lines + 1] = "  </user>\n"
  return table.concat(lines, "\n")
end

local function ldif_entry(values, i)
  local lines = { "dn: uid=" .. i .. ",ou=people,dc=example,dc=com", "objectClass: person" }
  for k, value in ipairs(values) do
    if value:find "[\128-\255]" or value:find "^[ :<]" then
      lines[#lines + 1] = NAMES[k] .. ":: " .. digest.base64(value)
    elseif value ~= "" then
      lines[#lines + 1] = NAMES[k] .. ": " .. value
    end
  end
  return table.concat(lines, "\n") .. "\n\n"
end

local COPY_ESCAPES <const> = { ["\\"] = "\\\\", ["\n"] = "\\n", ["\t"] = "\\t" }

local function copy_row(values)
  local row = {}
  for i, value in ipairs(values) do
    row[i] = value == "" and "\\N" or value:gsub("[\\\n\t]", COPY_ESCAPES)
  end
  return table.concat(row, "\t") .. "\n"
end

local ROWS <const> = 500 -- of one INSERT

---A row of an INSERT of many, as mysqldump writes it.
local function tuple(values, i)
  local row = {}
  for k, value in ipairs(values) do
    row[k] = value == "" and "NULL" or "'" .. value:gsub("['\\]", "\\%0") .. "'"
  end
  local before = i % ROWS == 1 and "INSERT INTO `users` VALUES (" or ",("
  return before .. table.concat(row, ",") .. ((i % ROWS == 0 or i == count) and ");\n" or ")")
end

local function bson_document(values)
  local members = {}
  for i, value in ipairs(values) do
    if value ~= "" then
      members[#members + 1] = string.pack("<Bzs4", 2, NAMES[i], value .. "\0")
    end
  end
  local body = table.concat(members)
  return string.pack("<i4", #body + 5) .. body .. "\0"
end

local function columns(before, between, after)
  return before .. table.concat(NAMES, between) .. after
end

local function sqlite_database()
  local database <close> = assert(store.open(path))
  assert(database:exec(columns("CREATE TABLE users (", " TEXT,", " TEXT)")))
  local insert = columns("INSERT INTO users (", ",", ") VALUES (?")
    .. (",?"):rep(#NAMES - 1) .. ")"
  local transaction <close> = database:begin()
  users(function(values)
    for i, value in ipairs(values) do values[i] = value ~= "" and value or nil end
    database:run(insert, table.unpack(values, 1, #NAMES))
  end)
  assert(transaction:commit())
end

local function line(values) return json_object(values) .. "\n" end

---@type table<string, fun()>
local FORMATS <const> = {
  csv = function()
    written(columns("", ",", "\n"), function(values)
      for i, value in ipairs(values) do values[i] = csv_field(value) end
      return table.concat(values, ",") .. "\n"
    end)
  end,
  ndjson = function() written("", line) end,
  json = function()
    written("[", function(values, i)
      return (i > 1 and ",\n" or "") .. json_object(values)
    end, "]\n")
  end,
  xml = function() written("<?xml version='1.0'?>\n<users>\n", xml_element, "</users>\n") end,
  ldif = function() written("version: 1\n\n", ldif_entry) end,
  sqlite = sqlite_database,
  copy = function()
    written(columns("COPY public.users (", ", ", ") FROM stdin;\n"), copy_row, "\\.\n")
  end,
  insert = function()
    written(columns("CREATE TABLE `users` (\n  `", "` text,\n  `", "` text\n);\n"), tuple)
  end,
  bson = function() written("", bson_document) end,
  extended = function() written("", line) end,
}

assert(FORMATS[format], "no such format")()
return 0
