--- The settings that a run was started with, for a resume and to repeat an interrupted stage.

local clock = require "host.clock"
local fingerprint = require "run.fingerprint"
local json = require "host.json"

local saved_settings = {}

-- The setting, and its name in the configuration.
local SETTINGS <const> = {
  base = "domain", connection = "connection", slots = "slots", chunk_bytes = "chunk_bytes",
  chunk_users = "chunk_users", keep_chunks = "keep_chunks", limit = "limit", canary = "canary",
  max_rejects = "max_rejects", max_failures = "max_failures", allow_empty = "allow_empty",
  allow_no_passwords = "allow_no_passwords", allow_no_matches = "allow_no_matches",
}

-- Facts that survive a repeated stage.
local FACTS <const> = {
  "consent", "upsert", "base", "connection", "connection_id", "delete_ghosts", "ghosts_consent",
  "grants",
}

---@param settings Settings
---@return table<string, any>
function saved_settings.of(settings)
  local kept = {}
  for key in pairs(SETTINGS) do kept[key] = settings[key] end
  return kept
end

---Fills in settings that are not given from those of the run's start.
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

---The facts that a new run starts with.
---@param recipe LoadedRecipe
---@param settings Settings
---@param connection? Connection  if already known
---@param killed? Ledger  of the run with an interrupted stage that the new one replaces
---@return table<string, any>
function saved_settings.facts(recipe, settings, connection, killed)
  connection = connection or {}
  local facts = {
    base = settings.base, connection = connection.name or settings.connection,
    connection_id = connection.id, settings = saved_settings.of(settings),
    run = recipe.name .. "-" .. os.date("!%Y%m%dT%H%M%S"), recipe = recipe.name,
    recipe_path = recipe.path, params = fingerprint.params(recipe),
    source = fingerprint.fingerprint(recipe), upsert = settings.upsert or false,
    begun = clock.now(),
    chunk_bytes = settings.chunk_bytes, consent = settings.yes and clock.now() or nil,
    slots = settings.slots, read = 0, extra = 0,
    delete_ghosts = settings.delete_ghosts and 1 or nil, rehearsal = settings.rehearsal,
    ghosts_consent = settings.delete_ghosts and settings.yes and 1 or nil,
    grants = recipe.granted and json.array(recipe.granted:list()),
    named = json.array(recipe.named),
  }
  for key, value in pairs(fingerprint.digests(recipe)) do facts[key] = value end
  for _, key in ipairs(killed and FACTS or {}) do facts[key] = killed:get(key) or facts[key] end
  return facts
end

return saved_settings
