--- Which of the users that the tenant refuses as blocked are blocked by the recipe: those logins
--- are refused as they should be.

local directory = require "journal.directory"
local identifiers = require "auth0.identifiers"
local json = require "host.json"
local ledger = require "journal.ledger"
local run_users = require "journal.users"
local scheduler = require "base.scheduler"

local blocked = {}

local BLOCKED <const> = json.digest(true)

---Notes the users among `index` that the run sent as blocked.
local function note(book, dir, index, mapped)
  for record in book:chunks() do
    local entries, message, kind = {}, nil, nil
    if record.first_intent then entries, message, kind = run_users.chunk(book, dir, record.id) end
    if not entries then return nil, message, kind end
    for _, entry in ipairs(entries) do
      local is_sent = entry.digests.blocked == BLOCKED
      for _, user in ipairs(is_sent and index:nearest(identifiers.stored(entry.ids)) or {}) do
        mapped[user] = true
      end
    end
    scheduler.pass()
  end
  return mapped
end

---The users among `refused` that the run sent as blocked.
---@param folder string  of the run
---@param refused table[]  users, as the tenant shows them
---@return table<table, true>? mapped
---@return string? message
---@return Kind? kind
function blocked.by_recipe(folder, refused)
  if #refused == 0 then return {} end
  local dir = directory.at(folder)
  local book, message, kind = ledger.open(dir:journal(), { readonly = true })
  if not book then return nil, message, kind end
  local mapped
  mapped, message, kind = note(book, dir, identifiers.index(refused), {})
  book:close()
  return mapped, message, kind
end

return blocked
