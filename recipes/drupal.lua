--- Drupal 6 to 11: users_field_data or `users` as an SQL dump, CSV, JSON or what `drush sql:query`
--- prints, with the roles in the same file or directory. Passwords of Drupal 7 to 10.0, iterated
--- SHA-512, cannot move; a site has them for years beside bcrypt.

local lookup = require "source.lookup"
local migrate = require "migrate"
local password = require "auth0.password"
local tables = require "source.tables"
local value = require "source.value"

-- Of files without a header: Drupal 8 and later, and 7.
local LAYOUTS <const> = {
  { "uid", "langcode", "preferred_langcode", "preferred_admin_langcode", "name", "pass", "mail",
    "timezone", "status", "created", "changed", "access", "login", "init", "default_langcode" },
  { "uid", "name", "pass", "mail", "theme", "signature", "signature_format", "created", "access",
    "login", "status", "timezone", "language", "picture", "init", "data" },
  { "uid", "name", "pass", "mail", "theme", "signature", "signature_format", "created", "changed",
    "access", "login", "status", "timezone", "language", "picture", "init", "data" },
}

---Roles by user, and their names; set by `source`.
---@type Lookup?, Lookup?
local memberships, roles

---Roles: names since Drupal 8, before that numbers of the table `role`.
local function roles_of(row)
  local names = {}
  for _, found in ipairs(memberships and memberships:all(row.uid) or {}) do
    local role = roles and roles:get(found.role)
    names[#names + 1] = role and role.name or found.role
  end
  return value.filled(names)
end

local function hash_of(text)
  local trimmed = value.trim(text)
  if trimmed and #trimmed == 32 and trimmed:find "^%x+$" then
    return password.digest("md5", trimmed) -- of Drupal 6
  end
  return (password.auto(trimmed))
end

---@type Recipe
return {
  name = "drupal",
  about = { system = "Drupal", passwords = "mixed", factors = "none", reads = { "files" } },
  params = {
    input = { help = "users_field_data, or users of Drupal 7", kind = "input", required = true },
    roles = { help = "user__roles, or users_roles and role of Drupal 7", kind = "input" },
    table = { help = "the table of users, if there are several" },
    columns = { help = "names of the columns of a file without a header" },
    verified = { help = "whether the addresses are verified", kind = "boolean" },
  },
  source = function(params)
    local users = tables.records(params.input, {
      table = params.table or { "users_field_data", "*users_field_data", "users", "*users" },
      has = { "uid", "mail", "name" }, columns = { pass = { "password" } }, layouts = LAYOUTS,
      header = value.split(params.columns, ","),
    })
    local from = params.roles or params.input
    local links = tables.find(from, {
      table = { "user__roles", "*user__roles", "users_roles", "*users_roles" },
      has = { "uid", "role" },
      columns = { uid = { "entity_id" }, role = { "roles_target_id", "rid" } },
    })
    local named = links and tables.find(from, {
      table = { "role", "*_role" }, has = { "rid", "name" },
    })
    memberships, roles = links and lookup(links, "uid"), named and lookup(named, "rid")
    return users
  end,
  map = function(row, params)
    if row.uid == "0" then return nil, "anonymous" end
    if value.boolean(row.default_langcode) == false then return nil, "a translation" end
    local written, email = value.trim(row.mail), value.email(row.mail)
    if not written then return nil, "no e-mail address" end
    if not email then return migrate.reject("not an e-mail address", "FORMAT", "email", written) end
    if params.verified == nil then
      migrate.warn("nothing_verified", "users whose addresses become unverified, because Drupal "
        .. "does not say which are; see the parameter `verified`")
    end
    local username = value.username(row.name, row.uid, email)
    local name = not username and value.trim(row.name) or nil
    if name and name:find "@" then name = nil end -- an address
    return {
      user_id = row.uid, email = email, email_verified = params.verified == true,
      username = username, name = name, nickname = name,
      blocked = value.switch(row.status, nil, "status") == false or nil,
      custom_password_hash = hash_of(row.pass),
      user_metadata = value.filled {
        locale = value.null_if(row.preferred_langcode or row.language),
        timezone = value.null_if(row.timezone),
      },
      app_metadata = value.filled { created = value.date(row.created), roles = roles_of(row) },
    }
  end,
}
