--- The modules of the program that a recipe's Lua state may load: those that a recipe may require,
--- and those that they need. It can load nothing else.

local sorted = require "base.sorted"

local open = {}

-- For recipes, in addition to shipped recipes (`recipes.*`) and their own modules.
---@type table<string, string>
open.MODULES = {
  ["migrate"] = "rejections, warnings, lists, extended recipes",
  ["migrate.dedupe"] = "merges users who are one, by a rule for each field",
  ["migrate.import"] = "the default `import`, for recipes that extend it",
  ["migrate.finalize"] = "the default `finalize`, for recipes that extend it",
  ["migrate.by_columns"] = "users whose fields are columns",
  ["migrate.retry"] = "makes the default `retry`",
  ["source.csv"] = "reads CSV and TSV",
  ["source.columns"] = "finds columns by their usual names",
  ["source.bson"] = "reads the collections that mongodump writes",
  ["source.extended_json"] = "reads what mongoexport writes",
  ["source.fixed"] = "reads text of fixed columns",
  ["source.json"] = "reads JSON",
  ["source.dump"] = "reads a table of an SQL dump",
  ["source.ndjson"] = "reads NDJSON",
  ["source.xml"] = "reads XML",
  ["source.ldif"] = "reads LDIF",
  ["source.directory"] = "what entries of LDAP directories mean",
  ["source.collection"] = "reads a collection of MongoDB, whatever its export is",
  ["source.sqlite"] = "reads SQLite databases",
  ["source.tables"] = "reads a table, whatever its export is",
  ["source.auth0_export"] = "reads Auth0's exports",
  ["source.realms"] = "reads the realms of Keycloak",
  ["source.kratos_tables"] = "reads the tables of Ory Kratos",
  ["source.http"] = "reads the pages of an API, or a file of it",
  ["source.listing"] = "reads users that were saved from a service",
  ["source.concat"] = "reads several sources one after another",
  ["source.join"] = "joins two sources by a key",
  ["source.lookup"] = "looks up records of a second source",
  ["source.sql"] = "reads PostgreSQL, MariaDB and MySQL",
  ["source.input"] = "resolves an input to files",
  ["source.yaml"] = "reads YAML",
  ["source.value"] = "converts values of a record",
  ["auth0.codes"] = "Auth0's error codes",
  ["auth0.fixers"] = "repairs for `fix`",
  ["auth0.limits"] = "Auth0's limits",
  ["auth0.metadata"] = "metadata with names that Auth0 accepts",
  ["auth0.password"] = "builds password hashes",
  ["auth0.schema"] = "what Auth0 accepts as a user",
  ["auth0.user"] = "normalises a user, orders its members",
  ["cjson"] = "JSON for third-party modules; each recipe has its own instance",
}

