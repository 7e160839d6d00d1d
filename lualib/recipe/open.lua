--- The one list of the program's modules that a recipe's Lua state may load, each with its purpose:
--- those that a recipe may require, and those that they need. Nothing else gets in there.

local open = {}

-- What a recipe may require, besides the shipped recipes (`recipes.*`) and modules of its own.
---@type table<string, string>
open.MODULES = {
  ["migrate"] = "rejections, warnings, lists, recipes made from recipes",
  ["migrate.import"] = "the default `import`, to be called by another",
  ["migrate.finalize"] = "the default `finalize`, to be called by another",
  ["migrate.retry"] = "makes the default `retry`",
  ["source.csv"] = "reads CSV and TSV",
  ["source.json"] = "reads JSON",
  ["source.ndjson"] = "reads NDJSON",
  ["source.lookup"] = "joins a second source",
  ["source.input"] = "which files an input names",
  ["source.value"] = "converts values of a record",
  ["auth0.codes"] = "Auth0's error codes",
  ["auth0.fixers"] = "repairs for `fix`",
  ["auth0.limits"] = "Auth0's limits",
  ["auth0.password"] = "builds password hashes",
  ["auth0.schema"] = "what Auth0 takes as a user",
  ["auth0.user"] = "normalises a user, orders its members",
  ["cjson"] = "JSON, as the ecosystem's modules know it; an instance of the recipe's own",
}

-- What these, and the recipe's state itself, are made of.
---@type table<string, string>
open.NEEDED = {
  ["recipe.inside.globals"] = "the standard library of a recipe",
  ["recipe.inside.run"] = "the `run` object as a recipe sees it",
  ["recipe.inside.unread_values"] = "notes what the recipe's helpers could not read",
  ["migrate.face"] = "an instance of `migrate` that counts warnings",
  ["migrate.extend"] = "migrate.extend",
  ["migrate.reject"] = "migrate.reject",
  ["source.records"] = "several files as one iterator",
  ["source.bad_record"] = "a record that a reader stepped over",
  ["auth0.hash.build"] = "password hashes from their parts",
  ["auth0.hash.parse"] = "password hashes from text",
  ["auth0.hash.rules"] = "which hashes Auth0 takes",
  ["auth0.hash.vendors"] = "password hashes as other systems store them",
  ["auth0.identifiers"] = "the four identifiers of a user",
  ["auth0.redact"] = "describes a value without giving it away",
  ["base.capped_names"] = "bounds the warnings that are counted",
  ["base.failure"] = "what a reader raises",
  ["base.path"] = "names of files",
  ["base.spelling"] = "the name that was probably meant",
}

-- Primitives without file, socket, clock or state: whatever uses only these is a pure function.
---@type table<string, string>
open.PURE_HOST = {
  ["host.digest"] = "digests, and the encodings of bytes",
  ["host.json"] = "JSON without loss",
  ["host.schema"] = "checks a user",
  ["host.text"] = "Unicode text",
}

-- Primitives that reach the disk.
---@type table<string, string>
open.READING_HOST = {
  ["host.csv"] = "the reader of rows",
  ["host.file"] = "opens the files of a source",
  ["host.store"] = "the scratch database of a lookup",
}

local LISTS <const> = { open.MODULES, open.NEEDED, open.PURE_HOST, open.READING_HOST }

---Whether a recipe's Lua state may load a module.
---@param name string
---@return boolean
function open.may_load(name)
  for _, list in ipairs(LISTS) do
    if list[name] then return true end
  end
  return false
end

---The modules that a recipe may require, sorted.
---@return string[]
function open.names()
  local names = {}
  for name in pairs(open.MODULES) do names[#names + 1] = name end
  table.sort(names)
  return names
end

return open
