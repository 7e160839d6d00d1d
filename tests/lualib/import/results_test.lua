--- run:users: each user with an outcome, and the user_id that the tenant chose.

local totals = require "journal.totals"
local file = require "host.file"
local import_rig = require "tests.lualib.import.rig"
local json = require "host.json"
local rig = require "tests.rig"
local tap = require "tests.tap"

local test = tap.test
local now, whole = import_rig.now, import_rig.whole

test("run:users yields each user with its outcome", function()
  rig.with_run({ n = 2 }, function(face, made, book)
    whole(face, made, book)
    local list = {}
    for entry in face:users("inserted") do
      list[#list + 1] = { entry.position, entry.outcome, entry.user_id }
    end
    tap.equal(list, { { 1, "inserted", "auth0|u1" }, { 2, "inserted", "auth0|u2" } })
  end)
end)

---A tenant whose export holds these users.
local function exporting(users)
  local tenant = rig.tenant()
  tenant.exports = 0
  function tenant.export(_, request)
    tenant.exports = tenant.exports + 1
    local lines = {}
    for i, one in ipairs(users) do lines[i] = assert(json.encode(one)) end
    return file.write(request.save, table.concat(lines, "\n") .. "\n")
  end
  return tenant
end

test("run:users finds the user_ids that the tenant chose, by one export", function()
  local tenant = exporting {
    { user_id = "auth0|made1", email = "a@example.com", username = json.null },
    { user_id = "auth0|made2", email = "b@example.com" },
    { user_id = "auth0|x", email = "twice@example.com" },
    { user_id = "auth0|y", email = "twice@example.com" },
  }
  local users = {
    { email = "A@example.com" }, { email = "b@example.com" }, { email = "gone@example.com" },
    { email = "twice@example.com" },
  }
  rig.with_run({ users = users, tenant = tenant }, function(face, made, book, dir)
    whole(face, made, book)
    local list = {}
    for entry in face:users() do list[entry.position] = entry.user_id or "none" end
    tap.equal(list, { "auth0|made1", "auth0|made2", "none", "none" })
    local ok = pcall(function()
      for _ in face:users() do error("enough") end
    end)
    tap.equal({ ok, tenant.exports }, { false, 2 })
    for _, name in ipairs { "ids.db", "ids.export" } do
      assert(not file.stat(dir:file(name)), name .. " is left behind")
    end
  end)
end)

test("run:users asks for no export when every user_id is known", function()
  local tenant = exporting {}
  rig.with_run({ n = 3, tenant = tenant }, function(face, made, book)
    whole(face, made, book)
    for entry in face:users() do assert(entry.user_id) end
    tap.equal(tenant.exports, 0)
  end)
end)

---The outcomes of run:users, by position, of an upsert that inserted one of three users.
local function upserted(created, look)
  local lines = {}
  for i = 1, 3 do
    lines[i] = { user_id = "auth0|u" .. i, email = "user" .. i .. "@example.com",
      created_at = created[i] }
  end
  local tenant = exporting(lines)
  tenant.script = {
    function(job) job.summary = { total = 3, inserted = 1, updated = 2, failed = 0 } end,
  }
  local options = { n = 3, per_chunk = 3, tenant = tenant, upsert = true }
  rig.with_run(options, function(face, made, book)
    whole(face, made, book)
    look(face, book, tenant)
  end)
end

local LONG_AGO <const> = "2001-01-01T00:00:00Z"

test("run:users separates inserted and updated users of an upsert by creation time", function()
  upserted({ LONG_AGO, now(), LONG_AGO }, function(face, book, tenant)
    local list = {}
    for entry in face:users() do list[entry.position] = entry.outcome end
    tap.equal(list, { "updated", "inserted", "updated" })
    for entry in face:users("inserted") do tap.equal(entry.position, 2) end
    for _ in face:users("failed") do error("nobody failed") end
    tap.equal({ tenant.exports, #totals.warnings(book) }, { 2, 0 })
  end)
end)

test("run:users yields unknown, and the report warns, if creation times do not decide", function()
  upserted({ LONG_AGO, now(), now() }, function(face, book)
    local list = {}
    for entry in face:users() do list[entry.position] = entry.outcome end
    tap.equal(list, { "updated", "unknown", "unknown" })
    for _ in face:users("inserted") do error("nobody can tell") end
    local n = 0
    for _ in face:users("unknown") do n = n + 1 end
    local warning = totals.warnings(book)[1]
    tap.equal({ n, warning.code, warning.count }, { 2, "OUTCOME_UNKNOWN", 2 })
  end)
end)
