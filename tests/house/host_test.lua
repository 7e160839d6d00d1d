--- The rules hold in the host, and each rule reports violations.

local host = require "tests.house.host"
local tap = require "tests.tap"
local test = tap.test

local tree = require("tests.house.tree").read()

local function none(found)
  if #found > 0 then error("\n" .. table.concat(found, "\n"), 2) end
end

---A C text that defines a function, over two lines, and calls others.
local function defining(name, ...)
  local body = {}
  for i, callee in ipairs { ... } do body[i] = "    " .. callee .. "(L);\n" end
  return "/* " .. name .. "\n */\nstatic int own(lua_State *L)\n{\n}\n\nint *" .. name
    .. "(lua_State *L,\n         int n)\n{\n" .. table.concat(body) .. "}\n"
end

test("a circle of files is reported with each call in it", function()
  tap.equal(host.file_circles {
    ["host/a.c"] = defining("host_a", "host_b"), ["host/b/c.c"] = defining("host_b", "host_c"),
    ["host/c.c"] = defining("host_c", "own", "host_a", "host_d"), ["host/d.c"] = defining("host_d"),
  }, {
    "host/a.c:10: host_b of host/b/c.c, in a circle of files",
    "host/b/c.c:10: host_c of host/c.c, in a circle of files",
    "host/c.c:11: host_a of host/a.c, in a circle of files",
  })
end)

test("a function named in a table is a call, one in a comment or a string is not", function()
  tap.equal(#host.file_circles {
    ["host/a.c"] = defining("host_a") .. 'struct luaL_Reg m[] = {{"b", host_b}};\n',
    ["host/b.c"] = defining("host_b", "host_a"),
  }, 2)
  tap.equal(host.file_circles {
    ["host/a.c"] = defining("host_a") .. '/* host_b */ char *s = "host_b";\nint host_b(void);\n',
    ["host/b.c"] = defining("host_c", "host_a"),
  }, {})
end)

