local file = require "host.file"
local permission = require "recipe.permission"
local tap = require "tests.tap"
local test = tap.test

local FACTS <const> = {
  path = "/work/shop.lua", params = { domain = "a.example" },
  needs = { net = { "{domain}" }, exec = { "psql" } },
}

---Calls fn(settle, asked): settle(answer, facts, allow, remembered) with a state folder of its own.
local function with_state(fn)
  local folder, asked = assert(file.temporary()), {}
  local function settle(answer, facts, allow, remembered)
    local ui = {
      ask = function(_, question, about)
        asked[#asked + 1] = table.concat(about, "\n") .. "\n" .. question
        return answer
      end,
      warn = function() end,
    }
    return permission.settle(facts or FACTS, { allow = allow }, ui, {
      remembered = remembered,
      env = function(name) return name == "XDG_STATE_HOME" and folder or nil end,
    })
  end
  fn(settle, asked, folder)
  assert(file.remove_tree(folder))
end

test("a recipe without needs is asked nothing", function()
  with_state(function(settle, asked)
    tap.equal(assert(settle(nil, { path = "x", params = {} })):list(), {})
    tap.equal(#asked, 0)
  end)
end)

test("a shipped recipe has what it declares, without a question", function()
  with_state(function(settle, asked)
    local granted = assert(settle(nil, { path = "keycloak", shipped = true, params = FACTS.params,
      needs = FACTS.needs }))
    tap.equal(granted:allows("net", "a.example"), true)
    tap.equal(#asked, 0)
  end)
end)

test("a terminal asks once, showing all of it, and the answer is remembered", function()
  with_state(function(settle, asked)
    local granted = assert(settle(true))
    tap.equal(granted:allows("exec", "psql"), true)
    tap.contains(asked[1], "/work/shop.lua")
    tap.contains(asked[1], "wants to\n  connect to a.example\n  run psql\n")
    assert(settle(nil))
    tap.equal(#asked, 1)
  end)
end)

test("other needs, another parameter or another file are asked about again", function()
  with_state(function(settle)
    assert(settle(true))
    for _, other in ipairs {
      { path = "/work/other.lua", params = FACTS.params, needs = FACTS.needs },
      { path = FACTS.path, params = { domain = "b.example" }, needs = FACTS.needs },
      { path = FACTS.path, params = FACTS.params, needs = { net = { "{domain}" },
        exec = { "psql", "sh" } } },
    } do
      tap.equal(settle(nil, other), nil)
    end
  end)
end)

test("a no refuses, is not remembered and suggests no option", function()
  with_state(function(settle, asked)
    local granted, message, kind, more = settle(false)
    tap.equal({ granted, kind, more.add }, { nil, "usage", nil })
    tap.contains(message, "was not granted what it asks for")
    settle(false)
    tap.equal(#asked, 2)
  end)
end)

test("without a terminal the refusal shows the options", function()
  with_state(function(settle)
    local granted, message, kind, more = settle(nil)
    tap.equal({ granted, kind }, { nil, "usage" })
    tap.contains(message, "grant it with --allow-net=a.example --allow-exec=psql")
    tap.equal(more.add, { "--allow-net=a.example", "--allow-exec=psql" })
    granted, message = settle(nil, nil, { net = { declared = true } })
    tap.equal(granted, nil)
    tap.contains(message, "grant it with --allow-exec=psql")
    assert(settle(nil, nil, { net = { declared = true }, exec = { "psql" } }))
  end)
end)

test("what the journal remembers is not asked again", function()
  with_state(function(settle, asked)
    local list = assert(settle(nil, nil, { net = { declared = true }, exec = { "psql" } })):list()
    assert(settle(nil, nil, nil, list))
    tap.equal(#asked, 0)
  end)
end)

test("paths are shown and granted as the files that they are", function()
  with_state(function(settle, asked, folder)
    assert(file.mkdir(folder .. "/data"))
    local facts = {
      path = "/work/shop.lua", params = { dir = folder .. "/data/../data/." },
      needs = { read = { "{dir}", "{dir}/none.csv" } },
    }
    local granted = assert(settle(true, facts))
    local real = file.real(folder .. "/data")
    tap.contains(asked[1], "\n  read " .. real .. "\n")
    tap.equal(granted:allows("read", real .. "/x"), true)
    local refused, message = settle(true, { path = "/work/shop.lua", params = {},
      needs = { read = { folder .. "/no/such/file" } } })
    tap.equal(refused, nil)
    tap.contains(message, "does not exist")
    granted = assert(settle(nil, facts, { read = { folder .. "/data" } }))
    tap.equal(granted:allows("read", real .. "/y"), true)
  end)
end)
