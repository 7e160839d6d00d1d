local tap = require "tests.tap"
local file = require "host.file"
local ldif = require "host.ldif"
local test, equal, raises = tap.test, tap.equal, tap.raises

---A reader of `text` as if it were a file.
local function open(text, options)
  local folder = assert(file.temporary())
  assert(file.write(folder .. "/people.ldif", text))
  local input = assert(file.open(folder .. "/people.ldif"))
  assert(file.remove_tree(folder))
  return ldif.reader(input, options)
end

---All entries as {record or message, line}, and the failure that ends the reading.
local function entries(text, options)
  local reader <close> = open(text, options)
  local all = {}
  while true do
    local record, line, at = reader:next()
    if record == nil then return all, line, at end
    all[#all + 1] = record and { record, line } or { line, at }
  end
end

for name, case in pairs {
  ["an attribute is a list, dn a string, and names are in lower case"] = {
    "dn: uid=a\nMail: a@x\nmail: b@x\nobjectClass: top\n",
    { { { dn = "uid=a", mail = { "a@x", "b@x" }, objectclass = { "top" } }, 1 } },
  },
  ["entries end at an empty line, and begin at their dn"] = {
    "version: 1\n# a\n\n\n# b\ndn: a\nx: 1\n\n  \n\ndn: b\n",
    { { { dn = "a", x = { "1" } }, 6 }, { { dn = "b" }, 11 } },
  },
  ["lines may end with CRLF"] = {
    "version: 1\r\n\r\ndn: a\r\nx: 1\r\n 2\r\n\r\ndn: b\r\ny: 1\r\n\r\n\r\n",
    { { { dn = "a", x = { "12" } }, 3 }, { { dn = "b", y = { "1" } }, 7 } },
  },
  ["a byte order mark is skipped, and the version may be followed by an entry"] = {
    "\xEF\xBB\xBFversion: 1\ndn: a\nx: 1", { { { dn = "a", x = { "1" } }, 2 } },
  },
  ["lines are unfolded before anything else, comments too"] = {
    "dn: a\n b\nna\n me: te\n xt\n# comment\n x: no\nl:: YW\n Jj\nz: 1\n",
    { { { dn = "ab", name = { "text" }, l = { "abc" }, z = { "1" } }, 1 } },
  },
  ["base64 is decoded once, to any bytes"] = {
    "dn:: dWlkPcO8\nguid:: AP/+/w==\nempty::\nnone:\n",
    { { { dn = "uid=ü", guid = { "\0\xFF\xFE\xFF" }, empty = { "" }, none = { "" } }, 1 } },
  },
  ["options stay in the name, and ranges do not"] = {
    "dn: a\ncn;lang-DE: x\ncn: y\nuserCertificate;binary:: AA==\nmember;range=0-1: p\n"
      .. "member;range=0-1: q\nmember;range=2-*: r\n",
    { { {
      dn = "a", ["cn;lang-de"] = { "x" }, cn = { "y" }, ["usercertificate;binary"] = { "\0" },
      member = { "p", "q", "r" },
    }, 1 } },
  },
  ["blanks before a value are skipped, those after it are kept"] = {
    "dn: a\nx:1\ny:    2 \nz: a:b: c\n",
    { { { dn = "a", x = { "1" }, y = { "2 " }, z = { "a:b: c" } }, 1 } },
  },
  ["what ldifde writes is read: records that add an entry"] = {
    "dn: CN=a\nchangetype: add\nobjectClass: user\n\ndn: b\ncontrol: 1.2 true\nchangetype: add\n",
    { { { dn = "CN=a", objectclass = { "user" } }, 1 }, { { dn = "b" }, 5 } },
  },
  ["what ldapsearch prints around entries is passed over"] = {
    "# extended LDIF\n#\n# LDAPv3\n\n# a\ndn: a\nx: 1\n\n# search reference\nref: ldap://b/\n\n"
      .. "# search result\nsearch: 2\nresult: 0 Success\n\n# numEntries: 1\nversion: 1\n\ndn: c\n",
    { { { dn = "a", x = { "1" } }, 6 }, { { dn = "c" }, 19 } },
  },
  ["an empty file has no entries"] = { "", {} },
  ["blank lines and comments are no entries"] = { "\n\r\n  \n# a\n b\n\n", {} },
} do
  test(name, function() equal({ entries(case[1]) }, { case[2] }) end)
end

for wrong, message in pairs {
  ["x: 1\nno colon here"] = "line 3 has no colon",
  ["x y: 1"] = "line 2 does not begin with a name",
  ["x:: a"] = "the value of x in line 2 is not base64",
  ["x:: YWJ="] = "the value of x in line 2 is not base64",
  ["x:: YW=j"] = "the value of x in line 2 is not base64",
  ["jpegPhoto:< file:///etc/passwd"] =
    'the value of jpegPhoto in line 2 is an address (":<"), which is not read',
  ["x: \xFF"] = "the value of x in line 2 is not UTF-8",
  ["x: a\0b"] = "the value of x in line 2 has a zero byte",
  ["x: 1\ndn: b"] = "a second dn in line 3: is the blank line before it missing?",
  ["changetype: modify\nadd: mail\nmail: x\n-"] = "a change (changetype: modify), not an entry: "
    .. "export the entries themselves, with ldapsearch or slapcat",
  ["changetype: secret"] = "a change (changetype: of another kind), not an entry: "
    .. "export the entries themselves, with ldapsearch or slapcat",
} do
  test("a broken entry is told and stepped over: " .. message, function()
    local text = "dn: a\n" .. wrong .. "\n\ndn: b\n"
    local lines = select(2, text:gsub("\n", "\n"))
    equal({ entries(text) }, { { { message, 1 }, { { dn = "b" }, lines } } })
  end)
end

test("a dn that is not text, and an entry without one, are broken entries", function()
  equal({ entries("dn:: /w==\n\nuid: a\n\ndn: b\n") }, { {
    { "the value of dn in line 1 is not UTF-8", 1 },
    { 'line 3 does not begin with "dn:"', 3 }, { { dn = "b" }, 5 },
  } })
end)

test("a broken entry comes with its text, cut and in UTF-8", function()
  local reader <close> = open("dn: a\nx \xFF\r\n\r\ndn: b\ny" .. ("z"):rep(5000) .. "\n")
  equal({ reader:next() }, { false, "line 2 has no colon", 1, "dn: a\nx \u{FFFD}" })
  local _, _, _, raw = reader:next()
  equal(raw, "dn: b\ny" .. ("z"):rep(4096 - 7))
end)

for text, message in pairs {
  ["id,email\n1,a\n"] = 'it is not LDIF: line 1 is the first one and does not begin with "dn:"',
  ["# a\nHello: world\n"] =
    'it is not LDIF: line 2 is the first one and does not begin with "dn:"',
  ["version: 2\n\ndn: a\n"] = "it is LDIF of another version than 1",
} do
  test("a file that is not LDIF ends the reading: " .. message, function()
    equal({ entries(text) }, { {}, message, "parse" })
    local reader <close> = open(text)
    reader:next()
    equal({ reader:next() }, { nil, "the reader has already failed", "parse" })
  end)
end

test("an entry over the limit is stepped over, wherever the window ends", function()
  for _, size in ipairs { 101, 5000, 65530, 65531, 65532, 65533, 65534, 65535, 65536, 200000 } do
    for _, line_end in ipairs { "\n", "\r\n" } do
      local text = ("dn: a@x: " .. ("x"):rep(size) .. "@@dn: b@y: 1@@"):gsub("@", line_end)
      equal({ entries(text, { limit = 100 }) }, {
        { { "an entry longer than 100 bytes", 1 }, { { dn = "b", y = { "1" } }, 4 } },
      })
    end
  end
  equal(#entries("dn: a\nx: 1\n\n", { limit = 11 }), 1)
  equal(entries("dn: a\nx: 1\n\n", { limit = 10 })[1][1], "an entry longer than 10 bytes")
  raises(function() open("", { limit = 0 }) end, "the limit must be positive")
end)

test("the export says what is missing in it", function()
  local reader <close> = open("dn: a\nmember;range=0-1: p\nx;range=0-*: q\n\nref: ldap://b/\n\n"
    .. "search: 2\nresult: 4 Size limit exceeded\ntext: \xFF\n")
  while reader:next() do end
  equal(reader:export(), {
    references = 1, result = "4 Size limit exceeded", cut = "member", cut_line = 1,
  })
  local whole <close> = open("dn: a\nx: 1\n\nresult: 0 Success\n")
  while whole:next() do end
  equal(whole:export(), { references = 0, cut_line = 0 })
end)

test("the names of attributes are told, at most 1000", function()
  local reader <close> = open("dn: a\nMail: 1\nmail: 2\nm;range=0-*: 3\n")
  reader:next()
  local names = reader:names()
  table.sort(names)
  equal(names, { "m", "mail", "mail" })
  local list = {}
  for i = 1, 1100 do list[i] = ("n%d: 1\nr;range=%d-*: 1\n"):format(i, i) end
  local many <close> = open("dn: a\n" .. table.concat(list))
  local record = many:next()
  equal({ #many:names(), record.n1100, #record.r }, { 1000, { "1" }, 1100 })
end)

test("the last entry can be read again as its text has it", function()
  local reader <close> = open("version: 1\ndn: a\nx:: /w==\ny:: YQ==\n\ndn: b\nz\n")
  local record = reader:next()
  equal(record.x, { "\xFF" })
  record.y[1] = "changed"
  equal(reader:record(), { dn = "a", x = { "/w==" }, y = { "a" } })
  reader:next()
  equal(reader:record(), nil)
end)

test("a closed reader is misuse", function()
  local reader = open("dn: a\n")
  reader:close()
  reader:close()
  raises(function() reader:next() end, "the reader is closed")
  equal(reader:record(), nil)
end)

test("an endless line of blanks takes no memory", function()
  local text = "\n" .. (" "):rep(1000000) .. "\ndn: a\n"
  equal({ entries(text, { limit = 100 }) }, { { { { dn = "a" }, 3 } } })
end)

test("UTF-16 is read, as ldifde -u writes it", function()
  local text = ("dn: cn=a\r\ncn: a\r\n"):gsub(".", "%0\0")
  equal({ entries("\xFF\xFE" .. text) }, { entries("dn: cn=a\ncn: a\n") })
end)
