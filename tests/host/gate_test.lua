local file = require "host.file"
local gate = require "host.gate"
local tap = require "tests.tap"
local test, equal, contains, raises = tap.test, tap.equal, tap.contains, tap.raises

local OUTSIDE <const> = "outside of the recipe's folder and of what was named"

local function sh(script, ...)
  assert(os.execute(string.format(script, ...)))
end

---Runs `fn(root, new)` with both ways to resolve paths: in the temporary folder are recipe/ and
---other/; `new(rules)` makes a gate.
local function within(fn)
  for _, by_component in ipairs { false, true } do
    local root = assert(file.real(assert(file.temporary())))
    for _, name in ipairs { "recipe/users.csv", "recipe/in/a.csv", "recipe/.env", "recipe/.git/x",
      "recipe/in/.b.csv", "other/secret.csv", "other/.key", "recipes/near.csv" } do
      assert(file.mkdir(root .. "/" .. name:match("^(.*)/")))
      assert(file.write(root .. "/" .. name, "in " .. name))
    end
    local ok, message = xpcall(fn, debug.traceback, root, function(rules)
      rules.by_component = by_component
      return gate.new(rules)
    end)
    assert(file.remove_tree(root))
    if not ok then error((by_component and "by component: " or "") .. message, 0) end
  end
end

---What a file holds, or the message and the kind.
local function read(files, path)
  local input <close>, message, kind = files.open(path)
  if not input then return message, kind end
  return input:read(100)
end

local function check_refused(files, path, why)
  for _, name in ipairs { "open", "stream", "stat" } do
    local found, message, kind = files[name](path)
    equal({ found, message, kind }, { nil, "cannot read " .. path .. ": " .. why, "refused" }, name)
  end
end

test("what is below a folder is opened, examined and listed as by host.file", function()
  within(function(root, new)
    local files = new { folders = { root .. "/recipe" } }
    local path = root .. "/recipe/in/a.csv"
    equal(read(files, path), "in recipe/in/a.csv")
    equal(files.stat(path), file.stat(path))
    equal(files.stat(root .. "/recipe"), file.stat(root .. "/recipe"))
    equal(files.list(root .. "/recipe"), { "in", "users.csv" })
    equal(files.list(root .. "/recipe/in/"), { "a.csv" })
    equal(files.working_directory(), file.working_directory())
    local input <close> = assert(files.open(path, "given"))
    equal({ input:name(), select(2, input:progress()) }, { "given", 18 })
  end)
end)

test("a stream is a file of Lua's io library, for reading", function()
  within(function(root, new)
    local files = new { folders = { root .. "/recipe" } }
    local stream <close> = assert(files.stream(root .. "/recipe/users.csv"))
    equal({ io.type(stream), stream:read("a") }, { "file", "in recipe/users.csv" })
    equal(stream:write("x"), nil)
    assert(stream:close())
    equal(io.type(stream), "closed file")
  end)
end)

test("what is outside is refused, whether it exists or not", function()
  within(function(root, new)
    local files = new { folders = { root .. "/recipe" }, hint = "; --allow-read=%s grants it" }
    for _, path in ipairs { root .. "/other/secret.csv", root .. "/other/none", root .. "/other",
      "/etc/passwd", "/none", "/", "README.md", root .. "/recipes/near.csv", "recipe/users.csv",
      root .. "/recipe/../other/secret.csv", root .. "/recipe/none/../../other/secret.csv" } do
      check_refused(files, path, OUTSIDE .. "; --allow-read=" .. path .. " grants it")
      equal(select(3, files.list(path)), "refused")
      equal(select(3, files.glob(path .. "*")), "refused")
    end
  end)
end)

test("what is inside and missing is missing", function()
  within(function(root, new)
    local files = new { folders = { root .. "/recipe" }, named = { root .. "/none" } }
    for _, path in ipairs { root .. "/recipe/none", root .. "/none", root .. "/none/x" } do
      for _, name in ipairs { "open", "stream", "stat", "list" } do
        local found, message, kind = files[name](path)
        equal({ found, kind }, { nil, "missing" })
        contains(message, path .. ": No such file")
      end
    end
    equal(select(3, files.open("")), "missing")
  end)
end)

