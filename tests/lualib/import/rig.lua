--- What the tests of import and finalize share.

local drive = require "import.drive"
local finalize = require "migrate.finalize"
local guard = require "base.guard"
local import = require "migrate.import"
local recipe_rig = require "tests.recipe_rig"
local rig = require "tests.rig"
local totals = require "journal.totals"

local import_rig = {}

---Now, as a tenant writes it.
function import_rig.now()
  return os.date("!%Y-%m-%dT%H:%M:%SZ")
end

---The default import and finalize, as a session runs them; returns totals.figures.
function import_rig.whole(face, made, book)
  import(face)
  made:join()
  if not made.ending then
    finalize(face)
    made:join()
  end
  return totals.figures(book)
end

---Inserted, updated, already there, failed, pending.
function import_rig.users_of(f)
  return { f.inserted, f.updated, f.already_there, f.failed, f.pending }
end

---Drives a recipe's `import` of this body, and joins what it spawned. Returns what it logged, and
---the error that ended it.
---@param body string    begins on line 2 of shop.lua
---@param options? table  as of rig.with_run
---@return string[] said
---@return Failure? err
function import_rig.driven(body, options)
  local given, said, err = { n = 1, recipe = recipe_rig.importing(body) }, {}, nil
  for name, value in pairs(options or {}) do given[name] = value end
  function given.log(event, fields)
    if event == "recipe" then said[#said + 1] = fields.message end
  end
  rig.with_run(given, function(face, made)
    local driver = drive.new(made, face)
    local done, reason = guard.call(driver.call, driver, "import", "import")
    if not done then err = reason end
    made:join()
  end)
  return said, err
end

return import_rig