test("a value and an object may call each other, and no third file with them", function()
  local object, write = "host/json/object.c", "host/json/write.c"
  local sources = {
    [object] = defining("host_json_object", "host_json_value"),
    [write] = defining("host_json_value", "host_json_object"),
  }
  tap.equal(host.file_circles(sources), {})
  sources["host/json/third.c"] = defining("host_json_third", "host_json_value")
  tap.equal(host.file_circles(sources), {})
  sources[object] = defining("host_json_object", "host_json_third", "host_json_value")
  tap.equal(#host.file_circles(sources), 4)
end)

test("Lua that is loaded without a mode, or as compiled code, is reported", function()
  tap.equal(host.loads {
    ["host/a.c"] = 'luaL_loadbufferx(L, p, n, name, "t");\nluaL_loadbuffer(L, p, n, name);\n'
      .. 'if (luaL_loadfilex(L, path, NULL))\nlua_load(L, read, f, name, "b");\n',
    ["host/embedded.c"] = 'luaL_loadbufferx(L, p, n, name, "b");\n',
    ["lualib/a.lua"] = 'load(text, "=a", "t", {})\nassert(load(text, "=a"))\nself.load(text)\n',
    ["lualib/b.lua"] = "local function load(source) end\nload(source)\n",
  }, {
    "host/a.c:2: loads what may be compiled", "host/a.c:3: loads what may be compiled",
    "host/a.c:4: loads what may be compiled", "lualib/a.lua:2: loads what may be compiled",
  })
end)

test("the exceptions exist", function()
  for _, path in ipairs { "json/object.c", "json/write.c", "schema/object.c", "schema/walk.c",
    "embedded.c" } do
    assert(tree["host/" .. path], path)
  end
end)

test("a circle of modules is reported though none of its files is in one", function()
  local sources = {
    ["host/a/one.c"] = defining("host_a_one", "host_b"),
    ["host/b.c"] = defining("host_b", "host_a_two"),
    ["host/a/two.c"] = defining("host_a_two"),
  }
  tap.equal(host.file_circles(sources), {})
  tap.equal(host.module_circles(sources), {
    "host/a/one.c:10: host_b of b, in a circle of modules",
    "host/b.c:10: host_a_two of a, in a circle of modules",
  })
end)

test("a declared function that no file defines is reported", function()
  tap.equal(host.undefined {
    ["host/a.c"] = defining("host_a"),
    ["host/a.h"] = "/* host_x() */\nint *host_a(lua_State *L);\nvoid host_b(lua_State *L,\n"
      .. "  int n);\nstatic inline int host_c(int n)\n{\n    return host_a(n);\n}\n",
  }, { "host/a.h:3: host_b is defined nowhere" })
end)

test("an include of a private header is reported", function()
  tap.equal(host.intrusions {
    ["host/csv/csv.c"] = '#include "csv/scan.h"\n#include "common.h"\n#include "json/scan.h"',
    ["host/csv/scan.h"] = '#include "json/json.h"\n#include "scan.h"\n#include <json/scan.h>',
    ["host/a.c"] = '#include "csv/../json/json.h"\n#include "csv/scan.h"',
    ["host/common.h"] = "", ["host/json/json.h"] = "", ["host/json/scan.h"] = "",
  }, {
    "host/a.c:1: csv/../json/json.h is not in host/",
    "host/a.c:2: csv/scan.h is private to csv",
    "host/csv/csv.c:3: json/scan.h is private to json",
    "host/csv/scan.h:2: scan.h is not in host/",
  })
end)

test("a mention of Auth0 in the host is reported", function()
  tap.equal(host.policy_in_host { ["host/x.c"] = '"auth0-migrate: "\n"AUTH0_DOMAIN"' },
    { 'host/x.c:2: "AUTH0_DOMAIN"' })
end)

---The functions and other values of each host module, and the names of the modules.
local function loaded()
  local functions, values = {}, {}
  for path in pairs(tree) do
    local name = path:match("^lualib/meta/host/(%w+)%.lua$")
    if name and name ~= "failure" then
      local class = "host." .. name
      functions[class], values[class] = {}, {}
      for key, value in pairs(require(class)) do
        (type(value) == "function" and functions or values)[class][key] = true
      end
    end
  end
  return functions, values
end

test("each function of the host is annotated, and each annotated one exists", function()
  local functions = loaded()
  local annotated = host.annotations(tree)
  none(host.difference(functions, annotated))
  none(host.difference(annotated, functions))
end)

test("each other value of a host module is an annotated field", function()
  local _, values = loaded()
  local _, _, fields = host.annotations(tree)
  none(host.difference(values, fields))
end)

test("each method of the host is annotated, and each annotated one exists", function()
  local methods, operators = host.methods(tree)
  local _, annotated = host.annotations(tree)
  none(host.difference(methods, annotated))
  for class, names in pairs(operators) do
    for name in pairs(names) do
      methods[class] = methods[class] or {}
      methods[class][name] = true
    end
  end
  none(host.difference(annotated, methods))
end)

test("each module of the host has its annotations", function()
  for name in tree["host/host.c"]:gmatch('{"host%.(%w+)"') do
    assert(tree["lualib/meta/host/" .. name .. ".lua"], name)
  end
end)

test("methods, functions and fields are read from C and annotations", function()
  local methods, operators = host.methods {
    ["host/x.h"] = '#define X "host.x.thing"',
    ["host/x.c"] = 'static const luaL_Reg methods[] = {\n    {"go", x_go},\n    {NULL, NULL}\n};\n'
      .. 'static const luaL_Reg meta[] = {\n    {"__len", x_len}, {NULL, NULL}};\n'
      .. "    host_newtype(L, X, methods, meta);\n",
  }
  tap.equal(methods, { ["host.x.thing"] = { go = true } })
  tap.equal(operators, { ["host.x.thing"] = { __len = true } })
  local functions, annotated, fields = host.annotations {
    ["lualib/meta/host/x.lua"] = "---@class host.x\n---@field null any\nlocal x = {}\n"
      .. "---@class host.x.thing\nlocal thing = {}\nfunction x.new(a) end\n"
      .. "function thing:go() end\nfunction thing:gone() end\n",
  }
  tap.equal(functions, { ["host.x"] = { new = true } })
  tap.equal(fields, { ["host.x"] = { null = true } })
  tap.equal(host.difference(annotated, methods), { "host.x.thing gone" })
  tap.equal(host.difference(methods, annotated), {})
end)
