--- Text from outside (of the tenant, a recipe, a source) before it joins a sentence of ours.

local text = require "host.text"

local foreign = {}

---On one line, without the values in it, at most 2 kB.
---@param said string
---@return string
function foreign.words(said)
  return text.printable(text.redact(said))
end

---As it is, or with escapes if it is not UTF-8: JSON could not hold it.
---@param said string
---@return string
function foreign.legible(said)
  return text.is_utf8(said) and said or text.printable(said)
end

return foreign
