--- Made-up values of the same kind as real ones: an address becomes an address, an id an id of the
--- same form. A value is numbered, not computed from the real one, which nothing gives away.

local digest = require "host.digest"

local made_up = {}

-- A hash of "correct horse", so that tests can prove logins.
local BCRYPT_TAIL <const> = "9oZav.HNidL3IXx2GeGcguLBhoPpNutjRszkmM8rFNf9.P6EVKAoW"
local GIVEN <const> = {
  "Alma", "Bela", "Chiara", "Dilan", "Esra", "Femke", "Goran", "Hanna", "Ines", "Jonas", "Kemal",
  "Linh", "Mateo", "Nadia", "Olga", "Pia", "Rosa", "Sami", "Tomas", "Vera",
}
local FAMILY <const> = {
  "Amari", "Berg", "Costa", "Demir", "Eriksen", "Fischer", "Garcia", "Hansen", "Ivanova", "Jansen",
  "Kowalski", "Lindgren", "Moreau", "Nguyen", "Okafor", "Petrov", "Ricci", "Silva", "Tanaka",
  "Vogel",
}
local DAY <const> = 86400 -- seconds
local EPOCH <const> = 1577836800 -- 2020-01-01
local KEPT_DIGITS <const> = 6 -- of a phone number are replaced, from its end

---@class MadeUpKind
---@field is fun(text: string, key: string): any
---@field make fun(text: string, n: integer, key: string): string
---@field repeats? boolean  several values may have the same one in their place

