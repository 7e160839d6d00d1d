--- What a run leaves in its directory: owner, contents, and what must not be in the files.

local file = require "host.file"
local json = require "host.json"
local program = require "tests.e2e.program"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test
local scene, words = program.scene, program.words

local HASH <const> = program.HASH

---Users 1 to 4, then one record of each kind that does not become a user.
local ROWS <const> = {
  "u5,,Nobody," .. HASH,
  "u6,not-an-address,Broken," .. HASH,
  "u1,PERSON1@example.com,Again," .. HASH,
  "u8,person2@example.com,Other," .. HASH,
}

---Existing users of the tenant: person1 as ours, person3 as another user, u4 in another connection.
local function existing(s)
  s:write("existing.json", json.encode(json.array {
    {
      email = "person1@example.com", user_id = "u1", email_verified = true, given_name = "Old",
      custom_password_hash = { algorithm = "bcrypt", hash = { value = HASH } },
    },
    { email = "person3@example.com", user_id = "other3", email_verified = true },
    { email = "elsewhere@example.com", user_id = "u4", email_verified = true },
  }))
  return { "--existing", s:path "existing.json" }
end

local function each_file(folder, fn)
  for _, name in ipairs(assert(file.list(folder))) do
    local path = folder .. "/" .. name
    local stat = assert(file.stat(path))
    fn(path, stat)
    if stat.type == "folder" then each_file(path, fn) end
  end
end

local function check_modes(s, dir)
  equal(assert(file.stat(s:path(dir))).mode & 511, 448)
  each_file(s:path(dir), function(path, stat)
    equal(stat.mode & 511, stat.type == "folder" and 448 or 384, path)
  end)
end

test("files of the run directory are private, whether staged, finished or refused", function()
  scene(3, function(s)
    s:tenant()
    s:run(words()):ends_with(8)
    check_modes(s, "shop.run")
    s:run({ "resume", "--yes" }):ends_with(0)
    check_modes(s, "shop.run")
  end)
end)

