--- Pages of recipes as sections.

local page = require "catalog.page"
local tap = require "tests.tap"
local test = tap.test

local TEXT <const> = [[
# Acme

A shop.

## Export

```
# not a title
## nor this
acme export | gzip
```

## Lost

| what | why |
|---|---|
| `a \| b` | none |

The rest is skipped.
]]

test("a page is a title and sections, and code is not a heading", function()
  local read = page.read(TEXT)
  local titles = {}
  for i, one in ipairs(read.sections) do titles[i] = one.title end
  tap.equal({ read.title, titles }, { "Acme", { "", "Export", "Lost" } })
  tap.equal(page.section(read, "Export").text,
    "```\n# not a title\n## nor this\nacme export | gzip\n```")
end)

test("the rows of a table are below its head, and an escaped border is text", function()
  local lost = page.section(page.read(TEXT), "Lost")
  tap.equal(lost.rows, { { "`a | b`", "none" } })
  assert(lost.text:find("The rest is skipped.", 1, true))
end)

test("an empty page has no sections", function()
  tap.equal(page.read(""), { title = "", sections = {} })
end)

test("a page without an export gets no parameters", function()
  tap.equal(page.with_parameters("# A\n", { input = {} }), "# A\n")
end)