-- Needed by these modules and by the Lua state itself.
---@type table<string, string>
open.NEEDED = {
  ["recipe.fields"] = "the fields of a recipe",
  ["recipe.inside.boot"] = "the first Lua of the state",
  ["recipe.inside.errors"] = "errors as plain values",
  ["recipe.inside.functions"] = "what the program may call",
  ["recipe.inside.globals"] = "the standard library of a recipe",
  ["recipe.inside.kept_records"] = "records that lines of a mapping are tried with",
  ["recipe.inside.lookups"] = "what the lookups of a recipe found",
  ["recipe.inside.exports"] = "the names of what a recipe can call",
  ["recipe.inside.losses"] = "what users lose, as numbers",
  ["recipe.inside.lua_words"] = "Lua's messages in other words",
  ["recipe.inside.mapper"] = "source, map, rules",
  ["recipe.inside.modules"] = "`require` of a recipe",
  ["recipe.inside.origin"] = "the recipe's line of an error",
  ["recipe.inside.parse_error"] = "a syntax error with its line",
  ["recipe.inside.run"] = "the `run` object as a recipe sees it",
  ["recipe.inside.samples"] = "records of a test in place of those of the source",
  ["recipe.inside.unread_values"] = "records values that the recipe's helpers cannot read",
  ["recipe.kinds"] = "the kinds of parameters",
  ["recipe.needs"] = "what a recipe declares that it asks for",
  ["recipe.open"] = "this list",
  ["auth0.api.paths"] = "the routes that a recipe declares",
  ["migrate.face"] = "an instance of `migrate` that counts warnings",
  ["migrate.declared_hash"] = "hashes in a declared format",
  ["migrate.extend"] = "migrate.extend",
  ["migrate.phone"] = "migrate.phone",
  ["migrate.reject"] = "migrate.reject",
  ["source.iterator"] = "functions and lists as sources",
  ["source.record_text"] = "records of a lookup as text",
  ["source.http.export"] = "the file that an API prepares",
  ["source.http.headers"] = "the headers of a response",
  ["source.http.link"] = "Link headers",
  ["source.http.paging"] = "how the pages of an API follow one another",
  ["source.http.spec"] = "what a recipe asks of an API",
  ["source.lookup_names"] = "the names of a looked-up source",
  ["source.csv_dialect"] = "how a CSV file is written",
  ["source.inner_lists"] = "lists inside the elements of a list",
  ["source.cut_json"] = "the lines of a result of FOR JSON",
  ["source.encodings"] = "the names of encodings",
  ["source.utf16"] = "the beginning of a file in UTF-16",
  ["source.json_head"] = "what the beginning of a JSON file holds",
  ["source.members"] = "members that no record has",
  ["source.names"] = "names that no record has",
  ["source.nested"] = "their paths inside records",
  ["source.dump_head"] = "what kind of a dump a file is",
  ["source.foreign"] = "what a file in another format is",
  ["source.status_words"] = "the states of accounts",
  ["source.shape"] = "documents of another shape",
  ["source.reading"] = "what every reader returns",
  ["source.recognise"] = "what a file is",
  ["source.table_files"] = "the tables in a file",
  ["source.unknown_columns"] = "columns that the source does not have",
  ["source.records"] = "several files as one iterator",
  ["source.date"] = "dates as ISO 8601",
  ["source.phone"] = "phone numbers by numbering plan",
  ["source.php"] = "values as PHP serializes them",
  ["source.html"] = "text with HTML's entities",
  ["source.uuid"] = "UUIDs from bytes",
  ["source.phone_plans"] = "the numbering plans of the world",
  ["source.xml_outline"] = "where the records of XML are",
  ["source.beginning"] = "the beginning of a file",
  ["source.bad_record"] = "a record that cannot be parsed",
  ["source.bad_value"] = "a value that rejects its record",
  ["auth0.hash.boards"] = "passwords of bulletin boards",
  ["auth0.hash.build"] = "password hashes from their parts",
  ["auth0.hash.columns"] = "password hashes whose parts are columns",
  ["auth0.hash.declared"] = "digests in a declared format",
  ["auth0.hash.directory"] = "passwords of directories",
  ["auth0.hash.parse"] = "password hashes from text",
  ["auth0.hash.rules"] = "which hashes Auth0 accepts",
  ["auth0.hash.servers"] = "password hashes of identity servers",
  ["auth0.hash.spring"] = "password hashes of Spring Security",
  ["auth0.hash.vendors"] = "password hashes as other systems store them",
  ["auth0.identifiers"] = "the four identifiers of a user",
  ["auth0.profile"] = "the size of a user",
  ["auth0.redact"] = "describes a value without showing it",
  ["base.capped_names"] = "limits the number of distinct warnings",
  ["base.failure"] = "failures that readers raise",
  ["base.lost_things"] = "what a user can lose",
  ["base.type_name"] = "what a value is",
  ["base.foreign"] = "text from outside in a message",
  ["base.path"] = "file names",
  ["base.pointer"] = "JSON pointers",
  ["base.sorted"] = "the keys of tables in a fixed order",
  ["base.spelling"] = "suggests the name that was meant",
  ["base.url"] = "URLs",
}

-- Primitives without files, sockets, clock or state: code that uses only these is pure.
---@type table<string, string>
open.PURE_HOST = {
  ["host.digest"] = "digests, and the encodings of bytes",
  ["host.json"] = "JSON without loss",
  ["host.schema"] = "validates a user",
  ["host.step"] = "reads, maps and validates plain records",
  ["host.text"] = "Unicode text",
}

-- Primitives with access to the disk.
---@type table<string, string>
open.READING_HOST = {
  ["host.bson"] = "reads documents of MongoDB",
  ["host.csv"] = "reads rows",
  ["host.dump"] = "reads rows of SQL dumps",
  ["host.file"] = "opens the files of a source",
  ["host.yaml"] = "reads YAML",
  ["host.ldif"] = "reads the entries of LDIF",
  ["host.lookup"] = "keeps the records of a lookup",
  ["host.xml"] = "reads elements",
  ["host.sqlite"] = "reads the rows of an SQLite database",
}

local LISTS <const> = { open.MODULES, open.NEEDED, open.PURE_HOST, open.READING_HOST }

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
  return sorted.keys(open.MODULES)
end

return open
