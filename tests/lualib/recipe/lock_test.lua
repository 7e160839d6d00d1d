local file = require "host.file"
local lock = require "recipe.lock"
local tap = require "tests.tap"
local test = tap.test

local A <const>, B <const> = ("1"):rep(64), ("1e"):rep(32)
local MODULES <const> = {
  { name = "names", path = "/x/names.lua", sha256 = A },
  { name = "acme.lists", path = "/x/acme/lists.lua", sha256 = B },
}

---Calls fn(recipe) with the path of a recipe in a folder of its own.
local function with_recipe(fn)
  local folder = assert(file.temporary())
  fn(folder .. "/shop.lua", folder .. "/auth0-migrate.lock.yaml")
  assert(file.remove_tree(folder))
end

test("without a lock file nothing is pinned", function()
  with_recipe(function(recipe)
    local pinned, message = lock.read(recipe)
    tap.equal({ pinned, message }, {})
    tap.equal(lock.compare(nil, "names", A), true)
  end)
end)

test("what is written is read, sorted and with a header", function()
  with_recipe(function(recipe, name)
    tap.equal(lock.write(recipe, MODULES), true)
    tap.equal(lock.write(recipe, MODULES), false)
    tap.equal(assert(lock.read(recipe)).digests, { names = A, ["acme.lists"] = B })
    local text = assert(file.read(name))
    tap.contains(text, "# Written by `auth0-migrate recipes lock`; do not edit.")
    tap.contains(text, '"shop.lua":\n  "acme.lists": "' .. B .. '"\n  "names": "' .. A .. '"\n')
  end)
end)

test("recipes of one directory share the file and keep their digests", function()
  with_recipe(function(recipe)
    local other = recipe:gsub("shop", "a shop: \"b\"")
    assert(lock.write(recipe, MODULES))
    assert(lock.write(other, {}))
    tap.equal(assert(lock.read(other)).digests, {})
    assert(lock.write(other, { MODULES[1] }))
    tap.equal(assert(lock.read(other)).digests, { names = A })
    tap.equal(assert(lock.read(recipe)).digests, { names = A, ["acme.lists"] = B })
  end)
end)

test("a module that differs or is not listed is refused with both digests", function()
  with_recipe(function(recipe, name)
    assert(lock.write(recipe, MODULES))
    local pinned = assert(lock.read(recipe))
    tap.equal(lock.compare(pinned, "names", A), true)
    local same, message, kind, more = lock.compare(pinned, "names", B)
    tap.equal({ same, kind, more }, { nil, "usage", { next = "auth0-migrate recipes lock "
      .. recipe } })
    tap.contains(message, string.format('the module "names" differs from %s: locked %s, found %s',
      name, A, B))
    same, message = lock.compare(pinned, "others", B)
    tap.equal(same, nil)
    tap.contains(message, "locked none, found " .. B)
  end)
end)

test("a recipe that the file does not name has nothing listed", function()
  with_recipe(function(recipe)
    assert(lock.write(recipe, MODULES))
    local pinned = assert(lock.read((recipe:gsub("shop", "other"))))
    tap.equal(lock.compare(pinned, "names", A), nil)
  end)
end)

test("a check names each difference, also a module that is no longer loaded", function()
  with_recipe(function(recipe)
    local same, message, kind = lock.check(recipe, MODULES)
    tap.equal({ same, kind }, { nil, "usage" })
    tap.contains(message, "does not exist")
    assert(lock.write(recipe, MODULES))
    assert(lock.check(recipe, MODULES))
    same, message = lock.check(recipe, { { name = "names", sha256 = B }, { name = "new",
      sha256 = A } })
    tap.equal(same, nil)
    tap.contains(message, 'the module "names" differs')
    tap.contains(message, 'the module "new" is not in')
    tap.contains(message, 'the module "acme.lists" of ')
  end)
end)

for _, text in ipairs { "[1]", "a: [", "x", "shop.lua: [a]", "shop.lua: { a: b }",
  "shop.lua: { a: null }", "shop.lua: x", "shop.lua: { a: \"" .. ("z"):rep(64) .. "\" }" } do
  test(string.format("a lock file with %q is refused, not ignored", text:sub(1, 30)), function()
    with_recipe(function(recipe, name)
      assert(file.write(name, text))
      local pinned, message, kind = lock.read(recipe)
      tap.equal({ pinned, kind }, { nil, "usage" })
      tap.contains(message, "auth0-migrate.lock.yaml")
      tap.equal(lock.write(recipe, MODULES), nil)
    end)
  end)
end
