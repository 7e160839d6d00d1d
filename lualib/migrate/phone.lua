--- A person's phone number, which is kept as it is written if nobody can say which number it is.

local phone = require "source.phone"
local value = require "source.value"

local phones = {}

local UNREAD <const> = "the number cannot be read"

---`migrate.phone` of a recipe.
---@param warn fun(code: string, message: string)
---@param lost fun(what: LostThing, reason: string)
---@return fun(written: any, country?: string): string?, any
function phones.new(warn, lost)
  ---@param written any      text or a number; nil, null and blank text count as absent
  ---@param country? string  of a number without one
  ---@return string? number  in E.164
  ---@return any unread      the value if it cannot be read, for user_metadata; counted as a warning
  return function(written, country)
    local number = phone.read(written, country)
    if number then return number end
    local unread = written
    if type(written) == "string" then unread = value.trim(written) end
    if value.null_if(unread) == nil then return nil end
    warn("no_country_code", "phone numbers that cannot be read, kept in user_metadata; see the "
      .. "parameter `country`")
    lost("phone", UNREAD)
    return nil, unread
  end
end

---`migrate.phone_factor` of a recipe.
---@param lost fun(what: LostThing, reason: string)
---@return fun(written: any, country?: string): MfaFactor?
function phones.factor(lost)
  ---@param written any      a number, or a list of which the first that can be read counts
  ---@param country? string  of a number without one
  ---@return MfaFactor?      nil also if no number was given; else the factor is lost
  return function(written, country)
    local is_given = false
    for _, one in ipairs(type(written) == "table" and written or { written }) do
      local number = value.e164(one) or phone.read(one, country)
      if number then return { phone = { value = number } } end
      is_given = is_given or type(one) == "number" or type(one) == "string" and value.trim(one)
    end
    if is_given then lost("phone_factor", UNREAD) end
  end
end

return phones
