--- The command generate: made-up users that the recipe reads, with passwords that log in.

local file = require "host.file"
local json = require "host.json"
local program = require "tests.e2e.program"
local tap = require "tests.tap"
local test, equal, contains = tap.test, tap.equal, tap.contains

---Hashes of bcrypt are cheap where their cost is not what is tested.
local function generate(s, ...)
  return s:run({ "generate", "--json", "--cost", "4", ... }):ends_with(0):object()
end

test("generated users of Keycloak are read, proven, rehearsed and accounted for", function()
  program.scene(nil, function(s)
    local made = s:run({ "generate", "keycloak", "-n", "500", "--seed", "7" }):ends_with(0)
    contains(made.stdout, "keycloak-users.json: 500 users")
    equal(made:next(), "auth0-migrate check keycloak input=keycloak-users.json")
    s:type_in(made:next()):ends_with(0)
    local lines = {}
    for line in s:read("keycloak-users.logins.ndjson"):gmatch("[^\n]+") do
      lines[#lines + 1] = line
    end
    assert(#lines > 100, #lines)
    s:write("few.ndjson", table.concat(lines, "\n", 1, 10) .. "\n")
    local input = "input=keycloak-users.json"
    s:run({ "prove", "keycloak", input, "--logins", "few.ndjson" }):ends_with(0)
    local report = s:run({ "rehearse", "keycloak", input, "--logins", "few.ndjson", "--yes",
      "--json" }):ends_with(0):object()
    equal({ report.balanced, report.records.read, report.users.inserted },
      { true, 500, 500 })
  end)
end)

test("the same seed gives the same files, another one other users", function()
  program.scene(nil, function(s)
    local function written(seed, name)
      generate(s, "keycloak", "-n", "60", "--seed", seed, "-o", name .. ".json")
      return s:read(name .. ".json"), s:read(name .. ".logins.ndjson")
    end
    local a, key_a = written("3", "a")
    local b, key_b = written("3", "b")
    local c = written("4", "c")
    assert(a == b and key_a == key_b)
    assert(a ~= c)
  end)
end)

test("files are private, and are not replaced unasked", function()
  program.scene(nil, function(s)
    generate(s, "csv", "-n", "5", "-o", "users.csv")
    local info = s:run({ "generate", "csv", "-n", "6", "--cost", "4", "-o", "users.csv" })
      :ends_with(2)
    contains(info.stderr, "users.csv exists; --force replaces it")
    equal(info:next(), "auth0-migrate generate csv -n 6 --cost 4 -o users.csv --force")
    assert(not s:exists("users.csv.new") and not s:exists("users.logins.ndjson.new"))
    s:type_in(info:next()):ends_with(0)
    s.within = { "sh", "-c", 'stat -c %a users.csv users.logins.ndjson; exec "$@"', "sh" }
    local modes = s:run({ "generate", "csv", "-n", "5", "--cost", "4", "-o", "users.csv",
      "--force" }):ends_with(0)
    contains(modes.stdout, "600\n600\n")
  end)
end)

test("a recipe with several files gets each of them, and passwords in a joined one", function()
  program.scene(nil, function(s)
    local made = generate(s, "auth0", "-n", "30")
    equal({ made.files[2].param, made.files[2].path }, { "hashes", "auth0-users-hashes.ndjson" })
    assert(made.logins > 3)
    s:run({ "prove", "auth0", "input=auth0-users.ndjson", "hashes=auth0-users-hashes.ndjson",
      "--logins", "auth0-users.logins.ndjson" }):ends_with(0)
  end)
end)

for name, recipe in pairs { csv = "csv", tsv = "csv", ldif = "ldap" } do
  test("a file of " .. name .. " is read by the recipe " .. recipe, function()
    program.scene(nil, function(s)
      local made = s:run({ "generate", name, "-n", "12", "--cost", "4" }):ends_with(0)
      local report = s:type_in(made:next() .. " --json"):ends_with(0):object()
      equal({ report.records.read, report.records.staged }, { 12, 12 })
      s:run({ "prove", recipe, "input=" .. name .. "-users." .. name, "--logins",
        name .. "-users.logins.ndjson" }):ends_with(0)
    end)
  end)
end

for _, name in ipairs { "json", "ndjson", "sql" } do
  test("a file of " .. name .. " has one user in each record", function()
    program.scene(nil, function(s)
      generate(s, name, "-n", "1200")
      local options = name == "sql" and ', { table = "users" }' or ""
      local reader = name == "sql" and "dump" or name
      s:write("own.lua", string.format([[
        local reader = require "source.%s"
        return {
          params = { input = { required = true } },
          source = function(params) return reader.records(params.input%s) end,
          map = function(row)
            return { user_id = row.id, email = row.email, username = row.username }
          end,
        }]], reader, options))
      local report = s:run({ "check", "own.lua", "input=" .. name .. "-users." .. name,
        "--json" }):ends_with(0):object()
      equal({ report.records.read, report.records.staged, report.records.duplicate },
        { 1200, 1200, 0 })
    end)
  end)
end

test("nothing is of a real person: addresses are of reserved domains", function()
  program.scene(nil, function(s)
    generate(s, "ldif", "-n", "300")
    for domain in s:read("ldif-users.ldif"):gmatch("@([%w.]+)") do
      assert(domain:find("^example%.%l%l%l$"), domain)
    end
  end)
end)

local OWN <const> = [[
local csv, password = require "source.csv", require "auth0.password"
return {
  params = { input = { required = true }, plan = {} },
  source = function(params) return csv.records(params.input, { delimiter = ";" }) end,
  map = function(row, params)
    return {
      user_id = row.nr, email = row.mail, given_name = row.vorname, phone_number = row.tel,
      password_hash = password.auto(row.pw), app_metadata = { plan = params.plan },
      mfa_factors = row.totp and { { totp = { secret = row.totp } } } or nil,
    }
  end,
}
]]
local CASES <const> = [[
- name: a customer
  params: { plan: pro }
  record:
    nr: 17
    mail: Ada@Example.com
    vorname: Ada
    tel: "+4930123456"
    notiz: Ada hat die Nummer +49 30 123456
    totp: GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ
    pw: $2y$10$9oZav.HNidL3IXx2GeGcguLBhoPpNutjRszkmM8rFNf9.P6EVKAoW
  login: correct horse
]]

test("a recipe of one's own, with parameters of its cases, and TOTP secrets in the key", function()
  program.scene(nil, function(s)
    s:write("own.lua", OWN)
    s:write("own.test.yaml", CASES)
    local made = s:run({ "generate", "own.lua", "-n", "30", "--cost", "4" }):ends_with(0)
    equal(made:next(), "auth0-migrate check own.lua input=own-users.csv plan=pro")
    local report = s:type_in(made:next() .. " --json"):ends_with(0):object()
    equal(report.records.staged, 30)
    local keys = s:lines("own-users.logins.ndjson")
    assert(#keys == 30 and keys[1].totp and keys[1].totp ~= keys[2].totp)
    local users = {}
    local mapped = s:run({ "map", "own.lua", "input=own-users.csv" }):ends_with(0)
    for line in mapped.stdout:gmatch("[^\n]+") do
      local user = json.decode(line)
      users[user.email] = user
    end
    for _, key in ipairs(keys) do
      equal(users[key.id].mfa_factors[1].totp.secret, key.totp)
      assert(users[key.id].given_name ~= nil)
    end
    contains(s:read("own-users.csv"), "$2y$04$")
  end)
end)

-- Shipped recipes of which nothing is generated, and why.
local NOT_GENERATED <const> = {}

for _, entry in ipairs(assert(file.list("recipes"))) do
  local name = entry:match("^(.+)%.lua$")
  if name then
    local why = NOT_GENERATED[name]
    test(string.format("users of the recipe %s %s", name, why and "are not generated: " .. why
      or "are generated, and each of them is read"), function()
      program.scene(nil, function(s)
        for _, ending in ipairs { ".lua", ".test.yaml" } do
          s:write(name .. ending, (assert(file.read("recipes/" .. name .. ending))))
        end
        local is_format = name == "csv" or name == "sql"
        local word = is_format and "./" .. name .. ".lua" or name
        local words = { "generate", word, "-n", "25", "--cost", "4" }
        if why then
          contains(s:run(words):ends_with(2).stderr, why)
          return
        end
        local made = s:run(words):ends_with(0)
        local report = s:type_in(made:next() .. " --json").stdout
        report = json.decode(report)
        equal({ report.records.read, report.records.staged }, { 25, 25 })
      end)
    end)
  end
end

test("a recipe without tests, or of an API, says why nothing is generated", function()
  program.scene(nil, function(s)
    s:write("own.lua", OWN)
    local none = s:run({ "generate", "own.lua" }):ends_with(2)
    contains(none.stderr, "own.test.yaml")
    s:write("own.test.yaml", CASES)
    local other = s:run({ "generate", "own.lua", "plan=free" }):ends_with(2)
    contains(other.stderr, "it has other parameters")
  end)
end)
