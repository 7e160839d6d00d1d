--- Each shipped recipe says what it is, has a page, and is in the guide.

local catalog = require "catalog"
local file = require "host.file"
local library = require "recipe.library"
local source_pages = require "tests.house.source_pages"
local tap = require "tests.tap"
local json = require "host.json"
local test = tap.test

---The rows of shipped recipes in docs/recipes.md.
local function listed()
  local text = assert(file.read("docs/recipes.md")):match("\n## Shipped recipes\n(.-)\n## ")
  local names = {}
  for name in text:gmatch("\n| `([%w_-]+)` |") do names[#names + 1] = name end
  return names
end

test("docs/recipes.md lists the shipped recipes by name", function()
  tap.equal(listed(), library.shipped_names())
end)

for _, name in ipairs(library.shipped_names()) do
  test("the shipped recipe " .. name .. " says its system, whether passwords move, what it reads",
    function()
      local one = assert(catalog.describe(name, function() end))
      for _, member in ipairs { "system", "passwords", "reads" } do
        assert(one[member] ~= json.null, name .. " has no about." .. member)
      end
      tap.equal(one.name, name)
    end)

  test("the page of " .. name .. " has the sections of every page", function()
    local text = assert(file.read(source_pages.path(name)))
    tap.equal(source_pages.faults(text, source_pages.declared(name)), {})
  end)
end

local PAGE <const> = "# A\n\nIt reads.\n\n## Export\n\nCopy.\n\n## Carried over\n\n"
  .. "| a | b |\n|---|---|\n| `x` | `y` |\n\n## Lost\n\n"
  .. "| a | b | c |\n|---|---|---|\n| x | y | z |\n"
local DECLARED <const> = { input = { help = "a | b", required = true } }

for _, case in ipairs {
  { "a page without its title", PAGE:gsub("# A\n", "", 1), "has no title" },
  { "one without its first line", PAGE:gsub("It reads%.", "", 1),
    "does not say what the recipe reads" },
  { "one without a section", PAGE:gsub("## Lost", "## Gone", 1), "has no section Parameters" },
  { "one without a table", PAGE:gsub("| x |.*$", "", 1), "Lost has no table" },
} do
  test("what is wrong is said of " .. case[1], function()
    tap.contains(table.concat(source_pages.faults(case[2], DECLARED), "\n"), case[3])
  end)
end

test("a page gets the section Parameters, which then stays as it is", function()
  local catalog_page = require "catalog.page"
  local made = catalog_page.with_parameters(PAGE, DECLARED)
  tap.contains(made, "\n\n## Parameters\n\n| parameter | accepts | is |\n|---|---|---|\n"
    .. "| `input` | a text | a \\| b (required) |\n\n## Carried over\n")
  tap.equal(catalog_page.with_parameters(made, DECLARED), made)
  tap.equal(source_pages.faults(made, DECLARED), {})
  tap.contains(source_pages.faults(made, { other = {} })[1], "has other parameters")
end)
