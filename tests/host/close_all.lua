--- A program for close_test.lua that exits with every handle open, while finalizers still use them:
--- `close_all.lua FOLDER at_exit|in_a_cycle`.

local bson = require "host.bson"
local chunk = require "host.chunk"
local coverage = require "host.coverage"
local csv = require "host.csv"
local digest = require "host.digest"
local dump = require "host.dump"
local file = require "host.file"
local gate = require "host.gate"
local http = require "host.http"
local index = require "host.index"
local jobs = require "host.jobs"
local json = require "host.json"
local ldif = require "host.ldif"
local lookup = require "host.lookup"
local loop = require "host.loop"
local process = require "host.process"
local sandbox = require "host.sandbox"
local server = require "host.server"
local sqlite = require "host.sqlite"
local store = require "host.store"
local stretch = require "host.stretch"
local tally = require "host.tally"
local xml = require "host.xml"
local yaml = require "host.yaml"

local folder <const>, how <const> = (...)[1], (...)[2]
local METHODS <const> = {
  "accept", "add", "all", "await", "call", "columns", "commit", "copy", "count", "done", "export",
  "get", "names", "next", "outline", "put", "read", "record", "respond", "result", "resume",
  "run", "select", "show", "status", "tables", "text", "write", "finish", "close",
}

---Calls everything on a handle that is closed or being closed.
local function use(handle)
  for _, method in ipairs(METHODS) do
    pcall(function() return handle[method](handle, 1, "x", "y") end)
  end
  pcall(function() return #handle, handle.email, handle.body end)
  pcall(loop.wait, 0)
  pcall(function() return next(json.materialize(handle)) end)
end

---Opens one handle of each kind and returns them, with a finalizer that uses them.
local function open_all()
  local handles = {}
  local function keep(handle)
    handles[#handles + 1] = assert(handle)
    return handle
  end
  setmetatable(handles, {
    __gc = function() for _, handle in ipairs(handles) do use(handle) end end,
  })

  assert(file.write(folder .. "/rows.csv", "email,id\na@example.com,1\nb@example.com,2\n"))
  assert(file.write(folder .. "/list.json", '[{"email":["a"]},{"email":"b"}]'))
  keep(keep(csv.reader(keep(file.open(folder .. "/rows.csv")))):next())
  keep(keep(json.reader(keep(file.open(folder .. "/list.json")))):next())
  assert(file.write(folder .. "/users.bson", ("\11\0\0\0\2a\0\2\0\0\0x\0\0"):rep(2)))
  keep(bson.reader(keep(file.open(folder .. "/users.bson")))):next()
  assert(file.write(folder .. "/list.xml", "<list><email>a</email><email>b</email></list>"))
  keep(xml.reader(keep(file.open(folder .. "/list.xml")), { path = { "list", "email" } })):next()
  assert(file.write(folder .. "/dump.sql", "INSERT INTO users (id) VALUES (1), (2);"))
  keep(keep(dump.reader(keep(file.open(folder .. "/dump.sql")), { table = "users" })):next())
  assert(file.write(folder .. "/list.yaml", "- id: 1\n- id: 2\n"))
  keep(yaml.reader(keep(file.open(folder .. "/list.yaml")))):next()
  assert(file.write(folder .. "/people.ldif", "dn: a\nmail: b\n\ndn: c\n"))
  keep(ldif.reader(keep(file.open(folder .. "/people.ldif")))):next()
  assert(keep(file.create(folder .. "/output", { zstd = true })):write("data"))
  keep(file.lock(folder .. "/lock"))
  local files = gate.new { folders = { folder } }
  keep(files.open(folder .. "/rows.csv")):read(1)
  keep(files.stream(folder .. "/rows.csv")):read(1)
  keep(file.feed("fed", function() return "text" end)):read(1)
  local set = keep(index.new(folder .. "/spool"))
  set:put("key", 1)
  keep(coverage.new())
  keep(coverage.tables { "a" })
  local writer, counted = keep(chunk.new(100)), keep(tally.new(16, 3))
  writer:add(1, 1, "here")
  counted:add(1, nil, "here")
  keep(digest.new("sha256")):add("data")
  keep(jobs.new()):add(1, "later")
  keep(lookup.new()):add("key", "text")
  local inside = keep(sandbox.new {
    ask = print, memory = 1 << 24, steps = 1000, seconds = 1, name = "=boot",
    boot = "local door = ... return { wait = door.wait, x = function() return kept end }",
  })
  inside:resume(inside:task("wait", 1))
  keep(stretch.new {
    sandbox = inside, draft = json.draft(), set = set, writer = writer,
    tally = counted, largest = 100,
  })

  local db = keep(store.open(folder .. "/base"))
  assert(db:exec("CREATE TABLE t (n)"))
  keep(db:begin())
  local insert = keep(db:prepare("INSERT INTO t VALUES (?)"))
  for i = 1, 3 do assert(insert:run(i)) end
  local next_row, _, _, cursor = db:rows("SELECT n FROM t")
  assert(next_row())
  keep(cursor)

  local rows = store.open(folder .. "/rows.db", { durable = false })
  assert(rows:exec("CREATE TABLE t (n); INSERT INTO t VALUES (1), (2)"))
  local rest = keep(sqlite.open(keep(file.open(folder .. "/rows.db")), { beside = file.beside }))
  assert(rest:select("SELECT n FROM t"))
  rest:next()
  keep(loop.signal("HUP"))
  keep(process.spawn({ "sleep", "100" }, { stdin = "pipe", stdout = "pipe" })):write("text")
  local listener, client = keep(server.listen()), keep(http.new())
  local url = ("http://127.0.0.1:%d/"):format(listener:port())
  for i = 1, 3 do
    keep(client:start({ method = "POST", url = url, body = "x", save = folder .. "/" .. i }))
  end
  for _ = 1, 2 do
    local request
    repeat
      loop.wait(1)
      request = listener:accept()
    until request
    keep(request)
  end
  return handles
end

local kept = { open_all() }
if how == "in_a_cycle" then
  table.remove(kept)
  for _ = 1, 3 do collectgarbage() end
  loop.wait(0)
end
return 0
