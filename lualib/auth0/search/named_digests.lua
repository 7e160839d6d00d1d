--- Values of a record that name the digest with which its hash was made: a line that reads them
--- suits rows with other digests, too.

local build = require "auth0.hash.build"

local named_digests = {}

local LONGEST <const> = 24 -- characters: "PBKDF2WithHmacSHA512"
local INSIDE <const> = { "[Ss][Hh][Aa][-_]?%d+", "[Mm][Dd][45]" } -- "pbkdf2_sha256"

---@param list Candidate[]
---@return table<string, string>  the expression of a digest's name, by the digest
function named_digests.of(list)
  local found = {}
  for _, value in ipairs(list) do
    local text = #value.text <= LONGEST and not value.number and value.text
    local name = text and build.digest_name(text)
    if name and not found[name] then found[name] = value.expression end
    for _, pattern in ipairs(text and not name and not value.part and INSIDE or {}) do
      local inner = build.digest_name(text:match(pattern))
      if inner and not found[inner] then
        found[inner] = string.format("%s:match(%q)", value.expression, pattern)
      end
    end
  end
  return found
end

return named_digests
