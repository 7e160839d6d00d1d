local file = require "host.file"
local tap = require "tests.tap"
local user_state = require "base.user_state"
local test = tap.test

---Calls fn(state, folder) with the state of a user whose state folder is in a temporary one.
local function with_state(fn)
  local folder = assert(file.temporary())
  local function env(name) return name == "XDG_STATE_HOME" and folder or nil end
  fn(user_state.new(env), folder .. "/auth0-migrate", env)
  assert(file.remove_tree(folder))
end

test("an answer is remembered by its kind and key, also by the next process", function()
  with_state(function(state, _, env)
    tap.equal(state:get("domains", "a"), nil)
    assert(state:put("domains", "a", true))
    assert(state:put("domains", "b c/d", { x = 1 }))
    assert(state:put("grants", "a", "text"))
    local again = user_state.new(env)
    tap.equal(again:get("domains", "a"), true)
    tap.equal(again:get("domains", "b c/d"), { x = 1 })
    tap.equal(again:get("grants", "a"), "text")
    tap.equal(again:get("grants", "b c/d"), nil)
  end)
end)

test("the folder and its files are for the user alone", function()
  with_state(function(state, folder)
    assert(state:put("domains", "a", true))
    tap.equal(assert(file.stat(folder)).mode & 511, 448)
    tap.equal(assert(file.stat(folder .. "/domains.json")).mode & 511, 384)
  end)
end)

for _, text in ipairs { "", "{", "[]", "3", "null", '{"a":', "\255\254" } do
  test(string.format("a file with %q remembers nothing, and the next answer replaces it", text),
    function()
      with_state(function(state, folder)
        assert(file.mkdir(folder))
        assert(file.write(folder .. "/domains.json", text))
        tap.equal(state:get("domains", "a"), nil)
        assert(state:put("domains", "a", true))
        tap.equal(state:get("domains", "a"), true)
      end)
    end)
end

test("a folder in the file's place is a failure of put, not of get", function()
  with_state(function(state, folder)
    assert(file.mkdir(folder .. "/domains.json/x"))
    tap.equal(state:get("domains", "a"), nil)
    local done, message = state:put("domains", "a", true)
    tap.equal(done, nil)
    tap.contains(message, "cannot remember the answer")
  end)
end)

test("without a home nothing is remembered", function()
  local state = user_state.new(function() end)
  tap.equal(state:get("domains", "a"), nil)
  local done, message = state:put("domains", "a", true)
  tap.equal(done, nil)
  tap.contains(message, "neither XDG_STATE_HOME nor HOME")
end)

test("a relative XDG_STATE_HOME is ignored, and HOME counts", function()
  local state = user_state.new(function(name)
    return name == "HOME" and "/home/a" or "relative"
  end)
  tap.equal(state.folder, "/home/a/.local/state/auth0-migrate")
end)
