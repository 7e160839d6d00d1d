--- A recipe that reads XML, as people see it.

local rig = require "tests.e2e.recipe_rig"
local tap = require "tests.tap"

local test = tap.test

local RECIPE <const> = [[
local lookup, value, xml = require "source.lookup", require "source.value", require "source.xml"
local roles
return {
  params = { input = { required = true }, roles = {} },
  source = function(params)
    roles = params.roles and lookup(xml.records(params.roles, "roles/role"), "@user")
    return xml.records(params.input, "users/user")
  end,
  map = function(row)
    local role = roles and roles:get(row["@id"])
    return {
      email = value.email(row.mail and row.mail[1]), user_id = row["@id"],
      app_metadata = { role = role and role[1], tags = xml.list(row.tag) },
    }
  end,
}
]]

local function user(id, mail)
  return ("<user id='%s'><mail type='work'>%s</mail><tag>t</tag></user>\n"):format(id, mail)
end

test("users, looked-up records and rejected ones come from XML", function()
  local result = rig.finish(RECIPE, "<users>\n" .. user(1, "ann@example.com") .. user(2, "none")
    .. "<user>&nbsp;</user>\n" .. user(3, "cy@example.com") .. "</users>", {
      files = { ["roles.xml"] = "<roles><role user='1'>admin</role><role>x</role></roles>" },
      args = { "--keep-chunks", "roles=roles.xml" },
    })
  tap.equal(result.status, 3)
  tap.contains(result.chunks[1], '"user_id":"1","app_metadata":{"role":"admin","tags":["t"]}')
  tap.contains(result.chunks[1], '"email":"cy@example.com"')
  local rejected = result.files.rejected
  tap.equal({ rejected[1].at, rejected[1].record }, { "users.ndjson:3",
    { ["@id"] = "2", mail = { ["1"] = "none", ["@type"] = "work" }, tag = "t" } })
  tap.equal({ rejected[2].at, rejected[2].code, rejected[2].message },
    { "users.ndjson:4", "SOURCE", "the entity &nbsp; is not defined" })
end)

for name, case in pairs {
  ["a document that is cut"] = { "<users>\n" .. user(1, "ann@example.com") .. "<user><mail>bo",
    "users.xml: line 3, column 15: the document is cut off inside <mail>", 1 },
  ["a document that declares an entity"] = {
    '<!DOCTYPE a [<!ENTITY lol "lol">]>\n<users><user>&lol;</user></users>',
    'the document declares the entity "lol"', 0 },
  ["a document without the path"] = { "<people>" .. user(1, "a@example.com"):rep(2) .. "</people>",
    "users.xml: no element at users/user; it has people/user", 0 },
} do
  test(name .. " ends with status 2, after the users before it", function()
    local result = rig.run({ ["shop.lua"] = RECIPE, ["users.xml"] = case[1] },
      { "map", "shop.lua", "input=users.xml" })
    tap.equal({ result.status, select(2, result.stdout:gsub("\n", "")) }, { 2, case[3] })
    tap.contains(result.stderr, case[2])
  end)
end