test("a path may have dots, slashes and names that do not exist before ..", function()
  within(function(root, new)
    local files = new { folders = { root .. "/other/.././recipe//" } }
    equal(read(files, root .. "/other/../recipe/./in/..//none/../in/a.csv"), "in recipe/in/a.csv")
  end)
end)

test("paths are relative to the working directory", function()
  local files = gate.new { folders = { "tests/host" }, named = { "./README.md", "docs/*.md" } }
  assert(files.stat("tests/host/gate_test.lua"))
  assert(files.stat(file.working_directory() .. "/tests/../tests/host/gate_test.lua"))
  assert(files.stat("README.md"))
  assert(files.stat("docs/recipes.md"))
  equal(files.glob("docs/recipes*.md"), { "docs/recipes.md" })
  equal(select(3, files.stat("tests/tap.lua")), "refused")
end)

test("names that begin with a dot are refused below a folder, not above", function()
  within(function(root, new)
    local files = new { folders = { root .. "/recipe" }, hint = " (%s)" }
    for _, name in ipairs { ".env", ".git/x", "in/.b.csv", ".none" } do
      local path = root .. "/recipe/" .. name
      check_refused(files, path, 'a name in it begins with "." (' .. path .. ")")
    end
    equal(select(3, files.list(root .. "/recipe/.git")), "refused")
    equal(files.glob(root .. "/recipe/.*"), {})
    equal(read(new { folders = { root .. "/recipe/.git" } }, root .. "/recipe/.git/x"),
      "in recipe/.git/x")
    for _, name in ipairs { ".env", ".e*" } do
      local named = new { named = { root .. "/recipe/" .. name } }
      equal(read(named, root .. "/recipe/.env"), "in recipe/.env")
    end
  end)
end)

test("a person names files, folders and patterns", function()
  within(function(root, new)
    local files = new { named = { root .. "/other/secret.csv", root .. "/recipe/in",
      root .. "/recipe/*.csv", root .. "/a[1], b.csv" } }
    assert(file.write(root .. "/a[1], b.csv", "odd"))
    assert(file.write(root .. "/recipe/notes.txt", ""))
    equal(read(files, root .. "/other/secret.csv"), "in other/secret.csv")
    equal(read(files, root .. "/recipe/in/a.csv"), "in recipe/in/a.csv")
    equal(read(files, root .. "/recipe/users.csv"), "in recipe/users.csv")
    equal(read(files, root .. "/a[1], b.csv"), "odd")
    equal(select(3, files.stat(root .. "/recipe/none.csv")), "missing")
    for _, name in ipairs { "other/.key", "other", "recipe", "recipe/notes.txt", "recipe/.csv" } do
      check_refused(files, root .. "/" .. name, OUTSIDE)
    end
  end)
end)

test("a pattern is searched as a person named it, and in folders that may be read", function()
  within(function(root, new)
    local files = new { folders = { root .. "/recipe" },
      named = { root .. "/o*/*.csv", root .. "/other/x y,z.csv" } }
    for _, name in ipairs { "/recipe/in-b/c.csv", "/other/b.csv", "/other/x y,z.csv" } do
      assert(file.mkdir((root .. name):match("^(.*)/")))
      assert(file.write(root .. name, ""))
    end
    for pattern, expected in pairs {
      ["/recipe/*"] = { "in", "in-b", "users.csv" },
      ["/recipe/*/*.csv"] = { "in-b/c.csv", "in/a.csv" },
      ["/recipe/*/c.csv"] = { "in-b/c.csv" },
      ["/recipe/i[n]/?.csv"] = { "in/a.csv" },
      ["/recipe/\\users.csv"] = { "users.csv" },
      ["/recipe/none*"] = {},
      ["/recipe/none/*"] = {},
      ["/recipe/users.csv/*"] = {},
    } do
      for i, name in ipairs(expected) do expected[i] = root .. "/recipe/" .. name end
      equal(files.glob(root .. pattern), expected, pattern)
    end
    equal(files.glob(root .. "/o*/*.csv"), file.glob(root .. "/o*/*.csv"))
    equal(files.glob(root .. "/other/x*,z.csv"), { root .. "/other/x y,z.csv" })
    equal(files.glob(root .. "/r*"), { root .. "/recipe" })
    for _, pattern in ipairs { "/x*", "/recipes*", "/recipes/*", "/other/.k*", "/o*/secret",
      "/other/s*t", "/other/sec*/x", "/other/[s]*v/../.key", "/none/*" } do
      equal({ files.glob(root .. pattern) },
        { nil, "cannot read " .. root .. pattern .. ": " .. OUTSIDE, "refused" })
    end
  end)
end)

