--- source.ldif: several files, places, warnings, and what is recognised.

local tap = require "tests.tap"
local bad_record = require "source.bad_record"
local csv = require "source.csv"
local failure = require "base.failure"
local folder = require "tests.lualib.source.folder"
local ldif = require "source.ldif"
local lookup = require "source.lookup"
local test, equal, raises = tap.test, tap.equal, tap.raises

local function collect(records)
  local all = {}
  for record, at in records do
    all[#all + 1] = { bad_record.is(record) and record.message or record.dn, at }
  end
  return all
end

---The message of the Failure that `fn` raises.
local function failing(fn)
  local ok, err = pcall(fn)
  assert(not ok and failure.is(err), tostring(err))
  return err.message
end

local function messages(records)
  local all = {}
  for _, warning in ipairs(records:warnings()) do
    all[#all + 1] = warning.code .. ": " .. warning.message
  end
  return all
end

test("entries come with the file and the line where they start, broken ones too", function()
  folder.with({
    ["a.ldif"] = "version: 1\n\ndn: a\nx: 1\n\ndn: b\nx:: ?\n\ndn: c\n", ["b.ldf"] = "dn: d\n",
    ["c.txt"] = "",
  }, function(root)
    equal(collect(ldif.records(root)), {
      { "a", "a.ldif:3" }, { "the value of x in line 7 is not base64", "a.ldif:6" },
      { "c", "a.ldif:9" }, { "d", "b.ldf:1" },
    })
  end)
end)

test("attributes that no entry has are warned about at the end, with the closest name", function()
  folder.with({ ["a.ldif"] = "dn: a\ngivenName: A\n", ["b.ldif"] = "dn: b\nmail: b\n" },
    function(root)
      local function read(options)
        local records = ldif.records(root, options)
        for row in records do
          assert(row.dn and not row.givenName and not row.zzzzzz and not (row.mail and row.mial))
        end
        return messages(records)
      end
      equal(read(), {
        'unknown_member: no record of the 2 files has the member "givenName"; did you mean '
          .. '"givenname"?',
        'unknown_member: no record of the 2 files has the member "zzzzzz"',
        'unknown_member: no record of the 2 files has the member "mial"; did you mean "mail"?',
      })
      equal(read { optional = { "givenName", "mial", "zzzzzz" } }, {})
      equal(read { optional = true }, {})
    end)
end)

test("an export that is not complete is warned about", function()
  folder.with({ ["a.ldif"] = "dn: a\nmember;range=0-1499: x\n\nref: ldap://b/\n\nsearch: 2\n"
    .. "result: 4 Size limit exceeded\n" }, function(root)
    local records = ldif.records(root .. "/a.ldif")
    collect(records)
    equal(messages(records), {
      'incomplete_export: a.ldif says "result: 4 Size limit exceeded": entries may be missing',
      "references: a.ldif has references to other servers (ref:), which are not followed",
      "incomplete_values: values of member are missing in a.ldif:1: the server sent a part of them "
        .. "(range=) and the rest is not in the entry",
    })
  end)
end)

test("a record as it was read has base64 for what is not text", function()
  folder.with({ ["a.ldif"] = "dn: a\nphoto:: /9j/\nmail: a\n" }, function(root)
    local records = ldif.records(root .. "/a.ldif")
    local record = records()
    record.mail = nil
    equal({ record.photo, records:as_read() },
      { { "\xFF\xD8\xFF" }, { dn = "a", photo = { "/9j/" }, mail = { "a" } } })
  end)
end)

for text, message in pairs {
  ["id,email\n1,a\n"] = "f.ldif is CSV, not LDIF: read it with source.csv, or with the recipe csv",
  ["SQLite format 3\0"] = "f.ldif is an SQLite database",
  ["Dear all\n"] =
    'f.ldif: it is not LDIF: line 1 is the first one and does not begin with "dn:"',
} do
  test("a file that is not LDIF is named: " .. message, function()
    folder.with({ ["f.ldif"] = text }, function(root)
      local said = failing(function() collect(ldif.records(root .. "/f.ldif")) end)
      equal(said:sub(1, #message), message)
    end)
  end)
end

test("LDIF is named where another format is expected", function()
  folder.with({ ["f.csv"] = "dn: uid=a,dc=x\nmail: a\n" }, function(root)
    equal(failing(function() collect(csv.records(root .. "/f.csv")) end),
      "f.csv is LDIF, not CSV: read it with source.ldif")
  end)
end)

test("entries are looked up by dn, or by a function", function()
  folder.with({ ["a.ldif"] = "dn: a\nuid: 1\n\ndn: b\nuid: 2\n" }, function(root)
    local by_dn <close> = lookup(ldif.records(root .. "/a.ldif"), "dn")
    local by_uid <close> = lookup(ldif.records(root .. "/a.ldif"),
      function(row) return row.uid[1] end)
    equal({ by_dn:get("b").uid, by_uid:get(1).dn }, { { "2" }, "a" })
  end)
end)

test("unknown options are misuse, with the closest name", function()
  raises(function() ldif.records("-", { limt = 1 }) end,
    'ldif.records has no option "limt"; did you mean "limit"?')
  raises(function() ldif.records("-", { limit = "1" }) end,
    "ldif.records: limit must be a number, not a string")
  raises(function() ldif.records(nil) end, "ldif.records expects the name of its input, got nil")
end)

for head, sure in pairs {
  ["dn: uid=a\nuid: a\n"] = 2, ["\xEF\xBB\xBFdn:: YQ==\r\nuid:: YQ==\r\n"] = 2,
  ["version: 1\n\n# x\n y\ndn: a\nuid: a\n"] = 3, ["# extended LDIF\n#\n# LDAPv3\n"] = 3,
  ["version: 1\ndn: a\nuid: a\n"] = 3, ["\n\n# a comment\n# another\n\ndn: a\nuid: a\n"] = 2,
  ["id,email\n1,a\n"] = false, ['{"dn": "a"}\n'] = false, ['[{"dn": 1}]'] = false,
  ["<?xml version='1.0'?><dn/>"] = false, ["-- dump\nCREATE TABLE dn (id int);\n"] = false,
  ["SQLite format 3\0dn: a\n"] = false, ["\x16\0\0\0\2dn\0\2\0\0\0a\0\0"] = false, [""] = false,
  ["# a comment\nname: x\n"] = false, ["version: 10\nservices:\n"] = false,
  ["dn,mail\nx: 1,2\n"] = false, ["dn: a\n"] = false,
} do
  test("LDIF is recognised by its beginning: " .. head:gsub("[%c\x80-\xFF]", "."), function()
    local found = ldif.recognise(head)
    equal(found and found.sure or false, sure)
  end)
end
