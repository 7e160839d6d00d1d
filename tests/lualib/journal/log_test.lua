local file = require "host.file"
local json = require "host.json"
local log = require "journal.log"
local tap = require "tests.tap"
local test = tap.test

for _, case in ipairs {
  { "an address", "person.1+x@mail.example.com is refused", "(address) is refused" },
  {
    "a bcrypt hash", "hash $2b$10$nOUIs5kJ7naTuTFkBy1veuK0kSxUFXfuaOKdOKf9xYT0KKIGSJwFa",
    "hash (hash)",
  },
  { "an argon2 hash", "$argon2id$v=19$m=65536,t=2,p=1$c2FsdA$aGFzaA end", "(hash) end" },
  { "a token", "Bearer eyJhbGciOi.eyJpc3Mi.c2lnbg now", "Bearer (token) now" },
  { "nothing", "chunk 3, job_7: 12 of 20 at 50%", "chunk 3, job_7: 12 of 20 at 50%" },
} do
  test("the log redacts " .. case[1] .. " and keeps the rest", function()
    tap.equal(log.anonymous(case[2]), case[3])
  end)
end

test("a line is JSON with a time and the event", function()
  local folder = assert(file.temporary())
  local write = log.open(folder .. "/log.ndjson")
  write("job_failed", { message = "user a@example.com", n = 3 })
  local line = json.decode(assert(file.read(folder .. "/log.ndjson")))
  tap.equal({ line.event, line.message, line.n }, { "job_failed", "user (address)", 3 })
  tap.contains(line.time, "T")
  file.remove_tree(folder)
end)

test("a log that cannot be opened says why, and accepts events all the same", function()
  local write, message = log.open("/nowhere/at/all/log.ndjson")
  tap.contains(message, "/nowhere/at/all/log.ndjson")
  write "resume"
end)
