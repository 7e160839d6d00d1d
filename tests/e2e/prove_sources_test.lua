--- What prove suggests works when it is pasted, from whatever reader the record came: the line is
--- typed into the recipe, and the login then succeeds.

local digest = require "host.digest"
local json = require "host.json"
local program = require "tests.e2e.program"
local store = require "host.store"
local tap = require "tests.tap"

local test = tap.test
local scene = program.scene

local PLAIN <const> = "Tr0ub4dor&3-heron"
-- Bytes that are not UTF-8, with a zero.
local SALT <const> = "\255\0\16\165\195\210\225\240"
local KEY <const> = digest.hash("sha256", SALT .. PLAIN)
local ROUNDS <const> = 1717
local DERIVED <const> = digest.pbkdf2("sha512", PLAIN, SALT, ROUNDS, 64)
local SHA1 <const> = digest.hash("sha1", "abc" .. PLAIN)

local function hex(bytes) return digest.hex(bytes) end
local function b64(bytes) return digest.base64(bytes) end

-- BSON: type, name, zero, value; a binary value has a subtype.
local BSON <const> = {
  text = function(name, value) return "\2" .. name .. "\0" .. string.pack("<s4", value .. "\0") end,
  bytes = function(name, value)
    return "\5" .. name .. "\0" .. string.pack("<I4", #value) .. "\0" .. value
  end,
  integer = function(name, value) return "\16" .. name .. "\0" .. string.pack("<i4", value) end,
}
function BSON.document(...)
  local body = table.concat { ... } .. "\0"
  return string.pack("<I4", #body + 4) .. body
end
function BSON.nested(name, ...) return "\3" .. name .. "\0" .. BSON.document(...) end

local function lines(...)
  return table.concat({ ... }, "\n") .. "\n"
end

---@class SourceCase
---@field [1] string        what
---@field file string       its name
---@field text string|fun(path: string)  content, or what writes it
---@field reader string     module
---@field read string       expression of the records
---@field mail? string      expression of the address; default row.mail
---@field dedupe? boolean   the recipe has a function
---@field part? string      of the line

---@type SourceCase[]
local CASES <const> = {
  { "XML, text beside attributes", file = "a.xml", reader = "xml",
    text = "<all><user><mail>ada@example.com</mail><pw kind='x'>" .. hex(SHA1)
      .. "</pw><salt kind='x'>abc</salt></user></all>",
    read = 'xml.records(params.input, "all/user")', part = "row.pw[1]" },
  { "XML, repeated elements", file = "a.xml", reader = "xml",
    text = "<all><user><mail>ada@example.com</mail><pw n='1'>x</pw><pw n='2'>" .. hex(SHA1)
      .. "</pw><extra><salt>no</salt><salt>abc</salt></extra></user></all>",
    read = 'xml.records(params.input, "all/user")', part = "row.pw[2][1]" },
  { "XML, with a function that chooses between duplicates", file = "a.xml", reader = "xml",
    text = "<all><user><mail>ada@example.com</mail><pw kind='x'>" .. hex(SHA1)
      .. "</pw><salt kind='x'>abc</salt></user><user><mail>bob@example.com</mail></user></all>",
    read = 'xml.records(params.input, "all/user")', part = "row.pw[1]", dedupe = true },
  { "LDIF, lists", file = "a.ldif", reader = "ldif",
    text = lines("dn: uid=ada", "mail: ada@example.com", "x: 1", "x: " .. hex(SHA1), "salt: abc"),
    read = "ldif.records(params.input)", mail = "row.mail[1]", part = "row.x[2]" },
  { "LDIF, bytes", file = "a.ldif", reader = "ldif",
    text = lines("dn: uid=ada", "mail: ada@example.com", "key:: " .. b64(KEY), "salt:: "
      .. b64(SALT)),
    read = "ldif.records(params.input)", mail = "row.mail[1]", part = 'encoding = "binary"' },
  { "CSV with a name that is not a word, and hex in a part", file = "a.csv", reader = "csv",
    text = lines("mail,pass word", "ada@example.com,1:" .. hex(SHA1) .. ":abc"),
    read = "csv.records(params.input)" },
  { "nested JSON, in lists", file = "a.ndjson", reader = "ndjson",
    text = assert(json.encode { mail = "ada@example.com", logins = {
      { kind = "x" }, { kind = "local", secret = { hash = b64(DERIVED), rounds = ROUNDS,
        salt = b64(SALT) } },
    } }) .. "\n",
    read = "ndjson.records(params.input)", part = "row.logins[2].secret.rounds" },
  { "JSON as text in a record", file = "a.ndjson", reader = "ndjson",
    text = assert(json.encode { mail = "ada@example.com", data = json.encode {
      hash = b64(DERIVED), iterations = ROUNDS, salt = b64(SALT) } }) .. "\n",
    read = "ndjson.records(params.input)", part = "cjson.decode(row.data).iterations" },
  { "BSON, binary", file = "a.bson", reader = "bson",
    text = BSON.document(BSON.text("mail", "ada@example.com"), BSON.nested("services",
      BSON.bytes("key", DERIVED), BSON.bytes("salt", SALT), BSON.integer("rounds", ROUNDS))),
    read = "bson.records(params.input)", part = "row.services.salt, row.services.key)" },
  { "extended JSON, binary", file = "a.json", reader = "extended_json",
    text = assert(json.encode { mail = "ada@example.com",
      key = { ["$binary"] = { base64 = b64(KEY), subType = "00" } },
      salt = { ["$binary"] = { base64 = b64(SALT), subType = "00" } } }) .. "\n",
    read = "extended_json.records(params.input)", part = 'salt_encoding = "binary"' },
  { "SQLite, BLOBs", file = "a.db", reader = "sqlite",
    text = function(path)
      local db <close> = assert(store.open(path, { durable = false }))
      assert(db:exec("CREATE TABLE users (mail TEXT, key BLOB, salt BLOB, n INTEGER);"
        .. "INSERT INTO users VALUES ('ada@example.com', x'" .. hex(KEY) .. "', x'" .. hex(SALT)
        .. "', 7)"))
    end,
    read = 'sqlite.records(params.input, { table = "users" })', part = 'encoding = "binary"' },
  { "SQLite, scrypt with N, r and p beside it", file = "a.db", reader = "sqlite",
    text = function(path)
      local db <close> = assert(store.open(path, { durable = false }))
      assert(db:exec("CREATE TABLE users (mail TEXT, key BLOB, salt BLOB, n INTEGER, r INTEGER, "
        .. "p INTEGER); INSERT INTO users VALUES ('ada@example.com', x'"
        .. hex(digest.scrypt(PLAIN, SALT, 512, 4, 3, 40)) .. "', x'" .. hex(SALT)
        .. "', 512, 4, 3)"))
    end,
    read = 'sqlite.records(params.input, { table = "users" })',
    part = "cost = row.n, block = row.r, lanes = row.p" },
  { "a dump of MySQL, bytes", file = "a.sql", reader = "dump",
    text = lines("CREATE TABLE `users` (`mail` text, `key` binary(32), `salt` varbinary(8));",
      "INSERT INTO `users` VALUES ('ada@example.com',0x" .. hex(KEY):upper() .. ",_binary '"
      .. SALT:gsub("%z", "\\0") .. "');"),
    read = 'dump.records(params.input, { table = "users" })', part = 'salt_encoding = "binary"' },
  { "a dump of PostgreSQL, bytea", file = "a.sql", reader = "dump",
    text = lines("COPY public.users (mail, key, salt) FROM stdin;", "ada@example.com\t\\\\x"
      .. hex(KEY) .. "\t\\\\x" .. hex(SALT), "\\."),
    read = 'dump.records(params.input, { table = "users" })' },
  { "YAML", file = "a.yaml", reader = "yaml",
    text = lines("- mail: ada@example.com", "  pw: { hash: " .. hex(SHA1) .. ", salt: abc }"),
    read = "yaml.records(params.input)", part = "row.pw.salt" },
  { "records of the recipe's own", file = "a.csv", reader = "csv",
    text = lines("mail,hash,salt", "ada@example.com," .. hex(SHA1) .. ",abc"),
    read = "(function(records)\nreturn function()\nlocal row = records()\n"
      .. "return row and { mail = row.mail, pw = { [0] = row.hash, row.salt } }\nend\n"
      .. "end)(csv.records(params.input))", part = "row.pw[0]" },
}

local RECIPE <const> = [[
local cjson, password = require "cjson", require "auth0.password"
local %s = require "source.%s"
return {
  params = { input = { required = true } },
  source = function(params) return %s end,
  map = function(row) return { email = %s, email_verified = true, LINE } end,%s
}
]]

for _, case in ipairs(CASES) do
  test("prove suggests a line that works: " .. case[1], function()
    scene(nil, function(s)
      if type(case.text) == "string" then
        s:write(case.file, case.text)
      else
        case.text(s.folder .. "/" .. case.file)
      end
      s:write("logins.csv", lines("id,password", "ada@example.com," .. PLAIN))
      local text = RECIPE:format(case.reader, case.reader, case.read, case.mail or "row.mail",
        case.dedupe and "\n  dedupe = function(a) return a end," or "")
      local words = { "prove", "shop.lua", "input=" .. case.file, "--logins", "logins.csv" }
      s:write("shop.lua", (text:gsub("LINE", "")))
      local ended = s:run(words):ends_with(3)
      local line = ended.stdout:match("\n  this mapping matches: ([^\n]+)\n")
      assert(line, ended.stdout)
      if case.part then tap.contains(line, case.part) end
      s:write("shop.lua", (text:gsub("LINE", (line:gsub("%%", "%%%%")))))
      tap.contains(s:run(words):ends_with(0).stdout, "1 tried, 1 succeeded")
    end)
  end)
end
