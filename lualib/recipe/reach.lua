--- Which files a recipe may read, as rules for host.gate: below its own directory, what a person
--- named as a parameter's value, what was granted; never the program's own files.

local file = require "host.file"
local path = require "base.path"

local reach = {}

local CONFIG <const> = "auth0-migrate.yaml"
local RUNS <const> = { ".run", ".rehearsal" }
local SECRETS <const> = {
  "AUTH0_CLIENT_SECRET_FILE", "AUTH0_ACCESS_TOKEN_FILE", "AUTH0_PRIVATE_KEY_FILE",
}
local HINT <const> = "; --allow-read=%s grants it"

---Directories of runs in a folder: they hold hashes of users.
local function runs_in(folder, denied)
  for _, name in ipairs(file.list(folder) or {}) do
    for _, ending in ipairs(RUNS) do
      if name:sub(-#ending) == ending then denied[#denied + 1] = path.join(folder, name) end
    end
  end
end

---@class ReachOptions
---@field folder? string      of the recipe
---@field named? string[]     values of parameters: paths, patterns, several separated by commas
---@field granted? Grants
---@field allow? Allow        before anything is granted: what options grant by name
---@field denied? string[]    files of the program's, and of secret parameters
---@field config? string      the configuration file
---@field env fun(name: string): string?

---@param options ReachOptions
---@return host.gate.Rules
function reach.rules(options)
  local named, denied = {}, { CONFIG }
  for _, given in ipairs(options.named or {}) do
    named[#named + 1] = given
    for part in given:gmatch("[^,]+") do
      part = part:match("^%s*(.-)%s*$")
      if part ~= given and part ~= "" then named[#named + 1] = part end
    end
  end
  for _, need in ipairs(options.granted and options.granted:list() or {}) do
    if need.kind == "read" then named[#named + 1] = need.what end
  end
  for _, one in ipairs((options.allow or {}).read or {}) do named[#named + 1] = one end
  denied[#denied + 1] = options.config
  table.move(options.denied or {}, 1, #(options.denied or {}), #denied + 1, denied)
  for _, name in ipairs(SECRETS) do
    local secret = options.env(name)
    if secret ~= "" then denied[#denied + 1] = secret end
  end
  runs_in(".", denied)
  if options.folder and options.folder ~= "." then
    denied[#denied + 1] = path.join(options.folder, CONFIG)
    runs_in(options.folder, denied)
  end
  return {
    folders = { options.folder }, named = named, denied = denied, hint = HINT,
  }
end

return reach
