--- How the passwords of an export are stored, and the expression that builds what Auth0 imports.

local forms = require "new.forms"
local identify = require "auth0.hash.identify"
local survey = require "new.survey"

local hashes = {}

local MOST <const> = 0.5
local DIGESTS <const> = { [16] = "md5", [20] = "sha1", [32] = "sha256", [64] = "sha512" }

---@class PasswordPlan
---@field kind "auto"|"cleartext"|"digest"|"salted"|"pbkdf2"|"joined"|"mixed"|"none"
---@field expression? string  of the hash; nil: it cannot be imported
---@field comments string[]   what was doubtful
---@field scheme? string      the most frequent
---@field digest? string      "sha256"
---@field encoding? "hex"|"base64"
---@field salt_encoding? "hex"|"base64"
---@field may_be_nil? boolean the expression needs a value
---@field formats? string[]   of bare digests: "md5", "sha256_salted"

---The most frequent name of a table of counts.
local function most_of(counts)
  local best
  for name, n in pairs(counts) do
    if not best or n > counts[best] or n == counts[best] and name < best then best = name end
  end
  return best
end

---@param column? Column
---@return "hex"|"base64"|nil  how the values of a column encode bytes
local function encoding_of(column)
  local counts, n = {}, 0
  for _, value in ipairs(column and column.samples or {}) do
    local size, encoding = forms.bytes(value)
    n = n + 1
    if size and size >= 4 then counts[encoding] = (counts[encoding] or 0) + 1 end
  end
  local best = most_of(counts)
  return best and counts[best] >= n * 0.9 and best or nil
end

---Digests that are joined to their salt by a colon, among the samples.
local function joined_of(column)
  local counts, n = {}, 0
  for _, value in ipairs(column.samples) do
    local first, second = value:match("^([^:$]+):([^:]+)$")
    local size = first and forms.bytes(first)
    local other = second and forms.bytes(second)
    local name = DIGESTS[size or 0] or DIGESTS[other or 0]
    if name then counts[name], n = (counts[name] or 0) + 1, n + 1 end
  end
  return most_of(counts), n
end

local PROVE <const> = "`prove` confirms it with one known login"

---A single digest per password.
local function of_digest(column, fields, expression, ways)
  local size = most_of(column.sizes)
  local name = DIGESTS[size]
  local encoding = survey.share(column, "digest") > 0 and most_of(column.texts.digest) or "hex"
  if fields.rounds then
    -- In hexadecimal digits it is mostly text: programs make one so, and hash what they made.
    local salt = encoding_of(fields.salt) == "base64" and "base64" or nil
    local salt_text = salt and string.format('password.bytes(%s, "%s")', ways.salt, salt)
      or ways.salt
    return {
      kind = "pbkdf2", digest = name or "sha256", encoding = encoding, salt_encoding = salt,
      expression = string.format('password.pbkdf2("%s", %s, %s, password.bytes(%s, "%s"))',
        name or "sha256", ways.rounds, salt_text or '""', expression, encoding),
      comments = {
        "taken for PBKDF2, because rounds and salt lie beside it; its digest, or how its salt is "
          .. "written, may be another: " .. PROVE,
      },
    }
  end
  if not name then return nil end
  local encoded = encoding == "base64" and ', { encoding = "base64" }' or ""
  if fields.salt then
    return {
      kind = "salted", digest = name, encoding = encoding, may_be_nil = true,
      formats = { name .. "_salted" },
      expression = string.format('password.declared(%s, "%s_salted", { salt = %s })', expression,
        name, ways.salt),
      comments = {
        "taken for " .. name:upper() .. " of the salt, then the password; if the password comes "
          .. 'first, it is "' .. name .. '_salted_suffix": ' .. PROVE,
      },
    }
  end
  return {
    kind = "digest", digest = name, encoding = encoding, formats = { name },
    expression = string.format('password.digest("%s", %s%s)', name, expression, encoded),
    comments = {
      "a bare digest does not say how it was made; taken for " .. name:upper()
        .. " of the password alone: " .. PROVE,
    },
  }