---A run in which every outcome occurs once; `fn(scene, report, ended)`.
local function eventful(more, fn)
  scene(nil, function(s)
    s:people(4, ROWS)
    s:tenant(existing(s))
    local args = words("--yes", "--json", "--chunk-users", "3")
    table.move(more, 1, #more, #args + 1, args)
    local ended = s:run(args):ends_with(3)
    fn(s, ended:object(), ended)
  end)
end

test("the report of an eventful run accounts for everything", function()
  eventful({}, function(s, report)
    equal(report.records, {
      read = 8, extra = 0, skipped = 1, unchanged = 0, rejected = 2, duplicate = 1, staged = 4,
    })
    equal(report.users, { inserted = 1, updated = 0, already_there = 1, failed = 2, pending = 0 })
    equal(report.skipped, { ["no address"] = 1 })
    equal(report.codes.rejected, { FORMAT = 1, CONFLICT_EMAIL = 1 })
    equal(report.balanced, true)
    equal(s:metrics().users, 4)
    local written = json.decode(s:read "shop.run/report.json")
    for name, value in pairs(report) do -- stdout has every member, null if there is none
      if value ~= json.null or written[name] ~= nil then equal(written[name], value) end
    end
    equal({ report.tenant, report.connection }, { s.env.AUTH0_DOMAIN, s.env.AUTH0_CONNECTION })
    local html = s:read "shop.run/report.html"
    contains(html, "<html")
    contains(html, "Recipe shop into " .. report.connection .. " at " .. report.tenant)
    contains(html, "started " .. report.begun:sub(1, 10))
  end)
end)

test("skipped.ndjson has a line for each record that map skipped", function()
  eventful({}, function(s)
    equal(s:lines "shop.run/skipped.ndjson",
      { { position = 5, at = "people.csv:6", reason = "no address" } })
  end)
end)

test("rejected.ndjson has record, user, findings and the record kept", function()
  eventful({}, function(s)
    local lines = s:lines "shop.run/rejected.ndjson"
    table.sort(lines, function(a, b) return a.position < b.position end)
    equal(#lines, 3)
    local broken, again, other = table.unpack(lines)
    equal({ broken.position, broken.at, broken.outcome, broken.code, broken.path },
      { 6, "people.csv:7", "rejected", "FORMAT", "email" })
    equal(broken.record.email, "not-an-address")
    equal(broken.user.email, "not-an-address")
    equal(broken.errors[1].code, "FORMAT")
    equal(type(broken.message), "string")
    equal({ again.position, again.outcome, again.code, again.kept },
      { 7, "duplicate", "DUPLICATE", 1 })
    equal({ other.position, other.outcome, other.code, other.kept },
      { 8, "rejected", "CONFLICT_EMAIL", 2 })
  end)
end)

test("failed.ndjson has our own copy of the user, with its hash, and the reason", function()
  eventful({}, function(s)
    local lines = s:lines "shop.run/failed.ndjson"
    table.sort(lines, function(a, b) return a.position < b.position end)
    equal(#lines, 2)
    local third, fourth = table.unpack(lines)
    equal({ third.position, third.at, third.code, third.path, third.round },
      { 3, "people.csv:4", "DUPLICATED_USER", nil, 1 })
    equal({ fourth.position, fourth.at, fourth.code }, { 4, "people.csv:5", "CONFLICT" })
    for _, line in ipairs(lines) do
      equal(line.user.custom_password_hash.hash.value, HASH)
      equal(line.user.user_id, "u" .. line.position)
      contains(line.job, "job_")
      equal(math.type(line.attempt), "integer")
      equal(type(line.message), "string")
      equal(line.errors[1].code, line.code)
    end
  end)
end)

test("already_there.ndjson has the user_id of the tenant's user", function()
  eventful({}, function(s)
    local lines = s:lines "shop.run/already_there.ndjson"
    equal(#lines, 1)
    contains(lines[1].job, "job_")
    lines[1].job, lines[1].id = nil, nil
    equal(lines[1], {
      position = 1, at = "people.csv:2", user_id = "auth0|u1", email = "person1@example.com",
      code = "DUPLICATED_USER",
    })
    equal(s:ask("GET", "/users/auth0%7Cu1").given_name, "Old")
  end)
end)

test("a finished run keeps what verify and undo need of its chunks, and no secret", function()
  eventful({}, function(s)
    equal(file.list(s:path "shop.run/chunks"), { "000001.sent.zst", "000002.sent.zst" })
    local outcomes = {}
    for _, name in ipairs { "000001", "000002" } do
      equal(s:read("shop.run/chunks/" .. name .. ".sent.zst"):find(HASH, 1, true), nil)
      for _, line in ipairs(s:lines("shop.run/chunks/" .. name .. ".sent.zst")) do
        outcomes[line.position] = line.outcome
        equal(line.email, program.email(line.position))
        contains(line.job, "job_")
        equal(type(line.digests.custom_password_hash), "string")
      end
    end
    equal(outcomes, { "already_there", "inserted", "failed", "failed" })
  end)
end)

test("resume removes chunk files that a kill left in a finished run", function()
  scene(3, function(s)
    s:tenant()
    s:run(words()):ends_with(8)
    local staged = s:read "shop.run/chunks/000001.json"
    s:run({ "resume", "--yes" }):ends_with(0)
    s:write("shop.run/chunks/000001.json", staged)
    s:run({ "resume" }):ends_with(0)
    equal(file.list(s:path "shop.run/chunks"), { "000001.sent.zst" })
  end)
end)

test("--keep-chunks keeps the uploaded bytes, passed at the start or at the end", function()
  for _, cases in ipairs { { { "--keep-chunks" }, {} }, { {}, { "--keep-chunks" } } } do
    scene(3, function(s)
      s:tenant()
      s:run(words(table.unpack(cases[1]))):ends_with(8)
      local staged = s:read "shop.run/chunks/000001.json"
      s:run({ "resume", "--yes", table.unpack(cases[2]) }):ends_with(0)
      equal(s:read "shop.run/chunks/000001.json", staged)
    end)
  end
end)

test("the log, the report and stderr have no address, hash, token or secret", function()
  eventful({ "--verbose" }, function(s, _, ended)
    local texts = {
      ["log.ndjson"] = s:read "shop.run/log.ndjson", stderr = ended.stderr,
      stdout = ended.stdout, ["report.json"] = s:read "shop.run/report.json",
      ["report.html"] = s:read "shop.run/report.html",
    }
    for name, text in pairs(texts) do
      for _, secret in ipairs { "@example.com", "not-an-address", HASH, "$2b$", "eyJ",
        s.env.AUTH0_CLIENT_SECRET } do
        equal(text:find(secret, 1, true), nil, name .. " holds " .. secret)
      end
    end
  end)
end)

test("the secret and the token are nowhere in the run directory", function()
  eventful({ "--keep-chunks" }, function(s)
    each_file(s:path "shop.run", function(path, stat)
      if stat.type == "folder" then return end
      local text = assert(file.read(path))
      equal(text:find(s.env.AUTH0_CLIENT_SECRET, 1, true), nil, path)
      equal(text:find("eyJ", 1, true), nil, path)
    end)
  end)
end)

test("upsert updates existing users and counts them as updated", function()
  eventful({ "--upsert" }, function(s, report)
    equal(report.users, { inserted = 1, updated = 1, already_there = 0, failed = 2, pending = 0 })
    equal(s:ask("GET", "/users/auth0%7Cu1").given_name, "Person 1")
  end)
end)

test("upsert is a setting of the run: resume does not need the option", function()
  scene(2, function(s)
    s:tenant(existing(s))
    s:run(words "--upsert"):ends_with(8)
    local report = s:run({ "resume", "--yes", "--json" }):ends_with(0):object()
    equal({ report.users.inserted, report.users.updated }, { 1, 1 })
  end)
end)

test("rehearse --existing rehearses with the tenant's users, in NAME.rehearsal", function()
  scene(nil, function(s)
    s:people(4, ROWS)
    local args = { "rehearse", "shop.lua", "input=people.csv", "--json" }
    table.move(existing(s), 1, 2, #args + 1, args)
    for _ = 1, 2 do
      local report = s:run(args):ends_with(3):object()
      equal(report.users, { inserted = 1, updated = 0, already_there = 1, failed = 2, pending = 0 })
      equal(report.next, "auth0-migrate preview shop.lua input=people.csv --at people.csv:5")
    end
    check_modes(s, "shop.rehearsal")
    s:run({ "status" }):ends_with(2) -- never the default of another command
    s:run({ "report", "shop.rehearsal" }):ends_with(3)
  end)
end)

test("rehearse --faults reports how often each rule applied", function()
  scene(6, function(s)
    s:write("faults.yaml", "- {do: status, status: 503, route: GET /jobs/*, nth: 1}\n"
      .. "- {do: job-lost, nth: 9}\n- {do: slots, route: POST /jobs/users-import}\n")
    local args = {
      "rehearse", "shop.lua", "input=people.csv", "--chunk-users", "2", "--faults", "faults.yaml",
    }
    local text = s:run(args):ends_with(0).stdout
    contains(text, "faults     1  status, GET /jobs/*: 1 of ")
    contains(text, "\n           2  job-lost: 0 of 3 matching jobs\n")
    contains(text, "\n           3  slots, POST /jobs/users-import: no matching request\n")
    args[#args + 1] = "--json"
    local faults = s:run(args):ends_with(0):object().faults
    equal({ #faults, faults[2].hits, faults[2].matched }, { 3, 0, 3 })
    contains(s:read "shop.rehearsal/report.json", '"job-lost"')
  end)
end)
