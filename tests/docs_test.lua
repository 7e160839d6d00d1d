--- The examples in README.md and docs/*.md work: every command runs and prints what is shown, and
--- every recipe loads and maps.

local api_rig = require "tests.api_rig"
local check = require "check"
local databases = require "tests.databases"
local docs_rig = require "tests.docs_rig"
local docs_shell = require "tests.docs_shell"
local file = require "host.file"
local grants = require "recipe.grants"
local needs = require "recipe.needs"
local recipe = require "recipe"
local scheduler = require "base.scheduler"
local store = require "host.store"
local tap = require "tests.tap"
local typed_advice = require "tests.lualib.auth0.typed_advice"
local user_rules = require "auth0.user"
local test = tap.test

local REALM <const> = "tests/recipes/keycloak/acme-realm.json"
local KEY <const> = "q2VhZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDM="
-- All columns that examples read.
local CUSTOMERS <const> =
  "id,email,confirmed,password_digest,plan,rounds,salt,hash,phone,mfa_phone\n"
  .. "1,ada@example.com,t,$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy,pro,1000,"
  .. "c2FsdHNhbHQ=," .. KEY .. ",030 123456,0151 2345678\n"
local REST <const> = [[

return {
  source = function(params) return require("source.csv").records(params.input) end,
  map = function(row) return { email = row.email } end,
]]
local INPUT <const> = "  params = { input = { required = true } },\n"
local DUMP <const> = "tests/fixtures/mongodb/users.bson"
local FORUM <const> = "id,email\n77,forum@example.com\n"
local ROLES <const> = "id,role\n1,buyer\n1,editor\n"

local PAGES <const> = { "README.md" }
for _, folder in ipairs { "docs", "docs/sources" } do
  for _, name in ipairs(assert(file.list(folder))) do
    if name:find("%.md$") then PAGES[#PAGES + 1] = folder .. "/" .. name end
  end
end

local function read(name)
  return assert(file.read(name))
end

---A block as a complete recipe: required fields are added to a block that shows only some fields.
local function whole(text)
  if text:find("\nreturn ") then return text end
  local above, fields = {}, {}
  for line in (text .. "\n"):gmatch("([^\n]*)\n") do
    table.insert(line:find("^local ") and above or fields, line)
  end
  local declared = text:find("params = {", 1, true) and "" or INPUT
  return table.concat(above, "\n") .. REST .. declared .. table.concat(fields, "\n") .. "\n}\n"
end

---Calls fn with a new folder.
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

-- A terminal that nobody looks at.
local UI <const> = { progress = function() end, say = function() end, outage = function() end }

---Loads a recipe's text, grants what it needs, and checks its input.
local function checked(folder, text, params)
  local path = write(folder, "made.lua", text)
  local loaded = assert(recipe.load(path, {
    params = params, env = function() end, settle = function(facts)
      return grants.new { needs = assert(needs.expand(facts.needs, facts.params)), agreed = true }
    end,
  }))
  loaded.name = folder .. "/" .. loaded.name -- where pages of an API are kept
  return assert(check.run(loaded, { chunk_bytes = 400000 }, UI))
end

-- What an API answers for the examples: pages of users, or a job that prepares a file of them.
local ANSWERS <const> = {
  ["POST /v1/exports"] = { id = "7" },
  ["GET /v1/exports/7"] = { status = "completed", download_url = "/file" },
  ["GET /file"] = { id = "1", email = "ada@example.com" },
}

---An API for a recipe that reads one, in place of the one that it names.
local function serve(folder, text, params)
  local api = api_rig.serve(function(request)
    api_rig.json(request, ANSWERS[request.method .. " " .. request.path]
      or { { id = "1", profile = { email = "ada@example.com" } } })
  end)
  local takes_url = text:find("http.address", 1, true)
  params.input, params.domain = nil, takes_url and api.url or api.host
  params.token = "@" .. write(folder, "token", "a-token")
  return api, (text:gsub("https://", "http://"))
end

-- The value of every field in a line of the documentation, by the builder that the line calls.
local BCRYPT <const> = "$2b$10$./CgKyPTXlcGkYo5xL1s9u0tSWwPdzvaOlibgHKHW9lOzCdmI65Tq"
local VALUES <const> = {
  auto = BCRYPT, bcrypt = BCRYPT, digest = "7db5f9c4d8ee1012f9651eab6b71ca6504977d44",
}

for _, name in ipairs { "README.md", "docs/recipes.md", "docs/passwords.md" } do
  test("each line with a password in " .. name .. " works", function()
    local n = 0
    for builder, arguments in read(name):gmatch("custom_password_hash = password%.(%w+)(%b())") do
      local value = VALUES[builder]
      local users = typed_advice.users("custom_password_hash = password." .. builder .. arguments,
        { { hash = value, password_digest = value, encrypted_password = value, salt = "s" } })
      tap.equal(user_rules.has_password(users[1]), true, builder .. arguments)
      n = n + 1
    end
    assert(n > 0, "no line is shown")
  end)
end

-- What recipes that require another reader than that of CSV read.
---@type table<string, fun(folder: string): string>
local INPUTS <const> = {
  ["source.ldif"] = function(folder)
    return write(folder, "a.ldif", "dn: uid=ada\nmail: ada@example.com\nentryUUID: 1\n")
  end,
  ["source.sqlite"] = function(folder)
    local db <close> = assert(store.open(folder .. "/a.db", { durable = false }))
    assert(db:exec([[CREATE TABLE cities (id, name);
      CREATE TABLE users (id INTEGER PRIMARY KEY, email, password_digest, confirmed_at, city_id);
      INSERT INTO users VALUES (1, 'ada@example.com', ']] .. BCRYPT .. "', 1, 2)"))
    return folder .. "/a.db"
  end,
}

-- By the program that a recipe needs: the server, with the tables that it reads.
---@type table<string, fun(): string>
local DATABASES <const> = {
  psql = function()
    local server = databases.postgresql()
    server:sql([[DROP SCHEMA IF EXISTS auth CASCADE; CREATE SCHEMA auth;
      CREATE TABLE auth.users AS SELECT gen_random_uuid() AS id, 'a@example.com' AS email, ']]
      .. BCRYPT .. [[' AS encrypted_password, now() AS email_confirmed_at,
        '{"a": 1}'::jsonb AS raw_user_meta_data, NULL AS deleted_at, false AS is_anonymous]])
    return server:socket_url()
  end,
  mariadb = function()
    local server = databases.mariadb()
    server:sql [[USE app; DROP TABLE IF EXISTS users; DROP TABLE IF EXISTS user_roles;
      CREATE TABLE users (id INT, email TEXT, confirmed BIT, salt BINARY(16), hash BINARY(32));
      INSERT INTO users VALUES (1, 'a@example.com', 1, REPEAT('s', 16), REPEAT('h', 32));
      CREATE TABLE user_roles (user_id INT, role TEXT);
      INSERT INTO user_roles VALUES (1, 'admin')]]
    return server:socket_url()
  end,
}

---The URL of the database that a recipe reads; nil for files.
local function database_of(text)
  local need = text:match('exec = { "(%w+)" } }')
  return need and text:find("sql.records", 1, true) and DATABASES[need]() or nil
end

---The parameters of a recipe of the documentation.
---@param export? string  that the page shows for it
local function params_for(text, folder, database, export)
  if database then return { database = database } end
  local params = { input = write(folder, "a.csv", export or CUSTOMERS) }
  for reader, make in pairs(INPUTS) do
    if text:find(reader, 1, true) then params.input = make(folder) end
  end
  if text:find("recipes.keycloak", 1, true) then params.input = REALM end
  if text:find("source.bson", 1, true) then params.input = DUMP end
  if text:find("params.forum", 1, true) then params.forum = write(folder, "forum.csv", FORUM) end
  if text:find("params.roles", 1, true) then params.roles = write(folder, "roles.csv", ROLES) end
  return params
end

for _, name in ipairs(PAGES) do
  local shown -- the export that the page shows
  for _, block in ipairs(docs_rig.page(name, read(name)).blocks) do
    local file_name = docs_rig.file_of(block)
    if file_name and file_name:find("%.csv$") and not shown then
      shown = table.concat(block.lines, "\n") .. "\n"
    end
    local export = file_name and shown
    if block.language == "lua" then
      test(string.format("the recipe at %s:%d loads and maps", name, block.line), function()
        local text = whole(table.concat(block.lines, "\n"))
        local database = database_of(text) -- perhaps skips
        in_folder(function(folder)
          local params = params_for(text, folder, database, export)
          local reads_api, served = text:find('"source.http"', 1, true), nil
          if reads_api then served, text = serve(folder, text, params) end
          local _ <close> = served
          local report = checked(folder, text, params)
          -- What becomes of the page's own export is shown by its commands.
          assert(export or report.records.staged > 0, "nothing is mapped")
          local rejected = export and 0 or report.records.rejected
          tap.equal({ rejected, report.warnings.unknown_column }, { 0 })
        end)
      end)
    end
  end

  test("every command of " .. name .. " runs, and prints what is shown", function()
    docs_shell.play(docs_rig.page(name, read(name)))
  end)

  test("every command that " .. name .. " names exists", function()
    for said in read(name):gmatch("`auth0%-migrate (%S-)[%s`]") do
      local is_other = said:find("^[A-Z]+$") or said:find("^%-%-") or said:find("%.lua$")
      assert(is_other or docs_shell.is_command(said), "auth0-migrate " .. said)
    end
  end)
end
