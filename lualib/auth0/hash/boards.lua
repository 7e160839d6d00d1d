--- Passwords of bulletin boards and of Joomla, whose hashes do not say how they were made: each
--- board has a rule of its own. From general knowledge of their sources.

local build = require "auth0.hash.build"
local digest = require "host.digest"
local parse = require "auth0.hash.parse"
local text = require "host.text"

local boards = {}

local TWICE <const> = "a digest of a digest"
local ROUNDS <const> = 64000 -- of Discourse, before it kept their number

---@class BoardAccount  a row of the table of users
---@field username? string
---@field salt? string  of Discourse
---@field password_algorithm? string  of Discourse: "$pbkdf2-sha256$i=600000,l=32$"

---32 hexadecimal digits: an MD5 of old times, without salt.
local function is_md5(hash)
  return #hash == 32 and hash:find("^%x+$") ~= nil
end

---@type table<string, fun(hash: string, account: BoardAccount): PasswordHash?, string?>
local RULES <const> = {}

function RULES.phpbb(hash)
  if is_md5(hash) then return build.digest("md5", hash) end -- of phpBB 2
  return parse.any(hash)
end

function RULES.joomla(hash)
  local hex, salt = hash:match "^(%x+):(.+)$"
  if hex then return build.digest("md5", hex, { salt = salt, position = "suffix" }) end
  if is_md5(hash) then return build.digest("md5", hash) end
  return parse.any(hash)
end

---The password follows the login in lower case, also in bcrypt (2.1).
function RULES.smf(hash, account)
  local login = account.username
  if not login then return nil, "SMF's hash needs the name of the member" end
  if hash:find "^%$2" then
    return build.bcrypt(hash, { pepper = text.lower(login), position = "prefix" })
  end
  return build.digest("sha1", hash, { salt = login:lower(), encoding = "hex" }) -- PHP: ASCII only
end

function RULES.discourse(hash, account)
  local rounds = tostring(account.password_algorithm):match "i=(%d+)" or ROUNDS
  return build.pbkdf2("sha256", rounds, account.salt, digest.unhex(hash))
end

function RULES.mybb(hash)
  if not hash:find "^%$" then return nil, TWICE end
  return parse.any(hash)
end

function RULES.vbulletin(hash)
  return nil, hash:find "^%$" and "bcrypt of a digest" or TWICE
end

---@param board "phpbb"|"joomla"|"smf"|"discourse"|"mybb"|"vbulletin"
---@param hash string?
---@param account BoardAccount
---@return PasswordHash? hash
---@return string? reason
function boards.password(board, hash, account)
  local rule = RULES[board] or error("no rule for the passwords of " .. tostring(board), 2)
  local cleaned, why = build.cleaned(hash)
  if not cleaned then return nil, why end
  return rule(cleaned, account)
end

return boards
