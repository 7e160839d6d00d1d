local file = require "host.file"
local json = require "host.json"
local log = require "journal.log"
local tap = require "tests.tap"
local test = tap.test

---The line that an event becomes.
local function written(event, fields)
  local folder = assert(file.temporary())
  local write = log.open(folder .. "/log.ndjson")
  write(event, fields)
  local line = json.decode(assert(file.read(folder .. "/log.ndjson")))
  file.remove_tree(folder)
  return line
end

for _, case in ipairs {
  { "an address", "person.1+x@mail.example.com is refused", "(address) is refused" },
  {
    "a bcrypt hash", "hash $2b$10$nOUIs5kJ7naTuTFkBy1veuK0kSxUFXfuaOKdOKf9xYT0KKIGSJwFa",
    "hash (hash)",
  },
  { "a bare digest", "5f4dcc3b5aa765d61d8327deb882cf99 at row 3", "(hash) at row 3" },
  { "a token", "Bearer eyJhbGciOi.eyJpc3Mi.c2lnbg now", "Bearer (token) now" },
  { "a phone number", "call +491701234567", "call (number)" },
  { "nothing", "chunk 3, job_7: 12 of 20 at 50%", "chunk 3, job_7: 12 of 20 at 50%" },
} do
  test("the log redacts " .. case[1] .. " and keeps the rest", function()
    for _, name in ipairs { "message", "why", "trace", "a field of a recipe's own" } do
      tap.equal(written("recipe", { [name] = case[2] })[name], case[3])
    end
    tap.equal(written("recipe", { list = { case[2] } }).list, json.encode { case[3] })
  end)
end

test("what the program says itself is not redacted", function()
  local line = written("sending",
    { job = "job_0123456789abcdef", at = "users.csv:12345678", n = 12345678 })
  tap.equal({ line.job, line.at, line.n },
    { "job_0123456789abcdef", "users.csv:12345678", 12345678 })
  tap.contains(line.time, "T")
end)

test("a long message is cut, and the line stays JSON", function()
  local line = written("recipe", { message = ("x"):rep(1 << 20), bytes = "\xff\0" })
  tap.equal(line.message, ("x"):rep(1991) .. "… (cut)")
  tap.equal(line.bytes, "?\0")
end)

test("a line is JSON with a time and the event", function()
  local line = written("job_failed", { message = "user a@example.com", n = 3 })
  tap.equal({ line.event, line.message, line.n }, { "job_failed", "user (address)", 3 })
  tap.contains(line.time, "T")
end)

test("a log that cannot be opened says why, and accepts events all the same", function()
  local write, message = log.open("/nowhere/at/all/log.ndjson")
  tap.contains(message, "/nowhere/at/all/log.ndjson")
  write "resume"
end)
