--- Walks everything that a recipe can reach, and compares it with the list of what was put there.

local recipe_rig = require "tests.recipe_rig"
local tap = require "tests.tap"
local test = tap.test

-- Follows tables, keys, metatables, and the results of functions that hand something out.
local WALK <const> = [[
  local seen, names, bad = {}, {}, {}
  local function walk(value, path, depth)
    local kind = type(value)
    if kind == "userdata" or kind == "thread" then bad[#bad + 1] = path .. " is a " .. kind end
    if kind ~= "table" or seen[value] or depth > 8 then
      if kind == "function" then names[#names + 1] = path end
      return
    end
    seen[value] = true
    for key, one in next, value do
      walk(key, path .. ".<key>", depth + 1)
      walk(one, path .. "." .. tostring(key), depth + 1)
    end
    local meta = getmetatable(value)
    if meta ~= nil and meta ~= false then walk(meta, path .. ".<meta>", depth + 1) end
  end
]]

---The names of all functions under the expression, sorted; and what is neither function nor plain.
local function reachable(expression)
  local found = recipe_rig.seen(WALK .. "walk(" .. expression
    .. ", 'x', 0) table.sort(names) return { names = names, bad = bad }")
  return found.names, found.bad
end

-- All functions of a recipe's globals.
local GLOBALS <const> = [[
assert collectgarbage coroutine.close coroutine.create coroutine.isyieldable coroutine.resume
coroutine.running coroutine.status coroutine.wrap coroutine.yield debug.traceback dofile error
getmetatable io.lines io.open io.popen io.type ipairs load loadfile math.abs math.acos math.asin
math.atan math.ceil math.cos math.deg math.exp math.floor math.fmod math.log math.max math.min
math.modf math.rad math.random math.randomseed math.sin math.sqrt math.tan math.tointeger
math.type math.ult next os.clock os.date os.difftime os.execute os.getenv os.time pairs pcall
print rawequal rawget rawlen rawset require select setmetatable string.byte string.char
string.find string.format string.gmatch string.gsub string.len string.lower string.match
string.pack string.packsize string.rep string.reverse string.sub string.unpack string.upper
table.concat table.insert table.move table.pack table.remove table.sort table.unpack tonumber
tostring type utf8.char utf8.charpattern utf8.codepoint utf8.codes utf8.len utf8.offset xpcall
]]

test("the globals of a recipe are those that were put there", function()
  local found = recipe_rig.seen [[
    local names = {}
    for name, value in pairs(_G) do
      if type(value) == "table" and value ~= _G and name ~= "package" then
        for key in pairs(value) do names[#names + 1] = name .. "." .. key end
      elseif type(value) == "function" then
        names[#names + 1] = name
      end
    end
    table.sort(names)
    return table.concat(names, " ")]]
  local expected = {}
  for name in GLOBALS:gmatch "%S+" do expected[#expected + 1] = name end
  for _, name in ipairs { "math.huge", "math.maxinteger", "math.mininteger", "math.pi" } do
    expected[#expected + 1] = name
  end
  table.sort(expected)
  -- Some builds of Lua keep functions of older versions.
  for name in ("atan2 cosh frexp ldexp log10 pow sinh tanh"):gmatch "%S+" do
    found = found:gsub(" math%." .. name .. "%f[ ]", "")
  end
  tap.equal(found, table.concat(expected, " "))
end)

test("no userdata, coroutine or module of the host can be reached from the globals", function()
  local names, bad = reachable "_G"
  tap.equal(bad, { "x.package.loaded.cjson.null is a userdata" })
  for _, name in ipairs(names) do
    assert(not name:find "%f[%w]host%f[%W]" and not name:find "%f[%w]door%f[%W]", name)
  end
end)

for _, name in ipairs {
  "migrate", "migrate.import", "migrate.finalize", "migrate.retry", "source.csv", "source.json",
  "source.ndjson", "source.ldif", "source.sqlite", "source.lookup", "source.input", "source.value",
  "auth0.codes", "auth0.fixers", "auth0.limits", "auth0.password", "auth0.schema", "auth0.user",
} do
  test("a module hands out no userdata but JSON's null: " .. name, function()
    local _, bad = reachable("require '" .. name .. "'")
    for _, one in ipairs(bad) do assert(one:find("%.null is a userdata$"), one) end
  end)
end

test("the methods of a string cannot be reached as a table", function()
  local seen = recipe_rig.seen [[
    return { type(getmetatable("")), type(("").rep), pcall(function() ("").rep = 1 end) }]]
  tap.equal({ seen[1], seen[2], seen[3] }, { "nil", "function", false })
  tap.contains(seen[4], "attempt to index a string value")
end)

test("errors, iterators, records and coroutines hand out nothing of the program's", function()
  local seen = recipe_rig.in_folder({ ["a.csv"] = "id\n1\n" }, function(folder)
    return recipe_rig.seen(WALK .. string.format([[
      local csv = require "source.csv"
      local _, err = pcall(csv.records, "/etc/passwd")
      walk({ pcall(error, {}) }, "error", 0)
      walk(getmetatable(err), "failure", 0)
      local records = csv.records(%q)
      local row = records()
      local meta = { type(getmetatable(row)), type(debug.traceback()),
        type(coroutine.running()), tostring(err) }
      walk({ pairs(row) }, "pairs", 0)
      return { meta = meta, bad = bad }]], folder .. "/a.csv"), { folder = folder })
  end)
  tap.equal({ seen.meta[1], seen.meta[2], seen.meta[3] }, { "nil", "string", "thread" })
  tap.contains(seen.meta[4], "--allow-read=")
  for _, one in ipairs(seen.bad) do assert(one:find("^pairs%."), one) end -- the row itself
end)
