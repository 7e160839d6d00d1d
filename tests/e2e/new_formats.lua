--- Exports of imaginary systems in all formats that `new` reads, with what becomes of their users.

local bson_text = require "tests.e2e.bson_text"
local digest = require "host.digest"
local file = require "host.file"
local people = require "tests.e2e.new_people"
local store = require "host.store"

---@class FormatExport
---@field name string
---@field input string
---@field params? string[]   further words of commands
---@field write fun(folder: string)
---@field user fun(person: Person, i: integer): table  fields of the user
---@field login? fun(person: Person): string  default: the address
---@field has? string[]      parts of the recipe
---@field has_no_password? true

local hex <const>, base64 <const> = digest.hex, digest.base64

---A writer of one file.
local function file_of(name, text)
  return function(folder) assert(file.write(folder .. "/" .. name, text)) end
end

---What most exports have.
local function usual(person)
  return {
    user_id = tostring(person.id), email = person.email, email_verified = person.is_verified,
    given_name = person.given, family_name = person.family,
    blocked = person.is_closed or nil,
  }
end

local function without(names)
  return function(person)
    local user = usual(person)
    for name in names:gmatch("%S+") do user[name] = nil end
    return user
  end
end

---@type FormatExport[]
return {
  {
    name = "SQLite with salts and digests as BLOBs in a second table", input = "game.db",
    write = function(folder)
      local db <close> = assert(store.open(folder .. "/game.db", { durable = false }))
      assert(db:exec [[CREATE TABLE players (player_id INTEGER PRIMARY KEY, mail TEXT, first TEXT,
        last TEXT, mail_ok INTEGER, is_banned INTEGER);
        CREATE TABLE credentials (player_id INTEGER, salt BLOB, digest BLOB);
        CREATE TABLE scores (id INTEGER PRIMARY KEY, player_id INTEGER, points INTEGER)]])
      for i, one in ipairs(people.all()) do
        assert(db:exec(string.format([[INSERT INTO players VALUES (%d, '%s', '%s', '%s', %d, %d);
          INSERT INTO credentials VALUES (%d, x'%s', x'%s');
          INSERT INTO scores VALUES (%d, %d, %d)]], one.id, one.email, one.given, one.family,
          one.is_verified and 1 or 0, one.is_closed and 1 or 0, one.id, hex(one.salt),
          hex(people.digest("sha256", one, one.salt)), i, one.id, i * 5)))
      end
    end,
    user = usual,
    has = { '"sha256_salted"', 'encoding = "binary"' },
  },
  {
    name = "BSON with scrypt in parts", input = "members.bson",
    write = file_of("members.bson", people.text(function(one, i)
      return bson_text.document {
        { "_id", bson_text.object_id(("%024x"):format(i * 7919)) }, { "mail", one.email },
        { "mailVerified", one.is_verified },
        { "name", { { "first", one.given }, { "last", one.family } } },
        { "auth", { { "N", 1024 }, { "r", 8 }, { "p", 1.0 },
          { "salt", bson_text.binary(one.salt) },
          { "hash", bson_text.binary(people.scrypt(one)) } } },
        { "state", one.is_closed and "banned" or "active" },
      }
    end)),
    user = function(one, i)
      local user = usual(one)
      user.user_id = ("%024x"):format(i * 7919)
      return user
    end,
    has = { "password.scrypt {", "cost = auth.N", 'password.bytes(auth.hash, "binary")' },
  },
  {
    name = "COPY of pg_dump with bytea", input = "shop.sql",
    write = file_of("shop.sql", "--\n-- PostgreSQL database dump\n--\n\n"
      .. "CREATE TABLE public.orders (\n    id integer NOT NULL,\n    total integer\n);\n\n"
      .. "CREATE TABLE public.buyer (\n    no integer NOT NULL,\n    mail text,\n"
      .. "    vorname text,\n    nachname text,\n    bestaetigt_am timestamp with time zone,\n"
      .. "    gesperrt boolean,\n    pw_hash bytea,\n    pw_salt bytea,\n"
      .. "    pw_iterations integer\n);\n\n"
      .. "COPY public.buyer (no, mail, vorname, nachname, bestaetigt_am, gesperrt, pw_hash, "
      .. "pw_salt, pw_iterations) FROM stdin;\n" .. people.text(function(one)
        return string.format("%d\t%s\t%s\t%s\t%s\t%s\t\\\\x%s\t\\\\x%s\t1500\n", one.id, one.email,
          one.given, one.family, one.is_verified and "2023-04-05 06:07:08+02" or "\\N",
          one.is_closed and "t" or "f", hex(people.pbkdf2("sha512", one, 1500, one.salt)),
          hex(one.salt))
      end) .. "\\.\n\n\nCOPY public.orders (id, total) FROM stdin;\n1\t20\n\\.\n"),
    user = usual,
    has = { 'password.pbkdf2("sha512", row.pw_iterations' },
  },
  {
    name = "INSERT statements of pg_dump without the table's columns", input = "data.sql",
    write = file_of("data.sql", "--\n-- PostgreSQL database dump\n--\n\n"
      .. "SET client_encoding = 'UTF8';\n" .. people.text(function(one)
        return string.format("INSERT INTO public.persona (id, correo, nombre, apellido, "
          .. "verificado, activo, clave_hash, salt) VALUES (%d, '%s', '%s', '%s', %s, %s, "
          .. "'\\x%s', '\\x%s');\n",
          one.id, one.email, one.given, one.family, one.is_verified, not one.is_closed,
          hex(people.digest("sha1", one, one.salt)), hex(one.salt))
      end)),
    user = usual,
  },
  {
    name = "mysqldump with BINARY columns", input = "dump.sql",
    write = file_of("dump.sql", "-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)\n"
      .. "DROP TABLE IF EXISTS `kunde`;\nCREATE TABLE `kunde` (\n  `id` int NOT NULL,\n"
      .. "  `email` varchar(190) DEFAULT NULL,\n  `vorname` varchar(80),\n"
      .. "  `nachname` varchar(80),\n  `email_bestaetigt` tinyint(1),\n  `aktiv` tinyint(1),\n"
      .. "  `passwort` binary(32),\n  `salt` binary(16),\n  PRIMARY KEY (`id`)\n);\n"
      .. "INSERT INTO `kunde` VALUES " .. people.text(function(one, i)
        return string.format("%s(%d,'%s','%s','%s',%d,%d,0x%s,0x%s)", i > 1 and "," or "", one.id,
          one.email, one.given, one.family, one.is_verified and 1 or 0, one.is_closed and 0 or 1,
          hex(people.digest("sha256", one, one.salt)):upper(), hex(one.salt):upper())
      end) .. ";\n"),
    user = usual,
  },
  {
    name = "a script of SQL Server", input = "script.sql",
    write = file_of("script.sql", "USE [Portal]\nGO\nSET ANSI_NULLS ON\nGO\n"
      .. "CREATE TABLE [dbo].[Members](\n\t[MemberId] [int] NOT NULL,\n"
      .. "\t[EMail] [nvarchar](100) NULL,\n\t[FirstName] [nvarchar](50) NULL,\n"
      .. "\t[LastName] [nvarchar](50) NULL,\n\t[IsConfirmed] [bit] NULL,\n"
      .. "\t[IsDisabled] [bit] NULL,\n\t[PwHash] [varbinary](64) NULL\n) ON [PRIMARY]\nGO\n"
      .. people.text(function(one)
        return string.format("INSERT [dbo].[Members] ([MemberId], [EMail], [FirstName], "
          .. "[LastName], [IsConfirmed], [IsDisabled], [PwHash]) VALUES (%d, N'%s', N'%s', N'%s', "
          .. "%d, %d, 0x%s)\nGO\n", one.id, one.email, one.given, one.family,
          one.is_verified and 1 or 0, one.is_closed and 1 or 0,
          hex(people.digest("sha1", one)):upper())
      end)),
    user = usual,
  },
  {
    name = "LDIF of a schema of its own", input = "people.ldif",
    write = file_of("people.ldif", "version: 1\n\n" .. people.text(function(one)
      return string.format("dn: clubNumber=%d,ou=club\nobjectClass: clubMember\nclubNumber: %d\n"
        .. "clubMail: %s\nclubFirstName: %s\nclubLastName: %s\nclubMailConfirmed: %s\n"
        .. "clubPassword: %s\n\n", one.id, one.id, one.email, one.given, one.family,
        one.is_verified and "TRUE" or "FALSE",
        "{SSHA}" .. base64(digest.hash("sha1", one.password .. one.salt) .. one.salt))
    end)),
    user = without "blocked",
    has = { "ldif.records(params.input)" },
  },
  {
    name = "CSV in gzip with Base64", input = "users.csv.gz",
    write = function(folder)
      assert(file.write(folder .. "/users.csv.gz", digest.gzip(
        "uid;mail;prenom;nom;mail_confirme;actif;hachage;sel;iterations\n"
        .. people.text(function(one)
          return string.format("%d;%s;%s;%s;%s;%s;%s;%s;1200\n", one.id, one.email, one.given,
            one.family, one.is_verified and "oui" or "non", one.is_closed and "0" or "1",
            base64(people.pbkdf2("sha256", one, 1200, one.salt)), base64(one.salt))
        end))))
    end,
    user = usual,
  },
  {
    name = "NDJSON in zstd with a digest and a text as salt", input = "users.ndjson.zst",
    write = function(folder)
      local out = assert(file.create(folder .. "/users.ndjson.zst", { zstd = true }))
      out:write(people.text(function(one)
        return string.format('{"userId":%d,"contact":{"email":"%s","verified":%s},"firstName":"%s",'
          .. '"lastName":"%s","disabled":%s,"login":{"digest":"%s","salt":"%s"}}\n', one.id,
          one.email, one.is_verified, one.given, one.family, one.is_closed,
          hex(people.digest("sha512", one, one.hex_salt)), one.hex_salt)
      end))
      out:close()
    end,
    user = usual,
  },
  {
    name = "a dump in gzip", input = "all.sql.gz",
    write = function(folder)
      assert(file.write(folder .. "/all.sql.gz", digest.gzip(
        "-- MySQL dump 10.13\nCREATE TABLE `people` (\n  `id` int,\n  `login` varchar(90),\n"
        .. "  `fname` varchar(90),\n  `lname` varchar(90),\n  `confirmed` int,\n  `locked` int,\n"
        .. "  `pass` char(32)\n);\nINSERT INTO `people` VALUES "
        .. people.text(function(one, i)
          return string.format("%s(%d,'%s','%s','%s',%d,%d,'%s')", i > 1 and "," or "", one.id,
            one.email, one.given, one.family, one.is_verified and 1 or 0, one.is_closed and 1 or 0,
            hex(people.digest("md5", one)))
        end) .. ";\n")))
    end,
    user = usual,
  },
  {
    name = "XML with elements", input = "readers.xml",
    write = file_of("readers.xml", '<?xml version="1.0"?>\n<library><readers>'
      .. people.text(function(one)
        return string.format('<reader><cardNumber>%d</cardNumber><email>%s</email><firstName>%s'
          .. '</firstName><lastName>%s</lastName><emailVerified>%s</emailVerified><suspended>%s'
          .. '</suspended><passwordHash>%s</passwordHash><salt>%s</salt></reader>', one.id,
          one.email, one.given, one.family, one.is_verified, one.is_closed,
          base64(people.digest("sha256", one, one.salt)), base64(one.salt))
      end) .. "</readers></library>"),
    user = usual,
  },
  {
    name = "XML in Latin-9 with prefixes, and lists of one or several", input = "paper.xml",
    write = file_of("paper.xml", '<?xml version="1.0" encoding="ISO-8859-15"?>\n'
      .. '<c:export xmlns:c="urn:c">' .. people.text(function(one, i)
        return string.format('<c:reader id="%d" c:state="%s"><c:mail confirmed="%s">%s</c:mail>'
          .. "<c:name><c:first>%s</c:first><c:last>%s</c:last></c:name><c:password>%s</c:password>"
          .. '<c:subs>%s</c:subs><c:place>\xA8</c:place></c:reader>', one.id,
          one.is_closed and "disabled" or "active", one.is_verified and "yes" or "no", one.email,
          one.given, one.family, hex(people.digest("md5", one)),
          ('<c:sub code="print"/>'):rep(i % 3))
      end) .. "</c:export>"),
    user = usual,
    has = { 'xml.records(params.input, "c:export/c:reader")' },
  },
  {
    name = "JSON with the name of a digest beside rounds", input = "export.json",
    write = file_of("export.json", '{"total":40,"data":[' .. people.text(function(one, i)
      return string.format('%s{"uid":"%d","emails":[{"address":"%s","verified":%s}],'
        .. '"firstName":"%s","lastName":"%s","disabledAt":%s,"credentials":{"local":{"hash":"%s",'
        .. '"salt":"%s","iterations":1000,"keylen":64,"digest":"sha512"}}}', i > 1 and "," or "",
        one.id, one.email, one.is_verified, one.given, one.family,
        one.is_closed and '"2024-01-02T03:04:05Z"' or "null",
        hex(people.pbkdf2("sha512", one, 1000, one.hex_salt)), one.hex_salt)
    end) .. "]}"),
    user = usual,
  },
  {
    name = "XML with nothing but attributes", input = "a.xml",
    write = file_of("a.xml", "<users>" .. people.text(function(one)
      return string.format('<u id="%d" mail="%s" pw="%s" fn="%s" ln="%s" ok="%s" state="%s"/>',
        one.id, one.email, hex(people.digest("sha1", one)), one.given, one.family,
        one.is_verified, one.is_closed and "off" or "on")
    end) .. "</users>"),
    user = without "email_verified",
  },
  {
    name = "JSON documents one after another", input = "dump.json",
    write = file_of("dump.json", people.text(function(one)
      return string.format('{\n  "id": "%d",\n  "email": "%s",\n  "email_verified": %s,\n'
        .. '  "given_name": "%s",\n  "surname": "%s",\n  "active": %s,\n'
        .. '  "pw": {"algo": "SHA-1", "value": "%s"}\n}\n', one.id, one.email, one.is_verified,
        one.given, one.family, not one.is_closed, hex(people.digest("sha1", one)))
    end)),
    user = usual,
  },
}