test("a link may lead to anything below its folder that may be read", function()
  within(function(root, new)
    local files = new { folders = { root .. "/recipe" } }
    sh("cd %s/recipe && ln -s in/a.csv one && ln -s one two && ln -s in folder && cd in &&"
      .. " ln -s ../users.csv up && ln -s '%s/recipe/users.csv' absolute && ln -s .. parent",
      root, root)
    for name, content in pairs {
      one = "in/a.csv", two = "in/a.csv", ["folder/a.csv"] = "in/a.csv", ["in/up"] = "users.csv",
      ["folder/up"] = "users.csv", ["in/absolute"] = "users.csv",
      ["in/parent/in/parent/users.csv"] = "users.csv",
    } do
      equal(read(files, root .. "/recipe/" .. name), "in recipe/" .. content, name)
    end
    equal(files.list(root .. "/recipe/in/parent/folder"), { "a.csv", "absolute", "parent", "up" })
    equal(files.stat(root .. "/recipe/in/parent").type, "folder")
  end)
end)

test("a link that leads outside is refused, whether its target exists or not", function()
  within(function(root, new)
    local files = new { folders = { root .. "/recipe" }, hint = "; name %s" }
    sh("cd %s/recipe && ln -s ../other/secret.csv a && ln -s '%s/other' b && ln -s ../none c &&"
      .. " ln -s a d && ln -s ../recipe/users.csv e && cd in && ln -s ../../other/none f &&"
      .. " ln -s '%s/recipe/../other' g", root, root, root)
    for _, name in ipairs { "a", "b", "b/secret.csv", "b/none", "c", "d", "e", "in/f",
      "in/g/secret.csv" } do
      local path = root .. "/recipe/" .. name
      check_refused(files, path, "a link leads outside of the recipe's folder and of what was named"
        .. "; name " .. path)
    end
    equal(select(3, files.list(root .. "/recipe/b")), "refused")
    equal(select(3, files.glob(root .. "/recipe/b/*")), "refused")
    equal(files.glob(root .. "/recipe/[ac]"), { root .. "/recipe/a", root .. "/recipe/c" })
  end)
end)

test("a link to a hidden name is refused", function()
  within(function(root, new)
    local files = new { folders = { root .. "/recipe" }, named = { root .. "/recipe/x*" } }
    sh("cd %s/recipe && ln -s .env a && ln -s .git b && ln -s .env x", root)
    for _, name in ipairs { "a", "b/x", "x" } do
      check_refused(files, root .. "/recipe/" .. name, 'a name in it begins with "."')
    end
  end)
end)

test("a link that a person names is followed", function()
  within(function(root, new)
    sh("cd %s && ln -s other/secret.csv file && ln -s other folder && ln -s .. other/up", root)
    local files = new { named = { root .. "/file", root .. "/folder" } }
    equal(read(files, root .. "/file"), "in other/secret.csv")
    equal(read(files, root .. "/folder/secret.csv"), "in other/secret.csv")
    equal(read(files, root .. "/other/secret.csv"), "in other/secret.csv")
    equal(select(3, files.open(root .. "/folder/up/recipe/users.csv")), "refused")
    equal(select(3, files.open(root .. "/folder/.key")), "refused")
  end)
end)

