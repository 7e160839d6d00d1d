--- What a run remembers of the settings it was begun with: `resume` takes no more words than its
--- name, and a stage that was killed is made again as it was asked for.

local saved_settings = {}

-- The setting, and the layer's name for it where that is another.
local SETTINGS <const> = {
  base = "domain", connection = "connection", slots = "slots", chunk_bytes = "chunk_bytes",
  chunk_users = "chunk_users", keep_chunks = "keep_chunks", limit = "limit", canary = "canary",
  max_rejects = "max_rejects", max_failures = "max_failures",
}

-- Facts that outlive the stage they were noted before.
local FACTS <const> = {
  "consent", "upsert", "base", "connection", "connection_id", "delete_ghosts", "ghosts_consent",
}

---@param settings Settings
---@return table<string, any>
function saved_settings.of(settings)
  local kept = {}
  for key in pairs(SETTINGS) do kept[key] = settings[key] end
  return kept
end

---Lets the settings of the run's beginning count where none is given now.
---@param settings Settings
---@param ledger Ledger
function saved_settings.apply(settings, ledger)
  local kept, from = ledger:get_table("settings") or {}, settings.origin or {}
  kept.base = kept.base or ledger:get("base")
  kept.connection = kept.connection or ledger:get("connection")
  for key, name in pairs(SETTINGS) do
    local is_given = settings[key] ~= nil and from[name] ~= "default"
    if not is_given and kept[key] ~= nil then settings[key] = kept[key] end
  end
end

---The facts of a run whose stage was killed, for the one that takes its place.
---@param ledger Ledger
---@return table<string, any>
function saved_settings.facts(ledger)
  local kept = {}
  for _, key in ipairs(FACTS) do kept[key] = ledger:get(key) end
  return kept
end

return saved_settings
