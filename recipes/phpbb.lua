--- phpBB, and other boards in PHP or Ruby with a table of users: Joomla, SMF, MyBB, vBulletin,
--- Discourse; as an SQL dump, CSV or JSON. The columns tell which board it is.

local lookup = require "source.lookup"
local migrate = require "migrate"
local password = require "auth0.password"
local tables = require "source.tables"
local value = require "source.value"

local COLUMNS <const> = {
  id = { "user_id", "id_member", "uid", "userid" }, username = { "member_name" },
  email = { "user_email", "email_address" }, name = { "real_name" },
  password = { "user_password", "passwd", "password_hash" }, salt = { "password_salt" },
  registered = { "user_regdate", "registerdate", "date_registered", "regdate", "joindate",
    "created_at" },
  locale = { "user_lang", "lngfile", "language", "locale" },
}
-- Of files without a header, which phpMyAdmin writes: Joomla.
local LAYOUTS <const> = {
  { "id", "name", "username", "email", "password", "block", "sendEmail", "registerDate",
    "lastvisitDate", "activation", "params", "lastResetTime", "resetCount", "otpKey", "otep",
    "requireReset", "authProvider" },
}

-- A column that only this board has.
local BOARDS <const> = {
  user_type = "phpbb", block = "joomla", is_activated = "smf", loginkey = "mybb",
  membergroupids = "vbulletin", suspended_till = "discourse", trust_level = "discourse",
}

---The board, and bans and addresses by user; set by `source`.
local board = "phpbb"
---@type Lookup?, Lookup?
local bans, addresses

---Why a record is not that of a person.
local function not_a_person(row)
  if board == "phpbb" and row.id == "1" then return "anonymous" end
  if board == "phpbb" and row.user_type == "2" then return "bot" end
  if board == "discourse" and (tonumber(row.id) or 0) < 0 then return "service account" end
  if board == "discourse" and value.boolean(row.staged) then return "never signed up" end
end

---Switched off by the staff: inactive since a registration or a new address only waits.
local function is_blocked(row)
  local waits = tonumber(row.user_inactive_reason) or 0
  if row.user_type == "1" and (waits == 0 or waits == 3) then return true end
  if (tonumber(row.is_activated) or 0) > 10 or value.switch(row.block, nil, "block") then
    return true
  end
  for _, ban in ipairs(bans and bans:all(row.id) or {}) do
    if value.null_if(ban.ban_end, "0") == nil and value.null_if(ban.ban_exclude, "0") == nil then
      return true -- a ban without an end
    end
  end
  return (value.trim(row.suspended_till) or "") > "2100" or nil -- as far away as Discourse has it
end

---@type Recipe
return {
  name = "phpbb",
  about = {
    system = "phpBB, Joomla, SMF, MyBB, vBulletin, Discourse", passwords = "mixed",
    factors = "none", reads = { "files" },
  },
  params = {
    input = { help = "the table of users: a dump, CSV or JSON", kind = "input", required = true },
    table = { help = "the table of users, if there are several" },
    columns = { help = "names of the columns of a file without a header" },
    verified = { help = "whether the addresses are verified", kind = "boolean" },
  },
  source = function(params)
    local users = tables.records(params.input, {
      table = params.table or { "phpbb_users", "*_users", "*_members", "users", "user", "*user" },
      has = { "id", "username" }, columns = COLUMNS, layouts = LAYOUTS,
      header = value.split(params.columns, ","),
    })
    for _, name in ipairs(users:columns() or {}) do board = BOARDS[name] or board end
    local banned = tables.find(params.input, {
      table = { "phpbb_banlist", "*_banlist" }, has = { "ban_userid", "ban_end" },
    })
    bans = banned and lookup(banned, "ban_userid")
    local more = board == "discourse" and tables.find(params.input, {
      table = "user_emails", has = { "user_id", "email", "primary" },
    })
    addresses = more and lookup(more, "user_id")
    return users
  end,
  map = function(row, params)
    local other = not_a_person(row)
    if other then return nil, other end
    local written = value.trim(row.email)
    for _, found in ipairs(addresses and addresses:all(row.id) or {}) do
      if value.boolean(found.primary) then written = value.trim(found.email) end
    end
    if not written then return nil, "no e-mail address" end
    local email = value.email(written)
    if not email then return migrate.reject("not an e-mail address", "FORMAT", "email", written) end
    if params.verified == nil then
      migrate.warn("nothing_verified", "users whose addresses become unverified, because the board "
        .. "does not say which are; see the parameter `verified`")
    end
    local login = value.html(row.username)
    local username = value.username(login, row.id, email)
    local hash, _, why = password.fields(password.board(board, row.password, row))
    if not hash then migrate.lost("password", why) end
    return {
      user_id = row.id, email = email, email_verified = params.verified == true,
      username = username, name = value.html(row.name) or not username and login or nil,
      blocked = is_blocked(row), custom_password_hash = hash,
      user_metadata = value.filled { locale = value.null_if(row.locale) },
      app_metadata = value.filled { registered = value.date(row.registered) },
    }
  end,
}