test("links in a circle cannot be used", function()
  within(function(root, new)
    local files = new { folders = { root .. "/recipe" } }
    sh("cd %s/recipe && ln -s b a && ln -s a b && ln -s self/x self", root)
    for _, name in ipairs { "a", "self", "self/y" } do
      equal(select(3, files.open(root .. "/recipe/" .. name)), "unusable", name)
    end
  end)
end)

test("what is denied is refused, whatever leads there", function()
  within(function(root, new)
    local files = new { folders = { root .. "/recipe" }, named = { root .. "/recipe/*.csv" },
      denied = { root .. "/recipe/users.csv", root .. "/recipe/in", root .. "/recipe/none" },
      hint = "; name it" }
    sh("cd %s/recipe && ln -s users.csv a && ln users.csv b.csv && ln -s in c", root)
    for _, name in ipairs { "users.csv", "a", "b.csv", "in", "in/a.csv", "in/none", "c/a.csv",
      "c", "none", "none/x" } do
      check_refused(files, root .. "/recipe/" .. name, "it belongs to the program")
    end
    equal(files.glob(root .. "/recipe/*.csv"), {})
    assert(file.write(root .. "/recipe/users.csv", "replaced"))
    check_refused(files, root .. "/recipe/users.csv", "it belongs to the program")
    equal(read(files, root .. "/recipe/b.csv"), "in recipe/users.csv")
  end)
end)

test("a denied file that is named stays denied", function()
  within(function(root, new)
    sh("ln -s other/secret.csv %s/link", root)
    local files = new { named = { root .. "/link" }, denied = { root .. "/other" } }
    check_refused(files, root .. "/link", "it belongs to the program")
  end)
end)

test("a pipe that was not named is refused without waiting", function()
  within(function(root, new)
    local files = new { folders = { root .. "/recipe" }, named = { root .. "/recipe/p*" } }
    sh("mkfifo %s/recipe/pipe", root)
    check_refused(files, root .. "/recipe/pipe", "a pipe that was not named")
    equal(files.glob(root .. "/recipe/p*"), { root .. "/recipe/pipe" })
  end)
end)

test("a pipe that was named is read, also when its writer is late", function()
  within(function(root, new)
    local path = root .. "/recipe/pipe"
    local files = new { named = { path } }
    sh("mkfifo %s && { sleep 0.1; printf late >%s; } &", path, path)
    repeat local stat = files.stat(path) until stat and stat.type == "other"
    equal(read(files, path), "late")
  end)
end)

test("a descriptor that was named is read", function()
  if not file.stat("/dev/fd/0") then tap.skip("no /dev/fd here") end
  local path = assert(file.temporary())
  assert(file.write(path .. "/script.lua", [[
    local files = require "host.gate".new { named = { (...)[1] } }
    local input, message = files.open((...)[1])
    print(input and input:read(100) or message)
    print((require "host.gate".new({}).open((...)[1])))
    print(require "host.gate".new({}).open("-"):name())]]))
  for _, name in ipairs { "/dev/fd/3", "/dev/stdin", "/proc/self/fd/3" } do
    if name:find("^/dev") or file.stat("/proc/self") then
      sh("printf piped | %s --run %s/script.lua %s 3<&0 >%s/out", require("host.process").program(),
        path, name, path)
      equal(file.read(path .. "/out"), "piped\nnil\nstdin\n", name)
    end
  end
  assert(file.remove_tree(path))
end)

test("devices, /proc and /sys are refused also below a folder", function()
  local files = gate.new { folders = { "/" }, named = { "/proc/self/environ", "/dev/z*" },
    hint = "; name it" }
  check_refused(files, "/dev/zero", "a device")
  assert(files.stat("/etc/passwd"))
  if not file.stat("/proc/self") then tap.skip("no /proc here") end
  for _, path in ipairs { "/proc/self/environ", "/proc/self/maps", "/proc", "/sys" } do
    check_refused(files, path, "it belongs to the system")
  end
  equal(select(3, files.glob("/proc/*/environ")), "refused")
end)

