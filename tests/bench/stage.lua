--- The real stage, with all validation and duplicate detection, of a recipe on a file:
--- `auth0-migrate --run tests/bench/stage.lua RECIPE INPUT FOLDER [name=value]`.

local ledger = require "journal.ledger"
local recipes = require "recipe"
local directory = require "journal.directory"
local stage = require "stage"

local path, input, folder = table.unpack((...), 1, 3)
local params = { input = input }
for i = 4, #(...) do
  local name, value = (...)[i]:match("^([^=]+)=(.*)$")
  params[name] = value
end

local recipe = assert(recipes.load(path, { params = params }))
local dir = directory.at(folder)
assert(dir:take())
local book = assert(ledger.create(dir:journal(), {}))
local rejected = 0

assert(stage.run {
  recipe = recipe, ledger = book, dir = dir, chunk_bytes = 500000,
  pause = function() return true end,
  on_rejected = function(rejection)
    rejected = rejected + 1
    if rejected == 1 then io.stderr:write(rejection.code, " ", rejection.message, "\n") end
  end,
})
book:close()
dir:close()
return rejected == 0 and 0 or 1
