--- The command new with what several tables, and several columns of a user, say together.

local digest = require "host.digest"
local json = require "host.json"
local people = require "tests.e2e.new_people"
local program = require "tests.e2e.program"
local store = require "host.store"
local tap = require "tests.tap"
local test, equal, contains = tap.test, tap.equal, tap.contains

---Writes a recipe, runs what is typed next, and gives the users of `map` to `fn`.
local function walk(s, params, fn)
  s:run({ "new", "made.lua", params[1], "--force" }):ends_with(0)
  local typed = params[2] or { params[1] }
  s:run({ "test", "made.lua" }):ends_with(0)
  s:run({ "check", "made.lua", table.unpack(typed) }):ends_with(0)
  local users = {}
  local shown = s:run({ "map", "made.lua", table.unpack(typed) }):ends_with(0).stdout
  for line in shown:gmatch("[^\n]+") do users[#users + 1] = json.decode(line) end
  fn(users, s:read "made.lua", s:read "made.test.yaml")
end

local ROLES <const> = { "reader", "editor", "rarerole" }

---The numbers of the roles of the n-th person.
local function roles_of(i)
  if i == 3 then return { 1, 3 } end
  return i % 5 == 0 and { 1, 2 } or i % 2 == 0 and { 1 } or {}
end

local function names_of(i)
  local list = json.array {}
  for _, n in ipairs(roles_of(i)) do list[#list + 1] = ROLES[n] end
  return list
end

test("roles have their names, through a table between users and roles, in a database", function()
  program.scene(nil, function(s)
    do
      local db <close> = assert(store.open(s.folder .. "/app.db", { durable = false }))
      assert(db:exec [[CREATE TABLE roles (id INTEGER PRIMARY KEY, name TEXT);
        CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT);
        CREATE TABLE user_roles (user_id INTEGER, role_id INTEGER);
        INSERT INTO roles VALUES (1, 'reader'), (2, 'editor'), (3, 'rarerole')]])
      for i, one in ipairs(people.all()) do
        assert(db:exec(string.format("INSERT INTO users VALUES (%d, '%s')", one.id, one.email)))
        for _, n in ipairs(roles_of(i)) do
          assert(db:exec(string.format("INSERT INTO user_roles VALUES (%d, %d)", one.id, n)))
        end
      end
    end
    walk(s, { "input=app.db" }, function(users, recipe, tests)
      for i, user in ipairs(users) do
        equal(user.app_metadata.role, names_of(i), recipe)
      end
      assert(not (recipe .. tests):find("rarerole", 1, true))
      s:run({ "rehearse", "made.lua", "input=app.db" }):ends_with(0)
    end)
  end)
end)

test("roles have their names, through files of their own", function()
  program.scene(nil, function(s)
    local members = {}
    s:write("users.csv", "id,email\n" .. people.text(function(one, i)
      for _, n in ipairs(roles_of(i)) do members[#members + 1] = one.id .. "," .. n .. "\n" end
      return string.format("%d,%s\n", one.id, one.email)
    end))
    s:write("user_roles.csv", "user_id,role_id\n" .. table.concat(members))
    s:write("roles.csv", "id,name\n1,reader\n2,editor\n3,rarerole\n")
    walk(s, { "input=users.csv,user_roles.csv,roles.csv",
      { "input=users.csv", "user_roles=user_roles.csv", "roles=roles.csv" } },
      function(users, recipe)
        for i, user in ipairs(users) do
          equal(user.app_metadata.role, names_of(i), recipe)
        end
      end)
  end)
end)

test("a table of names to which users refer is joined by the name of the column", function()
  program.scene(nil, function(s)
    s:write("dump.sql", "-- MySQL dump 10.13\nCREATE TABLE `groups` (`id` int, `title` text);\n"
      .. "INSERT INTO `groups` VALUES (1,'staff'),(2,'guests');\n"
      .. "CREATE TABLE `account` (`id` int, `mail` text, `group_id` int);\n"
      .. "INSERT INTO `account` VALUES " .. people.text(function(one, i)
        return string.format("%s(%d,'%s',%d)", i > 1 and "," or "", one.id, one.email, i % 2 + 1)
      end) .. ";\n")
    walk(s, { "input=dump.sql" }, function(users, recipe)
      equal({ users[1].app_metadata.group, users[2].app_metadata.group }, { "guests", "staff" },
        recipe)
    end)
  end)
end)

test("a ban that is to come blocks, a lock that soon ends does not", function()
  program.scene(nil, function(s)
    s:write("users.csv", "id,email,banned_until,locked_until\n" .. people.text(function(one, i)
      return string.format("%d,%s,%s,%s\n", one.id, one.email,
        i == 1 and "2999-01-01 00:00:00" or i == 2 and "2001-01-01 00:00:00" or "",
        i == 3 and os.date("!%Y-%m-%d %H:%M:%S", os.time() + 86400)
          or i == 4 and "2999-01-01 00:00:00" or "")
    end))
    walk(s, { "input=users.csv" }, function(users, recipe)
      local blocked = {}
      for i = 1, 5 do blocked[i] = users[i].blocked or false end
      equal(blocked, { true, false, false, true, false }, recipe)
    end)
  end)
end)

test("a phone number that cannot be read is kept in user_metadata", function()
  program.scene(nil, function(s)
    s:write("users.csv", "id,email,phone\n" .. people.text(function(one, i)
      return string.format("%d,%s,%s\n", one.id, one.email,
        i == 2 and "ask my mother" or string.format("030 23125%03d", i))
    end))
    walk(s, { "input=users.csv", { "input=users.csv", "country=DE" } }, function(users, recipe)
      equal({ users[1].phone_number, users[2].phone_number }, { "+493023125001" }, recipe)
      equal({ users[1].user_metadata or false, users[2].user_metadata },
        { false, { phone = "ask my mother" } })
    end)
  end)
end)

---{name, header and rows behind the address of the n-th person, arguments, its user_metadata}
local SHARED <const> = {
  { "as they are", "phone", function(n) return string.format("+4930231250%02d", n) end,
    { phone = "+493023125005" } },
  { "written in two ways", "phone,country", function(n, i)
    return (i % 2 == 0 and "+49 30 231250%02d,DE" or "030/231250%02d,DE"):format(n)
  end, { phone = "+493023125005" } },
  { "with numbers that cannot be read", "phone", function(n, i)
    return i == 2 and "ask my mother" or string.format("+4930231250%02d", n)
  end, { phone = "+493023125005" } },
  { "and verified", "phone,phone_verified", function(n)
    return string.format("+4930231250%02d,true", n)
  end, { phone = "+493023125005", phone_verified = true } },
}

for _, case in ipairs(SHARED) do
  local name, header, row, metadata = table.unpack(case)
  test("phone numbers that a family shares, " .. name .. ", are kept in user_metadata", function()
    program.scene(nil, function(s)
      s:write("users.csv", "id,email," .. header .. "\n" .. people.text(function(one, i)
        return string.format("%d,%s,%s\n", one.id, one.email, row(i == 6 and 5 or i, i))
      end))
      walk(s, { "input=users.csv" }, function(users, recipe)
        equal(#users, #people.all())
        for _, i in ipairs { 5, 6 } do
          equal(users[i].user_metadata, metadata, recipe)
          equal(users[i].phone_number, nil)
        end
        contains(recipe, "-- phone_number = phone,")
        contains(recipe, "-- some users share a number")
      end)
    end)
  end)
end

test("a person who is there twice, with the same number, shares it with nobody", function()
  program.scene(nil, function(s)
    s:write("users.csv", "id,email,phone\n" .. people.text(function(one, i)
      return string.format("%d,%s,+4930231250%02d\n", one.id, one.email, i)
        .. (i == 5 and string.format("9%d,%s,+4930231250%02d\n", one.id, one.email:upper(), i)
          or "")
    end))
    s:run({ "new", "made.lua", "input=users.csv" }):ends_with(0)
    contains(s:read "made.lua", "      phone_number = phone,")
  end)
end)

test("a dump that was cut off is told once, however many of its tables are joined", function()
  program.scene(nil, function(s)
    local parts = { "-- MySQL dump 10\nCREATE TABLE `users` (`id` int, `email` varchar(99));\n" }
    local function insert(...) parts[#parts + 1] = string.format(...) end
    for i, one in ipairs(people.all()) do
      insert("INSERT INTO `users` VALUES (%d,'%s');\n", one.id, one.email)
      if i == #people.all() then
        insert("CREATE TABLE `plans` (`user_id` int, `plan` varchar(9));\n")
        insert("CREATE TABLE `teams` (`user_id` int, `team` varchar(9));\n")
      end
    end
    for _, one in ipairs(people.all()) do
      insert("INSERT INTO `plans` VALUES (%d,'free');\n", one.id)
      insert("INSERT INTO `teams` VALUES (%d,'red');\n", one.id)
    end
    s:write("app.sql", table.concat(parts))
    s:write("made.lua", [[
      local dump, join = require "source.dump", require "source.join"
      local function rows(params, name) return dump.records(params.input, { table = name }) end
      return {
        name = "made", params = { input = { help = "a dump", kind = "input", required = true } },
        source = function(params)
          local with_plans = join(rows(params, "users"), rows(params, "plans"),
            { key = "id", other = "user_id", name = "plan" })
          return join(with_plans, rows(params, "teams"),
            { key = "id", other = "user_id", name = "team" })
        end,
        map = function(row)
          local plan, team = row.plan.plan, row.team.team
          return { email = row.email, app_metadata = { plan = plan, team = team } }
        end,
      }]])
    local shown = s:run({ "check", "made.lua", "input=app.sql" }):ends_with(0).stdout
    equal(select(2, shown:gsub("it may have been cut off", "")), 1, shown)
    local warnings = s:run({ "check", "made.lua", "input=app.sql", "--json" }):object().warnings
    equal(warnings.dump_cut, 1)
  end)
end)

test("a pepper is a parameter in a comment", function()
  program.scene(nil, function(s)
    s:write("users.csv", "id,email,password\n" .. people.text(function(one)
      return string.format("%d,%s,$2b$10$./CgKyPTXlcGkYo5xL1s9u0tSWwPdzvaOlibgHKHW9lOzCdmI65Tq\n",
        one.id, one.email)
    end))
    walk(s, { "input=users.csv" }, function(_, recipe)
      local pepper = "pepper = { help"
      contains(recipe, "-- " .. pepper)
      contains(recipe, "password.bcrypt(row.password, { pepper = params.pepper })")
      s:write("made.lua", (recipe:gsub("%-%- pepper = ", "pepper = ")
        :gsub("password%.auto%(row%.password%)",
          "password.bcrypt(row.password, { pepper = params.pepper })")))
      s:write("pepper", "made-up")
      s:run({ "check", "made.lua", "input=users.csv", "pepper=@pepper" }):ends_with(0)
    end)
  end)
end)

test("objects that some people lack are read: a password, a second factor", function()
  program.scene(nil, function(s)
    s:write("users.ndjson", people.text(function(one, i)
      local pw = i % 6 > 0 and string.format('{"hash":"%s","salt":"%s","iterations":1000}',
        digest.hex(people.pbkdf2("sha512", one, 1000, one.hex_salt)), one.hex_salt) or "null"
      local mfa = i % 5 == 0 and '{"type":"totp","secret":"JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"}'
        or "null"
      return string.format('{"id":"%d","email":"%s","local":%s,"mfa":%s}\n', one.id, one.email, pw,
        mfa)
    end))
    walk(s, { "input=users.ndjson" }, function(users, recipe)
      equal(recipe:find("Always empty", 1, true), nil)
      equal({ users[5].mfa_factors, users[6].mfa_factors, users[6].custom_password_hash },
        { { { totp = { secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP" } } } }, recipe)
      equal(users[1].custom_password_hash.algorithm, "pbkdf2")
      local losses = s:run({ "check", "made.lua", "input=users.ndjson" }):ends_with(0).stdout
      contains(losses, "no password in the source")
    end)
  end)
end)

test("sentences that few people have may be personal, whatever they are called", function()
  program.scene(nil, function(s)
    s:write("users.csv", "id,email,extra,plan\n" .. people.text(function(one, i)
      return string.format("%d,%s,%s,%s\n", one.id, one.email,
        i % 6 == 0 and "asks for " .. one.given .. " at noon" or "", i % 2 == 0 and "free plan"
          or "paid plan")
    end))
    walk(s, { "input=users.csv" }, function(users, recipe)
      contains(recipe, "-- extra = row.extra, -- may be personal")
      equal(users[6].app_metadata, { plan = "free plan" })
    end)
  end)
end)