test("one rule that grants a path is enough", function()
  within(function(root, new)
    sh("ln -s ../other %s/recipe/link", root)
    local files = new { folders = { root .. "/recipe" },
      named = { root .. "/recipe/link/secret.csv", root .. "/recipe/.env" } }
    equal(read(files, root .. "/recipe/link/secret.csv"), "in other/secret.csv")
    equal(read(files, root .. "/recipe/.env"), "in recipe/.env")
  end)
end)

test("a zero byte is refused", function()
  local files = gate.new { folders = { "." } }
  for _, name in ipairs { "open", "stream", "stat", "list", "glob" } do
    equal({ files[name]("README.md\0x") },
      { nil, "cannot read README.md: its name has a zero byte", "refused" })
  end
end)

test("a folder is not opened as a file, nor a file listed", function()
  within(function(root, new)
    local files = new { folders = { root } }
    local _, message, kind = files.open(root .. "/recipe")
    equal({ message, kind }, { "opening " .. root .. "/recipe: Is a directory", "io" })
    contains(select(2, files.list(root .. "/recipe/users.csv")), "Not a directory")
    contains(select(2, files.stat(root .. "/recipe/users.csv/x")), "Not a directory")
  end)
end)

test("a name may be too long", function()
  local files = gate.new { folders = { "." } }
  equal(select(3, files.open(("x"):rep(300))), "unusable")
  equal(select(3, files.open(("x/"):rep(5000))), "unusable")
  assert(select(3, files.open(("../"):rep(5000))) == "refused")
end)

test("no descriptor stays open", function()
  if not file.stat("/proc/self/fd") then tap.skip("no /proc here") end
  within(function(root, new)
    sh("cd %s/recipe && ln -s in/a.csv a && ln -s ../other b && ln -s in c", root)
    local files = new { folders = { root .. "/recipe" }, denied = { root .. "/recipe/users.csv" } }
    collectgarbage()
    local before = #file.list("/proc/self/fd")
    for _, name in ipairs { "a", "b", "b/x", "c/a.csv", "in/none", "users.csv", ".env", "" } do
      local path = root .. "/recipe/" .. name
      for _, call in ipairs { "open", "stream", "stat", "list", "glob" } do files[call](path) end
      files.glob(path .. "/*")
    end
    collectgarbage()
    equal(#file.list("/proc/self/fd"), before)
  end)
end)

test("rules that are no lists of paths are misuse", function()
  raises(function() gate.new() end, "table expected")
  raises(function() gate.new { folders = "x" } end, "folders must be a list")
  raises(function() gate.new { named = { 1 } } end, "named must be paths")
  raises(function() gate.new { denied = { "a\0b" } } end, "denied must be paths")
end)

test("what belongs to a file that was named may be read with it, unless it is denied", function()
  within(function(root, new)
    sh("cd %s/other && echo x >secret.csv-wal && echo x >near.db && echo x >near.db-wal", root)
    local named = { root .. "/other/secret.csv", root .. "/other/near.db" }
    local files = new { named = named, denied = { root .. "/other/near.db-wal" } }
    equal(select(3, files.open(root .. "/other/secret.csv-wal")), "refused")
    local input <close> = assert(files.open(named[1]))
    equal(assert(files.beside(input, "-wal")):read(9), "x\n")
    equal(select(3, files.beside(input, "-shm")), "missing")
    equal({ files.beside(assert(files.open(named[2])), "-wal") }, { nil,
      "cannot read " .. root .. "/other/near.db-wal: it belongs to the program", "refused" })
    sh("ln -s near.db %s/other/secret.csv-shm", root)
    equal(select(3, files.beside(input, "-shm")), "unusable")
  end)
end)
