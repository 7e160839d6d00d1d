--- What a whole stage shows to be a mistake (nobody is ready, nobody has a password, a lookup finds
--- nothing) stops every command that would send or promise it, until an option says that it is
--- meant.

local json = require "host.json"
local program = require "tests.e2e.program"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test
local scene = program.scene

local JOINS <const> = [[
local csv = require "source.csv"
local lookup = require "source.lookup"
local phones
return {
  name = "shop",
  params = { input = { help = "the customers", required = true } },
  source = function(params)
    phones = lookup(csv.records "phones.csv", "id")
    return csv.records(params.input)
  end,
  map = function(row)
    local found = phones:get(row.id)
    return { email = row.email, user_metadata = { phone = found and found.phone } }
  end,
}
]]

local function without_hashes(s)
  s:people(0, { "u1,a@example.com,A,", "u2,b@example.com,B," })
end

local function lookup_that_misses(s)
  s:people(2)
  s:write("phones.csv", "id,phone\nx1,+4930123456\n")
  s:recipe(function() return JOINS end)
end

local KINDS <const> = {
  {
    name = "empty", why = "the source has no records, so nobody would be imported",
    option = "--allow-empty", given = function(s) s:people(0) end, users = 0,
  },
  {
    name = "empty", why = "none of 2 records is ready to import", option = "--allow-empty",
    given = function(s) s:people(0, { "u1,,A,", "u2,,B," }) end, users = 0,
  },
  {
    name = "no_passwords", option = "--allow-no-passwords", given = without_hashes, users = 2,
    why = "none of 2 users has a password, although the recipe builds password hashes",
  },
  {
    name = "no_matches", why = "the lookup in phones.csv found none of 2 values",
    option = "--allow-no-matches", given = lookup_that_misses, users = 2,
  },
}

for _, kind in ipairs(KINDS) do
  local function args(command, ...)
    return { command, "shop.lua", "input=people.csv", ... }
  end
  local what = kind.name .. ": " .. kind.why

  test("check and plan end with 3: " .. what, function()
    scene(nil, function(s)
      kind.given(s)
      for _, command in ipairs { "check", "plan" } do
        local report = s:run(args(command, "--json")):ends_with(3):object()
        equal({ #report.gates, report.gates[1].name, report.gates[1].option },
          { 1, kind.name, kind.option })
        equal(report.gates[1].message, kind.why)
        contains(s:run(args(command)):ends_with(3).stdout, "STOP: " .. kind.why)
        equal(s:run(args(command, kind.option, "--json")):object().gates, {})
      end
    end)
  end)

  test("map ends with 3 after its users: " .. what, function()
    scene(nil, function(s)
      kind.given(s)
      local ended = s:run(args "map"):ends_with(3)
      contains(ended.stderr, kind.why)
      local _, lines = ended.stdout:gsub("\n", "")
      equal(lines, kind.users)
      equal(s:run(args("map", kind.option)).stdout, ended.stdout)
    end)
  end)

  test("run and rehearse end with 4, nothing sent: " .. what, function()
    scene(nil, function(s)
      kind.given(s)
      s:tenant()
      local report = s:run(args("run", "--yes", "--json")):ends_with(4):object()
      equal({ report.status, report.balanced, report.jobs.submitted }, { "gated", true, 0 })
      contains(report.message, kind.why)
      contains(report.message, kind.option)
      equal(s:metrics().users, 0)
      -- What it says to type shows the records, and sends nothing.
      assert(report.next:find(report.records.read > 0
        and "^auth0%-migrate preview shop%.lua input=people%.csv" or "^auth0%-migrate report "))
      local rehearsed = s:run(args("rehearse", "--json")):ends_with(4):object()
      contains(rehearsed.message, kind.why)
      assert(s:run(args("rehearse", kind.option, "--json")):object().status ~= "gated")
    end)
  end)

  if kind.users > 0 then
    test("a run that resumes remembers that it is meant: " .. what, function()
      scene(nil, function(s)
        kind.given(s)
        s:tenant()
        s:run(args("run", kind.option)):ends_with(8)
        local report = s:run({ "resume", "--yes", "--json" }):ends_with(0):object()
        equal(report.users.inserted, kind.users)
      end)
    end)
  end

  test("resume takes the option, too: " .. what, function()
    scene(nil, function(s)
      kind.given(s)
      s:tenant()
      s:run(args("run", "--yes")):ends_with(4)
      local report = s:run({ "resume", "--yes", kind.option, "--json" }):object()
      equal({ report.users.inserted, report.balanced }, { kind.users, true })
    end)
  end)
end

test("the csv recipe without a hash column has no gate for passwords", function()
  scene(nil, function(s)
    s:write("people.csv", "email,name\na@example.com,A\n")
    local ended = s:run { "check", "csv", "input=people.csv", "--json" }
    equal(ended:object().gates, {})
    s:write("people.csv", "email,name,password_hash\na@example.com,A,\n")
    equal(json.decode(s:run({ "check", "csv", "input=people.csv", "--json" }):ends_with(3).stdout)
      .gates[1].name, "no_passwords")
  end)
end)
