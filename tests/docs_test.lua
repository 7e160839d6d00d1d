--- The recipes that README.md and docs/recipes.md show load, and check finds nothing wrong in them.

local check = require "migrate.check"
local file = require "host.file"
local program = require "tests.e2e.program"
local recipe = require "migrate.recipe"
local scheduler = require "base.scheduler"
local tap = require "tests.tap"
local words = require "cli.words"
local test = tap.test

local REALM <const> = "tests/recipes/keycloak/acme-realm.json"
local KEY <const> = "q2VhZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDM="
-- Every column that an example reads.
local CUSTOMERS <const> = "id,email,confirmed,password_digest,plan,rounds,salt,hash\n"
  .. "1,ada@example.com,t,$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy,pro,1000,"
  .. "c2FsdHNhbHQ=," .. KEY .. "\n"
local REST <const> = [[

return {
  source = function(params) return require("source.csv").records(params.input) end,
  map = function(row) return { email = row.email } end,
]]
local INPUT <const> = "  params = { input = { required = true } },\n"
local ROLES <const> = "id,role\n1,buyer\n1,editor\n"

---The blocks of a language in a document, in order, each with the line where it begins.
local function blocks(name, language)
  local found, inside, line = {}, nil, 0
  for text in assert(file.read(name)):gmatch("([^\n]*)\n") do
    line = line + 1
    local fence = text:match("^```(%w*)$")
    if fence and inside then
      if inside.language == language then
        found[#found + 1] = { line = inside.line, text = table.concat(inside, "\n") }
      end
      inside = nil
    elseif fence then
      inside = { line = line, language = fence }
    elseif inside then
      inside[#inside + 1] = text
    end
  end
  return found
end

---The first block without a language that begins so.
local function block_that_begins(name, start)
  for _, block in ipairs(blocks(name, "")) do
    if block.text:sub(1, #start) == start then return block.text end
  end
  error(name .. " shows no " .. start)
end

---A block as a recipe's whole text: fields that are shown alone get those that must be there.
local function whole(text)
  if text:find("\nreturn ") then return text end
  local above, fields = {}, {}
  for line in (text .. "\n"):gmatch("([^\n]*)\n") do
    table.insert(line:find("^local ") and above or fields, line)
  end
  local declared = text:find("params = {", 1, true) and "" or INPUT
  return table.concat(above, "\n") .. REST .. declared .. table.concat(fields, "\n") .. "\n}\n"
end

---Calls fn with a folder of its own.
local function in_folder(fn)
  local folder = assert(file.temporary())
  scheduler.run(function() fn(folder) end)
  assert(file.remove_tree(folder))
end

local function write(folder, name, text)
  local path = folder .. "/" .. name
  assert(file.write(path, text))
  return path
end

---Loads a recipe's text and checks its input.
local function checked(folder, text, params)
  local path = write(folder, "made.lua", text)
  local loaded = assert(recipe.load(path, { params = params, env = function() end }))
  return assert(check.run(loaded, { chunk_bytes = 400000 }, { progress = function() end }))
end

for _, name in ipairs { "README.md", "docs/recipes.md" } do
  for _, block in ipairs(blocks(name, "lua")) do
    test(string.format("the recipe at %s:%d loads and maps", name, block.line), function()
      in_folder(function(folder)
        local text = whole(block.text)
        local params = { input = write(folder, "a.csv", CUSTOMERS) }
        if text:find("recipes.keycloak", 1, true) then params.input = REALM end
        if text:find("params.roles", 1, true) then
          params.roles = write(folder, "roles.csv", ROLES)
        end
        local report = checked(folder, text, params)
        assert(report.records.staged > 0, "nothing is mapped")
        tap.equal({ report.records.rejected, report.warnings.unknown_column }, { 0 })
      end)
    end)
  end
end

test("what README.md shows of check is what check says", function()
  in_folder(function(folder)
    local customers = block_that_begins("README.md", "id,email") .. "\n"
    local source = write(folder, "customers.csv", customers)
    local report = checked(folder, blocks("README.md", "lua")[1].text, { input = source })
    local said = words.findings(report)
    local shown = block_that_begins("README.md", "$ auth0-migrate check"):match("\n(.*)$")
    for line in shown:gmatch("[^\n]+") do tap.contains(said, line) end
  end)
end)

test("what README.md shows of the demo is what the demo says", function()
  program.scene(0, function(s)
    s:write("acme-realm.json", assert(file.read(REALM)))
    local said = s:run({ "rehearse", "keycloak", "input=acme-realm.json" }):ends_with(0).stdout
    local shown = block_that_begins("README.md", "$ auth0-migrate rehearse keycloak")
    for line in shown:match("\nkeycloak%-[^\n]+\n(.*)$"):gmatch("[^\n]+") do
      if line ~= "..." then tap.contains(said, line) end
    end
  end)
end)
