--- Annotations as data.

local annotations = require "catalog.annotations"
local tap = require "tests.tap"
local test = tap.test

for _, case in ipairs {
  { "string", "string", "" },
  { "string?  the name", "string?", "  the name" },
  { "string|integer|nil  a number", "string|integer|nil", "  a number" },
  { "table<string, integer>  by name", "table<string, integer>", "  by name" },
  { "{ id: string, n?: integer }[] rows", "{ id: string, n?: integer }[]", " rows" },
  { 'fun(a: string, b?: "x"|"y"): any, string?  a call',
    'fun(a: string, b?: "x"|"y"): any, string?', "  a call" },
  { "fun(): any record, string? at", "fun(): any record, string? at", "" },
  { "(fun(): any, string?)|table  both", "(fun(): any, string?)|table", "  both" },
  { '"a b"|"c"  quoted', '"a b"|"c"', "  quoted" },
  { "host.csv.Options? of host", "host.csv.Options?", " of host" },
} do
  test("the type of: " .. case[1], function()
    local type, rest = annotations.type(case[1])
    tap.equal({ type, rest }, { case[2], case[3] })
  end)
end

local TEXT <const> = [[
--- A module.
--- In two lines.

local text = require "host.text"

---@class (exact) Thing : Base, Other  what it is
---@field name string  of the thing
---  in more words
---@field private secret any
---@field [string] integer
local Thing = {}

---@alias Kind
---| "one"    # the first
---| "two"

local module = { trim = text.trim, most = 3 }

---Does it.
---@param a string  what
---@param b? integer
---@param ... any
---@return Thing? made  the thing
---@return string reason
function module.make(a, b, ...)
end

---@private
function module.inner() end

---@return integer
function Thing:count() end

---@type fun(x: number): string?
module.later = nil

return module
]]

local read = annotations.read(TEXT)

test("a module has its first comment, and its functions with parameters and results", function()
  tap.equal(read.doc, "A module. In two lines.")
  local make, inner, later = table.unpack(read.functions)
  tap.equal({ make.name, make.doc, make.names }, { "make", "Does it.", { "a", "b", "..." } })
  tap.equal(make.params[2],
    { name = "b", type = "integer", optional = true, hidden = false, doc = "" })
  tap.equal(make.returns[1],
    { name = "made", type = "Thing?", optional = false, hidden = false, doc = "the thing" })
  tap.equal({ make.returns[2].name, inner.hidden }, { "reason", true })
  tap.equal({ later.name, later.params[1].type, later.returns[1].type },
    { "later", "number", "string?" })
end)

test("a class has its parents, fields and methods", function()
  local thing = read.classes[1]
  tap.equal({ thing.name, thing.is_exact, thing.parents, thing.doc },
    { "Thing", true, { "Base", "Other" }, "what it is" })
  tap.equal({ thing.fields[1].doc, thing.fields[2].hidden, thing.fields[3].name },
    { "of the thing in more words", true, "[string]" })
  tap.equal(thing.methods[1].name, "count")
end)

test("an alias has its choices", function()
  tap.equal(read.aliases[1], { name = "Kind", type = "", choices = {
    { value = '"one"', doc = "the first" }, { value = '"two"', doc = "" },
  } })
end)

test("functions of other modules and values are distinguished", function()
  tap.equal(read.borrowed, { { name = "trim", module = "host.text", member = "trim" } })
end)

test("a type fun is a function", function()
  local type = "fun(a: string, f?: fun(x: any, y: any): T): A, B? why"
  local made = annotations.function_of(type, "n", "d")
  tap.equal({ made.params[2].name, made.params[2].optional, made.params[2].type },
    { "f", true, "fun(x: any, y: any): T" })
  tap.equal({ made.returns[1].type, made.returns[2].type, made.returns[2].name },
    { "A", "B?", "why" })
  tap.equal(annotations.function_of("string", "n", "d"), nil)
end)