---A text with characters of the same classes from one place to another.
local function scrambled(text, n, from, to)
  to = math.max(to, from - 1)
  local stream, at = "", 0
  local function next_byte()
    at = at + 1
    if at > #stream then
      stream = digest.hash("sha256", n .. ":" .. at .. ":" .. #text)
      at = 1
    end
    return stream:byte(at)
  end
  local function other(c)
    local byte = next_byte()
    if c:find("%d") then return string.char(48 + byte % 10) end
    if c:find("[a-f]") then return string.char(97 + byte % 6) end
    if c:find("[A-F]") then return string.char(65 + byte % 6) end
    return string.char((c:find("%l") and 103 or 71) + byte % 20)
  end
  return text:sub(1, from - 1) .. text:sub(from, to):gsub("%w", other) .. text:sub(to + 1)
end

local function person(n)
  local i = (n - 1) % #GIVEN + 1
  local round = (n - 1) // #GIVEN
  return i, round
end

local function given(n)
  local i, round = person(n)
  return GIVEN[i] .. (round > 0 and round + 1 or "")
end

local function family(n)
  local i, round = person(n)
  return FAMILY[i] .. (round > 0 and round + 1 or "")
end

local function digits(text, n)
  if #text <= 2 then return text end
  local least = 10 ^ (#text - 1) // 1 | 0
  return #text < 17 and tostring(least + n % least) or scrambled(text, n, 2, #text)
end

---The place behind the words that say what a hash or an id is: "$pbkdf2-sha256$29000$", "user_".
local function behind_label(text)
  local at = text:match("^{[%w-]+}()") or 1
  local parameters = text:match("^%$[%w-]+%$[^$]*%$()", at) or text:match("^%$%w+%$()", at)
  return parameters or text:match("^%a[%a-]*[_|:]()", at) or at
end

local function has(key, ...)
  for _, word in ipairs { ... } do
    if key:find(word, 1, true) then return true end
  end
  return false
end

-- The first that a text is.
---@type MadeUpKind[]
local KINDS <const> = {
  { -- an address
    is = function(text) return text:find("^[^%s@]+@[^%s@]+$") end,
    make = function(text, n)
      return (text:find("%u") and "Person" or "person") .. n .. "@example.com"
    end,
  },
  { -- a UUID
    is = function(text)
      return #text == 36 and text:find("^%x+%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x+$")
    end,
    make = function(_, n) return string.format("00000000-0000-4000-8000-%012d", n) end,
  },
  { -- an IP address
    is = function(text)
      return text:find("^%d+%.%d+%.%d+%.%d+$") or text:find("^%x*:%x*:[%x:]+$")
    end,
    make = function(_, n) return "192.0.2." .. n % 256 end,
  },
  { -- a moment, whose year stays
    repeats = true,
    is = function(text) return text:find("^%d%d%d%d%-%d%d%-%d%d%f[%D]") end,
    make = function(text, n)
      return text:sub(1, 4) .. string.format("-01-%02d", n % 28 + 1)
        .. text:sub(11):gsub("%d", "0")
    end,
  },
  { -- bcrypt
    repeats = true,
    is = function(text) return text:find("^%$2[abxy]%$%d%d%$") and #text == 60 end,
    make = function(text) return text:sub(1, 7) .. BCRYPT_TAIL end,
  },
  { -- a phone number
    is = function(text, key)
      local n = select(2, text:gsub("%d", ""))
      return n >= 7 and text:find("^%+?[%d ()./-]+$")
        and (text:find("^%+") or text:find("[ ()/-]") or has(key, "phone", "mobile", "tel"))
    end,
    make = function(text, n)
      local left = select(2, text:gsub("%d", "")) - KEPT_DIGITS
      local number = string.format("%06d", n % 1000000)
      local at = 0
      return (text:gsub("%d", function()
        left = left - 1
        if left >= 0 then return nil end
        at = at + 1
        return number:sub(at, at)
      end))
    end,
  },
  { -- a number as text
    is = function(text) return text:find("^%d+$") end,
    make = digits,
  },
  { -- a country, a language
    repeats = true,
    is = function(text) return text:find("^%a%a$") or text:find("^%l%l[-_]%u%u$") end,
    make = function(text)
      if #text == 5 then return "en" .. text:sub(3, 3) .. "US" end
      return text:find("%u") and "US" or "en"
    end,
  },
  { -- an id, a hash, a key: its last character stays, for base64 has bits there that must be 0
    is = function(text)
      return not text:find("%s") and #text >= 6 and text:find("%d") and text:find("%a")
        or #text >= 20 and text:find("^[%w+/=_.-]+$")
    end,
    make = function(text, n)
      local last = #(text:match("^(.-)=*$")) - 1
      return scrambled(text, n, behind_label(text), last)
    end,
  },
  {
    is = function(_, key) return has(key, "given", "first") end,
    make = function(_, n) return given(n) end,
  },
  {
    is = function(_, key) return has(key, "family", "last", "surname") or key == "sn" end,
    make = function(_, n) return family(n) end,
  },
  {
    is = function(text, key) return not text:find("%s") and has(key, "user", "login", "nick") end,
    make = function(_, n) return "user" .. n end,
  },
  {
    is = function(_, key) return has(key, "name") or key == "cn" end,
    make = function(_, n) return given(n) .. " " .. family(n // #GIVEN + 1) end,
  },
  { is = function() return true end, make = function(_, n) return "value-" .. n end },
}

---A value in place of a text.
---@param text string
---@param key string  the name of the member, or ""
---@param n integer
---@return string
---@return boolean? repeats  several values may have the same one in their place
function made_up.text(text, key, n)
  key = key:lower()
  for _, kind in ipairs(KINDS) do
    if kind.is(text, key) then return kind.make(text, n, key), kind.repeats end
  end
  return text, true
end

---A number of the same kind: a Unix time in seconds or milliseconds, or one of as many digits.
---@param value number
---@param n integer
---@return number
function made_up.number(value, n)
  if math.type(value) == "float" then return n + 0.5 end
  local text = tostring(math.abs(value))
  if #text == 10 then return EPOCH + n * DAY end
  if #text == 13 then return (EPOCH + n * DAY) * 1000 end
  local made = math.tointeger(tonumber(digits(text, n))) or n
  return value < 0 and -made or made
end

return made_up
