--- The readers with a gate in place of host.file, as in a recipe's Lua state.

local tap = require "tests.tap"
local file = require "host.file"
local folder = require "tests.lualib.source.folder"
local gate = require "host.gate"
local guard = require "base.guard"
local test, equal = tap.test, tap.equal

---Runs `fn(csv, json)` with readers whose host.file is `files`.
local function with(files, fn)
  local before = {}
  for name, module in pairs(package.loaded) do before[name] = module end
  for name in pairs(before) do
    if name:find "^source%." then package.loaded[name] = nil end
  end
  package.loaded["host.file"] = files
  local ok, message = xpcall(function() fn(require "source.csv", require "source.json") end,
    debug.traceback)
  for name in pairs(package.loaded) do package.loaded[name] = before[name] end
  if not ok then error(message, 0) end
end

local function rows(records)
  local found = {}
  for row, at in records do found[#found + 1] = at .. " " .. row.id end
  return found
end

---What reading raises: the message and the kind.
local function failure_of(fn)
  local _, raised = guard.call(fn)
  return { raised.message, raised.kind }
end

test("a file, a folder, a pattern and several files are read through a gate", function()
  folder.with({ ["a.csv"] = "id\n1\n", ["in/b.csv"] = "id\n2\n", ["in/c.csv"] = "id\n3\n",
    ["in/x,y.csv"] = "id\n4\n" }, function(root)
    with(gate.new { folders = { root } }, function(csv)
      equal(rows(csv.records(root .. "/a.csv")), { "a.csv:2 1" })
      equal(rows(csv.records(root .. "/in")), { "b.csv:2 2", "c.csv:2 3", "x,y.csv:2 4" })
      equal(rows(csv.records(root .. "/in/[bc].csv")), { "b.csv:2 2", "c.csv:2 3" })
      equal(rows(csv.records(root .. "/in/x,y.csv")), { "x,y.csv:2 4" })
      equal(rows(csv.records(root .. "/a.csv, " .. root .. "/in/b.csv")),
        { "a.csv:2 1", "b.csv:2 2" })
      equal({ csv.records(root .. "/a.csv"):progress() }, { 1.0, 5, 5 })
    end)
  end)
end)

test("what was named is read, alone or as a pattern", function()
  folder.with({ ["a.csv"] = "id\n1\n", ["b.csv"] = "id\n2\n", ["c.txt"] = "" }, function(root)
    with(gate.new { named = { root .. "/*.csv" } }, function(csv)
      equal(rows(csv.records(root .. "/*.csv")), { "a.csv:2 1", "b.csv:2 2" })
      equal(rows(csv.records(root .. "/b.csv")), { "b.csv:2 2" })
    end)
  end)
end)

test("a file, a folder and a pattern outside are refused with how to grant them", function()
  folder.with({ ["in/a.csv"] = "", ["out/secret.csv"] = "id\n1\n" }, function(root)
    local files = gate.new { folders = { root .. "/in" }, hint = "; --allow-read=%s grants it" }
    with(files, function(csv, json)
      for _, name in ipairs { "/out/secret.csv", "/out", "/out/*.csv", "/none", "/none/*" } do
        local path = root .. name
        local expected = { "cannot read " .. path .. ": outside of the recipe's folder and of what "
          .. "was named; --allow-read=" .. path .. " grants it", "refused" }
        equal(failure_of(function() csv.records(path) end), expected)
        equal(failure_of(function() json.records(path) end), expected)
      end
    end)
  end)
end)

test("a file in a folder or pattern that is refused is not passed over", function()
  folder.with({ ["in/a.csv"] = "id\n1\n", ["secret.csv"] = "id\n2\n" }, function(root)
    assert(os.execute(string.format("ln -s ../secret.csv %s/in/b.csv", root)))
    with(gate.new { folders = { root .. "/in" } }, function(csv)
      for _, name in ipairs { "/in", "/in/*.csv" } do
        equal(failure_of(function() csv.records(root .. name) end), { "cannot read " .. root
          .. "/in/b.csv: a link leads outside of the recipe's folder and of what was named",
          "refused" })
      end
    end)
  end)
end)

test("what a file is that is not text is found through a gate", function()
  folder.with({ ["a.json"] = "PK\3\4" .. ("\0"):rep(20) }, function(root)
    local function message(files)
      local said
      with(files, function(_, json)
        said = failure_of(function() json.records(root .. "/a.json")() end)
      end)
      return said
    end
    equal(message(gate.new { folders = { root } }), message(file))
    tap.contains(message(file)[1], "a spreadsheet or a zip archive")
  end)
end)
