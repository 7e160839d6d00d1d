--- What each reader says of the beginning of a file, and that it leaves others to theirs.

local tap = require "tests.tap"
local bad_record = require "source.bad_record"
local file = require "host.file"
local folder = require "tests.lualib.source.folder"
local recognise = require "source.recognise"
local test, equal = tap.test, tap.equal

---"3 source.xml, 1 source.csv"
local function said(list)
  local parts = {}
  for i, one in ipairs(list) do parts[i] = one.sure .. " " .. one.reader:gsub("^source%.", "") end
  return table.concat(parts, ", ")
end

local BSON <const> = string.pack("<i4Bz i4z B", 24, 2, "email", 8, "a@b.org", 0)
local BSON_ID <const> = string.pack("<i4Bz i4z B", 22, 2, "_id", 8, "a@b.org", 0)
local NDJSON <const> = '{"id":1,"email":"a@example.com"}\n{"id":2}\n'

-- By what it is: the head, and who claims it.
for name, case in pairs {
  ["CSV"] = { "id,email\n1,a@example.com\n2,b@example.com\n", "2 csv" },
  ["CSV with semicolons"] = { "id;email\n1;a@example.com\n", "2 csv" },
  ["CSV of one column"] = { "email\na@example.com\nb@example.com\n", "1 csv" },
  ["the header of CSV alone"] = { "id,email,name\n", "1 csv" },
  ["CSV in UTF-16"] = { "\xFF\xFE" .. ("id,b\n1,2\n"):gsub(".", "%0\0"), "2 csv" },
  ["CSV with JSON in cells"] = { 'id,meta\n1,"{""a"":1}"\n2,"[1]"\n', "2 csv" },
  ["rows of COPY"] = { "1\ta@example.com\t\\N\n2\tb@example.com\tx\n", "2 csv" },
  ["NDJSON"] = { NDJSON, "2 ndjson, 1 json" },
  ["one line of NDJSON"] = { '{"id":1,"email":"a@example.com","l":[{"a":1}]}\n',
    "2 ndjson, 1 json" },
  ["NDJSON with a broken line"] = { NDJSON .. '{"id":\n' .. NDJSON .. '{"id":3}\n{"i', "2 ndjson" },
  ["NDJSON of lists"] = { "[1,2]\n[3,4]\n", "1 ndjson, 1 json" },
  ["an array of JSON"] = { '[{"id":1},{"id":2}]', "2 json" },
  ["an array of numbers"] = { "[1,2]", "1 json" },
  ["an array inside a document"] = { '{"n":1,"users":[{"id":1}]}', "2 json, 1 ndjson" },
  ["a document over lines"] = { '{\n "id": 1\n}\n', "2 json" },
  ["documents one after another"] = { '{\n"id": 1\n}\n{\n"id":2\n}', "2 json" },
  ["a realm"] = { '{"id":"x","realm":"acme","enabled":true,"users":[{"username":"a"}]}',
    "3 realms, 2 json, 1 ndjson" },
  ["a list of realms"] = { '[{"realm":"a","users":[]},{"realm":"b","users":[]}]',
    "3 realms, 2 json" },
  ["an export of Auth0 as NDJSON"] = { '{"user_id":"auth0|1","email":"a@example.com"}\n',
    "3 auth0_export, 2 ndjson, 1 json" },
  ["an export of Auth0 as JSON"] = { '[{"user_id":"google-oauth2|1"}]', "3 auth0_export, 2 json" },
  ["an export of Auth0 as CSV"] = { "user_id,email\n\"'auth0|1\",\"'a@example.com\"\n",
    "3 auth0_export, 2 csv" },
  ["XML"] = { '<?xml version="1.0"?>\n<users><user id="1"/></users>', "3 xml" },
  ["XML without a declaration"] = { "<users><user>1</user><user>2</user></users>", "2 xml" },
  ["XML in UTF-16"] = { "\xFF\xFE" .. ('<?xml version="1.0"?><a/>'):gsub(".", "%0\0"), "3 xml" },
  ["XML that is cut"] = { "<users><user><id>1</id></user><user><i", "2 xml" },
  ["HTML"] = { "<!DOCTYPE html><html><body><p>a</p></body></html>", "" },
  ["LDIF"] = { "dn: uid=a,dc=x\nuid: a\nmail: a@example.com\n\ndn: uid=b,dc=x\nuid: b\n",
    "2 ldif" },
  ["LDIF with a version"] = { "version: 1\n\ndn: dc=example,dc=org\ndc: example\n", "3 ldif" },
  ["a dump of PostgreSQL"] = { "--\n-- PostgreSQL database dump\n--\n\nSET x = 1;\nCOPY users"
    .. " (id, email) FROM stdin;\n1\ta@example.com\n", "3 dump" },
  ["a dump of MySQL"] = { "/*!40101 SET x=1 */;\nINSERT INTO `u` VALUES (1,'a','b');\n", "2 dump" },
  ["inserts"] = { "INSERT INTO u VALUES (1,'a');\nINSERT INTO u VALUES (2,'b');\n", "2 dump" },
  ["one document of BSON"] = { BSON, "" },
  ["BSON"] = { BSON .. BSON, "2 bson" },
  ["BSON of a server"] = { BSON_ID, "3 bson" },
  ["MongoDB's JSON"] = { '{"_id":{"$oid":"5f0000000000000000000001"},"n":1}\n{"n":2}\n',
    "3 extended_json, 2 ndjson, 1 json" },
  ["a database of SQLite"] = { "SQLite format 3\0\16\0\1", "3 sqlite" },
  ["a zip archive"] = { "PK\3\4\20\0\0\0\8\0", "" },
  ["YAML"] = { "users:\n- id: 1\n  email: a@example.com\n- id: 2\n  email: b\n", "2 yaml" },
  ["prose"] = { "Dear Ann,\n\nthank you for the list, the users, and all.\nBye,\nBob\n", "" },
  ["Lua"] = { 'local csv = require "source.csv"\nreturn {\n  name = "shop",\n}\n', "" },
  ["broken JSON"] = { '{"a":1]', "" },
  ["nothing"] = { "", "" },
} do
  test(name .. " is claimed by its readers only", function()
    local list = recognise.head(case[1])
    equal(said(list), case[2])
    assert(#list < 2 or list[1].sure > list[2].sure or list[1].sure == 1, "not distinguished")
  end)
end

-- The options, or what it is, of the surest reader.
for name, case in pairs {
  ["the delimiter"] = { "id;email\n1;a\n", { delimiter = ";" } },
  ["a tab"] = { "id\temail\n1\ta,b\n2\tc\n", { delimiter = "\t" } },
  ["no option for the usual"] = { '"id","email"\r\n"1","a ""b"""\r\n' },
  ["a delimiter of the line sep="] = { "sep=;\nid;email\n1;a\n", { delimiter = ";" } },
  ["backslashes in quotes"] = { 'id,n\n1,"a \\"b\\" c"\n2,"d"\n', { escape = "\\" } },
  ["escapes of a program"] = { "1\ta\\tb\n2\t\\N\n", { delimiter = "\t", escape = "\\",
    header = { "column 1", "column 2" }, quote = "" } },
  ["escapes with quotes"] = { 'id,n\n1,"a"\n2,\\N\n', { escape = "\\" } },
  ["no escapes of a person"] = { "id\tn\n1\tC:\\users\n2\t\\N\n", { delimiter = "\t" } },
  ["no escapes in a spreadsheet"] = { "id,n\n1,a\\nb\n", nil },
  ["other quotes"] = { "'id','n'\n'1','a, b'\n", { quote = "'" } },
  ["no quotes"] = { 'id,n\n1,"a" b\n2,"c\n', { quote = "" } },
  ["no header"] = { "1,a@example.com\n2,b@example.com\n", { header = { "column 1", "column 2" } } },
  ["null words"] = { 'id,n,m\n1,NULL,(null)\n2,"None",x\n', { null = { "(null)", "NULL" } } },
  ["windows-1252"] = { "id,name\n1,B\xE4r\n2,\x80\n", { encoding = "windows-1252" } },
  ["UTF-8 that is cut"] = { ("a,b\n" .. ("1,2\n"):rep(20000)):sub(1, 64 * 1024 - 1) .. "\xC3" },
  ["UTF-16 without a mark"] = { ("id,b\n1,2\n"):gsub(".", "%0\0"), { encoding = "utf-16le" } },
  ["the pointer to people"] = { '{"tags":[{"n":1},{"n":2},{"n":3}],"d":{"a/b":[{"m":"a@b.org"}]}}',
    { pointer = "/d/a~1b" } },
  ["the path of XML"] = { "<a><b i='1'/><b/></a>", { path = "a/b" } },
  ["the encoding of XML"] = { "<a><b i='1'>\xE4</b><b/></a>",
    { path = "a/b", encoding = "windows-1252" } },
} do
  test("what is recognised has " .. name, function()
    equal(recognise.head(case[1])[1].options, case[2])
  end)
end

test("what is recognised is told to people", function()
  for head, what in pairs {
    ["id;b\n1;B\xE4r\n"] = 'CSV, 2 columns, delimiter ";", windows-1252',
    ["1\ta@example.com\n"] = "CSV, 2 columns, delimiter tab, no header",
    ['{"users":[{"id":1}]}'] = "JSON, records in /users",
    ["<users><user/><user i='1'/></users>"] = "XML, records in users/user",
    [NDJSON] = "NDJSON", ['{"a\\n":[{"id":1}]}'] = "JSON, records in /a\\x0a",
  } do
    equal(recognise.head(head)[1].what, what)
  end
end)

test("a head that is cut anywhere is recognised as before", function()
  local users = {}
  for i = 1, 40 do
    users[i] = ('{"id":%d,"email":"u%d@example.com","tags":["a\\"",{"x":[1,null]}]}'):format(i, i)
  end
  for _, case in ipairs {
    { table.concat(users, "\n") .. "\n", "ndjson" },
    { "[" .. table.concat(users, ",") .. "]", "json" },
    { '{"users":[' .. table.concat(users, ",\n") .. "]}", "json", "/users" },
  } do
    for size = 120, #case[1], 7 do
      local first = recognise.head(case[1]:sub(1, size))[1]
      equal({ first.reader, first.sure }, { "source." .. case[2], 2 }, case[1]:sub(1, size))
      equal(first.options and first.options.pointer, case[3])
    end
  end
end)

test("a file is recognised by its decompressed beginning", function()
  folder.with({}, function(root)
    local out = assert(file.create(root .. "/u.bin", { zstd = true }))
    assert(out:write("id,email\n" .. ("1,a@example.com\n"):rep(20000)))
    out:close()
    equal(said(recognise.file(root .. "/u.bin")), "2 csv")
    local list, message, kind = recognise.file(root .. "/none")
    equal({ list, kind }, { nil, "missing" })
    tap.contains(message, "none")
  end)
  tap.raises(function() recognise.file "-" end, "stdin cannot be read twice")
end)

test("what is recognised can be read with the options", function()
  for head, n in pairs {
    ["id;n\n1;NULL\n2;B\xE4r\n"] = 2, ['1,"a \\"b\\""\n2,\\N\n'] = 2, [NDJSON] = 2,
    ['{"d":{"users":[{"id":1},{"id":2}]}}'] = 2, ["<a><b><c i='1'/><c>x</c></b></a>"] = 2,
    ['{"realm":"a","users":[{"id":1}]}'] = 1, ['{"user_id":"auth0|1","email":"a"}\n'] = 1,
  } do
    folder.with({ ["users.ndjson"] = head }, function(root)
      local first = recognise.head(head)[1]
      local options = first.options or {}
      local path = options.path
      options.path = nil
      local records = path and require(first.reader).records(root .. "/users.ndjson", path, options)
        or require(first.reader).records(root .. "/users.ndjson", first.options)
      local read = 0
      for record in records do
        assert(not bad_record.is(record))
        read = read + 1
      end
      equal(read, n, head)
    end)
  end
end)

test("a hostile head is looked at in time that grows with its length only", function()
  for _, part in ipairs { '["', '"x', "{}", "a,b\n", "<a>", "<a ", "@.", '{"a@":', "'", "\\" } do
    for _, before in ipairs { "", "id,b\n" } do
      recognise.head((before .. part:rep(64 * 1024)):sub(1, 64 * 1024))
    end
  end
  recognise.head('{"a":"b@' .. ("."):rep(60000) .. ' "}')
end)
