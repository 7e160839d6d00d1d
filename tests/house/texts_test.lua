--- Violations of the rules for the contents of files are reported.

local texts = require "tests.house.texts"
local tap = require "tests.tap"
local test = tap.test

test("a stray wait, protected call or prefix is reported", function()
  tap.equal(texts.strays {
    ["lualib/base/scheduler.lua"] = "loop.wait(1)",
    ["lualib/auth0/identifiers.lua"] = 'local PREFIX <const> = "auth0|"',
    ["lualib/tenant/x.lua"] = '-- with "auth0|"', ["recipes/x.lua"] = 'id:match "^auth0|(.*)"',
    ["lualib/migrate/x.lua"] = "-- pcall\nlocal ok = pcall(f)\nloop.wait(1)\nxpcall(f, g)",
  }, { "lualib/migrate/x.lua:2: pcall", "lualib/migrate/x.lua:3: loop.wait",
    "lualib/migrate/x.lua:4: pcall", "lualib/tenant/x.lua:1: auth0|", "recipes/x.lua:1: auth0|" })
end)

test("a message that is read is reported", function()
  for _, line in ipairs {
    'if message:find("is missing", 1, true) then', "local n = err.message:match('%d+')",
    '(failure.message or ""):gsub("x", "y")', "for word in reason:gmatch('%a+') do end",
    'string.find(why, "yes")', 'return string.match(made.ending.message, "yes")',
    'message : find "x"',
  } do
    local found = texts.readings { ["lualib/run/x.lua"] = "\n" .. line .. "\n" }
    tap.equal(#found, 1, line)
    tap.contains(found[1], "lualib/run/x.lua:2: reads ")
  end
end)

test("a message that is passed on, or is in a comment or a string, is accepted", function()
  for _, line in ipairs {
    "local found, message = recipe.find(name)", "-- message:find('x')", "messages:find(1)",
    'print("message:find(x)")', "return message:sub(1, 80)", "return find(message)",
  } do
    tap.equal(texts.readings { ["lualib/run/x.lua"] = line }, {})
  end
end)

test("an exception that reads no message is reported", function()
  local path = "lualib/cli/parse.lua"
  tap.equal(texts.readings { [path] = "message:match('x')" }, {})
  tap.equal(texts.readings { [path] = "return 1" }, { path .. ": no longer needs an exception" })
end)

test("SQL outside of the folders with tables is reported", function()
  for _, line in ipairs { 'db:value("SELECT 1 FROM chunk")', "db:row([[SELECT min(id) FROM x]])",
    'db:run("INSERT INTO chunk VALUES (1)")', 'db:run("UPDATE chunk SET id = 1")',
    "db:run('DELETE FROM chunk')", 'db:exec("CREATE TABLE x (y)")', 'db:value "PRAGMA page_size"',
  } do
    local found = texts.sql { ["lualib/run/x.lua"] = "\n" .. line .. "\n" }
    tap.equal(#found, 1, line)
    tap.equal(#texts.sql { ["lualib/source/x.lua"] = line }, 1, line)
    tap.contains(found[1], "lualib/run/x.lua:2: ")
    tap.equal(texts.sql { ["lualib/journal/x.lua"] = line, ["lualib/tenant/x.lua"] = line,
      ["lualib/source/database/x.lua"] = line, ["lualib/stage/dedupe.lua"] = line }, {})
  end
  for _, line in ipairs { 'method = "DELETE", path = "/users"', "-- SELECT 1 FROM chunk",
    'print("`sqlite3 -json FILE \'SELECT ...\'`")', "limits.DELETES_PER_SECOND = 1" } do
    tap.equal(texts.sql { ["lualib/run/x.lua"] = line }, {}, line)
  end
end)

test("a chunk's state outside of journal/ and import/ is reported", function()
  for _, line in ipairs { 'if record.state == "harvested" then', "chunk.state = 'sent'",
    'book:next_chunk("uncertain")', 'return { "sending" }' } do
    tap.equal(#texts.states { ["lualib/run/x.lua"] = line }, 1, line)
    tap.equal(texts.states { ["lualib/import/x.lua"] = line, ["lualib/journal/x.lua"] = line }, {})
  end
  for _, line in ipairs { 'pick(figures, "read", "staged")', "sent = true", '-- "harvested"',
    'log("sent", { chunk = 1 })' } do
    tap.equal(texts.states { ["lualib/run/x.lua"] = line }, {}, line)
  end
end)
