--- Records of XML files, as recipes see them.

local tap = require "tests.tap"
local bad_record = require "source.bad_record"
local failure = require "base.failure"
local folder = require "tests.lualib.source.folder"
local host_json = require "host.json"
local lookup = require "source.lookup"
local xml = require "source.xml"
local test, equal, contains, raises = tap.test, tap.equal, tap.contains, tap.raises

---The records of an iterator as a list of {record, at}; a broken record as its message.
local function collect(records)
  local all = {}
  for record, at in records do
    all[#all + 1] = { bad_record.is(record) and record.message or record, at }
  end
  return all
end

---What reading all of a file as users.xml raises.
local function failing(text, path, options)
  local message
  folder.with({ ["users.xml"] = text }, function(root)
    local ok, err = pcall(function() collect(xml.records(root .. "/users.xml", path, options)) end)
    assert(not ok and failure.is(err), tostring(err))
    message = err.message
    equal(err.kind, message:find("no element") and "missing" or "parse")
  end)
  return message
end

test("records come with the file and the line where they begin, bad ones too", function()
  folder.with({ ["users.xml"] = "<users>\n<user><id>1</id></user>\n<user>&x;</user></users>" },
    function(root)
      equal(collect(xml.records(root .. "/users.xml", "/users/user")), {
        { { id = "1" }, "users.xml:2" }, { "the entity &x; is not defined", "users.xml:3" },
      })
    end)
end)

test("a folder is read file by file, and one without records is told", function()
  folder.with({ ["b.xml"] = "<users><user>b</user></users>", ["a.xml"] = "<realm/>",
    ["c.json"] = "[]" }, function(root)
      local records = xml.records(root, "users/user")
      equal(collect(records), { { { "b" }, "b.xml:1" } })
      equal(records:warnings(), { { code = "file_without_records",
        message = "a.xml: no element at users/user; it has realm" } })
    end)
end)

test("a document without records says what it has", function()
  for text, has in pairs {
    ["<shop><meta><v>1</v></meta><customers><customer><id>1</id></customer></customers></shop>"]
      = "shop/meta, shop/customers/customer",
    ["<shop><v>1</v><c><user id='1'/><user id='2'/></c></shop>"] = "shop/c/user, shop/v",
    ["<user/>"] = "user",
  } do
    equal(failing(text, "users/user"), "users.xml: no element at users/user; it has " .. has)
  end
end)

test("an error in the text ends the reading with line and column", function()
  equal(failing("<users>\n<user></users>", "users/user"),
    "users.xml: line 2, column 9: the end tag is not that of <user>")
  contains(failing('<!DOCTYPE a [<!ENTITY b "c">]><users/>', "users/user"),
    'users.xml: line 1, column 25: the document declares the entity "b"')
end)

test("a file in another format is named", function()
  equal(failing("id,email\n1,a\n", "users/user"),
    "users.xml is CSV, not XML: read it with source.csv, or with the recipe csv")
  contains(failing('{"users":[]}', "users/user"), "users.xml is JSON, not XML: read it with")
  contains(failing("PK\3\4", "users/user"), "users.xml is a spreadsheet or a zip archive")
end)

test("an external entity or document type is never opened", function()
  folder.with({ ["secret"] = "stolen", ["users.dtd"] = '<!ENTITY b "stolen">' }, function(root)
    for _, text in ipairs {
      '<!DOCTYPE users SYSTEM "users.dtd"><users><user>&b;</user></users>',
      ('<!DOCTYPE users SYSTEM "file://%s/users.dtd"><users><user a="&b;"/></users>'):format(root),
    } do
      local out = assert(io.open(root .. "/users.xml", "w"))
      assert(out:write(text))
      assert(out:close())
      equal(collect(xml.records(root .. "/users.xml", "users/user")),
        { { "the entity &b; is not defined", "users.xml:1" } })
    end
  end)
end)

test("names that no record has are warned about at the end, with the closest one", function()
  local text = "<users><user id='1'><mail k='x'>a</mail></user>"
    .. "<user id='2'><opt>1</opt></user></users>"
  folder.with({ ["users.xml"] = text }, function(root)
    local function read(options)
      local records = xml.records(root .. "/users.xml", "users/user", options)
      for row in records do
        assert(not row["@idd"] and (not row.opt or row.opt == "1"))
        assert(not row.mail or not row.mail["@kk"])
      end
      local messages = {}
      for i, warning in ipairs(records:warnings()) do messages[i] = warning.message end
      return messages
    end
    local first = 'no record of users.xml has the member "@idd"; did you mean "@id"?'
    local second = 'no record of users.xml has the member "mail.@kk"; did you mean "mail.@k"?'
    equal(read(), { first, second })
    equal(read { optional = { "@idd" } }, { second })
    equal(read { optional = true }, {})
  end)
end)

test("a record is shown as it was read, whatever was done with it", function()
  local text = "<users><user id='1'>x<r>a</r><r>b</r></user></users>"
  folder.with({ ["users.xml"] = text }, function(root)
    local records = xml.records(root .. "/users.xml", "users/user")
    local row = records()
    row["@id"], row.r[1], row[1] = nil, nil, nil
    equal(host_json.encode(records:as_read()), '{"1":"x","@id":"1","r":["a","b"]}')
  end)
end)

test("a lookup holds records with a text beside attributes", function()
  local text = "<roles><role user='1'>admin</role><role user='1'>staff<k a='1'>v</k></role></roles>"
  folder.with({ ["roles.xml"] = text }, function(root)
    local roles <close> = lookup(xml.records(root .. "/roles.xml", "roles/role"), "@user")
    equal(roles:get("1"), { "admin", ["@user"] = "1" })
    equal(roles:all("1")[2], { "staff", ["@user"] = "1", k = { "v", ["@a"] = "1" } })
  end)
end)

test("a value of a record as a list", function()
  equal(xml.list(nil), {})
  equal(xml.list("a"), { "a" })
  equal(xml.list { ["@k"] = "1" }, { { ["@k"] = "1" } })
  local list = host_json.array { "a", "b" }
  equal(xml.list(list) == list, true)
  equal(host_json.encode(xml.list(nil)), "[]")
end)

test("misuse is told at the line of the caller", function()
  for _, case in ipairs {
    { nil, nil, 'xml.records expects the path of its records, such as "users/user", got nil' },
    { "", nil, 'xml.records: "" is not a path of elements' },
    { "users//user", nil, 'xml.records: "users//user" is not a path of elements' },
    { "users/user[1]", nil, "is not a path of elements" },
    { "users/@id", nil, "is not a path of elements" },
    { "a", { limt = 1 }, 'xml.records has no option "limt"; did you mean "limit"?' },
    { "a", { limit = "1" }, "xml.records: limit must be a number" },
    { "a", { encoding = "sjis" }, 'xml.records: the encoding "sjis" is not supported; it has ' },
  } do
    raises(function() xml.records("-", case[1], case[2]) end, case[3])
    local _, message = pcall(function() xml.records("-", case[1], case[2]) end)
    contains(tostring(message), "tests/lualib/source/xml_test.lua:")
  end
  raises(function() xml.records(nil, "a") end, "xml.records expects the name of its input, got nil")
end)

test("an encoding is given by its usual names", function()
  folder.with({ ["users.xml"] = "<users><user>\xE4</user></users>" }, function(root)
    for _, name in ipairs { "windows-1252", "ISO-8859-1", "latin1" } do
      equal(xml.records(root .. "/users.xml", "users/user", { encoding = name })(), { "\u{e4}" })
    end
  end)
end)
