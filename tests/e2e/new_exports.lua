--- Exports of imaginary systems for tests of `new`: files, what becomes of them, their rare cells,
--- which occur in fewer than 20 records, and parts of the recipe.

local digest = require "host.digest"

---@class NewExport
---@field name string
---@field files table<string, string>
---@field input string
---@field records integer
---@field users integer       that are ready to import
---@field rare string[]       what must not be written
---@field frequent? string[]  what the tests have
---@field has string[]        parts of the recipe

local COUNT <const> = 60
local BCRYPT <const> = "$2b$10$9oZav.HNidL3IXx2GeGcguLBhoPpNutjRszkmM8rFNf9.P6EVKAoW"

---The lines of `n` records, made by a function.
local function lines(n, line)
  local list = {}
  for i = 1, n do list[i] = line(i) end
  return table.concat(list)
end

local GIVEN <const> = { "Annegret", "Bartholo", "Cosmina", "Dieuwke", "Evanthia", "Folkert" }

local function given(i) return GIVEN[i % #GIVEN + 1] .. i end

---@type NewExport[]
return {
  {
    name = "a shop's CSV", input = "customers.csv", records = COUNT, users = COUNT,
    files = {
      ["customers.csv"] = "customer id,E-Mail Address,first name,last name,confirmed at,plan,"
        .. "state,password\n" .. lines(COUNT, function(i)
          return string.format("%d,%s@shop-mail.test,%s,Rarelast%d,%s,%s,%s,%s\n", 48000 + i,
            given(i), given(i), i, i % 3 > 0 and "2024-02-03 04:05:06" or "",
            i == 7 and "legacy-gold" or "standard", i == 9 and "suspended" or "active", BCRYPT)
        end),
    },
    rare = { "@shop-mail.test", "Annegret", "Rarelast", "48001", "legacy-gold", BCRYPT:sub(8),
      "suspended" },
    frequent = { "standard" },
    has = { 'row["E-Mail Address"]', "value.blocked(row.state)", "password.auto(row.password)",
      'value.confirmed(row["confirmed at"])', 'given_name = row["first name"]' },
  },
  {
    name = "nested NDJSON", input = "members.ndjson", records = COUNT, users = COUNT,
    files = {
      ["members.ndjson"] = lines(COUNT, function(i)
        return string.format('{"_key":"k%06d","profile":{"contact":{"mail":"%s@nested.test"},'
          .. '"name":{"first":"%s","last":"Rarelast%d"}},"flags":{"mailVerified":%s},'
          .. '"end":{"roles":["reader","role-%d"]},"tier":"basic"}\n', i * 7919, given(i), given(i),
          i, i % 2 == 0 and "true" or "false", i)
      end),
    },
    rare = { "@nested.test", "Annegret", "Rarelast", "k007919", "role-1" }, frequent = { "basic" },
    has = { "local profile = object(row.profile)", "given_name = name.first",
      'object(row["end"])', "value.confirmed(flags.mailVerified)" },
  },
  {
    name = "a forum's CSV in windows-1252", input = "forum.csv", records = COUNT, users = COUNT - 1,
    files = {
      ["forum.csv"] = "Benutzer-ID;Benutzername;E-Mail;Passwort;Salt;gesperrt;Stra\xdfe\n"
        .. lines(COUNT, function(i)
          local salt = string.format("s%05d", i * 31)
          return string.format("%d;M\xfcller%d;%s;%s;%s;%s;Weg %d\n", 91000 + i, i,
            i == 5 and "" or "nutzer" .. i .. "@forum.test",
            digest.hex(digest.hash("sha1", salt .. "x" .. i)), salt, i == 3 and "ja" or "nein", i)
        end),
    },
    rare = { "@forum.test", "91001", "s00031", "nutzer1" },
    has = { 'delimiter = ";"', 'encoding = "windows-1252"', "windows-1252, which is a guess",
      'row["E-Mail"]',
      'password.declared(row.Passwort, "sha1_salted", { salt = row.Salt })',
      "value.switch(row.gesperrt)" },
  },
  {
    name = "TSV without names of columns", input = "staff.tsv", records = COUNT, users = COUNT,
    files = {
      ["staff.tsv"] = lines(COUNT, function(i)
        return string.format("%d\t%s\tRarelast%d\t%s@staff.test\t%s\n", 300 + i, given(i), i,
          given(i), digest.hex(digest.hash("md5", "x" .. i)))
      end),
    },
    rare = { "@staff.test", "Annegret", "Rarelast", digest.hex(digest.hash("md5", "x1")) },
    has = { 'header = { "user_id", "given_name", "family_name", "email", "password" }',
      "given_name = row.given_name", 'password.digest("md5", row.password)' },
  },
  {
    name = "JSON with the array inside, and lists of names and values", input = "pool.json",
    records = COUNT, users = COUNT,
    files = {
      ["pool.json"] = '{"meta":{"n":1},"result":{"users":[' .. lines(COUNT, function(i)
        return string.format('%s{"id":%d,"attrs":[{"Name":"email","Value":"%s@pool.test"},'
          .. '{"Name":"custom:tier","Value":"silver"}],"emails":[{"value":"x%d@other.test"}]}',
          i > 1 and "," or "", 700 + i, given(i), i)
      end) .. "]}}",
    },
    rare = { "@pool.test", "@other.test", "Annegret" }, frequent = { "silver" },
    has = { 'pointer = "/result/users"', 'named(row.attrs, "Name", "Value")',
      'attrs["custom:tier"]', "row.id and tostring(row.id)" },
  },
  {
    name = "XML whose elements have text and attributes", input = "readers.xml",
    records = COUNT, users = COUNT,
    files = {
      ["readers.xml"] = "<export><readers>" .. lines(COUNT, function(i)
        return string.format('<reader number="Z%05d"><mail confirmed="%s">%s@paper.test</mail>'
          .. '<credentials salt="s%05d">%s</credentials><kind>print</kind></reader>', i,
          i % 2 == 0 and "yes" or "no", given(i), i * 31,
          digest.hex(digest.hash("sha1", string.format("s%05d", i * 31) .. "x" .. i)))
      end) .. "</readers></export>",
    },
    rare = { "@paper.test", "Annegret", "Z00001", "s00031" }, frequent = { "print" },
    has = { 'user_id = row["@number"]', "value.email(value.first(row.mail))", '["@confirmed"]',
      "value.first(row.credentials)", '{ salt = credentials["@salt"] }' },
  },
  {
    name = "NDJSON with cleartext passwords in an object of its own", input = "plain.ndjson",
    records = COUNT, users = COUNT,
    files = {
      ["plain.ndjson"] = lines(COUNT, function(i)
        return string.format('{"_key":"k%06d","email":"%s@plain.test",'
          .. '"services":{"password":{"plain":"rare secret %d","hint":"the same word"}}}\n',
          i * 7919, given(i), i)
      end),
    },
    rare = { "@plain.test", "Annegret", "rare secret", "the same word" },
    has = { "user_id = row._key", "password.cleartext(services_password.plain, email)" },
  },
}
