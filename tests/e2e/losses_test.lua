--- What users lose, with the real program: before a run, in its report, and whatever becomes of the
--- users meanwhile.

local json = require "host.json"
local program = require "tests.e2e.program"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test
local words = program.words

-- Person 1, 2 and 3 lose something; the others keep all.
local function recipe(text)
  return (text:gsub("return {\n      email", [[
    local n = tonumber(row.id:sub(2))
    if n == 1 then migrate.lost("totp", "no <secret> of " .. row.email) end
    if n == 2 then migrate.lost("totp", "counter-based codes") end
    local hash = n ~= 1 and n ~= 3 and row.hash or nil
    return {
      email]]):gsub("row.hash%)", "hash)"):gsub("^", 'local migrate = require "migrate"\n'))
end

local function lossy(n, fn)
  program.scene(n, function(s)
    s:recipe(recipe)
    fn(s)
  end)
end

---"password 2 1: reason 2 1, …" of each line: users, imported.
local function lines_of(object)
  local list = {}
  for i, loss in ipairs(object.losses) do
    local reasons = {}
    for k, one in ipairs(loss.reasons) do
      reasons[k] = string.format("%s %d %s", one.reason, one.users, tostring(one.imported))
    end
    list[i] = string.format("%s %d %s: %s", loss.what, loss.users, tostring(loss.imported),
      table.concat(reasons, ", "))
  end
  return list
end

local function expected(password, totp_1, totp_2)
  return {
    string.format("password 2 %s: no password in the source 2 %s", password, password),
    string.format("totp 2 %s: counter-based codes 1 %s, no <secret> of (address) 1 %s",
      totp_1 + totp_2, totp_2, totp_1),
  }
end

test("check and plan show a table, and the same in --json", function()
  lossy(8, function(s)
    for _, name in ipairs { "check", "plan" } do
      local text = s:run({ name, "shop.lua", "input=people.csv" }):ends_with(0).stdout
      contains(text, "What users lose  users  share  why\n"
        .. "password             2   25 %  no password in the source\n"
        .. "totp                 2   25 %\n"
        .. "                     1         counter-based codes\n")
      local _, times = text:gsub("What users lose", "")
      equal(times, 1)
      local object = s:run({ name, "shop.lua", "input=people.csv", "--json" }):object()
      equal(lines_of(object), {
        "password 2 nil: no password in the source 2 nil",
        "totp 2 nil: counter-based codes 1 nil, no <secret> of (address) 1 nil",
      })
      equal(object.losses[1].share, 0.25)
    end
  end)
end)

test("who loses nothing is not told of it", function()
  program.scene(3, function(s)
    local ended = s:run({ "check", "shop.lua", "input=people.csv" }):ends_with(0)
    assert(not ended.stdout:find "What users lose")
    equal(s:run({ "check", "shop.lua", "input=people.csv", "--json" }):object().losses, {})
  end)
end)

test("a run shows it before it asks, and its report in text, HTML and JSON", function()
  lossy(8, function(s)
    s:tenant()
    local planned = s:run(words()):ends_with(8)
    contains(planned.stderr, "What users lose  to import  share  imported  why")
    equal(lines_of(s:run({ "report", "shop.run", "--json" }):object()), expected(0, 0, 0))
    contains(s:run({ "resume", "shop.run", "--yes" }):ends_with(0).stdout,
      "password                 2   25 %         2  no password in the source")
    equal(lines_of(s:run({ "report", "shop.run", "--json" }):object()), expected(2, 1, 1))
    local page = s:read "shop.run/report.html"
    contains(page, "What users lose")
    contains(page, "no &lt;secret&gt; of (address)")
    for _, name in ipairs { "report.html", "report.json" } do
      assert(not s:read("shop.run/" .. name):find(program.email(1), 1, true), name)
    end
  end)
end)

test("who was there before, or failed, is not counted as imported", function()
  lossy(8, function(s)
    s:write("there.json", json.encode { { email = program.email(1), user_id = "u1" } })
    s:write("faults.yaml", "- { do: job-failed, users: [" .. program.email(2) .. "] }\n")
    s:tenant { "--existing", "there.json", "--faults", "faults.yaml" }
    -- The chunk of person 2 is split, and split again.
    local object = s:run(words("--yes", "--json", "--chunk-users", "5")):ends_with(3):object()
    equal({ object.users.already_there, object.users.failed }, { 1, 1 })
    equal(lines_of(object), expected(1, 0, 0))
  end)
end)

test("the chunk that a canary splits keeps what each of its users loses", function()
  lossy(8, function(s)
    s:tenant()
    s:run(words("--yes", "--canary", "2")):ends_with(0)
    s:journal("shop.run", function(book)
      local lost, list = require "journal.lost", {}
      for record in book:chunks() do list[#list + 1] = lost.of_chunk(book, record.id) end
      equal(#list, 2)
      equal({ list[1][1] ~= nil, list[1][2] ~= nil, list[2] }, { true, true, { 1 } })
    end)
  end)
end)

test("who is repaired and sent again keeps what is lost", function()
  program.scene(8, function(s)
    s:recipe(function(text)
      return (recipe(text):gsub("user_id = row.id", "%0, username = row.id")
        :gsub("}\n$", '  fix = require("auth0.fixers").rename_username and {'
          .. ' CONFLICT_USERNAME = require("auth0.fixers").rename_username "-%%d" },\n}\n'))
    end)
    s:write("there.json", json.encode {
      { email = "other@example.com", user_id = "x", username = "u2" },
    })
    s:tenant { "--existing", "there.json" }
    local object = s:run(words("--yes", "--json")):ends_with(0):object()
    equal({ object.rounds, object.users.inserted, lines_of(object) }, { 2, 8, expected(2, 1, 1) })
  end)
end)
