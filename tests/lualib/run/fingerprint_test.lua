local file = require "host.file"
local fingerprint = require "run.fingerprint"
local tap = require "tests.tap"
local test = tap.test

test("the journal keeps parameters of every kind but secrets", function()
  tap.equal(fingerprint.params {
    params = { input = "a.csv", n = 2, on = false, key = "x", pepper = "y", old = 7 },
    declared = {
      input = {}, n = { kind = "number" }, on = { kind = "boolean" }, key = { secret = true },
      pepper = { kind = "secret" }, old = { default = 7 },
    },
  }, { input = "a.csv", n = 2, on = false })
end)

test("a number and a boolean name no file", function()
  local declared = { n = { kind = "number" }, on = { kind = "boolean" } }
  tap.equal(fingerprint.fingerprint { params = { n = 2, on = true }, declared = declared }, {})
end)

test("a parameter that was false and is true has changed", function()
  local facts = { recipe_digest = "d", params = { on = false } }
  local function get(_, key) return facts[key] end
  local ledger = { get = get, get_table = get }
  local what = fingerprint.change(ledger, {
    digest = "d", params = { on = true }, declared = { on = { kind = "boolean" } },
  }, true)
  tap.contains(what, "a parameter has changed: on was false, is now true")
end)

test("the log of a database is part of its file, unless it is empty", function()
  local folder = assert(file.temporary())
  local path = folder .. "/a.db"
  assert(file.write(path, "x"))
  local function sizes()
    local found = {}
    for name, is in pairs(fingerprint.fingerprint { params = { input = path } }) do
      found[name:sub(#folder + 2)] = is.size
    end
    return found
  end
  tap.equal(sizes(), { ["a.db"] = 1 })
  assert(file.write(path .. "-wal", ""))
  tap.equal(sizes(), { ["a.db"] = 1 })
  assert(file.write(path .. "-wal", "log"))
  tap.equal(sizes(), { ["a.db"] = 1, ["a.db-wal"] = 3 })
  assert(file.remove_tree(folder))
end)
