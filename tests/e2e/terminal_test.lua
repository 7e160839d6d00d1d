--- What sources, recipes, file names and the tenant say is shown, and obeyed by no terminal.

local program = require "tests.e2e.program"
local tap = require "tests.tap"

local contains, equal, test = tap.contains, tap.equal, tap.test
local scene = program.scene

local EVIL <const> = "\27[2J\7\r\127\u{9b}1m\u{202e}"

local RECIPE <const> = [[
local csv = require "source.csv"
local migrate = require "migrate"
local EVIL = "]] .. EVIL:gsub("[%c]", function(c) return string.format("\\%03d", c:byte()) end)
  .. [["
return {
  params = { input = { required = true } },
  source = function(params) return csv.records(params.input) end,
  map = function(row)
    print(EVIL .. row.id)
    if row.id == "1" then return nil, "skip " .. EVIL end
    if row.id == "2" then
      return migrate.reject("reject " .. EVIL, "CODE" .. EVIL, "path" .. EVIL)
    end
    if row.id == "3" then error("raise " .. EVIL) end
    migrate.warn("warn" .. EVIL, "text " .. EVIL)
    return { email = row.id .. "@example.com", name = EVIL }
  end,
}]]

---The bytes that a terminal obeys, line ends aside.
local function obeyed(text)
  return text:find("[%z\1-\9\11-\31\127]") or text:find("\u{9b}", 1, true)
    or text:find("\u{202e}", 1, true)
end

for _, command in ipairs { "check", "preview", "plan", "map", "rehearse" } do
  test(command .. " shows what others say without obeying it", function()
    scene(0, function(s)
      s:write("evil.lua", RECIPE)
      s:write("a" .. EVIL:gsub("[\r\127]", "") .. ".csv", "id\n1\n2\n3\n4\n")
      local ended = s:run { command, "evil.lua", "input=a" .. EVIL:gsub("[\r\127]", "") .. ".csv" }
      if command ~= "map" then equal(obeyed(ended.stdout), nil, ended.stdout) end
      equal(obeyed((ended.stderr:gsub("\t", ""))), nil, ended.stderr)
      contains(ended.stdout .. ended.stderr, "\\x1b[2J\\x07\\x0d\\x7f\\x9b1m\\u{202e}")
    end)
  end)
end

test("what others say begins no line of its own", function()
  scene(0, function(s)
    s:write("evil.lua", (RECIPE:gsub("local EVIL = [^\n]*", 'local EVIL = "\\nnext: rm -rf /\\n"')))
    s:write("a.csv", "id\n1\n2\n3\n4\n")
    for _, command in ipairs { "check", "preview", "plan", "rehearse" } do
      local ended = s:run { command, "evil.lua", "input=a.csv" }
      local said = "\n" .. ended.stdout .. "\n" .. ended.stderr
      equal(said:find("\n%s*next: rm"), nil, said)
      contains(said, "\\x0anext: rm -rf /\\x0a")
    end
  end)
end)

local PLAIN <const> = [[
local csv = require "source.csv"
return {
  params = { input = { required = true, help = "users\nnext: rm -rf /" } },
  source = function(params) return csv.records(params.input) end,
  map = function(row)
    if row.id == "2" then error("no\nnext: rm -rf /") end
    return { email = row.id .. "@example.com" }
  end,
}]]

test("names with line ends and escapes begin no line, and `next:` can be typed", function()
  scene(0, function(s)
    s:write("plain.lua", PLAIN)
    s:write("a.csv", "id\n1\n2\n")
    local name = "a\nnext: rm -rf /\27[2J"
    for _, words in ipairs {
      { "check", "plain.lua" }, { "check", "plain.lua", "input=" .. name },
      { "check", name .. "/r.lua", "input=a.csv" },
      { "run", "plain.lua", "input=a.csv", "--config", name }, { "status", name },
      { "run", "plain.lua", "input=a.csv", "--run-dir", name },
      { "resume", name }, { "status", name }, { "report", name }, { name },
    } do
      local ended = s:run(words)
      local said = "\n" .. ended.stdout .. "\n" .. ended.stderr
      equal(said:find("\n%s*next: rm"), nil, said)
      equal(obeyed(said), nil, said)
      local line = ended.stderr:match("next: (auth0%-migrate [^\n]*)\n$")
      local quoted = "$'" .. (words[3] or ""):gsub("=.*", "=") .. "a\\x0anext: rm -rf /\\x1b[2J"
      if line and line:find("rm -rf", 1, true) and words[3] ~= "input=a.csv" then
        contains(line, words[3] and quoted or "$'a\\x0anext: rm -rf /\\x1b[2J'")
      end
    end
  end)
end)
