--- What the tests of import and finalize share.

local totals = require "journal.totals"
local finalize = require "migrate.finalize"
local import = require "migrate.import"

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

return import_rig
