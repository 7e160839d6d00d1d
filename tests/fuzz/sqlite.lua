--- host.sqlite must read damaged databases and logs without a crash, the same twice, and change no
--- file; what it returns as text must be UTF-8.

local file = require "host.file"
local json = require "host.json"
local source = require "source.sqlite"
local sqlite = require "host.sqlite"
local store = require "host.store"
local text_of = require "host.text"
local fuzz = dofile "tests/fuzz/fuzz.lua"

local SCHEMAS <const> = {
  [[CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, n REAL, photo BLOB, g AS (id * 2));
    CREATE INDEX i ON users (email); CREATE VIEW v AS SELECT email, count(*) AS c FROM users;
    CREATE TABLE roles (user, role, PRIMARY KEY (user, role)) WITHOUT ROWID;
    INSERT INTO users VALUES (7, 'a@x', 1.5, x'00ff'), (9, NULL, -1, zeroblob(9000)),
      (-1, 'ä', 9223372036854775807, CAST(x'ff' AS TEXT));
    INSERT INTO roles VALUES (7, 'a'), (9, 'b');]],
  [[PRAGMA encoding = 'UTF-16le'; CREATE TABLE t (a, b); INSERT INTO t VALUES ('ä', 'b');
    CREATE VIRTUAL TABLE ft USING rtree(id, a, b);
    CREATE TRIGGER x INSERT ON t BEGIN SELECT 1; END]],
}

local words = { "\0", "\xff\xff\xff\xff", "\13", "\10", "\5", "\2", "SQLite format 3\0", "users",
  "CREATE TABLE ", "CREATE VIEW ", "SELECT ", "load_extension(", "\127\255\255\255",
  ("\0"):rep(100), ("\255"):rep(9) }

---A database's file, and its log, which holds all of it if it is in WAL mode.
local function sample(folder, schema, durable)
  local path = folder .. "/sample.db"
  local db = assert(store.open(path, { durable = durable }))
  assert(db:exec("PRAGMA page_size = 1024;" .. schema))
  local log = durable and assert(file.read(path .. "-wal")) or ""
  db:close()
  local text = assert(file.read(path))
  assert(file.remove(path))
  return { text, log }
end

---Without waiting for the disk.
local function write(path, text)
  local out <close> = assert(io.open(path, "wb"))
  assert(out:write(text))
end

---All that can be read of a table, as one text.
local function read(path, name)
  local input <close> = assert(file.open(path))
  local db, message = sqlite.open(input, { beside = file.beside, wait = 0, limit = 5000 })
  if not db then return { message } end
  local reader <close> = db
  local list, why = reader:tables()
  if not list then return { why } end
  local table_name = name or list[1] and list[1].name or "t"
  local ok
  ok, why = reader:select('SELECT * FROM "' .. table_name:gsub('"', '""') .. '"')
  local all = { why }
  for _ = 1, ok and 300 or 0 do
    local row, place, at, raw = reader:next()
    assert(not raw or text_of.is_utf8(raw))
    all[#all + 1] = tostring(place) .. tostring(at)
    assert((row == nil) == (reader:record() == nil))
    if row then all[#all + 1] = json.encode(reader:record()) or "infinite" end
    if row == nil then break end
  end
  return all
end

local samples, logs

return fuzz.run(..., function(number, folder)
  if not samples then
    samples, logs = {}, {}
    for _, schema in ipairs(SCHEMAS) do
      for _, durable in ipairs { false, true } do
        local made = sample(folder, schema, durable)
        samples[#samples + 1], logs[#logs + 1] = made[1], made[2]
      end
    end
    math.randomseed(number)
  end
  local path = folder .. "/a.db"
  local text = fuzz.broken(samples, words)
  local log = fuzz.pick { "", fuzz.pick(logs), fuzz.broken(logs, words) }
  local head = text:sub(1, 65536)
  assert(source.recognise(head) == nil or head:find("^SQLite format 3\0"))
  write(path, text)
  file.remove(path .. "-wal")
  if log ~= "" then write(path .. "-wal", log) end
  local name = fuzz.pick { "users", "roles", "v", "t", "ft", "sqlite_master", false } or nil
  local once, twice = read(path, name), read(path, name)
  assert(table.concat(once, "\n") == table.concat(twice, "\n"), once[1])
  assert(file.read(path) == text and (file.read(path .. "-wal") or "") == log)
end)