end

---The expression for several schemes: those that name themselves, then digests by their form.
local function of_mixture(expression, scheme, digests)
  local parts = { "password.auto(" .. expression .. ")" }
  local formats = {}
  for _, format in ipairs(digests) do
    formats[#formats + 1] = format
    parts[#parts + 1] = string.format('password.declared(%s, "%s")', expression, format)
  end
  return {
    kind = "mixed", scheme = scheme, formats = formats, may_be_nil = true,
    expression = table.concat(parts, " or "),
    comments = {
      "bare digests beside other hashes, taken for " .. table.concat(formats, " and ")
        .. " (salt first): " .. PROVE,
    },
  }
end

---Passwords that are stored as they are. The address is a local of `map`, and never nil there.
local function of_cleartext(expression)
  return {
    kind = "cleartext", may_be_nil = true,
    expression = string.format("password.cleartext(%s, email)", expression),
    comments = {
      "taken for the passwords themselves, of which bcrypt hashes are made here, about ten a "
        .. "second and processor: " .. PROVE,
    },
  }
end

local function unsupported(scheme, reason)
  return {
    kind = "none", scheme = scheme,
    comments = {
      scheme .. ": " .. reason .. "; these users set a new password",
    },
  }
end

---The reason why Auth0 does not take the hashes of a column.
local function reason_of(column)
  for _, value in ipairs(column.samples) do
    local kind = identify.of(value)
    if kind and kind.supported == false and kind.scheme ~= "unknown" then
      return kind.reason or "Auth0 does not support it"
    end
  end
  return "Auth0 does not support it"
end

---@param column Column
---@param fields table<Meaning, Column>
---@param ways table<Meaning, string>  the expression of each
---@return PasswordPlan
function hashes.plan(column, fields, ways)
  local expression, scheme = ways.hash, most_of(column.hashes)
  local joined, n_joined = joined_of(column)
  local n_digests = column.forms.digest or 0
  if scheme and column.supported > 0 then
    local digests = {}
    local sizes = {}
    for size in pairs(column.sizes) do sizes[#sizes + 1] = size end
    table.sort(sizes)
    for _, size in ipairs(sizes) do
      -- Base64 of ASP.NET has other sizes; what auto takes is not declared.
      if DIGESTS[size] and most_of(column.texts.digest) == "hex" then
        digests[#digests + 1] = DIGESTS[size]
      end
    end
    if joined then digests[#digests + 1] = joined .. "_salted" end
    if #digests > 0 then return of_mixture(expression, scheme, digests) end
    local comments = {}
    if scheme == "bcrypt" then
      comments[1] = "a secret that the old system added (pepper) is not in the export; see "
        .. "password.bcrypt"
    end
    return {
      kind = "auto", scheme = scheme, comments = comments,
      expression = "password.auto(" .. expression .. ")",
    }
  elseif n_joined > column.filled * MOST or joined and n_digests == 0 then
    local format = joined .. "_salted"
    return {
      kind = "joined", digest = joined, formats = { format }, may_be_nil = true,
      expression = string.format('password.declared(%s, "%s")', expression, format),
      comments = {
        "a digest and its salt, taken for " .. joined:upper() .. " of the salt, then the password; "
          .. 'if the password comes first, it is "' .. format .. '_suffix": ' .. PROVE,
      },
    }
  elseif n_digests > column.filled * MOST or n_digests > 0 and not scheme then
    local plan = of_digest(column, fields, expression, ways)
    if plan then return plan end
  end
  if scheme then return unsupported(scheme, reason_of(column)) end
  local is_clear = survey.share(column, "token") < MOST and column.longest < 40
  if is_clear and column.filled > 0 then return of_cleartext(expression) end
  return {
    kind = "none",
    comments = { "the scheme of these values is not known: `auth0-migrate hash identify` says "
      .. "what one may be, and `prove` finds it with a known login" },
  }
end

return hashes
