--- undo and forget, by the real program against the built-in tenant.

local file = require "host.file"
local json = require "host.json"
local program = require "tests.e2e.program"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test
local scene, words = program.scene, program.words

local EXISTING <const> = '[{"email":"person2@example.com","user_id":"u2"}]'

test("undo deletes the users that the run inserted, and no others", function()
  scene(5, function(s)
    s:write("existing.json", EXISTING)
    s:tenant { "--existing", "existing.json" }
    s:run(words "--yes"):ends_with(0)
    equal(#s:users(), 5)
    local done = s:run({ "undo", "shop.run", "--yes", "--json" }):ends_with(0):object()
    equal({ done.status, done.users, done.deleted, done.gone, done.kept, done.finished },
      { "undone", 4, 4, 0, {}, true })
    local left = s:users()
    equal({ #left, left[1].user_id }, { 1, "auth0|u2" })
  end)
end)

test("an undone run is reported as such, and neither resumed nor retried", function()
  scene(3, function(s)
    s:tenant()
    s:run(words "--yes"):ends_with(0)
    s:run({ "undo", "shop.run", "--yes" }):ends_with(0)
    contains(s:run({ "report" }):ends_with(0).stdout, "UNDONE: 3 users deleted")
    equal(s:run({ "report", "--json" }):object().undo.deleted, 3)
    contains(s:run({ "status" }):ends_with(0).stdout, "UNDONE: 3 users deleted")
    contains(s:run({ "retry" }):ends_with(2).stderr, "shop.run was undone")
    local again = s:run({ "undo", "shop.run", "--json" }):ends_with(0):object()
    equal(again.deleted, 3)
  end)
end)

test("the report of an undone run says when and how many, and names no command", function()
  scene(3, function(s)
    s:write("existing.json", '[{"email":"' .. program.email(3) .. '","user_id":"other"}]')
    s:tenant { "--existing", "existing.json" }
    contains(s:run(words "--yes"):ends_with(3).stderr, "next: auth0-migrate retry shop.run")
    s:run({ "undo", "shop.run", "--yes" }):ends_with(0)
    local report = s:run({ "report", "--json" }):ends_with(3):object()
    local moment = report.undo.ended:sub(1, 10) .. " " .. report.undo.ended:sub(12, 16) .. " UTC"
    equal({ report.undo.deleted, report.undo.finished }, { 2, true })
    assert(report.undo.begun <= report.undo.ended and report.written >= report.undo.begun)
    local text = s:run({ "report" }).stdout
    contains(text, "UNDONE: 2 users deleted, 0 already gone, 0 kept; finished " .. moment)
    contains(text, "users     2  inserted       2 deleted by undo\n")
    assert(not text:find("retry", 1, true), text)
    equal(json.decode(s:read "shop.run/report.json").next, json.null)
    local page = s:read "shop.run/report.html"
    contains(page, "Undone on " .. moment .. ": of the users that this run inserted, 2 deleted, 0 "
      .. "already gone, 0 kept.")
    contains(page, "<td>2 deleted by undo</td>")
    equal({ page:find("new in the tenant", 1, true), page:find("<h2>Next</h2>", 1, true) }, {})
  end)
end)

test("the report of a run whose undo was killed says how far it is, and names undo", function()
  scene(20, function(s)
    s:write("faults.yaml", "- {do: slow, route: DELETE /users/*, nth: 14, seconds: 60}\n")
    s:tenant { "--faults", "faults.yaml" }
    s:run(words("--yes")):ends_with(0)
    local first = s:start { "undo", "shop.run", "--yes" }
    s:until_("a few deletions", function() return s:metrics().users < 12 end)
    first:kill "KILL"
    first:wait()
    local report = s:run({ "report", "--json" }):object()
    equal({ report.undo.finished, report.next }, { false, "auth0-migrate undo shop.run" })
    contains(s:run({ "report" }).stdout, "UNDO STARTED, not finished: ")
    contains(s:read "shop.run/report.html", "and is not finished: of the users")
    s:run({ "undo", "shop.run" }):ends_with(0)
    equal(s:run({ "report", "--json" }):object().undo.deleted, 20)
  end)
end)

test("without a terminal and --yes nothing is deleted, and the duration is shown", function()
  scene(3, function(s)
    s:tenant()
    s:run(words "--yes"):ends_with(0)
    local ended = s:run({ "undo", "shop.run" }):ends_with(8)
    contains(ended.stderr, "3 users of connection")
    contains(ended.stderr, "takes      about 1 min (enterprise), 1 min (production), 1 min (free)")
    contains(ended.stderr, "next: auth0-migrate undo shop.run --yes")
    s:holds(3)
  end)
end)

test("a run that inserted nobody is not marked, and can still be resumed", function()
  scene(2, function(s)
    s:tenant()
    s:run(words()):ends_with(8)
    contains(s:run({ "undo", "shop.run" }):ends_with(0).stdout, "inserted no users")
    s:run({ "resume", "--yes" }):ends_with(0)
    s:holds(2)
  end)
end)

test("the next command of undo and forget names a directory with a space as a shell reads it",
  function()
    scene(2, function(s)
      s:tenant()
      s:run({ "shop.lua", "input=people.csv", "--yes", "--run-dir", "my shop.run" }):ends_with(0)
      for _, command in ipairs { "undo", "forget" } do
        local ended = s:run({ command, "my shop.run" }):ends_with(8)
        contains(ended.stderr, "next: auth0-migrate " .. command .. " 'my shop.run' --yes")
      end
    end)
  end)

test("undo requires the name of its run", function()
  scene(1, function(s)
    contains(s:run({ "undo", "--yes" }):ends_with(2).stderr, "missing argument RUN")
    contains(s:run({ "forget", "--yes" }):ends_with(2).stderr, "missing argument RUN")
  end)
end)

test("a user who is already deleted is counted as such", function()
  scene(3, function(s)
    s:tenant()
    s:run(words "--yes"):ends_with(0)
    s:ask("DELETE", "/users/auth0%7Cu2")
    local done = s:run({ "undo", "shop.run", "--yes", "--json" }):ends_with(0):object()
    equal({ done.deleted, done.gone }, { 2, 1 })
    equal(#s:users(), 0)
  end)
end)

test("a killed undo continues without asking again, and counts what was deleted before", function()
  scene(120, function(s)
    s:slow_tenant()
    s:run(words("--yes", "--chunk-users", "100")):ends_with(0)
    local first = s:start { "undo", "shop.run", "--yes" }
    s:until_("a few deletions", function() return s:metrics().users < 110 end)
    first:kill "KILL"
    first:wait()
    local left = s:metrics().users
    equal(left > 0, true)
    contains(s:run({ "status" }):ends_with(0).stdout, "UNDO STARTED, not finished")
    for _, command in ipairs { "verify", "retry" } do
      local ended = s:run({ command, "shop.run" })
      contains(ended.stdout .. ended.stderr,
        " of 120 users deleted; finish it with `auth0-migrate undo shop.run`")
      contains(ended.stdout .. ended.stderr, "undo is incomplete")
    end
    local done = s:run({ "undo", "shop.run", "--json" }):ends_with(0):object()
    equal({ done.deleted, done.gone, s:metrics().users }, { 120, 0, 0 })
  end)
end)

test("an interrupted undo ends with 130 and can be continued", function()
  scene(150, function(s)
    s:slow_tenant()
    s:run(words "--yes"):ends_with(0)
    local first = s:start { "undo", "shop.run", "--yes", "--json" }
    s:until_("a deletion", function() return s:metrics().users < 150 end)
    first:kill "INT"
    local ended = first:ends_with(130):object()
    equal(ended.status, "interrupted")
    equal(s:run({ "undo", "shop.run", "--json" }):ends_with(0):object().deleted, 150)
  end)
end)

local NO_IDS <const> = function(text) return (text:gsub(" user_id = row.id,", "")) end

test("users without a user_id of ours are found by their addresses", function()
  scene(4, function(s)
    s:recipe(NO_IDS)
    s:tenant()
    s:run(words("--yes", "--keep-chunks")):ends_with(0)
    equal(s:run({ "undo", "shop.run", "--yes", "--json" }):ends_with(0):object().deleted, 4)
    equal(#s:users(), 0)
  end)
end)

test("with upsert only users that were created during the run are deleted", function()
  scene(5, function(s)
    s:recipe(NO_IDS)
    local made = s:slow_tenant()
    s:run(words("--yes", "--limit", "2")):ends_with(0)
    assert(made.db:run "UPDATE user SET created = created - 3600")
    s:run(words("--yes", "--upsert")):ends_with(0)
    local done = s:run({ "undo", "shop.run", "--yes", "--json" }):ends_with(0):object()
    equal({ done.deleted, done.gone }, { 3, 0 })
    equal(done.kept, { ["there before this run, which only updated it"] = 2 })
    equal(#s:lines "shop.run/kept.ndjson", 2)
    equal(#s:users(), 2)
  end)
end)

for _, after in ipairs { 120, 86400 } do
  test("a user of the same id that was created again " .. after .. " s later is kept, with 3",
    function()
      scene(3, function(s)
        local made = s:slow_tenant()
        s:run(words "--yes"):ends_with(0)
        assert(made.db:run("UPDATE user SET created = created + ? WHERE user_id = 'auth0|u1'",
          after))
        local done = s:run({ "undo", "shop.run", "--yes", "--json" }):ends_with(3):object()
        equal({ done.deleted, done.kept }, { 2, { ["created after this run"] = 1 } })
        equal(s:users()[1].user_id, "auth0|u1")
      end)
    end)
end

test("a client that may not delete sees the missing scope, and nothing is started", function()
  scene(2, function(s)
    s:slow_tenant { scopes = { "create:users", "read:users", "read:connections" } }
    s:run(words "--yes"):ends_with(0)
    contains(s:run({ "undo", "shop.run", "--yes" }):ends_with(6).stderr, "delete:users")
    equal(s:journal("shop.run", function(book) return book:get "undo_begun" == nil end), true)
  end)
end)

test("uploads with an unknown outcome are awaited first", function()
  scene(20, function(s)
    s:slow_tenant(nil, 10)
    local first = s:start(words "--yes")
    s:until_("a job", function() return s:metrics().jobs > 0 end)
    contains(s:run({ "undo", "shop.run", "--yes" }):ends_with(2).stderr, "in use")
    first:kill "KILL"
    first:wait()
    contains(s:run({ "undo", "shop.run", "--yes" }):ends_with(2).stderr,
      "next: auth0-migrate resume shop.run")
  end)
end)

test("another tenant than the run's is refused", function()
  scene(2, function(s)
    s:tenant()
    s:run(words "--yes"):ends_with(0)
    s:tenant()
    contains(s:run({ "undo", "shop.run", "--yes" }):ends_with(2).stderr, "this run is for")
  end)
end)

-- forget ----------------------------------------------------------------------------------

test("forget removes the run directory and touches no tenant", function()
  scene(3, function(s)
    s:tenant()
    s:run(words "--yes"):ends_with(0)
    contains(s:run({ "forget", "shop.run" }):ends_with(8).stderr, "forget shop.run --yes")
    equal(s:exists "shop.run/journal.db", true)
    local done = s:run({ "forget", "shop.run", "--yes", "--json" }):ends_with(0):object()
    equal({ done.status, done.stayed }, { "forgotten", {} })
    equal(s:exists "shop.run", false)
    s:holds(3)
  end)
end)

test("forget also removes the lists of verify and undo", function()
  scene(3, function(s)
    s:tenant()
    s:run(words "--yes"):ends_with(0)
    s:ask("DELETE", "/users/auth0|u2")
    s:run({ "verify" }):ends_with(3)
    equal(s:exists "shop.run/verify.ndjson", true)
    s:run({ "forget", "shop.run", "--yes" }):ends_with(0)
    equal(s:exists "shop.run", false)
  end)
end)

test("files that are not part of the run stay, and are named", function()
  scene(2, function(s)
    s:tenant()
    s:run(words "--yes"):ends_with(0)
    s:write("shop.run/notes.txt", "mine")
    contains(s:run({ "forget", "shop.run", "--yes" }):ends_with(0).stdout, "notes.txt")
    equal({ s:exists "shop.run/notes.txt", s:exists "shop.run/journal.db" }, { true, false })
  end)
end)

test("a folder that is not a run is refused", function()
  scene(1, function(s)
    assert(file.mkdir(s:path "other"))
    s:write("other/x", "")
    contains(s:run({ "forget", "other", "--yes" }):ends_with(2).stderr, "other is not a run")
    contains(s:run({ "forget", "none", "--yes" }):ends_with(2).stderr, "none is not a run")
    equal({ s:exists "other/x", s:exists "none" }, { true, false })
  end)
end)

test("a run that another process holds is not forgotten", function()
  scene(20, function(s)
    s:slow_tenant(nil, 40)
    local first = s:start(words "--yes")
    s:until_("a job", function() return s:metrics().jobs > 0 end)
    contains(s:run({ "forget", "shop.run", "--yes" }):ends_with(2).stderr, "in use")
    first:ends_with(0)
  end)
end)
