--- Mailing lists of a run: who is in them, before, during and after it, and whose files they are.

local file = require "host.file"
local fixtures = require "tests.run_fixtures"
local json = require "host.json"
local program = require "tests.e2e.program"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test
local words = program.words

local HEADER <const> = "email,name,locale,source_id,place,outcome,what,why\r\n"

-- Persons 1 and 3 have no password, 1 and 2 lose factors, 2 a number.
local function recipe(text)
  return (text:gsub("return {\n      email", [[
    local n = tonumber(row.id:sub(2))
    if n == 1 or n == 2 then migrate.lost("totp", "counter-based codes") end
    if n == 1 then migrate.lost("passkey", "belongs to its server") end
    if n == 2 then migrate.lost("phone", "not a number") end
    local hash = n ~= 1 and n ~= 3 and row.hash or nil
    return {
      user_metadata = { locale = n == 1 and "de-AT" or nil },
      email]]):gsub("row.hash%)", "hash)"):gsub("^", 'local migrate = require "migrate"\n'))
end

local function lossy(n, fn, rows)
  program.scene(n, function(s)
    s:recipe(recipe)
    if rows then s:people(n, rows) end
    fn(s)
  end)
end

local function line(n, outcome, what, why, locale)
  return string.format("%s,Person %d,%s,u%d,people.csv:%d,%s,%s,%s\r\n", program.email(n), n,
    locale or "", n, n + 1, outcome, what, why)
end

---The lists that are not empty, by name.
local function counts(object)
  local people = {}
  for _, list in ipairs(object.lists) do
    people[list.name] = list.people > 0 and list.people or nil
  end
  return people
end

local function expected_lists(outcome)
  return {
    ["reset-password.csv"] = HEADER
      .. line(1, outcome, "password", "no password in the source", "de-AT")
      .. line(3, outcome, "password", "no password in the source"),
    ["enroll-again.csv"] = HEADER
      .. line(1, outcome, "totp passkey", "counter-based codes; belongs to its server", "de-AT")
      .. line(2, outcome, "totp", "counter-based codes"),
    ["other-losses.csv"] = HEADER .. line(2, outcome, "phone", "not a number"),
  }
end

local function written(s, folder)
  local found = {}
  for _, name in ipairs(assert(file.list(s:path(folder)))) do
    found[name] = s:read(folder .. "/" .. name)
    equal(assert(file.stat(s:path(folder .. "/" .. name))).mode & 511, 384)
  end
  return found
end

test("lists of a staged run, and the same people after it, from its archives", function()
  lossy(6, function(s)
    s:tenant()
    s:run(words()):ends_with(8)
    s:run({ "lists", "shop.run", "--csv", "before" }):ends_with(0)
    equal(written(s, "before"), expected_lists "pending")
    s:run({ "resume", "--yes" }):ends_with(0)
    assert(not s:exists "shop.run/chunks/000001.json")
    s:run({ "lists", "shop.run", "--csv", "after/all" }):ends_with(0)
    equal(written(s, "after/all"), expected_lists "inserted")
  end)
end)

test("without --csv only numbers are shown, and nothing is written", function()
  lossy(6, function(s)
    s:tenant()
    local report = s:run(words("--yes")):ends_with(0).stdout
    contains(report, "People to write to: auth0-migrate lists shop.run")
    local ended = s:run({ "lists" }):ends_with(0)
    contains(ended.stdout, "reset-password  2  must set a new password\n"
      .. "                2    password: no password in the source\n")
    contains(ended.stdout, "--csv DIR writes")
    assert(not ended.stdout:find(program.email(1), 1, true))
    local object = s:run({ "lists", "--json" }):object()
    equal(counts(object), { ["reset-password"] = 2, ["enroll-again"] = 2, ["other-losses"] = 1 })
    equal({ object.known, object.lists[1].file }, { true, json.null })
    equal(object.lists[2].reasons, {
      { what = "totp", reason = "counter-based codes", people = 2 },
      { what = "passkey", reason = "belongs to its server", people = 1 },
    })
  end)
end)

test("who cannot be imported is listed with the reason, and loses nothing", function()
  lossy(6, function(s)
    s:write("there.json", json.encode { { email = program.email(3), user_id = "u3" } })
    s:write("faults.yaml", "- { do: job-failed, users: [" .. program.email(1) .. "] }\n")
    s:tenant { "--existing", "there.json", "--faults", "faults.yaml" }
    s:run(words("--yes", "--chunk-users", "4")):ends_with(3)
    local numbers = s:run({ "lists", "shop.run", "--json" }):ends_with(0):object()
    local object = s:run({ "lists", "shop.run", "--csv", "out", "--json" }):ends_with(0):object()
    -- Person 3 was there before, person 1 fails: neither has anything to set or to enroll.
    equal(counts(object), { ["enroll-again"] = 1, ["other-losses"] = 1, ["not-imported"] = 2 })
    equal(counts(numbers), counts(object))
    equal(numbers.lists[4].reasons, object.lists[4].reasons)
    equal(numbers.lists[4].reasons, {
      { what = "failed", reason = "JOB_FAILED", people = 1 },
      { what = "rejected", reason = "FORMAT", people = 1 },
    })
    local text = written(s, "out")["not-imported.csv"]
    contains(text, program.email(1)
      .. ",Person 1,de-AT,u1,people.csv:2,failed,failed,\"JOB_FAILED: ")
    contains(text, "nobody,'=2+5,,u7,people.csv:8,rejected,rejected,FORMAT: ")
  end, { "u7,nobody,=2+5," .. program.HASH })
end)

test("lists are replaced with --force only, and stale ones go", function()
  lossy(6, function(s)
    s:tenant()
    s:run(words()):ends_with(8)
    assert(file.mkdir(s:path "out"))
    s:write("out/not-imported.csv", "mine\n")
    contains(s:run({ "lists", "--csv", "out" }):ends_with(2).stderr,
      "out/not-imported.csv exists; --force replaces the lists in out")
    equal(file.list(s:path "out"), { "not-imported.csv" })
    s:run({ "lists", "--csv", "out", "--force" }):ends_with(0)
    equal(written(s, "out"), expected_lists "pending")
    s:write("file", "")
    s:run({ "lists", "--csv", "file" }):ends_with(1)
  end)
end)

test("a run of an older program lists whom it knows of, and says so", function()
  for _, fixture in ipairs(fixtures.all()) do
    program.scene(nil, function(s)
      fixtures.unpack(fixture, s.folder)
      local object = s:run({ "lists", "run", "--json" })
      if object.status == 0 then
        equal({ object:object().known, object:object().lists[1].people }, { false, 0 })
        contains(s:run({ "lists", "run" }).stdout, "did not note what users lose")
      else
        contains(object:ends_with(2).stderr, "is not staged")
      end
    end)
  end
end)

test("a run that was undone has no lists, and one that is forgotten leaves none", function()
  lossy(6, function(s)
    s:tenant()
    s:run(words("--yes")):ends_with(0)
    s:run({ "undo", "shop.run", "--yes" }):ends_with(0)
    contains(s:run({ "lists", "shop.run" }):ends_with(2).stderr, "was undone")
    s:run({ "forget", "shop.run", "--yes" }):ends_with(0)
    assert(not s:exists "shop.run")
    s:run({ "lists", "shop.run" }):ends_with(2)
  end)
end)
