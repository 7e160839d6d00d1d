--- A recipe's own `auth0.password`: it notes what it refuses, so that no user loses a password
--- without a word.

local build = require "auth0.hash_build"
local password = require "auth0.password"

local kept_hashes = {}

---@class HashWatch
---@field refused? string  why the first hash refused for the record at hand was; nil: none was

-- These make no hash.
local OTHERS <const> = { bytes = true, fields = true, identify = true }

---Passes results on: a hash, or nil and why; `auto` has two places for the hash.
local function noting(watch)
  return function(first, second, third)
    if first == nil and type(second) ~= "table" then
      local why = second or third
      if why ~= build.NONE then watch.refused = watch.refused or why end
    end
    return first, second, third
  end
end

---The module as recipes get it, and where it notes.
---@return table password
---@return HashWatch watch
function kept_hashes.new()
  local own, watch = {}, {}
  local note = noting(watch)
  for name, fn in pairs(password) do
    own[name] = OTHERS[name] and fn or function(...) return note(fn(...)) end
  end
  return own, watch
end

return kept_hashes
